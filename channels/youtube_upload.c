/* A resumable upload (developers.google.com/youtube/v3/guides/using_resumable_upload_protocol). A
 * film exists once the last byte is in, so only the last piece could make a second one; and the
 * session says what became of it, as often as it is asked. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/youtube.h"
#include "channels/youtube_reply.h"

enum {
    PIECE_BYTES = 8 * 262144, /* a multiple of 256 KiB, as YouTube wants; little for a slow line */
    TRIES_MAX = 5,            /* of a piece that YouTube does not keep, and of a session */
    GOES_ON = 308,            /* more bytes are wanted */
    AGAIN_MS = 2000,
};

/* Where every session of ours is, behind the network's address. */
static const char session_path[] = "/upload/youtube/v3/videos?";

/* --- the session, in progress.handle: bytes that YouTube has, a space, path and query ----------
 * All of them: YouTube has said so, and not yet which film it has made of them. */

static const char *session_of(const struct channel_progress *progress, size_t *offset)
{
    char *end;
    unsigned long long bytes = strtoull(progress->handle, &end, 10);
    bool is_session = end != progress->handle && *end == ' ' &&
                      strncmp(end + 1, session_path, sizeof(session_path) - 1) == 0;

    *offset = (size_t)bytes;
    return is_session ? end + 1 : NULL;
}

bool youtube_has_session(const struct channel_progress *progress)
{
    size_t ignored;
    return session_of(progress, &ignored) != NULL;
}

static bool keep_session(struct channel_progress *progress, size_t offset, const char *path)
{
    char handle[sizeof(progress->handle)];
    int length = snprintf(handle, sizeof(handle), "%zu %s", offset, path);

    if (length < 0 || (size_t)length >= sizeof(handle))
        return false;
    memcpy(progress->handle, handle, (size_t)length + 1);
    return true;
}

/* The session's address is followed to the network's own only: the token goes along. */
static bool take_location(const struct channel_job *job, const struct http_reply *reply,
                          struct channel_progress *progress)
{
    const char *address = channel_address(&channel_youtube, job->account, job->network);
    size_t length = strlen(address);
    char location[sizeof(progress->handle) + 256];

    return http_reply_header(reply, "location", location, sizeof(location)) &&
           shared_is_token(location) && url_is_acceptable(location) &&
           strncmp(location, address, length) == 0 &&
           strncmp(location + length, session_path, sizeof(session_path) - 1) == 0 &&
           keep_session(progress, 0, location + length);
}

static enum channel_next open_session(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      struct channel_action *action)
{
    struct http_request *request = &action->request;
    const struct media *media = &job->draft->media[0];
    char length[24];
    struct text title;

    progress->stage = YOUTUBE_OPENING;
    youtube_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, "/upload/youtube/v3/videos");
    query_add(&request->url, "uploadType", "resumable");
    query_add(&request->url, "part", "snippet,status");
    query_add(&request->url, "notifySubscribers", "true");
    snprintf(length, sizeof(length), "%zu", media->size_bytes);
    http_request_header(request, "Content-Type", "application/json; charset=UTF-8");
    http_request_header(request, "X-Upload-Content-Length", length);
    http_request_header(request, "X-Upload-Content-Type", media->type);
    text_init(&title, request->body.ceiling);
    youtube_title_add(job->draft, &title);
    text_add_char(&request->body, '{');
    json_add_name(&request->body, "snippet");
    text_add_char(&request->body, '{');
    json_add_member(&request->body, "title", title.bytes);
    youtube_add_description(job, &request->body);
    text_add_char(&request->body, '}');
    json_add_name(&request->body, "status");
    text_add_char(&request->body, '{');
    json_add_member(&request->body, "privacyStatus", "public");
    json_add_name(&request->body, "selfDeclaredMadeForKids");
    text_add(&request->body, "false}}");
    text_release(&title);
    return shared_send(job, action);
}

/* --- its pieces ------------------------------------------------------------------------------ */

static bool is_last_piece(const struct channel_job *job, size_t offset)
{
    return job->draft->media[0].size_bytes - offset <= PIECE_BYTES;
}

static enum channel_next send_piece(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    struct channel_action *action)
{
    const struct media *media = &job->draft->media[0];
    struct http_request *request = &action->request;
    size_t offset;
    const char *path = session_of(progress, &offset);
    bool is_last = is_last_piece(job, offset);
    size_t size = is_last ? media->size_bytes - offset : PIECE_BYTES;
    char range[96];

    progress->stage = YOUTUBE_UPLOADING;
    youtube_start_request(job, action, HTTP_PUT, is_last ? EFFECT_ONCE : EFFECT_REPEATABLE, path);
    snprintf(range, sizeof(range), "bytes %zu-%zu/%zu", offset, offset + size - 1,
             media->size_bytes);
    http_request_header(request, "Content-Type", media->type);
    http_request_header(request, "Content-Range", range);
    request->file = (const char *)media->bytes + offset;
    request->file_size_bytes = size;
    return shared_send(job, action);
}

enum channel_next youtube_send_probe(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    size_t offset;
    char range[48];

    youtube_start_request(job, action, HTTP_PUT, EFFECT_NONE, session_of(progress, &offset));
    snprintf(range, sizeof(range), "bytes */%zu", job->draft->media[0].size_bytes);
    http_request_header(&action->request, "Content-Range", range);
    return shared_send(job, action);
}

/* "bytes=0-999999": a million are there; without the header, none. */
bool youtube_read_range(const struct http_reply *reply, size_t size, size_t *out)
{
    static const char prefix[] = "bytes=0-";
    char range[48], *end;

    *out = 0;
    if (!http_reply_header(reply, "range", range, sizeof(range)))
        return true;
    const char *digits = range + sizeof(prefix) - 1;
    if (strncmp(range, prefix, sizeof(prefix) - 1) != 0 || digits[0] < '0' || digits[0] > '9')
        return false;
    unsigned long long last = strtoull(digits, &end, 10);
    if (*end || last >= size)
        return false;
    *out = (size_t)last + 1;
    return true;
}

/* --- answers --------------------------------------------------------------------------------- */

static const char look_at_channel[] =
    N_("look at the channel at studio.youtube.com: the film may be there already");

static enum channel_next end_odd(const struct channel_job *job, const struct http_reply *reply,
                                 const char *sentence, struct channel_action *action)
{
    struct verdict verdict = {OUTCOME_RETRY, FAILURE_PROTOCOL, NULL, sentence, NULL,
                              NULL,          AGAIN_MS};
    return shared_end(job, reply, &verdict, action);
}

/* The last byte is in, and there may be a film: only a look can tell. */
static enum channel_next end_unclear(const struct channel_job *job, const struct http_reply *reply,
                                     const char *sentence, struct channel_action *action)
{
    struct verdict verdict = {
        OUTCOME_UNCLEAR, FAILURE_PROTOCOL, NULL, sentence, NULL, look_at_channel, -1};
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next take_session(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    if (shared_is_success(reply) && take_location(job, reply, progress))
        return send_piece(job, progress, action);
    if (shared_is_success(reply))
        return end_odd(job, reply, N_("YouTube does not say where the film is to go"), action);
    return youtube_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

static bool was_last_piece(const struct channel_job *job, const struct channel_progress *progress)
{
    size_t offset;
    return session_of(progress, &offset) && progress->stage == YOUTUBE_UPLOADING &&
           is_last_piece(job, offset);
}

/* Goes on behind what YouTube has. */
static enum channel_next take_range(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    size_t before, there, size = job->draft->media[0].size_bytes;
    char path[sizeof(progress->handle)];
    bool was_piece = progress->stage == YOUTUBE_UPLOADING;
    bool was_last = was_last_piece(job, progress);

    snprintf(path, sizeof(path), "%s", session_of(progress, &before));
    if (!youtube_read_range(reply, size, &there))
        return end_odd(job, reply, N_("YouTube does not say how much of the film it has"), action);
    if (there == size) {
        static const char not_done[] = N_("YouTube has the film, and is not done with it yet");
        if (was_last)
            return end_unclear(job, reply, not_done, action);
        (void)keep_session(progress, size, path);
        return end_odd(job, reply, not_done, action);
    }
    progress->polls = was_piece && there <= before ? progress->polls + 1 : 0;
    if (progress->polls >= TRIES_MAX)
        return end_odd(job, reply, N_("YouTube does not keep what is sent of the film"), action);
    (void)keep_session(progress, there, path); /* as long as it was, but for digits of the size */
    return send_piece(job, progress, action);
}

/* One that nobody sees is not posted: people are told so. One that YouTube refuses is no film: what
 * is sent next begins anew. */
static enum channel_next take_film(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   const char *id, struct channel_action *action)
{
    struct verdict unseen;
    bool is_unseen = youtube_is_unseen(root, &unseen);

    if (is_unseen && unseen.kind == FAILURE_CONTENT)
        progress->handle[0] = '\0';
    else
        youtube_keep_post(job, progress, id);
    return is_unseen ? shared_end(job, reply, &unseen, action)
                     : shared_end_well(reply, OUTCOME_POSTED, action);
}

/* The session is gone. Where all of the film had arrived, a film may have been made of it: before
 * there is another session, the channel is looked at. */
static enum channel_next take_gone(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    static const char forgotten[] = N_("YouTube has forgotten the upload, and may have the film");
    struct verdict verdict = {
        OUTCOME_DUPLICATE, FAILURE_DUPLICATE, NULL, forgotten, NULL, look_at_channel, -1};
    char path[sizeof(progress->handle)];
    size_t offset;

    if (was_last_piece(job, progress))
        return end_unclear(job, reply, forgotten, action);
    snprintf(path, sizeof(path), "%s", session_of(progress, &offset));
    if (offset == job->draft->media[0].size_bytes) {
        (void)keep_session(progress, 0, path);
        return shared_end(job, reply, &verdict, action);
    }
    progress->handle[0] = '\0';
    if (++progress->polls < TRIES_MAX)
        return open_session(job, progress, action);
    return end_odd(job, reply, N_("YouTube forgets where the film was to go"), action);
}

static enum channel_next take_state(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, const struct json *root,
                                    struct channel_action *action)
{
    char id[YOUTUBE_ID_SIZE];
    bool was_last = was_last_piece(job, progress);

    if (reply->status == GOES_ON)
        return take_range(job, progress, reply, action);
    if (shared_is_success(reply) && json_id(root, id, sizeof(id), "id", NULL) && youtube_is_id(id))
        return take_film(job, progress, reply, root, id, action);
    if (reply->status == 404 || reply->status == 410)
        return take_gone(job, progress, reply, action);
    return youtube_end_refused(job, reply, root, was_last ? EFFECT_ONCE : EFFECT_REPEATABLE,
                               action);
}

enum channel_next youtube_step_post(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    size_t offset;

    if (progress->part > 0)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    if (!session_of(progress, &offset) || offset > job->draft->media[0].size_bytes)
        progress->handle[0] = '\0';
    if (!reply && progress->handle[0]) {
        progress->stage = YOUTUBE_PROBING;
        return youtube_send_probe(job, progress, action);
    }
    if (!reply || (progress->stage != YOUTUBE_OPENING && !progress->handle[0]))
        return open_session(job, progress, action);
    return tasks_take(progress->stage == YOUTUBE_OPENING ? take_session : take_state, job, progress,
                      reply, action);
}
