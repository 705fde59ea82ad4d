#include "channels/facebook.h"

#include <stdio.h>
#include <string.h>

#include "wire/form.h"
#include "wire/multipart.h"

#include "channels/drivers.h"
#include "channels/facebook_reply.h"
#include "channels/graph_request.h"
#include "channels/link_back.h"
#include "channels/shared.h"
#include "channels/upload.h"

const char *facebook_page_of(const struct channel_job *job)
{
    return account_setting(job->account, "page");
}

void facebook_add_endpoint(const struct channel_job *job, struct text *url)
{
    graph_add_address(job, &channel_facebook, url);
}

/* Facebook takes a proof of the app secret with every token. */
void facebook_add_credential(const struct channel_job *job, struct text *out,
                             void (*add)(struct text *, const char *, const char *))
{
    graph_add_token(job, out, add, true);
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

enum channel_next facebook_send_photo(const struct channel_job *job, const struct media *media,
                                      struct channel_action *action)
{
    struct http_request *request = &action->request;
    char boundary[MULTIPART_BOUNDARY_SIZE];
    struct text proof;

    http_request_reset(request, HTTP_POST, EFFECT_REPEATABLE);
    facebook_add_endpoint(job, &request->url);
    percent_add(&request->url, facebook_page_of(job));
    text_add(&request->url, "/photos");
    http_request_header(request, "Accept", "application/json");
    multipart_boundary(job->nonce, boundary);
    multipart_begin(request, boundary);
    multipart_field(request, boundary, "published", "false");
    multipart_field(request, boundary, "alt_text_custom", media->alt);
    multipart_field(request, boundary, "access_token",
                    credential_find(job->credential, "access-token"));
    if (graph_make_proof(job, &proof))
        multipart_field(request, boundary, "appsecret_proof", proof.bytes);
    text_release(&proof);
    multipart_file(request, boundary, "source", media->file_name, media->type, media->bytes,
                   media->size_bytes);
    return shared_send(job, action);
}

/* --- the earlier post ------------------------------------------------------------------------ */

/* How the post names it. progress.handle has one of the words when that is no longer decided by
 * whether there are pictures: beside pictures `link` is not shown. */
enum naming { NAMED_NOT, NAMED_IN_TEXT, NAMED_APART };

static const char in_text[] = "in-text", not_at_all[] = "not";

static enum naming naming_of(const struct channel_job *job, const struct channel_progress *progress)
{
    if (!link_back_address(job) || strcmp(progress->handle, not_at_all) == 0)
        return NAMED_NOT;
    if (upload_any(progress) || strcmp(progress->handle, in_text) == 0)
        return NAMED_IN_TEXT;
    return NAMED_APART;
}

void facebook_add_text(const struct channel_job *job, const struct channel_progress *progress,
                       struct text *body)
{
    enum naming naming = naming_of(job, progress);
    struct text message;

    text_init(&message, body->ceiling);
    if (naming == NAMED_IN_TEXT)
        link_back_add_text(job, &message);
    else
        text_add(&message, job->draft->parts[0]);
    form_add(body, "message", message.bytes);
    if (naming == NAMED_APART)
        form_add(body, "link", link_back_address(job));
    body->overflowed |= message.overflowed;
    text_release(&message);
}

bool facebook_is_about_link(const struct json *root)
{
    enum { NOT_OPENED = 1609005, TO_FACEBOOK = 1609008, NOT_VALID = 2061006 };
    int64_t code = 0, subcode = 0;

    (void)json_whole(root, &code, "error", "code", NULL);
    (void)json_whole(root, &subcode, "error", "error_subcode", NULL);
    return code == NOT_OPENED || subcode == TO_FACEBOOK || subcode == NOT_VALID;
}

bool facebook_change_link(const struct channel_job *job, struct channel_progress *progress)
{
    enum naming naming = naming_of(job, progress);

    if (naming == NAMED_NOT)
        return false;
    snprintf(progress->handle, sizeof(progress->handle), "%s",
             naming == NAMED_APART ? in_text : not_at_all);
    progress->polls = 0; /* it is not there */
    return true;
}

/* --- pictures -------------------------------------------------------------------------------- */

/* In a form, a list is one JSON text. */
void facebook_add_photos(const struct channel_progress *progress, struct text *body)
{
    struct text list;
    char id[UPLOAD_ID_SIZE];

    text_init(&list, 2 * sizeof(progress->media));
    for (size_t i = 0; i < upload_count(progress); i++) {
        if (!upload_id(progress, i, id))
            continue;
        text_add(&list, list.length ? ",{" : "[{");
        json_add_member(&list, "media_fbid", id);
        text_add_char(&list, '}');
    }
    if (list.length) {
        text_add_char(&list, ']');
        form_add(body, "attached_media", list.bytes);
    }
    body->overflowed |= list.overflowed;
    text_release(&list);
}

enum channel_next facebook_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action)
{
    char code[GRAPH_CODE_SIZE];
    struct verdict verdict = facebook_verdict(reply, root, effect, code);
    return shared_end(job, reply, &verdict, action);
}
