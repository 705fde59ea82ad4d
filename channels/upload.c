#include "channels/upload.h"

#include <stdio.h>
#include <string.h>

#include "wire/json.h"

enum { WAIT_MAX_MS = 20 * 1000 }; /* a picture is not worth a longer one */

static const char left_out[] = "-";

size_t upload_count(const struct channel_progress *progress)
{
    size_t count = progress->media[0] != '\0';
    for (const char *at = progress->media; *at; at++)
        count += *at == ' ';
    return count;
}

size_t channel_left_out_count(const struct channel_progress *progress)
{
    size_t count = 0;

    for (const char *at = progress->media; *at;) {
        const size_t length = strcspn(at, " ");
        count += length == strlen(left_out) && memcmp(at, left_out, length) == 0;
        at += length + (at[length] == ' ');
    }
    return count;
}

static bool is_taken(const struct media_limits *limits, const struct media *media)
{
    size_t length = strlen(media->type);

    if (media->kind != MEDIA_IMAGE || media->size_bytes == 0 ||
        media->size_bytes > limits->image_max_bytes)
        return false;
    for (const char *at = limits->image_types; at && (at = strstr(at, media->type)); at += length)
        if (at[length] == ' ' || at[length] == '\0')
            return true;
    return false;
}

const struct media *upload_next(const struct media_limits *limits, const struct channel_job *job,
                                struct channel_progress *progress)
{
    const struct draft *draft = job->draft;

    if (progress->part > 0)
        return NULL;
    for (size_t at = upload_count(progress); at < draft->media_count && at < limits->images_max;
         at = upload_count(progress)) {
        if (is_taken(limits, &draft->media[at]))
            return &draft->media[at];
        upload_leave_out(progress);
        if (upload_count(progress) == at)
            break; /* no room for more: a record that another program has filled */
    }
    return NULL;
}

bool upload_is_too_often(struct channel_progress *progress, unsigned most)
{
    return ++progress->polls >= most;
}

void upload_keep(struct channel_progress *progress, const char *id)
{
    size_t used = strlen(progress->media);
    size_t length = strlen(id);
    /* Room stays for a mark for every one that may follow. */
    bool is_word = length > 0 && length < UPLOAD_ID_SIZE && shared_is_token(id) &&
                   used + 1 + length < sizeof(progress->media) - 64;

    progress->polls = 0;
    if (is_word)
        snprintf(progress->media + used, sizeof(progress->media) - used, "%s%s", used ? " " : "",
                 id);
    else
        upload_leave_out(progress);
}

void upload_leave_out(struct channel_progress *progress)
{
    size_t used = strlen(progress->media);

    progress->polls = 0;
    if (used + sizeof(left_out) < sizeof(progress->media))
        snprintf(progress->media + used, sizeof(progress->media) - used, "%s%s", used ? " " : "",
                 left_out);
}

void upload_leave_out_last(struct channel_progress *progress)
{
    char *space = strrchr(progress->media, ' ');

    *(space ? space : progress->media) = '\0';
    upload_leave_out(progress);
}

void upload_leave_out_all(struct channel_progress *progress)
{
    size_t count = upload_count(progress);

    progress->media[0] = '\0';
    for (size_t i = 0; i < count; i++)
        upload_leave_out(progress);
}

bool upload_is_refused(const struct verdict *verdict)
{
    return verdict->result == OUTCOME_FAILED || verdict->result == OUTCOME_DUPLICATE ||
           verdict->retry_after_ms > WAIT_MAX_MS;
}

bool upload_is_put_off(const struct channel_job *job, const struct http_reply *reply,
                       const struct verdict *verdict, struct channel_action *action,
                       enum channel_next *next)
{
    if (upload_is_refused(verdict))
        return false;
    *next = shared_end(job, reply, verdict, action);
    return true;
}

bool upload_is_reason(const struct verdict *verdict)
{
    return verdict->result == OUTCOME_FAILED &&
           (verdict->kind == FAILURE_CONTENT || verdict->kind == FAILURE_PERMISSION);
}

bool upload_may_be_reason(const struct channel_progress *progress, const struct verdict *verdict)
{
    return progress->part == 0 && upload_any(progress) && upload_is_reason(verdict);
}

bool upload_id(const struct channel_progress *progress, size_t index, char out[UPLOAD_ID_SIZE])
{
    const char *at = progress->media;

    for (size_t i = 0; i < index; i++) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    size_t length = strcspn(at, " ");
    if (length == 0 || length >= UPLOAD_ID_SIZE || strncmp(at, left_out, length) == 0)
        return false;
    memcpy(out, at, length);
    out[length] = '\0';
    return true;
}

bool upload_any(const struct channel_progress *progress)
{
    char id[UPLOAD_ID_SIZE];

    for (size_t i = 0; i < upload_count(progress); i++)
        if (upload_id(progress, i, id))
            return true;
    return false;
}

void upload_add_ids(const struct channel_progress *progress, const char *name, struct text *body)
{
    char id[UPLOAD_ID_SIZE];

    json_add_name(body, name);
    text_add_char(body, '[');
    for (size_t i = 0; i < upload_count(progress); i++)
        if (upload_id(progress, i, id))
            json_add_string(body, id);
    text_add_char(body, ']');
}
