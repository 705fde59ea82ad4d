#include "channels/facebook.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"

#include "channels/facebook_reply.h"
#include "channels/graph_request.h"
#include "channels/shared.h"

/* The rights of the token, which only the app itself may ask for. */
static enum channel_next send_check_rights(const struct channel_job *job,
                                           struct channel_action *action)
{
    struct http_request *request = &action->request;
    struct text app_token;

    http_request_reset(request, HTTP_GET, EFFECT_NONE);
    text_init_secret(&app_token, 1024);
    text_add(&app_token, shared_network_setting(job, "app-id"));
    text_add_char(&app_token, '|');
    text_add(&app_token, shared_app_secret(job, "app-secret"));
    facebook_add_endpoint(job, &request->url);
    text_add(&request->url, "debug_token");
    query_add(&request->url, "input_token", credential_find(job->credential, "access-token"));
    query_add(&request->url, "access_token", app_token.bytes);
    request->url.overflowed |= app_token.overflowed;
    http_request_header(request, "Accept", "application/json");
    text_release(&app_token);
    return shared_send(job, action);
}

static enum channel_next send_check(const struct channel_job *job, unsigned stage,
                                    struct channel_action *action)
{
    struct text page;

    if (stage == FACEBOOK_CHECKING_TOKEN)
        return facebook_send_read(job, "me", "id,name", action);
    if (stage == FACEBOOK_CHECKING_RIGHTS)
        return send_check_rights(job, action);
    text_init(&page, URL_MAX_BYTES);
    percent_add(&page, facebook_page_of(job));
    enum channel_next next =
        facebook_send_read(job, page.bytes, "id,name,is_published,can_post", action);
    text_release(&page);
    return next;
}

/* The handle keeps the page's id, a space, and its name. */
static void copy_page_id(const struct channel_progress *progress, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)strcspn(progress->handle, " "), progress->handle);
}

static enum channel_next end_checked(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action)
{
    int id_length = (int)strcspn(progress->handle, " ");
    char identity[512];

    shared_end_well(reply, OUTCOME_CHECKED, action);
    snprintf(identity, sizeof(identity), "%s (%.*s)", progress->handle + id_length, id_length,
             progress->handle);
    shared_copy_words(job, identity, action->outcome.identity, sizeof(action->outcome.identity));
    return NEXT_DONE;
}

static enum channel_next read_page(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    char id[64];
    char name[128] = "";
    const char *words = json_text(root, "name", NULL);
    static const struct verdict hidden = {
        OUTCOME_FAILED,
        FAILURE_PERMISSION,
        NULL,
        N_("the page is not published"),
        NULL,
        N_("the municipality must publish the page, in its settings on Facebook"),
        -1};

    if (!graph_read_id(root, id, sizeof(id)))
        return facebook_end_refused(job, reply, root, EFFECT_NONE, action);
    if (json_is_false(root, "is_published", NULL))
        return shared_end(job, reply, &hidden, action);
    if (json_is_false(root, "can_post", NULL))
        return shared_end_unfit(job, reply, FAILURE_PERMISSION,
                                N_("the token may not post on the page"), action);
    if (words)
        shared_copy_words(job, words, name, sizeof(name));
    snprintf(progress->handle, sizeof(progress->handle), "%s %s", id, name);
    progress->stage = FACEBOOK_CHECKING_TOKEN;
    return send_check(job, progress->stage, action);
}

/* A Page token stands for the page itself; a person's would post in the person's name, or not. */
static enum channel_next read_who(const struct channel_job *job, struct channel_progress *progress,
                                  const struct http_reply *reply, const struct json *root,
                                  struct channel_action *action)
{
    char id[64], page[64];

    if (!graph_read_id(root, id, sizeof(id)))
        return facebook_end_refused(job, reply, root, EFFECT_NONE, action);
    copy_page_id(progress, page, sizeof(page));
    if (strcmp(id, page) != 0)
        return shared_end_unfit(job, reply, FAILURE_CREDENTIAL,
                                N_("the token is not this page's own (a Page token is needed)"),
                                action);
    if (!shared_network_setting(job, "app-id") || !shared_app_secret(job, "app-secret"))
        return end_checked(job, progress, reply, action);
    progress->stage = FACEBOOK_CHECKING_RIGHTS;
    return send_check(job, progress->stage, action);
}

/* granular_scopes without target_ids holds for all pages. */
static bool has_right(const struct json *data, const char *right, const char *page)
{
    const struct json *scopes = json_get(data, "scopes", NULL);
    const struct json *granular = json_get(data, "granular_scopes", NULL);
    bool is_there = false;

    for (size_t i = 0; i < json_count(scopes); i++) {
        const char *scope = json_text(json_item(scopes, i), NULL);
        is_there |= scope && strcmp(scope, right) == 0;
    }
    for (size_t i = 0; is_there && i < json_count(granular); i++) {
        const struct json *item = json_item(granular, i);
        const struct json *targets = json_get(item, "target_ids", NULL);
        const char *scope = json_text(item, "scope", NULL);
        if (!scope || strcmp(scope, right) != 0 || json_count(targets) == 0)
            continue;
        is_there = false;
        for (size_t t = 0; t < json_count(targets); t++) {
            const char *target = json_text(json_item(targets, t), NULL);
            is_there |= target && strcmp(target, page) == 0;
        }
    }
    return is_there;
}

static enum channel_next read_rights(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    const struct json *data = json_get(root, "data", NULL);
    int64_t expires_s = 0;
    char page[64];

    if (!json_is_object(data))
        return facebook_end_refused(job, reply, root, EFFECT_NONE, action);
    if (!json_is_true(data, "is_valid", NULL))
        return shared_end_unfit(job, reply, FAILURE_CREDENTIAL,
                                N_("Facebook says that the token is not valid"), action);
    copy_page_id(progress, page, sizeof(page));
    if (!has_right(data, "pages_manage_posts", page))
        return shared_end_unfit(job, reply, FAILURE_PERMISSION,
                                N_("the token lacks pages_manage_posts for this page"), action);
    enum channel_next next = end_checked(job, progress, reply, action);
    if (json_whole(data, &expires_s, "expires_at", NULL) && expires_s > 0 &&
        expires_s < INT64_MAX / 1000)
        action->outcome.expires_unix_ms = expires_s * 1000;
    return next;
}

/* What is asked with the app's own id and secret is refused for them. */
static enum channel_next end_app_refused(const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    char code[GRAPH_CODE_SIZE];
    struct verdict verdict = facebook_verdict(reply, root, EFFECT_NONE, code);

    if (verdict.kind == FAILURE_CREDENTIAL) {
        verdict.sentence = N_("Facebook does not accept the app's id and secret");
        verdict.next = N_("the coordinator must check `app-id` and `app-secret` of `networks: "
                          "facebook` in crisis.yaml");
    }
    return shared_end(job, reply, &verdict, action);
}

enum channel_next facebook_step_check(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, struct channel_action *action)
{
    /* It only reads: after a restart it begins anew. */
    if (!reply || progress->stage < FACEBOOK_CHECKING_PAGE ||
        progress->stage > FACEBOOK_CHECKING_RIGHTS) {
        progress->stage = FACEBOOK_CHECKING_PAGE;
        return send_check(job, progress->stage, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next;
    if (!shared_is_success(reply) && progress->stage == FACEBOOK_CHECKING_RIGHTS)
        next = end_app_refused(job, reply, root, action);
    else if (!shared_is_success(reply))
        next = facebook_end_refused(job, reply, root, EFFECT_NONE, action);
    else if (progress->stage == FACEBOOK_CHECKING_PAGE)
        next = read_page(job, progress, reply, root, action);
    else if (progress->stage == FACEBOOK_CHECKING_TOKEN)
        next = read_who(job, progress, reply, root, action);
    else
        next = read_rights(job, progress, reply, root, action);
    json_free(root);
    return next;
}
