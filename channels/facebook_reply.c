#include "channels/facebook_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    ANY = -1,
    MINUTE_S = 60,
    HOUR_S = 60 * MINUTE_S,
    THROTTLED_S = 5 * MINUTE_S, /* when Facebook does not say how long */
    USAGE_HEADER_SIZE = 16 * 1024,
    USAGE_FULL_PERCENT = 100,
    REGAIN_MAX_MINUTES = 24 * 60,
};

/* One row of the error table. The first row that fits decides, so narrow ones stand before wide
 * ones. */
struct row {
    int first, last;    /* codes; ANY: every code */
    int subcode;        /* or ANY */
    const char *marker; /* words in the message that tell it from others of that code, or NULL */
    enum outcome_result result;
    enum failure_kind kind;
    int wait_s; /* RETRY: when Facebook does not say how long; 0: back off as usual */
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

#define CODE(code) (code), (code)

static const char log_in[] = "someone with a role on the page must log in at facebook.com and do "
                             "what is asked there";
static const char change_app[] = "the coordinator must check the app at developers.facebook.com";
static const char calm_down[] = "do not send more to this page; look at facebook.com what it says";

static const struct row rows[] = {
    /* Subcodes of publishing on a page, whatever the code. */
    {CODE(ANY), 1366051, NULL, OUTCOME_DUPLICATE, FAILURE_DUPLICATE, 0,
     "Facebook says that this was posted already", NULL},
    {CODE(ANY), 1366046, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     "the picture is too large or of the wrong type", NULL},
    {CODE(ANY), 2069019, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0, "a file is not valid", NULL},
    {CODE(ANY), 1349125, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     "the content has a format that Facebook does not take", NULL},
    {CODE(ANY), 1609008, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     "Facebook refuses links to facebook.com", NULL},
    {CODE(ANY), 2061006, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0, "a link is not valid", NULL},
    {CODE(ANY), 1346003, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     "Facebook takes the text for abuse", calm_down},
    {CODE(ANY), 1404102, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     "Facebook says that the text is against its community standards", calm_down},
    {CODE(ANY), 1404112, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook limits this account for some days", calm_down},
    {CODE(ANY), 1404006, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook wants a security check", log_in},
    {CODE(ANY), 1404078, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook wants the authorization to publish on this page renewed", log_in},
    {CODE(ANY), 4854002, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook wants an identity confirmed", log_in},
    {CODE(ANY), 1487390, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook restricts this account", log_in},
    {CODE(ANY), 3858385, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook waits for something that the account must do", log_in},
    {CODE(ANY), 1341012, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "the system user has no role on the page", NULL},
    {CODE(ANY), 1390008, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, MINUTE_S,
     "Facebook says that this page posts too fast", NULL},
    {CODE(ANY), 2207051, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, 2 * HOUR_S,
     "Facebook takes this for spam and blocks it for hours", calm_down},
    {CODE(ANY), 1363047, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0, "Facebook is not available",
     NULL},
    {CODE(ANY), 1609010, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0, "Facebook is not available",
     NULL},

    /* The token (subcodes of 102 and 190). */
    {CODE(ANY), 458, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "the app was removed from the account", NULL},
    {CODE(ANY), 459, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "Facebook has locked the person whose token this is", log_in},
    {CODE(ANY), 460, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "the token ended with a change of password", NULL},
    {CODE(ANY), 463, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0, "the token has expired", NULL},
    {CODE(ANY), 464, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "the person whose token this is has not been confirmed", log_in},
    {CODE(ANY), 466, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "Facebook wants its terms accepted", log_in},
    {CODE(ANY), 467, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0, "the token is not valid", NULL},
    {CODE(ANY), 492, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "the person whose token this is has lost the role on the page", NULL},

    /* Codes. */
    {CODE(1), ANY, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0, "Facebook had an unknown error", NULL},
    {CODE(2), ANY, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0,
     "Facebook is not available for a moment", NULL},
    {CODE(3), ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0, "the app may not do this",
     change_app},
    {CODE(4), ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     "the app has made too many calls", NULL},
    {CODE(10), ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "the permission was not given, or was taken back", NULL},
    {CODE(17), ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     "the token's person has made too many calls", NULL},
    {CODE(31), ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "Facebook waits for something that the account must do", log_in},
    {CODE(32), ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     "too many calls for this page", NULL},
    {CODE(100), ANY, "appsecret_proof", OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "the app secret does not belong to this token's app", change_app},
    {CODE(100), 33, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "it does not exist, or the token cannot see it", NULL},
    {CODE(100), ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0, "Facebook refuses a parameter",
     NULL},
    {CODE(102), ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0, "the token has ended", NULL},
    {CODE(104), ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "Facebook wants a proof of the app secret, or ours is wrong", change_app},
    {CODE(190), ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "Facebook does not accept the token", NULL},
    {CODE(194), ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0, "Facebook misses a parameter", NULL},
    {CODE(210), ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0, "the page cannot be seen", NULL},
    {CODE(283), ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "the token lacks a permission for pages", NULL},
    {200, 299, ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     "the token may not do this on the page", NULL},
    {CODE(341), ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     "the app has reached a limit for the time being", NULL},
    {CODE(368), ANY, "already posted", OUTCOME_DUPLICATE, FAILURE_DUPLICATE, 0,
     "Facebook says that this was posted already", NULL},
    {CODE(368), ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, HOUR_S,
     "Facebook blocks this page for the time being", calm_down},
    {CODE(459), ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     "Facebook has locked the person whose token this is", log_in},
    {CODE(506), ANY, NULL, OUTCOME_DUPLICATE, FAILURE_DUPLICATE, 0,
     "Facebook says that this is the same as the post before", NULL},
    {CODE(613), ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     "too many calls of this kind", NULL},
    {CODE(803), ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0, "there is no such page",
     "check the setting 'page' of this account"},
    {CODE(2500), ANY, NULL, OUTCOME_FAILED, FAILURE_PROTOCOL, 0, "the address is malformed",
     "check the setting 'page' of this account and the endpoint in crisis.yaml"},
    {6000, 6001, ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0, "the video could not be taken",
     NULL},
    {CODE(1609005), ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     "Facebook could not open the link", NULL},
    {80000, 80014, ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     "too many calls for this page", NULL},
};

static const char *error_words(const struct json *error)
{
    const char *words = json_text(error, "error_user_msg", NULL);
    return words ? words : json_text(error, "message", NULL);
}

static bool holds_words(const struct json *error, const char *words)
{
    const char *message = json_text(error, "message", NULL);
    const char *for_user = json_text(error, "error_user_msg", NULL);
    return (message && strcasestr(message, words)) || (for_user && strcasestr(for_user, words));
}

static const struct row *find_row(const struct json *error, int64_t code, int64_t subcode)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if ((row->first == ANY || (code >= row->first && code <= row->last)) &&
            (row->subcode == ANY || row->subcode == subcode) &&
            (!row->marker || holds_words(error, row->marker)))
            return row;
    }
    return NULL;
}

/* The longest time to regain access that X-Business-Use-Case-Usage tells, of a page's calls; -1:
 * none. */
static int64_t regain_access_ms(const struct http_reply *reply)
{
    char header[USAGE_HEADER_SIZE];
    double longest = -1;
    void *cursor = NULL;
    const struct json *items = NULL;

    if (!http_reply_header(reply, "x-business-use-case-usage", header, sizeof(header)))
        return -1;
    struct json *root = json_parse(header, strlen(header));
    while (json_next(root, &cursor, &items)) {
        for (size_t i = 0; i < json_count(items); i++) {
            const struct json *item = json_item(items, i);
            const char *type = json_text(item, "type", NULL);
            double minutes;
            if ((!type || strcmp(type, "pages") == 0) &&
                json_number(item, &minutes, "estimated_time_to_regain_access", NULL) &&
                minutes > longest)
                longest = minutes;
        }
    }
    json_free(root);
    if (longest <= 0)
        return -1;
    if (longest > REGAIN_MAX_MINUTES)
        longest = REGAIN_MAX_MINUTES;
    return (int64_t)(longest * MINUTE_S * 1000);
}

static int64_t wait_ms(const struct http_reply *reply, const struct row *row)
{
    int64_t ms = http_reply_retry_after_ms(reply);
    if (ms < 0)
        ms = regain_access_ms(reply);
    return ms < 0 && row->wait_s > 0 ? (int64_t)row->wait_s * 1000 : ms;
}

static void write_code(int64_t code, int64_t subcode, char out[FACEBOOK_CODE_SIZE])
{
    if (subcode > 0)
        snprintf(out, FACEBOOK_CODE_SIZE, "%" PRId64 "/%" PRId64, code, subcode);
    else
        snprintf(out, FACEBOOK_CODE_SIZE, "%" PRId64, code);
}

bool facebook_is_gone(const struct json *root)
{
    int64_t code, subcode;
    return json_whole(root, &code, "error", "code", NULL) && code == 100 &&
           json_whole(root, &subcode, "error", "error_subcode", NULL) && subcode == 33;
}

struct verdict facebook_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect, char code[FACEBOOK_CODE_SIZE])
{
    const struct json *error = json_get(root, "error", NULL);
    int64_t number = 0, subcode = -1;
    struct verdict verdict = shared_verdict_of_status(reply, effect);

    if (!json_whole(error, &number, "code", NULL)) {
        verdict.detail = reply->body_size ? reply->body : NULL;
        return verdict;
    }
    (void)json_whole(error, &subcode, "error_subcode", NULL);
    const struct row *row = find_row(error, number, subcode);
    bool is_transient = reply->status >= 500 || json_is_true(error, "is_transient", NULL);

    write_code(number, subcode, code);
    verdict.code = code;
    verdict.detail = error_words(error);
    if (row) {
        verdict.result = row->result;
        verdict.kind = row->kind;
        verdict.sentence = row->sentence;
        verdict.next = row->next;
        verdict.retry_after_ms = wait_ms(reply, row);
    } else {
        verdict.result = is_transient ? OUTCOME_UNCLEAR : OUTCOME_FAILED;
        verdict.kind = is_transient ? FAILURE_SERVER : FAILURE_PROTOCOL;
        verdict.sentence = "Facebook gave an error that is not documented";
    }
    if (verdict.result == OUTCOME_UNCLEAR && effect != EFFECT_ONCE)
        verdict.result = OUTCOME_RETRY;
    return verdict;
}

/* Is any of the percentages full? */
static bool is_usage_full(const struct json *usage)
{
    static const char *const names[] = {"call_count", "total_time", "total_cputime"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        double percent;
        if (json_number(usage, &percent, names[i], NULL) && percent >= USAGE_FULL_PERCENT)
            return true;
    }
    return false;
}

static bool is_app_limited(const struct http_reply *reply)
{
    char header[USAGE_HEADER_SIZE];
    int64_t code = 0;
    bool is_full = false;

    if (http_reply_header(reply, "x-app-usage", header, sizeof(header))) {
        struct json *usage = json_parse(header, strlen(header));
        is_full = is_usage_full(usage);
        json_free(usage);
    }
    if (reply->status >= 400) {
        struct json *root = json_parse(reply->body, reply->body_size);
        if (json_whole(root, &code, "error", "code", NULL) && (code == 4 || code == 341))
            is_full = true;
        json_free(root);
    }
    return is_full;
}

void facebook_pace(const struct http_reply *reply, struct pace_hint *out)
{
    int64_t account_ms = regain_access_ms(reply);

    *out = (struct pace_hint){.account_wait_ms = account_ms > 0 ? account_ms : 0};
    if (is_app_limited(reply)) {
        int64_t app_ms = http_reply_retry_after_ms(reply);
        out->app_wait_ms = app_ms >= 0 ? app_ms : (int64_t)THROTTLED_S * 1000;
    }
}
