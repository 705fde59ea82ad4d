/*
 * `stop`: stops a run, from any terminal. The process that sends it is asked first, which needs
 * nothing but a file of some bytes; then the stop is put on record; then what became of it is told.
 * Nothing is asked and nothing is checked before: it must work at once.
 */
#include <string.h>

#include "base/language.h"
#include "net/loop.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/publishing.h"
#include "cmd/stopping.h"

enum { NAMED_MAX_BYTES = 64 * 1024 };

/* --- which ----------------------------------------------------------------------------------- */

static int find_named(struct stopping *stop, const char *id, struct error *error)
{
    struct run_record run;
    bool found;

    if (store_run_find(stop->context->store, stop->context->arena, id, &run, &found, error) < 0)
        return -1;
    if (!found) {
        error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
        return error_next(error, _("crisis runs lists them"));
    }
    stop->targets = arena_alloc(stop->context->arena, sizeof(*stop->targets));
    stopping_add(stop, &run);
    return 0;
}

static int name_several(const struct stopping *stop, bool is_sent_now, struct error *error)
{
    struct text ids;

    text_init(&ids, NAMED_MAX_BYTES);
    for (size_t i = 0; i < stop->count; i++)
        text_addf(&ids, "%s%s", i ? ", " : "", stop->targets[i].run.id);
    error_set(error, ERROR_USAGE,
              is_sent_now ? _("%zu runs are being sent: %s")
                          : _("%zu runs are unfinished, and none is being sent: %s"),
              stop->count, ids.bytes);
    text_release(&ids);
    return error_next(error, _("name one; --all stops all that are being sent"));
}

/* Those that are being sent now; else the one that an interrupted send has left. */
static int find_running(struct stopping *stop, bool all, struct error *error)
{
    struct context *context = stop->context;
    struct run_record *runs;
    size_t count;

    if (store_runs(context->store, context->arena, &runs, &count, error) < 0)
        return -1;
    stop->targets = arena_alloc_array(context->arena, count + 1, sizeof(*stop->targets));
    for (size_t i = 0; i < count; i++)
        if (store_run_is_locked(context->store, runs[i].row)) /* sent, or taken back */
            stopping_add(stop, &runs[i]);
    if (stop->count == 1 || (all && stop->count > 0))
        return 0;
    if (stop->count > 1)
        return name_several(stop, true, error);
    for (size_t i = 0; i < count && !all; i++)
        if (runs[i].state == RUN_UNFINISHED)
            stopping_add(stop, &runs[i]);
    if (stop->count == 1)
        return 0;
    if (stop->count > 1)
        return name_several(stop, false, error);
    error_set(error, ERROR_USAGE, _("no run is being sent, and none is unfinished"));
    return error_next(error, _("crisis runs lists them"));
}

static int find_targets(struct stopping *stop, struct error *error)
{
    const char *id = argument_at(stop->context->invocation, 0);
    bool all = option_is_given(stop->context->invocation, "all");

    if (id && all)
        return error_set(error, ERROR_USAGE, _("--all and a run exclude each other"));
    return id ? find_named(stop, id, error) : find_running(stop, all, error);
}

/* The audit log is published as after any change. Whether the store fits it is not asked before. */
static void open_log(struct context *context)
{
    struct error fault = {0};

    if (publishing_open(context->workspace, context->store, &context->publishing, &fault) < 0)
        output_warning(_("the audit log could not be published: %s"), fault.message);
}

static int run_stop(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct stopping stop = {.context = &context, .began_ms = clock_monotonic_ms()};
    bool was_asked = false;
    int result = -1;

    context_init(&context, invocation);
    context.stays_offline = true; /* witnesses are asked by who sends, or comes next */
    if (context_open_workspace(&context, error) < 0 ||
        workspace_store(context.workspace, STORE_WRITE, &context.store, error) < 0 ||
        find_targets(&stop, error) < 0)
        goto out;
    result = stopping_run(&stop, &was_asked, error);
    if (was_asked) {
        output_warning(_("The run was asked to stop, but that is not on record:"));
        goto out;
    }
    output_flush();
    open_log(&context);
out:
    context_release(&context);
    return result;
}

static const struct option stop_options[] = {
    {"all", 0, NULL, false, N_("every run that is being sent")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_stop = {
    .name = "stop",
    .arguments = "[RUN]",
    .summary = N_("Stops a run at once, from any terminal"),
    .details =
        N_("Without RUN, the one that is being sent, else the one that was left unfinished. No "
           "request leaves\nany more; what is under way is finished or recorded. It asks "
           "nothing. `resume RUN` goes on."),
    .arguments_most = 1,
    .options = stop_options,
    .run = run_stop,
};
