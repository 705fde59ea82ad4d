/*
 * The coordinator's public site, as an account of a municipality: static files below public/, with
 * a page, a CAP 1.2 file and feeds. No network is asked: FEATURE_LOCAL sends the requests to
 * dispatch/outlet.h, and the site is made from the record that is put there
 * (model/public_record.h).
 *
 * A record is the same however often it is put, and has one name: so putting it again does no harm,
 * and is how a delivery in doubt is looked up.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"
#include "model/public_record.h"
#include "wire/json.h"

#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/shared.h"

enum stage { STAGE_START, STAGE_PUBLISHING, STAGE_RETRACTING, STAGE_CHECKING };

static const char *const stages[] = {"start", "publishing", "retracting", "checking", NULL};

enum {
    TEXT_LIMIT = 10000, /* so that a page of two languages is still a light one */
    TIME_MAX = 64,
    SITE_SIZE = 256,
    SLUG_SIZE = PUBLIC_PATH_MAX + 1,
    KEY_BYTES = 16,
    KEY_BYTES_SHOWN = 4,
};

static const char bad_path[] =
    N_("'path' is not one to eight folders of small letters, digits, '-' and '_', with '/' between "
       "them, the first one not 'media'");

static const char no_site[] =
    N_("crisis.yaml does not say where the public site is: an https address "
       "as the coordinator's 'url'");

static const char no_site_next[] =
    N_("put the public site's https address into crisis.yaml: coordinator: {url: …}");

/* --- what is known of an account ------------------------------------------------------------- */

static const char *account_fault(const struct account *account)
{
    const char *path = account_setting(account, "path");

    return path && !public_path_is_valid(path) ? bad_path : NULL;
}

/* The address of the site, without a slash at the end. */
static bool read_site(const struct channel_job *job, char out[SITE_SIZE])
{
    const char *site = channel_address(&channel_feed, job->account, job->network);
    size_t length = site ? strlen(site) : 0;

    while (length > 0 && site[length - 1] == '/')
        length--;
    if (length == 0 || length >= SITE_SIZE || strpbrk(site, "?,<>&\"'\\") ||
        !url_is_acceptable(site))
        return false;
    memcpy(out, site, length);
    out[length] = '\0';
    return true;
}

/* "0301@krise.example.no": unique in the world, and without what CAP forbids in a sender. */
static void add_sender(const struct channel_job *job, const char *site, struct text *out)
{
    char origin[SITE_SIZE + 16];

    if (!url_origin(site, origin, sizeof(origin))) {
        out->overflowed = true;
        return;
    }
    char *host = strstr(origin, "://") + 3;
    *strrchr(host, ':') = '\0'; /* the port, which is always there */
    text_addf(out, "%s@%s", job->account->municipality, host);
}

/* CAP: with an offset, without a fraction. */
static void add_time(int64_t unix_ms, struct text *out)
{
    struct civil_time at = civil_time_local(unix_ms);
    int east = at.offset_minutes < 0 ? -at.offset_minutes : at.offset_minutes;

    text_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", at.year, at.month, at.day, at.hour,
              at.minute, at.second, at.offset_minutes < 0 ? '-' : '+', east / 60, east % 60);
}

/* --- the record ------------------------------------------------------------------------------ */

/* "20261123-030412-alert-00010203": by time, so that names sort; the message's name for people; the
 * beginning of the key, so that no two messages share it. */
static bool make_slug(const struct channel_job *job, int64_t sent_unix_ms, const char *message,
                      char out[SLUG_SIZE])
{
    char time[RFC3339_SIZE];
    struct text key, digits;

    text_init(&key, KEY_BYTES);
    text_init(&digits, SLUG_SIZE);
    bool is_key = base64url_decode(&key, job->key, strlen(job->key)) && key.length == KEY_BYTES;
    if (is_key)
        hex_add(&digits, key.bytes, KEY_BYTES_SHOWN);
    basic_time_format(sent_unix_ms, time); /* "20261123T030412Z" */
    snprintf(out, SLUG_SIZE, "%.8s-%.6s-%.63s-%s", time, time + 9, message, digits.bytes);
    text_release(&digits);
    text_release(&key);
    return is_key && public_slug_is_valid(out);
}

static void add_time_member(struct text *out, const char *name, int64_t unix_ms)
{
    struct text time;

    text_init(&time, TIME_MAX);
    add_time(unix_ms, &time);
    json_add_member(out, name, time.bytes);
    text_release(&time);
}

struct times {
    int64_t sent_unix_ms, expires_unix_ms;
};

static void add_record(const struct channel_job *job, const char *site, const char *slug,
                       const struct times *times, struct text *out)
{
    struct text sender;

    text_init(&sender, SITE_SIZE * 2);
    add_sender(job, site, &sender);
    text_add_char(out, '{');
    json_add_member(out, "format", PUBLIC_RECORD_FORMAT);
    json_add_member(out, "key", job->key);
    json_add_member(out, "site", site);
    json_add_member(out, "path", account_setting(job->account, "path"));
    json_add_member(out, "slug", slug);
    json_add_member(out, "sender", sender.bytes);
    add_time_member(out, "sent", times->sent_unix_ms);
    add_time_member(out, "expires", times->expires_unix_ms);
    if (job->reply_to && public_slug_is_valid(job->reply_to->id))
        json_add_member(out, "follows", job->reply_to->id);
    json_add_name(out, "document");
    text_add(out, job->draft->document);
    text_add_char(out, '}');
    out->overflowed |= sender.overflowed;
    text_release(&sender);
}

/* What the record and its name are made from; a sentence when the document lacks it. */
static const char *read_document(const struct channel_job *job, struct times *times,
                                 char slug[SLUG_SIZE])
{
    const char *document = job->draft->document;
    struct json *root = document ? json_parse(document, strlen(document)) : NULL;
    const char *sent = json_text(root, "sent", NULL);
    const char *expires = json_text(root, "expires", NULL);
    const char *message = json_text(root, "message", NULL);
    const char *fault = NULL;

    if (!json_is_object(root) || !message)
        fault = N_("the message's document is not one that a page can be made from");
    else if (!sent || !expires || !rfc3339_parse(sent, &times->sent_unix_ms) ||
             !rfc3339_parse(expires, &times->expires_unix_ms))
        fault = N_("the message's document does not say when it was sent and when it expires");
    else if (!make_slug(job, times->sent_unix_ms, message, slug))
        fault = N_("no file can be named after this message");
    json_free(root);
    return fault;
}

/* --- requests -------------------------------------------------------------------------------- */

static void begin_request(const struct channel_job *job, enum http_method method, const char *slug,
                          struct channel_action *action)
{
    /* What is written for a check is gone before the answer. */
    http_request_reset(&action->request, method,
                       job->task == TASK_CHECK ? EFFECT_NONE : EFFECT_REPEATABLE);
    text_addf(&action->request.url, "%s/%s%s", account_setting(job->account, "path"), slug,
              slug[0] ? PUBLIC_RECORD_END : "");
}

static enum channel_next publish(const struct channel_job *job, struct channel_action *action)
{
    char site[SITE_SIZE], slug[SLUG_SIZE];
    struct times times;

    if (!read_site(job, site))
        return shared_end_unready(job, no_site, no_site_next, action);
    const char *fault = read_document(job, &times, slug);
    if (fault)
        return shared_end_unfit(job, NULL, FAILURE_CONTENT, fault, action);
    begin_request(job, HTTP_PUT, slug, action);
    http_request_header(&action->request, "Content-Type", "application/json");
    add_record(job, site, slug, &times, &action->request.body);
    return shared_send(job, action);
}

/* What is in doubt is known by the name that it would have. */
static enum channel_next retract(const struct channel_job *job,
                                 const struct channel_progress *progress,
                                 struct channel_action *action)
{
    char slug[SLUG_SIZE];
    struct times times;
    const char *name = progress->post_count > 0 ? progress->posts[0].id : slug;

    if (progress->post_count == 0 && read_document(job, &times, slug))
        return shared_end_well(NULL, OUTCOME_RETRACTED, action); /* nothing can have been made */
    if (!public_slug_is_valid(name))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT,
                                N_("this post is no message of the site"), action);
    begin_request(job, HTTP_DELETE, name, action);
    add_time(job->now_unix_ms, &action->request.body);
    return shared_send(job, action);
}

static enum channel_next check(const struct channel_job *job, struct channel_action *action)
{
    char site[SITE_SIZE];

    if (!read_site(job, site))
        return shared_end_unready(job, no_site, no_site_next, action);
    begin_request(job, HTTP_PUT, "", action);
    return shared_send(job, action);
}

/* --- answers --------------------------------------------------------------------------------- */

static const struct {
    int status;
    enum outcome_result result;
    enum failure_kind kind;
    const char *sentence, *next;
} refusals[] = {
    {403, OUTCOME_FAILED, FAILURE_PERMISSION, N_("the public site's folder must not be written to"),
     N_("give the user that runs crisis the right to write to public/ of the workspace")},
    {409, OUTCOME_FAILED, FAILURE_CONTENT, N_("another message stands under this name already"),
     N_("look into public/ of the workspace; send the message again as a new run")},
    {422, OUTCOME_FAILED, FAILURE_CONTENT, N_("no page can be made from this message"), NULL},
    {507, OUTCOME_RETRY, FAILURE_SERVER, N_("there is no room for the public site"),
     N_("make room on the disk that holds public/; it is tried again until the deadline")},
    {500, OUTCOME_RETRY, FAILURE_SERVER, N_("the public site could not be written"),
     N_("look at public/ of the workspace; it is tried again until the deadline")},
};

static enum channel_next refuse(const struct channel_job *job, const struct http_reply *reply,
                                struct channel_action *action)
{
    struct verdict verdict = shared_verdict_of_status(reply, EFFECT_REPEATABLE);

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (reply->status == refusals[i].status) {
            verdict.result = refusals[i].result;
            verdict.kind = refusals[i].kind;
            verdict.sentence = refusals[i].sentence;
            verdict.next = refusals[i].next;
        }
    verdict.detail = reply->body_size ? reply->body : NULL;
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next take_published(const struct channel_job *job,
                                        struct channel_progress *progress,
                                        const struct http_reply *reply,
                                        struct channel_action *action)
{
    char site[SITE_SIZE], slug[SLUG_SIZE];
    struct times times;
    struct post *post = &progress->posts[0];
    struct text url;

    if (!read_site(job, site) || read_document(job, &times, slug))
        return shared_end_unfit(job, reply, FAILURE_CONTENT,
                                N_("the message is not the one that was "
                                   "published"),
                                action);
    *post = (struct post){.id = ""};
    snprintf(post->id, sizeof(post->id), "%s", slug);
    text_init(&url, URL_MAX_BYTES);
    text_addf(&url, "%s/%s/%s.html", site, account_setting(job->account, "path"), slug);
    shared_copy_url(job, url.bytes, post->url, sizeof(post->url));
    text_release(&url);
    progress->post_count = 1;
    progress->part = 1;
    return shared_end_well(reply, OUTCOME_POSTED, action);
}

static enum channel_next take_checked(const struct channel_job *job, const struct http_reply *reply,
                                      struct channel_action *action)
{
    char site[SITE_SIZE];

    if (!read_site(job, site))
        return shared_end_unready(job, no_site, no_site_next, action);
    enum channel_next next = shared_end_well(reply, OUTCOME_CHECKED, action);
    snprintf(action->outcome.identity, sizeof(action->outcome.identity), "%.120s/%.128s/", site,
             account_setting(job->account, "path"));
    return next;
}

static enum channel_next take_reply(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    if (job->task == TASK_RETRACT && (shared_is_success(reply) || reply->status == 404))
        return shared_end_well(reply, OUTCOME_RETRACTED, action);
    if (!shared_is_success(reply))
        return refuse(job, reply, action);
    return job->task == TASK_CHECK ? take_checked(job, reply, action)
                                   : take_published(job, progress, reply, action);
}

static unsigned stage_of(enum channel_task task)
{
    if (task == TASK_RETRACT)
        return STAGE_RETRACTING;
    return task == TASK_CHECK ? STAGE_CHECKING : STAGE_PUBLISHING;
}

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *path = account_setting(job->account, "path");

    if (!path || !public_path_is_valid(path))
        return shared_end_incomplete(job, bad_path, action);
    if (job->task == TASK_RENEW)
        return shared_end_incomplete(job, N_("the public site has no credential"), action);
    if (reply && progress->stage == stage_of(job->task))
        return take_reply(job, progress, reply, action);
    progress->stage = stage_of(job->task);
    if (job->task == TASK_RETRACT)
        return retract(job, progress, action);
    return job->task == TASK_CHECK ? check(job, action) : publish(job, action);
}

static const struct account_field fields[] = {
    {"path", false, true, false, N_("the municipality's folder on the public site, such as 0301")},
    {NULL, false, false, false, NULL},
};

const struct channel_driver channel_feed = {
    .name = "feed",
    .title = N_("Public site"),
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_DOCUMENT | FEATURE_WEB |
                FEATURE_REPEATABLE | FEATURE_LOCAL,
    .following = FOLLOWS_DATA,
    .endpoint = NULL, /* the coordinator's url */
    .limits = {.unit = TEXT_UNIT_CODE_POINTS, .limit = TEXT_LIMIT, .threads = false},
    .fields = fields,
    .account_fault = account_fault,
    .stages = stages,
    .step = step,
    .answers = {{5, 20}, 1},
};
