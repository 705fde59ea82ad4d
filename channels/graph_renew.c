#include "channels/graph_renew.h"

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/graph_request.h"
#include "channels/shared.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
static const int64_t near_ms = 14 * DAY_MS;
static const int64_t life_ms = 60 * DAY_MS;
static const int64_t youth_ms = DAY_MS; /* a younger token is not renewed */
enum { LIFE_MAX_S = 10 * 365 * 24 * 60 * 60 };

int64_t graph_end_unix_ms(const struct channel_job *job)
{
    const char *end = shared_own_secret(job, CREDENTIAL_EXPIRES);
    int64_t unix_ms;

    if (!end)
        end = account_setting(job->account, CREDENTIAL_EXPIRES);
    return end && rfc3339_parse(end, &unix_ms) ? unix_ms : 0;
}

bool graph_needs_renewal(const struct channel_job *job)
{
    int64_t end_ms = graph_end_unix_ms(job);
    int64_t left_ms = end_ms - job->now_unix_ms;

    if (job->was_renewed || (end_ms && left_ms <= 0))
        return false;
    if (job->task == TASK_CHECK)
        return !end_ms || left_ms < life_ms - youth_ms;
    return job->task == TASK_POST && end_ms && left_ms < near_ms;
}

static enum channel_next send_refresh(const struct graph_renewal *renewal,
                                      const struct channel_job *job, struct channel_action *action)
{
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_GET, EFFECT_REPEATABLE);
    graph_add_token_address(job, renewal->driver, &request->url);
    text_add(&request->url, "refresh_access_token");
    query_add(&request->url, "grant_type", renewal->grant_type);
    graph_add_token(job, &request->url, query_add, false);
    http_request_header(request, "Accept", "application/json");
    return shared_send(job, action);
}

static enum channel_next take_token(const struct graph_renewal *renewal,
                                    const struct channel_job *job, const struct http_reply *reply,
                                    const struct json *root, struct channel_action *action)
{
    const char *token = json_text(root, "access_token", NULL);
    int64_t life_s = 0;
    char code[GRAPH_CODE_SIZE], end[RFC3339_SIZE];

    text_reset(&action->renewed);
    if (!shared_is_success(reply) || !token || !shared_is_token(token) ||
        !json_whole(root, &life_s, "expires_in", NULL) || life_s <= 0 || life_s > LIFE_MAX_S) {
        struct verdict verdict = graph_verdict(renewal->errors, reply, root, EFFECT_NONE, code);
        if (verdict.result == OUTCOME_FAILED) {
            verdict.kind = FAILURE_CREDENTIAL;
            verdict.sentence = N_("the network does not renew the token");
        }
        return shared_end(job, reply, &verdict, action);
    }
    shared_end_well(reply, OUTCOME_RENEWED, action);
    action->outcome.expires_unix_ms = job->now_unix_ms + life_s * 1000;
    rfc3339_format_seconds(action->outcome.expires_unix_ms, end);
    credential_add(&action->renewed, "access-token", token);
    credential_add(&action->renewed, CREDENTIAL_EXPIRES, end);
    return NEXT_DONE;
}

enum channel_next graph_step_renew(const struct graph_renewal *renewal,
                                   const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || progress->stage != renewal->stage) {
        progress->stage = renewal->stage;
        return send_refresh(renewal, job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = take_token(renewal, job, reply, root, action);
    json_free(root);
    return next;
}
