/*
 * Sites made with WordPress, by its REST API (developer.wordpress.org/rest-api/reference/posts) and
 * an application password.
 *
 * Each post has a slug of ours, made of the delivery's key. WordPress does not refuse a second post
 * with the same slug, it puts "-2" behind it: then there is one of ours already, and the second one
 * goes again at once. A post in doubt is looked for by its slug.
 */
#include "channels/wordpress.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/link_header.h"

#include "channels/drivers.h"
#include "channels/refusal.h"
#include "channels/tasks.h"
#include "channels/upload.h"
#include "channels/web_text.h"

static const char *const stages[] = {
    "start",    "uploading",     "posting",      "comparing",         "removing",      "finding",
    "deleting", "checking-site", "checking-api", "checking-category", "checking-user", NULL};

enum { PASSWORD_LENGTH = 24, CATEGORY_DIGITS_MAX = 9, MIB = 1024 * 1024 };

static const char posts_path[] = "/wp/v2/posts";
static const char post_path[] = "/wp/v2/posts/";
static const char post_fields[] = "id,slug,link,status";

/* --- posting --------------------------------------------------------------------------------- */

static bool is_yes(const char *value)
{
    return value && (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0);
}

static void add_escaped_member(struct text *body, const char *name, const char *string)
{
    struct text escaped;

    text_init(&escaped, WEB_HTML_MAX_BYTES);
    web_escape(&escaped, string, strlen(string));
    json_add_member(body, name, escaped.bytes);
    body->overflowed |= escaped.overflowed;
    text_release(&escaped);
}

static void add_content(const struct channel_job *job, const struct channel_progress *progress,
                        struct text *body)
{
    struct text html;

    text_init(&html, WEB_HTML_MAX_BYTES);
    web_html_add(&html, job->draft, job->reply_to);
    wordpress_media_add_gallery(progress, &html);
    json_add_member(body, "content", html.bytes);
    body->overflowed |= html.overflowed;
    text_release(&html);
}

static enum channel_next send_post(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    struct http_request *request = &action->request;
    const char *category = account_setting(job->account, "category");
    char root[WORDPRESS_ROOT_SIZE], slug[WEB_SLUG_SIZE];

    progress->stage = WORDPRESS_POSTING;
    if (!web_slug_write(job->key, slug))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT, N_("the delivery has no key"), action);
    wordpress_root(job, root);
    wordpress_start_request(action, HTTP_POST, EFFECT_ONCE, root, posts_path, NULL, post_fields);
    wordpress_authorize(job, request);
    http_request_header(request, "Content-Type", "application/json");
    text_add_char(&request->body, '{');
    add_escaped_member(&request->body, "title", job->draft->headline ? job->draft->headline : "");
    add_content(job, progress, &request->body);
    json_add_member(&request->body, "status", "publish");
    json_add_member(&request->body, "slug", slug);
    json_add_member(&request->body, "comment_status", "closed");
    json_add_member(&request->body, "ping_status", "closed");
    if (is_yes(account_setting(job->account, "sticky"))) {
        json_add_name(&request->body, "sticky");
        text_add(&request->body, "true");
    }
    if (category && category[0]) {
        json_add_name(&request->body, "categories");
        text_addf(&request->body, "[%s]", category);
    }
    wordpress_media_add_member(progress, &request->body);
    text_add_char(&request->body, '}');
    return shared_send(job, action);
}

/* A post that is there but that nobody sees: a plug-in keeps posts back, or someone has. */
static struct verdict held_back(enum outcome_result result, const char *status)
{
    return (struct verdict){
        .result = result,
        .kind = FAILURE_PERMISSION,
        .sentence = N_("the post is on the site but is not published"),
        .detail = status,
        .next = N_("ask the municipality to publish it on its site, and to let the user publish"),
        .retry_after_ms = -1,
    };
}

static void record(const struct channel_job *job, struct channel_progress *progress, const char *id,
                   const char *link)
{
    struct post *post = &progress->posts[0];

    snprintf(post->id, sizeof(post->id), "%s", id);
    shared_copy_url(job, link, post->url, sizeof(post->url));
    progress->part = 1;
    progress->post_count = 1;
}

static enum channel_next send_list(const struct channel_job *job, struct channel_progress *progress,
                                   enum wordpress_stage stage, struct channel_action *action)
{
    char root[WORDPRESS_ROOT_SIZE], slug[WEB_SLUG_SIZE];

    progress->stage = stage;
    if (!web_slug_write(job->key, slug))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT, N_("the delivery has no key"), action);
    wordpress_root(job, root);
    wordpress_start_request(action, HTTP_GET, EFFECT_NONE, root, posts_path, NULL, post_fields);
    query_add(&action->request.url, "slug", slug);
    query_add(&action->request.url, "status", "any");
    query_add(&action->request.url, "context", "edit"); /* who may not see all gets no answer */
    wordpress_authorize(job, &action->request);
    return shared_send(job, action);
}

static enum channel_next send_delete(const struct channel_job *job, const char *id,
                                     struct channel_action *action)
{
    char root[WORDPRESS_ROOT_SIZE];

    wordpress_root(job, root);
    wordpress_start_request(action, HTTP_DELETE, EFFECT_REPEATABLE, root, post_path, id, "deleted");
    query_add(&action->request.url, "force", "true"); /* else it goes to the trash */
    wordpress_authorize(job, &action->request);
    return shared_send(job, action);
}

static enum channel_next take_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const char *made = json_text(root, "slug", NULL);
    const char *status = json_text(root, "status", NULL);
    char id[WORDPRESS_ID_SIZE], slug[WEB_SLUG_SIZE];

    if (!shared_is_success(reply) || !json_id(root, id, sizeof(id), "id", NULL) ||
        !wordpress_is_id(id) || !web_slug_write(job->key, slug))
        return wordpress_end_refused(job, reply, root, EFFECT_ONCE, action);
    if (status && strcmp(status, "publish") != 0) {
        struct verdict verdict = held_back(OUTCOME_FAILED, status);
        return shared_end(job, reply, &verdict, action);
    }
    record(job, progress, id, json_text(root, "link", NULL));
    if (!made || web_slug_compare(slug, made, strlen(made)) != WEB_SLUG_NUMBERED)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    return send_list(job, progress, WORDPRESS_COMPARING, action);
}

/* --- finding --------------------------------------------------------------------------------- */

/* The oldest post with exactly our slug that is not `other`; *status: of one that is not public. */
static const struct json *find_ours(const struct channel_job *job, const struct json *items,
                                    const char *other, char id[WORDPRESS_ID_SIZE],
                                    const char **status)
{
    const struct json *found = NULL;
    char slug[WEB_SLUG_SIZE], candidate[WORDPRESS_ID_SIZE];

    *status = NULL;
    if (!web_slug_write(job->key, slug))
        return NULL;
    for (size_t i = 0; i < json_count(items); i++) {
        const struct json *item = json_item(items, i);
        const char *made = json_text(item, "slug", NULL);
        const char *is = json_text(item, "status", NULL);
        if (!made || !is || strcmp(made, slug) != 0 ||
            !json_id(item, candidate, sizeof(candidate), "id", NULL) ||
            !wordpress_is_id(candidate) || (other && strcmp(candidate, other) == 0))
            continue;
        if (strcmp(is, "publish") != 0) {
            *status = is;
            continue;
        }
        memcpy(id, candidate, sizeof(candidate));
        found = item;
    }
    return found;
}

/* After "-2": is there another one of this delivery? Then the second one goes. Where the site does
 * not tell, it stays: it is the message. */
static enum channel_next take_comparison(const struct channel_job *job,
                                         struct channel_progress *progress,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    const char *status;
    char id[WORDPRESS_ID_SIZE];

    bool is_list = shared_is_success(reply) && json_is_array(root);
    const struct json *first =
        is_list ? find_ours(job, root, progress->posts[0].id, id, &status) : NULL;
    if (!first)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    snprintf(progress->handle, sizeof(progress->handle), "%s", progress->posts[0].id);
    record(job, progress, id, json_text(first, "link", NULL));
    progress->stage = WORDPRESS_REMOVING;
    return send_delete(job, progress->handle, action);
}

static enum channel_next take_removal(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, struct channel_action *action)
{
    if (wordpress_is_deleted(reply, root))
        return shared_end_well(reply, OUTCOME_POSTED, action);
    return refusal_end_twice(job, reply, wordpress_verdict(reply, root, EFFECT_REPEATABLE), action);
}

static enum channel_next take_list(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const char *status;
    char id[WORDPRESS_ID_SIZE];

    if (!shared_is_success(reply) || !json_is_array(root))
        return wordpress_end_refused(job, reply, root, EFFECT_NONE, action);
    const struct json *ours = find_ours(job, root, NULL, id, &status);
    if (ours) {
        record(job, progress, id, json_text(ours, "link", NULL));
        return shared_end_well(reply, OUTCOME_POSTED, action);
    }
    if (!status)
        return shared_end_well(reply, OUTCOME_ABSENT, action);
    struct verdict verdict = held_back(OUTCOME_UNKNOWN, status);
    return shared_end(job, reply, &verdict, action);
}

/* --- the tasks ------------------------------------------------------------------------------- */

/* From the start, after a restart or a pause. A second post that must go goes first. */
static enum channel_next begin_post(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    struct channel_action *action)
{
    enum channel_next next;

    if (progress->stage == WORDPRESS_REMOVING && wordpress_is_id(progress->handle))
        return send_delete(job, progress->handle, action);
    if (progress->stage == WORDPRESS_COMPARING && progress->post_count > 0)
        return send_list(job, progress, WORDPRESS_COMPARING, action);
    if (progress->post_count > 0)
        return shared_end_well(NULL, OUTCOME_POSTED, action);
    if (progress->stage != WORDPRESS_POSTING &&
        wordpress_media_step(job, progress, NULL, NULL, action, &next))
        return next;
    return send_post(job, progress, action);
}

static enum channel_next take_answer(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    enum channel_next next;

    switch (progress->stage) {
    case WORDPRESS_UPLOADING:
        if (wordpress_media_step(job, progress, reply, root, action, &next))
            return next;
        return send_post(job, progress, action);
    case WORDPRESS_POSTING:
        return take_post(job, progress, reply, root, action);
    case WORDPRESS_COMPARING:
        return take_comparison(job, progress, reply, root, action);
    case WORDPRESS_REMOVING:
        return take_removal(job, reply, root, action);
    default:
        return begin_post(job, progress, action);
    }
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    if (!reply)
        return begin_post(job, progress, action);
    return tasks_take(take_answer, job, progress, reply, action);
}

static enum channel_next step_find(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || progress->stage != WORDPRESS_FINDING)
        return send_list(job, progress, WORDPRESS_FINDING, action);
    return tasks_take(take_list, job, progress, reply, action);
}

static enum channel_next send_deletion(const void *network, const struct channel_job *job,
                                       const struct channel_progress *progress,
                                       struct channel_action *action)
{
    (void)network;
    return send_delete(job, progress->posts[progress->part].id, action);
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return wordpress_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

static bool is_here(const struct channel_job *job, const struct post *post)
{
    return tasks_is_below(account_setting(job->account, "site"), post);
}

static const struct driver_deletion deletion = {WORDPRESS_DELETING, send_deletion,
                                                wordpress_is_deleted, refuse_deletion, is_here};

/* --- the driver ------------------------------------------------------------------------------ */

static const char no_password[] =
    N_("the application password is not 24 letters and digits (spaces between them do not count): "
       "it is made in the user's profile, and is not the password to log in with");
static const char no_user[] = N_("the user's name is empty, or has a colon or a line feed");

static bool is_password(const char *password)
{
    size_t length = 0;

    for (const char *at = password; *at; at++) {
        bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (is_letter || (*at >= '0' && *at <= '9'))
            length++;
        else if (*at != ' ')
            return false;
    }
    return length == PASSWORD_LENGTH;
}

static const char *credential_fault(const struct credential *credential)
{
    const char *user = credential_find(credential, "user");
    const char *password = credential_find(credential, "application-password");

    if (!user || !user[0] || strpbrk(user, ":\r\n"))
        return no_user;
    return password && is_password(password) ? NULL : no_password;
}

static bool is_category(const char *category)
{
    return strlen(category) <= CATEGORY_DIGITS_MAX && category[0] != '0' &&
           shared_consists_of(category, "0123456789");
}

static bool is_switch(const char *value)
{
    return is_yes(value) || strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

static const char *missing_part(const struct channel_job *job)
{
    const struct account *account = job->account;
    const char *fault = job->credential ? credential_fault(job->credential) : no_user;
    const char *site = account_setting(account, "site");
    const char *api = account_setting(account, "api");
    const char *category = account_setting(account, "category");
    const char *sticky = account_setting(account, "sticky");
    char longest[WORDPRESS_ROOT_SIZE];

    if (fault)
        return fault;
    if (!site || !url_is_acceptable(site) || strchr(site, '?') != NULL)
        return N_("the account's setting 'site' is not an https address");
    if (!wordpress_site_path(job, "/?rest_route=", longest))
        return N_("the account's setting 'site' is too long");
    if (api && api[0] && (strlen(api) >= WORDPRESS_ROOT_SIZE || !url_is_same_origin(site, api)))
        return N_("the account's setting 'api' is not an address of its site");
    if (category && category[0] && !is_category(category))
        return N_("the account's setting 'category' is not the number of a category");
    if (sticky && sticky[0] && !is_switch(sticky))
        return N_("the account's setting 'sticky' is neither yes nor no");
    return NULL;
}

static const struct driver_tasks tasks = {
    .parts_max = 1,
    .missing = missing_part,
    .post = step_post,
    .find = step_find,
    .deletion = &deletion,
    .check = wordpress_step_check,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"site", false, true, true, N_("the site's address, as in https://www.kommune.no")},
    {"api", false, false, true, N_("where the site's REST API is; the check finds it out")},
    {"category", false, false, false, N_("the number of the category that the posts are put into")},
    {"sticky", false, false, false, N_("yes: the posts stay on top of the site's front page")},
    {"user", true, true, false, N_("the name of a user of the site who may publish posts")},
    {"application-password", true, true, false, N_("made in that user's profile: 24 characters")},
    {NULL, false, false, false, NULL},
};

const struct channel_driver channel_wordpress = {
    .name = "wordpress",
    .title = N_("WordPress site"),
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_WEB | FEATURE_OWN_URL,
    .following = FOLLOWS_LINK,
    .address = "site",
    .limits = {.unit = TEXT_UNIT_BYTES, .limit = WEB_TEXT_MAX_BYTES, .threads = false},
    .media = {.images_max = 10,
              .image_max_bytes = (size_t)8 * MIB,
              .image_types = "image/jpeg image/png",
              .alt_max = 500}, /* part of a URL */
    .fields = fields,
    .credential_fault = credential_fault,
    .stages = stages,
    .step = step,
    .answers = {{800, 4000}, 1},
};
