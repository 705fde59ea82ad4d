#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/public_site.h"

#include "site_record.h"
#include "test_folder.h"

static const int64_t now_unix_ms = INT64_C(1795410000000);
static const char alert_name[] = "0301/20261123-030412-alert-00010203.json";

struct fixture {
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64];
    char record[RECORD_SIZE];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    test_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

static bool is_there(struct fixture *fixture, const char *name)
{
    return access(test_folder_file(&fixture->folder, name, fixture->path), F_OK) == 0;
}

static void read_file(struct fixture *fixture, const char *name, struct text *out)
{
    assert_int_equal(
        file_read(test_folder_file(&fixture->folder, name, fixture->path), 1 << 20, out, NULL), 0);
}

static enum public_result apply(struct fixture *fixture, enum public_verb verb, const char *name,
                                const char *bytes)
{
    struct public_request request = {
        .verb = verb, .name = name, .bytes = bytes, .size = strlen(bytes)};

    public_site_apply(fixture->folder.path, NULL, &request, 1, now_unix_ms);
    assert_int_equal(request.words[0] == '\0', request.result == PUBLIC_DONE);
    return request.result;
}

static enum public_result put(struct fixture *fixture, const char *name,
                              const struct record *record)
{
    return apply(fixture, PUBLIC_PUT, name, record_write(record, fixture->record));
}

static void a_record_becomes_a_site(void **state)
{
    static const char *const made[] = {"index.html",
                                       "verify.html",
                                       "feed.atom",
                                       "feed.rss",
                                       "feed.json",
                                       "0301/index.html",
                                       "0301/feed.atom",
                                       "0301/feed.rss",
                                       "0301/feed.json",
                                       "0301/20261123-030412-alert-00010203.html",
                                       "0301/20261123-030412-alert-00010203.xml",
                                       "0301/20261123-030412-alert-00010203.json"};

    assert_int_equal(put(*state, alert_name, &alert), PUBLIC_DONE);
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        assert_true(is_there(*state, made[i]));
    assert_false(is_there(*state, "exercise.atom"));
}

static void a_record_is_put_once(void **state)
{
    struct fixture *fixture = *state;
    struct record other = alert;
    struct text before, after;

    assert_int_equal(put(fixture, alert_name, &alert), PUBLIC_DONE);
    read_file(fixture, alert_name, &before);
    other.kind = "update"; /* the same key: what stands there counts */
    assert_int_equal(put(fixture, alert_name, &other), PUBLIC_DONE);
    read_file(fixture, alert_name, &after);
    assert_string_equal(before.bytes, after.bytes);
    text_release(&after);
    text_release(&before);
    other.key = "BAECAwQFBgcICQoLDA0ODw";
    assert_int_equal(put(fixture, alert_name, &other), PUBLIC_CONFLICT);
}

static void what_is_no_name_or_no_record_is_refused(void **state)
{
    static const char *const names[] = {
        "20261123-030412-alert-00010203.json",
        "../20261123-030412-alert-00010203.json",
        "0301/../20261123-030412-alert-00010203.json",
        "/0301/20261123-030412-alert-00010203.json",
        "0301/20261123-030412-alert-00010203.html",
        "0301/feed.json",
        "0301/.json",
        "0302/20261123-030412-alert-00010203.json", /* the record says 0301 */
        "0301/",
        "",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(put(*state, names[i], &alert), PUBLIC_UNFIT);
    assert_int_equal(apply(*state, PUBLIC_PUT, alert_name, "{}"), PUBLIC_UNFIT);
    assert_int_equal(apply(*state, PUBLIC_PROBE, alert_name, ""), PUBLIC_UNFIT);
    assert_false(is_there(*state, "index.html"));
}

static void a_retraction_stays_visible(void **state)
{
    struct fixture *fixture = *state;
    static const char time[] = "2026-11-23T05:00:00+01:00";
    struct text record, page;

    assert_int_equal(apply(fixture, PUBLIC_RETRACT, alert_name, time), PUBLIC_ABSENT);
    assert_int_equal(put(fixture, alert_name, &alert), PUBLIC_DONE);
    assert_int_equal(apply(fixture, PUBLIC_RETRACT, alert_name, "now"), PUBLIC_UNFIT);
    assert_int_equal(apply(fixture, PUBLIC_RETRACT, alert_name, time), PUBLIC_DONE);
    assert_true(is_there(fixture, "0301/20261123-030412-alert-00010203-retracted.xml"));
    read_file(fixture, alert_name, &record);
    assert_non_null(strstr(record.bytes, ",\"retracted\":\"2026-11-23T05:00:00+01:00\"}"));
    /* Again, and put again: nothing changes. */
    assert_int_equal(apply(fixture, PUBLIC_RETRACT, alert_name, "2026-11-23T06:00:00+01:00"),
                     PUBLIC_DONE);
    assert_int_equal(put(fixture, alert_name, &alert), PUBLIC_DONE);
    read_file(fixture, "0301/20261123-030412-alert-00010203.html", &page);
    assert_non_null(strstr(page.bytes, "Trukket tilbake"));
    text_release(&page);
    text_release(&record);
    read_file(fixture, alert_name, &record);
    assert_null(strstr(record.bytes, "06:00:00"));
    text_release(&record);
}

/* Times of the site are whole seconds, and a message's own is not. */
static void a_retraction_in_the_second_of_its_message(void **state)
{
    struct fixture *fixture = *state;
    struct record exact = alert;
    struct text cap;

    exact.more = ",\"sent\":\"2026-11-23T03:04:12.750Z\"";
    assert_int_equal(put(fixture, alert_name, &exact), PUBLIC_DONE);
    assert_int_equal(apply(fixture, PUBLIC_RETRACT, alert_name, "2026-11-23T04:04:11+01:00"),
                     PUBLIC_UNFIT);
    assert_int_equal(apply(fixture, PUBLIC_RETRACT, alert_name, "2026-11-23T04:04:12+01:00"),
                     PUBLIC_DONE);
    /* It comes after the message, which it names. */
    read_file(fixture, "0301/20261123-030412-alert-00010203-retracted.xml", &cap);
    assert_non_null(strstr(cap.bytes, "<references>0301@krise.example.no,"));
    text_release(&cap);
}

static void what_a_crash_left_is_taken_away(void **state)
{
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];

    assert_int_equal(put(fixture, alert_name, &alert), PUBLIC_DONE);
    assert_true(test_folder_write(
        test_folder_file(&fixture->folder, "0301/index.html.new-abcdef", path), "<html"));
    assert_true(test_folder_write(test_folder_file(&fixture->folder, "feed.atom.new-abcdef", path),
                                  "<feed"));
    assert_true(test_folder_write(
        test_folder_file(&fixture->folder, "0301/20261123-000000-x-00000000.json", path),
        "{\"format\":"));
    assert_int_equal(put(fixture, alert_name, &alert), PUBLIC_DONE);
    assert_false(is_there(fixture, "0301/index.html.new-abcdef"));
    assert_false(is_there(fixture, "feed.atom.new-abcdef"));
    assert_true(is_there(fixture, "0301/20261123-000000-x-00000000.json")); /* not ours to judge */
}

static void many_are_done_together(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 40 };
    static char records[COUNT][RECORD_SIZE], names[COUNT][80], slugs[COUNT][48], keys[COUNT][24];
    struct public_request requests[COUNT];
    struct text feed;

    for (size_t i = 0; i < COUNT; i++) {
        struct record record = alert;
        snprintf(slugs[i], sizeof(slugs[i]), "20261123-030412-alert-%08zx", i);
        snprintf(keys[i], sizeof(keys[i]), "AAECAwQFBgcICQoLDA%02zu%s", i, "Dw");
        snprintf(names[i], sizeof(names[i]), "0301/%s.json", slugs[i]);
        record.slug = slugs[i];
        record.key = keys[i];
        record_write(&record, records[i]);
        requests[i] = (struct public_request){.verb = PUBLIC_PUT,
                                              .name = i == 7 ? "x" : names[i],
                                              .bytes = records[i],
                                              .size = strlen(records[i])};
    }
    public_site_apply(fixture->folder.path, NULL, requests, COUNT, now_unix_ms);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(requests[i].result, i == 7 ? PUBLIC_UNFIT : PUBLIC_DONE);
    read_file(fixture, "0301/feed.rss", &feed);
    size_t items = 0;
    for (const char *at = feed.bytes; (at = strstr(at, "<item>")); at++)
        items++;
    assert_int_equal(items, COUNT - 1);
    text_release(&feed);
}

static void a_folder_that_is_none_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];
    struct public_request requests[2] = {
        {.verb = PUBLIC_PROBE, .name = "0302/", .bytes = "", .size = 0},
        {.verb = PUBLIC_PUT, .name = alert_name, .bytes = record_write(&alert, fixture->record)},
    };

    requests[1].size = strlen(requests[1].bytes);
    assert_true(test_folder_write(test_folder_file(&fixture->folder, "0302", path), ""));
    public_site_apply(fixture->folder.path, NULL, requests, 2, now_unix_ms);
    assert_int_equal(requests[0].result, PUBLIC_BROKEN);
    assert_non_null(strstr(requests[0].words, "0302"));
    assert_int_equal(requests[1].result, PUBLIC_DONE);
}

static void a_site_that_is_not_there_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct public_request request = {.verb = PUBLIC_PROBE, .name = "0301/", .bytes = ""};

    public_site_apply("/nonexistent/public", NULL, &request, 1, now_unix_ms);
    assert_int_equal(request.result, PUBLIC_BROKEN);
    assert_true(request.words[0]);
    assert_int_equal(apply(fixture, PUBLIC_PROBE, "a/b/c/", ""), PUBLIC_DONE);
    assert_true(is_there(fixture, "a/b/c"));
    assert_false(is_there(fixture, "a/b/c/.probe"));
    assert_false(is_there(fixture, "index.html"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_becomes_a_site, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_is_put_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_name_or_no_record_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_retraction_stays_visible, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_retraction_in_the_second_of_its_message, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_a_crash_left_is_taken_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_are_done_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_none_fails_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_site_that_is_not_there_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
