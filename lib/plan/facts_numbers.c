/* Numbers and telephone numbers, as the languages write them. */
#include <stdlib.h>
#include <string.h>

#include "plan/facts_number.h"

enum {
    PHONE_DIGITS_LEAST = 8,
    PHONE_DIGITS_MAX = 15,        /* ITU-T E.164 */
    PHONE_SHORT_DIGITS_LEAST = 5, /* with a '+' or a zero before it */
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

size_t number_space_length(const char *at)
{
    static const char *const spaces[] = {" ", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF"};

    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        if (strncmp(at, spaces[i], strlen(spaces[i])) == 0)
            return strlen(spaces[i]);
    return 0;
}

static char separator_at(const char *at, size_t *bytes)
{
    *bytes = number_space_length(at);
    if (*bytes > 0)
        return ' ';
    *bytes = 1;
    return *at && strchr(".,:/-'", *at) ? *at : '\0';
}

static bool read_group(struct arena *arena, const char *at, struct digit_group *out)
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
    *out = (struct digit_group){.digits = digits, .count = count, .end = end};
    for (size_t i = 0; i < count; i++) {
        digits[i] = (char)('0' + fact_digit_at(at, &bytes));
        at += bytes;
    }
    if (count <= NUMBER_VALUE_DIGITS_MAX)
        out->value = (unsigned)strtoul(digits, NULL, 10);
    return true;
}

static void read_groups(struct number *number, const char *at)
{
    number->count = read_group(number->arena, at, &number->groups[0]);
    while (number->count > 0 && number->count < NUMBER_GROUPS_MAX) {
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

void number_add_digits(struct number *number, const char *digits, const char *decimals)
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

/* The groups' digits in one piece. */
static const char *join(const struct number *number, size_t count)
{
    const char *joined = "";

    for (size_t i = 0; i < count; i++)
        joined = arena_printf(number->arena, "%s%s", joined, number->groups[i].digits);
    return joined;
}

/* --- kinds; each returns where it ends, or NULL ---------------------------------------------- */

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
    number_add_digits(number, joined, NULL);
    if (has_country) { /* the number alone: countries have two digits, or three */
        number_add_digits(number, joined + 2, NULL);
        number_add_digits(number, joined + 3, NULL);
    }
    return number->groups[number->count - 1].end;
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
    struct digit_group decimals = {0};

    if (!is_thousands(number))
        return NULL;
    const char *joined = join(number, number->count);
    if (*end && strchr(".,", *end) && *end != number->separator &&
        read_group(number->arena, end + 1, &decimals))
        end = decimals.end;
    number_add_digits(number, joined, decimals.digits);
    /* "1.500": of which language nothing is known */
    if (!number->sign && number->count == 2 && number->separator != ' ' && !decimals.digits)
        number_add_digits(number, number->groups[0].digits, number->groups[1].digits);
    return end;
}

/* "1,5"; "7.30" and "23.9", which may also be a time and a day. */
static const char *take_decimal(struct number *number)
{
    const struct digit_group *groups = number->groups;

    if (number->count != 2 || (number->separator != '.' && number->separator != ','))
        return NULL;
    number_add_digits(number, groups[0].digits, groups[1].digits);
    if (number->separator == '.' && number->sign != '.' && groups[1].count <= 2)
        (void)number_add_date(number, groups[1].value, groups[0].value);
    return groups[1].end;
}

static const char *take_whole(struct number *number, struct facts *facts)
{
    const char *end = number_take_half_day(number, facts);

    if (end)
        return end;
    number_add_digits(number, number->groups[0].digits, NULL);
    number_add_hour(number);
    return number->groups[0].end;
}

/* --- all together ---------------------------------------------------------------------------- */

static const char *take(struct number *number, struct facts *facts)
{
    static const char *(*const kinds[])(struct number *) = {
        number_take_date, number_take_named_date, number_take_time,          take_phone,
        take_thousands,   take_decimal,           number_take_day_and_month,
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
