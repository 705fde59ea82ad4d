/*
 * Threads (developers.facebook.com/docs/threads). A text of several parts is a thread; the parts
 * after the first are replies. Links in the text are shown and can be followed; a card is made of
 * the first by the network itself.
 */
#include <stdio.h>
#include <string.h>

#include "base/language.h"

#include "channels/access_token.h"
#include "channels/channel.h"
#include "channels/container.h"
#include "channels/drivers.h"
#include "channels/graph_renew.h"
#include "channels/graph_request.h"
#include "channels/shared.h"

enum { HOUR_S = 60 * 60 };

static const char change_picture[] =
    N_("use another picture (JPEG or PNG, at most 8 MiB), approve it and send it again");

static const struct graph_row rows[] = {
    {GRAPH_CODE(24), 4279009, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Threads does not know of the container yet"), NULL, GRAPH_SAME_CONTAINER},
    {GRAPH_CODE(24), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Threads does not find what it was asked for"), NULL, GRAPH_SAME_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 4279013, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("Threads restricts this account"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(4279013), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("Threads restricts this account"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(2207051), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, 2 * HOUR_S,
     N_("Threads takes this for spam and blocks it for hours"), GRAPH_CALM_DOWN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), GRAPH_ANY, "LINK_LIMIT_EXCEEDED", OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Threads takes five links in a post at most"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), GRAPH_ANY, "FEATURE_NOT_AVAILABLE", OUTCOME_FAILED, FAILURE_PERMISSION,
     0, N_("Threads does not offer this to the account"), GRAPH_REPORT_FAULT, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), GRAPH_ANY, "GEO_GATING_INVALID_COUNTRY_CODES", OUTCOME_FAILED,
     FAILURE_CONTENT, 0, N_("Threads does not know a country"), GRAPH_REPORT_FAULT,
     GRAPH_NO_REMEDY},
    {GRAPH_CODE(100), GRAPH_ANY, "at most 500", OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the text is too long for Threads"), NULL, GRAPH_NO_REMEDY},
};

static const struct graph_errors errors = {rows, sizeof(rows) / sizeof(rows[0]), "threads"};

/* error_message of a container. UNKNOWN is none of these: another one is made. */
static const struct container_trouble troubles[] = {
    {"FAILED_DOWNLOADING", N_("Threads could not fetch the file from the public site"),
     N_("look whether the coordinator's public site can be reached by anybody")},
    {"FAILED_PROCESSING", N_("Threads cannot read the file"), change_picture},
    {"INVALID_ASPEC", N_("the picture is too wide or too tall"), change_picture}, /* sic */
    {"INVALID_", N_("the file has a form that Threads does not take"), change_picture},
    {NULL, NULL, NULL},
};

static const struct container_network network = {
    .driver = &channel_threads,
    .errors = &errors,
    .name = "Threads",
    .create_edge = "threads",
    .publish_edge = "threads_publish",
    .limit_edge = "threads_publishing_limit",
    .posts_edge = "threads",
    .replies_edge = "replies",
    .list_limit = "100",
    .status_field = "status",
    .trouble_field = "error_message",
    .text_field = "text",
    .text_type = "TEXT",
    .image_type = "IMAGE",
    .troubles = troubles,
};

static const struct graph_renewal renewal = {&channel_threads, &errors, "th_refresh_token",
                                             CONTAINER_RENEWING};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *missing = access_token_fault(job);

    if (missing)
        return shared_end_incomplete(job, missing, action);
    if (!graph_is_id(container_account(job)) && strcmp(container_account(job), "me") != 0)
        return shared_end_incomplete(job, N_("the account's setting 'account' is not a number"),
                                     action);
    if (!shared_has_parts(job, THREAD_PARTS_MAX))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT,
                                N_("the text has no parts, or too many"), action);
    if (job->task == TASK_RENEW)
        return graph_step_renew(&renewal, job, progress, reply, action);
    if (!reply && graph_needs_renewal(job)) {
        action->is_early = true;
        return NEXT_RENEW;
    }
    return container_step(&network, job, progress, reply, action);
}

static void pace(const struct http_reply *reply, struct pace_hint *out)
{
    graph_pace(&errors, reply, out);
}

static const struct account_field fields[] = {
    {"account", false, false, false, N_("the account's id, a number; the check finds it out")},
    {CREDENTIAL_EXPIRES, false, false, false, N_("set by crisis: when the credential ends")},
    {"access-token", true, true, false,
     N_("the account's long-lived token with threads_content_publish")},
    {CREDENTIAL_EXPIRES, true, false, false, N_("set by crisis: when the token ends")},
    {NULL, false, false, false, NULL},
};

static const struct channel_quota quotas[] = {
    {250, INT64_C(24) * 60 * 60 * 1000, false},
    {0, 0, false},
};

const struct channel_driver channel_threads = {
    .name = "threads",
    .title = "Threads",
    .features = FEATURE_THREADS | FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_RENEW,
    .following = FOLLOWS_REPLY,
    .endpoint = "https://graph.threads.net/v1.0",
    .limits = {.unit = TEXT_UNIT_EMOJI_BYTES, .limit = 500, .threads = true},
    .media = {.images_max = 20,
              .image_max_bytes = 8 * 1024 * 1024,
              .image_types = "image/jpeg image/png",
              .width_percent_least = 10, /* 10:1, either way */
              .width_percent_most = 1000,
              .alt_max = 1000,
              .by_url = true},
    .fields = fields,
    .stages = container_stages,
    .step = step,
    .pace = pace,
    .quotas = quotas,
    .answers = {{700, 2500}, 3},
};
