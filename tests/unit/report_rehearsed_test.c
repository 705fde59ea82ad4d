#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/rehearsed.h"
#include "report/report.h"

static const int64_t began_ms = INT64_C(1795403052123);

struct given {
    const char *municipality;
    enum delivery_state state;
    int64_t after_ms;
};

static void count(struct figures *figures, struct arena *arena, const struct run_record *run,
                  const struct given *given, size_t number)
{
    figures_begin(figures, arena, run);
    for (size_t i = 0; i < number; i++) {
        const struct delivery_record delivery = {
            .municipality = given[i].municipality,
            .municipality_name = "Somewhere",
            .channel = "x",
            .account = "default",
            .language = "nb",
            .state = given[i].state,
            .failure = {.kind =
                            given[i].state == DELIVERY_POSTED ? FAILURE_NONE : FAILURE_CREDENTIAL},
            .done_unix_ms = began_ms + given[i].after_ms,
        };
        figures_add(figures, &delivery);
    }
    figures_end(figures);
}

static const struct run_record alert = {
    .id = "flom.alert.1", .plan = "flom", .message = "alert", .started_unix_ms = began_ms};
static const struct run_record correction = {.id = "flom.correction.1",
                                             .plan = "flom",
                                             .message = "correction",
                                             .started_unix_ms = began_ms};
static const struct given alert_ended[] = {
    {"0301", DELIVERY_POSTED, 900}, {"0301", DELIVERY_POSTED, 200},  {"1103", DELIVERY_FAILED, 100},
    {"4601", DELIVERY_POSTED, 400}, {"5001", DELIVERY_IN_DOUBT, 50},
};
static const struct given correction_ended[] = {{"0301", DELIVERY_POSTED, 300},
                                                {"4601", DELIVERY_POSTED, 700}};

static void a_record_has_the_counts_and_times_of_its_run(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct figures figures, after;
    struct rehearsal_record record;

    count(&figures, arena, &alert, alert_ended, 5);
    count(&after, arena, &correction, correction_ended, 2);
    rehearsed_record(&figures, &after, &record);
    assert_string_equal(record.id, "flom.alert.1");
    assert_string_equal(record.message, "alert");
    assert_int_equal(record.municipality_count, 4);
    assert_int_equal(record.reached_count, 2);
    assert_int_equal(record.delivery_count, 5);
    assert_int_equal(record.failed_count, 1);
    assert_int_equal(record.in_doubt_count, 1);
    assert_int_equal(record.posts.count, 3);
    assert_int_equal(record.posts.ms[0], 200);
    assert_int_equal(record.places.count, 2);
    assert_string_equal(record.correction, "correction");
    assert_int_equal(record.correction_most_ms, 700);
    assert_int_equal(record.correction_last_ms, 700);
    rehearsed_record(&figures, NULL, &record);
    assert_string_equal(record.correction, "");
    assert_int_equal(record.correction_last_ms, -1);
    figures_release(&figures);
    figures_release(&after);
    arena_free(arena);
}

static void the_figures_come_back_from_a_record(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct figures figures, again;
    struct rehearsal_record record;
    struct report_measure own[REPORT_MEASURES], other[REPORT_MEASURES];

    count(&figures, arena, &alert, alert_ended, 5);
    rehearsed_record(&figures, NULL, &record);
    record.finished_unix_ms = began_ms + 5000;
    rehearsed_figures(arena, &record, &again);
    report_measures(&figures, own);
    report_measures(&again, other);
    for (size_t i = 0; i + 1 < REPORT_MEASURES; i++) {
        assert_string_equal(own[i].name, other[i].name);
        assert_int_equal(own[i].value, other[i].value);
    }
    assert_int_equal(other[REPORT_MEASURES - 1].value, 5000);
    assert_int_equal(times_by(&again.places, 400), 2);
    assert_string_equal(again.run->id, "flom.alert.1");
    assert_int_equal(again.run->mode, MODE_EXERCISE); /* never anything that looks live */
    figures_release(&figures);
    figures_release(&again);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_the_counts_and_times_of_its_run),
        cmocka_unit_test(the_figures_come_back_from_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
