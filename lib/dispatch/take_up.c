/* From a row of the store to a delivery that is worked on, and its end. */
#include "dispatch/dispatcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "model/failure_forms.h"
#include "net/http_client.h"
#include "trust/approval.h"
#include "wire/http_message.h"

#include "dispatch/follow.h"
#include "dispatch/outlet.h"
#include "dispatch/retraction.h"

static const char public_site[] = "public site"; /* in the place of an origin */

/* --- accounts, and where they are ------------------------------------------------------------- */

bool dispatch_origin(const struct account *account, const struct network *network, char *out,
                     size_t size)
{
    const struct channel_driver *driver = channel_find(account->channel);
    const char *url = driver ? channel_address(driver, account, network) : NULL;
    return url && url_origin(url, out, size);
}

static int compare_account(const struct account *a, const struct account *b)
{
    int order = strcmp(a->municipality, b->municipality);
    if (order == 0)
        order = strcmp(a->channel, b->channel);
    return order ? order : strcmp(a->label, b->label);
}

static int compare_key(const void *key, const void *element)
{
    const struct account *wanted = key;
    const struct stored_account *stored = element;
    return compare_account(wanted, &stored->account);
}

const struct stored_account *dispatch_find_account(const struct dispatch_options *options,
                                                   const struct delivery_record *record)
{
    struct account wanted = {
        .municipality = record->municipality,
        .channel = record->channel,
        .label = record->account,
    };
    if (options->account_count == 0)
        return NULL;
    return bsearch(&wanted, options->accounts, options->account_count, sizeof(*options->accounts),
                   compare_key);
}

struct network_state *dispatcher_find_network(struct dispatcher *dispatcher, const char *channel)
{
    for (size_t i = 0; i < dispatcher->network_count; i++)
        if (strcmp(dispatcher->networks[i].driver->name, channel) == 0)
            return &dispatcher->networks[i];
    return NULL;
}

void dispatcher_look_at_host(struct dispatcher *dispatcher, struct host *host)
{
    host->pace.capacity = host->is_local
                              ? OUTLET_AT_ONCE
                              : http_client_host_capacity(dispatcher->options->http, host->origin);
}

int dispatcher_locate(struct dispatcher *dispatcher, const struct account *account,
                      struct network_state *network, struct host **out, struct error *error)
{
    char origin[URL_ORIGIN_SIZE];

    *out = NULL;
    if (!network || !dispatch_origin(account, network->network, origin, sizeof(origin)))
        return 0;
    if (!verified_run_allows(dispatcher->options->verified, origin)) {
        error_set(error, ERROR_NOT_APPROVED, "'%s' is not an endpoint that this run may talk to",
                  origin);
        return error_next(error, "start a new run: crisis send");
    }
    bool is_local = network->driver->features & FEATURE_LOCAL;
    struct host *host = schedule_host(&dispatcher->schedule, is_local ? public_site : origin);
    host->is_local = is_local;
    dispatcher_look_at_host(dispatcher, host);
    *out = host;
    return 0;
}

void dispatcher_give_up_unaddressed(struct dispatcher *dispatcher, struct delivery *delivery)
{
    const struct account *account = &delivery->addressee->stored->account;
    struct failure failure = {.kind = FAILURE_CREDENTIAL};
    const struct network_state *network = delivery->addressee->network;
    bool is_registered = delivery->addressee->stored->row != 0;
    if (is_registered && network && network->driver->features & FEATURE_LOCAL) {
        snprintf(failure.message, sizeof(failure.message),
                 N_("crisis.yaml does not say where the public site is"));
        snprintf(failure.next, sizeof(failure.next),
                 N_("name it there as the coordinator's `url`, then send the message again"));
    } else {
        snprintf(failure.message, sizeof(failure.message),
                 N_("the account is no longer registered"));
        snprintf(failure.next, sizeof(failure.next), FORM_REGISTER_AGAIN, account->municipality,
                 account->channel);
    }
    attempt_give_up(dispatcher, delivery, &failure);
}

/* --- deliveries ------------------------------------------------------------------------------ */

static const char *intern_language(struct dispatcher *dispatcher, const char *language)
{
    for (size_t i = 0; i < dispatcher->language_count; i++)
        if (strcmp(dispatcher->languages[i], language) == 0)
            return dispatcher->languages[i];
    size_t capacity = dispatcher->language_count;
    if ((capacity & (capacity - 1)) == 0) { /* full at 0, 1, 2, 4 … */
        size_t wanted = capacity ? capacity * 2 : 1;
        const char **grown =
            arena_alloc_array(dispatcher->arena, wanted, sizeof(*dispatcher->languages));
        if (capacity)
            memcpy(grown, dispatcher->languages, capacity * sizeof(*grown));
        dispatcher->languages = grown;
    }
    return dispatcher->languages[dispatcher->language_count++] =
               arena_strdup(dispatcher->arena, language);
}

static char *copy_progress(const struct delivery_record *record)
{
    char *progress = NULL;

    if (record->progress_size_bytes > 0) {
        progress = memory_alloc(record->progress_size_bytes + 1);
        memcpy(progress, record->progress, record->progress_size_bytes);
    }
    return progress;
}

struct taking_up {
    struct dispatcher *dispatcher;
    size_t index;
    struct delivery *delivery;
    struct error error;
};

static void hold(struct dispatcher *dispatcher, struct delivery *delivery)
{
    delivery->held_next = dispatcher->held;
    if (dispatcher->held)
        dispatcher->held->held_previous = delivery;
    dispatcher->held = delivery;
}

static struct delivery *make_delivery(struct dispatcher *dispatcher, struct addressee *addressee,
                                      const struct delivery_record *record)
{
    struct delivery *delivery = memory_alloc(sizeof(*delivery));

    delivery->addressee = addressee;
    delivery->row = record->row;
    delivery->draft_row = record->draft_row;
    delivery->language = intern_language(dispatcher, record->language);
    delivery->state = (uint8_t)record->state;
    delivery->attempts = record->attempts;
    delivery->part_count = (uint8_t)record->part_count;
    delivery->first_sent_unix_ms = record->first_sent_unix_ms;
    delivery->to_retract = dispatcher->options->task == TASK_RETRACT;
    delivery->may_be_posted =
        delivery->to_retract
            ? retraction_is_doubtful(record)
            : addressee->network && dispatch_may_be_posted(addressee->network->driver, record);
    delivery->is_paused = record->state == DELIVERY_WAITING && record->failure.kind == FAILURE_NONE;
    memcpy(delivery->key, record->key, sizeof(delivery->key));
    delivery->progress = delivery->to_retract ? retraction_progress(record) : copy_progress(record);
    return delivery;
}

static bool take_up_record(void *context, const struct delivery_record *record)
{
    struct taking_up *taking = context;
    struct dispatcher *dispatcher = taking->dispatcher;
    bool is_new;
    struct addressee *addressee = addressees_take(
        &dispatcher->addressees, dispatcher->options->reader, record, &is_new, &taking->error);

    if (!addressee)
        return false;
    if (is_new) {
        addressee->network = dispatcher_find_network(dispatcher, record->channel);
        addressee->followed = follow_posts(dispatcher, record);
        if (addressee->stored->row != 0 && addressee->network)
            addressee->host = addressee->network->host;
        /* It may have been registered anew, at another place, since the run began. */
        if (addressee->stored->row != 0 && !addressee->host &&
            dispatcher_locate(dispatcher, &addressee->stored->account, addressee->network,
                              &addressee->host, &taking->error) < 0)
            return false;
    }
    taking->delivery = make_delivery(dispatcher, addressee, record);
    taking->delivery->index = taking->index;
    hold(dispatcher, taking->delivery);
    return true;
}

struct delivery *dispatcher_take_up(void *context, size_t index)
{
    struct dispatcher *dispatcher = context;
    struct taking_up taking = {.dispatcher = dispatcher, .index = index};
    int64_t row = dispatcher->first_row + (int64_t)index;

    if (!dispatcher->is_taking_up) {
        if (store_snapshot(dispatcher->options->reader, &taking.error) < 0) {
            dispatcher_fail(dispatcher, &taking.error);
            return NULL;
        }
        dispatcher->is_taking_up = true;
    }
    int result =
        store_delivery(dispatcher->options->reader, row, take_up_record, &taking, &taking.error);
    if (taking.delivery)
        return taking.delivery;
    if (result == 0 && taking.error.kind == ERROR_NONE)
        error_set(&taking.error, ERROR_SYSTEM, "the store has no delivery %lld any more",
                  (long long)row);
    dispatcher_fail(dispatcher, &taking.error);
    return NULL;
}

void dispatcher_took_up(struct dispatcher *dispatcher)
{
    if (dispatcher->is_taking_up)
        store_snapshot_end(dispatcher->options->reader);
    dispatcher->is_taking_up = false;
}

static void free_delivery(struct dispatcher *dispatcher, struct delivery *delivery)
{
    if (delivery->held_previous)
        delivery->held_previous->held_next = delivery->held_next;
    else
        dispatcher->held = delivery->held_next;
    if (delivery->held_next)
        delivery->held_next->held_previous = delivery->held_previous;
    dispatcher->states[delivery->index] = delivery->state;
    addressees_put(&dispatcher->addressees, delivery->addressee,
                   loop_now_ms(dispatcher->options->loop));
    memory_free(delivery->progress);
    memory_free(delivery);
}

void dispatcher_let_go(struct dispatcher *dispatcher, struct delivery *delivery)
{
    if (delivery->is_over && delivery->attempt_count == 0)
        free_delivery(dispatcher, delivery);
}

void dispatcher_let_go_all(struct dispatcher *dispatcher)
{
    while (dispatcher->held)
        free_delivery(dispatcher, dispatcher->held);
}
