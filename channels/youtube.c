/*
 * YouTube channels, by the Data API v3. YouTube has no texts without a film: the draft's film goes
 * up, the headline is its title and the text its description. One that follows an earlier film ends
 * with the address of that one.
 *
 * The upload has a session, whose address is kept: after a restart it says how much YouTube has, or
 * which film was made of it. So a film is never uploaded twice while its session lives (about a
 * week); after that the channel's own list is looked through.
 *
 * The municipality's refresh token lasts; access tokens are made from it for an hour, with the
 * coordinator's app (networks: youtube: client-id, client-secret).
 */
#include "channels/youtube.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/utf8.h"
#include "wire/form.h"

#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/link_back.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/youtube_reply.h"

static const char *const stages[] = {"start",           "opening",         "uploading", "probing",
                                     "finding-session", "finding-channel", "finding",   "deleting",
                                     "checking",        "renewing",        NULL};

enum { TITLE_MAX = 100 };

/* --- retracting and checking ----------------------------------------------------------------- */

static enum channel_next send_delete(const void *network, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    (void)network;
    youtube_start_request(job, action, HTTP_DELETE, EFFECT_REPEATABLE, "/youtube/v3/videos");
    query_add(&action->request.url, "id", progress->posts[progress->part].id);
    return shared_send(job, action);
}

static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    (void)root;
    return shared_is_success(reply) || reply->status == 404;
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return youtube_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

static const struct driver_deletion deletion = {YOUTUBE_DELETING, send_delete, is_deleted,
                                                refuse_deletion, NULL};

static enum channel_next take_channel(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, struct channel_action *action)
{
    const struct json *items = json_get(root, "items", NULL);
    const struct json *channel = json_item(items, 0);
    const char *title = json_text(channel, "snippet", "title", NULL);
    const char *wanted = account_setting(job->account, "channel-id");
    struct channel_outcome *outcome = &action->outcome;
    char id[YOUTUBE_ID_SIZE];
    static const struct verdict none = {OUTCOME_FAILED,
                                        FAILURE_PERMISSION,
                                        NULL,
                                        N_("the account has no YouTube channel"),
                                        NULL,
                                        N_("the municipality must make a channel at youtube.com, "
                                           "or connect the account that has one"),
                                        -1};

    if (!shared_is_success(reply) || (items && !json_is_array(items)))
        return youtube_end_refused(job, reply, root, EFFECT_NONE, action);
    if (!json_id(channel, id, sizeof(id), "id", NULL) || !youtube_is_id(id))
        return shared_end(job, reply, &none, action);
    if (wanted && wanted[0] && strcmp(wanted, id) != 0)
        return shared_end_unfit(job, reply, FAILURE_CREDENTIAL,
                                N_("the token belongs to another channel than the setting "
                                   "'channel-id'"),
                                action);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    shared_copy_words(job, title ? title : id, outcome->identity, sizeof(outcome->identity));
    shared_learn(job, "channel-id", id, outcome);
    return NEXT_DONE;
}

static enum channel_next step_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || progress->stage != YOUTUBE_CHECKING) {
        progress->stage = YOUTUBE_CHECKING;
        return youtube_send_channel(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = take_channel(job, reply, root, action);
    json_free(root);
    return next;
}

/* --- the driver ------------------------------------------------------------------------------ */

static const char *missing_part(const struct channel_job *job)
{
    const char *token = job->credential ? credential_find(job->credential, "refresh-token") : NULL;

    if (!token || !token[0])
        return N_("the credential has no refresh-token");
    if (!shared_is_token(token))
        return N_("the refresh-token holds a space, a line feed or another character that no token "
                  "has");
    return NULL;
}

static bool is_without_film(const struct draft *draft)
{
    return draft->media_count < 1 || draft->media[0].kind != MEDIA_VIDEO ||
           draft->media[0].size_bytes == 0;
}

/* What YouTube would refuse in the words; NULL: nothing. */
static const char *unfit_words(const struct draft *draft)
{
    const char *fault = NULL;
    struct text title;

    text_init(&title, 4 * TITLE_MAX + 4);
    youtube_title_add(draft, &title);
    if (title.length == 0)
        fault = N_("a film on YouTube needs a headline");
    else if (title.overflowed || utf8_count(title.bytes) > TITLE_MAX)
        fault = N_("a headline on YouTube has at most 100 characters");
    else if (strlen(draft->parts[0]) > YOUTUBE_DESCRIPTION_MAX_BYTES)
        fault = N_("a text on YouTube has at most 5,000 bytes");
    else if (strpbrk(title.bytes, "<>") || strpbrk(draft->parts[0], "<>"))
        fault = N_("YouTube takes no < and no > in headlines and texts");
    text_release(&title);
    return fault;
}

static const char add_film[] =
    N_("add a film to the message, approve it and send it again; or leave youtube out");
static const char change_words[] =
    N_("change the headline or the text for youtube, approve it and send it again");

/* Is it nothing that YouTube could show? Then the task ends. */
static bool is_unfit(const struct channel_job *job, struct channel_action *action)
{
    struct verdict verdict = {
        .result = OUTCOME_FAILED, .kind = FAILURE_CONTENT, .retry_after_ms = -1};
    bool is_post = job->task == TASK_POST; /* what is looked up may be there already */

    if (job->task != TASK_POST && job->task != TASK_FIND)
        return false;
    if (!shared_has_parts(job, 1)) {
        verdict.sentence = N_("a film on YouTube has exactly one text");
    } else if (is_without_film(job->draft)) {
        verdict.sentence = N_("YouTube shows films only, and the message has none");
        verdict.next = is_post ? add_film : NULL;
    } else {
        verdict.sentence = unfit_words(job->draft);
        verdict.next = is_post ? change_words : NULL;
    }
    if (verdict.sentence)
        shared_end(job, NULL, &verdict, action);
    return verdict.sentence != NULL;
}

static const struct driver_tasks tasks = {
    .parts_max = 1,
    .missing = missing_part,
    .needs_renewal = youtube_needs_renewal,
    .post = youtube_step_post,
    .find = youtube_step_find,
    .deletion = &deletion,
    .check = step_check,
    .renew = youtube_step_renew,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *client = shared_network_setting(job, "client-id");

    if (!missing_part(job)) {
        if (!client || !client[0])
            return shared_end_unready(
                job, N_("crisis.yaml has no `client-id` of `networks: youtube`"),
                N_("the coordinator must set `client-id` and `client-secret` of "
                   "`networks: youtube` in crisis.yaml"),
                action);
        if (is_unfit(job, action))
            return NEXT_DONE;
    }
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"channel-id", false, false, false, N_("the channel's id, UC…; the check finds it out")},
    {"refresh-token", true, true, false,
     N_("what the municipality gave the coordinator's app when it connected (scope youtube)")},
    {"access-token", true, false, false, N_("set by crisis: the token of the moment")},
    {"access-token-expires", true, false, false, N_("set by crisis: when that token ends")},
    {NULL, false, false, false, NULL},
};

static const struct channel_quota quotas[] = {
    {100, 24 * 60 * 60 * 1000, true},
    {0, 0, false},
};

const struct channel_driver channel_youtube = {
    .name = "youtube",
    .title = N_("YouTube channel"),
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_RENEW,
    .following = FOLLOWS_LINK,
    .endpoint = "https://www.googleapis.com",
    .limits = {.unit = TEXT_UNIT_BYTES,
               .limit = YOUTUBE_DESCRIPTION_MAX_BYTES,
               .threads = false,
               .link_back = LINK_BACK_ROOM(sizeof(YOUTUBE_WATCH_ADDRESS) - 1 + YOUTUBE_ID_SIZE)},
    .media = {.videos_max = 1, .video_max_bytes = (size_t)256 * 1024 * 1024, .needs_video = true},
    .fields = fields,
    .stages = stages,
    .step = step,
    .pace = youtube_pace,
    .quotas = quotas,
    .answers = {{1500, 6000}, 3},
};
