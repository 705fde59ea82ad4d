#include "channels/x_find.h"

#include <string.h>

#include "base/civil_time.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/match.h"
#include "channels/shared.h"
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

static bool is_known_post(const struct channel_progress *progress, const char *id)
{
    for (unsigned i = 0; i < progress->post_count; i++)
        if (strcmp(progress->posts[i].id, id) == 0)
            return true;
    return false;
}

/* A part after the first replies to the one before; where the list does not say, it may. */
static bool is_reply_to(const struct json *item, const char *id)
{
    const struct json *references = json_get(item, "referenced_tweets", NULL);

    for (size_t i = 0; i < json_count(references); i++) {
        const char *type = json_text(json_item(references, i), "type", NULL);
        const char *target = json_text(json_item(references, i), "id", NULL);
        if (type && target && strcmp(type, "replied_to") == 0)
            return strcmp(target, id) == 0;
    }
    return true;
}

/* Finds the part that progress stands at, and records it. is_timeless: there is one that cannot be
 * told from an older one. */
static bool find_part(const struct channel_job *job, struct channel_progress *progress,
                      const struct json *items, bool *is_timeless)
{
    struct post *post = &progress->posts[progress->part];

    for (size_t i = 0; i < json_count(items); i++) {
        const struct json *item = json_item(items, i);
        const char *text = json_text(item, "text", NULL);
        enum match_time time =
            match_created(json_text(item, "created_at", NULL), job->first_sent_unix_ms);
        char id[X_ID_DIGITS_MAX + 1];
        if (!text || time == MATCH_BEFORE || !json_id(item, id, sizeof(id), "id", NULL) ||
            !x_is_id(id) || is_known_post(progress, id) || match_known(job, id) ||
            (progress->part > 0 && !is_reply_to(item, progress->posts[progress->part - 1].id)) ||
            !match_text(job->draft->parts[progress->part], text,
                        MATCH_ENTITIES | MATCH_SHORT_LINKS))
            continue;
        if (time == MATCH_NO_TIME) {
            *is_timeless = true;
            continue;
        }
        memcpy(post->id, id, strlen(id) + 1);
        x_write_url(job, post);
        progress->part++;
        progress->post_count = progress->part;
        return true;
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

enum channel_next x_step_find(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *user = account_setting(job->account, "user");
    char id[X_ID_DIGITS_MAX + 1];

    progress->part = progress->post_count;
    if (!reply || (progress->stage != X_FINDING_USER && progress->stage != X_FINDING)) {
        progress->stage = user && x_is_id(user) ? X_FINDING : X_FINDING_USER;
        return progress->stage == X_FINDING ? send_list(job, user, action) : x_send_me(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next;
    if (progress->stage == X_FINDING) {
        next = take_list(job, progress, reply, root, action);
    } else if (shared_is_success(reply) && json_id(root, id, sizeof(id), "data", "id", NULL) &&
               x_is_id(id)) {
        progress->stage = X_FINDING;
        next = send_list(job, id, action);
    } else {
        next = x_end_refused(job, reply, root, EFFECT_NONE, action);
    }
    json_free(root);
    return next;
}
