/* The headers of an answer as drivers read them: Retry-After, dates, and what each network says
 * about its limits; and the words of a body as people get to see them. The bytes: a status,
 * headers, FUZZ_SEPARATOR, a body. */
#include "base/text.h"
#include "base/utf8.h"
#include "channels/drivers.h"

#include "fuzz.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, EXCERPT_SIZE = 201 };

static void check_waits(const struct http_reply *reply)
{
    const int64_t wait_ms = http_reply_retry_after_ms(reply);

    require(wait_ms >= -1 && wait_ms <= DAY_MS, "a wait is at most a day");
    for (size_t i = 0; channel_all()[i]; i++) {
        const struct channel_driver *driver = channel_all()[i];
        struct pace_hint hint = {0};
        if (!driver->pace)
            continue;
        driver->pace(reply, &hint);
        require(hint.account_wait_ms >= 0 && hint.account_wait_ms <= DAY_MS &&
                    hint.app_wait_ms >= 0 && hint.app_wait_ms <= DAY_MS,
                "a network's own wait is at most a day");
    }
}

static void check_headers(const struct http_reply *reply)
{
    static const char *const names[] = {"retry-after", "date", "x-app-usage", "x-rate-limit-reset"};
    char value[64], small[4];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const bool is_there = http_reply_header(reply, names[i], value, sizeof(value));
        require(!is_there || !strchr(value, '\n'), "a value is one line");
        const bool fits = http_reply_header(reply, names[i], small, sizeof(small));
        require(!fits || (is_there && strcmp(small, value) == 0), "a value is never cut");
    }
}

/* Seconds, as many as there are digits for. */
static void check_seconds(const char *string)
{
    const size_t length = strlen(string);
    struct text headers;

    text_init(&headers, length + 64);
    text_addf(&headers, "retry-after: %s\n", string);
    const struct http_reply reply = {.status = 429, .headers = headers.bytes, .body = ""};
    const int64_t wait_ms = http_reply_retry_after_ms(&reply);
    require(wait_ms >= -1 && wait_ms <= DAY_MS, "a wait is at most a day");
    if (length > 0 && length <= 3 && strspn(string, "0123456789") == length)
        require(wait_ms == strtol(string, NULL, 10) * 1000, "seconds are seconds");
    text_release(&headers);
}

static void check_excerpt(const struct http_reply *reply)
{
    char excerpt[EXCERPT_SIZE];

    http_reply_excerpt(reply, excerpt, sizeof(excerpt));
    require(strlen(excerpt) < sizeof(excerpt), "an excerpt is short");
    require(utf8_valid_prefix(excerpt, strlen(excerpt)) == strlen(excerpt) &&
                utf8_find_forbidden(excerpt) == 0 && !strpbrk(excerpt, "\n\r\t"),
            "an excerpt is safe to print");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 403, 429, 500};

    if (size == 0)
        return 0;
    const int status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))];
    data++;
    size--;
    char *headers = fuzz_take_string(&data, &size);
    char *body = fuzz_string(data, size);
    const struct http_reply reply = {.status = status,
                                     .headers = headers,
                                     .body = body,
                                     .body_size = size,
                                     .received_unix_ms = INT64_C(1795169472000)};
    check_waits(&reply);
    check_headers(&reply);
    check_seconds(headers);
    check_excerpt(&reply);
    free(body);
    free(headers);
    return 0;
}
