#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil_time.h"
#include "base/error.h"

#include "property.h"

static const int64_t YEAR_0_MS = -62167219200000, YEAR_9999_END_MS = 253402300799999;

static void formats(void **state)
{
    (void)state;
    static const struct {
        int64_t unix_ms;
        const char *full, *seconds, *basic;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z", "19700101T000000Z"},
        {1, "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00Z", "19700101T000000Z"},
        {999, "1970-01-01T00:00:00.999Z", "1970-01-01T00:00:00Z", "19700101T000000Z"},
        {-1, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z", "19691231T235959Z"},
        {-1000, "1969-12-31T23:59:59.000Z", "1969-12-31T23:59:59Z", "19691231T235959Z"},
        {951782400000, "2000-02-29T00:00:00.000Z", "2000-02-29T00:00:00Z", "20000229T000000Z"},
        {1795403052123, "2026-11-23T03:04:12.123Z", "2026-11-23T03:04:12Z", "20261123T030412Z"},
        {2147483648000, "2038-01-19T03:14:08.000Z", "2038-01-19T03:14:08Z", "20380119T031408Z"},
        {YEAR_0_MS, "0000-01-01T00:00:00.000Z", "0000-01-01T00:00:00Z", "00000101T000000Z"},
        {YEAR_9999_END_MS, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z", "99991231T235959Z"},
        /* Beyond what four digits can say: the nearest that they can. */
        {YEAR_9999_END_MS + 1, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z",
         "99991231T235959Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z", "99991231T235959Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z", "0000-01-01T00:00:00Z", "00000101T000000Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[RFC3339_SIZE];
        rfc3339_format(cases[i].unix_ms, out);
        assert_string_equal(out, cases[i].full);
        rfc3339_format_seconds(cases[i].unix_ms, out);
        assert_string_equal(out, cases[i].seconds);
        basic_time_format(cases[i].unix_ms, out);
        assert_string_equal(out, cases[i].basic);
    }
}

static void times_that_parse(void **state)
{
    (void)state;
    static const struct {
        const char *string;
        int64_t unix_ms;
    } cases[] = {
        /* RFC 3339, section 5.8. */
        {"1985-04-12T23:20:50.52Z", 482196050520},
        {"1996-12-19T16:39:57-08:00", 851042397000},
        {"1990-12-31T23:59:60Z", 662688000000},
        {"1990-12-31T15:59:60-08:00", 662688000000},
        {"1937-01-01T12:00:27.87+00:20", -1041337172130},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01 00:00:00Z", 0},
        {"1970-01-01T00:00:00+0000", 0}, /* Graph */
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T01:30:00+01:30", 0},
        {"1970-01-01T01:30:00+0130", 0},
        {"1969-12-31T12:00:00-12:00", 0},
        {"1969-12-31T00:01:00-23:59", 0},
        {"1970-01-01T00:00:00.1Z", 100},
        {"1970-01-01T00:00:00.12Z", 120},
        {"1970-01-01T00:00:00.123Z", 123},
        {"1970-01-01T00:00:00.1239999999999999999999Z", 123},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2024-02-29T12:00:00Z", 1709208000000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2026-11-23T04:04:12.123+01:00", 1795403052123},
        {"0000-01-01T00:00:00Z", -62167219200000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t unix_ms = 77;
        if (!rfc3339_parse(cases[i].string, &unix_ms) || unix_ms != cases[i].unix_ms)
            fail_msg("'%s' reads as %" PRId64, cases[i].string, unix_ms);
    }
}

static void times_that_do_not(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "Z",
        "now",
        "2026",
        "2026-11-23",
        "2026-11-23T03:04",
        "2026-11-23T03:04:12",
        "2026-11-23T03:04Z",
        "20261123T030412Z",
        "2026-11-23T03:04:12Zx",
        "2026-11-23T03:04:12Z ",
        " 2026-11-23T03:04:12Z",
        "26-11-23T03:04:12Z",
        "2026-1-23T03:04:12Z",
        "2026-11-3T03:04:12Z",
        "2026-11-23T3:04:12Z",
        "2026-11-23T03:04:1Z",
        "2026-00-23T03:04:12Z",
        "2026-13-23T03:04:12Z",
        "2026-11-00T03:04:12Z",
        "2026-11-31T03:04:12Z",
        "2026-02-29T03:04:12Z",
        "2100-02-29T03:04:12Z",
        "1900-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T03:60:12Z",
        "2026-11-23T03:04:61Z",
        "2026-11-23T03:04:12.Z",
        "2026-11-23T03:04:12,5Z",
        "2026-11-23T03:04:12.5",
        "2026-11-23T03:04:12.x5Z",
        "2026-11-23T03:04:12+",
        "2026-11-23T03:04:12+1",
        "2026-11-23T03:04:12+01",
        "2026-11-23T03:04:12+01:",
        "2026-11-23T03:04:12+01:0",
        "2026-11-23T03:04:12+1:00",
        "2026-11-23T03:04:12+24:00",
        "2026-11-23T03:04:12+01:60",
        "2026-11-23T03:04:12+01:000",
        "2026-11-23T03:04:12+01:00Z",
        "2026-11-23T03:04:12 +01:00",
        "2026-11-23T03:04:12CET",
        "2026-11-23X03:04:12Z",
        "2026/11/23T03:04:12Z",
        "2026-11-23T03.04.12Z",
        "+2026-11-23T03:04:12Z",
        "-2026-11-23T03:04:12Z",
        "2026-11-23T-3:04:12Z",
        "10000-01-01T00:00:00Z",
        "2026-11-23T03:04:12\u221201:00",
        "\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA6-11-23T03:04:12Z",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t unix_ms = 77;
        if (rfc3339_parse(cases[i], &unix_ms))
            fail_msg("'%s' reads as %" PRId64, cases[i], unix_ms);
        assert_int_equal(unix_ms, 77);
    }
}

static void every_prefix_of_a_time_is_refused(void **state)
{
    (void)state;
    static const char time[] = "2026-11-23T04:04:12.123+01:00";

    for (size_t length = 0; length < sizeof(time) - 1; length++) {
        char *prefix = strndup(time, length); /* the sanitizer sees a read past its end */
        int64_t unix_ms;
        assert_non_null(prefix);
        assert_false(rfc3339_parse(prefix, &unix_ms));
        free(prefix);
    }
}

static int64_t random_time(uint64_t *random)
{
    int64_t most = (int64_t)1 << (20 + property_below(random, 28));
    int64_t unix_ms = (int64_t)property_below(random, (uint64_t)most);
    unix_ms = property_below(random, 2) ? unix_ms : -unix_ms;
    if (unix_ms < YEAR_0_MS || unix_ms > YEAR_9999_END_MS)
        return 0;
    return unix_ms;
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    uint64_t random = 3339;

    for (int i = 0; i < 50000; i++) {
        int64_t unix_ms = random_time(&random), again;
        char out[RFC3339_SIZE];
        rfc3339_format(unix_ms, out);
        assert_true(rfc3339_parse(out, &again));
        assert_true(again == unix_ms);
        rfc3339_format_seconds(unix_ms, out);
        assert_true(rfc3339_parse(out, &again));
        assert_true(again <= unix_ms && unix_ms - again < 1000 && again % 1000 == 0);
    }
}

/* The same instant, written with any offset. */
static void an_offset_does_not_move_the_instant(void **state)
{
    (void)state;
    uint64_t random = 60;

    for (int i = 0; i < 20000; i++) {
        int64_t unix_ms = (int64_t)property_below(&random, 4102444800000), again;
        int offset = (int)property_below(&random, 2 * 1439 + 1) - 1439;
        int size = offset < 0 ? -offset : offset;
        char local[RFC3339_SIZE], written[2 * RFC3339_SIZE];
        rfc3339_format(unix_ms + (int64_t)offset * 60000, local);
        const char *colon = i % 2 ? ":" : "";
        snprintf(written, sizeof(written), "%.23s%c%02d%s%02d", local, offset < 0 ? '-' : '+',
                 size / 60, colon, size % 60);
        assert_true(rfc3339_parse(written, &again));
        assert_true(again == unix_ms);
    }
}

/* One day after another, through every leap rule of four hundred years. */
static void every_day_follows_the_one_before(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected_ms, unix_ms;

    assert_true(rfc3339_parse("1890-01-01T00:00:00Z", &expected_ms));
    for (int year = 1890; year < 2310; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int last = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= 31; day++) {
                char string[64];
                snprintf(string, sizeof(string), "%04d-%02d-%02dT00:00:00Z", year, month, day);
                assert_int_equal(rfc3339_parse(string, &unix_ms), day <= last);
                if (day > last)
                    continue;
                assert_true(unix_ms == expected_ms);
                expected_ms += 86400000;
            }
        }
}

static void assert_local(int64_t unix_ms, const char *expected)
{
    struct civil_time t = civil_time_local(unix_ms);
    char out[100];
    snprintf(out, sizeof(out), "%04d-%02d-%02d %02d:%02d:%02d %+d", t.year, t.month, t.day, t.hour,
             t.minute, t.second, t.offset_minutes);
    assert_string_equal(out, expected);
}

/* First in main(): no zone has been set yet, whatever the system's own may be. */
static void local_time_is_utc_until_a_zone_is_set(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Tokyo", 1);
    assert_local(1795403052123, "2026-11-23 03:04:12 +0");
}

static void set_zone(const char *zone)
{
    struct error error = {0};
    if (civil_time_set_zone(zone, &error) < 0)
        fail_msg("%s", error.message);
}

static void oslo_changes_to_summer_time_and_back(void **state)
{
    (void)state;
    static const struct {
        const char *utc, *local;
    } cases[] = {
        {"2026-11-23T03:04:12.123Z", "2026-11-23 04:04:12 +60"},
        {"2026-03-29T00:59:59.999Z", "2026-03-29 01:59:59 +60"},
        {"2026-03-29T01:00:00Z", "2026-03-29 03:00:00 +120"},
        {"2026-07-22T13:25:22Z", "2026-07-22 15:25:22 +120"},
        {"2026-10-25T00:59:59Z", "2026-10-25 02:59:59 +120"},
        {"2026-10-25T01:00:00Z", "2026-10-25 02:00:00 +60"},
        {"2026-12-31T23:00:00Z", "2027-01-01 00:00:00 +60"},
        {"2024-02-28T23:30:00Z", "2024-02-29 00:30:00 +60"},
        {"2040-07-01T00:00:00Z", "2040-07-01 02:00:00 +120"},
    };
    set_zone("Europe/Oslo");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t unix_ms;
        assert_true(rfc3339_parse(cases[i].utc, &unix_ms));
        assert_local(unix_ms, cases[i].local);
    }
}

static void other_zones(void **state)
{
    (void)state;
    set_zone("UTC");
    assert_local(0, "1970-01-01 00:00:00 +0");
    assert_local(-1, "1969-12-31 23:59:59 +0");
    assert_local(-1000, "1969-12-31 23:59:59 +0");
    assert_local(-1001, "1969-12-31 23:59:58 +0");
    set_zone("Asia/Kathmandu");
    assert_local(1795403052123, "2026-11-23 08:49:12 +345");
    set_zone("America/St_Johns");
    assert_local(1795403052123, "2026-11-22 23:34:12 -210");
}

static void unknown_zones_are_refused(void **state)
{
    (void)state;
    static const char *const zones[] = {
        "",
        "Europe/Osl",
        "europe/oslo",
        "Europe",
        "Europe/",
        "Europe/Oslo/",
        "/etc/localtime",
        "/usr/share/zoneinfo/Europe/Oslo",
        "../zoneinfo/Europe/Oslo",
        "Europe/../Europe/Oslo",
        ":Europe/Oslo",
        "zone.tab",
        "tzdata.zi",
        "CET-1CEST",
        "Europe/Oslo\n",
    };
    set_zone("Europe/Oslo");
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        struct error error = {0};
        if (civil_time_set_zone(zones[i], &error) == 0)
            fail_msg("'%s' is taken for a zone", zones[i]);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_non_null(strstr(error.message, "time zone"));
        assert_non_null(strstr(error.next, "Europe/Oslo"));
        assert_local(0, "1970-01-01 01:00:00 +60");
    }
    char longest[5000];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    struct error error = {0};
    assert_int_equal(civil_time_set_zone(longest, &error), -1);
    assert_int_equal(civil_time_set_zone("Nowhere", NULL), -1);
}

static void durations_that_parse(void **state)
{
    (void)state;
    static const struct {
        const char *string;
        int64_t ms;
    } cases[] = {
        {"0s", 0},
        {"150ms", 150},
        {"90s", 90000},
        {"10m", 600000},
        {"6h", 21600000},
        {"7d", 604800000},
        {"2w", 1209600000},
        {"1ms", 1},
        {"007s", 7000},
        {"25h", 90000000},
        {"3650d", 315360000000},
        {"520w", 314496000000},
        {"87600h", 315360000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = -1;
        if (!duration_parse(cases[i].string, &ms) || ms != cases[i].ms)
            fail_msg("'%s' reads as %" PRId64, cases[i].string, ms);
    }
}

static void durations_that_do_not(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "s",
        "ms",
        "10",
        "-1s",
        "+1s",
        " 1s",
        "1s ",
        "1 s",
        "1S",
        "1M",
        "1min",
        "1.5h",
        "1,5h",
        "1h30m",
        "1y",
        "1ss",
        "1mss",
        "0x1s",
        "1e3s",
        "3654d",
        "523w",
        "87700h",
        "400000000s",
        "99999999999999999999999999s",
        "9223372036854775807ms",
        "9223372036854775808ms",
        "18446744073709551617s",
        "\xD9\xA1s",
        "PT1H",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 77;
        if (duration_parse(cases[i], &ms))
            fail_msg("'%s' reads as %" PRId64, cases[i], ms);
        assert_int_equal(ms, 77);
    }
}

static void durations_for_people(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *words;
    } cases[] = {
        {0, "0.0 s"},
        {99, "0.0 s"},
        {100, "0.1 s"},
        {1300, "1.3 s"},
        {59999, "59.9 s"},
        {60000, "1 min"},
        {125000, "2 min 5 s"},
        {3599999, "59 min 59 s"},
        {3600000, "1 h"},
        {3 * 3600000, "3 h"},
        {3 * 3600000 + 59999, "3 h"},
        {5 * 3600000 + 60000, "5 h 1 min"},
        {48 * 3600000 - 1, "47 h 59 min"},
        {48 * 3600000, "2 days"},
        {604800000, "7 days"},
        {INT64_MAX, "106751991167 days"},
        {-1300, "-1.3 s"},
        {-125000, "-2 min 5 s"},
        {INT64_MIN, "-106751991167 days"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[32];
        duration_format(cases[i].ms, out);
        assert_string_equal(out, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_time_is_utc_until_a_zone_is_set),
        cmocka_unit_test(formats),
        cmocka_unit_test(times_that_parse),
        cmocka_unit_test(times_that_do_not),
        cmocka_unit_test(every_prefix_of_a_time_is_refused),
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(an_offset_does_not_move_the_instant),
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(oslo_changes_to_summer_time_and_back),
        cmocka_unit_test(other_zones),
        cmocka_unit_test(unknown_zones_are_refused),
        cmocka_unit_test(durations_that_parse),
        cmocka_unit_test(durations_that_do_not),
        cmocka_unit_test(durations_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
