#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/calendar.h"

static const struct {
    const char *language, *date, *time;
} cases[] = {
    {"nb", "24. november 2026", "07.05"}, {"nn", "24. november 2026", "07.05"},
    {"no", "24. november 2026", "07.05"}, {"nb-NO", "24. november 2026", "07.05"},
    {"NB", "24. november 2026", "07.05"}, {"da", "24. november 2026", "07.05"},
    {"en", "24 November 2026", "07:05"},  {"en-GB", "24 November 2026", "07:05"},
    {"sv", "24 november 2026", "07:05"},  {"fi", "24. marraskuuta 2026", "7.05"},
    {"de", "24. November 2026", "07:05"}, {"se", "skábmamánu 24. b. 2026", "07:05"},
    {"sma", "2026-11-24", "07:05"},       {"smj", "2026-11-24", "07:05"},
    {"fkv", "2026-11-24", "07:05"},       {"sea", "2026-11-24", "07:05"},
    {"n", "2026-11-24", "07:05"},         {"", "2026-11-24", "07:05"},
};

static void times_are_in_the_language(void **state)
{
    struct civil_time when = {2026, 11, 24, 7, 5, 59, 60};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char date[CALENDAR_SIZE], time[CALENDAR_SIZE];
        calendar_date(&when, cases[i].language, date);
        calendar_time(&when, cases[i].language, time);
        assert_string_equal(date, cases[i].date);
        assert_string_equal(time, cases[i].time);
    }
}

static void every_month_has_a_name(void **state)
{
    static const char *const languages[] = {"nb", "en", "se", "sv", "da", "fi", "de"};

    (void)state;
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        char before[CALENDAR_SIZE] = "";
        for (int month = 1; month <= 12; month++) {
            struct civil_time when = {.year = 2027, .month = month, .day = 1};
            char date[CALENDAR_SIZE];
            calendar_date(&when, languages[i], date);
            assert_string_not_equal(date, before);
            assert_non_null(strstr(date, "2027"));
            assert_null(strstr(date, "2027-"));
            memcpy(before, date, sizeof(before));
        }
    }
}

static void a_day_has_no_zero_in_front(void **state)
{
    struct civil_time when = {2026, 3, 1, 0, 0, 0, 0};
    char date[CALENDAR_SIZE], time[CALENDAR_SIZE];

    (void)state;
    calendar_date(&when, "da", date);
    assert_string_equal(date, "1. marts 2026");
    calendar_time(&when, "fi", time);
    assert_string_equal(time, "0.00");
    calendar_time(&when, "nb", time);
    assert_string_equal(time, "00.00");
}

static void months_are_known_again(void **state)
{
    static const struct {
        const char *language, *text;
        unsigned month;
        size_t length;
    } names[] = {
        {"nb", "september 2026", 9, 9},
        {"nb", "Sept.", 9, 4},
        {"nb", "mai.", 5, 3},
        {"nb", "marsjerte", 0, 9},
        {"nb", "må", 0, 3},
        {"nb", "", 0, 0},
        {"nb", "septembers", 9, 10},
        {"nn", "desember", 12, 8},
        {"en", "May", 5, 3},
        {"en", "may", 0, 3},
        {"en", "Dec", 12, 3},
        {"de", "März", 3, 5},
        {"se", "Čakčamánnu", 9, 13},
        {"se", "čakčamánu", 9, 12},
        {"fi", "marraskuu", 11, 9},
        {"so", "September", 0, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length;
        assert_int_equal(calendar_month_at(names[i].text, names[i].language, &length),
                         names[i].month);
        assert_int_equal(length, names[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_in_the_language),
        cmocka_unit_test(every_month_has_a_name),
        cmocka_unit_test(months_are_known_again),
        cmocka_unit_test(a_day_has_no_zero_in_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
