/* Numbers, telephone numbers, times of day and dates, as the languages write them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/calendar.h"
#include "plan/facts_parts.h"
#include "plan/language.h"

enum {
    GROUPS_MAX = 8,
    PHONE_DIGITS_LEAST = 8,
    PHONE_DIGITS_MAX = 15,        /* ITU-T E.164 */
    PHONE_SHORT_DIGITS_LEAST = 5, /* with a '+' or a zero before it */
    VALUE_DIGITS_MAX = 6,
    RANGE_GAP_MAX = 8, /* bytes between "7" and "9 p.m.", "23" and "25 September" */
};

/* Digits in one piece. */
struct group {
    const char *digits; /* in ASCII */
    size_t count;
    unsigned value; /* 0 when it has more than VALUE_DIGITS_MAX digits */
    const char *end;
};

/* "22 86 40 00": groups with the same sign between them. */
struct number {
    struct arena *arena;
    const char *text, *language, *start;
    char sign; /* the language's decimal sign, or 0 */
    bool has_plus;
    struct group groups[GROUPS_MAX];
    size_t count;
    char separator; /* ' ' for every kind of space */
    struct fact fact;
};

/* --- reading --------------------------------------------------------------------------------- */

int fact_digit_at(const char *at, size_t *bytes)
{
    const unsigned char first = (unsigned char)at[0], second = (unsigned char)at[first ? 1 : 0];

    *bytes = 1;
    if (fact_is_digit(at[0]))
        return at[0] - '0';
    *bytes = 2;
    if (first == 0xD9 && second >= 0xA0 && second <= 0xA9) /* U+0660 to U+0669 */
        return second - 0xA0;
    if (first == 0xDB && second >= 0xB0 && second <= 0xB9) /* U+06F0 to U+06F9 */
        return second - 0xB0;
    return -1;
}

static size_t space_length(const char *at)
{
    static const char *const spaces[] = {" ", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF"};

    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        if (strncmp(at, spaces[i], strlen(spaces[i])) == 0)
            return strlen(spaces[i]);
    return 0;
}

static char separator_at(const char *at, size_t *bytes)
{
    *bytes = space_length(at);
    if (*bytes > 0)
        return ' ';
    *bytes = 1;
    return *at && strchr(".,:/-'", *at) ? *at : '\0';
}

static bool read_group(struct arena *arena, const char *at, struct group *out)
{
    size_t bytes, count = 0;
    const char *end = at;

    while (fact_digit_at(end, &bytes) >= 0) {
        end += bytes;
        count++;
    }
    if (count == 0)
        return false;
    char *digits = arena_alloc(arena, count + 1);
    *out = (struct group){.digits = digits, .count = count, .end = end};
    for (size_t i = 0; i < count; i++) {
        digits[i] = (char)('0' + fact_digit_at(at, &bytes));
        at += bytes;
    }
    if (count <= VALUE_DIGITS_MAX)
        out->value = (unsigned)strtoul(digits, NULL, 10);
    return true;
}

static void read_groups(struct number *number, const char *at)
{
    number->count = read_group(number->arena, at, &number->groups[0]);
    while (number->count > 0 && number->count < GROUPS_MAX) {
        const char *end = number->groups[number->count - 1].end;
        size_t bytes;
        char separator = separator_at(end, &bytes);
        if (!separator || (number->count > 1 && separator != number->separator) ||
            !read_group(number->arena, end + bytes, &number->groups[number->count]))
            return;
        number->separator = separator;
        number->count++;
    }
}

/* --- readings -------------------------------------------------------------------------------- */

static void add_digits(struct number *number, const char *digits, const char *decimals)
{
    size_t zeros = strspn(digits, "0"), kept = decimals ? strlen(decimals) : 0;

    digits += zeros - (digits[zeros] == '\0' && zeros > 0);
    while (kept > 0 && decimals[kept - 1] == '0')
        kept--;
    if (kept == 0)
        fact_add_reading(&number->fact, digits);
    else
        fact_add_reading(&number->fact,
                         arena_printf(number->arena, "%s.%.*s", digits, (int)kept, decimals));
}

static void add_time(struct number *number, unsigned hour, unsigned minute)
{
    fact_add_reading(&number->fact, arena_printf(number->arena, "%02u:%02u", hour % 24, minute));
}

static bool is_date(unsigned month, unsigned day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static void add_date(struct number *number, unsigned month, unsigned day)
{
    fact_add_reading(&number->fact, arena_printf(number->arena, "--%02u-%02u", month, day));
}

/* The groups' digits in one piece. */
static const char *join(const struct number *number, size_t count)
{
    const char *joined = "";

    for (size_t i = 0; i < count; i++)
        joined = arena_printf(number->arena, "%s%s", joined, number->groups[i].digits);
    return joined;
}

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
    const char *mark = *at + space_length(*at), *end = mark;

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
    const char *after = end + space_length(end);

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

/* --- kinds; each returns where it ends, or NULL ---------------------------------------------- */

static const char *take_date(struct number *number)
{
    const struct group *groups = number->groups;
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
    if (!is_date(month, day))
        return NULL;
    add_date(number, month, day);
    return groups[2].end;
}

/* Of "September 07.30" no part is a day. */
static bool is_month_first(const struct number *number)
{
    return (language_is(number->language, "en") || language_is(number->language, "se")) &&
           (number->count == 1 || !strchr(".,:", number->separator));
}

/* "23. september", "23rd of September"; "September 23", "čakčamánu 23." */
static const char *take_named_date(struct number *number)
{
    static const char *const ordinals[] = {"st", "nd", "rd", "th", "."};
    const struct group *day = &number->groups[0];
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
    const char *end = after;
    after += space_length(after);
    if (strncmp(after, "of ", 3) == 0)
        after += 3;
    unsigned month = calendar_month_at(after, number->language, &length);
    if (month > 0) {
        end = after + length;
    } else {
        month = is_month_first(number) ? calendar_month_at(before, number->language, &length) : 0;
        if (month == 0 || length != before_length)
            return NULL;
        number->fact.at = before;
        end = day->end;
    }
    add_date(number, month, day->value);
    if (is_of_range(number, day->end))
        add_digits(number, day->digits, NULL);
    return skip_year(end);
}

static const char *take_phone(struct number *number)
{
    const char *joined = join(number, number->count);
    size_t digits = strlen(joined);
    bool is_grouped = number->count > (number->separator == '-' ? 2 : 1);
    bool is_long = digits >= PHONE_DIGITS_LEAST;
    bool has_country = (number->has_plus && digits >= PHONE_SHORT_DIGITS_LEAST) ||
                       (strncmp(joined, "00", 2) == 0 && is_long);

    if (digits > PHONE_DIGITS_MAX ||
        (number->count > 1 && number->separator != ' ' && number->separator != '-'))
        return NULL;
    if (!has_country && !(is_grouped && is_long) &&
        !(is_grouped && joined[0] == '0' && digits >= PHONE_SHORT_DIGITS_LEAST))
        return NULL;
    if (has_country && !number->has_plus)
        joined += 2;
    add_digits(number, joined, NULL);
    if (has_country) { /* the number alone: countries have two digits, or three */
        add_digits(number, joined + 2, NULL);
        add_digits(number, joined + 3, NULL);
    }
    return number->groups[number->count - 1].end;
}

/* "07:30", "7.30 p.m." */
static const char *take_time(struct number *number)
{
    const struct group *groups = number->groups;

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

static bool is_thousands(const struct number *number)
{
    if (number->count < 2 || number->groups[0].count > 3 || !strchr(" .,'", number->separator) ||
        (number->count == 2 && number->separator == number->sign))
        return false;
    for (size_t i = 1; i < number->count; i++)
        if (number->groups[i].count != 3)
            return false;
    return true;
}

static const char *take_thousands(struct number *number)
{
    const char *end = number->groups[number->count - 1].end;
    struct group decimals = {0};

    if (!is_thousands(number))
        return NULL;
    const char *joined = join(number, number->count);
    if (*end && strchr(".,", *end) && *end != number->separator &&
        read_group(number->arena, end + 1, &decimals))
        end = decimals.end;
    add_digits(number, joined, decimals.digits);
    /* "1.500": of which language nothing is known */
    if (!number->sign && number->count == 2 && number->separator != ' ' && !decimals.digits)
        add_digits(number, number->groups[0].digits, number->groups[1].digits);
    return end;
}

/* "1,5"; "7.30" and "23.9", which may also be a time and a day. */
static const char *take_decimal(struct number *number)
{
    const struct group *groups = number->groups;

    if (number->count != 2 || (number->separator != '.' && number->separator != ','))
        return NULL;
    add_digits(number, groups[0].digits, groups[1].digits);
    if (number->separator == '.' && number->sign != '.' && groups[1].count <= 2 &&
        is_date(groups[1].value, groups[0].value))
        add_date(number, groups[1].value, groups[0].value);
    return groups[1].end;
}

/* "23/9", but "24/7" is no fact: it says "always". */
static const char *take_day_and_month(struct number *number)
{
    unsigned day = number->groups[0].value, month = number->groups[1].value;

    if (number->count != 2 || number->separator != '/' || !is_date(month, day))
        return NULL;
    if (day != 24 || month != 7)
        add_date(number, month, day);
    return number->groups[1].end;
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

static const char *take_whole(struct number *number, struct facts *facts)
{
    const struct group *group = &number->groups[0];
    const char *end = group->end;
    bool is_hour = group->count <= 2 && group->value <= 24;
    enum half_day half = is_hour && group->value <= 12 ? take_half_day(number, &end) : NO_HALF;

    if (half != AFTERNOON) /* "7 p.m." is not 7 */
        add_digits(number, group->digits, NULL);
    if (half != NO_HALF) {
        add_time(number, hour_of(group->value, half), 0);
        adopt_half_day(number, facts, half);
        return end;
    }
    bool is_clock = is_clock_around(number, end);
    if (is_clock && is_hour)
        add_time(number, group->value, 0);
    if (group->count == 4 && (is_clock || group->digits[0] == '0') && group->value <= 2400 &&
        group->value % 100 < 60) /* 0730 */
        add_time(number, group->value / 100, group->value % 100);
    return end;
}

/* --- all together ---------------------------------------------------------------------------- */

static const char *take(struct number *number, struct facts *facts)
{
    static const char *(*const kinds[])(struct number *) = {
        take_date,      take_named_date, take_time,          take_phone,
        take_thousands, take_decimal,    take_day_and_month,
    };
    const char *end = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !end; i++)
        end = kinds[i](number);
    return end ? end : take_whole(number, facts);
}

const char *facts_take_number(struct arena *arena, struct facts *facts, const char *at)
{
    struct number number = {
        .arena = arena,
        .text = facts->text,
        .language = facts->language,
        .start = at,
        .sign = fact_decimal_sign(facts->language),
        .has_plus = *at == '+',
        .fact = {.at = at},
    };

    read_groups(&number, at + number.has_plus);
    if (number.count == 0)
        return at + 1;
    const char *end = take(&number, facts);
    number.fact.length = (size_t)(end - number.fact.at);
    number.fact.loose = number.groups[0].digits;
    if (number.fact.reading_count > 0)
        facts_add(facts, &number.fact);
    return end;
}
