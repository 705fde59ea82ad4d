/*
 * Facebook pages, by the Graph API (Pages API, "Posts"; reference /{page}/feed): one request posts.
 * There is no idempotency key, so a post in doubt is looked for among the page's published posts.
 *
 * Pictures are uploaded before the post, unpublished, and the post names them. One that Facebook
 * refuses is left out, and a post that is refused with pictures goes out once more without.
 *
 * The link stays in the text: with the parameter `link` the whole post fails when Facebook cannot
 * open the page behind it, and a municipality's site is often down in a crisis. Only the earlier
 * post is named so, when a message follows another: a page's posts cannot be replies. Where that is
 * refused, the post goes out without.
 */
#include "channels/facebook.h"

#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/access_token.h"
#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/facebook_reply.h"
#include "channels/graph_request.h"
#include "channels/link_back.h"
#include "channels/match.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/upload.h"

static const char *const stages[] = {"start",           "posting",       "finding",
                                     "deleting",        "checking-page", "checking-token",
                                     "checking-rights", "uploading",     NULL};

static bool read_post(const struct channel_job *job, const struct json *object, struct post *post)
{
    if (!graph_read_id(object, post->id, sizeof(post->id)))
        return false;
    shared_copy_url(job, json_text(object, "permalink_url", NULL), post->url, sizeof(post->url));
    if (!post->url[0])
        snprintf(post->url, sizeof(post->url), "https://www.facebook.com/%s", post->id);
    return true;
}

static enum channel_next send_post(const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   struct channel_action *action)
{
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_POST, EFFECT_ONCE);
    facebook_add_endpoint(job, &request->url);
    percent_add(&request->url, facebook_page_of(job));
    text_add(&request->url, "/feed");
    http_request_header(request, "Content-Type", "application/x-www-form-urlencoded");
    http_request_header(request, "Accept", "application/json");
    facebook_add_text(job, progress, &request->body);
    facebook_add_photos(progress, &request->body);
    form_add(&request->body, "published", "true");
    form_add(&request->body, "fields", "id,permalink_url,created_time");
    facebook_add_credential(job, &request->body, form_add);
    return shared_send(job, action);
}

/* The next picture, or after the last one the post; polls counts how often that was asked for, 2:
 * more than once. */
static enum channel_next send_next(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    const struct media *media = upload_next(&channel_facebook.media, job, progress);

    progress->stage = media ? FACEBOOK_UPLOADING : FACEBOOK_POSTING;
    if (!media)
        progress->polls = progress->polls ? 2 : 1;
    return media ? facebook_send_photo(job, media, action) : send_post(job, progress, action);
}

static enum channel_next take_photo(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, const struct json *root,
                                    struct channel_action *action)
{
    char id[UPLOAD_ID_SIZE], code[GRAPH_CODE_SIZE];

    if (shared_is_success(reply) && graph_read_id(root, id, sizeof(id))) {
        upload_keep(progress, id);
        return send_next(job, progress, action);
    }
    struct verdict verdict = facebook_verdict(reply, root, EFFECT_REPEATABLE, code);
    if (!upload_is_refused(&verdict))
        return shared_end(job, reply, &verdict, action);
    upload_leave_out(progress);
    return send_next(job, progress, action);
}

/* Refused because another post has shown these pictures? Asked for more than once, it may be this
 * one. */
static bool were_pictures_posted(const struct channel_progress *progress, const struct json *root,
                                 const struct verdict *verdict)
{
    int64_t subcode;
    return verdict->result == OUTCOME_DUPLICATE && progress->polls == 1 && upload_any(progress) &&
           json_whole(root, &subcode, "error", "error_subcode", NULL) &&
           subcode == FACEBOOK_PICTURES_POSTED;
}

/* Is there something that the post was, or may have been, refused for? It is left out then. */
static bool leave_out_reason(const struct channel_job *job, struct channel_progress *progress,
                             const struct json *root, const struct verdict *verdict)
{
    bool is_content = verdict->result == OUTCOME_FAILED && verdict->kind == FAILURE_CONTENT;

    if (is_content && facebook_is_about_link(root) && facebook_change_link(job, progress))
        return true;
    if (were_pictures_posted(progress, root, verdict) || upload_may_be_reason(progress, verdict)) {
        upload_leave_out_all(progress);
        return true;
    }
    return is_content && facebook_change_link(job, progress);
}

static enum channel_next take_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    struct post post = {.id = ""};
    char code[GRAPH_CODE_SIZE];

    if (shared_is_success(reply) && read_post(job, root, &post)) {
        progress->posts[0] = post;
        progress->post_count = 1;
        progress->part = 1;
        return shared_end_well(reply, OUTCOME_POSTED, action);
    }
    struct verdict verdict = facebook_verdict(reply, root, EFFECT_ONCE, code);
    if (leave_out_reason(job, progress, root, &verdict))
        return send_next(job, progress, action);
    if (verdict.result == OUTCOME_RETRY)
        progress->polls = 0; /* it is not there */
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    if (!reply) {
        if (progress->stage == FACEBOOK_UPLOADING &&
            upload_is_too_often(progress, UPLOAD_TRIES_MAX))
            upload_leave_out(progress);
        return send_next(job, progress, action);
    }
    return tasks_take(progress->stage == FACEBOOK_UPLOADING ? take_photo : take_post, job, progress,
                      reply, action);
}

static enum channel_next send_find(const struct channel_job *job, struct channel_action *action)
{
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_GET, EFFECT_NONE);
    facebook_add_endpoint(job, &request->url);
    percent_add(&request->url, facebook_page_of(job));
    text_add(&request->url, "/published_posts");
    query_add(&request->url, "fields", "id,message,created_time,permalink_url,application");
    query_add(&request->url, "limit", "100");
    http_request_header(request, "Accept", "application/json");
    facebook_add_credential(job, &request->url, query_add);
    return shared_send(job, action);
}

/* Made by another app? Unknown counts as no. */
static bool is_of_other_app(const struct channel_job *job, const struct json *item)
{
    const char *ours = shared_network_setting(job, "app-id");
    char app[64];
    return ours && json_id(item, app, sizeof(app), "application", "id", NULL) &&
           strcmp(app, ours) != 0;
}

/* The list is not in order of time: it is whole when it ends here, or when it goes back beyond our
 * request. Of several posts that may be ours it is the oldest: a later one may be that of a
 * delivery whose request left later, and which could not have the older one. */
static enum outcome_result find_in(const struct channel_job *job, const struct json *root,
                                   struct post *post)
{
    const struct json *items = json_get(root, "data", NULL);
    size_t count = json_count(items), older = 0;
    int64_t oldest_ms = INT64_MAX;
    bool is_timeless = false;

    for (size_t i = 0; i < count; i++) {
        const struct json *item = json_item(items, i);
        const char *message = json_text(item, "message", NULL);
        const char *created = json_text(item, "created_time", NULL);
        enum match_time time = match_created(created, job->first_sent_unix_ms);
        struct post seen = {.id = ""};
        int64_t created_ms;
        older += time == MATCH_BEFORE;
        if (time == MATCH_BEFORE || !message || is_of_other_app(job, item) ||
            !link_back_match(job, message, 0))
            continue;
        bool is_readable = read_post(job, item, &seen);
        if (is_readable && match_known(job, seen.id))
            continue;
        if (time != MATCH_SINCE || !is_readable || !rfc3339_parse(created, &created_ms)) {
            is_timeless = true;
        } else if (created_ms <= oldest_ms) {
            oldest_ms = created_ms;
            *post = seen;
        }
    }
    if (oldest_ms != INT64_MAX)
        return OUTCOME_POSTED;
    bool is_whole = older > 0 || !json_get(root, "paging", "next", NULL);
    return is_timeless || !is_whole ? OUTCOME_UNKNOWN : OUTCOME_ABSENT;
}

static enum channel_next step_find(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    struct post post = {.id = ""};

    progress->stage = FACEBOOK_FINDING;
    if (!reply)
        return send_find(job, action);
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next;
    if (shared_is_success(reply) && json_is_array(json_get(root, "data", NULL))) {
        enum outcome_result result = find_in(job, root, &post);
        if (result == OUTCOME_POSTED) {
            progress->posts[0] = post;
            progress->post_count = 1;
            progress->part = 1;
        }
        next = shared_end_well(reply, result, action);
    } else {
        next = facebook_end_refused(job, reply, root, EFFECT_NONE, action);
    }
    json_free(root);
    return next;
}

static enum channel_next send_delete(const void *network, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    struct http_request *request = &action->request;

    (void)network;
    http_request_reset(request, HTTP_DELETE, EFFECT_REPEATABLE);
    facebook_add_endpoint(job, &request->url);
    percent_add(&request->url, progress->posts[progress->part].id);
    http_request_header(request, "Accept", "application/json");
    facebook_add_credential(job, &request->url, query_add);
    return shared_send(job, action);
}

static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    return (shared_is_success(reply) && json_is_true(root, "success", NULL)) ||
           (reply->status < 500 && graph_is_gone(root));
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return facebook_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

static const struct driver_deletion deletion = {FACEBOOK_DELETING, send_delete, is_deleted,
                                                refuse_deletion, NULL};

static const char *missing_part(const struct channel_job *job)
{
    const char *missing = access_token_fault(job);
    const char *page = facebook_page_of(job);

    if (missing)
        return missing;
    return page && page[0] ? NULL : N_("the account has no setting 'page'");
}

static const struct driver_tasks tasks = {
    .parts_max = 1,
    .missing = missing_part,
    .post = step_post,
    .find = step_find,
    .deletion = &deletion,
    .check = facebook_step_check,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"page", false, true, false, N_("the page's id, a number")},
    {CREDENTIAL_EXPIRES, false, false, false, N_("set by crisis: when the credential ends")},
    {"access-token", true, true, false, N_("a Page access token with pages_manage_posts")},
    {NULL, false, false, false, NULL},
};

const struct channel_driver channel_facebook = {
    .name = "facebook",
    .title = N_("Facebook page"),
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK,
    .following = FOLLOWS_LINK,
    .endpoint = "https://graph.facebook.com/v25.0",
    .limits = {.unit = TEXT_UNIT_UTF16,
               .limit = 63206,
               .threads = false,
               .link_back = LINK_BACK_ROOM(POST_URL_SIZE)},
    .media = {.images_max = 10,
              .image_max_bytes = 4 * 1000 * 1000,
              .image_types = "image/jpeg image/png",
              .alt_max = 1000},
    .fields = fields,
    .forms = NULL,
    .stages = stages,
    .step = step,
    .pace = facebook_pace,
    .answers = {{700, 2500}, 1},
};
