#include "dispatch/dispatcher.h"

#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"

#include "dispatch/outlet.h"
#include "dispatch/renewal.h"

enum {
    PROGRESS_EVERY_MS = 100,
    LOOK_FOR_STOP_EVERY_MS = 50, /* when no request asks before */
};

uint32_t dispatcher_random(struct dispatcher *dispatcher)
{
    /* xorshift64*: jitter needs spread, not secrecy. */
    uint64_t x = dispatcher->random_state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    dispatcher->random_state = x;
    return (uint32_t)((x * 2685821657736338717u) >> 32);
}

int64_t dispatcher_unix_ms(const struct dispatcher *dispatcher)
{
    return dispatcher->started_unix_ms + loop_now_ms(dispatcher->options->loop) -
           dispatcher->started_ms;
}

static void end_loop(struct dispatcher *dispatcher)
{
    loop_stop(dispatcher->options->loop);
}

void dispatcher_fail(struct dispatcher *dispatcher, const struct error *error)
{
    if (dispatcher->error.kind == ERROR_NONE)
        dispatcher->error = *error;
    dispatcher->stopping = true;
    end_loop(dispatcher);
}

static void on_journal_failed(void *context, const struct error *error)
{
    dispatcher_fail(context, error);
}

void dispatcher_pump_soon(struct dispatcher *dispatcher)
{
    loop_timer_set(dispatcher->pump_timer, 0);
}

/* --- hosts ----------------------------------------------------------------------------------- */

void dispatcher_host_ended(struct dispatcher *dispatcher, struct host *host, int64_t began_ms,
                           bool failed, const char *reason, const char *next)
{
    const struct dispatch_observer *observer = &dispatcher->options->observer;
    int64_t now_ms = loop_now_ms(dispatcher->options->loop);
    bool went_down = false;

    if (failed && began_ms < host->pace.failed_at_ms)
        pace_ended_with_others(&host->pace);
    else
        went_down = pace_ended(&host->pace, failed, now_ms, dispatcher_random(dispatcher));

    if (host->pace.down)
        schedule_host_down(&dispatcher->schedule, host);
    if (went_down) {
        log_debug(LOG_PACE, "%s is down: %s", host->origin, reason);
        if (observer->host_down)
            observer->host_down(observer->context, host->origin, reason, next);
    }
    dispatcher_pump_soon(dispatcher);
}

static void on_host_known(void *context, const char *origin)
{
    struct dispatcher *dispatcher = context;
    struct host *host = schedule_find_host(&dispatcher->schedule, origin);
    if (!host)
        return;
    dispatcher_look_at_host(dispatcher, host);
    dispatcher_pump_soon(dispatcher);
}

/* --- progress, deadline, interrupt ----------------------------------------------------------- */

struct slowest {
    int64_t now_ms, ms;
    const char *origin;
};

static void find_slowest(void *context, struct host *host)
{
    struct slowest *slowest = context;
    int64_t ms = attempt_oldest_ms(host, slowest->now_ms);
    if (ms > slowest->ms) {
        slowest->ms = ms;
        slowest->origin = host->origin;
    }
}

static void tell_progress(struct dispatcher *dispatcher)
{
    const struct dispatch_observer *observer = &dispatcher->options->observer;
    struct slowest slowest = {.now_ms = loop_now_ms(dispatcher->options->loop)};

    if (!observer->progress)
        return;
    schedule_each_host(&dispatcher->schedule, find_slowest, &slowest);
    for (size_t i = 0; i < dispatcher->network_count; i++)
        dispatcher->counts[i] = dispatcher->networks[i].counts;
    struct dispatch_progress progress = {
        .channels = dispatcher->counts,
        .channel_count = dispatcher->network_count,
        .slowest_host = slowest.origin,
        .slowest_ms = slowest.ms,
    };
    observer->progress(observer->context, &progress);
}

struct networks {
    size_t count; /* hosts */
    bool any_up;
};

static void find_answering(void *context, struct host *host)
{
    struct networks *networks = context;
    networks->count += !host->is_local;
    networks->any_up |= !host->is_local && !host->pace.down;
}

/* Nothing has answered, and nothing looks as if it would: say so instead of waiting for hours. */
static void watch_network(struct dispatcher *dispatcher)
{
    int64_t ran_ms = loop_now_ms(dispatcher->options->loop) - dispatcher->started_ms;
    struct networks networks = {0};
    if (dispatcher->any_answer || dispatcher->stopping || ran_ms < NETWORK_DOWN_AFTER_MS)
        return;
    schedule_each_host(&dispatcher->schedule, find_answering, &networks);
    if (networks.any_up || networks.count == 0)
        return;
    dispatcher->result.network_down = true;
    dispatcher->stopping = true;
    dispatcher_pump_soon(dispatcher);
}

static void on_progress(void *context)
{
    struct dispatcher *dispatcher = context;
    tell_progress(dispatcher);
    watch_network(dispatcher);
    loop_timer_set(dispatcher->progress_timer, PROGRESS_EVERY_MS);
}

static void on_deadline(void *context)
{
    struct dispatcher *dispatcher = context;
    if (dispatcher->result.interrupted || dispatcher->result.stopped) {
        end_loop(dispatcher); /* the grace is over */
        return;
    }
    dispatcher->result.past_deadline = true;
    dispatcher->stopping = true;
    dispatcher_pump_soon(dispatcher);
}

/* Requests that wait for their connection are taken back later, as after an interrupt: this may be
 * one of their callbacks. */
static void stop_run(struct dispatcher *dispatcher)
{
    log_debug(LOG_DISPATCH, "asked to stop");
    dispatcher->result.stopped = true;
    dispatcher->stopping = true;
    loop_timer_set(dispatcher->deadline_timer, INTERRUPT_GRACE_MS);
    loop_timer_set(dispatcher->stop_timer, 0);
    dispatcher_pump_soon(dispatcher);
}

bool dispatcher_must_stop(struct dispatcher *dispatcher)
{
    const struct dispatch_options *options = dispatcher->options;
    int64_t now_ms = loop_now_ms(options->loop);

    if (dispatcher->result.stopped || now_ms == dispatcher->looked_for_stop_ms)
        return dispatcher->result.stopped;
    dispatcher->looked_for_stop_ms = now_ms; /* many requests leave in one turn of the loop */
    if (store_run_stop_is_asked(options->writer, options->run->row))
        stop_run(dispatcher);
    return dispatcher->result.stopped;
}

static void look_for_stop(void *context)
{
    struct dispatcher *dispatcher = context;
    if (dispatcher_must_stop(dispatcher) || dispatcher->result.interrupted) {
        http_client_cancel_unsent(dispatcher->options->http);
        outlet_cancel_unsent(dispatcher->options->outlet);
    }
    if (dispatcher->result.stopped)
        store_run_tell_halted(dispatcher->options->writer, dispatcher->options->run->row);
    loop_timer_set(dispatcher->stop_timer, LOOK_FOR_STOP_EVERY_MS);
}

static void on_interrupt(void *context)
{
    struct dispatcher *dispatcher = context;
    if (dispatcher->result.interrupted || dispatcher->result.stopped) {
        end_loop(dispatcher); /* asked twice */
        return;
    }
    dispatcher->result.interrupted = true;
    dispatcher->stopping = true;
    loop_timer_set(dispatcher->deadline_timer, INTERRUPT_GRACE_MS);
    loop_timer_set(dispatcher->stop_timer, 0);
    dispatcher_pump_soon(dispatcher);
}

/* --- the run --------------------------------------------------------------------------------- */

static void init(struct dispatcher *dispatcher, const struct dispatch_options *options)
{
    *dispatcher = (struct dispatcher){.options = options, .arena = arena_new()};
    schedule_init(&dispatcher->schedule);
    window_init(&dispatcher->window);
    random_bytes(&dispatcher->random_state, sizeof(dispatcher->random_state));
    dispatcher->random_state |= 1; /* xorshift never leaves zero */
    dispatcher->journal =
        journal_new(options->loop, options->writer, on_journal_failed, dispatcher);
    dispatcher->pump_timer = loop_timer_new(options->loop, dispatcher_pump, dispatcher);
    dispatcher->window_timer = loop_timer_new(options->loop, dispatcher_look_at_window, dispatcher);
    dispatcher->progress_timer = loop_timer_new(options->loop, on_progress, dispatcher);
    dispatcher->deadline_timer = loop_timer_new(options->loop, on_deadline, dispatcher);
    dispatcher->stop_timer = loop_timer_new(options->loop, look_for_stop, dispatcher);
    dispatcher->started_ms = loop_now_ms(options->loop);
    dispatcher->started_unix_ms = clock_unix_ms();
    addressees_init(&dispatcher->addressees);
    drafts_init(&dispatcher->drafts);
    attempts_init(dispatcher);
}

static void release(struct dispatcher *dispatcher)
{
    loop_timer_free(dispatcher->pump_timer);
    loop_timer_free(dispatcher->window_timer);
    loop_timer_free(dispatcher->progress_timer);
    loop_timer_free(dispatcher->deadline_timer);
    loop_timer_free(dispatcher->stop_timer);
    http_client_drop_all(dispatcher->options->http);
    outlet_drop_all(dispatcher->options->outlet);
    journal_free(dispatcher->journal);
    dispatcher_took_up(dispatcher);
    attempts_drop(dispatcher);
    renewals_drop(dispatcher);
    dispatcher_let_go_all(dispatcher);
    addressees_release(&dispatcher->addressees);
    drafts_release(&dispatcher->drafts);
    memory_free(dispatcher->states);
    memory_free(dispatcher->due);
    schedule_release(&dispatcher->schedule);
    arena_free(dispatcher->arena);
}

static void count_unfinished(struct dispatcher *dispatcher)
{
    if (dispatcher->options->task == TASK_RETRACT)
        return; /* counted as each ended */
    dispatcher->result.in_doubt = dispatcher->result.pending = 0;
    for (const struct delivery *delivery = dispatcher->held; delivery;
         delivery = delivery->held_next)
        dispatcher->states[delivery->index] = delivery->state;
    for (size_t i = 0; i < dispatcher->delivery_count; i++) {
        enum delivery_state state = (enum delivery_state)dispatcher->states[i];
        if (state == DELIVERY_IN_DOUBT || state == DELIVERY_SENDING)
            dispatcher->result.in_doubt++;
        else if (!delivery_state_is_final(state))
            dispatcher->result.pending++;
    }
}

/* A commit under way must end before the store may be used by anybody else. */
static void finish_journal(struct dispatcher *dispatcher)
{
    while (!journal_is_idle(dispatcher->journal))
        loop_turn(dispatcher->options->loop);
}

int dispatch_run(const struct dispatch_options *options, struct dispatch_result *out,
                 struct error *error)
{
    struct dispatcher dispatcher;
    int result = -1;

    init(&dispatcher, options);
    loop_on_interrupt(options->loop, on_interrupt, &dispatcher);
    http_client_on_host_known(options->http, on_host_known, &dispatcher);
    if (dispatcher_load(&dispatcher, error) < 0)
        goto out;

    loop_timer_set(dispatcher.deadline_timer, options->deadline_ms);
    loop_timer_set(dispatcher.progress_timer, PROGRESS_EVERY_MS);
    loop_timer_set(dispatcher.stop_timer, 0);
    dispatcher_pump_soon(&dispatcher);
    loop_run(options->loop);
    dispatcher.closing = true;
    finish_journal(&dispatcher);

    tell_progress(&dispatcher);
    count_unfinished(&dispatcher);
    dispatcher.result.duration_ms = loop_now_ms(options->loop) - dispatcher.started_ms;
    *out = dispatcher.result;
    if (dispatcher.error.kind != ERROR_NONE)
        *error = dispatcher.error;
    else
        result = 0;
out:
    http_client_on_host_known(options->http, NULL, NULL);
    loop_on_interrupt(options->loop, NULL, NULL);
    release(&dispatcher);
    return result;
}
