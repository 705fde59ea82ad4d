/*
 * A municipality's own site or system, told by a signed request: Standard Webhooks 1.0.0.
 * `webhook-id` is the delivery's key, the same on every attempt, and the receiver
 * takes what it has seen before for done: so sending again does no harm, and is how a delivery in
 * doubt is looked up. The body is the same on every attempt too; the signature is not, because it
 * covers the time of the attempt.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"
#include "wire/json.h"
#include "wire/json_string.h"

#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/webhook_signature.h"

enum stage { STAGE_START, STAGE_POSTING, STAGE_FINDING, STAGE_RETRACTING };

static const char *const stages[] = {"start", "posting", "finding", "retracting", NULL};

enum {
    BODY_LIMIT_BYTES = 20000, /* what receivers are advised to take */
    ID_SIZE = 128,
    KIND_SIZE = 41,
    SENT_SIZE = 64,
    TYPE_SIZE = 64,
    SIGNATURE_MAX_BYTES = 255,
};

static const char retracted_suffix[] = "-retracted";

/* What a message without a document carries: enough to be shown. */
static void add_plain_data(const struct draft *draft, struct text *out)
{
    text_add_char(out, '{');
    json_add_member(out, "language", draft->language ? draft->language : "");
    json_add_member(out, "headline", draft->headline ? draft->headline : "");
    json_add_name(out, "texts");
    text_add_char(out, '[');
    for (size_t i = 0; i < draft->part_count; i++)
        json_add_string(out, draft->parts[i]);
    text_add(out, "]}");
}

static void add_event(struct text *body, const char *type, const char *time)
{
    text_add_char(body, '{');
    json_add_member(body, "type", type);
    json_add_member(body, "timestamp", time);
    json_add_name(body, "data");
}

/* {"type":"crisis.alert","timestamp":…,"data":…}; kind and time are the document's, so that every
 * attempt has the same bytes. False when the document is no JSON object. */
static bool add_message(const struct channel_job *job, struct text *body)
{
    const char *document = job->draft->document;
    char kind[KIND_SIZE] = "", sent[SENT_SIZE] = "", type[TYPE_SIZE];
    const struct json_wanted wanted[] = {{"kind", kind, sizeof(kind)},
                                         {"sent", sent, sizeof(sent)}};

    /* Each delivery has a document of its own: to read all of it would cost more than to send it.
     */
    if (document && !json_object_scan(document, wanted, sizeof(wanted) / sizeof(wanted[0])))
        return false;
    if (!kind[0] || !shared_consists_of(kind, "abcdefghijklmnopqrstuvwxyz-"))
        snprintf(kind, sizeof(kind), "message");
    snprintf(type, sizeof(type), "crisis.%s", kind);
    if (!sent[0])
        rfc3339_format(job->first_sent_unix_ms > 0 ? job->first_sent_unix_ms : job->now_unix_ms,
                       sent);
    add_event(body, type, sent);
    if (document)
        text_add(body, document);
    else
        add_plain_data(job->draft, body);
    text_add_char(body, '}');
    return true;
}

static void add_retraction(const struct channel_job *job, struct text *body)
{
    char time[RFC3339_SIZE];

    rfc3339_format(job->now_unix_ms, time);
    add_event(body, "crisis.retracted", time);
    text_add_char(body, '{');
    json_add_member(body, "retracted", job->key);
    text_add(body, "}}");
}

static enum channel_next send_event(const struct channel_job *job, struct channel_action *action)
{
    struct http_request *request = &action->request;
    char id[ID_SIZE], timestamp[24];
    struct text signature;
    bool is_retraction = job->task == TASK_RETRACT;

    http_request_reset(request, HTTP_POST, EFFECT_REPEATABLE);
    text_add(&request->url, account_setting(job->account, "url"));
    snprintf(id, sizeof(id), "%s%s", job->key, is_retraction ? retracted_suffix : "");
    snprintf(timestamp, sizeof(timestamp), "%" PRId64, job->now_unix_ms / 1000);
    if (is_retraction) {
        add_retraction(job, &request->body);
    } else if (!add_message(job, &request->body)) {
        return shared_end_unfit(job, NULL, FAILURE_CONTENT,
                                N_("the message's document is not a JSON object"), action);
    }
    text_init(&signature, SIGNATURE_MAX_BYTES);
    const char *fault = webhook_signature_add(job, id, timestamp, &request->body, &signature);
    http_request_header(request, "Content-Type", "application/json");
    http_request_header(request, "webhook-id", id);
    http_request_header(request, "webhook-timestamp", timestamp);
    http_request_header(request, "webhook-signature", signature.bytes);
    text_release(&signature);
    if (fault)
        return fault == webhook_no_key_of_coordinator
                   ? shared_end_unready(
                         job, fault,
                         N_("give the coordinator's signing-key again: crisis vault put, "
                            "under the name that crisis.yaml has for it"),
                         action)
                   : shared_end_incomplete(job, fault, action);
    return shared_send(job, action);
}

static struct verdict read_refusal(const struct http_reply *reply)
{
    struct verdict verdict = shared_verdict_of_status(reply, EFFECT_REPEATABLE);

    verdict.detail = reply->body_size ? reply->body : NULL;
    if (reply->status == 410) {
        verdict.kind = FAILURE_PERMISSION;
        verdict.sentence = N_("the receiver says that this endpoint is disabled");
        verdict.next =
            N_("ask the municipality whether the receiver was moved, then register its new url");
    } else if (reply->status == 401 || reply->status == 403) {
        verdict.kind = FAILURE_CREDENTIAL;
        verdict.sentence = N_("the receiver does not accept the signature");
    } else if (reply->status == 429) {
        verdict.sentence = N_("the receiver asks to slow down");
    } else if (verdict.kind == FAILURE_SERVER) {
        verdict.sentence = N_("the receiver had an error of its own");
    } else if (reply->status >= 400) {
        verdict.sentence = N_("the receiver refuses the message");
        verdict.next = N_("ask the municipality to look at its receiver's log");
    }
    return verdict;
}

static enum channel_next take_reply(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    if (!shared_is_success(reply)) {
        struct verdict verdict = read_refusal(reply);
        return shared_end(job, reply, &verdict, action);
    }
    if (job->task == TASK_RETRACT)
        return shared_end_well(reply, OUTCOME_RETRACTED, action);
    progress->posts[0] = (struct post){.id = ""};
    snprintf(progress->posts[0].id, sizeof(progress->posts[0].id), "%s", job->key);
    progress->post_count = 1;
    progress->part = 1;
    return shared_end_well(reply, OUTCOME_POSTED, action);
}

static unsigned stage_of(enum channel_task task)
{
    if (task == TASK_POST)
        return STAGE_POSTING;
    return task == TASK_FIND ? STAGE_FINDING : STAGE_RETRACTING;
}

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    const char *secret = job->credential ? credential_find(job->credential, "secret") : NULL;
    const char *url = account_setting(job->account, "url");

    if (!secret)
        return shared_end_incomplete(job, N_("the credential has no secret"), action);
    if (!url || !url_is_acceptable(url))
        return shared_end_incomplete(job, N_("the account's setting 'url' is not an https address"),
                                     action);
    if (job->task == TASK_RENEW)
        return shared_end_incomplete(job, N_("a webhook's secret does not run out"), action);
    if (job->task == TASK_CHECK)
        return shared_end_incomplete(job, N_("a webhook cannot be checked without posting"),
                                     action);
    if (!reply || progress->stage != stage_of(job->task)) {
        progress->stage = stage_of(job->task);
        return send_event(job, action);
    }
    return take_reply(job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"url", false, true, true, N_("where the receiver listens, https")},
    {"secret", true, true, false,
     N_("what signs the requests: 'whsec_' and base64 of 24 to 64 bytes")},
    {"signing-key", true, false, false,
     N_("an Ed25519 key that signs them as well: 'whsk_' and base64, unless it is the "
        "coordinator's")},
    {NULL, false, false, false, NULL},
};

const struct channel_driver channel_webhook = {
    .name = "webhook",
    .title = N_("Webhook"),
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_DOCUMENT | FEATURE_WEB |
                FEATURE_REPEATABLE | FEATURE_OWN_URL,
    .following = FOLLOWS_DATA,
    .endpoint = NULL,
    .address = "url",
    .limits = {.unit = TEXT_UNIT_BYTES, .limit = BODY_LIMIT_BYTES, .threads = false},
    .fields = fields,
    .forms = NULL,
    .credential_fault = webhook_credential_fault,
    .stages = stages,
    .step = step,
    .pace = NULL,
    .answers = {{250, 1500}, 1},
};
