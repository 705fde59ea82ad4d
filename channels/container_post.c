#include "channels/container_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/limits.h"
#include "model/failure_forms.h"

#include "channels/graph_request.h"
#include "channels/shared.h"
#include "channels/upload.h"

/* The networks ask for one look a minute during five; texts and pictures are ready in seconds. */
static const int64_t looks_ms[] = {WAIT_MS(2000),  WAIT_MS(4000),  WAIT_MS(8000),
                                   WAIT_MS(15000), WAIT_MS(30000), WAIT_MS(60000),
                                   WAIT_MS(60000), WAIT_MS(60000), WAIT_MS(60000)};
/* A container that is ready may not be known everywhere yet. */
static const int64_t republish_ms[] = {WAIT_MS(5000), WAIT_MS(10000), WAIT_MS(20000),
                                       WAIT_MS(40000)};
enum {
    LOOKS_MAX = sizeof(looks_ms) / sizeof(looks_ms[0]),
    REPUBLISHES_MAX = sizeof(republish_ms) / sizeof(republish_ms[0]),
    MISSING_LOOKS_MAX = 3, /* a new container may not be seen at first */
    TRIES_MAX = 3,         /* containers for one part */
    SENTENCE_SIZE = 256,
};

/* Builds the request that progress stands at, or begins the part. */
static enum channel_next go_on(const struct container_network *network,
                               const struct channel_job *job, struct channel_progress *progress,
                               struct channel_action *action)
{
    struct container container;
    size_t pictures = container_picture_count(network, job, progress);

    container_read(progress, &container);
    if (container.id[0] && progress->stage == CONTAINER_WAITING)
        return container_send_status(network, job, progress, action);
    if (container.id[0] && progress->stage == CONTAINER_PUBLISHING)
        return container_send_publish(network, job, progress, action);
    container.id[0] = '\0';
    container.sent = 0;
    container_write(progress, &container);
    if (pictures > 1 && upload_count(progress) < pictures) {
        progress->stage = CONTAINER_ADDING;
        return container_send_picture(network, job, progress, action);
    }
    progress->stage = CONTAINER_CREATING;
    return container_send_create(network, job, progress, action);
}

/* --- ends that are none ---------------------------------------------------------------------- */

static enum channel_next pause_for(int64_t pause_ms, struct channel_progress *progress,
                                   struct channel_action *action)
{
    progress->polls++;
    action->pause_ms = pause_ms;
    return NEXT_PAUSE;
}

/* Of several containers none was found: the token may not see them. */
static bool is_never_found(const struct verdict *verdict)
{
    return verdict->code && strstr(verdict->code, "2207006");
}

/* Another container later: nothing was posted, and of this one nothing will be. A few in vain are
 * enough; those that a limit has stopped do not count. */
static enum channel_next end_without_container(const struct channel_job *job,
                                               struct channel_progress *progress,
                                               const struct http_reply *reply,
                                               struct verdict *verdict,
                                               struct channel_action *action)
{
    struct container container;

    container_read(progress, &container);
    container.tries += verdict->kind != FAILURE_RATE_LIMIT;
    container.sent = 0;
    container.id[0] = '\0';
    container_write(progress, &container);
    progress->stage = CONTAINER_START;
    progress->polls = 0;
    if (strcmp(progress->media, container_without_pictures) != 0)
        progress->media[0] = '\0';
    verdict->result = container.tries < TRIES_MAX ? OUTCOME_RETRY : OUTCOME_FAILED;
    if (verdict->result == OUTCOME_FAILED && is_never_found(verdict))
        verdict->kind = FAILURE_PERMISSION;
    else if (verdict->result == OUTCOME_FAILED && !verdict->next)
        verdict->next = N_("look at the account, then send it again");
    return shared_end(job, reply, verdict, action);
}

/* Where the network cannot take the pictures, the text is still worth having. */
static bool give_up_pictures(const struct container_network *network, const struct channel_job *job,
                             struct channel_progress *progress, const struct verdict *verdict)
{
    struct container container;

    if (network->driver->media.needs_image || verdict->kind != FAILURE_CONTENT ||
        container_picture_count(network, job, progress) == 0)
        return false;
    container_read(progress, &container);
    container.id[0] = '\0';
    container_write(progress, &container);
    memcpy(progress->media, container_without_pictures, sizeof(container_without_pictures));
    progress->stage = CONTAINER_CREATING;
    return true;
}

static enum channel_next end_part(const struct channel_job *job,
                                  const struct channel_progress *progress,
                                  const struct http_reply *reply, struct verdict verdict,
                                  struct channel_action *action)
{
    char sentence[SENTENCE_SIZE];

    if (progress->part > 0) {
        snprintf(sentence, sizeof(sentence), FORM_PART, progress->part + 1, job->draft->part_count,
                 verdict.sentence);
        verdict.sentence = sentence;
    }
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next end_create_refused(const struct container_network *network,
                                            const struct channel_job *job,
                                            struct channel_progress *progress,
                                            const struct http_reply *reply, const struct json *root,
                                            struct channel_action *action)
{
    char code[GRAPH_CODE_SIZE];
    const struct graph_row *row = graph_find_row(network->errors, root);
    struct verdict verdict = graph_verdict(network->errors, reply, root, EFFECT_REPEATABLE, code);

    if (verdict.result == OUTCOME_FAILED && give_up_pictures(network, job, progress, &verdict))
        return container_send_create(network, job, progress, action);
    if (row && row->remedy == GRAPH_NEW_CONTAINER && !shared_is_success(reply))
        return end_without_container(job, progress, reply, &verdict, action);
    return end_part(job, progress, reply, verdict, action);
}

/* --- answers --------------------------------------------------------------------------------- */

static enum channel_next take_picture(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    size_t used = strlen(progress->media);
    char id[64];

    if (!shared_is_success(reply) || !graph_read_id(root, id, sizeof(id)))
        return end_create_refused(network, job, progress, reply, root, action);
    if (used + strlen(id) + 2 > sizeof(progress->media))
        return shared_end_unfit(job, reply, FAILURE_CONTENT, N_("there are too many pictures"),
                                action);
    snprintf(progress->media + used, sizeof(progress->media) - used, "%s%s", used ? " " : "", id);
    return go_on(network, job, progress, action);
}

static enum channel_next take_created(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    const struct graph_row *row = graph_find_row(network->errors, root);
    struct container container;

    container_read(progress, &container);
    if (shared_is_success(reply) && graph_read_id(root, container.id, sizeof(container.id))) {
        container_write(progress, &container);
        progress->stage = CONTAINER_WAITING;
        progress->polls = 0;
        return pause_for(looks_ms[0], progress, action);
    }
    /* An update that may not be a reply is still worth having. */
    container.id[0] = '\0';
    if (progress->part == 0 && container_reply_target(network, job, progress, &container) &&
        !shared_is_success(reply) && row &&
        (graph_is_gone(root) || row->remedy == GRAPH_SAME_CONTAINER)) {
        container.alone = 1;
        container_write(progress, &container);
        return container_send_create(network, job, progress, action);
    }
    return end_create_refused(network, job, progress, reply, root, action);
}

/* What a container in error says: a word, or a subcode of the network's errors. */
static struct verdict trouble_verdict(const struct container_network *network, const char *trouble,
                                      enum graph_remedy *remedy)
{
    const struct container_trouble *known = network->troubles;
    const char *digits = trouble ? strstr(trouble, "2207") : NULL;
    struct verdict verdict = {
        OUTCOME_RETRY, FAILURE_SERVER, "ERROR", N_("the network could not make the post ready"),
        trouble,       NULL,           -1};

    *remedy = GRAPH_NEW_CONTAINER;
    while (known && known->word && !(trouble && strstr(trouble, known->word)))
        known++;
    if (known && known->word) {
        verdict.result = OUTCOME_FAILED;
        verdict.kind = FAILURE_CONTENT;
        verdict.sentence = known->sentence;
        verdict.next = known->next;
        *remedy = GRAPH_NO_REMEDY;
    }
    const struct graph_row *row =
        !known && digits ? graph_row_of_subcode(network->errors, digits) : NULL;
    if (row) {
        verdict.result = row->result == OUTCOME_FAILED ? OUTCOME_FAILED : OUTCOME_RETRY;
        verdict.kind = row->kind;
        verdict.sentence = row->sentence;
        verdict.next = row->next;
        verdict.retry_after_ms = row->wait_s > 0 ? (int64_t)row->wait_s * 1000 : -1;
        *remedy = row->result == OUTCOME_FAILED ? GRAPH_NO_REMEDY : GRAPH_NEW_CONTAINER;
    }
    return verdict;
}

static enum channel_next take_trouble(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    enum graph_remedy remedy;
    struct verdict verdict =
        trouble_verdict(network, json_text(root, network->trouble_field, NULL), &remedy);

    if (verdict.result == OUTCOME_FAILED && give_up_pictures(network, job, progress, &verdict))
        return container_send_create(network, job, progress, action);
    if (remedy == GRAPH_NEW_CONTAINER)
        return end_without_container(job, progress, reply, &verdict, action);
    return end_part(job, progress, reply, verdict, action);
}

/* It is known not to be published. */
static void forget_sent(struct channel_progress *progress)
{
    struct container container;

    container_read(progress, &container);
    container.sent = 0;
    container_write(progress, &container);
}

static enum channel_next take_status(const struct container_network *network,
                                     const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    const char *status = json_text(root, network->status_field, NULL);
    struct verdict late = {
        OUTCOME_RETRY, FAILURE_SERVER, status, N_("the network did not get the post ready in time"),
        NULL,          NULL,           -1};
    struct verdict published = {OUTCOME_DUPLICATE,
                                FAILURE_DUPLICATE,
                                status,
                                N_("the network says that it is published already"),
                                NULL,
                                NULL,
                                -1};

    if (!shared_is_success(reply) && graph_is_gone(root) && progress->polls < MISSING_LOOKS_MAX)
        return pause_for(looks_ms[progress->polls], progress, action);
    if (container_is_published(network, root) && reply->status < 500)
        return shared_end(job, reply, &published, action);
    if (!shared_is_success(reply) || !status)
        return container_end_refused(network, job, reply, root, EFFECT_NONE, action);
    if (strcmp(status, "FINISHED") == 0) {
        forget_sent(progress);
        progress->polls = 0;
        return container_send_publish(network, job, progress, action);
    }
    if (strcmp(status, "IN_PROGRESS") == 0 && progress->polls < LOOKS_MAX)
        return pause_for(looks_ms[progress->polls], progress, action);
    if (strcmp(status, "IN_PROGRESS") == 0 || strcmp(status, "EXPIRED") == 0)
        return end_without_container(job, progress, reply, &late, action);
    if (strcmp(status, "ERROR") == 0)
        return take_trouble(network, job, progress, reply, root, action);
    return container_end_refused(network, job, reply, root, EFFECT_NONE, action);
}

static enum channel_next take_refused(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    char code[GRAPH_CODE_SIZE];
    const struct graph_row *row = graph_find_row(network->errors, root);
    enum graph_remedy remedy = row && !shared_is_success(reply) ? row->remedy : GRAPH_NO_REMEDY;
    struct verdict verdict = graph_verdict(network->errors, reply, root, EFFECT_ONCE, code);
    struct container container;

    container_read(progress, &container);
    /* Asked before, it may have been published then, and be refused for that: it must say so itself
     * before it is given up. */
    if (remedy != GRAPH_NO_REMEDY && container.sent > 1) {
        progress->stage = CONTAINER_WAITING;
        return container_send_status(network, job, progress, action);
    }
    if (remedy == GRAPH_SAME_CONTAINER && progress->polls < REPUBLISHES_MAX) {
        forget_sent(progress);
        return pause_for(republish_ms[progress->polls], progress, action);
    }
    if (remedy != GRAPH_NO_REMEDY)
        return end_without_container(job, progress, reply, &verdict, action);
    /* What the network says of a container that is published already is not documented. */
    if (verdict.result == OUTCOME_FAILED && container.sent > 1 &&
        (!row || verdict.kind == FAILURE_CONTENT))
        verdict.result = OUTCOME_UNCLEAR;
    if (verdict.result == OUTCOME_RETRY)
        forget_sent(progress);
    return end_part(job, progress, reply, verdict, action);
}

static enum channel_next take_published(const struct container_network *network,
                                        const struct channel_job *job,
                                        struct channel_progress *progress,
                                        const struct http_reply *reply, const struct json *root,
                                        struct channel_action *action)
{
    struct post *post = &progress->posts[progress->part];
    char id[sizeof(post->id)];

    if (!shared_is_success(reply) || !graph_read_id(root, id, sizeof(id)))
        return take_refused(network, job, progress, reply, root, action);
    *post = (struct post){.url = ""};
    memcpy(post->id, id, strlen(id) + 1);
    progress->part++;
    progress->post_count = progress->part;
    progress->polls = 0;
    progress->handle[0] = '\0';
    if (progress->part == job->draft->part_count)
        return container_send_link(network, job, progress, reply, action);
    return go_on(network, job, progress, action);
}

/* People want the way to the post; without it, it is posted all the same. */
static enum channel_next take_link(const struct container_network *network,
                                   const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    unsigned at = container_first_unlinked(progress);
    struct post *post = &progress->posts[at];

    if (at < progress->post_count && shared_is_success(reply))
        shared_copy_url(job, json_text(root, "permalink", NULL), post->url, sizeof(post->url));
    if (at < progress->post_count && post->url[0])
        return container_send_link(network, job, progress, reply, action);
    return shared_end_well(reply, OUTCOME_POSTED, action);
}

static enum channel_next take(const struct container_network *network,
                              const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, const struct json *root,
                              struct channel_action *action)
{
    switch ((enum container_stage)progress->stage) {
    case CONTAINER_ADDING:
        return take_picture(network, job, progress, reply, root, action);
    case CONTAINER_CREATING:
        return take_created(network, job, progress, reply, root, action);
    case CONTAINER_WAITING:
        return take_status(network, job, progress, reply, root, action);
    case CONTAINER_PUBLISHING:
        return take_published(network, job, progress, reply, root, action);
    default:
        return go_on(network, job, progress, action);
    }
}

enum channel_next container_step_post(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, struct channel_action *action)
{
    bool is_posted = progress->part >= job->draft->part_count;
    char sentence[SENTENCE_SIZE];

    if (!is_posted && container_lacks_picture(network, job, sentence, sizeof(sentence)))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT, sentence, action);
    if (is_posted && (!reply || progress->stage != CONTAINER_LINKING))
        return container_send_link(network, job, progress, reply, action);
    if (!reply)
        return go_on(network, job, progress, action);
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = is_posted ? take_link(network, job, progress, reply, root, action)
                                       : take(network, job, progress, reply, root, action);
    json_free(root);
    return next;
}
