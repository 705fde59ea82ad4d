#include "cmd/sending.h"

#include <string.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "net/http_client.h"
#include "net/loop.h"

#include "cmd/output.h"
#include "cmd/publishing.h"
#include "cmd/tally.h"

enum { ORIGIN_SIZE = 512 };

int sending_read_deadline(struct sending *sending, struct error *error)
{
    return option_duration(sending->context.invocation, "deadline", DEADLINE_DEFAULT_MS,
                           &sending->deadline_ms, error);
}

int sending_open_workspace(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        workspace_store(context->workspace, STORE_READ, &context->second_store, error) < 0)
        return -1;
    return context_open_vault(context, error);
}

/* Every origin that the accounts' requests would go to, each once. */
const char **sending_endpoints(struct sending *sending, const struct account *accounts,
                               size_t count, size_t *out_count)
{
    struct context *context = &sending->context;
    const char **origins = arena_alloc_array(context->arena, count, sizeof(*origins));
    char origin[ORIGIN_SIZE];

    *out_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct network *network = context_network(context, accounts[i].channel);
        if (!network || !dispatch_origin(&accounts[i], network, origin, sizeof(origin)))
            continue;
        bool known = false;
        /* Neighbours mostly share an origin: look back first. */
        for (size_t j = *out_count; j-- > 0 && !known;)
            known = strcmp(origins[j], origin) == 0;
        if (!known)
            origins[(*out_count)++] = arena_strdup(context->arena, origin);
    }
    return origins;
}

static void record_refusal(struct sending *sending, const char *run, const struct error *refusal)
{
    struct error ignored = {0}; /* the refusal itself is what the caller reports */
    struct text entry;
    entry_begin(&entry, ENTRY_REFUSED, "coordinator", clock_unix_ms());
    entry_add(&entry, "run", run);
    entry_add(&entry, "plan", sending->gate.plan);
    entry_add(&entry, "message", sending->gate.message);
    entry_add(&entry, "mode", run_mode_name(sending->mode));
    entry_add(&entry, "reason", refusal->message);
    if (store_append(sending->context.store, &entry, 1, &ignored) < 0)
        output_warning("the refusal could not be put on the audit log: %s", ignored.message);
    text_release(&entry);
}

int sending_pass_gate(struct sending *sending, const char *run, struct error *error)
{
    if (approval_decide(sending->context.arena, &sending->gate, &sending->verified, error) == 0) {
        if (verified_run_is_emergency(sending->verified))
            output_warning("EMERGENCY PATH: ONE APPROVER ACTS ALONE. THIS MUST BE REVIEWED.");
        return 0;
    }
    record_refusal(sending, run, error);
    return -1;
}

struct dispatch_options sending_options(struct sending *sending, struct send_view *view)
{
    struct context *context = &sending->context;
    return (struct dispatch_options){
        .writer = context->store,
        .reader = context->second_store,
        .vault = context->vault,
        .run = sending->run,
        .verified = sending->verified,
        .accounts = sending->chosen.all,
        .account_count = sending->chosen.all_count,
        .network = context_network,
        .network_context = context,
        .deadline_ms = sending->deadline_ms,
        .observer = send_view_observer(view),
    };
}

static int dispatch(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    struct send_view view = {.run = sending->run};
    struct dispatch_options options = sending_options(sending, &view);
    struct http_client_options http_options = {.ca_file = context->workspace->config->ca_file};
    int result = -1;

    options.loop = loop_new();
    if (http_client_new(options.loop, &http_options, &options.http, error) == 0) {
        if (context->publishing)
            publishing_start(context->publishing, options.loop);
        result = dispatch_run(&options, &sending->result, error);
        if (context->publishing)
            publishing_stop(context->publishing);
    }
    http_client_free(options.http);
    loop_free(options.loop);
    return result;
}

/* Marks the run as finished, or as left for `resume`. */
static int close_run(struct sending *sending, struct error *error)
{
    const struct dispatch_result *result = &sending->result;
    bool finished = result->pending + result->in_doubt == 0;
    struct text entry;

    entry_begin(&entry, finished ? ENTRY_RUN_FINISHED : ENTRY_RUN_STOPPED, "coordinator",
                clock_unix_ms());
    entry_add(&entry, "run", sending->run->id);
    entry_add(&entry, "mode", run_mode_name(sending->run->mode));
    if (!finished)
        entry_add(&entry, "reason",
                  result->interrupted     ? "interrupted"
                  : result->network_down  ? "network down"
                  : result->past_deadline ? "past the deadline"
                                          : "deliveries in doubt");
    entry_add_number(&entry, "posted", (int64_t)result->posted);
    entry_add_number(&entry, "failed", (int64_t)result->failed);
    entry_add_number(&entry, "in-doubt", (int64_t)result->in_doubt);
    entry_add_number(&entry, "pending", (int64_t)result->pending);
    int stored = store_run_set_state(sending->context.store, sending->run->row,
                                     finished ? RUN_FINISHED : RUN_UNFINISHED, clock_unix_ms(),
                                     &entry, error);
    text_release(&entry);
    return stored;
}

int sending_summarise(struct sending *sending, struct error *error)
{
    const struct dispatch_result *result = &sending->result;
    struct tally tally;

    output_progress(NULL, 0);
    if (tally_count(sending->context.arena, sending->context.store, sending->run, &tally, error) <
        0)
        return -1;
    tally_print(&tally, sending->run, clock_monotonic_ms() - sending->began_ms);
    if (result->interrupted)
        return context_end(ERROR_INTERRUPTED, error);
    if (result->network_down) {
        error_set(error, ERROR_SYSTEM, "no network of this run could be reached");
        return error_next(error, "check the connection, then: crisis resume %s", sending->run->id);
    }
    return context_end(tally_kind(&tally), error);
}

int sending_over_network(struct sending *sending, struct error *error)
{
    if (dispatch(sending, error) < 0) {
        error_next(error, "when the cause is gone: crisis resume %s", sending->run->id);
        return -1;
    }
    if (close_run(sending, error) < 0)
        return -1;
    return sending_summarise(sending, error);
}
