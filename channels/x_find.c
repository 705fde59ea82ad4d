#include "channels/x_find.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/memory.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/match.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/timeline.h"
#include "channels/upload.h"
#include "channels/x_request.h"

static enum channel_next send_list(const struct channel_job *job, const char *user,
                                   struct channel_action *action)
{
    struct text *url = &action->request.url;
    char start_time[RFC3339_SIZE];

    x_start_request(job, action, HTTP_GET, EFFECT_NONE, "/2/users/");
    percent_add(url, user);
    text_add(url, "/tweets");
    query_add(url, "max_results", "100");
    if (job->first_sent_unix_ms > MATCH_SKEW_MS) {
        rfc3339_format_seconds(job->first_sent_unix_ms - MATCH_SKEW_MS, start_time);
        query_add(url, "start_time", start_time);
    }
    query_add(url, "tweet.fields", "created_at,referenced_tweets");
    query_add(url, "exclude", "retweets");
    return x_send(job, action);
}

/* NULL where the list does not say. */
static const char *replied_to(const struct json *item)
{
    const struct json *references = json_get(item, "referenced_tweets", NULL);

    for (size_t i = 0; i < json_count(references); i++) {
        const char *type = json_text(json_item(references, i), "type", NULL);
        const char *target = json_text(json_item(references, i), "id", NULL);
        if (type && target && strcmp(type, "replied_to") == 0)
            return target;
    }
    return NULL;
}

/* A post with pictures is shown with the address of the first behind its text. */
static char *without_picture_link(const struct channel_progress *progress, const char *text)
{
    static const char link[] = " https://t.co/";
    const char *last =
        text && progress->part == 0 && upload_any(progress) ? strrchr(text, ' ') : NULL;

    if (!last || strncmp(last, link, sizeof(link) - 1) != 0)
        return NULL;
    char *copy = memory_strdup(text);
    copy[last - text] = '\0';
    return copy;
}

/* As it is shown, or without the address of its pictures. */
static bool take(const struct channel_job *job, struct channel_progress *progress,
                 struct timeline_post *shown, bool *is_timeless)
{
    const unsigned options = MATCH_ENTITIES | MATCH_SHORT_LINKS;
    char *plain = without_picture_link(progress, shown->text);
    bool is_ours = timeline_take(job, progress, shown, options, is_timeless);

    if (!is_ours && plain) {
        shown->text = plain;
        is_ours = timeline_take(job, progress, shown, options, is_timeless);
    }
    memory_free(plain);
    return is_ours;
}

/* Finds the part that progress stands at, and records it. is_timeless: there is one that cannot be
 * told from an older one. */
static bool find_part(const struct channel_job *job, struct channel_progress *progress,
                      const struct json *items, bool *is_timeless)
{
    /* The newest comes first, and the oldest that may be ours is: a later one may be that of a
     * delivery whose request left later, and which could not have the older one. */
    for (size_t i = json_count(items); i-- > 0;) {
        const struct json *item = json_item(items, i);
        struct post *post = &progress->posts[progress->part];
        char id[X_ID_SIZE];
        if (!json_id(item, id, sizeof(id), "id", NULL) || !x_is_id(id))
            continue;
        struct timeline_post shown = {
            .id = id,
            .text = json_text(item, "text", NULL),
            .created = json_text(item, "created_at", NULL),
            .reply_to = replied_to(item),
        };
        if (take(job, progress, &shown, is_timeless)) {
            x_write_url(job, post);
            return true;
        }
    }
    return false;
}

static enum channel_next take_list(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const struct json *items = json_get(root, "data", NULL);
    bool is_timeless = false;

    if (!shared_is_success(reply) ||
        (!json_is_array(items) && !json_is_object(json_get(root, "meta", NULL))))
        return x_end_refused(job, reply, root, EFFECT_NONE, action);
    while (progress->part < job->draft->part_count && find_part(job, progress, items, &is_timeless))
        continue;
    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    bool is_whole = !json_get(root, "meta", "next_token", NULL) && !json_get(root, "errors", NULL);
    return shared_end_well(reply, is_timeless || !is_whole ? OUTCOME_UNKNOWN : OUTCOME_ABSENT,
                           action);
}

static enum channel_next take_user(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    char id[X_ID_SIZE];

    if (!x_read_id(reply, root, id))
        return x_end_refused(job, reply, root, EFFECT_NONE, action);
    progress->stage = X_FINDING;
    return send_list(job, id, action);
}

enum channel_next x_step_find(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *user = account_setting(job->account, "user");

    progress->part = progress->post_count;
    if (!reply || (progress->stage != X_FINDING_USER && progress->stage != X_FINDING)) {
        progress->stage = user && x_is_id(user) ? X_FINDING : X_FINDING_USER;
        return progress->stage == X_FINDING ? send_list(job, user, action) : x_send_me(job, action);
    }
    return tasks_take(progress->stage == X_FINDING ? take_list : take_user, job, progress, reply,
                      action);
}
