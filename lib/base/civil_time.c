#include "base/civil_time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/language.h"
#include "base/memory.h"

enum { MS_PER_DAY = 24 * 60 * 60 * 1000 };

/* RFC 3339 has years of four digits: what lies outside is written as the nearest time inside. */
static const int64_t YEAR_0_MS = -62167219200000, YEAR_9999_END_MS = 253402300799999;

static bool zone_is_set;

/* Calendar fields are unsigned and bounded, so that a format's width can be proven. */
struct utc {
    unsigned year, month, day, hour, minute, second, ms;
};

/* Rounds down, before 1970 too. */
static time_t whole_seconds(int64_t unix_ms)
{
    return (time_t)(unix_ms / 1000 - (unix_ms % 1000 < 0));
}

static int64_t within_four_digits(int64_t unix_ms)
{
    if (unix_ms < YEAR_0_MS)
        return YEAR_0_MS;
    return unix_ms > YEAR_9999_END_MS ? YEAR_9999_END_MS : unix_ms;
}

static struct utc utc_parts(int64_t any_unix_ms)
{
    int64_t unix_ms = within_four_digits(any_unix_ms);
    time_t seconds = whole_seconds(unix_ms);
    int64_t ms = unix_ms - (int64_t)seconds * 1000;
    struct tm t = {0};
    gmtime_r(&seconds, &t);
    return (struct utc){(unsigned)(t.tm_year + 1900) % 10000,
                        (unsigned)(t.tm_mon + 1) % 100,
                        (unsigned)t.tm_mday % 100,
                        (unsigned)t.tm_hour % 100,
                        (unsigned)t.tm_min % 100,
                        (unsigned)t.tm_sec % 100,
                        (unsigned)ms % 1000};
}

/* Writes `digits` digits and what stands behind them. */
static char *put_number(char *at, unsigned number, size_t digits, char behind)
{
    for (size_t i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = behind;
    return at + digits + 1;
}

/* Every audit entry has one: it is written without the format's detour. */
void rfc3339_format(int64_t unix_ms, char out[RFC3339_SIZE])
{
    struct utc t = utc_parts(unix_ms);
    char *at = put_number(out, t.year, 4, '-');

    at = put_number(at, t.month, 2, '-');
    at = put_number(at, t.day, 2, 'T');
    at = put_number(at, t.hour, 2, ':');
    at = put_number(at, t.minute, 2, ':');
    at = put_number(at, t.second, 2, '.');
    at = put_number(at, t.ms, 3, 'Z');
    *at = '\0';
}

void rfc3339_format_seconds(int64_t unix_ms, char out[RFC3339_SIZE])
{
    rfc3339_format(unix_ms, out);
    memcpy(out + 19, "Z", 2);
}

void basic_time_format(int64_t unix_ms, char out[RFC3339_SIZE])
{
    struct utc t = utc_parts(unix_ms);
    snprintf(out, RFC3339_SIZE, "%04u%02u%02uT%02u%02u%02uZ", t.year, t.month, t.day, t.hour,
             t.minute, t.second);
}

/* Reads exactly `digits` digits and moves on; -1 when there are others. */
static int take_number(const char **at, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool take_char(const char **at, const char *allowed)
{
    if (!**at || !strchr(allowed, **at))
        return false;
    (*at)++;
    return true;
}

/* Days since 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_offset(const char **at, int *minutes)
{
    if (take_char(at, "Zz")) {
        *minutes = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    if (!take_char(at, "+-"))
        return false;
    int hours = take_number(at, 2);
    take_char(at, ":"); /* Graph writes +0000 */
    int rest = take_number(at, 2);
    *minutes = sign * (hours * 60 + rest);
    return hours >= 0 && hours < 24 && rest >= 0 && rest < 60;
}

bool rfc3339_parse(const char *string, int64_t *unix_ms)
{
    const char *at = string;
    int year = take_number(&at, 4);
    bool shape = year >= 0 && take_char(&at, "-");
    int month = shape ? take_number(&at, 2) : -1;
    shape = shape && month >= 1 && month <= 12 && take_char(&at, "-");
    int day = shape ? take_number(&at, 2) : -1;
    shape = shape && day >= 1 && day <= days_in_month(year, month) && take_char(&at, "Tt ");
    int hour = shape ? take_number(&at, 2) : -1;
    shape = shape && hour >= 0 && hour < 24 && take_char(&at, ":");
    int minute = shape ? take_number(&at, 2) : -1;
    shape = shape && minute >= 0 && minute < 60 && take_char(&at, ":");
    int second = shape ? take_number(&at, 2) : -1;
    if (!shape || second < 0 || second > 60)
        return false;

    int ms = 0;
    if (take_char(&at, ".")) {
        int scale = 100;
        if (*at < '0' || *at > '9')
            return false;
        for (; *at >= '0' && *at <= '9'; at++, scale /= 10)
            ms += (*at - '0') * scale;
    }
    int offset_minutes;
    if (!take_offset(&at, &offset_minutes) || *at)
        return false;
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
                      (int64_t)offset_minutes * 60;
    *unix_ms = seconds * 1000 + ms;
    return true;
}

/* A zone's file begins with "TZif" (RFC 8536). The C library takes anything else for UTC.
 * *out_errno is what kept it from being read; 0: nothing. */
static bool is_zone_file(const char *path, int *out_errno)
{
    char magic[4];
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = descriptor < 0 ? -1 : file_read_whole(descriptor, magic, sizeof(magic));

    *out_errno = got < 0 ? errno : 0;
    if (descriptor >= 0)
        (void)close(descriptor); /* opened to read */
    return got == sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

/* The C library cannot say that it had no memory or descriptor to read the zone's file with: it
 * takes the beginning of the name for a zone of its own, at UTC. */
static bool is_loaded(const char *zone)
{
    size_t length = strcspn(zone, "/");

    return zone[length] == '\0' || strncmp(tzname[0], zone, length) != 0 ||
           tzname[0][length] != '\0';
}

static int refuse_zone(const char *zone, int system_errno, struct error *error)
{
    if (file_errno_is_of_system(system_errno))
        return error_set(error, ERROR_SYSTEM, _("cannot read the time zone '%s': %s"), zone,
                         error_errno(system_errno));
    error_set(error, ERROR_INPUT, _("unknown time zone '%s'"), zone);
    return error_next(error, _("use an IANA name such as Europe/Oslo (package tzdata)"));
}

int civil_time_set_zone(const char *zone, struct error *error)
{
    char path[256];
    int length = snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
    int system_errno = 0;
    if (!zone[0] || zone[0] == '/' || strstr(zone, "..") || length < 0 ||
        (size_t)length >= sizeof(path) || !is_zone_file(path, &system_errno))
        return refuse_zone(zone, system_errno, error);
    if (setenv("TZ", zone, 1) < 0)
        memory_exhausted(); /* the name is a good one */
    tzset();
    if (!is_loaded(zone))
        return refuse_zone(zone, ENOMEM, error);
    zone_is_set = true;
    return 0;
}

struct civil_time civil_time_local(int64_t unix_ms)
{
    time_t seconds = whole_seconds(within_four_digits(unix_ms));
    struct tm t = {0};
    if (zone_is_set)
        localtime_r(&seconds, &t);
    else
        gmtime_r(&seconds, &t); /* localtime_r would take the system's zone */
    return (struct civil_time){
        t.tm_year + 1900, t.tm_mon + 1,           t.tm_mday, t.tm_hour, t.tm_min,
        t.tm_sec,         (int)(t.tm_gmtoff / 60)};
}

bool duration_parse(const char *string, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1},          {"s", 1000},       {"m", 60000},
                 {"h", 3600 * 1000}, {"d", MS_PER_DAY}, {"w", (int64_t)7 * MS_PER_DAY}};
    const int64_t most = (int64_t)3653 * MS_PER_DAY;

    int64_t number = 0;
    const char *at = string;
    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (*at - '0');
        if (number > most)
            return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(at, units[i].unit) != 0)
            continue;
        if (number > most / units[i].ms)
            return false;
        *ms = number * units[i].ms;
        return true;
    }
    return false;
}

/* "2 min 5 s", "3 h": the smaller part is left out when it is zero. */
static void format_parts(char out[32], const char *sign, uint64_t large, const char *large_unit,
                         uint64_t small, const char *small_unit)
{
    if (small == 0)
        snprintf(out, 32, "%s%" PRIu64 " %s", sign, large, large_unit);
    else
        snprintf(out, 32, "%s%" PRIu64 " %s %" PRIu64 " %s", sign, large, large_unit, small,
                 small_unit);
}

void duration_format(int64_t ms, char out[32])
{
    const char *sign = ms < 0 ? "-" : "";
    uint64_t size_ms = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    uint64_t seconds = size_ms / 1000;

    if (seconds < 60)
        snprintf(out, 32, "%s%" PRIu64 ".%" PRIu64 " s", sign, seconds, size_ms % 1000 / 100);
    else if (seconds < 3600)
        format_parts(out, sign, seconds / 60, "min", seconds % 60, "s");
    else if (seconds < 48 * 3600)
        format_parts(out, sign, seconds / 3600, "h", seconds % 3600 / 60, "min");
    else
        snprintf(out, 32, "%s%" PRIu64 " days", sign, seconds / 86400);
}
