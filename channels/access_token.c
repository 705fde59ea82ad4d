#include "channels/access_token.h"

#include "base/language.h"
#include "base/limits.h"

#include "channels/shared.h"

static const char name[] = "access-token";

const char *access_token_fault(const struct channel_job *job)
{
    const char *token = shared_own_secret(job, name);

    if (!token)
        return N_("the credential has no access-token");
    if (!shared_is_token(token))
        return N_(
            "the access-token holds a space, a line feed or another character that no token has");
    return NULL;
}

void access_token_add_header(struct http_request *request, const char *token)
{
    struct text authorization;

    text_init_secret(&authorization, CREDENTIAL_MAX_BYTES);
    text_add(&authorization, "Bearer ");
    text_add(&authorization, token);
    http_request_header(request, "Authorization", authorization.bytes);
    text_release(&authorization);
}

void access_token_start_request(const struct channel_job *job, struct channel_action *action,
                                enum http_method method, enum request_effect effect,
                                const char *address, const char *path)
{
    struct http_request *request = &action->request;

    http_request_reset(request, method, effect);
    text_add(&request->url, address);
    text_add(&request->url, path);
    access_token_add_header(request, credential_find(job->credential, name));
    http_request_header(request, "Accept", "application/json");
}
