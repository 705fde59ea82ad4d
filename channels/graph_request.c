#include "channels/graph_request.h"

#include <string.h>

#include "wire/oauth.h"

#include "channels/shared.h"

void graph_add_address(const struct channel_job *job, const struct channel_driver *driver,
                       struct text *url)
{
    text_add(url, channel_address(driver, job->account, job->network));
    text_add_char(url, '/');
}

/* "…/v25.0": a last part that is a version. */
static size_t length_without_version(const char *address)
{
    const char *slash = strrchr(address, '/');
    bool is_version = slash && slash[1] == 'v' && shared_consists_of(slash + 2, "0123456789.");
    return is_version ? (size_t)(slash - address) : strlen(address);
}

void graph_add_token_address(const struct channel_job *job, const struct channel_driver *driver,
                             struct text *url)
{
    const char *address = channel_address(driver, job->account, job->network);
    text_add_bytes(url, address, length_without_version(address));
    text_add_char(url, '/');
}

bool graph_make_proof(const struct channel_job *job, struct text *out)
{
    const char *app_secret = shared_app_secret(job, "app-secret");

    text_init_secret(out, 128);
    if (app_secret)
        appsecret_proof_add(out, app_secret, shared_own_secret(job, "access-token"));
    return app_secret != NULL;
}

void graph_add_token(const struct channel_job *job, struct text *out,
                     void (*add)(struct text *, const char *, const char *), bool with_proof)
{
    struct text proof;

    add(out, "access_token", shared_own_secret(job, "access-token"));
    if (graph_make_proof(job, &proof) && with_proof)
        add(out, "appsecret_proof", proof.bytes);
    text_release(&proof);
}

bool graph_is_id(const char *id)
{
    return shared_consists_of(id, "0123456789_");
}

bool graph_read_id(const struct json *object, char *out, size_t size)
{
    return json_id(object, out, size, "id", NULL) && graph_is_id(out);
}
