/*
 * Mastodon and servers that speak its API (docs.joinmastodon.org, /api/v1/statuses). A text of
 * several parts is a thread; the parts after the first are unlisted, so that timelines show the
 * message once.
 *
 * Each part carries an Idempotency-Key. Mastodon keeps it for an hour and only once the post is
 * stored, some versions answer 500 to the second request, and other servers do not know it. So it
 * is a second guard, and what is in doubt is looked for in the account's own posts first.
 *
 * Pictures go up before the post (mastodon_media.h). One that the server refuses, or does not make
 * ready in time, is left out, and a post that is refused with pictures goes out once more without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/access_token.h"
#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/mastodon_media.h"
#include "channels/mastodon_reply.h"
#include "channels/mastodon_request.h"
#include "channels/match.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/timeline.h"
#include "channels/upload.h"

static const char *const stages[] = {"start",      "posting",  "finding-user",    "finding",
                                     "deleting",   "checking", "checking-server", "uploading",
                                     "processing", NULL};

enum {
    PARTS_MAX = THREAD_PARTS_MAX,
    LIST_LENGTH = 40, /* the most that a server shows at once */
};

/* progress.handle of a POST, with the number of the part that goes out by itself: what it should
 * reply to is gone. */
static const char by_itself[] = "by-itself ";

/* --- posting --------------------------------------------------------------------------------- */

static bool is_by_itself(const struct channel_progress *progress)
{
    const size_t length = strlen(by_itself);
    return strncmp(progress->handle, by_itself, length) == 0 &&
           strtoul(progress->handle + length, NULL, 10) == progress->part + 1UL;
}

static const char *reply_target(const struct channel_job *job,
                                const struct channel_progress *progress)
{
    const char *id = shared_earlier_id(job, progress);
    return id && mastodon_is_id(id) && !is_by_itself(progress) ? id : NULL;
}

/* Nynorsk, bokmål and Northern Sámi have codes of two letters; of others the first part of the tag
 * is what a server may know. */
static void add_language(struct text *body, const char *tag)
{
    char language[4] = "";
    size_t length = tag ? strcspn(tag, "-") : 0;

    if (length < 2 || length >= sizeof(language))
        return;
    memcpy(language, tag, length);
    json_add_member(body, "language", language);
}

static enum channel_next send_part(const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   struct channel_action *action)
{
    struct http_request *request = &action->request;
    const char *target = reply_target(job, progress);
    char key[128];

    mastodon_start_request(job, action, HTTP_POST, EFFECT_ONCE, "/api/v1/statuses");
    /* Another text under a key that is known is answered with the old post. */
    snprintf(key, sizeof(key), "%s-%u%s%s", job->key, progress->part + 1,
             is_by_itself(progress) ? "-alone" : "",
             progress->part == 0 && upload_any(progress) ? "-media" : "");
    http_request_header(request, "Idempotency-Key", key);
    http_request_header(request, "Content-Type", "application/json");
    text_add_char(&request->body, '{');
    json_add_member(&request->body, "status", job->draft->parts[progress->part]);
    json_add_member(&request->body, "visibility", progress->part == 0 ? "public" : "unlisted");
    add_language(&request->body, job->draft->language);
    if (target)
        json_add_member(&request->body, "in_reply_to_id", target);
    if (progress->part == 0)
        mastodon_media_add(progress, &request->body);
    text_add_char(&request->body, '}');
    return shared_send(job, action);
}

static enum channel_next take_part(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    struct post *post = &progress->posts[progress->part];
    char id[MASTODON_ID_SIZE];

    if (mastodon_read_id(reply, root, id)) {
        memcpy(post->id, id, strlen(id) + 1);
        shared_copy_url(job, json_text(root, "url", NULL), post->url, sizeof(post->url));
        progress->part++;
        progress->post_count = progress->part;
        if (progress->part == job->draft->part_count)
            return shared_end_well(reply, OUTCOME_POSTED, action);
        return send_part(job, progress, action);
    }
    /* What it should reply to is gone: by itself it is still worth having. */
    if (reply->status == 404 && reply_target(job, progress)) {
        snprintf(progress->handle, sizeof(progress->handle), "%s%u", by_itself, progress->part + 1);
        return send_part(job, progress, action);
    }
    struct verdict verdict = mastodon_verdict(reply, root, EFFECT_ONCE);
    bool is_picture_gone = reply->status == 404 && progress->part == 0 && upload_any(progress);
    if (!is_picture_gone && !upload_may_be_reason(progress, &verdict))
        return shared_end(job, reply, &verdict, action);
    upload_leave_out_all(progress);
    return send_part(job, progress, action);
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    bool is_media = progress->stage == MASTODON_UPLOADING || progress->stage == MASTODON_PROCESSING;
    enum channel_next next;

    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    struct json *root = reply ? json_parse(reply->body, reply->body_size) : NULL;
    if (reply && !is_media) {
        next = take_part(job, progress, reply, root, action);
    } else if (!mastodon_media_step(job, progress, reply, root, action, &next)) {
        progress->stage = MASTODON_POSTING;
        next = send_part(job, progress, action);
    }
    json_free(root);
    return next;
}

/* --- finding --------------------------------------------------------------------------------- */

static enum channel_next send_who(const struct channel_job *job, struct channel_action *action)
{
    mastodon_start_request(job, action, HTTP_GET, EFFECT_NONE,
                           "/api/v1/accounts/verify_credentials");
    return shared_send(job, action);
}

static enum channel_next send_list(const struct channel_job *job, const char *user,
                                   struct channel_action *action)
{
    char length[8];

    mastodon_start_request(job, action, HTTP_GET, EFFECT_NONE, "/api/v1/accounts/");
    percent_add(&action->request.url, user);
    text_add(&action->request.url, "/statuses");
    snprintf(length, sizeof(length), "%d", LIST_LENGTH);
    query_add(&action->request.url, "limit", length);
    query_add(&action->request.url, "exclude_reblogs", "true");
    return shared_send(job, action);
}

/* Is it the part that progress stands at? Servers other than Mastodon may show a text otherwise
 * than it was sent (what looks like Markdown, addresses, "<"), and some of them say what was sent
 * as well: with the one or the other it is ours. */
static bool take_item(const struct channel_job *job, struct channel_progress *progress,
                      const struct json *item, bool *is_timeless)
{
    char id[MASTODON_ID_SIZE], reply_to[MASTODON_ID_SIZE];

    if (!json_id(item, id, sizeof(id), "id", NULL) || !mastodon_is_id(id))
        return false;
    struct timeline_post post = {
        .id = id,
        .url = json_text(item, "url", NULL),
        .text = json_text(item, "content", NULL),
        .created = json_text(item, "created_at", NULL),
        .reply_to =
            json_id(item, reply_to, sizeof(reply_to), "in_reply_to_id", NULL) ? reply_to : NULL,
    };
    if (timeline_take(job, progress, &post, MATCH_HTML, is_timeless))
        return true;
    post.text = json_text(item, "text", NULL);
    return timeline_take(job, progress, &post, 0, is_timeless);
}

static bool find_part(const struct channel_job *job, struct channel_progress *progress,
                      const struct json *items, bool *is_timeless)
{
    for (size_t i = 0; i < json_count(items); i++)
        if (take_item(job, progress, json_item(items, i), is_timeless))
            return true;
    return false;
}

/* A full list whose last post is younger than the request may have ours behind its end. */
static bool is_whole_list(const struct channel_job *job, const struct json *items)
{
    size_t count = json_count(items);
    const char *created = count ? json_text(json_item(items, count - 1), "created_at", NULL) : NULL;
    return count < LIST_LENGTH || match_created(created, job->first_sent_unix_ms) == MATCH_BEFORE;
}

static enum channel_next take_list(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    bool is_timeless = false;

    if (!shared_is_success(reply) || !json_is_array(root))
        return mastodon_end_refused(job, reply, root, EFFECT_NONE, action);
    while (progress->part < job->draft->part_count && find_part(job, progress, root, &is_timeless))
        continue;
    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    bool is_certain = !is_timeless && is_whole_list(job, root);
    return shared_end_well(reply, is_certain ? OUTCOME_ABSENT : OUTCOME_UNKNOWN, action);
}

static enum channel_next take_user(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    char id[MASTODON_ID_SIZE];

    if (!mastodon_read_id(reply, root, id))
        return mastodon_end_refused(job, reply, root, EFFECT_NONE, action);
    progress->stage = MASTODON_FINDING;
    return send_list(job, id, action);
}

static enum channel_next step_find(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    bool is_under_way =
        progress->stage == MASTODON_FINDING_USER || progress->stage == MASTODON_FINDING;

    progress->part = progress->post_count;
    if (!reply || !is_under_way) {
        progress->stage = MASTODON_FINDING_USER;
        return send_who(job, action);
    }
    return tasks_take(progress->stage == MASTODON_FINDING ? take_list : take_user, job, progress,
                      reply, action);
}

/* --- retracting and checking ----------------------------------------------------------------- */

static enum channel_next send_delete(const void *network, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    (void)network;
    mastodon_start_request(job, action, HTTP_DELETE, EFFECT_REPEATABLE, "/api/v1/statuses/");
    percent_add(&action->request.url, progress->posts[progress->part].id);
    return shared_send(job, action);
}

static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    (void)root;
    return shared_is_success(reply) || reply->status == 404 || reply->status == 410;
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return mastodon_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

static bool is_here(const struct channel_job *job, const struct post *post)
{
    return tasks_is_below(account_setting(job->account, "server"), post);
}

static const struct driver_deletion deletion = {MASTODON_DELETING, send_delete, is_deleted,
                                                refuse_deletion, is_here};

static enum channel_next take_who(const struct channel_job *job, struct channel_progress *progress,
                                  const struct http_reply *reply, const struct json *root,
                                  struct channel_action *action)
{
    const char *name = json_text(root, "acct", NULL);
    char id[MASTODON_ID_SIZE];

    if (!mastodon_read_id(reply, root, id))
        return mastodon_end_refused(job, reply, root, EFFECT_NONE, action);
    shared_copy_words(job, name ? name : id, progress->handle, sizeof(progress->handle));
    progress->stage = MASTODON_CHECKING_SERVER;
    mastodon_start_request(job, action, HTTP_GET, EFFECT_NONE, "/api/v1/instance");
    return shared_send(job, action);
}

/* A server says how long a post may be there; an old one does not, and then it is Mastodon's 500.
 */
static enum channel_next take_server(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    struct channel_outcome *outcome = &action->outcome;
    char characters[16];
    int64_t limit = 0;

    shared_end_well(reply, OUTCOME_CHECKED, action);
    snprintf(outcome->identity, sizeof(outcome->identity), "@%.200s", progress->handle);
    if (shared_is_success(reply) &&
        json_whole(root, &limit, "configuration", "statuses", "max_characters", NULL) &&
        limit > 0 && limit <= MASTODON_LIMIT_BELIEVED) {
        snprintf(characters, sizeof(characters), "%d", (int)limit);
        shared_learn(job, "max-characters", characters, outcome);
    }
    return NEXT_DONE;
}

static enum channel_next step_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    bool is_under_way =
        progress->stage == MASTODON_CHECKING || progress->stage == MASTODON_CHECKING_SERVER;

    if (!reply || !is_under_way) {
        progress->stage = MASTODON_CHECKING;
        return send_who(job, action);
    }
    return tasks_take(progress->stage == MASTODON_CHECKING ? take_who : take_server, job, progress,
                      reply, action);
}

/* --- the driver ------------------------------------------------------------------------------ */

static const char *missing_part(const struct channel_job *job)
{
    const char *fault = access_token_fault(job);
    const char *address = channel_address(&channel_mastodon, job->account, job->network);

    if (fault)
        return fault;
    if (!address || !url_is_acceptable(address))
        return N_("the account's setting 'server' is not an https address");
    return NULL;
}

static const struct driver_tasks tasks = {
    .parts_max = PARTS_MAX,
    .missing = missing_part,
    .post = step_post,
    .find = step_find,
    .deletion = &deletion,
    .check = step_check,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"server", false, true, true, N_("the server's address, as in https://mastodon.social")},
    {"max-characters", false, false, false,
     N_("the longest post that the server takes; the check finds it out")},
    {"access-token", true, true, false,
     N_("a token that may write statuses, from the account's development settings")},
    {NULL, false, false, false, NULL},
};

static const struct channel_quota quotas[] = {
    {300, 3 * 60 * 60 * 1000, false},
    {0, 0, false},
};

const struct channel_driver channel_mastodon = {
    .name = "mastodon",
    .title = "Mastodon",
    .features = FEATURE_THREADS | FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK,
    .following = FOLLOWS_REPLY,
    .address = "server",
    .limits = {.unit = TEXT_UNIT_GRAPHEMES_LINKS, .limit = 500, .threads = true},
    .limit_setting = "max-characters",
    .media = {.images_max = 4,
              .image_max_bytes = 16 * 1024 * 1024,
              .image_types = "image/jpeg image/png",
              .alt_max = 1500},
    .fields = fields,
    .stages = stages,
    .step = step,
    .pace = mastodon_pace,
    .quotas = quotas,
    .answers = {{400, 2000}, 1},
};
