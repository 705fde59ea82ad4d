#include "trust/bech32.h"

#include <stdint.h>
#include <string.h>

enum { CHECKSUM_DIGITS = 6 };

static const char lower_digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char upper_digits[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static const char *digits_for(const char *prefix)
{
    for (size_t i = 0; prefix[i]; i++)
        if (is_upper(prefix[i]))
            return upper_digits;
    return lower_digits;
}

/* One step of the checksum's polynomial (BIP 173, "Checksum"). */
static uint32_t step(uint32_t sum, unsigned value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        if (top >> i & 1)
            sum ^= generator[i];
    return sum;
}

/* The checksum covers the prefix in lower case: its high bits, a zero, its low bits. */
static uint32_t start_sum(const char *prefix)
{
    uint32_t sum = 1;

    for (size_t i = 0; prefix[i]; i++) {
        unsigned c = (unsigned char)prefix[i] + (is_upper(prefix[i]) ? 'a' - 'A' : 0u);
        sum = step(sum, c >> 5);
    }
    sum = step(sum, 0);
    for (size_t i = 0; prefix[i]; i++)
        sum = step(sum, (unsigned char)prefix[i] & 31);
    return sum;
}

static void add_digit(struct text *out, const char *digits, uint32_t *sum, unsigned value)
{
    *sum = step(*sum, value);
    text_add_char(out, digits[value]);
}

void bech32_add(struct text *out, const char *prefix, const void *bytes, size_t size)
{
    const char *digits = digits_for(prefix);
    const unsigned char *b = bytes;
    uint32_t sum = start_sum(prefix), group = 0;
    unsigned bits = 0;

    text_add(out, prefix);
    text_add_char(out, '1');
    for (size_t i = 0; i < size; i++) {
        group = (group << 8 | b[i]) & 0xfff;
        for (bits += 8; bits >= 5;) {
            bits -= 5;
            add_digit(out, digits, &sum, group >> bits & 31);
        }
    }
    if (bits > 0)
        add_digit(out, digits, &sum, group << (5 - bits) & 31);
    for (unsigned i = 0; i < CHECKSUM_DIGITS; i++)
        sum = step(sum, 0);
    sum ^= 1;
    for (unsigned i = CHECKSUM_DIGITS; i-- > 0;)
        text_add_char(out, digits[sum >> (5 * i) & 31]);
}

bool bech32_decode(struct text *out, const char *prefix, const char *encoded, size_t length)
{
    const char *digits = digits_for(prefix);
    const size_t start = out->length, prefix_length = strlen(prefix);
    uint32_t sum = start_sum(prefix), group = 0;
    unsigned bits = 0;

    if (length < prefix_length + 1 + CHECKSUM_DIGITS ||
        memcmp(encoded, prefix, prefix_length) != 0 || encoded[prefix_length] != '1')
        return false;
    for (size_t i = prefix_length + 1; i < length; i++) {
        const char *digit = encoded[i] ? strchr(digits, encoded[i]) : NULL;
        if (!digit)
            goto bad;
        unsigned value = (unsigned)(digit - digits);
        sum = step(sum, value);
        if (i >= length - CHECKSUM_DIGITS)
            continue;
        group = (group << 5 | value) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            text_add_char(out, (char)(group >> bits & 0xff));
        }
    }
    /* What is left over must be padding: fewer than five bits, all of them zero. */
    if (sum == 1 && bits < 5 && (group & ((1u << bits) - 1)) == 0 && !out->overflowed)
        return true;
bad:
    text_truncate(out, start);
    return false;
}
