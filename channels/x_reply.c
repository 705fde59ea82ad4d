#include "channels/x_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"

#include "channels/refusal.h"

enum {
    ANY = -1,
    HEADER_SIZE = 64,
    WAIT_MAX_MS = 24 * 60 * 60 * 1000,
    NEXT_DAY_MS = 60 * 60 * 1000, /* a daily limit without a time: look again every hour */
};

/* One row of the error table. The first row that fits decides. */
struct row {
    int status;         /* or ANY */
    int code;           /* of the older form of errors; ANY: whatever it is */
    const char *marker; /* words in type, title or detail; NULL: whatever they are */
    enum outcome_result result;
    enum failure_kind kind;
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

static const char reply_marker[] = "reply to this conversation is not allowed";

static const char log_in[] =
    N_("someone must log in to the account at x.com and do what is asked there");
const char x_change_app[] = N_("the coordinator must check the app and its rights at X; tokens "
                               "made before a change of rights must be made again");
static const char buy_credits[] = N_("the coordinator must buy credits at X, then send again");
static const char wait_period[] =
    N_("the coordinator must raise the cap at X, or wait until its period "
       "ends, then send again");
static const char one_post[] = N_("put what matters into the first post; X may refuse replies");

static const struct row rows[] = {
    {ANY, 187, NULL, OUTCOME_DUPLICATE, FAILURE_DUPLICATE,
     N_("X says that it has this text already"), NULL},
    {403, ANY, "duplicate content", OUTCOME_DUPLICATE, FAILURE_DUPLICATE,
     N_("X says that it has this text already"), NULL},
    {ANY, 326, NULL, OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("X has locked the account for the time being"), log_in},
    {ANY, 64, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("X has suspended the account"), log_in},
    {ANY, ANY, "user-suspended", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("X has suspended the account"), log_in},
    {ANY, ANY, "app-suspended", OUTCOME_FAILED, FAILURE_PERMISSION, N_("X has suspended the app"),
     x_change_app},
    {ANY, 261, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("the app may only read"), x_change_app},
    {ANY, 226, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("X takes this for spam by a machine"),
     log_in},
    {ANY, 186, NULL, OUTCOME_FAILED, FAILURE_CONTENT, N_("X says that the text is too long"), NULL},
    {ANY, 185, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT,
     N_("the account has reached X's daily limit"), NULL},
    {ANY, 32, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, N_("X does not accept the credential"),
     NULL},
    {ANY, 89, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, N_("the token has expired or is not valid"),
     NULL},
    {ANY, 88, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, N_("X asks to slow down"), NULL},
    {402, ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("the credits at X are used up"),
     buy_credits},
    {403, ANY, reply_marker, OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("X does not let this account reply here"), one_post},
    {403, ANY, "oauth1-permissions", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the app may only read"), x_change_app},
    {403, ANY, "client-forbidden", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the app has no access to this part of X"), x_change_app},
    {403, ANY, "unsupported-authentication", OUTCOME_FAILED, FAILURE_CREDENTIAL,
     N_("the token is the app's own and cannot post for an account"), NULL},
    {403, ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("X does not permit this, and does not say why"), NULL},
    {400, ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, N_("X does not accept the request"), NULL},
    {401, ANY, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, N_("X does not accept the credential"),
     NULL},
    {404, ANY, "resource-not-found", OUTCOME_FAILED, FAILURE_CONTENT,
     N_("X does not find what the request names"), NULL},
    {429, ANY, "usage-capped", OUTCOME_FAILED, FAILURE_RATE_LIMIT,
     N_("the app has used what X lets it use in this period"), wait_period},
    {429, ANY, "usagecapexceeded", OUTCOME_FAILED, FAILURE_RATE_LIMIT,
     N_("the app has used what X lets it use in this period"), wait_period},
    {429, ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, N_("X asks to slow down"), NULL},
    {ANY, 130, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, N_("X is overloaded"), NULL},
    {ANY, 131, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, N_("X had an error of its own"), NULL},
};

/* What an error says, in whichever of its forms; NULL and ANY for what it does not say. */
struct problem_words {
    const char *type, *title, *detail;
    int64_t code;
};

static struct problem_words read_problem(const struct json *root)
{
    const struct json *first = json_item(json_get(root, "errors", NULL), 0);
    struct problem_words words = {json_text(root, "type", NULL), json_text(root, "title", NULL),
                                  json_text(root, "detail", NULL), ANY};

    (void)json_whole(first, &words.code, "code", NULL);
    if (!words.type)
        words.type = json_text(first, "type", NULL);
    if (!words.title)
        words.title = json_text(first, "title", NULL);
    if (!words.title)
        words.title = json_text(root, "error", NULL);
    if (!words.detail)
        words.detail = json_text(first, "detail", NULL);
    if (!words.detail)
        words.detail = json_text(first, "message", NULL);
    if (!words.detail)
        words.detail = json_text(root, "error_description", NULL);
    return words;
}

static bool holds_words(const struct problem_words *words, const char *marker)
{
    const char *const places[] = {words->type, words->title, words->detail};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (places[i] && strcasestr(places[i], marker))
            return true;
    return false;
}

static const struct row *find_row(const struct http_reply *reply, const struct problem_words *words)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if ((row->status == ANY || row->status == reply->status) &&
            (row->code == ANY || row->code == words->code) &&
            (!row->marker || holds_words(words, row->marker)))
            return row;
    }
    return NULL;
}

bool x_is_gone(const struct http_reply *reply, const struct json *root)
{
    struct problem_words words = read_problem(root);
    return (reply->status == 404 || shared_is_success(reply)) &&
           holds_words(&words, "resource-not-found");
}

bool x_is_reply_refused(const struct http_reply *reply, const struct json *root)
{
    struct problem_words words = read_problem(root);
    return (reply->status == 403 && holds_words(&words, reply_marker)) ||
           (reply->status == 404 && holds_words(&words, "resource-not-found"));
}

static bool read_number(const struct http_reply *reply, const char *prefix, const char *suffix,
                        int64_t *out)
{
    char name[HEADER_SIZE];
    char value[HEADER_SIZE];
    int64_t number = 0;

    snprintf(name, sizeof(name), "%s-%s", prefix, suffix);
    if (!http_reply_header(reply, name, value, sizeof(value)) || strlen(value) > 15 ||
        !shared_consists_of(value, "0123456789"))
        return false;
    for (const char *at = value; *at; at++)
        number = number * 10 + (*at - '0');
    *out = number;
    return true;
}

/* Until the reset of a limit that is used up ("x-rate-limit" …); 0: it is not. */
static int64_t wait_of(const struct http_reply *reply, const char *prefix, bool is_used_up)
{
    int64_t remaining, reset_s;

    if (!read_number(reply, prefix, "reset", &reset_s))
        return 0;
    if (read_number(reply, prefix, "remaining", &remaining))
        is_used_up = remaining == 0;
    int64_t wait_ms = reset_s * 1000 - http_reply_server_unix_ms(reply);
    if (!is_used_up || wait_ms <= 0)
        return 0;
    return wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : wait_ms;
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t retry_after_ms(const struct http_reply *reply)
{
    int64_t wait_ms = http_reply_retry_after_ms(reply);
    wait_ms = longer(wait_ms, wait_of(reply, "x-user-limit-24hour", false));
    wait_ms = longer(wait_ms, wait_of(reply, "x-app-limit-24hour", false));
    wait_ms = longer(wait_ms, wait_of(reply, "x-rate-limit", reply->status == 429));
    return wait_ms > 0 ? wait_ms : -1;
}

struct verdict x_verdict(const struct http_reply *reply, const struct json *root,
                         enum request_effect effect, char code[X_CODE_SIZE])
{
    struct problem_words words = read_problem(root);
    struct verdict verdict = shared_verdict_of_status(reply, effect);
    const struct row *row = find_row(reply, &words);

    verdict.detail = refusal_detail(reply, words.detail ? words.detail : words.title);
    if (words.code != ANY) {
        snprintf(code, X_CODE_SIZE, "%d/%" PRId64, reply->status, words.code);
        verdict.code = code;
    }
    if (!row || shared_is_success(reply))
        return verdict;
    refusal_explain(&verdict, row->result, row->kind, row->sentence, row->next);
    verdict.retry_after_ms = retry_after_ms(reply);
    if (row->code == 185 && verdict.retry_after_ms < 0)
        verdict.retry_after_ms = NEXT_DAY_MS;
    if (verdict.result == OUTCOME_UNCLEAR && effect != EFFECT_ONCE)
        verdict.result = OUTCOME_RETRY;
    return verdict;
}

void x_pace(const struct http_reply *reply, struct pace_hint *out)
{
    bool is_limited = reply->status == 429;

    out->account_wait_ms = longer(wait_of(reply, "x-rate-limit", is_limited),
                                  wait_of(reply, "x-user-limit-24hour", false));
    out->app_wait_ms = wait_of(reply, "x-app-limit-24hour", false);
}
