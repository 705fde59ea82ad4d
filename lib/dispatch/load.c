#include "dispatch/dispatcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "channels/channel.h"
#include "model/failure_forms.h"
#include "trust/approval.h"

#include "dispatch/follow.h"
#include "dispatch/retraction.h"
#include "dispatch/verdict.h"

/* --- networks -------------------------------------------------------------------------------- */

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

/* --- deliveries ------------------------------------------------------------------------------ */

static void count_rest(struct dispatcher *dispatcher, enum delivery_state state,
                       struct network_state *network)
{
    switch (state) {
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
        delivery->is_over = true;
        dispatcher_let_go(dispatcher, delivery);
        return;
    }
    snprintf(
        failure.message, sizeof(failure.message),
        N_("it was being sent when the process ended, and this channel does not tell what became "
           "of it"));
    snprintf(failure.next, sizeof(failure.next), FORM_LOOK_AT_ACCOUNT, account->channel,
             account->label, account->municipality);
    attempt_give_up(dispatcher, delivery, &failure);
}

/* It was under way when a process died, or was in doubt, or has no account any more: it is not
 * queued, but looked at at once. */
static void place(struct dispatcher *dispatcher, struct delivery *delivery)
{
    enum delivery_state state = (enum delivery_state)delivery->state;

    if (!delivery->addressee->host) {
        dispatcher_give_up_unaddressed(dispatcher, delivery);
        return;
    }
    if (delivery->to_retract) {
        retraction_place(dispatcher, delivery);
        return;
    }
    if (state != DELIVERY_SENDING && state != DELIVERY_IN_DOUBT) {
        schedule_ready(&dispatcher->schedule, delivery);
        return;
    }
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

/* --- what there is to do --------------------------------------------------------------------- */

struct loading {
    struct dispatcher *dispatcher;
    size_t capacity;  /* deliveries that the run has */
    uint32_t *placed; /* indices of those that are not queued */
    size_t placed_count, placed_capacity;
    struct error error;
};

/* Where a queued delivery goes. Most networks are at one place for all accounts. */
static int find_host(struct loading *loading, const struct queued_delivery *queued,
                     struct network_state *network, struct host **out)
{
    struct dispatcher *dispatcher = loading->dispatcher;
    bool is_one =
        network->driver->address == NULL || (network->network && network->network->endpoint);

    *out = network->host;
    if (*out)
        return 0;
    struct account account = {.channel = queued->channel};
    struct arena *arena = arena_new_small();
    int result = store_settings_read(queued->settings, arena, &account)
                     ? dispatcher_locate(dispatcher, &account, network, out, &loading->error)
                     : error_set(&loading->error, ERROR_SYSTEM,
                                 _("the settings of an account are not readable"));
    arena_free(arena);
    if (result == 0 && is_one)
        network->host = *out;
    return result;
}

static enum work work_on(const struct dispatcher *dispatcher, size_t index,
                         enum delivery_state state)
{
    if (dispatcher->due)
        return (enum work)dispatcher->due[index];
    if (delivery_state_is_final(state))
        return WORK_NONE;
    return state == DELIVERY_SENDING || state == DELIVERY_IN_DOUBT ? WORK_PLACED : WORK_QUEUED;
}

static bool load_one(void *context, const struct queued_delivery *queued)
{
    struct loading *loading = context;
    struct dispatcher *dispatcher = loading->dispatcher;
    struct network_state *network = dispatcher_find_network(dispatcher, queued->channel);
    size_t index = dispatcher->delivery_count;
    struct host *host = NULL;

    if (index == loading->capacity)
        return false; /* the run record and its rows disagree: seen by the caller */
    if (index == 0)
        dispatcher->first_row = queued->row;
    if (queued->row != dispatcher->first_row + (int64_t)index)
        return false;
    dispatcher->delivery_count++;
    dispatcher->states[index] = (uint8_t)queued->state;
    enum work work = work_on(dispatcher, index, queued->state);
    if (network && (work != WORK_NONE || !dispatcher->due))
        network->counts.total++;
    if (work == WORK_NONE) {
        count_rest(dispatcher, queued->state, network);
        return true;
    }
    if (dispatcher->options->canaries_only && !queued->is_canary)
        return true; /* it stays as it is, pending */
    if (network && queued->settings && find_host(loading, queued, network, &host) < 0)
        return false;
    if (host && work == WORK_QUEUED) {
        schedule_queue(&dispatcher->schedule, host, index, queued->part_count > 1);
        return true;
    }
    loading->placed = arena_grow(dispatcher->arena, loading->placed, loading->placed_count,
                                 &loading->placed_capacity, sizeof(*loading->placed));
    loading->placed[loading->placed_count++] = (uint32_t)index;
    return true;
}

int dispatcher_load(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_options *options = dispatcher->options;
    struct loading loading = {.dispatcher = dispatcher, .capacity = options->run->delivery_count};

    if (options->task == TASK_POST && !verified_run_may_post(options->verified))
        return error_set(error, ERROR_NOT_APPROVED, _("run %s may only be taken back"),
                         options->run->id);
    make_networks(dispatcher);
    dispatcher->states = memory_alloc(loading.capacity);
    schedule_reserve(&dispatcher->schedule, loading.capacity, dispatcher_take_up, dispatcher);
    if (follow_load(dispatcher, error) < 0 || retraction_load(dispatcher, error) < 0 ||
        store_queue(options->reader, options->run->row, load_one, &loading, error) < 0)
        return -1;
    if (loading.error.kind != ERROR_NONE) {
        *error = loading.error;
        return -1;
    }
    if (dispatcher->delivery_count != loading.capacity)
        return error_set(error, ERROR_SYSTEM, _("the store has %zu deliveries of run %s, not %zu"),
                         dispatcher->delivery_count, options->run->id, loading.capacity);
    for (size_t i = 0; i < loading.placed_count; i++) {
        struct delivery *delivery = dispatcher_take_up(dispatcher, loading.placed[i]);
        if (!delivery) {
            *error = dispatcher->error;
            return -1;
        }
        place(dispatcher, delivery);
    }
    dispatcher_took_up(dispatcher);
    return 0;
}
