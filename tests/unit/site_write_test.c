/* What lib/site writes: escaping, CAP, pages, lists, feeds. That it is valid is seen by
 * tests/e2e/test_public_site.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "site/cap.h"
#include "site/feed.h"
#include "site/markup.h"
#include "site/page.h"
#include "site/words.h"

#include "site_record.h"

struct fixture {
    struct arena *arena;
    struct site_messages messages;
    struct text out;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new();
    text_init(&fixture->out, SITE_FEED_MAX_BYTES);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    text_release(&fixture->out);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static void add(struct fixture *fixture, const struct record *record)
{
    char bytes[RECORD_SIZE];
    const char *fault;

    record_write(record, bytes);
    struct site_message *message = site_message_parse(fixture->arena, bytes, strlen(bytes), &fault);
    assert_non_null(message);
    site_messages_add(fixture->arena, &fixture->messages, message);
}

static void escapes(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *escaped;
    } cases[] = {
        {"a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;"},
        {"\x01\x1b\x7f", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC2\x85", "\xEF\xBF\xBD"},     /* U+0085 */
        {"\xEF\xBF\xBE", "\xEF\xBF\xBD"}, /* U+FFFE */
        {"\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"æ\t𝒳\n", "æ\t𝒳\n"},
        {"]]>", "]]&gt;"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_reset(&fixture->out);
        markup_add(&fixture->out, cases[i].text);
        assert_string_equal(fixture->out.bytes, cases[i].escaped);
    }
}

static void writes_paragraphs(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"", ""},
        {"\n \n", ""},
        {"a\nb\n\n\nc", "<p>a<br>\nb</p>\n<p>c</p>\n"},
        {"Les https://a.no/b?c=1&d=(2).",
         "<p>Les <a href=\"https://a.no/b?c=1&amp;d=(2\">https://a.no/b?c=1&amp;d=(2</a>).</p>\n"},
        {"https://", "<p>https://</p>\n"},
        {"http://x\"y", "<p><a href=\"http://x\">http://x</a>&quot;y</p>\n"},
        {"javascript:alert(1)", "<p>javascript:alert(1)</p>\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_reset(&fixture->out);
        markup_paragraphs(&fixture->out, cases[i].text);
        assert_string_equal(fixture->out.bytes, cases[i].html);
    }
}

static void writes_times(void **state)
{
    struct fixture *fixture = *state;
    struct site_time time;

    assert_true(site_time_parse("2026-11-23T00:30:00+01:00", &time));
    markup_rfc822(&fixture->out, &time);
    assert_string_equal(fixture->out.bytes, "Mon, 23 Nov 2026 00:30:00 +0100");
    text_reset(&fixture->out);
    assert_true(site_time_parse("2026-07-01T23:30:00-03:30", &time));
    markup_rfc822(&fixture->out, &time);
    assert_string_equal(fixture->out.bytes, "Wed, 01 Jul 2026 23:30:00 -0330");
    text_reset(&fixture->out);
    markup_time(&fixture->out, &time, "en");
    assert_non_null(strstr(fixture->out.bytes, ">1 Jul 2026, 23:30<"));
    text_reset(&fixture->out);
    markup_time(&fixture->out, &time, "nb");
    assert_non_null(strstr(fixture->out.bytes, ">01.07.2026 23:30<"));
}

static void words_fall_back(void **state)
{
    (void)state;
    assert_string_equal(site_word("nn-NO", WORD_LANGUAGE), "nn");
    assert_string_equal(site_word("se", WORD_LANGUAGE), "nb");
    assert_string_equal(site_word("nbx", WORD_LANGUAGE), "nb");
    assert_string_equal(site_language_name("sma"), "Åarjelsaemien");
    assert_string_equal(site_language_name("tlh"), "tlh");
    static const char *const languages[] = {"nb", "nn", "en"};
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        for (int word = 0; word < WORD_COUNT; word++)
            assert_non_null(site_word(languages[i], (enum site_word)word));
        for (int kind = 0; kind < SITE_KIND_COUNT; kind++)
            assert_non_null(site_kind_word(languages[i], (enum site_kind)kind));
        for (int status = 0; status < SITE_STATUS_COUNT; status++)
            assert_non_null(site_status_word(languages[i], (enum site_status)status));
    }
}

static void assert_cap(struct fixture *fixture, size_t index, const char *const *wanted)
{
    text_reset(&fixture->out);
    site_cap_write(&fixture->messages, fixture->messages.items[index], &fixture->out);
    for (; *wanted; wanted++)
        if (!strstr(fixture->out.bytes, *wanted))
            fail_msg("no %s in %s", *wanted, fixture->out.bytes);
}

static void cap_refers_to_what_was_said_before(void **state)
{
    struct fixture *fixture = *state;
    struct record update = alert, over = alert;

    update.slug = "20261123-040000-update-aaaaaaaa";
    update.key = "BAECAwQFBgcICQoLDA0ODw";
    update.sent = "2026-11-23T05:00:00+01:00";
    update.kind = "update";
    update.follows = alert.slug;
    over.slug = "20261124-040000-over-bbbbbbbb"; /* the alert has expired by then */
    over.key = "CAECAwQFBgcICQoLDA0ODw";
    over.sent = "2026-11-24T05:00:00+01:00";
    over.expires = "2026-11-25T05:00:00+01:00";
    over.kind = "all-clear";
    over.follows = update.slug;
    add(fixture, &alert);
    add(fixture, &update);
    add(fixture, &over);
    site_messages_arrange(fixture->arena, &fixture->messages);

    const struct site_message *const *items = fixture->messages.items;
    char references[256];
    assert_cap(fixture, 0,
               (const char *[]){"<msgType>Alert</msgType>", "<language>en</language>",
                                "<category>Health</category>", "<event>Vann</event>",
                                "<severity>Unknown</severity>", NULL});
    assert_null(strstr(fixture->out.bytes, "<references>"));
    snprintf(references, sizeof(references), "<references>%s,%s,%s</references>", items[0]->sender,
             items[0]->identifier, alert.sent);
    assert_cap(fixture, 1, (const char *[]){"<msgType>Update</msgType>", references, NULL});
    snprintf(references, sizeof(references), "<references>%s,%s,%s</references>", items[1]->sender,
             items[1]->identifier, update.sent);
    assert_cap(fixture, 2,
               (const char *[]){"<msgType>Update</msgType>", references,
                                "<responseType>AllClear</responseType>", "<urgency>Past</urgency>",
                                "<severity>Minor</severity>", NULL});
}

/* An update whose alert is not on the site has nothing to refer to, and CAP demands that. */
static void cap_without_a_reference_is_an_alert(void **state)
{
    struct fixture *fixture = *state;
    struct record cancel = alert;

    cancel.kind = "cancel";
    cancel.follows = "20250101-000000-gone-00000000";
    add(fixture, &cancel);
    site_messages_arrange(fixture->arena, &fixture->messages);
    assert_cap(
        fixture, 0,
        (const char *[]){"<msgType>Alert</msgType>", "<responseType>None</responseType>", NULL});
}

static void cap_takes_back_one_message(void **state)
{
    struct fixture *fixture = *state;
    struct record retracted = alert;

    retracted.retracted = "2026-11-23T05:00:00+01:00";
    add(fixture, &retracted);
    site_messages_arrange(fixture->arena, &fixture->messages);
    assert_cap(fixture, 1,
               (const char *[]){"<msgType>Cancel</msgType>", fixture->messages.items[0]->identifier,
                                "<sent>2026-11-23T05:00:00+01:00</sent>",
                                "Denne meldingen er trukket tilbake: Oslo: Kok vannet",
                                "This message was withdrawn: Vann", alert.slug, NULL});
}

static void a_page_has_its_media(void **state)
{
    struct fixture *fixture = *state;
    struct record record = alert;

    record.more = ",\"media\":[{\"url\":\"https://krise.example.no/media/a.png\",\"type\":"
                  "\"image/png\",\"bytes\":123,\"alt\":{\"nb\":\"Et \\\"kart\\\"\",\"en\":\"A "
                  "map\"}},{\"type\":\"image/png\"},{\"url\":\"https://krise.example.no/media/b."
                  "mp4\",\"type\":\"video/mp4\",\"alt\":{\"nb\":\"Film\",\"en\":\"Film\"}}]";
    add(fixture, &record);
    site_messages_arrange(fixture->arena, &fixture->messages);
    site_page_write(&fixture->messages, fixture->messages.items[0], 0, &fixture->out);
    assert_non_null(strstr(fixture->out.bytes, "src=\"https://krise.example.no/media/a.png\" "
                                               "alt=\"Et &quot;kart&quot;\">"));
    assert_non_null(strstr(fixture->out.bytes, "b.mp4\">Film</a>"));
    assert_cap(fixture, 0,
               (const char *[]){"<resourceDesc>A map</resourceDesc><mimeType>image/png</mimeType>"
                                "<size>123</size><uri>https://krise.example.no/media/a.png</uri>",
                                NULL});
}

static void roots_lead_back(void **state)
{
    (void)state;
    char root[32];

    page_root("0301", root, sizeof(root));
    assert_string_equal(root, "../");
    page_root("a/b/c", root, sizeof(root));
    assert_string_equal(root, "../../../");
}

static void feeds_keep_exercises_apart(void **state)
{
    struct fixture *fixture = *state;
    struct record exercise = alert;

    exercise.slug = "20261123-040000-drill-aaaaaaaa";
    exercise.key = "BAECAwQFBgcICQoLDA0ODw";
    exercise.sent = "2026-11-23T05:00:00+01:00";
    exercise.is_exercise = true;
    add(fixture, &alert);
    add(fixture, &exercise);
    site_messages_arrange(fixture->arena, &fixture->messages);
    for (int i = 0; i < 2; i++) {
        struct site_feed feed = site_feed_make(fixture->arena, &fixture->messages, 1, i == 1);
        assert_int_equal(feed.count, 1);
        assert_string_equal(site_feed_name(&feed), i == 1 ? "exercise" : "feed");
        feed.path = "0301";
        for (const struct site_feed_form *form = site_feed_forms; form->end; form++) {
            text_reset(&fixture->out);
            form->write(&feed, &fixture->out);
            assert_false(fixture->out.overflowed);
            assert_int_equal(strstr(fixture->out.bytes, "ØVELSE") != NULL, i == 1);
            assert_non_null(strstr(fixture->out.bytes, feed.items[0]->identifier));
        }
    }
}

/* 357 municipalities on one page. */
static void the_whole_country_is_a_light_page(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 357, LIGHT_BYTES = 30 * 1024 };
    struct site_messages *folders = arena_alloc_array(fixture->arena, COUNT, sizeof(*folders));

    add(fixture, &alert);
    site_messages_arrange(fixture->arena, &fixture->messages);
    for (size_t i = 0; i < COUNT; i++)
        folders[i] = fixture->messages;
    site_national_index_write(folders, COUNT, 0, &fixture->out);
    assert_true(fixture->out.length < LIGHT_BYTES);
    const char *link = strstr(fixture->out.bytes, alert.slug);
    assert_non_null(link);
    assert_null(strstr(link + 1, alert.slug)); /* of each run one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(escapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_paragraphs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_times, set_up, tear_down),
        cmocka_unit_test(words_fall_back),
        cmocka_unit_test_setup_teardown(cap_refers_to_what_was_said_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cap_without_a_reference_is_an_alert, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cap_takes_back_one_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_has_its_media, set_up, tear_down),
        cmocka_unit_test(roots_lead_back),
        cmocka_unit_test_setup_teardown(feeds_keep_exercises_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_whole_country_is_a_light_page, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
