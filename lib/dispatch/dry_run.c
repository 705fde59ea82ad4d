#include "dispatch/dry_run.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/language.h"
#include "trust/vault.h"
#include "wire/http_message.h"

#include "dispatch/account_reader.h"

enum { KEY_TEXT_SIZE = 32 };

struct dry {
    const struct dispatch_options *options;
    struct arena *arena;
    int64_t unix_ms;
    struct channel_forecast *forecasts;
    size_t forecast_count;
    char (*last_origins)[URL_ORIGIN_SIZE]; /* one for each forecast */
    struct delivery_change *changes;
    size_t change_count, capacity;
    struct dispatch_result result;
    struct account_reader reader;
    struct error error;
};

/* --- one delivery ---------------------------------------------------------------------------- */

/* Secrets, for as long as a request is built. */
struct opened {
    struct credential credential, app;
    struct text pairs, app_pairs;
};

/* Opens what the request needs. False: it cannot be built, and *failure says why. */
static bool open_secrets(const struct dry *dry, const struct stored_account *stored,
                         const struct network *network, struct opened *out, struct failure *failure)
{
    const struct dispatch_options *options = dry->options;
    struct error error = {0};

    text_init_secret(&out->pairs, CREDENTIAL_MAX_BYTES);
    int result = app_open(options->vault, &options->app_secrets, network, &out->app_pairs,
                          &out->app, &error);
    if (result == 0 && stored->sealed_size_bytes > 0) {
        result = vault_unseal(options->vault, &stored->account, stored->sealed,
                              stored->sealed_size_bytes, &out->pairs, &error);
        out->credential = (struct credential){out->pairs.bytes, out->pairs.length};
    }
    if (result == 0)
        return true;
    failure->kind = FAILURE_CREDENTIAL;
    snprintf(failure->message, sizeof(failure->message), "%.300s", error.message);
    snprintf(failure->next, sizeof(failure->next), "%.250s", error.next);
    return false;
}

static int build_request(struct dry *dry, const struct delivery_record *record,
                         const struct stored_account *stored, const struct channel_driver *driver,
                         struct failure *failure, struct error *error)
{
    const struct dispatch_options *options = dry->options;
    struct arena *arena = arena_new();
    struct channel_progress *progress = arena_alloc(arena, sizeof(*progress));
    struct channel_action action;
    const struct network *network = options->network(options->network_context, driver->name);
    struct opened opened = {0};
    struct text key;
    struct draft draft = {0};
    int result = -1;

    channel_action_init(&action);
    text_init(&key, KEY_TEXT_SIZE);
    base64url_add(&key, record->key, sizeof(record->key));
    if (dispatch_draft(options, arena, record->draft_row, &draft, error) < 0)
        goto out;
    result = 0;
    if (!open_secrets(dry, stored, network, &opened, failure))
        goto out;
    struct channel_job job = {
        .task = TASK_POST,
        .account = &stored->account,
        .network = network,
        .credential = &opened.credential,
        .app = &opened.app,
        .draft = &draft,
        .key = key.bytes,
        .now_unix_ms = dry->unix_ms,
        .was_renewed = true, /* nothing is renewed now: with the secrets that there are */
    };
    if (driver->step(&job, progress, NULL, &action) == NEXT_DONE) {
        *failure = action.outcome.failure;
    } else if (!http_request_is_whole(&action.request)) {
        failure->kind = FAILURE_CONTENT;
        snprintf(failure->message, sizeof(failure->message),
                 N_("the request is larger than any that is sent"));
    }
out:
    text_release(&key);
    text_release(&opened.app_pairs);
    text_release(&opened.pairs);
    channel_action_release(&action);
    arena_free(arena);
    return result;
}

static struct channel_forecast *forecast_of(struct dry *dry, const struct channel_driver *driver)
{
    for (size_t i = 0; i < dry->forecast_count; i++)
        if (dry->forecasts[i].driver == driver)
            return &dry->forecasts[i];
    struct channel_forecast *forecast = &dry->forecasts[dry->forecast_count++];
    forecast->driver = driver;
    return forecast;
}

static void report(const struct dry *dry, const struct delivery_record *record,
                   const struct failure *failure)
{
    const struct dispatch_observer *observer = &dry->options->observer;
    struct text key;

    if (!observer->delivery)
        return;
    text_init(&key, KEY_TEXT_SIZE);
    base64url_add(&key, record->key, sizeof(record->key));
    struct delivery_report told = {
        .key = key.bytes,
        .municipality = record->municipality,
        .municipality_name = record->municipality_name,
        .channel = record->channel,
        .account = record->account,
        .language = record->language,
        .state = failure->kind == FAILURE_NONE ? DELIVERY_WOULD_POST : DELIVERY_FAILED,
        .failure = failure->kind == FAILURE_NONE ? NULL : failure,
    };
    observer->delivery(observer->context, &told);
    text_release(&key);
}

static void count(struct dry *dry, struct channel_forecast *forecast,
                  const struct delivery_record *record, bool failed)
{
    forecast->deliveries++;
    forecast->posts += record->part_count;
    forecast->failed += failed;
    if (failed)
        dry->result.failed++;
}

/* Networks that are at one place for all accounts have one host. */
static void count_account(struct dry *dry, struct channel_forecast *forecast,
                          const struct account *account)
{
    const struct network *network =
        dry->options->network(dry->options->network_context, account->channel);
    char *last = dry->last_origins[forecast - dry->forecasts], origin[URL_ORIGIN_SIZE];

    forecast->accounts++;
    if (network->endpoint || !dispatch_origin(account, network, origin, sizeof(origin)))
        return;
    forecast->hosts += strcmp(origin, last) != 0; /* neighbours: an upper bound is good enough */
    memcpy(last, origin, sizeof(origin));
}

static bool try_delivery(void *context, const struct delivery_record *record)
{
    struct dry *dry = context;
    const struct channel_driver *driver = channel_find(record->channel);
    const struct stored_account *stored;
    struct failure failure = {0};
    bool is_new;

    if (account_reader_take(&dry->reader, record, &stored, &is_new, &dry->error) < 0)
        return false;
    if (dry->change_count == dry->capacity || !driver || !stored) {
        error_set(&dry->error, ERROR_SYSTEM, _("the store and this run disagree about %s %s"),
                  record->municipality, record->channel);
        return false;
    }
    if (build_request(dry, record, stored, driver, &failure, &dry->error) < 0)
        return false;
    struct channel_forecast *forecast = forecast_of(dry, driver);
    bool failed = failure.kind != FAILURE_NONE;
    count(dry, forecast, record, failed);
    if (is_new)
        count_account(dry, forecast, &stored->account);
    dry->changes[dry->change_count++] = (struct delivery_change){
        .row = record->row,
        .state = failed ? DELIVERY_FAILED : DELIVERY_WOULD_POST,
        .failure = failed ? arena_memdup(dry->arena, &failure, sizeof(failure)) : NULL,
        .done_unix_ms = dry->unix_ms,
    };
    report(dry, record, &failure);
    return true;
}

int dry_run(const struct dispatch_options *options, int64_t unix_ms, struct arena *arena,
            struct channel_forecast **forecasts, size_t *forecast_count,
            struct dispatch_result *out, struct error *error)
{
    size_t channel_count = 0;
    while (channel_all()[channel_count])
        channel_count++;
    struct dry dry = {
        .options = options,
        .arena = arena,
        .unix_ms = unix_ms,
        .forecasts = arena_alloc_array(arena, channel_count, sizeof(struct channel_forecast)),
        .last_origins = arena_alloc_array(arena, channel_count, URL_ORIGIN_SIZE),
        .reader = {.store = options->reader},
        .capacity = options->run->delivery_count,
    };
    dry.changes = arena_alloc_array(arena, dry.capacity, sizeof(*dry.changes));

    int result = store_deliveries(options->reader, options->run->row, try_delivery, &dry, error);
    account_reader_release(&dry.reader);
    if (result < 0)
        return -1;
    if (dry.error.kind != ERROR_NONE) {
        *error = dry.error;
        return -1;
    }
    for (size_t i = 0; i < dry.forecast_count; i++) {
        if (dry.forecasts[i].hosts == 0)
            dry.forecasts[i].hosts = 1;
        forecast_channel(&dry.forecasts[i]);
    }
    if (store_commit(options->writer, dry.changes, dry.change_count, unix_ms, error) < 0 ||
        store_run_set_state(options->writer, options->run->row, RUN_FINISHED, unix_ms, NULL,
                            error) < 0)
        return -1;
    *forecasts = dry.forecasts;
    *forecast_count = dry.forecast_count;
    *out = dry.result;
    return 0;
}
