#include "cmd/stopping.h"

#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"

#include "cmd/output.h"
#include "cmd/tally.h"

enum {
    LOOK_EVERY_MS = 10,
    HEARD_WITHIN_MS = 10 * 1000,                     /* else it hangs, or is suspended */
    ENDED_WITHIN_MS = INTERRUPT_GRACE_MS + 10 * 1000 /* what is under way, and writing it down */
};

void stopping_add(struct stopping *stop, const struct run_record *run)
{
    struct stop_target *target = &stop->targets[stop->count++];
    target->run = *run;
    target->is_sent_now = store_run_holder(stop->context->store, run->row, &target->holder);
    target->is_retraction = target->is_sent_now && run->state != RUN_UNFINISHED;
}

/* --- asking, and putting on record ----------------------------------------------------------- */

static int ask(struct stopping *stop, struct error *error)
{
    for (size_t i = 0; i < stop->count; i++)
        if ((stop->targets[i].run.state != RUN_FINISHED || stop->targets[i].is_retraction) &&
            store_run_ask_stop(stop->context->store, stop->targets[i].run.row, error) < 0)
            return -1;
    return 0;
}

int stopping_mark(struct store *store, const struct run_record *run, bool with_rest,
                  struct error *error)
{
    size_t counts[DELIVERY_STATE_COUNT];
    struct text entry;
    bool is_marked;

    if (store_delivery_counts(store, run->row, counts, error) < 0)
        return -1;
    size_t rest = counts[DELIVERY_QUEUED] + counts[DELIVERY_WAITING];
    if (run->state == RUN_FINISHED || (with_rest && run->state == RUN_STOPPED && rest == 0))
        return 0;
    entry_begin(&entry, with_rest ? ENTRY_RUN_STOPPED : ENTRY_STOP_ASKED, "coordinator",
                clock_unix_ms());
    entry_add(&entry, "run", run->id);
    entry_add(&entry, "mode", run_mode_name(run->mode));
    if (with_rest) {
        entry_add(&entry, "reason", "stopped");
        entry_add_number(&entry, "posted", (int64_t)counts[DELIVERY_POSTED]);
        entry_add_number(&entry, "failed", (int64_t)counts[DELIVERY_FAILED]);
        entry_add_number(&entry, "in-doubt",
                         (int64_t)(counts[DELIVERY_IN_DOUBT] + counts[DELIVERY_SENDING]));
        entry_add_number(&entry, "pending", (int64_t)(rest + counts[DELIVERY_STOPPED]));
    }
    int result =
        store_run_stop(store, run->row, with_rest, clock_unix_ms(), &entry, &is_marked, error);
    text_release(&entry);
    return result;
}

/* A process that took a run since we looked has not heard the first request: it is asked again. */
static int mark_all(struct stopping *stop, struct error *error)
{
    struct store *store = stop->context->store;

    for (size_t i = 0; i < stop->count; i++) {
        struct stop_target *target = &stop->targets[i];
        if (stopping_mark(store, &target->run, !target->is_sent_now, error) < 0)
            return -1;
        target->is_sent_now = store_run_holder(store, target->run.row, &target->holder);
        if (target->is_sent_now && !target->holder.has_halted &&
            store_run_ask_stop(store, target->run.row, error) < 0)
            return -1;
    }
    return 0;
}

/* --- waiting --------------------------------------------------------------------------------- */

static void look(void *context)
{
    struct stopping *stop = context;
    int64_t waited_ms = clock_monotonic_ms() - stop->began_ms;
    bool is_over = true;

    for (size_t i = 0; i < stop->count; i++) {
        struct stop_target *target = &stop->targets[i];
        char words[RUN_HOLDER_WORDS_SIZE];
        if (!target->is_sent_now)
            continue;
        target->is_sent_now =
            store_run_holder(stop->context->store, target->run.row, &target->holder);
        if (!target->is_sent_now)
            continue;
        if (target->holder.has_halted && !target->is_told) {
            run_holder_describe(&target->holder, words);
            output_note(
                _("Nothing new leaves any more; %s waits for the answers that are under way."),
                words);
            target->is_told = true;
        }
        is_over &= waited_ms > (target->is_told ? ENDED_WITHIN_MS : HEARD_WITHIN_MS);
    }
    if (is_over)
        loop_stop(stop->loop);
    else
        loop_timer_set(stop->timer, LOOK_EVERY_MS);
}

static void wait_for_end(struct stopping *stop)
{
    stop->loop = loop_new();
    stop->timer = loop_timer_new(stop->loop, look, stop);
    loop_timer_set(stop->timer, 0);
    loop_run(stop->loop);
    loop_timer_free(stop->timer);
    loop_free(stop->loop);
}

/* --- telling --------------------------------------------------------------------------------- */

static void print_stopped(const struct run_record *run, bool is_stopping, const char *took)
{
    if (run->state == RUN_STOPPED)
        output_styled(STYLE_BOLD,
                      is_stopping ? _("STOPPING, after %s: %s of %s.")
                                  : _("STOPPED, after %s: %s of %s."),
                      took, run->message, run->plan);
    else
        output_styled(STYLE_BOLD,
                      is_stopping ? _("STOPPING, in %s: %s of %s.")
                                  : _("STOPPED, in %s: %s of %s."),
                      took, run->message, run->plan);
}

static void print_stop(const struct stopping *stop, const struct stop_target *target,
                       const char *state)
{
    const struct run_record *run = &target->run;
    bool is_retraction = target->is_retraction && !target->is_sent_now;
    int64_t took_ms = clock_monotonic_ms() - stop->began_ms;
    struct json_line line;

    if (!output_is_json()) {
        char took[32];
        duration_format(took_ms, took);
        if (is_retraction)
            output_styled(STYLE_BOLD, _("STOPPED, in %s: the retraction of %s of %s."), took,
                          run->message, run->plan);
        else if (run->state == RUN_FINISHED)
            output_line(_("%s had finished: nothing was left to stop."), run->id);
        else
            print_stopped(run, strcmp(state, "stopping") == 0, took);
        return;
    }
    json_line_begin(&line, "stop");
    json_line_text(&line, "run", run->id);
    json_line_text(&line, "state", state);
    json_line_number(&line, "ms", took_ms);
    json_line_end(&line);
}

/* Its process has not let go of it. When it has heard, nothing new leaves: that is a stop. */
static int tell_held(struct stopping *stop, const struct stop_target *target, struct error *error)
{
    char words[RUN_HOLDER_WORDS_SIZE];
    struct tally tally;

    run_holder_describe(&target->holder, words);
    if (!target->holder.has_halted && !target->is_told) {
        error_set(error, ERROR_SYSTEM, _("%s, which sends %s, does not answer"), words,
                  target->run.id);
        return error_next(
            error, _("it begins nothing new once it goes on; to be sure, end it: kill -9 %lld"),
            (long long)target->holder.process);
    }
    if (tally_count(stop->context->arena, stop->context->store, &target->run, &tally, error) < 0)
        return -1;
    print_stop(stop, target, "stopping");
    tally_print(&tally, &target->run, -1);
    return 0;
}

static int tell(struct stopping *stop, struct stop_target *target, struct error *error)
{
    struct context *context = stop->context;
    struct run_record *run = &target->run;
    const char *id = run->id;
    struct tally tally;
    bool found;

    if (target->is_sent_now)
        return tell_held(stop, target, error);
    if (store_run_find(context->store, context->arena, id, run, &found, error) < 0 ||
        stopping_mark(context->store, run, true, error) <
            0 || /* its process may have died meanwhile */
        store_run_find(context->store, context->arena, id, run, &found, error) < 0 ||
        tally_count(context->arena, context->store, run, &tally, error) < 0)
        return -1;
    print_stop(stop, target, run_state_name(run->state));
    tally_print(&tally, run,
                run->finished_unix_ms ? run->finished_unix_ms - run->started_unix_ms : -1);
    if (run->state != RUN_FINISHED && !output_is_json())
        output_line(_("%zu had been posted, %zu in doubt, %zu not sent."),
                    tally.counts[DELIVERY_POSTED], tally_in_doubt(&tally), tally_pending(&tally));
    return 0;
}

static int tell_all(struct stopping *stop, struct error *error)
{
    int result = 0;

    for (size_t i = 0; i < stop->count; i++)
        if (tell(stop, &stop->targets[i], error) < 0)
            result = -1;
    return result;
}

int stopping_run(struct stopping *stop, bool *out_was_asked, struct error *error)
{
    *out_was_asked = false;
    if (ask(stop, error) < 0)
        return -1;
    *out_was_asked = true;
    if (mark_all(stop, error) < 0)
        return -1;
    *out_was_asked = false;
    wait_for_end(stop);
    return tell_all(stop, error);
}
