#include "channels/telegram_reply.h"

#include <string.h>

#include "base/language.h"

#include "channels/refusal.h"

const char telegram_make_admin[] =
    N_("make the bot an administrator of the channel, with the right to "
       "post messages");
static const char check_chat[] = N_("check the setting 'chat': @name of a public channel, or the "
                                    "number of a private one");
static const char new_token[] = N_("get the bot's token from @BotFather, then: crisis register");
static const char serve_bot[] =
    N_("let this Bot API server serve the bot, or take telegram's endpoint "
       "out of crisis.yaml");

/* The status is the error_code, the words are the description. */
static const struct refusal rows[] = {
    {400, "chat not found", OUTCOME_FAILED, FAILURE_PERMISSION, N_("there is no such channel"),
     check_chat},
    {400, "upgraded to a supergroup", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the chat has got a new number"), check_chat},
    {400, "message is too long", OUTCOME_FAILED, FAILURE_CONTENT,
     N_("Telegram says that the text is too long"), NULL},
    {400, "text is empty", OUTCOME_FAILED, FAILURE_CONTENT,
     N_("Telegram says that the text is empty"), NULL},
    {400, "administrator rights", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the bot may not post in the channel"), telegram_make_admin},
    {400, "CHAT_WRITE_FORBIDDEN", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the bot may not post in the channel"), telegram_make_admin},
    {400, "member list is inaccessible", OUTCOME_FAILED, FAILURE_PERMISSION,
     N_("the bot may not see the channel's members"), telegram_make_admin},
    {400, NULL, OUTCOME_FAILED, FAILURE_CONTENT, N_("Telegram does not accept the request"), NULL},
    {401, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, N_("Telegram does not accept the bot's token"),
     new_token},
    {403, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, N_("the bot is not a member of the channel"),
     telegram_make_admin},
    {404, "method not found", OUTCOME_FAILED, FAILURE_PROTOCOL,
     N_("this Bot API server does not know the method"),
     N_("check telegram's endpoint in crisis.yaml")},
    {404, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL, N_("Telegram knows no bot with this token"),
     new_token},
    {421, NULL, OUTCOME_FAILED, FAILURE_CREDENTIAL,
     N_("this Bot API server does not serve the bot with this token"), serve_bot},
    {429, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, N_("Telegram asks to slow down"), NULL},
};

/* The code in the body counts: some Bot API servers answer 200 to everything. */
int telegram_status(const struct http_reply *reply, const struct json *root)
{
    int64_t code;
    if (json_is_false(root, "ok", NULL) && json_whole(root, &code, "error_code", NULL) &&
        code >= 400 && code <= 599)
        return (int)code;
    return reply->status;
}

static int64_t retry_after_ms(const struct http_reply *reply, const struct json *root)
{
    int64_t seconds;
    if (json_whole(root, &seconds, "parameters", "retry_after", NULL) && seconds >= 0 &&
        seconds <= 24 * 60 * 60)
        return seconds * 1000;
    return http_reply_retry_after_ms(reply);
}

struct verdict telegram_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect)
{
    struct http_reply coded = *reply;
    coded.status = telegram_status(reply, root);
    struct verdict verdict = shared_verdict_of_status(&coded, effect);
    const char *words = json_text(root, "description", NULL);
    const struct refusal *row =
        refusal_find(rows, sizeof(rows) / sizeof(rows[0]), coded.status, words);

    verdict.detail = refusal_detail(reply, words);
    /* An answer that is not Telegram's own says nothing of what Telegram did. */
    if (row && json_is_false(root, "ok", NULL))
        refusal_explain(&verdict, row->result, row->kind, row->sentence, row->next);
    verdict.retry_after_ms = retry_after_ms(reply, root);
    return verdict;
}

bool telegram_is_reply_refused(const struct json *root)
{
    static const char *const markers[] = {"message to be replied not found",
                                          "replied message not found", "reply message not found"};
    const char *words = json_text(root, "description", NULL);

    for (size_t i = 0; words && i < sizeof(markers) / sizeof(markers[0]); i++)
        if (strcasestr(words, markers[i]))
            return json_is_false(root, "ok", NULL);
    return false;
}

bool telegram_is_ok(const struct http_reply *reply, const struct json *root)
{
    return shared_is_success(reply) && json_is_true(root, "ok", NULL);
}

void telegram_pace(const struct http_reply *reply, struct pace_hint *out)
{
    if (reply->status != 429)
        return;
    struct json *root = json_parse(reply->body, reply->body_size);
    int64_t wait_ms = retry_after_ms(reply, root);
    json_free(root);
    out->account_wait_ms = wait_ms > 0 ? wait_ms : 0;
}
