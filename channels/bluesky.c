/*
 * Bluesky, by the AT Protocol (atproto.com, lexicons com.atproto.* and app.bsky.feed.post). A text
 * of several parts is a thread.
 *
 * We choose each record's key before the first attempt and write with putRecord: the same record
 * under the same key again changes nothing, so that what is in doubt is simply sent again. The
 * record must have the same bytes then, its time of creation too: key and time are kept in
 * progress.handle. (createRecord under a key that exists is answered by a bare 500.)
 *
 * Pictures go up before the record (bluesky_media.h). One that the server refuses is left out, and
 * a record that is refused with pictures goes out once more without.
 *
 * The app password opens a session; its two tokens are the secrets of the moment, kept in the
 * vault, because sessions may be opened only 30 times in five minutes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/bluesky_media.h"
#include "channels/bluesky_record.h"
#include "channels/bluesky_reply.h"
#include "channels/bluesky_session.h"
#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/upload.h"

enum stage {
    STAGE_START,
    STAGE_RESOLVING, /* reading the earlier message's post, to reply to it */
    STAGE_POSTING,
    STAGE_FINDING,
    STAGE_DELETING,
    STAGE_CHECKING,
    STAGE_RENEWING,
    STAGE_SIGNING_IN,
    STAGE_UPLOADING,
};

static const char *const stages[] = {"start",    "resolving", "posting",    "finding",   "deleting",
                                     "checking", "renewing",  "signing-in", "uploading", NULL};

/* --- requests -------------------------------------------------------------------------------- */

static void start_get_record(const struct channel_job *job, struct channel_action *action,
                             const char *repository, const char *key)
{
    bluesky_start_request(job, action, HTTP_GET, EFFECT_NONE, "com.atproto.repo.getRecord");
    query_add(&action->request.url, "repo", repository);
    query_add(&action->request.url, "collection", BLUESKY_COLLECTION);
    query_add(&action->request.url, "rkey", key);
}

static enum channel_next send_record(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    bluesky_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, "com.atproto.repo.putRecord");
    http_request_header(&action->request, "Content-Type", "application/json");
    if (!bluesky_record_add(job, progress, &action->request.body))
        return shared_end_unfit(job, NULL, FAILURE_PROTOCOL,
                                N_("what was recorded of this post is not readable"), action);
    return shared_send(job, action);
}

/* --- posting --------------------------------------------------------------------------------- */

/* The next picture, or after the last one the record. */
static enum channel_next go_on(const struct channel_job *job, struct channel_progress *progress,
                               const struct http_reply *reply, const struct json *root,
                               struct channel_action *action)
{
    enum channel_next next;

    progress->stage = STAGE_UPLOADING;
    if (bluesky_media_step(job, progress, reply, root, action, &next))
        return next;
    progress->stage = STAGE_POSTING;
    return send_record(job, progress, action);
}

/* The first step: a key, and what the post replies to. */
static enum channel_next begin(const struct channel_job *job, struct channel_progress *progress,
                               struct channel_action *action)
{
    struct bluesky_uri uri;

    bluesky_keys_choose(job, progress);
    if (job->reply_to && bluesky_uri_read(job->reply_to->id, &uri)) {
        progress->stage = STAGE_RESOLVING;
        start_get_record(job, action, uri.repository, uri.key);
        return shared_send(job, action);
    }
    return go_on(job, progress, NULL, NULL, action);
}

/* A post that is gone, or does not say what it is, is not replied to: the message goes by itself.
 */
static enum channel_next take_resolved(const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply, const struct json *root,
                                       struct channel_action *action)
{
    const char *cid = json_text(root, "cid", NULL);
    const char *root_uri = json_text(root, "value", "reply", "root", "uri", NULL);
    const char *root_cid = json_text(root, "value", "reply", "root", "cid", NULL);
    bool is_gone = bluesky_is_error(root, "RecordNotFound");

    if (!shared_is_success(reply) && !is_gone)
        return bluesky_end_refused(job, reply, root, action);
    if (shared_is_success(reply) && cid)
        bluesky_keys_reply(job, progress, job->reply_to->id, cid, root_uri, root_cid);
    return go_on(job, progress, NULL, NULL, action);
}

/* Records the post that an answer tells of. It must be the account's own: the next part refers to
 * it, and people are shown the way to it. */
static bool take_post(const struct channel_job *job, struct channel_progress *progress,
                      const struct http_reply *reply, const struct json *root)
{
    struct post *post = &progress->posts[progress->part];
    const char *uri = json_text(root, "uri", NULL);
    const char *cid = json_text(root, "cid", NULL);
    const char *own = bluesky_repository(job);
    struct bluesky_uri parts;

    if (!shared_is_success(reply) || !uri || !cid || !bluesky_uri_read(uri, &parts) || !own ||
        strcmp(parts.repository, own) != 0 || !bluesky_keys_next(progress, uri, cid))
        return false;
    snprintf(post->id, sizeof(post->id), "%s", uri);
    snprintf(post->url, sizeof(post->url), "https://bsky.app/profile/%s/post/%s", parts.repository,
             parts.key);
    progress->part++;
    progress->post_count = progress->part;
    return true;
}

static enum channel_next take_record(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    if (!take_post(job, progress, reply, root)) {
        struct verdict verdict = bluesky_verdict(reply, root);
        if (bluesky_is_over(root) || !upload_may_be_reason(progress, &verdict))
            return bluesky_end_refused(job, reply, root, action);
        upload_leave_out_all(progress);
    }
    if (progress->part == job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    return send_record(job, progress, action);
}

static enum channel_next step_again(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    struct channel_action *action)
{
    char key[BLUESKY_KEY_SIZE];

    if (progress->stage == STAGE_POSTING)
        return send_record(job, progress, action);
    if (progress->stage != STAGE_UPLOADING || !bluesky_keys_read(progress, key))
        return begin(job, progress, action);
    if (upload_is_too_often(progress, UPLOAD_TRIES_MAX))
        upload_leave_out(progress);
    return go_on(job, progress, NULL, NULL, action);
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    enum channel_next next;

    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    if (!reply)
        return step_again(job, progress, action);
    struct json *root = json_parse(reply->body, reply->body_size);
    if (progress->stage == STAGE_RESOLVING)
        next = take_resolved(job, progress, reply, root, action);
    else if (progress->stage == STAGE_UPLOADING)
        next = go_on(job, progress, reply, root, action);
    else
        next = take_record(job, progress, reply, root, action);
    json_free(root);
    return next;
}

/* --- finding, retracting, checking ----------------------------------------------------------- */

static enum channel_next send_find(const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    char key[BLUESKY_KEY_SIZE];

    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    if (!bluesky_keys_read(progress, key))
        return shared_end_well(reply, OUTCOME_ABSENT, action); /* nothing was ever sent */
    start_get_record(job, action, bluesky_repository(job), key);
    return shared_send(job, action);
}

static enum channel_next take_found(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, const struct json *root,
                                    struct channel_action *action)
{
    if (reply->status < 500 && bluesky_is_error(root, "RecordNotFound"))
        return shared_end_well(reply, OUTCOME_ABSENT, action);
    if (!take_post(job, progress, reply, root))
        return bluesky_end_refused(job, reply, root, action);
    return send_find(job, progress, reply, action);
}

static enum channel_next step_find(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || progress->stage != STAGE_FINDING) {
        progress->stage = STAGE_FINDING;
        progress->part = progress->post_count;
        return send_find(job, progress, NULL, action);
    }
    return tasks_take(take_found, job, progress, reply, action);
}

static enum channel_next send_delete(const void *network, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    struct text *body = &action->request.body;
    struct bluesky_uri uri;

    (void)network;
    if (!bluesky_uri_read(progress->posts[progress->part].id, &uri))
        return shared_end_unfit(job, NULL, FAILURE_PROTOCOL,
                                N_("the post's id is not one of Bluesky"), action);
    bluesky_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE,
                          "com.atproto.repo.deleteRecord");
    http_request_header(&action->request, "Content-Type", "application/json");
    text_add_char(body, '{');
    json_add_member(body, "repo", uri.repository);
    json_add_member(body, "collection", BLUESKY_COLLECTION);
    json_add_member(body, "rkey", uri.key);
    text_add_char(body, '}');
    return shared_send(job, action);
}

/* Deleting what is not there is answered with 200 as well. */
static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    return shared_is_success(reply) || bluesky_is_error(root, "RecordNotFound");
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return bluesky_end_refused(job, reply, root, action);
}

static const struct driver_deletion deletion = {STAGE_DELETING, send_delete, is_deleted,
                                                refuse_deletion, NULL};

/* The status says why: "takendown", "suspended", "deactivated". */
static enum channel_next end_inactive(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, struct channel_action *action)
{
    struct verdict verdict = {OUTCOME_FAILED,
                              FAILURE_PERMISSION,
                              NULL,
                              N_("the account is not active"),
                              json_text(root, "status", NULL),
                              bluesky_log_in,
                              -1};
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next take_session(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, struct channel_action *action)
{
    const char *handle = json_text(root, "handle", NULL);
    const char *did = json_text(root, "did", NULL);

    if (!shared_is_success(reply) || !handle || !did)
        return bluesky_end_refused(job, reply, root, action);
    if (json_is_false(root, "active", NULL))
        return end_inactive(job, reply, root, action);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    shared_copy_words(job, handle, action->outcome.identity, sizeof(action->outcome.identity));
    return NEXT_DONE;
}

static enum channel_next step_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || progress->stage != STAGE_CHECKING) {
        progress->stage = STAGE_CHECKING;
        bluesky_start_request(job, action, HTTP_GET, EFFECT_NONE, "com.atproto.server.getSession");
        return shared_send(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = take_session(job, reply, root, action);
    json_free(root);
    return next;
}

/* --- the session ----------------------------------------------------------------------------- */

/* First by the session's own second token, which is cheap; when that is over, by the password. */
static enum channel_next step_renew(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || (progress->stage != STAGE_RENEWING && progress->stage != STAGE_SIGNING_IN)) {
        progress->stage = bluesky_has_refresh_token(job) ? STAGE_RENEWING : STAGE_SIGNING_IN;
        return progress->stage == STAGE_RENEWING ? bluesky_send_refresh(job, action)
                                                 : bluesky_send_sign_in(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next;
    if (bluesky_take_session(job, reply, root, action)) {
        next = shared_end_well(reply, OUTCOME_RENEWED, action);
    } else if (progress->stage == STAGE_RENEWING &&
               (reply->status == 400 || reply->status == 401)) {
        progress->stage = STAGE_SIGNING_IN;
        next = bluesky_send_sign_in(job, action);
    } else {
        next = bluesky_end_refused(job, reply, root, action);
    }
    json_free(root);
    return next;
}

/* --- the driver ------------------------------------------------------------------------------ */

static bool needs_renewal(const struct channel_job *job, const struct http_reply *reply)
{
    (void)reply;
    return job->task != TASK_RENEW && !bluesky_has_session(job);
}

static const struct driver_tasks tasks = {
    .parts_max = THREAD_PARTS_MAX,
    .missing = bluesky_missing_part,
    .needs_renewal = needs_renewal,
    .post = step_post,
    .find = step_find,
    .deletion = &deletion,
    .check = step_check,
    .renew = step_renew,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"handle", false, true, false, N_("the account's name, as in oslo.kommune.no")},
    {"server", false, false, true,
     N_("where the account lives, unless that is https://bsky.social")},
    {"app-password", true, true, false, N_("an app password, from the account's settings")},
    /* What the sessions leave in the vault. */
    {"access-token", true, false, false, N_("set by crisis: the session's token")},
    {"refresh-token", true, false, false, N_("set by crisis: what renews the session")},
    {"did", true, false, false, N_("set by crisis: the account's identifier")},
    {NULL, false, false, false, NULL},
};

static const struct channel_quota quotas[] = {
    {1666, 60 * 60 * 1000, false}, /* 5,000 points an hour, three for a post */
    {0, 0, false},
};

const struct channel_driver channel_bluesky = {
    .name = "bluesky",
    .title = "Bluesky",
    .features = FEATURE_THREADS | FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK |
                FEATURE_REPEATABLE | FEATURE_RENEW,
    .following = FOLLOWS_REPLY,
    .endpoint = "https://bsky.social",
    .address = "server",
    .limits = {.unit = TEXT_UNIT_GRAPHEMES, .limit = 300, .threads = true, .limit_bytes = 3000},
    .media = {.images_max = 4,
              .image_max_bytes = 1000 * 1000,
              .image_types = "image/jpeg image/png",
              .alt_max = 2000},
    .fields = fields,
    .stages = stages,
    .step = step,
    .pace = bluesky_pace,
    .quotas = quotas,
    .answers = {{300, 1000}, 2},
};
