#include "channels/container_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"

#include "channels/graph_renew.h"
#include "channels/graph_request.h"
#include "channels/shared.h"

static enum channel_next take_who(const struct container_network *network,
                                  const struct channel_job *job, struct channel_progress *progress,
                                  const struct http_reply *reply, const struct json *root,
                                  struct channel_action *action)
{
    const char *account = account_setting(job->account, "account");
    const char *words = json_text(root, "username", NULL);
    char id[64], name[128] = "";

    if (!shared_is_success(reply) || !graph_read_id(root, id, sizeof(id)))
        return container_end_refused(network, job, reply, root, EFFECT_NONE, action);
    if (account && account[0] && strcmp(account, id) != 0)
        return shared_end_unfit(
            job, reply, FAILURE_CREDENTIAL,
            N_("the token belongs to another account than the setting 'account'"), action);
    if (words)
        shared_copy_words(job, words, name, sizeof(name));
    snprintf(progress->handle, sizeof(progress->handle), "%s %s", id, name);
    progress->stage = CONTAINER_CHECKING_LIMIT;
    return container_send_read(network, job, container_account(job), network->limit_edge,
                               "quota_usage,config", action);
}

/* Only who may publish is told how much of the limit is left. */
static enum channel_next take_limit(const struct container_network *network,
                                    const struct channel_job *job,
                                    const struct channel_progress *progress,
                                    const struct http_reply *reply, const struct json *root,
                                    struct channel_action *action)
{
    struct channel_outcome *outcome = &action->outcome;
    const struct json *limit = json_item(json_get(root, "data", NULL), 0);
    int id_length = (int)strcspn(progress->handle, " ");
    int64_t used = 0, total = 0;
    char identity[sizeof(outcome->identity)];
    struct verdict full = {OUTCOME_RETRY,
                           FAILURE_RATE_LIMIT,
                           NULL,
                           N_("the account has used up its posts of the last 24 hours"),
                           NULL,
                           NULL,
                           -1};

    if (!shared_is_success(reply) || !json_whole(limit, &used, "quota_usage", NULL))
        return container_end_refused(network, job, reply, root, EFFECT_NONE, action);
    if (json_whole(limit, &total, "config", "quota_total", NULL) && total > 0 && used >= total)
        return shared_end(job, reply, &full, action);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    snprintf(identity, sizeof(identity), "@%.120s (%.*s)",
             progress->handle[id_length] ? progress->handle + id_length + 1 : "", id_length,
             progress->handle);
    shared_copy_words(job, identity, outcome->identity, sizeof(outcome->identity));
    snprintf(identity, sizeof(identity), "%.*s", id_length, progress->handle);
    shared_learn(job, "account", identity, outcome);
    outcome->expires_unix_ms = graph_end_unix_ms(job);
    return NEXT_DONE;
}

enum channel_next container_step_check(const struct container_network *network,
                                       const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply,
                                       struct channel_action *action)
{
    /* It only reads: after a restart it begins anew. */
    if (!reply ||
        (progress->stage != CONTAINER_CHECKING && progress->stage != CONTAINER_CHECKING_LIMIT)) {
        progress->stage = CONTAINER_CHECKING;
        return container_send_read(network, job, container_account(job), NULL, "id,username",
                                   action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = progress->stage == CONTAINER_CHECKING
                                 ? take_who(network, job, progress, reply, root, action)
                                 : take_limit(network, job, progress, reply, root, action);
    json_free(root);
    return next;
}
