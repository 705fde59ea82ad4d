#include "channels/bluesky_reply.h"

#include <string.h>

#include "base/language.h"

#include "channels/refusal.h"

/* One row of the error table, by the error's name. The first is also of those that have no row: an
 * answer 400 with a name is the server's own word that it does not take what it was given. */
struct row {
    const char *name;
    enum outcome_result result;
    enum failure_kind kind;
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

static const char new_password[] =
    N_("make a new app password in the account's settings, then: crisis register");
const char bluesky_log_in[] =
    N_("someone must log in to the account at its server and do what is asked there");

static const struct row rows[] = {
    {"InvalidRequest", OUTCOME_FAILED, FAILURE_CONTENT,
     N_("the server does not accept the request"), NULL},
    {"InvalidSwap", OUTCOME_DUPLICATE, FAILURE_DUPLICATE,
     N_("the server says that it has this already"), NULL},
    {"AuthMissing", OUTCOME_FAILED, FAILURE_CREDENTIAL,
     N_("the server does not accept the session"), new_password},
    {"AuthenticationRequired", OUTCOME_FAILED, FAILURE_CREDENTIAL,
     N_("the server does not accept the app password"), new_password},
    {"AuthFactorTokenRequired", OUTCOME_FAILED, FAILURE_CREDENTIAL,
     N_("this is the account's own password, and it has a second factor"), new_password},
    {"AccountNotFound", OUTCOME_FAILED, FAILURE_PERMISSION, N_("the account does not live here"),
     N_("check the settings 'handle' and 'server'")},
    {"AccountTakedown", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the server has taken the account down"), bluesky_log_in},
    {"AccountSuspended", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the server has suspended the account"), bluesky_log_in},
    {"AccountDeactivated", OUTCOME_FAILED, FAILURE_PERMISSION, N_("the account is deactivated"),
     bluesky_log_in},
    {"RateLimitExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, N_("the server asks to slow down"),
     NULL},
    {"InternalServerError", OUTCOME_RETRY, FAILURE_SERVER, N_("the server had an error of its own"),
     NULL},
    {"UpstreamFailure", OUTCOME_RETRY, FAILURE_SERVER, N_("the server had an error of its own"),
     NULL},
};

bool bluesky_is_error(const struct json *root, const char *name)
{
    const char *error = json_text(root, "error", NULL);
    return error && strcmp(error, name) == 0;
}

static const struct row *find_row(const struct http_reply *reply, const struct json *root)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (bluesky_is_error(root, rows[i].name))
            return &rows[i];
    return reply->status == 400 && json_text(root, "error", NULL) ? &rows[0] : NULL;
}

bool bluesky_is_over(const struct json *root)
{
    return bluesky_is_error(root, "ExpiredToken") || bluesky_is_error(root, "InvalidToken");
}

struct verdict bluesky_verdict(const struct http_reply *reply, const struct json *root)
{
    struct verdict verdict = shared_verdict_of_status(reply, EFFECT_REPEATABLE);
    const struct row *row = find_row(reply, root);

    verdict.detail = refusal_detail(reply, json_text(root, "message", NULL));
    if (bluesky_is_over(root)) {
        refusal_explain(&verdict, OUTCOME_FAILED, FAILURE_CREDENTIAL,
                        N_("the server does not accept the session"), new_password);
    } else if (row && !shared_is_success(reply)) {
        refusal_explain(&verdict, row->result, row->kind, row->sentence, row->next);
    }
    if (verdict.kind == FAILURE_RATE_LIMIT && verdict.retry_after_ms < 0)
        verdict.retry_after_ms = shared_reset_wait_ms(reply, "ratelimit-reset");
    return verdict;
}

enum channel_next bluesky_end_refused(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, struct channel_action *action)
{
    if (bluesky_is_over(root) && job->task != TASK_RENEW)
        return NEXT_RENEW;
    struct verdict verdict = bluesky_verdict(reply, root);
    return shared_end(job, reply, &verdict, action);
}

/* The headers are of all requests from here as well as of the account: the account waits, and where
 * it is the address, the next answer says so to the next account. */
void bluesky_pace(const struct http_reply *reply, struct pace_hint *out)
{
    int64_t wait_ms = shared_used_up_wait_ms(reply, "ratelimit-remaining", "ratelimit-reset");
    out->account_wait_ms = wait_ms > 0 ? wait_ms : 0;
}
