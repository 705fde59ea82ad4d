#include "channels/graph_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"

#include "channels/refusal.h"

enum {
    MINUTE_S = 60,
    HOUR_S = 60 * MINUTE_S,
    THROTTLED_S = 5 * MINUTE_S, /* when the network does not say how long */
    USAGE_FULL_PERCENT = 100,
    REGAIN_MAX_MINUTES = 24 * 60,
};

#define DIGITS "0123456789"

static const char change_app[] =
    N_("the coordinator must check the app at developers.facebook.com");
static const char check_setting[] = N_(
    "check the account's setting 'page' or 'account'; if it is right, the municipality must give "
    "the right to post, and connect the account again");

/* What means the same on every network of the Graph API. */
static const struct graph_row rows[] = {
    {GRAPH_CODE(GRAPH_ANY), 1487390, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the network restricts this account"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 3858385, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the network waits for something that the account must do"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1341012, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the system user has no role on the account"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207051, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, 2 * HOUR_S,
     N_("the network takes this for spam and blocks it for hours"), GRAPH_CALM_DOWN,
     GRAPH_NO_REMEDY},

    /* The token (subcodes of 102 and 190). */
    {GRAPH_CODE(GRAPH_ANY), 458, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the app was removed from the account"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 459, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the network has locked the person whose token this is"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 460, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the token ended with a change of password"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 463, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the token has expired"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 464, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the person whose token this is has not been confirmed"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 466, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the network wants its terms accepted"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 467, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the token is not valid"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 492, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the person whose token this is has lost the role on the account"), NULL, GRAPH_NO_REMEDY},

    /* Codes. */
    {GRAPH_CODE(1), GRAPH_ANY, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0,
     N_("the network had an unknown error"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(2), GRAPH_ANY, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0,
     N_("the network is not available for a moment"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(3), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the app may not do this"), change_app, GRAPH_NO_REMEDY},
    {GRAPH_CODE(4), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     N_("the app has made too many calls"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(10), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the permission was not given, or was taken back"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(17), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     N_("the token's person has made too many calls"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(31), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the network waits for something that the account must do"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(32), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     N_("too many calls for this account"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(100), GRAPH_ANY, "appsecret_proof", OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the app secret does not belong to this token's app"), change_app, GRAPH_NO_REMEDY},
    {GRAPH_CODE(100), 33, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("it does not exist, or the token cannot see it"), check_setting, GRAPH_NO_REMEDY},
    {GRAPH_CODE(100), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the network refuses a parameter"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(102), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the token has ended"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(104), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the network wants a proof of the app secret, or ours is wrong"), change_app,
     GRAPH_NO_REMEDY},
    {GRAPH_CODE(190), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the network does not accept the token"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(194), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PROTOCOL, 0,
     N_("the network misses a parameter"), GRAPH_REPORT_FAULT, GRAPH_NO_REMEDY},
    {GRAPH_CODE(210), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the account cannot be seen"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(283), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the token lacks a permission for this"), NULL, GRAPH_NO_REMEDY},
    {200, 299, GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the token may not do this on the account"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(341), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     N_("the app has reached a limit for the time being"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(368), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, HOUR_S,
     N_("the network blocks this account for the time being"), GRAPH_CALM_DOWN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(459), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the network has locked the person whose token this is"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(613), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     N_("too many calls of this kind"), NULL, GRAPH_NO_REMEDY},
    {80000, 80014, GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, THROTTLED_S,
     N_("too many calls for this account"), NULL, GRAPH_NO_REMEDY},
};

static const char *error_words(const struct json *error)
{
    const char *words = json_text(error, "error_user_msg", NULL);
    words = words ? words : json_text(error, "message", NULL);
    return words ? words : json_text(error, "error_message", NULL);
}

static bool holds_words(const struct json *error, const char *words)
{
    const char *message = json_text(error, "message", NULL);
    const char *for_user = json_text(error, "error_user_msg", NULL);
    return (message && strcasestr(message, words)) || (for_user && strcasestr(for_user, words));
}

static const struct graph_row *find_in(const struct graph_row *table, size_t count,
                                       const struct json *error, int64_t code, int64_t subcode)
{
    for (size_t i = 0; i < count; i++) {
        const struct graph_row *row = &table[i];
        if ((row->first == GRAPH_ANY || (code >= row->first && code <= row->last)) &&
            (row->subcode == GRAPH_ANY || row->subcode == subcode) &&
            (!row->marker || holds_words(error, row->marker)))
            return row;
    }
    return NULL;
}

/* The error of a reply: an object of that name, or the whole, as from the hosts that give tokens.
 */
static const struct json *find_error(const struct json *root)
{
    const struct json *error = json_get(root, "error", NULL);
    return !error && json_text(root, "error_message", NULL) ? root : error;
}

const struct graph_row *graph_find_row(const struct graph_errors *errors, const struct json *root)
{
    const struct json *error = find_error(root);
    int64_t code = 0, subcode = GRAPH_ANY;

    if (!json_whole(error, &code, "code", NULL))
        return NULL;
    (void)json_whole(error, &subcode, "error_subcode", NULL);
    const struct graph_row *row = find_in(errors->rows, errors->count, error, code, subcode);
    return row ? row : find_in(rows, sizeof(rows) / sizeof(rows[0]), error, code, subcode);
}

const struct graph_row *graph_row_of_subcode(const struct graph_errors *errors, const char *digits)
{
    long subcode = strtol(digits, NULL, 10);

    for (size_t i = 0; i < errors->count; i++)
        if (errors->rows[i].subcode == subcode)
            return &errors->rows[i];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].subcode == subcode)
            return &rows[i];
    return NULL;
}

/* Whether a member of that name may be anything but 0 in a JSON text. It comes with every answer,
 * and reading it costs more than all the rest of the answer does. */
static bool may_be_set(const char *json, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = strstr(json, name); at; at = strstr(at, name)) {
        at += length;
        at += strspn(at, "\": \t");
        if (at[0] != '0' || (at[1] != ',' && at[1] != '}'))
            return true;
    }
    return false;
}

/* Whether a number of 100 or more may stand in a JSON text: three digits, or an exponent. */
static bool may_hold_hundred(const char *json, size_t length)
{
    for (const char *at = strpbrk(json, DIGITS); at && at < json + length;
         at = strpbrk(at, DIGITS)) {
        size_t digits = strspn(at, DIGITS);
        at += digits;
        if (digits > 2 || *at == '.' || *at == 'e' || *at == 'E')
            return true;
    }
    return false;
}

/* The longest time to regain access that X-Business-Use-Case-Usage tells, of calls of that type;
 * -1: none. */
static int64_t regain_access_ms(const struct graph_errors *errors, const struct http_reply *reply)
{
    static const char wanted[] = "estimated_time_to_regain_access";
    size_t length = 0;
    const char *header = http_reply_find(reply, "x-business-use-case-usage", &length);
    double longest = -1;
    void *cursor = NULL;
    const struct json *items = NULL;

    /* With every answer: it is only read when it, or what follows it, may say something. */
    if (!header || !may_be_set(header, wanted))
        return -1;
    struct json *root = json_parse(header, length);
    while (json_next(root, &cursor, &items)) {
        for (size_t i = 0; i < json_count(items); i++) {
            const struct json *item = json_item(items, i);
            const char *type = json_text(item, "type", NULL);
            double minutes;
            if ((!type || strcmp(type, errors->usage_type) == 0) &&
                json_number(item, &minutes, wanted, NULL) && minutes > longest)
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

static int64_t wait_ms(const struct graph_errors *errors, const struct http_reply *reply,
                       const struct graph_row *row)
{
    int64_t ms = http_reply_retry_after_ms(reply);
    if (ms < 0)
        ms = regain_access_ms(errors, reply);
    return ms < 0 && row->wait_s > 0 ? (int64_t)row->wait_s * 1000 : ms;
}

static void write_code(int64_t code, int64_t subcode, char out[GRAPH_CODE_SIZE])
{
    if (subcode > 0)
        snprintf(out, GRAPH_CODE_SIZE, "%" PRId64 "/%" PRId64, code, subcode);
    else
        snprintf(out, GRAPH_CODE_SIZE, "%" PRId64, code);
}

bool graph_is_gone(const struct json *root)
{
    int64_t code, subcode;
    return json_whole(root, &code, "error", "code", NULL) && code == 100 &&
           json_whole(root, &subcode, "error", "error_subcode", NULL) && subcode == 33;
}

struct verdict graph_verdict(const struct graph_errors *errors, const struct http_reply *reply,
                             const struct json *root, enum request_effect effect,
                             char code[GRAPH_CODE_SIZE])
{
    const struct json *error = find_error(root);
    int64_t number = 0, subcode = -1;
    struct verdict verdict = shared_verdict_of_status(reply, effect);

    if (!json_whole(error, &number, "code", NULL)) {
        verdict.detail = refusal_detail(reply, NULL);
        return verdict;
    }
    (void)json_whole(error, &subcode, "error_subcode", NULL);
    const struct graph_row *row = graph_find_row(errors, root);
    bool is_transient = reply->status >= 500 || json_is_true(error, "is_transient", NULL);

    write_code(number, subcode, code);
    verdict.code = code;
    verdict.detail = error_words(error);
    if (row) {
        refusal_explain(&verdict, row->result, row->kind, row->sentence, row->next);
        verdict.retry_after_ms = wait_ms(errors, reply, row);
    } else {
        verdict.result = is_transient ? OUTCOME_UNCLEAR : OUTCOME_FAILED;
        verdict.kind = is_transient ? FAILURE_SERVER : FAILURE_PROTOCOL;
        verdict.sentence = N_("the network gave an error that is not documented");
    }
    if (shared_is_success(reply) && effect == EFFECT_ONCE)
        verdict.result = OUTCOME_UNCLEAR; /* yes and no in one answer: only a look can tell */
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
    size_t length = 0;
    const char *header = http_reply_find(reply, "x-app-usage", &length);
    int64_t code = 0;
    bool is_full = false;

    if (header && may_hold_hundred(header, length)) {
        struct json *usage = json_parse(header, length);
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

void graph_pace(const struct graph_errors *errors, const struct http_reply *reply,
                struct pace_hint *out)
{
    int64_t account_ms = regain_access_ms(errors, reply);

    *out = (struct pace_hint){.account_wait_ms = account_ms > 0 ? account_ms : 0};
    if (is_app_limited(reply)) {
        int64_t app_ms = http_reply_retry_after_ms(reply);
        out->app_wait_ms = app_ms >= 0 ? app_ms : (int64_t)THROTTLED_S * 1000;
    }
}
