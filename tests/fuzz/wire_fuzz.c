/* Headers, dates, addresses, JSON, forms and signatures from any bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "wire/form.h"
#include "wire/http_message.h"
#include "wire/json.h"
#include "wire/oauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void fuzz_reply(const char *bytes, size_t size)
{
    char excerpt[201], value[64];
    struct http_reply reply = {.headers = bytes,
                               .body = bytes,
                               .body_size = size,
                               .received_unix_ms = INT64_C(1795169472000)};
    struct text headers;

    int64_t wait_ms = http_reply_retry_after_ms(&reply);
    require(wait_ms >= -1 && wait_ms <= 24 * 60 * 60 * 1000);
    text_init(&headers, size + 64);
    text_add(&headers, "retry-after: ");
    text_add(&headers, bytes);
    reply.headers = headers.bytes;
    wait_ms = http_reply_retry_after_ms(&reply);
    require(wait_ms >= -1 && wait_ms <= 24 * 60 * 60 * 1000);
    (void)http_reply_header(&reply, "date", value, sizeof(value));
    text_release(&headers);

    http_reply_excerpt(&reply, excerpt, sizeof(excerpt));
    require(strlen(excerpt) <= 200);
    require(utf8_valid_prefix(excerpt, strlen(excerpt)) == strlen(excerpt));
    require(utf8_find_forbidden(excerpt) == 0 && !strpbrk(excerpt, "\n\r\t"));
}

static void fuzz_url(const char *string)
{
    char origin[300];
    bool is_acceptable = url_is_acceptable(string);
    bool is_loopback = url_is_loopback(string);

    require(!is_acceptable || url_origin(string, origin, sizeof(origin)));
    require(!is_loopback || is_acceptable);
    if (is_acceptable)
        require(!strpbrk(string, " #\\\n") && url_is_acceptable(origin));
    if (is_loopback)
        require(strstr(origin, "://127.") || strstr(origin, "localhost:") ||
                strstr(origin, "://[::1]:"));
}

static void fuzz_json(const char *bytes, size_t size)
{
    struct json *root = json_parse(bytes, size);
    void *cursor = NULL;
    const struct json *value = NULL;
    char id[64];
    int64_t whole;
    double number;

    (void)json_text(root, "a", "b", NULL);
    (void)json_id(root, id, sizeof(id), "a", NULL);
    (void)json_whole(root, &whole, "a", NULL);
    (void)json_number(root, &number, "a", NULL);
    for (size_t i = 0; i < json_count(root); i++)
        (void)json_text(json_item(root, i), "a", NULL);
    while (json_next(root, &cursor, &value))
        (void)json_text(value, NULL);
    json_free(root);
}

static void fuzz_writing(const char *string)
{
    struct text text;
    text_init(&text, 8 * strlen(string) + 64);
    text_add_char(&text, '{');
    json_add_member(&text, "a", string);
    text_add_char(&text, '}');
    if (!text.overflowed) {
        struct json *root = json_parse(text.bytes, text.length);
        const char *read = json_text(root, "a", NULL);
        require(read && strcmp(read, string) == 0);
        json_free(root);
    }
    text_release(&text);
}

static void fuzz_forms(const char *string)
{
    static const struct oauth1_credential credential = {"key", "secret", "token", "token secret"};
    struct text encoded, decoded, header;
    size_t length = strlen(string);

    text_init(&encoded, 3 * length + 64);
    text_init(&decoded, length + 64);
    text_init_secret(&header, 4096);
    percent_add(&encoded, string);
    require(percent_decode(&decoded, encoded.bytes, encoded.length, true));
    require(strcmp(decoded.bytes, string) == 0);
    text_reset(&decoded);
    (void)percent_decode(&decoded, string, length, true);
    bool is_signed = oauth1_authorization_add(&header, &credential, HTTP_POST,
                                              "https://example.no/?a=b", string, "nonce", 1);
    require(is_signed == (header.length > 0));
    text_reset(&header);
    if (url_is_acceptable(string))
        (void)oauth1_authorization_add(&header, &credential, HTTP_GET, string, NULL, "nonce", 1);
    text_release(&header);
    text_release(&decoded);
    text_release(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    require(copy != NULL);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    fuzz_reply(copy, size);
    fuzz_url(copy);
    fuzz_json(copy, size);
    fuzz_writing(copy);
    fuzz_forms(copy);
    free(copy);
    return 0;
}
