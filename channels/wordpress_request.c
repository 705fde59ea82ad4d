#include <stdio.h>
#include <string.h>

#include "wire/form.h"

#include "channels/wordpress.h"

bool wordpress_is_id(const char *id)
{
    return strlen(id) < WORDPRESS_ID_SIZE && shared_consists_of(id, "0123456789");
}

bool wordpress_site_path(const struct channel_job *job, const char *suffix,
                         char out[WORDPRESS_ROOT_SIZE])
{
    const char *site = account_setting(job->account, "site");
    size_t length = strlen(site);

    while (length > 0 && site[length - 1] == '/')
        length--;
    int needed = snprintf(out, WORDPRESS_ROOT_SIZE, "%.*s%s", (int)length, site, suffix);
    return needed > 0 && needed < WORDPRESS_ROOT_SIZE;
}

void wordpress_root(const struct channel_job *job, char out[WORDPRESS_ROOT_SIZE])
{
    const char *learnt = account_setting(job->account, "api");

    if (learnt && learnt[0])
        snprintf(out, WORDPRESS_ROOT_SIZE, "%s", learnt);
    else
        wordpress_site_path(job, "/wp-json", out);
}

void wordpress_start_request(struct channel_action *action, enum http_method method,
                             enum request_effect effect, const char *root, const char *path,
                             const char *id, const char *fields)
{
    struct http_request *request = &action->request;

    http_request_reset(request, method, effect);
    text_add(&request->url, root);
    text_add(&request->url, path);
    if (id)
        percent_add(&request->url, id);
    if (fields)
        query_add(&request->url, "_fields", fields);
    http_request_header(request, "Accept", "application/json");
}

void wordpress_authorize(const struct channel_job *job, struct http_request *request)
{
    struct text authorization;

    text_init_secret(&authorization, CREDENTIAL_MAX_BYTES);
    text_add(&authorization, "Basic ");
    shared_add_basic(&authorization, credential_find(job->credential, "user"),
                     credential_find(job->credential, "application-password"));
    http_request_header(request, "Authorization", authorization.bytes);
    text_release(&authorization);
}
