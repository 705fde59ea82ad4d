#include "count/url_chars.h"

#include <stddef.h>

enum {
    LETTER = URL_DOMAIN | URL_PATH | URL_PATH_END | URL_QUERY | URL_QUERY_END | URL_ALNUM |
             URL_PRECEDE_NOT,
    INNER = URL_PATH | URL_QUERY,
};

const uint8_t url_ascii_classes[0x80] = {
    [0x00 ... 0x08] = URL_DOMAIN,
    [0x0E ... 0x1F] = URL_DOMAIN,
    ['!'] = INNER,
    ['"'] = URL_DOMAIN,
    ['#'] = INNER | URL_PATH_END | URL_QUERY_END | URL_PRECEDE_NOT,
    ['$'] = INNER | URL_PRECEDE_NOT,
    ['%'] = INNER,
    ['&'] = INNER | URL_QUERY_END,
    ['\''] = INNER,
    ['('] = URL_QUERY,
    [')'] = URL_QUERY,
    ['*'] = INNER,
    ['+'] = INNER | URL_PATH_END,
    [','] = INNER,
    ['-'] = INNER | URL_PATH_END | URL_QUERY_END,
    ['.'] = INNER,
    ['/'] = INNER | URL_PATH_END | URL_QUERY_END,
    ['0' ... '9'] = LETTER,
    [':'] = INNER,
    [';'] = INNER,
    ['='] = INNER | URL_PATH_END | URL_QUERY_END,
    ['?'] = URL_QUERY,
    ['@'] = INNER | URL_PRECEDE_NOT,
    ['A' ... 'Z'] = LETTER,
    ['['] = INNER,
    [']'] = INNER,
    ['_'] = INNER | URL_PATH_END | URL_QUERY_END,
    ['`'] = URL_DOMAIN,
    ['a' ... 'z'] = LETTER,
    ['|'] = INNER,
    ['~'] = INNER,
    [0x7F] = URL_DOMAIN,
};

struct unit_range {
    uint16_t first, last;
};

/* Spaces, directional marks and what is no character. */
static const struct unit_range not_domain[] = {
    {0x0085, 0x0085}, {0x00A0, 0x00A0}, {0x061C, 0x061C}, {0x1680, 0x1680}, {0x180E, 0x180E},
    {0x2000, 0x200A}, {0x200E, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x205F}, {0x2066, 0x2069},
    {0x3000, 0x3000}, {0xFEFF, 0xFEFF}, {0xFFFE, 0xFFFF},
};

/* Latin letters with accents, combining marks. */
static const struct unit_range latin[] = {
    {0x00C0, 0x00D6}, {0x00D8, 0x00F6}, {0x00F8, 0x024F}, {0x0253, 0x0254}, {0x0256, 0x0257},
    {0x0259, 0x0259}, {0x025B, 0x025B}, {0x0260, 0x0260}, {0x0263, 0x0263}, {0x0268, 0x0269},
    {0x026F, 0x026F}, {0x0272, 0x0272}, {0x0275, 0x0275}, {0x0280, 0x0280}, {0x0283, 0x0283},
    {0x0288, 0x028C}, {0x0292, 0x0292}, {0x02BB, 0x02BB}, {0x0300, 0x036F}, {0x0399, 0x0399},
    {0x03B9, 0x03B9}, {0x1E00, 0x1EFF}, {0x1FBE, 0x1FBE}, {0x2C65, 0x2C66}, {0x2C7E, 0x2C7F},
    {0xA7DC, 0xA7DC},
};

static const struct unit_range cyrillic[] = {{0x0400, 0x04FF}, {0x1C80, 0x1C87}};

static bool is_in(const struct unit_range *ranges, size_t count, uint16_t unit)
{
    for (size_t i = 0; i < count && unit >= ranges[i].first; i++) {
        if (unit <= ranges[i].last)
            return true;
    }
    return false;
}

static bool is_ascii(uint16_t unit, unsigned class)
{
    return unit < 0x80 && (url_ascii_classes[unit] & class) != 0;
}

static bool is_accented(uint16_t unit)
{
    return is_in(latin, sizeof(latin) / sizeof(latin[0]), unit);
}

static bool is_letter_in_path(uint16_t unit)
{
    return is_accented(unit) || is_in(cyrillic, sizeof(cyrillic) / sizeof(cyrillic[0]), unit);
}

bool url_may_precede_beyond_ascii(uint16_t unit)
{
    return unit != 0xFF03 && unit != 0xFF20 && unit != 0xFEFF && unit < 0xFFFE;
}

bool url_is_domain_beyond_ascii(uint16_t unit)
{
    return !is_in(not_domain, sizeof(not_domain) / sizeof(not_domain[0]), unit);
}

bool url_is_latin(uint16_t unit)
{
    return is_ascii(unit, URL_ALNUM) || unit == '-' || is_accented(unit);
}

bool url_is_path(uint16_t unit)
{
    if (unit < 0x80)
        return (url_ascii_classes[unit] & URL_PATH) != 0;
    return unit == 0x2013 || is_letter_in_path(unit);
}

bool url_is_path_end(uint16_t unit)
{
    if (unit < 0x80)
        return (url_ascii_classes[unit] & URL_PATH_END) != 0;
    return is_letter_in_path(unit);
}

bool url_is_query(uint16_t unit)
{
    return is_ascii(unit, URL_QUERY);
}

bool url_is_query_end(uint16_t unit)
{
    return is_ascii(unit, URL_QUERY_END);
}

bool url_is_ascii_letter_or_digit(uint16_t unit)
{
    return is_ascii(unit, URL_ALNUM);
}
