#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "site/message.h"

#include "site_record.h"

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static struct site_message *parse(struct arena *arena, const struct record *record)
{
    char bytes[RECORD_SIZE];
    const char *fault;

    record_write(record, bytes);
    return site_message_parse(arena, bytes, strlen(bytes), &fault);
}

static void reads_a_record(void **state)
{
    const struct site_message *message = parse(*state, &alert);

    assert_non_null(message);
    assert_string_equal(message->slug, alert.slug);
    assert_int_equal(message->kind, SITE_ALERT);
    assert_int_equal(message->sent.unix_ms, INT64_C(1795403052000));
    assert_int_equal(message->text_count, 2);
    assert_string_equal(message->texts[0].headline, "Oslo: Kok vannet");
    assert_string_equal(message->texts[1].headline, "Vann"); /* the plan's title */
    assert_string_equal(message->cap.category, "Health");
    assert_null(message->cap.event);
    assert_memory_equal(message->identifier, "urn:uuid:", 9);
    assert_int_equal(message->identifier[9 + 14], '8'); /* the version of the UUID */
}

static void an_exercise_says_so_in_every_headline(void **state)
{
    struct record record = alert;

    record.is_exercise = true;
    const struct site_message *message = parse(*state, &record);
    assert_non_null(message);
    assert_string_equal(message->texts[1].headline, "ØVELSE: Vann");
}

static void refuses_what_is_no_record(void **state)
{
    struct record cases[] = {alert, alert, alert, alert, alert, alert, alert, alert, alert};
    const char *fault;

    cases[0].slug = "../x";
    cases[1].key = "AAEC";
    cases[2].sent = "2026-11-23T04:04:12Z";
    cases[3].sent = "2026-11-23T04:04:12.5+01:00";
    cases[4].expires = cases[4].sent;
    cases[5].kind = "drill";
    cases[6].follows = "a/b";
    cases[7].retracted = "now";
    cases[8].more = ",\"media\":[{\"url\":\"javascript:x\",\"type\":\"image/png\","
                    "\"alt\":{\"nb\":\"x\",\"en\":\"x\"}}]";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_null(parse(*state, &cases[i]));
    assert_null(site_message_parse(*state, "{}", 2, &fault));
    assert_string_equal(fault, "it is no record of a message");
    assert_null(site_message_parse(*state, "", 0, &fault));
}

static void reads_times_of_one_form(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "2026-11-23T04:04:12",
                                        "2026-11-23T04:04:12+0100",
                                        "2026-13-23T04:04:12+01:00",
                                        "2026-11-23 04:04:12+01:00",
                                        "2026-11-23T04:04:12+01:00 ",
                                        "2026-11-23T04:04:12,01:00"};
    struct site_time time;

    assert_true(site_time_parse("2026-07-01T00:00:00-03:30", &time));
    assert_false(site_time_parse(NULL, &time));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(site_time_parse(wrong[i], &time));
}

struct three {
    struct site_messages messages;
    int64_t while_in_force;
};

/* An alert, and what follows it. */
static struct three make_three(struct arena *arena, const char *second_kind, const char *third_kind)
{
    struct record second = alert, third = alert;
    struct three three = {.while_in_force = INT64_C(1795410000000)};

    second.slug = "20261123-040000-second-aaaaaaaa";
    second.key = "BAECAwQFBgcICQoLDA0ODw";
    second.sent = "2026-11-23T05:00:00+01:00";
    second.kind = second_kind;
    second.follows = alert.slug;
    third.slug = "20261123-050000-third-bbbbbbbb";
    third.key = "CAECAwQFBgcICQoLDA0ODw";
    third.sent = "2026-11-23T06:00:00+01:00";
    third.kind = third_kind;
    third.follows = second.slug;
    site_messages_add(arena, &three.messages, parse(arena, &third));
    site_messages_add(arena, &three.messages, parse(arena, &alert));
    site_messages_add(arena, &three.messages, parse(arena, &second));
    site_messages_arrange(arena, &three.messages);
    return three;
}

static void the_latest_message_of_an_incident_decides(void **state)
{
    static const struct {
        const char *second, *third;
        enum site_status of_first, of_second;
    } cases[] = {
        {"update", "all-clear", SITE_OVER, SITE_OVER},
        {"update", "cancel", SITE_CANCELLED, SITE_CANCELLED},
        {"correction", "information", SITE_CORRECTED, SITE_IN_FORCE},
        {"information", "information", SITE_IN_FORCE, SITE_IN_FORCE},
        {"update", "update", SITE_UPDATED, SITE_UPDATED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct three three = make_three(*state, cases[i].second, cases[i].third);
        const struct site_message *const *items = three.messages.items;
        assert_string_equal(items[0]->slug, alert.slug);
        assert_ptr_equal(items[2]->incident, items[0]);
        assert_int_equal(site_message_status(&three.messages, items[0], three.while_in_force),
                         cases[i].of_first);
        assert_int_equal(site_message_status(&three.messages, items[1], three.while_in_force),
                         cases[i].of_second);
        assert_int_equal(site_message_status(&three.messages, items[2], INT64_MAX), SITE_EXPIRED);
    }
}

static void a_retraction_is_a_message_of_its_own(void **state)
{
    struct record record = alert;
    struct site_messages messages = {0};

    record.retracted = "2026-11-23T05:00:00+01:00";
    site_messages_add(*state, &messages, parse(*state, &record));
    site_messages_arrange(*state, &messages);
    assert_int_equal(messages.count, 2);
    const struct site_message *retraction = messages.items[1];
    assert_int_equal(retraction->kind, SITE_RETRACTION);
    assert_string_equal(site_message_page(retraction), alert.slug);
    assert_string_not_equal(retraction->identifier, messages.items[0]->identifier);
    assert_int_equal(site_message_status(&messages, messages.items[0], 0), SITE_RETRACTED);
    assert_false(site_message_is_current(&messages, messages.items[0], 0));
    assert_false(site_message_is_current(&messages, retraction, 0));
}

/* Two that follow each other, or themselves, are not followed round and round. */
static void a_circle_is_no_incident(void **state)
{
    struct record first = alert, second = alert;
    struct site_messages messages = {0};

    second.slug = "20261123-030412-second-aaaaaaaa";
    first.follows = second.slug;
    second.follows = first.slug;
    site_messages_add(*state, &messages, parse(*state, &first));
    site_messages_add(*state, &messages, parse(*state, &second));
    site_messages_arrange(*state, &messages);
    assert_ptr_equal(messages.items[0]->incident, messages.items[0]);
    assert_ptr_equal(messages.items[1]->incident, messages.items[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exercise_says_so_in_every_headline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_record, set_up, tear_down),
        cmocka_unit_test(reads_times_of_one_form),
        cmocka_unit_test_setup_teardown(the_latest_message_of_an_incident_decides, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_retraction_is_a_message_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_circle_is_no_incident, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
