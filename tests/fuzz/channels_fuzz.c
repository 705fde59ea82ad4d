/* Any answers, to every driver, in every task and stage: it must come to a lawful end, send only
 * whole requests, and never let a secret into what people read. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "channels/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, SEPARATOR = 0x1e };

static const char secret_pairs[] =
    "access-token\0EAAC-page-token\0access-secret\0access-secret-77\0"
    "secret\0whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char bearer_pairs[] = "access-token\0EAAC-page-token\0"
                                   "secret\0whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char app_pairs[] = "app-secret\0app-secret-123\0api-key\0the-api-key\0"
                                "api-secret\0the-api-secret";
static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_none_of(const struct credential *credential, const char *text)
{
    const char *end = credential->pairs + credential->size_bytes;
    for (const char *at = credential->pairs; at < end;) {
        const char *value = at + strlen(at) + 1;
        require(!strstr(text, value));
        at = value + strlen(value) + 1;
    }
}

static void require_hidden(const struct channel_job *job, const char *text)
{
    require_none_of(job->credential, text);
    require_none_of(job->app, text);
}

static bool is_lawful(enum channel_task task, enum outcome_result result)
{
    switch (task) {
    case TASK_POST:
        return result == OUTCOME_POSTED || result == OUTCOME_RETRY || result == OUTCOME_UNCLEAR ||
               result == OUTCOME_DUPLICATE || result == OUTCOME_FAILED;
    case TASK_FIND:
        return result == OUTCOME_POSTED || result == OUTCOME_ABSENT || result == OUTCOME_UNKNOWN;
    case TASK_RETRACT:
        return result == OUTCOME_RETRACTED || result == OUTCOME_RETRY || result == OUTCOME_FAILED;
    case TASK_CHECK:
        return result == OUTCOME_CHECKED || result == OUTCOME_RETRY || result == OUTCOME_FAILED;
    }
    return false;
}

static void check_request(const struct channel_job *job, const struct http_request *request)
{
    require(http_request_is_whole(request));
    require(url_is_acceptable(request->url.bytes));
    if (job->task == TASK_FIND && !job->draft->document)
        require(request->effect != EFFECT_ONCE);
    if (job->task == TASK_CHECK)
        require(request->method == HTTP_GET && request->effect == EFFECT_NONE);
    if (job->task == TASK_RETRACT)
        require(request->effect == EFFECT_REPEATABLE);
}

static void check_end(const struct channel_job *job, const struct channel_progress *progress,
                      const struct channel_outcome *outcome)
{
    require(is_lawful(job->task, outcome->result));
    require_hidden(job, outcome->failure.code);
    require_hidden(job, outcome->failure.message);
    require_hidden(job, outcome->failure.next);
    require_hidden(job, outcome->identity);
    require(outcome->retry_after_ms >= -1 && outcome->retry_after_ms <= 24 * 60 * 60 * 1000);
    require(outcome->result != OUTCOME_FAILED || outcome->failure.kind != FAILURE_NONE);
    require(outcome->result != OUTCOME_FAILED || outcome->failure.message[0] != '\0');
    if (outcome->result == OUTCOME_POSTED)
        require(progress->post_count == job->draft->part_count);
    for (unsigned i = 0; i < progress->post_count; i++)
        require_hidden(job, progress->posts[i].url);
}

/* One answer: two bytes of status, headers, SEPARATOR, body, SEPARATOR. */
static size_t take_answer(const uint8_t *data, size_t size, char *copy, struct http_reply *reply)
{
    static const int usual[] = {200, 201, 204, 301, 400, 401, 402,
                                403, 404, 408, 410, 429, 500, 503};
    int status = usual[data[0] % (sizeof(usual) / sizeof(usual[0]))];
    const uint8_t *first = memchr(data + 1, SEPARATOR, size - 1);
    size_t headers_size = first ? (size_t)(first - data) - 1 : size - 1;
    size_t body_at = 1 + headers_size + (first ? 1 : 0);
    const uint8_t *second =
        size > body_at ? memchr(data + body_at, SEPARATOR, size - body_at) : NULL;
    size_t body_size = (second ? (size_t)(second - data) : size) - body_at;

    memcpy(copy, data + 1, headers_size);
    copy[headers_size] = '\0';
    memcpy(copy + headers_size + 1, data + body_at, body_size);
    copy[headers_size + 1 + body_size] = '\0';
    *reply = (struct http_reply){.status = status,
                                 .headers = copy,
                                 .body = copy + headers_size + 1,
                                 .body_size = body_size,
                                 .received_unix_ms = INT64_C(1795169472000)};
    return body_at + body_size + (second ? 1 : 0);
}

static void play(const struct channel_driver *driver, const struct channel_job *job,
                 struct channel_progress *progress, const uint8_t *data, size_t size)
{
    struct channel_action action;
    struct http_reply reply;
    char *copy = malloc(size + 3);
    require(copy != NULL);

    channel_action_init(&action);
    enum channel_next next = driver->step(job, progress, NULL, &action);
    for (int step = 0; step < STEPS_MAX && next == NEXT_SEND && size > 0; step++) {
        struct pace_hint hint = {0};
        check_request(job, &action.request);
        size_t used = take_answer(data, size, copy, &reply);
        data += used;
        size -= used;
        if (driver->pace)
            driver->pace(&reply, &hint);
        require(hint.account_wait_ms >= 0 && hint.app_wait_ms >= 0);
        next = driver->step(job, progress, &reply, &action);
        require(progress->post_count <= THREAD_PARTS_MAX);
    }
    if (next == NEXT_DONE)
        check_end(job, progress, &action.outcome);
    channel_action_release(&action);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const parts[] = {"Kok vannet & ta det med ro: https://oslo.kommune.no/vann",
                                        "2/3 Butikker har vann.", "3/3 Vi sier fra."};
    static const struct setting settings[] = {
        {"page", "111"}, {"user", "77"}, {"url", "https://kommune.example.no/hook"}};
    static const struct setting app_settings[] = {{"app-id", "138"}};
    static const struct post reply_to = {.id = "55"};
    const struct credential app = {app_pairs, sizeof(app_pairs)};
    const struct credential secret = {secret_pairs, sizeof(secret_pairs)};
    const struct credential bearer = {bearer_pairs, sizeof(bearer_pairs)};

    if (size < 5)
        return 0;
    const struct channel_driver *driver = channel_all()[data[0] % 3];
    bool is_thread = (driver->features & FEATURE_THREADS) && (data[1] & 4);
    const struct account account = {"0301", driver->name, "default", settings,
                                    sizeof(settings) / sizeof(settings[0]) - (data[1] >> 7)};
    const struct network network = {driver->name, driver->endpoint, app_settings, 1};
    const struct draft draft = {.channel = driver->name,
                                .language = "nb",
                                .headline = "",
                                .parts = parts,
                                .part_count = is_thread ? 3 : 1,
                                .document = driver->features & FEATURE_DOCUMENT ? "{}" : NULL};
    const struct channel_job job = {.task = (enum channel_task)(data[1] & 3),
                                    .account = &account,
                                    .network = &network,
                                    .credential = data[1] & 8 ? &secret : &bearer,
                                    .app = &app,
                                    .draft = &draft,
                                    .key = "AAECAwQFBgcICQoLDA0ODw",
                                    .reply_to = data[1] & 16 ? &reply_to : NULL,
                                    .now_unix_ms = INT64_C(1795169472000),
                                    .first_sent_unix_ms = INT64_C(1795169472000)};
    struct channel_progress progress = {.stage = data[2] % 9};
    progress.post_count = data[3] % (unsigned)(draft.part_count + 1);
    progress.part = progress.post_count;
    for (unsigned i = 0; i < progress.post_count; i++)
        memcpy(progress.posts[i].id, "101", 4);
    play(driver, &job, &progress, data + 4, size - 4);
    return 0;
}
