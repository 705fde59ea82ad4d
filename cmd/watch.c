/*
 * `watch`: a run as it goes, read from the store beside whoever sends it. On a terminal one screen,
 * drawn anew a few times a second; else a line for each change, and with --json the event. It ends
 * with the run.
 */
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/memory.h"
#include "net/loop.h"
#include "report/stored_words.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/send_view.h"
#include "cmd/tally.h"
#include "cmd/watch_screen.h"

enum {
    LOOK_EVERY_MS = 200,
    REST_FOR_WORK = 4,     /* reading a large run takes a while: rest this many times as long */
    TAKEN_WITHIN_MS = 2000 /* a run that is just made is taken by its sender, or is left */
};

struct watch {
    struct context context;
    struct run_record run;
    struct loop *loop;
    struct loop_timer *timer;
    int64_t began_ms;
    int64_t version; /* of the store when it was read last */
    bool was_read, is_over, is_interrupted;
    struct error error;

    bool on_screen;
    struct watch_screen screen;
    struct watch_map map;
    struct arena *arena; /* of the tally */
    struct tally tally;

    unsigned char *told; /* for each delivery, the state that was told last */
    size_t told_count, next;
};

/* --- which run ------------------------------------------------------------------------------- */

/* The one that is being sent, else the latest. */
static int find_run(struct watch *watch, struct error *error)
{
    struct context *context = &watch->context;
    const char *id = argument_at(context->invocation, 0);
    struct run_record *runs;
    size_t count;

    if (store_runs(context->store, context->arena, &runs, &count, error) < 0)
        return -1;
    const struct run_record *found = NULL;
    for (size_t i = 0; i < count && !found; i++)
        if (id ? strcmp(runs[i].id, id) == 0 : store_run_is_locked(context->store, runs[i].row))
            found = &runs[i];
    if (!found && !id && count > 0)
        found = &runs[0];
    if (found) {
        watch->run = *found;
        return 0;
    }
    if (id) {
        error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
        return error_next(error, _("crisis runs lists them"));
    }
    error_set(error, ERROR_USAGE, _("nothing has been sent from this workspace yet"));
    return error_next(error, "crisis send PLAN");
}

/* --- a line for each change ------------------------------------------------------------------ */

static void print_line(const struct delivery_record *delivery)
{
    struct civil_time now = civil_time_local(clock_unix_ms());
    const struct failure *failure = &delivery->failure;
    bool is_trouble = failure->kind != FAILURE_NONE;

    output_line("%02d:%02d:%02d  %s %s %s %s: %s%s%s", now.hour, now.minute, now.second,
                delivery->municipality, delivery->municipality_name, delivery->channel,
                delivery->account, translated(delivery_state_name(delivery->state)),
                is_trouble ? ": " : "", is_trouble ? stored_in_words(failure->message).words : "");
    if (is_trouble && failure->next[0])
        output_line("          → %s", stored_in_words(failure->next).words);
}

static bool tell_change(void *context, const struct delivery_record *delivery)
{
    struct watch *watch = context;
    enum delivery_state state = delivery->state;

    if (watch->next == watch->told_count)
        return false; /* the run record and its rows disagree */
    unsigned char *told = &watch->told[watch->next++];
    /* On its way is no news: what comes of it is. */
    if (state == DELIVERY_QUEUED || state == DELIVERY_SENDING || state == *told)
        return true;
    *told = (unsigned char)state;
    if (output_is_json())
        tally_print_delivery(&watch->run, delivery);
    else if (!output_is_quiet())
        print_line(delivery);
    return true;
}

static int tell_changes(struct watch *watch, struct error *error)
{
    watch->next = 0;
    if (store_deliveries(watch->context.store, watch->run.row, tell_change, watch, error) < 0)
        return -1;
    if (!output_flush()) /* nobody reads any more; the end of the program says so */
        watch->is_over = true;
    return 0;
}

/* --- looking --------------------------------------------------------------------------------- */

static int count_again(struct watch *watch, struct error *error)
{
    arena_free(watch->arena);
    watch->arena = arena_new();
    if (watch_map_read(&watch->map, watch->context.store, &watch->run, error) < 0)
        return -1;
    return tally_count(watch->arena, watch->context.store, &watch->run, &watch->tally, error);
}

static int read_again(struct watch *watch, struct error *error)
{
    struct store *store = watch->context.store;
    struct arena *arena = arena_new();
    struct run_record now;
    int64_t version;
    bool found;

    int result = store_version(store, &version, error);
    bool is_new = !watch->was_read || version != watch->version;
    if (result == 0 && is_new)
        result = store_run_find(store, arena, watch->run.id, &now, &found, error);
    if (result == 0 && is_new && found) {
        watch->run.state = now.state;
        watch->run.canary = now.canary;
        watch->run.finished_unix_ms = now.finished_unix_ms;
    }
    arena_free(arena);
    watch->version = version;
    watch->was_read = true;
    if (result < 0 || !is_new)
        return result;
    return watch->on_screen ? count_again(watch, error) : tell_changes(watch, error);
}

static bool has_ended(const struct watch *watch)
{
    int64_t made_ago_ms = clock_unix_ms() - watch->run.started_unix_ms;
    int64_t watched_ms = clock_monotonic_ms() - watch->began_ms;

    return watch->run.state != RUN_UNFINISHED || made_ago_ms > TAKEN_WITHIN_MS ||
           watched_ms > TAKEN_WITHIN_MS;
}

static void look(void *context)
{
    struct watch *watch = context;
    int64_t began_ms = clock_monotonic_ms();
    char words[RUN_HOLDER_WORDS_SIZE];
    struct run_holder holder;

    /* Before what is read: who lets go of a run has written down how it ended. */
    bool is_sent_now = store_run_holder(watch->context.store, watch->run.row, &holder);
    if (read_again(watch, &watch->error) < 0)
        watch->is_over = true;
    else if (watch->on_screen) {
        run_holder_describe(&holder, words);
        struct watch_view view = {&watch->run, &watch->tally, is_sent_now ? words : NULL,
                                  &watch->map};
        watch_screen_draw(&watch->screen, &view);
    }
    watch->is_over |= !is_sent_now && has_ended(watch);
    int64_t rest_ms = (clock_monotonic_ms() - began_ms) * REST_FOR_WORK;
    if (watch->is_over)
        loop_stop(watch->loop);
    else
        loop_timer_set(watch->timer, rest_ms > LOOK_EVERY_MS ? rest_ms : LOOK_EVERY_MS);
}

static void on_interrupt(void *context)
{
    struct watch *watch = context;
    watch->is_interrupted = true;
    loop_stop(watch->loop);
}

static int watch_it(struct watch *watch, struct error *error)
{
    watch->loop = loop_new();
    watch->timer = loop_timer_new(watch->loop, look, watch);
    loop_on_interrupt(watch->loop, on_interrupt, watch);
    loop_timer_set(watch->timer, 0);
    loop_run(watch->loop);
    watch_screen_close(&watch->screen);
    loop_on_interrupt(watch->loop, NULL, NULL);
    loop_timer_free(watch->timer);
    loop_free(watch->loop);
    if (watch->error.kind == ERROR_NONE)
        return 0;
    *error = watch->error;
    return -1;
}

/* Where the run stands, which stays on the screen; and the exit code that this means. */
static int summarise(struct watch *watch, struct error *error)
{
    const struct run_record *run = &watch->run;
    struct tally tally;

    if (tally_count(watch->context.arena, watch->context.store, run, &tally, error) < 0)
        return -1;
    tally_print(&tally, run,
                run->finished_unix_ms ? run->finished_unix_ms - run->started_unix_ms : -1);
    if (!watch->is_interrupted)
        return context_end(tally_kind(&tally), error);
    if (store_run_is_locked(watch->context.store, run->row))
        output_note(_("The send goes on. crisis stop %s stops it."), run->id);
    return context_end(ERROR_INTERRUPTED, error);
}

static int run_watch(struct invocation *invocation, struct error *error)
{
    struct watch watch = {.began_ms = clock_monotonic_ms()};
    int result = -1;

    context_init(&watch.context, invocation);
    if (context_open_workspace(&watch.context, error) < 0 ||
        context_open_store(&watch.context, STORE_READ, error) < 0 || find_run(&watch, error) < 0)
        goto out;
    watch.on_screen = watch_screen_is_possible() && !output_is_quiet();
    watch.told_count = watch.run.delivery_count;
    watch.told = memory_alloc(watch.told_count + 1); /* zero: all queued */
    if (!watch.on_screen)
        send_view_start(&watch.run);
    else if (watch_map_init(&watch.map, &watch.context, &watch.run, error) < 0)
        goto out;
    if (watch_it(&watch, error) == 0)
        result = summarise(&watch, error);
out:
    watch_map_release(&watch.map);
    memory_free(watch.told);
    arena_free(watch.arena);
    context_release(&watch.context);
    return result;
}

const struct command command_watch = {
    .name = "watch",
    .arguments = "[RUN]",
    .summary = N_("Shows a run as it goes, until it ends"),
    .details = N_(
        "Without RUN, the one that is being sent, else the latest. On a terminal it is drawn in "
        "place;\nelse there is a line for each change. Ctrl-C ends watching, not the send. It ends "
        "as the\nrun does: 0, 5 or 6."),
    .arguments_most = 1,
    .run = run_watch,
};
