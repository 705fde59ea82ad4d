#include "channels/facebook.h"

#include "wire/form.h"
#include "wire/oauth.h"

#include "channels/drivers.h"
#include "channels/facebook_reply.h"
#include "channels/shared.h"

const char *facebook_page_of(const struct channel_job *job)
{
    return account_setting(job->account, "page");
}

void facebook_add_endpoint(const struct channel_job *job, struct text *url)
{
    const char *endpoint = job->network ? job->network->endpoint : NULL;
    text_add(url, endpoint ? endpoint : channel_facebook.endpoint);
    text_add_char(url, '/');
}

/* The token and its proof: into the body of a POST, else into the query, where the Graph API
 * documents them. */
void facebook_add_credential(const struct channel_job *job, struct text *out,
                             void (*add)(struct text *, const char *, const char *))
{
    const char *token = credential_find(job->credential, "access-token");
    const char *app_secret = shared_app_secret(job, "app-secret");

    add(out, "access_token", token);
    if (app_secret) {
        struct text proof;
        text_init_secret(&proof, 128);
        appsecret_proof_add(&proof, app_secret, token);
        add(out, "appsecret_proof", proof.bytes);
        text_release(&proof);
    }
}

enum channel_next facebook_send_read(const struct channel_job *job, const char *path,
                                     const char *fields, struct channel_action *action)
{
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_GET, EFFECT_NONE);
    facebook_add_endpoint(job, &request->url);
    text_add(&request->url, path);
    query_add(&request->url, "fields", fields);
    http_request_header(request, "Accept", "application/json");
    facebook_add_credential(job, &request->url, query_add);
    return shared_send(job, action);
}

enum channel_next facebook_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action)
{
    char code[FACEBOOK_CODE_SIZE];
    struct verdict verdict = facebook_verdict(reply, root, effect, code);
    return shared_end(job, reply, &verdict, action);
}

/* An id becomes part of a path and of a permalink. */
bool facebook_read_id(const struct json *object, char *out, size_t size)
{
    return json_id(object, out, size, "id", NULL) && shared_consists_of(out, "0123456789_");
}
