/* Decoders of lib/base on any bytes: what they accept must be exactly what their encoders write. */
#include <inttypes.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/text.h"
#include "base/utf8.h"

#include "fuzz.h"

enum { INPUT_MAX_BYTES = 4096 };

static void fuzz_utf8(const char *bytes, size_t size)
{
    size_t valid = utf8_valid_prefix(bytes, size);
    require(valid <= size, "the valid prefix is a prefix");

    for (size_t offset = 0; offset < valid;) {
        uint32_t code_point;
        char again[4];
        size_t used = utf8_decode(bytes + offset, valid - offset, &code_point);
        require(used > 0 && used <= valid - offset, "the valid prefix decodes");
        require(utf8_encode(code_point, again) == used && memcmp(again, bytes + offset, used) == 0,
                "a code point has one encoding");
        offset += used;
    }
    uint32_t code_point;
    if (valid < size)
        require(utf8_decode(bytes + valid, size - valid, &code_point) == 0,
                "the prefix ends where decoding fails");
}

static void fuzz_forbidden(const char *string)
{
    size_t length = strlen(string);
    uint32_t found = utf8_find_forbidden(string);

    if (utf8_valid_prefix(string, length) == length)
        require(found == 0 || utf8_is_forbidden(found), "what is found is forbidden");
    require(utf8_count(string) <= length, "a code point takes a byte or more");
}

struct encoding {
    void (*add)(struct text *out, const void *bytes, size_t size);
    bool (*decode)(struct text *out, const char *encoded, size_t length);
};

static void fuzz_encoding(const struct encoding *encoding, const char *bytes, size_t size)
{
    struct text first, second;

    text_init(&first, 2 * INPUT_MAX_BYTES);
    text_init(&second, 2 * INPUT_MAX_BYTES);
    if (encoding->decode(&first, bytes, size)) {
        encoding->add(&second, first.bytes, first.length);
        require(second.length == size && (size == 0 || memcmp(second.bytes, bytes, size) == 0),
                "a decoded string encodes to itself");
    } else {
        require(first.length == 0, "a refused string adds nothing");
    }
    text_reset(&first);
    text_reset(&second);
    encoding->add(&first, bytes, size);
    require(encoding->decode(&second, first.bytes, first.length), "what is encoded decodes");
    require(second.length == size && (size == 0 || memcmp(second.bytes, bytes, size) == 0),
            "encoding loses nothing");
    text_release(&second);
    text_release(&first);
}

static void fuzz_time(const char *string)
{
    int64_t unix_ms, again;
    char out[RFC3339_SIZE], first[RFC3339_SIZE];

    if (!rfc3339_parse(string, &unix_ms))
        return;
    rfc3339_format(unix_ms, first);
    require(rfc3339_parse(first, &again), "a time that is written can be read");
    rfc3339_format(again, out);
    require(strcmp(out, first) == 0, "a time that is read is written the same");
    /* An offset may carry a time past the years of four digits, by less than a day. */
    int64_t moved = again > unix_ms ? again - unix_ms : unix_ms - again;
    bool at_the_end =
        strncmp(first, "0000-01-01", 10) == 0 || strncmp(first, "9999-12-31", 10) == 0;
    require(moved == 0 || (at_the_end && moved <= 86400000), "an instant stays where it is");
    civil_time_local(unix_ms);
}

static void fuzz_duration(const char *string)
{
    int64_t ms, again;
    char out[32];

    if (!duration_parse(string, &ms))
        return;
    require(ms >= 0 && ms <= (int64_t)3653 * 86400000, "a duration is at most ten years");
    duration_format(ms, out);
    snprintf(out, sizeof(out), "%" PRId64 "ms", ms);
    require(duration_parse(out, &again) && again == ms, "a duration in ms is the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct encoding encodings[] = {
        {base64_add, base64_decode}, {base64url_add, base64url_decode}, {hex_add, hex_decode}};
    const char *bytes = (const char *)data;

    if (size > INPUT_MAX_BYTES)
        return 0;
    fuzz_utf8(bytes, size);
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
        fuzz_encoding(&encodings[i], bytes, size);

    char *string = malloc(size + 1);
    require(string != NULL, "there is memory");
    if (size)
        memcpy(string, data, size);
    string[size] = '\0';
    fuzz_forbidden(string);
    fuzz_time(string);
    fuzz_duration(string);
    free(string);
    return 0;
}
