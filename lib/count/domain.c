#include "count/domain.h"

#include <utf8proc.h>

#include "count/tld_table.h"
#include "count/units.h"
#include "count/url_chars.h"

enum {
    LABEL_MAX = 63,
    /* Bootstring parameters of Punycode (RFC 3492 section 5). */
    PUNYCODE_BASE = 36,
    PUNYCODE_T_MIN = 1,
    PUNYCODE_T_MAX = 26,
    PUNYCODE_SKEW = 38,
    PUNYCODE_DAMP = 700,
    PUNYCODE_BIAS = 72,
    PUNYCODE_N = 0x80,
    PUNYCODE_PREFIX_LENGTH = 4,
};

/* Upper case, one unit for one; nothing outside ASCII becomes ASCII. */
static uint16_t fold(uint16_t unit)
{
    utf8proc_int32_t upper;

    if (unit < 0x80)
        return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
    upper = utf8proc_toupper(unit);
    return upper < 0x80 || upper > 0xFFFF ? unit : (uint16_t)upper;
}

/* The first of tld_table[low, high), which agree in the units before `depth`, whose unit at `depth`
 * is not below the wanted one. */
static size_t lower_bound(size_t low, size_t high, size_t depth, uint32_t wanted)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tld_table[middle][depth] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool may_follow_tld(const uint16_t *units, size_t at, size_t end)
{
    if (at >= end)
        return true;
    return !url_is_ascii_letter_or_digit(units[at]) && units[at] != '@' && units[at] != '+' &&
           units[at] != '-';
}

static size_t match_punycode(const uint16_t *units, size_t at, size_t end)
{
    size_t stop = at + PUNYCODE_PREFIX_LENGTH;

    if (end - at <= PUNYCODE_PREFIX_LENGTH || fold(units[at]) != 'X' ||
        fold(units[at + 1]) != 'N' || units[at + 2] != '-' || units[at + 3] != '-')
        return 0;
    while (stop < end && (url_is_ascii_letter_or_digit(units[stop]) || units[stop] == '-'))
        stop++;
    return stop > at + PUNYCODE_PREFIX_LENGTH ? stop : 0;
}

size_t domain_match_tld(const uint16_t *units, size_t at, size_t end)
{
    size_t low = 0, high = tld_table_count, found = 0;

    for (size_t depth = 0; at + depth < end && low < high; depth++) {
        uint32_t unit = fold(units[at + depth]);
        size_t next = at + depth + 1;

        low = lower_bound(low, high, depth, unit);
        high = lower_bound(low, high, depth, unit + 1);
        if (low < high && tld_table[low][depth + 1] == 0) {
            if (may_follow_tld(units, next, end))
                found = next;
            low++; /* it has no unit at the next depth */
        }
    }
    return found != 0 ? found : match_punycode(units, at, end);
}

bool domain_next_latin(const uint16_t *units, size_t at, size_t end, size_t *match_start,
                       size_t *match_end)
{
    while (at < end) {
        size_t start, stop = 0;

        while (at < end && !url_is_latin(units[at]))
            at++;
        start = at;
        for (;;) {
            size_t label = at;
            size_t tld;

            while (at < end && url_is_latin(units[at]))
                at++;
            if (at == label || at == end || units[at] != '.')
                break;
            at++;
            tld = domain_match_tld(units, at, end);
            if (tld != 0)
                stop = tld;
        }
        if (stop != 0) {
            *match_start = start;
            *match_end = stop;
            return true;
        }
    }
    return false;
}

static uint32_t punycode_adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / PUNYCODE_DAMP : delta / 2;
    delta += delta / points;
    while (delta > (PUNYCODE_BASE - PUNYCODE_T_MIN) * PUNYCODE_T_MAX / 2) {
        delta /= PUNYCODE_BASE - PUNYCODE_T_MIN;
        k += PUNYCODE_BASE;
    }
    return k + (PUNYCODE_BASE - PUNYCODE_T_MIN + 1) * delta / (delta + PUNYCODE_SKEW);
}

/* Digits of one generalised variable-length integer. */
static size_t punycode_digits(uint32_t delta, uint32_t bias)
{
    size_t digits = 1;

    for (uint32_t k = PUNYCODE_BASE;; k += PUNYCODE_BASE) {
        uint32_t t = k <= bias ? PUNYCODE_T_MIN : k - bias;

        if (t > PUNYCODE_T_MAX)
            t = PUNYCODE_T_MAX;
        if (delta < t)
            return digits;
        delta = (delta - t) / (PUNYCODE_BASE - t);
        digits++;
    }
}

static uint32_t next_point(const uint32_t *points, size_t count, uint32_t least)
{
    uint32_t next = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        if (points[i] >= least && points[i] < next)
            next = points[i];
    }
    return next;
}

/* The length of the encoded form (RFC 3492 section 6.3), without the prefix. count <= LABEL_MAX, so
 * that delta stays below 2^31. */
static size_t punycode_length(const uint32_t *points, size_t count)
{
    uint32_t n = PUNYCODE_N, delta = 0, bias = PUNYCODE_BIAS;
    size_t handled = 0, length, basic;

    for (size_t i = 0; i < count; i++)
        handled += points[i] < PUNYCODE_N;
    basic = handled;
    length = handled > 0 ? handled + 1 : 0;
    while (handled < count) {
        uint32_t next = next_point(points, count, n);

        delta += (next - n) * (uint32_t)(handled + 1);
        n = next;
        for (size_t i = 0; i < count; i++) {
            if (points[i] < n)
                delta++;
            if (points[i] != n)
                continue;
            length += punycode_digits(delta, bias);
            bias = punycode_adapt(delta, (uint32_t)handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
        delta++;
        n++;
    }
    return length;
}

/* twitter-text lets the other full stops of IDNA through inside a label; each ends a part here. */
static bool is_separator(uint16_t unit)
{
    return unit == 0x3002 || unit == 0xFF0E || unit == 0xFF61;
}

/* The length of [start, end) as it is in ASCII, above LABEL_MAX when it has too many characters. */
static size_t ascii_length(const uint16_t *units, size_t start, size_t end)
{
    uint32_t points[LABEL_MAX];
    size_t count = 0, used;
    bool ascii = true;

    for (size_t at = start; at < end; at += used) {
        uint32_t point = units_code_point(units, end, at, &used);

        if (count == LABEL_MAX)
            return LABEL_MAX + 1;
        ascii = ascii && point < PUNYCODE_N;
        points[count++] = point;
    }
    return ascii ? count : PUNYCODE_PREFIX_LENGTH + punycode_length(points, count);
}

static bool label_is_valid(const uint16_t *units, size_t start, size_t end)
{
    size_t length = 0;

    for (size_t part = start; part <= end;) {
        size_t stop = part;

        while (stop < end && !is_separator(units[stop]))
            stop++;
        length += ascii_length(units, part, stop) + (stop < end);
        if (length > LABEL_MAX)
            return false;
        part = stop + 1;
    }
    return length >= 1;
}

bool domain_is_valid(const uint16_t *units, size_t start, size_t end)
{
    static const char prefix[] = "xn--";
    size_t same = 0, unused_start, unused_end;

    while (same < PUNYCODE_PREFIX_LENGTH && start + same < end &&
           units[start + same] == (uint16_t)prefix[same])
        same++;
    if (same == PUNYCODE_PREFIX_LENGTH &&
        !domain_next_latin(units, start, end, &unused_start, &unused_end))
        return false;
    for (size_t label = start; label <= end;) {
        size_t stop = label;

        while (stop < end && units[stop] != '.')
            stop++;
        if (!label_is_valid(units, label, stop))
            return false;
        label = stop + 1;
    }
    return true;
}
