/*
 * Instagram's professional accounts (developers.facebook.com, "Content Publishing"). A post is one
 * picture, or a carousel of up to ten; the text is its caption, in which links cannot be followed.
 *
 * Two kinds of tokens. One of Facebook Login is that of the page which the account is linked to,
 * and goes to graph.facebook.com; one of Instagram Login begins with "IG", lives for 60 days, is
 * renewed, and goes to graph.instagram.com: the account's setting `server`.
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
#include "channels/instagram_reply.h"
#include "channels/shared.h"

static const char facebook_address[] = "https://graph.facebook.com/v25.0";

static bool is_instagram_login(const struct channel_job *job)
{
    const char *token = shared_own_secret(job, "access-token");
    return token && strncmp(token, "IG", 2) == 0;
}

static bool with_proof(const struct channel_job *job)
{
    return !is_instagram_login(job);
}

static const struct container_network network = {
    .driver = &channel_instagram,
    .errors = &instagram_errors,
    .name = "Instagram",
    .create_edge = "media",
    .publish_edge = "media_publish",
    .limit_edge = "content_publishing_limit",
    .posts_edge = "media",
    .list_limit = "25",
    .status_field = "status_code",
    .trouble_field = "status",
    .text_field = "caption",
    .with_proof = with_proof,
};

static const struct graph_renewal renewal = {&channel_instagram, &instagram_errors,
                                             "ig_refresh_token", CONTAINER_RENEWING};

/* What is missing for any request; NULL: nothing. */
static const char *missing_part(const struct channel_job *job)
{
    const char *account = account_setting(job->account, "account");
    const char *missing = access_token_fault(job);

    if (missing)
        return missing;
    if (!account || !account[0])
        return N_("the account has no setting 'account'");
    if (!graph_is_id(account))
        return N_("the account's setting 'account' is not a number");
    if (is_instagram_login(job) &&
        strcmp(channel_address(&channel_instagram, job->account, job->network), facebook_address) ==
            0)
        return N_("the access-token is one of Instagram Login: the account needs the setting "
                  "server=https://graph.instagram.com/v25.0");
    return NULL;
}

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *missing = missing_part(job);

    if (missing)
        return shared_end_incomplete(job, missing, action);
    if (!shared_has_parts(job, 1))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT,
                                N_("an Instagram post has exactly one part"), action);
    if (job->task == TASK_RENEW) {
        if (is_instagram_login(job))
            return graph_step_renew(&renewal, job, progress, reply, action);
        return shared_end_incomplete(job, N_("a token of Facebook Login is not renewed"), action);
    }
    if (!reply && is_instagram_login(job) && graph_needs_renewal(job)) {
        action->is_early = true;
        return NEXT_RENEW;
    }
    return container_step(&network, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"account", false, true, false, N_("the professional account's id, a number")},
    {"server", false, false, true,
     N_("https://graph.instagram.com/v25.0 for tokens of Instagram Login, else left out")},
    {CREDENTIAL_EXPIRES, false, false, false, N_("set by crisis: when the credential ends")},
    {"access-token", true, true, false,
     N_("the linked page's token with instagram_content_publish, or one of Instagram Login")},
    {CREDENTIAL_EXPIRES, true, false, false, N_("set by crisis: when the token ends")},
    {NULL, false, false, false, NULL},
};

static const struct channel_quota quotas[] = {
    {50, INT64_C(24) * 60 * 60 * 1000, false},
    {0, 0, false},
};

const struct channel_driver channel_instagram = {
    .name = "instagram",
    .title = "Instagram",
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_RENEW,
    .following = FOLLOWS_NOT,
    .endpoint = facebook_address,
    .address = "server",
    .limits = {.unit = TEXT_UNIT_UTF16, .limit = 2200, .threads = false},
    .media = {.images_max = 10,
              .image_max_bytes = 8 * 1024 * 1024,
              .image_types = "image/jpeg",
              .width_percent_least = 80, /* 4:5 */
              .width_percent_most = 191, /* 1.91:1 */
              .alt_max = 1000,
              .needs_image = true,
              .by_url = true},
    .fields = fields,
    .stages = container_stages,
    .step = step,
    .pace = instagram_pace,
    .quotas = quotas,
    .answers = {{900, 3500}, 3},
};
