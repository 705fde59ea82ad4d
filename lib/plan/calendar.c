#include "plan/calendar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"

#include "plan/language.h"

enum date_form {
    DAY_DOT_MONTH, /* 24. november 2026 */
    DAY_MONTH,     /* 24 November 2026 */
    MONTH_DAY_B,   /* skábmamánu 24. b. 2026 */
};

enum time_form {
    TIME_DOT,       /* 07.25 */
    TIME_DOT_SHORT, /* 7.25 */
    TIME_COLON,     /* 07:25 */
};

struct calendar {
    const char *language;
    enum date_form date;
    enum time_form time;
    const char *const *months; /* twelve, in the form that a date takes */
};

static const char *const norwegian[] = {"januar",    "februar", "mars",     "april",
                                        "mai",       "juni",    "juli",     "august",
                                        "september", "oktober", "november", "desember"};
static const char *const danish[] = {"januar",    "februar", "marts",    "april",
                                     "maj",       "juni",    "juli",     "august",
                                     "september", "oktober", "november", "december"};
static const char *const swedish[] = {"januari",   "februari", "mars",     "april",
                                      "maj",       "juni",     "juli",     "augusti",
                                      "september", "oktober",  "november", "december"};
static const char *const english[] = {"January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December"};
static const char *const german[] = {"Januar",    "Februar", "März",     "April",
                                     "Mai",       "Juni",    "Juli",     "August",
                                     "September", "Oktober", "November", "Dezember"};
static const char *const finnish[] = {"tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta",
                                      "toukokuuta", "kesäkuuta",  "heinäkuuta",  "elokuuta",
                                      "syyskuuta",  "lokakuuta",  "marraskuuta", "joulukuuta"};
static const char *const northern_sami[] = {
    "ođđajagemánu", "guovvamánu", "njukčamánu", "cuoŋománu",   "miessemánu", "geassemánu",
    "suoidnemánu",  "borgemánu",  "čakčamánu",  "golggotmánu", "skábmamánu", "juovlamánu"};

static const struct calendar calendars[] = {
    {"nb", DAY_DOT_MONTH, TIME_DOT, norwegian},     {"nn", DAY_DOT_MONTH, TIME_DOT, norwegian},
    {"no", DAY_DOT_MONTH, TIME_DOT, norwegian},     {"en", DAY_MONTH, TIME_COLON, english},
    {"se", MONTH_DAY_B, TIME_COLON, northern_sami}, {"sv", DAY_MONTH, TIME_COLON, swedish},
    {"da", DAY_DOT_MONTH, TIME_DOT, danish},        {"fi", DAY_DOT_MONTH, TIME_DOT_SHORT, finnish},
    {"de", DAY_DOT_MONTH, TIME_COLON, german},
};

static const struct calendar *find_calendar(const char *language)
{
    for (size_t i = 0; i < sizeof(calendars) / sizeof(calendars[0]); i++)
        if (language_is(language, calendars[i].language))
            return &calendars[i];
    return NULL;
}

void calendar_date(const struct civil_time *when, const char *language, char out[CALENDAR_SIZE])
{
    const struct calendar *calendar = find_calendar(language);

    if (!calendar || when->month < 1 || when->month > 12) {
        snprintf(out, CALENDAR_SIZE, "%04d-%02d-%02d", when->year, when->month, when->day);
        return;
    }
    const char *month = calendar->months[when->month - 1];
    switch (calendar->date) {
    case DAY_DOT_MONTH:
        snprintf(out, CALENDAR_SIZE, "%d. %s %d", when->day, month, when->year);
        break;
    case DAY_MONTH:
        snprintf(out, CALENDAR_SIZE, "%d %s %d", when->day, month, when->year);
        break;
    case MONTH_DAY_B:
        snprintf(out, CALENDAR_SIZE, "%s %d. b. %d", month, when->day, when->year);
        break;
    }
}

void calendar_time(const struct civil_time *when, const char *language, char out[CALENDAR_SIZE])
{
    const struct calendar *calendar = find_calendar(language);

    switch (calendar ? calendar->time : TIME_COLON) {
    case TIME_DOT:
        snprintf(out, CALENDAR_SIZE, "%02d.%02d", when->hour, when->minute);
        break;
    case TIME_DOT_SHORT:
        snprintf(out, CALENDAR_SIZE, "%d.%02d", when->hour, when->minute);
        break;
    case TIME_COLON:
        snprintf(out, CALENDAR_SIZE, "%02d:%02d", when->hour, when->minute);
        break;
    }
}

/* Bytes of a word that a month begins with, whatever the case. */
static size_t common_length(const char *word, size_t length, const char *month)
{
    size_t common = 0;

    while (common < length && month[common]) {
        uint32_t a, b;
        size_t bytes = utf8_decode(word + common, length - common, &a);
        if (bytes == 0 || utf8_decode(month + common, strlen(month + common), &b) != bytes ||
            utf8proc_tolower((utf8proc_int32_t)a) != utf8proc_tolower((utf8proc_int32_t)b))
            break;
        common += bytes;
    }
    return common;
}

/* "September" as "sep" and "sept"; Sámi and Finnish months have another ending outside of dates. */
static bool is_month(const char *word, size_t length, const char *month)
{
    enum { SHORT_LEAST = 3, INFLECTED_LEAST = 6, ENDING = 2 };
    size_t full = strlen(month), common = common_length(word, length, month);

    if (common == length && length >= SHORT_LEAST)
        return true;
    return full >= INFLECTED_LEAST && common + ENDING >= full && length <= full + ENDING;
}

unsigned calendar_month_at(const char *at, const char *language, size_t *length)
{
    const struct calendar *calendar = find_calendar(language);
    size_t count = 0;

    while ((at[count] >= 'a' && at[count] <= 'z') || (at[count] >= 'A' && at[count] <= 'Z') ||
           (at[count] & 0x80))
        count++;
    *length = count;
    for (unsigned i = 0; calendar && count > 0 && i < 12; i++) {
        const char *month = calendar->months[i];
        bool is_capital = month[0] >= 'A' && month[0] <= 'Z'; /* "May" is one, "may" is none */
        if ((!is_capital || at[0] == month[0]) && is_month(at, count, month))
            return i + 1;
    }
    return 0;
}
