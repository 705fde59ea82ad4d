/*
 * Does the account work, without posting: where is the site's REST API, does it take application
 * passwords, who is the user, may the user publish?
 *
 * The site names its API in a Link header. One on another origin is not followed: the password is
 * the site's. Without a header it is looked for where it usually is, then where it always is.
 * progress.handle is the place that is being looked at.
 */
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"
#include "wire/link_header.h"

#include "channels/tasks.h"
#include "channels/wordpress.h"

static const char usual_place[] = "/wp-json";
static const char lasting_place[] = "/?rest_route="; /* also without permalinks */

static enum channel_next send_site(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    char site[WORDPRESS_ROOT_SIZE];

    progress->stage = WORDPRESS_CHECKING_SITE;
    wordpress_site_path(job, "/", site);
    http_request_reset(&action->request, HTTP_HEAD, EFFECT_NONE);
    text_add(&action->request.url, site);
    return shared_send(job, action);
}

/* Without the password: nobody knows yet what answers there. */
static enum channel_next send_api(const struct channel_job *job, struct channel_progress *progress,
                                  struct channel_action *action)
{
    progress->stage = WORDPRESS_CHECKING_API;
    wordpress_start_request(action, HTTP_GET, EFFECT_NONE, progress->handle, "/", NULL,
                            "namespaces,authentication");
    return shared_send(job, action);
}

static enum channel_next send_user(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    progress->stage = WORDPRESS_CHECKING_USER;
    wordpress_start_request(action, HTTP_GET, EFFECT_NONE, progress->handle, "/wp/v2/users/me",
                            NULL, "name,capabilities");
    query_add(&action->request.url, "context", "edit"); /* else it does not tell what it may */
    wordpress_authorize(job, &action->request);
    return shared_send(job, action);
}

/* WordPress leaves a category that it does not have out, and says nothing. */
static enum channel_next send_category(const struct channel_job *job,
                                       struct channel_progress *progress,
                                       struct channel_action *action)
{
    const char *category = account_setting(job->account, "category");

    if (!category || !category[0])
        return send_user(job, progress, action);
    progress->stage = WORDPRESS_CHECKING_CATEGORY;
    wordpress_start_request(action, HTTP_GET, EFFECT_NONE, progress->handle, "/wp/v2/categories/",
                            category, "id");
    wordpress_authorize(job, &action->request);
    return shared_send(job, action);
}

static enum channel_next take_site(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    const char *site = account_setting(job->account, "site");
    char *root = progress->handle;

    if (reply->status >= 300 && reply->status <= 399) {
        struct verdict verdict = shared_verdict_of_status(reply, EFFECT_NONE);
        char place[WORDPRESS_ROOT_SIZE];
        verdict.sentence = N_("the site sends visitors to another address");
        verdict.next = N_("register that address as the setting 'site'");
        if (http_reply_header(reply, "location", place, sizeof(place)))
            verdict.detail = place;
        return shared_end(job, reply, &verdict, action);
    }
    if (link_header_find(reply, "https://api.w.org/", site, root, sizeof(progress->handle)) &&
        url_is_same_origin(site, root)) {
        size_t length = strlen(root);
        while (length > 0 && root[length - 1] == '/')
            root[--length] = '\0';
    } else {
        wordpress_site_path(job, usual_place, root);
    }
    return send_api(job, progress, action);
}

static bool has_posts(const struct json *root)
{
    const struct json *names = json_get(root, "namespaces", NULL);

    for (size_t i = 0; i < json_count(names); i++) {
        const char *name = json_text(json_item(names, i), NULL);
        if (name && strcmp(name, "wp/v2") == 0)
            return true;
    }
    return false;
}

/* A site may show its API to nobody without a password: its refusal has a code of its own. */
static bool is_reserved(const struct http_reply *reply, const struct json *root)
{
    return (reply->status == 401 || reply->status == 403) && json_text(root, "code", NULL);
}

static enum channel_next take_api(const struct channel_job *job, struct channel_progress *progress,
                                  const struct http_reply *reply, const struct json *root,
                                  struct channel_action *action)
{
    char lasting[WORDPRESS_ROOT_SIZE];

    if (shared_is_success(reply) && has_posts(root)) {
        /* An empty list instead of an object: there are no application passwords. */
        if (!json_is_array(json_get(root, "authentication", NULL)))
            return send_category(job, progress, action);
        struct verdict verdict = {
            .result = OUTCOME_FAILED,
            .kind = FAILURE_PERMISSION,
            .sentence = N_("the site has switched application passwords off"),
            .next = N_("ask the municipality to switch them on; they need https"),
            .retry_after_ms = -1,
        };
        return shared_end(job, reply, &verdict, action);
    }
    if (is_reserved(reply, root))
        return send_category(job, progress, action);
    wordpress_site_path(job, lasting_place, lasting);
    if (reply->status == 429 || reply->status >= 500 || strcmp(progress->handle, lasting) == 0)
        return wordpress_end_refused(job, reply, root, EFFECT_NONE, action);
    memcpy(progress->handle, lasting, sizeof(lasting));
    return send_api(job, progress, action);
}

/* The name of who may publish; where the API is, unless the account goes there already. */
static enum channel_next end_checked(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     const struct http_reply *reply, const char *name,
                                     struct channel_action *action)
{
    struct channel_outcome *outcome = &action->outcome;
    char known[WORDPRESS_ROOT_SIZE];

    if (strlen(progress->handle) >= sizeof(outcome->learnt_value))
        return shared_end_unfit(job, reply, FAILURE_PROTOCOL,
                                N_("the address of the site's REST API is too long"), action);
    wordpress_root(job, known);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    shared_copy_words(job, name, outcome->identity, sizeof(outcome->identity));
    if (strcmp(progress->handle, known) != 0)
        shared_learn(job, "api", progress->handle, outcome);
    return NEXT_DONE;
}

static enum channel_next take_user(const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const char *name = json_text(root, "name", NULL);

    if (!shared_is_success(reply) || !name)
        return wordpress_end_refused(job, reply, root, EFFECT_NONE, action);
    if (json_is_true(root, "capabilities", "publish_posts", NULL))
        return end_checked(job, progress, reply, name, action);
    struct verdict verdict = {
        .result = OUTCOME_FAILED,
        .kind = FAILURE_PERMISSION,
        .sentence = N_("the user may not publish posts on the site"),
        .next = N_("ask the municipality to give the user the role Author on its site"),
        .retry_after_ms = -1,
    };
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next take_category(const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply, const struct json *root,
                                       struct channel_action *action)
{
    if (!shared_is_success(reply) || !json_is_object(root))
        return wordpress_end_refused(job, reply, root, EFFECT_NONE, action);
    return send_user(job, progress, action);
}

static enum channel_next take_answer(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    switch (progress->stage) {
    case WORDPRESS_CHECKING_SITE:
        return take_site(job, progress, reply, action);
    case WORDPRESS_CHECKING_API:
        return take_api(job, progress, reply, root, action);
    case WORDPRESS_CHECKING_CATEGORY:
        return take_category(job, progress, reply, root, action);
    case WORDPRESS_CHECKING_USER:
        return take_user(job, progress, reply, root, action);
    default:
        return send_site(job, progress, action);
    }
}

enum channel_next wordpress_step_check(const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply,
                                       struct channel_action *action)
{
    if (!reply)
        return send_site(job, progress, action);
    return tasks_take(take_answer, job, progress, reply, action);
}
