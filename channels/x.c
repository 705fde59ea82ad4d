/*
 * X, by its API v2. A text of several parts is a thread: each part replies to the one before. There
 * is no idempotency key; parts in doubt are looked for in the account's own timeline.
 *
 * Pictures go up before the post (x_media.h). One that X refuses is left out, and a post that is
 * refused with pictures goes out once more without.
 *
 * Two credentials: an OAuth 2.0 user token, or the four secrets of OAuth 1.0a, where the app's two
 * may be the coordinator's (networks: x) instead of the account's.
 */
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "model/failure_forms.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/access_token.h"
#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/upload.h"
#include "channels/x_find.h"
#include "channels/x_media.h"
#include "channels/x_renew.h"
#include "channels/x_reply.h"
#include "channels/x_request.h"

static const char *const stages[] = {"start",      "posting",  "finding-user", "finding",
                                     "deleting",   "checking", "renewing",     "uploading",
                                     "describing", NULL};

/* progress.handle of a POST whose first part was refused as a reply and goes out by itself. */
static const char by_itself[] = "by-itself";

static const char *reply_target(const struct channel_job *job,
                                const struct channel_progress *progress)
{
    const char *id = shared_earlier_id(job, progress);
    bool is_alone = progress->part == 0 && strcmp(progress->handle, by_itself) == 0;

    return id && x_is_id(id) && !is_alone ? id : NULL;
}

static enum channel_next send_part(const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   struct channel_action *action)
{
    struct http_request *request = &action->request;
    const char *target = reply_target(job, progress);

    x_start_request(job, action, HTTP_POST, EFFECT_ONCE, "/2/tweets");
    http_request_header(request, "Content-Type", "application/json");
    text_add_char(&request->body, '{');
    json_add_member(&request->body, "text", job->draft->parts[progress->part]);
    if (target) {
        json_add_name(&request->body, "reply");
        text_add_char(&request->body, '{');
        json_add_member(&request->body, "in_reply_to_tweet_id", target);
        text_add_char(&request->body, '}');
    }
    if (progress->part == 0)
        x_media_add(progress, &request->body);
    text_add_char(&request->body, '}');
    return x_send(job, action);
}

/* Of a thread the part before may be gone. A post that replies to nothing names nothing that could
 * be. */
static void explain_gone(const struct channel_progress *progress, struct verdict *verdict)
{
    if (progress->part == 0) {
        verdict->kind = FAILURE_PROTOCOL;
        return;
    }
    verdict->sentence = N_("the part before it is not there any more");
    verdict->next =
        N_("an earlier part is gone: look at the account, retract what is left, then send "
           "again");
}

static enum channel_next end_part_refused(const struct channel_job *job,
                                          struct channel_progress *progress,
                                          const struct http_reply *reply, const struct json *root,
                                          struct channel_action *action)
{
    char code[X_CODE_SIZE];
    char sentence[256];
    struct verdict verdict = x_judge(job, reply, root, EFFECT_ONCE, code);

    if (upload_may_be_reason(progress, &verdict)) {
        upload_leave_out_all(progress);
        return send_part(job, progress, action);
    }
    if (x_is_gone(reply, root) && !shared_is_success(reply))
        explain_gone(progress, &verdict);
    if (progress->part > 0) {
        snprintf(sentence, sizeof(sentence), FORM_PART, progress->part + 1, job->draft->part_count,
                 verdict.sentence);
        verdict.sentence = sentence;
    }
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next take_part(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    struct post *post = &progress->posts[progress->part];
    char id[X_ID_SIZE];

    if (x_read_id(reply, root, id)) {
        memcpy(post->id, id, strlen(id) + 1);
        x_write_url(job, post);
        progress->part++;
        progress->post_count = progress->part;
        if (progress->part == job->draft->part_count)
            return shared_end_well(reply, OUTCOME_POSTED, action);
        return send_part(job, progress, action);
    }
    /* An update that may not be a reply is still worth having. It is known not to be there. */
    if (progress->part == 0 && reply_target(job, progress) && x_is_reply_refused(reply, root)) {
        memcpy(progress->handle, by_itself, sizeof(by_itself));
        return send_part(job, progress, action);
    }
    return end_part_refused(job, progress, reply, root, action);
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    bool is_media = progress->stage == X_UPLOADING || progress->stage == X_DESCRIBING;
    enum channel_next next;

    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    struct json *root = reply ? json_parse(reply->body, reply->body_size) : NULL;
    if (reply && !is_media) {
        next = take_part(job, progress, reply, root, action);
    } else if (!x_media_step(job, progress, reply, root, action, &next)) {
        progress->stage = X_POSTING;
        next = send_part(job, progress, action);
    }
    json_free(root);
    return next;
}

static enum channel_next send_delete(const void *network, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    (void)network;
    x_start_request(job, action, HTTP_DELETE, EFFECT_REPEATABLE, "/2/tweets/");
    percent_add(&action->request.url, progress->posts[progress->part].id);
    return x_send(job, action);
}

static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    return (shared_is_success(reply) && json_is_true(root, "data", "deleted", NULL)) ||
           x_is_gone(reply, root);
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return x_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

static const struct driver_deletion deletion = {X_DELETING, send_delete, is_deleted,
                                                refuse_deletion, NULL};

static enum channel_next take_me(const struct channel_job *job, const struct http_reply *reply,
                                 const struct json *root, struct channel_action *action)
{
    struct channel_outcome *outcome = &action->outcome;
    const char *user = account_setting(job->account, "user");
    const char *name = json_text(root, "data", "name", NULL);
    const char *username = json_text(root, "data", "username", NULL);
    char id[X_ID_SIZE];
    char access[32];
    char identity[256];
    struct verdict only_reads = {
        OUTCOME_FAILED, FAILURE_PERMISSION, NULL, N_("the token may only read"),
        NULL,           x_change_app,       -1};

    if (!x_read_id(reply, root, id))
        return x_end_refused(job, reply, root, EFFECT_NONE, action);
    if (http_reply_header(reply, "x-access-level", access, sizeof(access)) &&
        strcmp(access, "read") == 0)
        return shared_end(job, reply, &only_reads, action);
    if (user && x_is_id(user) && strcmp(user, id) != 0)
        return shared_end_unfit(job, reply, FAILURE_CREDENTIAL,
                                N_("the token belongs to another account than the setting 'user'"),
                                action);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    snprintf(identity, sizeof(identity), "%.100s (@%.50s)", name ? name : "",
             username ? username : id);
    shared_copy_words(job, identity, outcome->identity, sizeof(outcome->identity));
    shared_learn(job, "user", id, outcome);
    return NEXT_DONE;
}

static enum channel_next step_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    bool is_start = !reply || progress->stage != X_CHECKING;

    progress->stage = X_CHECKING;
    if (is_start)
        return x_send_me(job, action);
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = take_me(job, reply, root, action);
    json_free(root);
    return next;
}

/* What is missing for a request; NULL: nothing. */
static const char *missing_part(const struct channel_job *job)
{
    const char *fault = access_token_fault(job);

    if (fault)
        return fault;
    if (x_uses_oauth1(job) && (!shared_secret(job, "api-key") || !shared_secret(job, "api-secret")))
        return N_(
            "the credential has an access-secret, but no api-key and api-secret to go with it");
    return NULL;
}

static const struct driver_tasks tasks = {
    .parts_max = THREAD_PARTS_MAX,
    .missing = missing_part,
    .needs_renewal = x_needs_renewal,
    .post = step_post,
    .find = x_step_find,
    .deletion = &deletion,
    .check = step_check,
    .renew = x_step_renew,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"user", false, false, false, N_("the account's id, a number; the check finds it out")},
    {"username", false, false, false, N_("the account's name without @, for links to its posts")},
    {"access-token", true, true, false,
     N_("the account's token: an OAuth 2.0 user token, or OAuth 1.0a")},
    {"refresh-token", true, false, false, N_("OAuth 2.0: what renews the access token")},
    {"access-token-expires", true, false, false, N_("set by crisis: when the token ends")},
    {"access-secret", true, false, false, N_("OAuth 1.0a: the access token's secret")},
    {"api-key", true, false, false,
     N_("OAuth 1.0a: the app's key, unless it is the coordinator's")},
    {"api-secret", true, false, false,
     N_("OAuth 1.0a: the app's secret, unless it is the coordinator's")},
    {NULL, false, false, false, NULL},
};

static const char *const oauth1_names[] = {"api-key", "api-secret", "access-token", "access-secret",
                                           NULL};
static const char *const oauth1_app_names[] = {"access-token", "access-secret", NULL};
static const char *const oauth2_names[] = {"access-token", "refresh-token", NULL};
static const char *const bearer_names[] = {"access-token", NULL};

static const struct credential_form forms[] = {
    {N_("OAuth 1.0a"), oauth1_names},
    {N_("OAuth 1.0a with the coordinator's app"), oauth1_app_names},
    {N_("OAuth 2.0"), oauth2_names},
    {N_("OAuth 2.0 without renewal (two hours)"), bearer_names},
    {NULL, NULL},
};

static const struct channel_quota quotas[] = {
    {100, 15 * 60 * 1000, false},
    {10000, 24 * 60 * 60 * 1000, true},
    {0, 0, false},
};

const struct channel_driver channel_x = {
    .name = "x",
    .title = "X",
    .features = FEATURE_THREADS | FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_RENEW,
    .following = FOLLOWS_REPLY,
    .endpoint = "https://api.x.com",
    .limits = {.unit = TEXT_UNIT_X_WEIGHTED, .limit = 280, .threads = true},
    .media = {.images_max = 4,
              .image_max_bytes = 5 * 1000 * 1000,
              .image_types = "image/jpeg image/png",
              .alt_max = 1000},
    .fields = fields,
    .forms = forms,
    .stages = stages,
    .step = step,
    .pace = x_pace,
    .quotas = quotas,
    .answers = {{350, 1200}, 1},
};
