#include "channels/mastodon_request.h"

#include <string.h>

#include "base/limits.h"

#include "channels/drivers.h"
#include "channels/mastodon_reply.h"
#include "channels/shared.h"

bool mastodon_is_id(const char *id)
{
    return strlen(id) < MASTODON_ID_SIZE &&
           shared_consists_of(id,
                              "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:");
}

void mastodon_start_request(const struct channel_job *job, struct channel_action *action,
                            enum http_method method, enum request_effect effect, const char *path)
{
    struct http_request *request = &action->request;
    struct text authorization;

    http_request_reset(request, method, effect);
    text_add(&request->url, channel_address(&channel_mastodon, job->account, job->network));
    text_add(&request->url, path);
    text_init_secret(&authorization, CREDENTIAL_MAX_BYTES);
    text_add(&authorization, "Bearer ");
    text_add(&authorization, credential_find(job->credential, "access-token"));
    http_request_header(request, "Authorization", authorization.bytes);
    http_request_header(request, "Accept", "application/json");
    text_release(&authorization);
}

enum channel_next mastodon_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action)
{
    struct verdict verdict = mastodon_verdict(reply, root, effect);
    return shared_end(job, reply, &verdict, action);
}
