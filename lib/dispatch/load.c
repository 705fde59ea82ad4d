#include "dispatch/dispatcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/http_client.h"
#include "trust/approval.h"

#include "dispatch/follow.h"
#include "dispatch/outlet.h"
#include "dispatch/verdict.h"

enum { ORIGIN_SIZE = 512 };

static const char public_site[] = "public site"; /* in the place of an origin */

bool dispatch_origin(const struct account *account, const struct network *network, char *out,
                     size_t size)
{
    const struct channel_driver *driver = channel_find(account->channel);
    const char *url = driver ? channel_address(driver, account, network) : NULL;
    return url && url_origin(url, out, size);
}

/* --- accounts as addressees ------------------------------------------------------------------ */

static struct network_state *find_network(struct dispatcher *dispatcher, const char *channel)
{
    for (size_t i = 0; i < dispatcher->network_count; i++)
        if (strcmp(dispatcher->networks[i].driver->name, channel) == 0)
            return &dispatcher->networks[i];
    return NULL;
}

static void make_networks(struct dispatcher *dispatcher)
{
    const struct dispatch_options *options = dispatcher->options;
    const struct channel_driver *const *drivers = channel_all();
    size_t count = 0;
    while (drivers[count])
        count++;
    dispatcher->networks =
        arena_alloc_array(dispatcher->arena, count, sizeof(*dispatcher->networks));
    dispatcher->counts = arena_alloc_array(dispatcher->arena, count, sizeof(*dispatcher->counts));
    for (size_t i = 0; i < count; i++) {
        struct network_state *network = &dispatcher->networks[i];
        network->driver = drivers[i];
        network->counts.driver = drivers[i];
        network->network = options->network(options->network_context, drivers[i]->name);
    }
    dispatcher->network_count = count;
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

/* An account that was removed since keeps a nameplate, so that its deliveries can be told of. */
static struct addressee *make_nameplate(struct dispatcher *dispatcher,
                                        const struct delivery_record *record)
{
    struct arena *arena = dispatcher->arena;
    struct stored_account *stored = arena_alloc(arena, sizeof(*stored));
    stored->account.municipality = arena_strdup(arena, record->municipality);
    stored->account.channel = arena_strdup(arena, record->channel);
    stored->account.label = arena_strdup(arena, record->account);
    struct addressee *addressee = arena_alloc(arena, sizeof(*addressee));
    addressee->stored = stored;
    return addressee;
}

/* Finds out where an account's requests go. The gate let only certain endpoints through, those of
 * deliveries that are not done: any other ends the run. */
static int locate(struct dispatcher *dispatcher, struct addressee *addressee, struct error *error)
{
    const struct account *account = &addressee->stored->account;
    char origin[ORIGIN_SIZE];

    if (addressee->host || !addressee->network ||
        !dispatch_origin(account, addressee->network->network, origin, sizeof(origin)))
        return 0;
    if (!verified_run_allows(dispatcher->options->verified, origin)) {
        error_set(error, ERROR_NOT_APPROVED, "'%s' is not an endpoint that this run may talk to",
                  origin);
        return error_next(error, "start a new run: crisis send");
    }
    if (addressee->network->driver->features & FEATURE_LOCAL) {
        addressee->host = schedule_host(&dispatcher->schedule, public_site);
        addressee->host->is_local = true;
        addressee->host->pace.capacity = OUTLET_AT_ONCE;
        return 0;
    }
    addressee->host = schedule_host(&dispatcher->schedule, origin);
    addressee->host->pace.capacity = http_client_host_capacity(dispatcher->options->http, origin);
    return 0;
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

static void count_rest(struct dispatcher *dispatcher, const struct delivery *delivery)
{
    struct network_state *network = delivery->addressee->network;
    switch ((enum delivery_state)delivery->state) {
    case DELIVERY_POSTED:
        dispatcher->result.posted++;
        if (network)
            network->counts.posted++;
        break;
    case DELIVERY_FAILED:
        dispatcher->result.failed++;
        if (network)
            network->counts.failed++;
        break;
    default:
        dispatcher->result.skipped++;
        break;
    }
}

static void give_up_without_address(struct dispatcher *dispatcher, struct delivery *delivery)
{
    const struct account *account = &delivery->addressee->stored->account;
    struct failure failure = {.kind = FAILURE_CREDENTIAL};
    const struct network_state *network = delivery->addressee->network;
    bool is_registered = delivery->addressee->stored->row != 0;
    if (is_registered && network && network->driver->features & FEATURE_LOCAL) {
        snprintf(failure.message, sizeof(failure.message),
                 "crisis.yaml does not say where the public site is");
        snprintf(failure.next, sizeof(failure.next),
                 "name it there as the coordinator's `url`, then send the message again");
    } else {
        snprintf(failure.message, sizeof(failure.message), "the account is no longer registered");
        snprintf(failure.next, sizeof(failure.next), "register it again: crisis register %s %s",
                 account->municipality, account->channel);
    }
    attempt_give_up(dispatcher, delivery, &failure);
}

/* In doubt, on a channel where posting again is harmless: no look is needed to send it again. */
static void queue_again(struct dispatcher *dispatcher, struct delivery *delivery)
{
    struct journal_change change = {
        .row = delivery->row,
        .from = DELIVERY_IN_DOUBT,
        .to = DELIVERY_QUEUED,
        .attempts = delivery->attempts,
    };
    delivery->state = DELIVERY_QUEUED;
    journal_record(dispatcher->journal, &change);
}

/* On a channel that can neither be asked nor be sent a second copy: a person must look. */
static void leave_in_doubt(struct dispatcher *dispatcher, struct delivery *delivery)
{
    const struct account *account = &delivery->addressee->stored->account;
    struct failure failure = {.kind = FAILURE_NETWORK};
    if (delivery->state == DELIVERY_IN_DOUBT) {
        delivery->addressee->network->counts.in_doubt++;
        return;
    }
    snprintf(failure.message, sizeof(failure.message),
             "it was being sent when the process ended, and this channel does not tell what became "
             "of it");
    snprintf(failure.next, sizeof(failure.next), "look at the %s account '%s' of %s",
             account->channel, account->label, account->municipality);
    attempt_give_up(dispatcher, delivery, &failure);
}

static void place(struct dispatcher *dispatcher, struct delivery *delivery)
{
    enum delivery_state state = (enum delivery_state)delivery->state;
    if (delivery_state_is_final(state)) {
        count_rest(dispatcher, delivery);
        return;
    }
    if (!delivery->addressee->host) {
        give_up_without_address(dispatcher, delivery);
        return;
    }
    if (state != DELIVERY_SENDING && state != DELIVERY_IN_DOUBT) {
        schedule_ready(&dispatcher->schedule, delivery);
        return;
    }
    /* It was under way when a process died, or was in doubt: find out before anything else. */
    int64_t since_sent_ms = dispatcher_unix_ms(dispatcher) - delivery->first_sent_unix_ms;
    struct verdict verdict =
        verdict_after_crash(delivery->addressee->network->driver->features, since_sent_ms);
    if (verdict.action == VERDICT_IN_DOUBT) {
        leave_in_doubt(dispatcher, delivery);
        return;
    }
    if (verdict.action == VERDICT_RETRY && state == DELIVERY_IN_DOUBT)
        queue_again(dispatcher, delivery);
    else if (state == DELIVERY_IN_DOUBT)
        delivery->addressee->network->counts.in_doubt++;
    delivery->to_look_up = verdict.action == VERDICT_LOOK_UP;
    schedule_wait(&dispatcher->schedule, delivery,
                  loop_now_ms(dispatcher->options->loop) + verdict.wait_ms);
}

/* What is harmless twice is just sent again, and may have been acted on before. Only the last
 * failure is on record: of a single attempt it tells whether the network refused it, of several
 * nothing. */
static bool may_be_posted(const struct addressee *addressee, const struct delivery_record *record)
{
    if (!addressee->network || !(addressee->network->driver->features & FEATURE_REPEATABLE))
        return false;
    bool was_refused = record->attempts == 1 && record->state == DELIVERY_WAITING &&
                       !verdict_leaves_open(record->failure.kind, true);
    return record->attempts > 0 && !was_refused;
}

struct loading {
    struct dispatcher *dispatcher;
    size_t capacity;
    struct error error;
};

static bool load_one(void *context, const struct delivery_record *record)
{
    struct loading *loading = context;
    struct dispatcher *dispatcher = loading->dispatcher;
    const struct stored_account *stored = dispatch_find_account(dispatcher->options, record);
    struct addressee *addressee =
        stored ? &dispatcher->addressees[stored - dispatcher->options->accounts] : NULL;

    if (!addressee)
        addressee = make_nameplate(dispatcher, record);
    if (!addressee->network)
        addressee->network = find_network(dispatcher, record->channel);
    if (stored && !delivery_state_is_final(record->state) &&
        locate(dispatcher, addressee, &loading->error) < 0)
        return false;
    if (!addressee->municipality_name)
        addressee->municipality_name = arena_strdup(dispatcher->arena, record->municipality_name);
    if (dispatcher->delivery_count == loading->capacity)
        return false; /* the run record and its rows disagree: seen by the caller */
    struct delivery *delivery = &dispatcher->deliveries[dispatcher->delivery_count++];
    delivery->addressee = addressee;
    delivery->row = record->row;
    delivery->draft_row = record->draft_row;
    delivery->language = intern_language(dispatcher, record->language);
    delivery->state = (uint8_t)record->state;
    delivery->attempts = record->attempts;
    delivery->part_count = (uint8_t)record->part_count;
    delivery->first_sent_unix_ms = record->first_sent_unix_ms;
    delivery->may_be_posted = may_be_posted(addressee, record);
    delivery->is_paused = record->state == DELIVERY_WAITING && record->failure.kind == FAILURE_NONE;
    memcpy(delivery->key, record->key, sizeof(delivery->key));
    if (record->progress_size_bytes > 0) {
        delivery->progress = memory_alloc(record->progress_size_bytes + 1);
        memcpy(delivery->progress, record->progress, record->progress_size_bytes);
    }
    if (addressee->network)
        addressee->network->counts.total++;
    return true;
}

int dispatcher_load(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_options *options = dispatcher->options;
    struct loading loading = {.dispatcher = dispatcher, .capacity = options->run->delivery_count};

    make_networks(dispatcher);
    dispatcher->addressees = arena_alloc_array(dispatcher->arena, options->account_count,
                                               sizeof(*dispatcher->addressees));
    for (size_t i = 0; i < options->account_count; i++)
        dispatcher->addressees[i] = (struct addressee){
            .stored = &options->accounts[i],
            .sealed = options->accounts[i].sealed,
            .sealed_size_bytes = options->accounts[i].sealed_size_bytes,
        };
    dispatcher->deliveries =
        arena_alloc_array(dispatcher->arena, loading.capacity, sizeof(*dispatcher->deliveries));
    if (follow_load(dispatcher, error) < 0 ||
        store_deliveries(options->reader, options->run->row, load_one, &loading, error) < 0)
        return -1;
    if (loading.error.kind != ERROR_NONE) {
        *error = loading.error;
        return -1;
    }
    if (dispatcher->delivery_count != loading.capacity)
        return error_set(error, ERROR_SYSTEM, "the store has %zu deliveries of run %s, not %zu",
                         dispatcher->delivery_count, options->run->id, loading.capacity);
    for (size_t i = 0; i < dispatcher->delivery_count; i++)
        place(dispatcher, &dispatcher->deliveries[i]);
    return 0;
}
