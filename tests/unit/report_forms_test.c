/* The forms of a report: whatever stands in the store, a cell stays a cell and a text stays a text.
 */
#include "report_fixture.h"

#include "base/utf8.h"
#include "report/csv.h"
#include "report/page.h"

#include "property.h"

enum { ROUNDS = 2000, BYTES_MAX = 40, CELL_MAX_BYTES = 4096, PAGE_MAX_BYTES = 4 * 1024 * 1024 };

static const char hostile[] = "</title><script>alert('1')</script>\"=1+1";

/* --- CSV ------------------------------------------------------------------------------------- */

static void assert_cell(const char *value, const char *expected)
{
    struct text out;

    text_init(&out, CELL_MAX_BYTES);
    csv_add_cell(&out, value);
    assert_string_equal(out.bytes, expected);
    text_release(&out);
}

static void cells_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    assert_cell("", "");
    assert_cell("0301", "0301");
    assert_cell("Tromsø", "\"Tromsø\"");
    assert_cell("a,b", "\"a,b\"");
    assert_cell("say \"no\"", "\"say \"\"no\"\"\"");
    assert_cell("two\r\nlines", "\"two\r\nlines\"");
    assert_cell("a\x01"
                "b\xff",
                "\"a\xef\xbf\xbd"
                "b\xef\xbf\xbd\"");
}

static void no_cell_is_a_formula(void **state)
{
    static const char *const values[] = {"=1+1", "+1",  "-1",  "@SUM(A1)", "\t=1", "\r=1",
                                         "\n=",  "＝1", "＋1", "－1",      "＠x"};
    (void)state;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct text out;
        text_init(&out, CELL_MAX_BYTES);
        csv_add_cell(&out, values[i]);
        assert_memory_equal(out.bytes, "\"'", 2);
        text_release(&out);
    }
    assert_cell("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"");
    assert_cell("a=1", "a=1");
}

/* Reads a record as RFC 4180 has it; returns how many cells it has, 0 when it is none. */
static size_t count_cells(const char *at)
{
    size_t count = 1;

    for (;;) {
        if (*at == '"') {
            for (at++; *at != '"' || *++at == '"'; at++)
                if (*at == '\0')
                    return 0;
        } else {
            at += strcspn(at, ",\r\n\"");
        }
        if (strcmp(at, "\r\n") == 0)
            return count;
        if (*at++ != ',')
            return 0;
        count++;
    }
}

static void a_row_has_as_many_cells_as_the_header(void **state)
{
    static const char pool[] = "\",\r\n=+-@ a\xc3\xa5\xff\x01;'";
    struct run_record run = run_in_mode(MODE_LIVE);
    struct report report = {.run = &run};
    uint64_t random = 5;
    struct text out;
    (void)state;

    text_init(&out, PAGE_MAX_BYTES);
    csv_add_header(&out);
    size_t columns = count_cells(out.bytes);
    assert_true(columns > 20);
    for (int round = 0; round < ROUNDS; round++) {
        char bytes[BYTES_MAX + 1] = {0};
        size_t length = (size_t)property_below(&random, BYTES_MAX);
        for (size_t i = 0; i < length; i++)
            bytes[i] = pool[property_below(&random, sizeof(pool) - 1)];
        struct delivery_record record = delivery_of("0301", bytes, "x", DELIVERY_FAILED, 1500);
        struct post post = {.url = ""};
        (void)snprintf(post.id, sizeof(post.id), "%s", bytes);
        fail_with(&record, FAILURE_CONTENT, bytes, bytes);
        text_reset(&out);
        csv_add_delivery(&out, &report, &(struct report_delivery){&record, &post, 1});
        assert_false(out.overflowed);
        assert_int_equal(count_cells(out.bytes), columns);
        assert_int_equal(utf8_valid_prefix(out.bytes, out.length), out.length);
    }
    text_release(&out);
}

static void a_row_says_what_it_must(void **state)
{
    struct run_record run = run_in_mode(MODE_EXERCISE);
    struct report report = {.run = &run};
    struct delivery_record record = delivery_of("0301", "Oslo", "x", DELIVERY_POSTED, 1500);
    struct post posts[] = {{"1", "https://x.com/1"}, {"2", "https://x.com/2"}};
    const struct report_delivery delivery = {&record, posts, 2};
    struct text out;
    (void)state;

    text_init(&out, CELL_MAX_BYTES);
    csv_add_delivery(&out, &report, &delivery);
    assert_string_equal(out.bytes,
                        "fits,flom.alert.20261123T030412Z.7f3a,exercise,flom,alert,"
                        "\"'-wECAAAAAAAAAAAAAAAAAA\",0301,Oslo,x,default,nb,posted,1,"
                        "2026-11-23T03:04:12.123Z,2026-11-23T03:04:13.623Z,1.500,\"1 2\","
                        "\"https://x.com/1 https://x.com/2\",,,,\r\n");
    report.difference = "entry 7 tells otherwise";
    text_reset(&out);
    csv_add_delivery(&out, &report, &delivery);
    assert_memory_equal(out.bytes, "\"DIFFERS FROM THE AUDIT LOG\",", 29);
    text_release(&out);
}

/* --- HTML ------------------------------------------------------------------------------------ */

static int gather(void *context, const char *bytes, size_t size, struct error *error)
{
    (void)error;
    text_add_bytes(context, bytes, size);
    return 0;
}

/* A page about one failed and one posted delivery; `words` is in every place that can have it. */
static void make_page(enum run_mode mode, const char *words, const char *difference,
                      struct text *out)
{
    struct arena *arena = arena_new();
    struct run_record run = run_in_mode(mode);
    struct report report = {.run = &run,
                            .difference = difference,
                            .root = "cm9vdA==",
                            .program = "crisis",
                            .time_zone = words};
    struct report_approval approval = {words, words};
    struct report_event event = {run_began_ms, words};
    struct delivery_record failed = delivery_of(words, words, words, DELIVERY_FAILED, 900);
    struct delivery_record posted = delivery_of("0301", words, "x", DELIVERY_POSTED, 700);
    const char *const parts[] = {words, words};
    struct draft draft = {words, words, words, parts, 2, NULL, NULL, 0, NULL};
    struct post posts[] = {{"1", "https://x.com/1"}, {"2", "javascript:alert(1)"}, {"3", ""}};
    struct error error = {0};
    struct sink sink;

    run.plan = run.message = words;
    report.approvals = &approval;
    report.approval_count = 1;
    report.events = &event;
    report.event_count = 1;
    report.emergency = words;
    fail_with(&failed, FAILURE_CONTENT, words, words);
    (void)snprintf(posts[2].id, sizeof(posts[2].id), "%s", words);
    figures_begin(&report.figures, arena, &run);
    figures_add(&report.figures, &failed);
    said_texts_add(&report.figures.texts, &failed, &draft);
    figures_add(&report.figures, &posted);
    figures_end(&report.figures);
    report.rehearsal = &report.figures;

    text_init(out, PAGE_MAX_BYTES);
    sink_init(&sink, gather, out);
    report_page_begin(&sink, &report, &error);
    report_page_add_text(&sink.piece, &report.figures.texts.items[0], &draft);
    report_page_begin_deliveries(&sink.piece);
    report_page_add_delivery(&sink.piece, &report, &(struct report_delivery){&failed, NULL, 0});
    report_page_add_delivery(&sink.piece, &report, &(struct report_delivery){&posted, posts, 3});
    report_page_end(&sink.piece, &report);
    assert_int_equal(sink_finish(&sink, &error), 0);
    sink_release(&sink);
    figures_release(&report.figures);
    arena_free(arena);
}

static void a_page_holds_hostile_words_as_text(void **state)
{
    struct text page;
    (void)state;

    make_page(MODE_LIVE, hostile, hostile, &page);
    assert_null(strstr(page.bytes, "<script"));
    assert_null(strstr(page.bytes, "alert('"));
    assert_non_null(strstr(page.bytes, "&lt;script&gt;alert(&#39;1&#39;)"));
    assert_null(strstr(page.bytes, "href=\"javascript:"));
    assert_non_null(strstr(page.bytes, "href=\"https://x.com/1\""));
    assert_int_equal(utf8_valid_prefix(page.bytes, page.length), page.length);
    text_release(&page);
}

static void an_exercise_says_so_on_top_and_on_each_sheet(void **state)
{
    struct text page;
    (void)state;

    make_page(MODE_EXERCISE, "alert", NULL, &page);
    assert_non_null(strstr(page.bytes, "<title>EXERCISE – Report: "));
    assert_non_null(strstr(page.bytes, "class=\"mark\">EXERCISE"));
    assert_non_null(strstr(page.bytes, "class=\"strip\" aria-hidden=\"true\">EXERCISE"));
    text_release(&page);
    make_page(MODE_LIVE, "alert", NULL, &page);
    assert_null(strstr(page.bytes, "EXERCISE"));
    assert_null(strstr(page.bytes, "class=\"strip\""));
    text_release(&page);
}

static void what_differs_from_the_log_stands_before_the_figures(void **state)
{
    struct text page;
    (void)state;

    make_page(MODE_LIVE, "alert", "entry 7 tells otherwise", &page);
    const char *alarm = strstr(page.bytes, "entry 7 tells otherwise");
    assert_non_null(alarm);
    assert_true(alarm < strstr(page.bytes, "id=\"run\""));
    assert_null(strstr(page.bytes, "checked against the audit log: "));
    text_release(&page);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static int refuse(void *context, const char *bytes, size_t size, struct error *error)
{
    (void)bytes;
    (void)size;
    *(int *)context += 1;
    return error_set(error, ERROR_SYSTEM, "no space left");
}

static void the_first_failure_stands(void **state)
{
    struct error error = {0};
    struct sink sink;
    int times = 0;
    (void)state;

    sink_init(&sink, refuse, &times);
    for (int i = 0; i < 100000; i++) {
        text_add(&sink.piece, "some bytes that nobody will take");
        sink_settle(&sink, &error);
    }
    assert_int_equal(sink_finish(&sink, &error), -1);
    assert_int_equal(times, 1);
    assert_string_equal(error.message, "no space left");
    assert_true(sink.piece.capacity < 1024 * 1024);
    sink_release(&sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_quoted_where_they_must_be),
        cmocka_unit_test(no_cell_is_a_formula),
        cmocka_unit_test(a_row_has_as_many_cells_as_the_header),
        cmocka_unit_test(a_row_says_what_it_must),
        cmocka_unit_test(a_page_holds_hostile_words_as_text),
        cmocka_unit_test(an_exercise_says_so_on_top_and_on_each_sheet),
        cmocka_unit_test(what_differs_from_the_log_stands_before_the_figures),
        cmocka_unit_test(the_first_failure_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
