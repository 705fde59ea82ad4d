/* Times of day and dates, as the languages write them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/calendar.h"
#include "plan/facts_number.h"
#include "plan/language.h"

enum { RANGE_GAP_MAX = 8 /* bytes between "7" and "9 p.m." */ };

/* --- what stands around a number ------------------------------------------------------------- */

/* Where the word before `at` begins, blanks and a full stop aside; its bytes. */
static const char *word_before(const char *text, const char *at, size_t *length)
{
    while (at > text && (at[-1] == ' ' || at[-1] == '.' || at[-1] == '\xA0' || at[-1] == '\xC2'))
        at--;
    const char *end = at;
    while (at > text && fact_is_letter(at[-1]))
        at--;
    *length = (size_t)(end - at);
    return at;
}

enum half_day { NO_HALF, MORNING, AFTERNOON };

/* "7 a.m.", "7pm": which half of the day stands at *at, which is moved behind it. */
static enum half_day take_half_day(const struct number *number, const char **at)
{
    const char *mark = *at + number_space_length(*at), *end = mark;

    if (!language_is(number->language, "en") || !*mark || !strchr("aApP", *mark))
        return NO_HALF;
    end += 1 + (end[1] == '.');
    if (*end != 'm' && *end != 'M')
        return NO_HALF;
    end += 1 + (end[1] == '.');
    if (fact_is_letter(*end))
        return NO_HALF;
    *at = end;
    return *mark == 'p' || *mark == 'P' ? AFTERNOON : MORNING;
}

static unsigned hour_of(unsigned hour, enum half_day half)
{
    return half == NO_HALF ? hour : hour % 12 + (half == AFTERNOON ? 12 : 0);
}

static bool is_clock_around(const struct number *number, const char *end)
{
    size_t length;
    const char *word = word_before(number->text, number->start, &length);
    const char *after = end + number_space_length(end);

    return (length > 0 && fact_is_clock_word(word, length)) ||
           strncasecmp(after, "o'clock", strlen("o'clock")) == 0 ||
           strncasecmp(after, "o’clock", strlen("o’clock")) == 0 ||
           strncmp(after, "Uhr", strlen("Uhr")) == 0;
}

/* Behind a date: ", 2026", " 2026", ". b. 2026". The year is not compared: it may go unsaid. */
static const char *skip_year(const char *at)
{
    static const char *const before[] = {" ", ", ", ". b. ", " b. "};

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        size_t length = strlen(before[i]);
        if (strncmp(at, before[i], length) == 0 && strspn(at + length, "0123456789") == 4)
            return at + length + 4;
    }
    return at;
}

static const char en_dash[] = "–";

static bool is_dash(const char *at)
{
    return *at == '-' || strncmp(at, en_dash, strlen(en_dash)) == 0;
}

/* "23.–25. september", "September 23–25": the other end of a range names no month. */
static bool is_of_range(const struct number *number, const char *end)
{
    const char *start = number->start;
    size_t before = (size_t)(start - number->text);

    if (before >= 1 && start[-1] == '-')
        return true;
    if (before >= strlen(en_dash) && is_dash(start - strlen(en_dash)))
        return true;
    return is_dash(end) || (*end == '.' && is_dash(end + 1));
}

/* --- dates ----------------------------------------------------------------------------------- */

bool number_add_date(struct number *number, unsigned month, unsigned day)
{
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    fact_add_reading(&number->fact, arena_printf(number->arena, "--%02u-%02u", month, day));
    return true;
}

const char *number_take_date(struct number *number)
{
    const struct digit_group *groups = number->groups;
    unsigned day = groups[0].value, month = number->count > 1 ? groups[1].value : 0;

    if (number->separator == '-' && number->count == 3 && groups[0].count == 4) {
        month = groups[1].value;
        day = groups[2].value;
    } else if (number->count != 3 || !strchr("./", number->separator) ||
               (groups[2].count != 4 && groups[2].count != 2)) {
        return NULL;
    }
    if (month > 12) {
        unsigned swapped = month;
        month = day;
        day = swapped;
    }
    return number_add_date(number, month, day) ? groups[2].end : NULL;
}

/* Of "September 07.30" no part is a day. */
static bool is_month_first(const struct number *number)
{
    return (language_is(number->language, "en") || language_is(number->language, "se")) &&
           (number->count == 1 || !strchr(".,:", number->separator));
}

/* "23. september", "23rd of September"; "September 23", "čakčamánu 23." */
const char *number_take_named_date(struct number *number)
{
    static const char *const ordinals[] = {"st", "nd", "rd", "th", "."};
    const struct digit_group *day = &number->groups[0];
    const char *after = day->end;
    size_t length, before_length;
    const char *before = word_before(number->text, number->start, &before_length);

    if (day->value < 1 || day->value > 31 || day->count > 2)
        return NULL;
    for (size_t i = 0; i < sizeof(ordinals) / sizeof(ordinals[0]); i++) {
        if (strncmp(after, ordinals[i], strlen(ordinals[i])) != 0)
            continue;
        after += strlen(ordinals[i]);
        break;
    }
    after += number_space_length(after);
    if (strncmp(after, "of ", 3) == 0)
        after += 3;
    unsigned month = calendar_month_at(after, number->language, &length);
    const char *end = after + length;
    if (month == 0) {
        month = is_month_first(number) ? calendar_month_at(before, number->language, &length) : 0;
        if (month == 0 || length != before_length)
            return NULL;
        number->fact.at = before;
        end = day->end;
    }
    (void)number_add_date(number, month, day->value);
    if (is_of_range(number, day->end))
        number_add_digits(number, day->digits, NULL);
    return skip_year(end);
}

/* "23/9", but "24/7" is no fact: it says "always". */
const char *number_take_day_and_month(struct number *number)
{
    unsigned day = number->groups[0].value, month = number->groups[1].value;

    if (number->count != 2 || number->separator != '/')
        return NULL;
    if (day == 24 && month == 7)
        return number->groups[1].end;
    return number_add_date(number, month, day) ? number->groups[1].end : NULL;
}

/* --- times ----------------------------------------------------------------------------------- */

/* A full hour is also said as a number alone: "17–19" is "17:00–19:00". */
static void add_time(struct number *number, unsigned hour, unsigned minute)
{
    fact_add_reading(&number->fact, arena_printf(number->arena, "%02u:%02u", hour % 24, minute));
    if (minute == 0)
        fact_add_reading(&number->fact, arena_printf(number->arena, "%u", hour));
}

/* "07:30", "7.30 p.m." */
const char *number_take_time(struct number *number)
{
    const struct digit_group *groups = number->groups;

    if (number->count < 2 || groups[0].count > 2 || groups[0].value > 24 || groups[1].count != 2 ||
        groups[1].value > 59 || number->count > (number->separator == ':' ? 3 : 2) ||
        (number->separator != ':' && number->separator != '.'))
        return NULL;
    const char *end = groups[number->count - 1].end;
    enum half_day half = groups[0].value <= 12 ? take_half_day(number, &end) : NO_HALF;
    add_time(number, hour_of(groups[0].value, half), groups[1].value);
    /* "7.30" may be more than a time */
    return half != NO_HALF || number->separator == ':' ? end : NULL;
}

/* "from 7 to 9 p.m.": both are meant. */
static void adopt_half_day(struct number *number, struct facts *facts, enum half_day half)
{
    struct fact *last = facts->count > 0 ? &facts->items[facts->count - 1] : NULL;

    if (!last || last->at + last->length > number->start ||
        number->start - (last->at + last->length) > RANGE_GAP_MAX ||
        strspn(last->at, "0123456789") < last->length)
        return;
    unsigned hour = (unsigned)strtoul(last->readings[0], NULL, 10);
    if (hour > 12)
        return;
    fact_add_reading(last, arena_printf(number->arena, "%02u:00", hour_of(hour, half)));
    fact_add_reading(last, arena_printf(number->arena, "%u", hour_of(hour, half)));
}

const char *number_take_half_day(struct number *number, struct facts *facts)
{
    const struct digit_group *group = &number->groups[0];
    const char *end = group->end;

    if (group->count > 2 || group->value > 12)
        return NULL;
    enum half_day half = take_half_day(number, &end);
    if (half == NO_HALF)
        return NULL;
    add_time(number, hour_of(group->value, half), 0);
    adopt_half_day(number, facts, half);
    return end;
}

void number_add_hour(struct number *number)
{
    const struct digit_group *group = &number->groups[0];
    bool is_clock = is_clock_around(number, group->end);

    if (is_clock && group->count <= 2 && group->value <= 24)
        add_time(number, group->value, 0);
    if (group->count == 4 && (is_clock || group->digits[0] == '0') && group->value <= 2400 &&
        group->value % 100 < 60) /* 0730 */
        add_time(number, group->value / 100, group->value % 100);
}
