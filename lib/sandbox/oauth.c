#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"

#include "sandbox/network.h"

enum {
    OAUTH_BASE_MAX_BYTES = 64 * 1024,
    OAUTH_PAIRS_MAX = SANDBOX_PARAMETERS_MAX + 8,
    OAUTH_KEY_MAX_BYTES = 4096,
};

/* RFC 5849, section 3.6. */
static void oauth_encode(struct text *out, const char *string)
{
    for (const unsigned char *at = (const unsigned char *)string; *at != '\0'; at++) {
        if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
            (*at >= '0' && *at <= '9') || strchr("-._~", *at) != NULL)
            text_add_char(out, (char)*at);
        else
            text_addf(out, "%%%02X", *at);
    }
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = c != '\0' ? strchr(digits, c >= 'a' ? c - 'a' + 'A' : c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

/* Decodes into out; false when it does not fit, is empty or is badly escaped. */
static bool oauth_decode(char *out, size_t size, const char *from, size_t length)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        char c = from[i];
        if (c == '%') {
            if (length - i < 3 || hex_digit(from[i + 1]) < 0 || hex_digit(from[i + 2]) < 0)
                return false;
            c = (char)(hex_digit(from[i + 1]) * 16 + hex_digit(from[i + 2]));
            i += 2;
        }
        if (c == '\0' || used + 1 >= size)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return used > 0;
}

enum oauth_field {
    FIELD_CONSUMER_KEY = 1,
    FIELD_NONCE = 2,
    FIELD_SIGNATURE = 4,
    FIELD_TOKEN = 8,
    FIELD_TIMESTAMP = 16,
    FIELD_METHOD = 32,
    FIELDS_REQUIRED = 63,
    FIELD_VERSION = 64,
    FIELD_REALM = 128,
};

/* Which field this is and that its value is fine; 0 when not. */
static unsigned oauth_field(struct oauth_header *out, const char *name, size_t name_length,
                            const char *value, size_t length)
{
    char constant[32];
    const struct {
        const char *name;
        unsigned field;
        char *to;
        size_t size;
        const char *must_be;
    } fields[] = {
        {"oauth_consumer_key", FIELD_CONSUMER_KEY, out->consumer_key, sizeof(out->consumer_key),
         NULL},
        {"oauth_nonce", FIELD_NONCE, out->nonce, sizeof(out->nonce), NULL},
        {"oauth_signature", FIELD_SIGNATURE, out->signature, sizeof(out->signature), NULL},
        {"oauth_token", FIELD_TOKEN, out->token, sizeof(out->token), NULL},
        {"oauth_timestamp", FIELD_TIMESTAMP, out->timestamp, sizeof(out->timestamp), NULL},
        {"oauth_signature_method", FIELD_METHOD, constant, sizeof(constant), "HMAC-SHA1"},
        {"oauth_version", FIELD_VERSION, constant, sizeof(constant), "1.0"},
    };

    if (name_length == 5 && strncmp(name, "realm", 5) == 0)
        return FIELD_REALM;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strlen(fields[i].name) != name_length ||
            strncmp(fields[i].name, name, name_length) != 0)
            continue;
        if (!oauth_decode(fields[i].to, fields[i].size, value, length) ||
            (fields[i].must_be != NULL && strcmp(fields[i].to, fields[i].must_be) != 0))
            return 0;
        return fields[i].field;
    }
    return 0;
}

static bool oauth_values_are_formed(const struct oauth_header *header)
{
    struct text decoded;
    bool fine;

    text_init(&decoded, SHA1_SIZE);
    fine = base64_decode(&decoded, header->signature, strlen(header->signature)) &&
           decoded.length == SHA1_SIZE;
    text_release(&decoded);
    return fine && strlen(header->timestamp) <= 12 && sandbox_is_number(header->timestamp) &&
           sandbox_token_is_formed(header->token);
}

bool sandbox_oauth_read(struct oauth_header *out, const char *header)
{
    unsigned seen = 0;

    *out = (struct oauth_header){0};
    if (strncasecmp(header, "OAuth ", 6) != 0)
        return false;
    header += 6;
    for (;;) {
        const char *name = header += strspn(header, " \t");
        size_t name_length = strcspn(header, "= \t\",");
        const char *value;
        size_t length;
        unsigned field;
        header += name_length;
        if (header[0] != '=' || header[1] != '"')
            return false;
        value = header += 2;
        length = strcspn(header, "\"");
        header += length;
        if (*header++ != '"')
            return false;
        field = oauth_field(out, name, name_length, value, length);
        if (field == 0 || (seen & field) != 0)
            return false;
        seen |= field;
        header += strspn(header, " \t");
        if (*header == '\0')
            break;
        if (*header++ != ',')
            return false;
    }
    out->has_version = (seen & FIELD_VERSION) != 0;
    return (seen & FIELDS_REQUIRED) == FIELDS_REQUIRED && oauth_values_are_formed(out);
}

struct oauth_pairs {
    struct text memory; /* "name=value" encoded, NUL-terminated, one after the other */
    size_t at[OAUTH_PAIRS_MAX];
    size_t count;
};

static bool pairs_add(struct oauth_pairs *pairs, const char *name, const char *value)
{
    if (pairs->count == OAUTH_PAIRS_MAX)
        return false;
    pairs->at[pairs->count++] = pairs->memory.length;
    oauth_encode(&pairs->memory, name);
    /* Below every byte that may follow, so that "a" sorts before "a1". It becomes '=' below. */
    text_add_char(&pairs->memory, '\1');
    oauth_encode(&pairs->memory, value);
    text_add_char(&pairs->memory, '\0');
    return true;
}

static bool pairs_add_all(struct oauth_pairs *pairs, const char *bytes, size_t length)
{
    struct parameters parameters;
    bool fine = sandbox_parameters_parse(&parameters, bytes, length) == 0;

    for (size_t i = 0; fine && i < parameters.count; i++)
        fine = pairs_add(pairs, parameters.items[i].name, parameters.items[i].value);
    sandbox_parameters_release(&parameters);
    return fine;
}

static int pair_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void pairs_write(const struct oauth_pairs *pairs, struct text *out)
{
    const char *sorted[OAUTH_PAIRS_MAX];
    struct text joined;

    for (size_t i = 0; i < pairs->count; i++)
        sorted[i] = pairs->memory.bytes + pairs->at[i];
    qsort(sorted, pairs->count, sizeof(sorted[0]), pair_compare);
    text_init(&joined, OAUTH_BASE_MAX_BYTES);
    for (size_t i = 0; i < pairs->count; i++) {
        if (i > 0)
            text_add_char(&joined, '&');
        text_add(&joined, sorted[i]);
    }
    for (size_t i = 0; i < joined.length; i++) {
        if (joined.bytes[i] == '\1')
            joined.bytes[i] = '=';
    }
    oauth_encode(out, joined.bytes);
    out->overflowed = out->overflowed || joined.overflowed;
    text_release(&joined);
}

/* "https", the host in lower case without its default port, the path as it was sent. */
static void base_add_url(struct text *out, const struct request *request)
{
    struct text url;
    size_t length = strlen(request->authority);

    if (length > 4 && strcmp(request->authority + length - 4, ":443") == 0)
        length -= 4;
    text_init(&url, OAUTH_BASE_MAX_BYTES);
    text_add(&url, "https://");
    for (size_t i = 0; i < length; i++) {
        char c = request->authority[i];
        text_add_char(&url, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    text_add(&url, request->path);
    oauth_encode(out, url.bytes);
    text_release(&url);
}

bool sandbox_oauth_base(struct text *out, const struct request *request,
                        const struct oauth_header *header)
{
    struct oauth_pairs pairs = {.count = 0};
    bool fine;

    text_init(&pairs.memory, OAUTH_BASE_MAX_BYTES);
    fine = pairs_add(&pairs, "oauth_consumer_key", header->consumer_key) &&
           pairs_add(&pairs, "oauth_nonce", header->nonce) &&
           pairs_add(&pairs, "oauth_signature_method", "HMAC-SHA1") &&
           pairs_add(&pairs, "oauth_timestamp", header->timestamp) &&
           pairs_add(&pairs, "oauth_token", header->token);
    if (header->has_version)
        fine = fine && pairs_add(&pairs, "oauth_version", "1.0");
    fine = fine && pairs_add_all(&pairs, request->query, strlen(request->query));
    if (sandbox_request_is_type(request, "application/x-www-form-urlencoded"))
        fine = fine && pairs_add_all(&pairs, request->body.bytes, request->body.length);
    if (fine) {
        text_addf(out, "%s&", request->method);
        base_add_url(out, request);
        text_add_char(out, '&');
        pairs_write(&pairs, out);
        fine = !out->overflowed && !pairs.memory.overflowed;
    }
    text_release(&pairs.memory);
    return fine;
}

bool sandbox_oauth_verify(const struct request *request, const struct oauth_header *header,
                          const char *api_secret, const char *access_secret)
{
    struct text base, key, expected;
    unsigned char digest[SHA1_SIZE];
    bool fine;

    text_init(&base, OAUTH_BASE_MAX_BYTES);
    text_init(&key, OAUTH_KEY_MAX_BYTES);
    text_init(&expected, 64);
    oauth_encode(&key, api_secret);
    text_add_char(&key, '&');
    oauth_encode(&key, access_secret);
    fine = sandbox_oauth_base(&base, request, header) && !key.overflowed;
    if (fine) {
        hmac_sha1(key.bytes, key.length, base.bytes, base.length, digest);
        base64_add(&expected, digest, sizeof(digest));
        fine = strcmp(expected.bytes, header->signature) == 0;
    }
    text_release(&expected);
    text_release(&key);
    text_release(&base);
    return fine;
}

bool sandbox_oauth_is_fresh(struct world *world, const struct oauth_header *header)
{
    int64_t time_ms = (int64_t)strtoll(header->timestamp, NULL, 10) * 1000;
    char key[640];

    if (time_ms < world->now_ms - SANDBOX_CLOCK_SKEW_MS ||
        time_ms > world->now_ms + SANDBOX_CLOCK_SKEW_MS)
        return false;
    /* A timestamp is good for ten minutes at most, so two generations of that length remember
     * every nonce that could come again. */
    if (world->now_ms - world->nonces_since_ms > 2 * SANDBOX_CLOCK_SKEW_MS ||
        world->nonces.count >= SANDBOX_NONCES_MAX) {
        sandbox_table_release(&world->old_nonces);
        world->old_nonces = world->nonces;
        sandbox_table_init(&world->nonces);
        world->nonces_since_ms = world->now_ms;
    }
    snprintf(key, sizeof(key), "%s %s %s", header->token, header->timestamp, header->nonce);
    if (sandbox_table_get(&world->nonces, key) != NULL ||
        sandbox_table_get(&world->old_nonces, key) != NULL)
        return false;
    sandbox_table_put(&world->nonces, key, world);
    return true;
}
