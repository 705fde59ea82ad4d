#include "wire/oauth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/secret.h"

#include "wire/form.h"

enum { PARAMETERS_MAX_BYTES = 3 * REQUEST_BODY_MAX_BYTES, TIMESTAMP_SIZE = 24 };

/* Parameters to sign, as encoded "name=value" with a NUL after the name and after the value. */
struct parameters {
    struct text bytes;
    size_t offsets[OAUTH_PARAMETERS_MAX];
    size_t count;
};

static bool parameters_add(struct parameters *parameters, const char *name, const char *value)
{
    if (parameters->count == OAUTH_PARAMETERS_MAX)
        return false;
    parameters->offsets[parameters->count++] = parameters->bytes.length;
    percent_add(&parameters->bytes, name);
    text_add_char(&parameters->bytes, '\0');
    percent_add(&parameters->bytes, value);
    text_add_char(&parameters->bytes, '\0');
    return !parameters->bytes.overflowed;
}

/* The pairs of a query or form body: decoded, then encoded in the one way that is signed. */
static bool parameters_add_encoded(struct parameters *parameters, const char *pairs)
{
    struct text name, value;
    bool is_fine = true;

    text_init_secret(&name, REQUEST_BODY_MAX_BYTES);
    text_init_secret(&value, REQUEST_BODY_MAX_BYTES);
    while (*pairs && is_fine) {
        size_t length = strcspn(pairs, "&");
        const char *equals = memchr(pairs, '=', length);
        size_t name_length = equals ? (size_t)(equals - pairs) : length;

        text_reset(&name);
        text_reset(&value);
        is_fine = percent_decode(&name, pairs, name_length, true) &&
                  (!equals || percent_decode(&value, equals + 1, length - name_length - 1, true)) &&
                  !name.overflowed && !value.overflowed &&
                  (length == 0 || parameters_add(parameters, name.bytes, value.bytes));
        pairs += length + (pairs[length] ? 1 : 0);
    }
    text_release(&value);
    text_release(&name);
    return is_fine;
}

static int compare_parameters(const void *left, const void *right, void *bytes)
{
    const char *a = (const char *)bytes + *(const size_t *)left;
    const char *b = (const char *)bytes + *(const size_t *)right;
    int order = strcmp(a, b);
    return order ? order : strcmp(a + strlen(a) + 1, b + strlen(b) + 1);
}

/* The URL without query, scheme and host in lower case, the scheme's own port left out. */
static void add_base_url(struct text *out, const char *url)
{
    size_t length = strcspn(url, "?");
    size_t scheme_length = strncasecmp(url, "https://", 8) == 0 ? 8 : 7;
    size_t host_end = scheme_length + strcspn(url + scheme_length, "/?");
    const char *own_port = scheme_length == 8 ? ":443" : ":80";
    size_t port_length = strlen(own_port);

    for (size_t i = 0; i < host_end; i++)
        text_add_char(out, url[i] >= 'A' && url[i] <= 'Z' ? (char)(url[i] + 32) : url[i]);
    if (host_end > port_length && strncmp(url + host_end - port_length, own_port, port_length) == 0)
        text_truncate(out, out->length - port_length);
    if (length > host_end)
        text_add_bytes(out, url + host_end, length - host_end);
    else
        text_add_char(out, '/');
}

static void add_base_string(struct text *out, enum http_method method, const char *url,
                            struct parameters *parameters)
{
    struct text plain;

    text_init_secret(&plain, PARAMETERS_MAX_BYTES);
    qsort_r(parameters->offsets, parameters->count, sizeof(parameters->offsets[0]),
            compare_parameters, parameters->bytes.bytes);
    text_add(out, http_method_name(method));
    text_add_char(out, '&');
    add_base_url(&plain, url);
    percent_add(out, plain.bytes);
    text_add_char(out, '&');
    text_reset(&plain);
    for (size_t i = 0; i < parameters->count; i++) {
        const char *name = parameters->bytes.bytes + parameters->offsets[i];
        text_add(&plain, i ? "&" : "");
        text_add(&plain, name);
        text_add_char(&plain, '=');
        text_add(&plain, name + strlen(name) + 1);
    }
    percent_add(out, plain.bytes);
    out->overflowed |= plain.overflowed;
    text_release(&plain);
}

static void add_signature(struct text *out, const struct oauth1_credential *credential,
                          const struct text *base_string)
{
    unsigned char digest[SHA1_SIZE];
    struct text key;

    text_init_secret(&key, REQUEST_HEADERS_MAX_BYTES);
    percent_add(&key, credential->consumer_secret);
    text_add_char(&key, '&');
    percent_add(&key, credential->token_secret);
    out->overflowed |= key.overflowed;
    hmac_sha1(key.bytes, key.length, base_string->bytes, base_string->length, digest);
    base64_add(out, digest, sizeof(digest));
    text_release(&key);
}

static void add_field(struct text *out, const char *name, const char *value, const char *after)
{
    text_add(out, name);
    text_add(out, "=\"");
    percent_add(out, value);
    text_add(out, "\"");
    text_add(out, after);
}

bool oauth1_authorization_add(struct text *out, const struct oauth1_credential *credential,
                              enum http_method method, const char *url, const char *form_body,
                              const char *nonce, int64_t timestamp_s)
{
    struct parameters parameters = {.count = 0};
    struct text base_string, signature;
    char timestamp[TIMESTAMP_SIZE];
    const char *query = strchr(url, '?');
    size_t before = out->length;

    snprintf(timestamp, sizeof(timestamp), "%" PRId64, timestamp_s);
    text_init_secret(&parameters.bytes, PARAMETERS_MAX_BYTES);
    text_init_secret(&base_string, 3 * PARAMETERS_MAX_BYTES);
    text_init_secret(&signature, 64);
    bool is_fine = parameters_add_encoded(&parameters, query ? query + 1 : "") &&
                   parameters_add_encoded(&parameters, form_body ? form_body : "") &&
                   parameters_add(&parameters, "oauth_consumer_key", credential->consumer_key) &&
                   parameters_add(&parameters, "oauth_nonce", nonce) &&
                   parameters_add(&parameters, "oauth_signature_method", "HMAC-SHA1") &&
                   parameters_add(&parameters, "oauth_timestamp", timestamp) &&
                   parameters_add(&parameters, "oauth_token", credential->token) &&
                   parameters_add(&parameters, "oauth_version", "1.0");
    if (is_fine) {
        add_base_string(&base_string, method, url, &parameters);
        add_signature(&signature, credential, &base_string);
        is_fine = !base_string.overflowed && !signature.overflowed;
    }
    if (is_fine) {
        text_add(out, "OAuth ");
        add_field(out, "oauth_consumer_key", credential->consumer_key, ", ");
        add_field(out, "oauth_nonce", nonce, ", ");
        add_field(out, "oauth_signature", signature.bytes, ", ");
        add_field(out, "oauth_signature_method", "HMAC-SHA1", ", ");
        add_field(out, "oauth_timestamp", timestamp, ", ");
        add_field(out, "oauth_token", credential->token, ", ");
        add_field(out, "oauth_version", "1.0", "");
    }
    if (out->overflowed)
        text_truncate(out, before);
    text_release(&signature);
    text_release(&base_string);
    text_release(&parameters.bytes);
    return is_fine && !out->overflowed;
}

void appsecret_proof_add(struct text *out, const char *app_secret, const char *access_token)
{
    unsigned char digest[SHA256_SIZE];
    hmac_sha256(app_secret, strlen(app_secret), access_token, strlen(access_token), digest);
    hex_add(out, digest, sizeof(digest));
    secret_wipe(digest, sizeof(digest));
}
