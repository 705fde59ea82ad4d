#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"
#include "wire/link_header.h"

#include "channels/access_token.h"
#include "channels/micropub.h"

enum { ADDRESS_SIZE = 1024 };

static const char none[] = "-";

/* progress.handle: the endpoint that was discovered, then the media endpoint; "-" for none. */
static bool take_word(const struct channel_progress *progress, size_t index,
                      char out[MICROPUB_ENDPOINT_SIZE])
{
    const char *at = progress->handle;

    for (size_t i = 0; i < index; i++) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    size_t length = strcspn(at, " ");
    if (length == 0 || length >= MICROPUB_ENDPOINT_SIZE)
        return false;
    memcpy(out, at, length);
    out[length] = '\0';
    return true;
}

bool micropub_endpoint(const struct channel_job *job, const struct channel_progress *progress,
                       char out[MICROPUB_ENDPOINT_SIZE])
{
    const char *set = account_setting(job->account, "endpoint");
    const char *site = account_setting(job->account, "site");

    if (set && set[0])
        return snprintf(out, MICROPUB_ENDPOINT_SIZE, "%s", set) > 0;
    return take_word(progress, 0, out) && url_is_same_origin(site, out);
}

bool micropub_media_endpoint(const struct channel_progress *progress,
                             char out[MICROPUB_ENDPOINT_SIZE])
{
    if (!take_word(progress, 1, out))
        return false;
    if (!url_is_acceptable(out))
        out[0] = '\0';
    return true;
}

void micropub_keep_media_endpoint(struct channel_progress *progress, const char *url)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE];
    size_t size = sizeof(progress->handle);

    if (!take_word(progress, 0, endpoint))
        memcpy(endpoint, none, sizeof(none));
    if (!url || strlen(url) >= MICROPUB_ENDPOINT_SIZE || strlen(endpoint) + 1 + strlen(url) >= size)
        url = none;
    snprintf(progress->handle, size, "%s %s", endpoint, url);
}

/* --- discovery ------------------------------------------------------------------------------- */

enum channel_next micropub_send_discovery(const struct channel_job *job,
                                          struct channel_progress *progress,
                                          enum micropub_stage stage, struct channel_action *action)
{
    progress->stage = stage;
    http_request_reset(&action->request, HTTP_HEAD, EFFECT_NONE);
    text_add(&action->request.url, account_setting(job->account, "site"));
    return shared_send(job, action);
}

static struct verdict read_failed_discovery(const struct http_reply *reply)
{
    struct verdict verdict = shared_verdict_of_status(reply, EFFECT_NONE);

    if (reply->status >= 300 && reply->status <= 399) {
        verdict.sentence = N_("the site sends visitors to another address");
        verdict.next = N_("register that address as the setting 'site'");
    } else if (shared_is_success(reply)) {
        verdict.result = OUTCOME_FAILED;
        verdict.sentence = N_("the site names no Micropub endpoint in a Link header");
        verdict.next = "find it in the page (<link rel=\"micropub\">) and register it as the "
                       "setting 'endpoint'";
    }
    return verdict;
}

bool micropub_take_discovery(const struct channel_job *job, struct channel_progress *progress,
                             const struct http_reply *reply, struct channel_action *action,
                             enum channel_next *next)
{
    const char *site = account_setting(job->account, "site");
    char url[MICROPUB_ENDPOINT_SIZE], place[ADDRESS_SIZE];
    struct verdict verdict;

    if (shared_is_success(reply) && link_header_find(reply, "micropub", site, url, sizeof(url))) {
        if (url_is_same_origin(site, url)) {
            snprintf(progress->handle, sizeof(progress->handle), "%s", url);
            return true;
        }
        verdict = (struct verdict){
            .result = OUTCOME_FAILED,
            .kind = FAILURE_PERMISSION,
            .sentence = N_("the site names a Micropub endpoint on another host"),
            .detail = url,
            .next = N_("if that is where its token belongs, register it as the setting 'endpoint'"),
            .retry_after_ms = -1,
        };
    } else {
        verdict = read_failed_discovery(reply);
        if (http_reply_header(reply, "location", place, sizeof(place)))
            verdict.detail = place;
    }
    *next = shared_end(job, reply, &verdict, action);
    return false;
}

/* --- requests -------------------------------------------------------------------------------- */

enum channel_next micropub_send_query(const struct channel_job *job,
                                      const struct channel_progress *progress, const char *q,
                                      const char *page, struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE] = "";

    if (!micropub_endpoint(job, progress, endpoint))
        return shared_end_incomplete(job, N_("the site's Micropub endpoint is not known"), action);
    access_token_start_request(job, action, HTTP_GET, EFFECT_NONE, endpoint, "");
    query_add(&action->request.url, "q", q);
    if (page)
        query_add(&action->request.url, "url", page);
    return shared_send(job, action);
}

bool micropub_location(const struct http_reply *reply, const char *endpoint, char *out, size_t size)
{
    char location[ADDRESS_SIZE];

    return shared_is_success(reply) &&
           http_reply_header(reply, "location", location, sizeof(location)) &&
           url_resolve(endpoint, location, out, size);
}
