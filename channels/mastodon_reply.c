#include "channels/mastodon_reply.h"

#include "base/language.h"

#include "channels/refusal.h"

static const char log_in[] =
    N_("someone must log in to the account on its server and do what is asked there");
static const char new_token[] =
    N_("make a token with the rights write:statuses, write:media, read:statuses and read:accounts, "
       "then: crisis register");
static const char get_approved[] = N_("ask the server's moderators to approve the account");
static const char check_server[] =
    N_("see whether the account's setting 'server' is right, then: crisis register");
static const char new_account[] =
    N_("ask the municipality for its new account, then: crisis register");

/* docs.joinmastodon.org/entities/Error and the server's source. */
static const struct refusal rows[] = {
    {400, NULL, OUTCOME_FAILED, FAILURE_CONTENT, N_("the server does not accept the request"),
     NULL},
    {401, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, N_("the server does not accept the token"),
     NULL},
    {403, "scope", OUTCOME_FAILED, FAILURE_PERMISSION, N_("the token may not do this"), new_token},
    {403, "disabled", OUTCOME_FAILED, FAILURE_PERMISSION, N_("the account is disabled"), log_in},
    {403, "confirmed", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the account's e-mail address is not confirmed"), log_in},
    {403, "pending", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the server has not approved the account yet"), get_approved},
    {403, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("the server does not allow this"), log_in},
    {404, NULL, OUTCOME_FAILED, FAILURE_PROTOCOL, N_("the server has nothing at this address"),
     check_server},
    {410, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("the account is gone"), new_account},
    {422, "requires an authenticated user", OUTCOME_FAILED, FAILURE_CREDENTIAL,
     N_("the token is an app's and belongs to no account"), new_token},
    {422, "duplicate", OUTCOME_DUPLICATE, FAILURE_DUPLICATE,
     N_("the server says that it has this already"), NULL},
    {422, "limit", OUTCOME_FAILED, FAILURE_CONTENT, N_("the server says that the text is too long"),
     NULL},
    {422, NULL, OUTCOME_FAILED, FAILURE_CONTENT, N_("the server does not accept the post"), NULL},
    {429, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, N_("the server asks to slow down"), NULL},
    {503, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, N_("the server has trouble for the time being"),
     NULL},
};

struct verdict mastodon_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect)
{
    struct verdict verdict = shared_verdict_of_status(reply, effect);
    const char *words = json_text(root, "error", NULL);
    const struct refusal *row =
        refusal_find(rows, sizeof(rows) / sizeof(rows[0]), reply->status, words);

    verdict.detail = refusal_detail(reply, words);
    if (!row)
        return verdict;
    refusal_explain(&verdict, row->result, row->kind, row->sentence, row->next);
    if (reply->status == 429 && verdict.retry_after_ms < 0)
        verdict.retry_after_ms = shared_reset_wait_ms(reply, "x-ratelimit-reset");
    if (verdict.result == OUTCOME_UNCLEAR && effect != EFFECT_ONCE)
        verdict.result = OUTCOME_RETRY;
    return verdict;
}

/* The headers describe whichever of the server's limits is closest. */
void mastodon_pace(const struct http_reply *reply, struct pace_hint *out)
{
    int64_t wait_ms = shared_used_up_wait_ms(reply, "x-ratelimit-remaining", "x-ratelimit-reset");
    out->account_wait_ms = wait_ms > 0 ? wait_ms : 0;
}
