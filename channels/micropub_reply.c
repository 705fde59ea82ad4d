#include <string.h>
#include <strings.h>

#include "base/language.h"

#include "channels/micropub.h"
#include "channels/refusal.h"

/*
 * One row of the error table (W3C Micropub, 3.8, and what servers do). The first row that fits
 * decides. Servers do not agree on which of 401 and 403 is which, and some have `code` for `error`.
 */
struct row {
    int status;
    const char *code; /* NULL: whatever it is, also none */
    enum failure_kind kind;
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

static const char new_token[] =
    N_("make a token with the scopes create, media and delete on the site, then: crisis register");
static const char check_endpoint[] =
    N_("see whether the settings 'site' and 'endpoint' are right, then: crisis channels --check");

static const struct row rows[] = {
    {400, NULL, FAILURE_CONTENT, N_("the site does not accept the request"), NULL},
    {401, "insufficient_scope", FAILURE_PERMISSION, N_("the token may not do this"), new_token},
    {401, NULL, FAILURE_CREDENTIAL, N_("the site does not accept the token"), new_token},
    {403, "insufficient_scope", FAILURE_PERMISSION, N_("the token may not do this"), new_token},
    {403, NULL, FAILURE_CREDENTIAL, N_("the site does not accept the token for this"), new_token},
    {404, NULL, FAILURE_PROTOCOL, N_("there is no Micropub endpoint at this address"),
     check_endpoint},
    {405, NULL, FAILURE_PROTOCOL, N_("there is no Micropub endpoint at this address"),
     check_endpoint},
    {413, NULL, FAILURE_CONTENT, N_("the site says that this is too large"), NULL},
    {415, NULL, FAILURE_CONTENT, N_("the site does not take this kind of data"), NULL},
    {501, NULL, FAILURE_PERMISSION, N_("the site does not do this by Micropub"), NULL},
};

static const struct row *find_row(int status, const char *code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status &&
            (!rows[i].code || (code && strcmp(code, rows[i].code) == 0)))
            return &rows[i];
    return NULL;
}

static const char *code_of(const struct json *root)
{
    const char *code = json_text(root, "error", NULL);

    if (!code)
        code = json_text(root, "code", NULL);
    return refusal_code(code);
}

static const char *words_of(const struct json *root)
{
    const char *words = json_text(root, "error_description", NULL);
    return words ? words : json_text(root, "message", NULL);
}

struct verdict micropub_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect)
{
    struct verdict verdict = shared_verdict_of_status(reply, effect);
    const char *code = code_of(root);
    const struct row *row = find_row(reply->status, code);

    verdict.code = code;
    verdict.detail = refusal_detail(reply, words_of(root));
    if (!row)
        return verdict;
    refusal_explain(&verdict, OUTCOME_FAILED, row->kind, row->sentence, row->next);
    return verdict;
}

enum channel_next micropub_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action)
{
    struct verdict verdict = micropub_verdict(reply, root, effect);
    return shared_end(job, reply, &verdict, action);
}

bool micropub_says_gone(const struct http_reply *reply, const struct json *root)
{
    const char *words = words_of(root);

    /* A bare one is a web server's, or a site's whose plug-in is off: it says nothing of a post. */
    if (reply->status == 404 || reply->status == 410)
        return code_of(root) && strcmp(code_of(root), "rest_no_route") != 0;
    return reply->status == 400 && words && strcasestr(words, "not found");
}

bool micropub_is_source(const struct http_reply *reply, const struct json *root)
{
    return shared_is_success(reply) && json_is_object(json_get(root, "properties", NULL));
}
