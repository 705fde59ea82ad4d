/*
 * crisis: finds the command in the table, lets it run, and turns how it ended into the exit code.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "net/loop.h"
#include "wire/json.h"

#include "cmd/commands.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/output_thread.h"

/* One on each line, in the order of `crisis help`. */
/* clang-format off */
const struct command *const commands[] = {
    &command_init,
    &command_check,
    &command_preview,
    &command_approve,
    &command_approvals,
    &command_approvers,
    &command_doctor,
    &command_rehearse,
    &command_send,
    &command_resume,
    &command_stop,
    &command_retract,
    &command_status,
    &command_watch,
    &command_runs,
    &command_report,
    &command_register,
    &command_unregister,
    &command_invite,
    &command_seal,
    &command_export,
    &command_import,
    &command_vault,
    &command_channels,
    &command_audit,
    &command_sandbox,
    &command_measure,
    &command_render,
    &command_verify,
    &command_unseal,
    &command_complete,
    &command_help,
    NULL,
};
/* clang-format on */

static void start_output(const struct invocation *invocation)
{
    struct output_options options = {
        .json = option_is_given(invocation, "json"),
        .quiet = option_is_given(invocation, "quiet"),
        .no_color = option_is_given(invocation, "no-color"),
    };
    output_init(&options);
}

static int run(struct arena *arena, int argc, char **argv, struct error *error)
{
    struct invocation invocation;

    int parsed = options_parse(arena, argc, argv, &invocation, error);
    start_output(&invocation);
    if (parsed < 0)
        return -1;
    if (option_is_given(&invocation, "version"))
        return help_version();
    if (!invocation.command && argc > 1 && !option_is_given(&invocation, "help")) {
        error_set(error, ERROR_USAGE, _("no command is given"));
        return error_next(error, _("crisis help lists the commands"));
    }
    if (!invocation.command)
        return help_overview();
    if (option_is_given(&invocation, "help"))
        return help_command(invocation.command);
    return invocation.command->run(&invocation, error);
}

/* With --json everything is English, the sentences in it too. */
static bool is_for_programs(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct error error = {0};
    struct arena *arena = arena_new();

    memory_return_large();
    digest_take_memory();
    json_take_memory();
    /* A closed pipe, or a file that may not grow, is an error of writing, not the end of a send. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    log_init(getenv("CRISIS_LOG"));
    if (!is_for_programs(argc, argv))
        language_begin();
    if (secret_protect_process(&error) == 0)
        run(arena, argc, argv, &error);
    bool is_written = output_thread_end();
    if ((!output_flush() || !is_written) && error.kind == ERROR_NONE)
        error_set(&error, ERROR_SYSTEM, _("the output could not be written"));
    if (error.message[0])
        output_error(&error);
    output_flush();
    arena_free(arena);
    loop_end_threads();
    return (int)error.kind;
}
