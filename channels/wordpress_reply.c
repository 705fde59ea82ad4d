#include <string.h>

#include "base/language.h"

#include "channels/refusal.h"
#include "channels/wordpress.h"

/*
 * One row of the error table (developer.wordpress.org/rest-api, and the source of 6.1 and 6.6). The
 * first row that fits decides. The status tells who is refused, not the code: `rest_cannot_create`
 * comes with 401 when the site does not know who asks, and with 403 when it knows and will not.
 */
struct row {
    int status;
    const char *code; /* how it begins; NULL: whatever it is, also none */
    enum failure_kind kind;
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

static const char new_password[] = N_(
    "make a new application password in the user's profile on the site, then: crisis register; if "
    "that does not help, the web server does not pass the Authorization header on to PHP");
static const char switch_on[] =
    N_("ask the municipality to switch application passwords on for the user in its site");
static const char make_author[] =
    N_("ask the municipality to give the user the role Author on its site");
static const char find_api[] =
    N_("see whether the setting 'site' is right; crisis channels --check "
       "finds out where the site's REST API is");
static const char open_guard[] =
    N_("ask the municipality to let requests to the REST API through the guard of its site");
static const char other_picture[] = N_("use a picture of another format or a smaller one");

/* Deep in a refusal of a parameter: whoever is not signed in may not ask for all states of posts.
 */
static const char forbidden_status[] = "rest_forbidden_status";

static const struct row rows[] = {
    {400, forbidden_status, FAILURE_CREDENTIAL,
     N_("the site does not let this user list posts, or does not know the user"), new_password},
    {400, "rest_upload_", FAILURE_CONTENT, N_("the site does not accept the picture"),
     other_picture},
    {400, "empty_content", FAILURE_CONTENT, N_("the site says that the text is empty"), NULL},
    {400, NULL, FAILURE_CONTENT, N_("the site does not accept the request"), NULL},
    {401, "application_passwords_disabled", FAILURE_PERMISSION,
     N_("the site has switched application passwords off"), switch_on},
    {401, NULL, FAILURE_CREDENTIAL,
     N_("the site does not accept the user and application password"), new_password},
    {403, "rest_cannot_", FAILURE_PERMISSION, N_("the user may not do this on the site"),
     make_author},
    {403, "rest_", FAILURE_PERMISSION, N_("the site does not allow this"), make_author},
    {403, NULL, FAILURE_PERMISSION, N_("the site, or a guard in front of it, does not allow this"),
     open_guard},
    {404, "rest_post_invalid_id", FAILURE_CONTENT, N_("the post is not there any more"), NULL},
    {404, "rest_term_invalid", FAILURE_CONTENT, N_("the site has no such category"),
     N_("see whether the account's setting 'category' is the number of one, then: crisis "
        "register")},
    {404, NULL, FAILURE_PROTOCOL, N_("there is no REST API of WordPress at this address"),
     find_api},
    {410, "rest_already_trashed", FAILURE_CONTENT, N_("the post is in the trash already"), NULL},
    {413, NULL, FAILURE_CONTENT, N_("the site says that this is too large"), NULL},
    /* A server error by its number, but for good (WP_REST_Attachments_Controller). */
    {500, "rest_upload_sideload_error", FAILURE_CONTENT,
     N_("the site does not take such a picture"), other_picture},
};

static const struct row *find_row(int status, const char *code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status &&
            (!rows[i].code || (code && strncmp(code, rows[i].code, strlen(rows[i].code)) == 0)))
            return &rows[i];
    return NULL;
}

/* The answer's own code, where it is one. */
static const char *code_of(const struct json *root)
{
    return refusal_code(json_text(root, "code", NULL));
}

struct verdict wordpress_verdict(const struct http_reply *reply, const struct json *root,
                                 enum request_effect effect)
{
    struct verdict verdict = shared_verdict_of_status(reply, effect);
    const char *code = code_of(root);
    const char *words = json_text(root, "message", NULL);
    const char *inner = json_text(root, "data", "details", "status", "code", NULL);
    const struct row *row =
        find_row(reply->status, inner && strcmp(inner, forbidden_status) == 0 ? inner : code);

    verdict.code = code;
    verdict.detail = refusal_detail(reply, words);
    if (!row)
        return verdict;
    refusal_explain(&verdict, OUTCOME_FAILED, row->kind, row->sentence, row->next);
    return verdict;
}

enum channel_next wordpress_end_refused(const struct channel_job *job,
                                        const struct http_reply *reply, const struct json *root,
                                        enum request_effect effect, struct channel_action *action)
{
    struct verdict verdict = wordpress_verdict(reply, root, effect);
    return shared_end(job, reply, &verdict, action);
}

static bool is_there_no_more(const struct http_reply *reply, const struct json *root)
{
    const char *code = code_of(root);

    if (!code)
        return false;
    return (reply->status == 404 && strcmp(code, "rest_post_invalid_id") == 0) ||
           (reply->status == 410 && strcmp(code, "rest_already_trashed") == 0);
}

bool wordpress_is_deleted(const struct http_reply *reply, const struct json *root)
{
    const char *status = json_text(root, "status", NULL);

    if (!shared_is_success(reply))
        return is_there_no_more(reply, root);
    return json_is_true(root, "deleted", NULL) || (status && strcmp(status, "trash") == 0);
}
