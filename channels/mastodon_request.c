#include "channels/mastodon_request.h"

#include <string.h>

#include "channels/access_token.h"
#include "channels/drivers.h"
#include "channels/mastodon_reply.h"
#include "channels/shared.h"

bool mastodon_is_id(const char *id)
{
    return strlen(id) < MASTODON_ID_SIZE &&
           shared_consists_of(id,
                              "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:");
}

bool mastodon_read_id(const struct http_reply *reply, const struct json *root,
                      char out[MASTODON_ID_SIZE])
{
    return shared_is_success(reply) && json_id(root, out, MASTODON_ID_SIZE, "id", NULL) &&
           mastodon_is_id(out);
}

void mastodon_start_request(const struct channel_job *job, struct channel_action *action,
                            enum http_method method, enum request_effect effect, const char *path)
{
    const char *address = channel_address(&channel_mastodon, job->account, job->network);

    access_token_start_request(job, action, method, effect, address, path);
}

enum channel_next mastodon_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action)
{
    struct verdict verdict = mastodon_verdict(reply, root, effect);
    return shared_end(job, reply, &verdict, action);
}
