/* Begins what may begin, in turn, until enough is under way; and ends the run when nothing is left.
 */
#include "dispatch/dispatcher.h"

#include <stdio.h>

#include "base/language.h"
#include "net/http_client.h"

#include "dispatch/renewal.h"
#include "dispatch/turns.h"

enum {
    STARTS_PER_TURN = 256, /* so that answers are read between bursts */
    EXPIRY_MARGIN_MS = 20, /* so that a wake-up for an expiry comes after it */
};

/* 0: never. What is taken back does not expire. */
static int64_t expires_unix_ms_of(const struct dispatcher *dispatcher)
{
    const struct dispatch_options *options = dispatcher->options;
    return options->task == TASK_RETRACT ? 0 : options->run->expires_unix_ms;
}

static bool is_expired(struct dispatcher *dispatcher, struct delivery *delivery)
{
    int64_t expires_unix_ms = expires_unix_ms_of(dispatcher);
    if (delivery->to_look_up || expires_unix_ms == 0 || clock_unix_ms() < expires_unix_ms)
        return false;
    struct failure failure = {.kind = FAILURE_EXPIRED};
    snprintf(failure.message, sizeof(failure.message),
             N_("the message expired before it could be posted"));
    snprintf(failure.next, sizeof(failure.next),
             N_("if it still holds, send it again as a new run, with a later `expires`"));
    attempt_give_up(dispatcher, delivery, &failure);
    return true;
}

/* What has expired must be told when it has, not when a network's limit is over. What is to be
 * looked up does not expire. */
void dispatcher_wait(struct dispatcher *dispatcher, struct delivery *delivery, int64_t until_ms)
{
    int64_t expires_unix_ms = expires_unix_ms_of(dispatcher);
    int64_t left_ms = expires_unix_ms - clock_unix_ms();

    if (expires_unix_ms != 0 && !delivery->to_look_up && left_ms > 0) {
        int64_t expiry_ms = loop_now_ms(dispatcher->options->loop) + left_ms + EXPIRY_MARGIN_MS;
        until_ms = until_ms < expiry_ms ? until_ms : expiry_ms;
    }
    schedule_wait(&dispatcher->schedule, delivery, until_ms);
}

/* A limit of the account, or of the app for all of its accounts. */
static int64_t wait_for_limits(const struct delivery *delivery)
{
    int64_t account = delivery->addressee->not_before_ms;
    int64_t app = delivery->addressee->network->not_before_ms;
    return account > app ? account : app;
}

static size_t start_ready(struct dispatcher *dispatcher)
{
    size_t started = 0;
    while (started < STARTS_PER_TURN && dispatcher->in_flight < dispatcher->window.size &&
           !dispatcher->stopping) {
        int64_t now_ms = loop_now_ms(dispatcher->options->loop);
        struct delivery *delivery = schedule_next(&dispatcher->schedule, now_ms);
        if (!delivery)
            break;
        started++;
        if (!delivery->addressee->host) {
            dispatcher_give_up_unaddressed(dispatcher, delivery);
            continue;
        }
        if (is_expired(dispatcher, delivery))
            continue;
        if (delivery->addressee->renewal) {
            renewal_wait(dispatcher, delivery, now_ms, true);
            continue;
        }
        if (!turns_may_begin(delivery)) {
            turns_hold(delivery);
            continue;
        }
        int64_t limit_ms = wait_for_limits(delivery);
        if (limit_ms > now_ms)
            dispatcher_wait(dispatcher, delivery, limit_ms);
        else
            attempt_start(dispatcher, delivery);
    }
    if (dispatcher->in_flight >= dispatcher->window.size)
        window_filled(&dispatcher->window);
    dispatcher_took_up(dispatcher);
    return started;
}

static bool is_nothing_left(const struct dispatcher *dispatcher)
{
    return dispatcher->stopping ||
           (!dispatcher->schedule.ring_last && schedule_next_time_ms(&dispatcher->schedule) < 0);
}

/* While the window is full, it is looked at whether it has to be. */
static void watch_window(struct dispatcher *dispatcher)
{
    if (dispatcher->window_is_watched || dispatcher->in_flight < dispatcher->window.size)
        return;
    dispatcher->window_is_watched = true;
    window_watch(&dispatcher->window, clock_monotonic_us(), clock_worked_us());
    loop_timer_set(dispatcher->window_timer, WINDOW_LOOK_EVERY_MS);
}

void dispatcher_look_at_window(void *context)
{
    struct dispatcher *dispatcher = context;

    dispatcher->window_is_watched = false;
    if (dispatcher->unanswered * 2 >= dispatcher->window.size &&
        window_is_idle(&dispatcher->window, clock_monotonic_us(), clock_worked_us(),
                       http_client_threads(dispatcher->options->http))) {
        window_grow(&dispatcher->window);
        dispatcher_pump_soon(dispatcher);
    }
    watch_window(dispatcher);
}

void dispatcher_pump(void *context)
{
    struct dispatcher *dispatcher = context;
    size_t started = start_ready(dispatcher);

    if (dispatcher->in_flight == 0 && journal_is_idle(dispatcher->journal) &&
        is_nothing_left(dispatcher)) {
        loop_stop(dispatcher->options->loop);
        return;
    }
    if (dispatcher->stopping)
        return;
    watch_window(dispatcher);
    int64_t next_ms = schedule_next_time_ms(&dispatcher->schedule);
    if (started == STARTS_PER_TURN)
        dispatcher_pump_soon(dispatcher);
    else if (next_ms >= 0)
        loop_timer_set(dispatcher->pump_timer, next_ms - loop_now_ms(dispatcher->options->loop));
}
