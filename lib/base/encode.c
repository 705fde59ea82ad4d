#include "base/encode.h"

#include <stdint.h>
#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void add_base64(struct text *out, const unsigned char *bytes, size_t size,
                       const char *alphabet, bool padded)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        char quad[4] = {alphabet[group >> 18], alphabet[(group >> 12) & 63],
                        alphabet[(group >> 6) & 63], alphabet[group & 63]};
        size_t used = left > 2 ? 4 : left + 1;
        text_add_bytes(out, quad, used);
        if (padded)
            text_add_bytes(out, "==", 4 - used);
    }
}

void base64_add(struct text *out, const void *bytes, size_t size)
{
    add_base64(out, bytes, size, standard, true);
}

void base64_unpadded_add(struct text *out, const void *bytes, size_t size)
{
    add_base64(out, bytes, size, standard, false);
}

void base64url_add(struct text *out, const void *bytes, size_t size)
{
    add_base64(out, bytes, size, url_safe, false);
}

void hex_add(struct text *out, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i++) {
        char pair[2] = {digits[b[i] >> 4], digits[b[i] & 15]};
        text_add_bytes(out, pair, 2);
    }
}

/* The alphabets of base64 differ in their last two digits only (RFC 4648, sections 4 and 5). */
static int base64_value(char digit, const char *alphabet)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    if (digit == alphabet[62])
        return 62;
    return digit == alphabet[63] ? 63 : -1;
}

/* Decodes digits without padding. Two or three digits left over must not carry set bits that no
 * encoder writes. */
static bool decode_digits(struct text *out, const char *encoded, size_t length,
                          const char *alphabet)
{
    if (length % 4 == 1)
        return false;
    size_t start = out->length;
    for (size_t i = 0; i < length; i += 4) {
        size_t digits = length - i < 4 ? length - i : 4;
        uint32_t group = 0;
        for (size_t j = 0; j < 4; j++) {
            int value = j < digits ? base64_value(encoded[i + j], alphabet) : 0;
            if (value < 0)
                goto bad;
            group = (group << 6) | (uint32_t)value;
        }
        if ((digits == 2 && (group & 0xFFFF)) || (digits == 3 && (group & 0xFF)))
            goto bad;
        unsigned char bytes[3] = {(unsigned char)(group >> 16), (unsigned char)(group >> 8),
                                  (unsigned char)group};
        text_add_bytes(out, bytes, digits - 1);
    }
    if (!out->overflowed)
        return true;
bad:
    text_truncate(out, start);
    return false;
}

bool base64_decode(struct text *out, const char *encoded, size_t length)
{
    if (length % 4 != 0)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < length && encoded[length - 1 - padding] == '=')
        padding++;
    return decode_digits(out, encoded, length - padding, standard);
}

bool base64_unpadded_decode(struct text *out, const char *encoded, size_t length)
{
    return decode_digits(out, encoded, length, standard);
}

bool base64url_decode(struct text *out, const char *encoded, size_t length)
{
    return decode_digits(out, encoded, length, url_safe);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool hex_decode(struct text *out, const char *encoded, size_t length)
{
    if (length % 2 != 0)
        return false;
    size_t start = out->length;
    for (size_t i = 0; i < length; i += 2) {
        int high = hex_value(encoded[i]);
        int low = hex_value(encoded[i + 1]);
        if (high < 0 || low < 0)
            goto bad;
        text_add_char(out, (char)((high << 4) | low));
    }
    if (!out->overflowed)
        return true;
bad:
    text_truncate(out, start);
    return false;
}
