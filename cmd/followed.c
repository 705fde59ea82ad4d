#include "cmd/followed.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "dispatch/follow.h"
#include "net/loop.h"

#include "cmd/output.h"
#include "cmd/stopping.h"

struct sought {
    const struct account *account;
    size_t index; /* among the chosen accounts */
};

/* One run after the other, the latest first. */
struct marking {
    const struct followed_run *followed;
    const struct sought *sought; /* sorted */
    size_t count;
    bool *reached, *is_called_off;
};

static int compare_sought(const void *a, const void *b)
{
    const struct account *first = ((const struct sought *)a)->account;
    const struct account *second = ((const struct sought *)b)->account;
    int order = strcmp(first->municipality, second->municipality);

    if (order == 0)
        order = strcmp(first->channel, second->channel);
    return order ? order : strcmp(first->label, second->label);
}

static bool mark(void *context, const struct delivery_record *delivery)
{
    struct marking *marking = context;
    const struct account account = {.municipality = delivery->municipality,
                                    .channel = delivery->channel,
                                    .label = delivery->account};
    const struct sought wanted = {.account = &account};

    if (!follow_is_reached(&marking->followed->run, delivery))
        return true;
    const struct sought *found =
        bsearch(&wanted, marking->sought, marking->count, sizeof(wanted), compare_sought);
    if (found && marking->followed->is_end)
        marking->is_called_off[found->index] = true;
    else if (found && !marking->is_called_off[found->index])
        marking->reached[found->index] = true;
    return true;
}

static int mark_reached(struct context *context, const struct followed_run *runs, size_t run_count,
                        const struct chosen_accounts *chosen, bool *reached, struct error *error)
{
    struct sought *sought = arena_alloc_array(context->arena, chosen->count, sizeof(*sought));
    struct marking marking = {
        .sought = sought,
        .count = chosen->count,
        .reached = reached,
        .is_called_off = arena_alloc_array(context->arena, chosen->count, sizeof(bool)),
    };

    for (size_t i = 0; i < chosen->count; i++)
        sought[i] = (struct sought){&chosen->accounts[i], i};
    qsort(sought, chosen->count, sizeof(*sought), compare_sought);
    for (size_t i = 0; i < run_count; i++) {
        marking.followed = &runs[i];
        if (store_deliveries(context->store, runs[i].run.row, mark, &marking, error) < 0)
            return -1;
    }
    return 0;
}

/* The nearest message of those that it follows which has gone out; NULL: none has. */
static const struct message *nearest_sent(const struct message *message,
                                          const struct followed_run *runs, size_t count)
{
    for (const struct message *at = message->follows; at; at = at->follows)
        for (size_t i = 0; i < count; i++)
            if (!runs[i].is_end && strcmp(runs[i].run.message, at->name) == 0)
                return at;
    return NULL;
}

/* An all-clear is for everybody who got any of it; any other message for who got the one that it
 * follows, or, where that has not gone out, the one before it. No run is left when none has. */
static int find_runs(struct context *context, const struct plan *plan,
                     const struct message *message, enum run_mode mode, struct followed_run **out,
                     size_t *out_count, struct error *error)
{
    struct followed_run *runs;
    size_t count, kept = 0;

    if (follow_runs(context->store, context->arena, plan->id,
                    follow_names(context->arena, plan, message), mode, &runs, &count, error) < 0)
        return -1;
    const struct message *nearest = nearest_sent(message, runs, count);
    for (size_t i = 0; i < count && nearest; i++)
        if (runs[i].is_end || message->kind == MESSAGE_ALL_CLEAR ||
            strcmp(runs[i].run.message, nearest->name) == 0)
            runs[kept++] = runs[i];
    *out = runs;
    *out_count = kept;
    return 0;
}

int followed_narrow(struct context *context, const struct plan *plan, const struct message *message,
                    enum run_mode mode, struct chosen_accounts *chosen, struct error *error)
{
    struct followed_run *runs;
    size_t run_count, meant = chosen->count;

    if (!message->follows)
        return 0;
    if (find_runs(context, plan, message, mode, &runs, &run_count, error) < 0)
        return -1;
    if (run_count == 0) {
        output_warning(mode == MODE_EXERCISE
                           ? _("'%s' follows '%s', which has not gone out in an exercise: it goes "
                               "everywhere, as a post of its own.")
                           : _("'%s' follows '%s', which has not gone out: it goes everywhere, as "
                               "a post of its own."),
                       message->name, message->follows->name);
        return 0;
    }
    bool *reached = arena_alloc_array(context->arena, chosen->count, sizeof(*reached));
    if (mark_reached(context, runs, run_count, chosen, reached, error) < 0)
        return -1;
    accounts_keep_reached(context, plan, reached, chosen);
    if (chosen->count == 0) {
        error_set(error, ERROR_INPUT, _("'%s' follows '%s', which reached none of these accounts"),
                  message->name, message->follows->name);
        return error_next(error, _("crisis status %s shows where it went"), runs[0].run.id);
    }
    if (chosen->count < meant)
        output_note(_("It goes where '%s' went: to %zu of %zu accounts."), message->follows->name,
                    chosen->count, meant);
    return 0;
}

static bool is_narrowed(struct context *context)
{
    return option_is_given(context->invocation, "only") ||
           option_is_given(context->invocation, "except");
}

/* The runs of the messages that it takes back which are not at their end. */
static int find_unfinished(struct context *context, const struct plan *plan,
                           const struct message *message, enum run_mode mode,
                           const struct run_record ***out, size_t *out_count, struct error *error)
{
    struct followed_run *runs;
    size_t count;

    *out_count = 0;
    if (!message_is_reversal(message) || !message->follows || mode == MODE_DRY_RUN)
        return 0;
    if (find_runs(context, plan, message, mode, &runs, &count, error) < 0)
        return -1;
    *out = arena_alloc_array(context->arena, count + 1, sizeof(const struct run_record *));
    for (size_t i = 0; i < count; i++)
        if (!runs[i].is_end && runs[i].run.state == RUN_UNFINISHED)
            (*out)[(*out_count)++] = &runs[i].run;
    return 0;
}

int followed_will_stop(struct context *context, const struct plan *plan,
                       const struct message *message, enum run_mode mode, bool *out,
                       struct error *error)
{
    const struct run_record **runs;
    size_t count;

    int result = find_unfinished(context, plan, message, mode, &runs, &count, error);
    *out = result == 0 && count > 0 && !is_narrowed(context);
    return result;
}

int followed_stop(struct context *context, const struct plan *plan, const struct message *message,
                  enum run_mode mode, bool *out_stopped, struct error *error)
{
    struct stopping stopping = {.context = context, .began_ms = clock_monotonic_ms()};
    const struct run_record **runs;
    size_t count;
    bool was_asked;
    struct error fault = {0};

    *out_stopped = false;
    if (find_unfinished(context, plan, message, mode, &runs, &count, error) < 0)
        return -1;
    if (count == 0)
        return 0;
    if (is_narrowed(context)) {
        output_warning(
            _("'%s' is not stopped, because this goes to some of its places only; crisis "
              "stop %s does that"),
            message->follows->name, runs[0]->id);
        return 0;
    }
    stopping.targets = arena_alloc_array(context->arena, count, sizeof(*stopping.targets));
    for (size_t i = 0; i < count; i++)
        stopping_add(&stopping, runs[i]);
    *out_stopped = true;
    if (stopping_run(&stopping, &was_asked, &fault) < 0)
        output_warning(_("'%s' may still be going out: %s"), message->follows->name, fault.message);
    return 0;
}
