#include <string.h>

#include "base/file.h"
#include "base/language.h"
#include "sandbox/sandbox.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/help.h"
#include "cmd/output.h"

enum { ACCOUNTS_MAX_BYTES = 64 * 1024 * 1024 };

static const struct option options[] = {
    {"listen", 0, "ADDR", false,
     N_("loopback address and port (127.0.0.1:8443); port 0: any free")},
    {"latency", 0, "TIME", true,
     N_("before every answer: 150ms; of one network, half and 95 of 100 within: x=300ms/1200ms")},
    {"faults", 0, "SPEC", true, N_("what goes wrong: KIND:key=value… (below)")},
    {"dir", 0, "DIR", false,
     N_("where its certificate authority is kept; sandbox/ in the workspace")},
    {"accounts", 0, "FILE", false,
     N_("JSON: the accounts that exist; else any credential is taken")},
    {"seed", 0, "N", false, N_("of the faults' chances")},
    {"http1", 0, NULL, false, N_("speak HTTP/1.1 only")},
    {"streams", 0, "N", false, N_("requests at once on a connection of HTTP/2 (1000)")},
    {"no-rate-limits", 0, NULL, false, N_("X: no limit of 100 posts in 15 minutes")},
    {"refuse-duplicates", 0, NULL, false,
     N_("refuse a text that was posted there before, as Facebook "
        "and X do")},
    {NULL, 0, NULL, false, NULL},
};

static int read_accounts(const struct invocation *invocation, struct sandbox_options *sandbox,
                         struct text *bytes, struct error *error)
{
    const char *path = option_value(invocation, "accounts");
    text_init(bytes, 0);
    if (!path)
        return 0;
    if (file_read(path, ACCOUNTS_MAX_BYTES, bytes, error) < 0)
        return -1;
    sandbox->accounts_file_text = bytes->bytes;
    sandbox->accounts_length = bytes->length;
    return 0;
}

static const char *state_dir(struct context *context)
{
    const char *given = option_value(context->invocation, "dir");
    if (given)
        return given;
    if (context->workspace)
        return workspace_file(context->workspace, context->arena, "sandbox");
    return "sandbox";
}

static void announce(const struct sandbox *sandbox)
{
    static const char *const networks[] = {"facebook", "x",         "mastodon", "bluesky",
                                           "telegram", "instagram", "threads",  "youtube"};
    const char *url = sandbox_url(sandbox);

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "sandbox");
        json_line_text(&line, "url", url);
        json_line_text(&line, "ca", sandbox_ca_path(sandbox));
        json_line_end(&line);
    } else {
        output_line(_("sandbox: %s  ca: %s"), url, sandbox_ca_path(sandbox));
    }
    output_flush();
    output_note(_("In crisis.yaml:\n  ca-file: %s\n  networks:"), sandbox_ca_path(sandbox));
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
        output_note("    %s: {endpoint: \"%s%s\"%s}", networks[i], url, sandbox_path(networks[i]),
                    strcmp(networks[i], "youtube") == 0 ? ", client-id: any" : "");
    output_note(_("Webhooks: settings: {url: \"%s%s/MUNICIPALITY\"}\n"
                  "WordPress: settings: {site: \"%s%s/MUNICIPALITY\"}\n"
                  "Micropub: settings: {site: \"%s%s/MUNICIPALITY\"}\n"
                  "What was posted: %s/  (stop with Ctrl-C)"),
                url, sandbox_path("webhook"), url, sandbox_path("wordpress"), url,
                sandbox_path("micropub"), url);
}

static int run_sandbox(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct sandbox_options sandbox_options = {0};
    struct sandbox *sandbox = NULL;
    struct text accounts;
    int result = -1;

    context_init(&context, invocation);
    if (read_accounts(invocation, &sandbox_options, &accounts, error) < 0 ||
        option_number(invocation, "seed", 0, &sandbox_options.seed, error) < 0 ||
        option_number(invocation, "streams", 0, &sandbox_options.streams_max, error) < 0 ||
        context_find_workspace(&context, error) < 0)
        goto out;
    sandbox_options.listen = option_value(invocation, "listen");
    sandbox_options.state_dir = state_dir(&context);
    sandbox_options.latencies =
        option_values(invocation, "latency", &sandbox_options.latency_count);
    sandbox_options.faults = option_values(invocation, "faults", &sandbox_options.fault_count);
    sandbox_options.http1_only = option_is_given(invocation, "http1");
    sandbox_options.rate_limits_off = option_is_given(invocation, "no-rate-limits");
    /* Lenient by itself: a rehearsal may be repeated within the day. */
    sandbox_options.duplicates_allowed = !option_is_given(invocation, "refuse-duplicates");
    if (sandbox_new(&sandbox_options, &sandbox, error) < 0)
        goto out;
    announce(sandbox);
    result = sandbox_run(sandbox, error);
out:
    sandbox_free(sandbox);
    text_release(&accounts);
    context_release(&context);
    return result;
}

static void print_faults(void)
{
    size_t count;
    const struct sandbox_fault_help *faults = sandbox_fault_help(&count);

    output_line(_("\nThe kinds of faults (their keys are in crisis-sandbox(1)):"));
    for (size_t i = 0; i < count; i++)
        help_entry(faults[i].kind, translated(faults[i].meaning));
}

const struct command command_sandbox = {
    .name = "sandbox",
    .arguments = "",
    .summary = N_("Stands in for all networks on this machine, for rehearsals and tests"),
    .details =
        N_("It listens on loopback only, checks every request as strictly as the networks do, "
           "and keeps\nwhat was posted in memory."),
    .options = options,
    .more_help = print_faults,
    .run = run_sandbox,
};
