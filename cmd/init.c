#include "base/language.h"
#include "net/loop.h"
#include "store/workspace.h"
#include "trust/age_keys.h"

#include "cmd/commands.h"
#include "cmd/output.h"

static void tell(const char *directory, const char *recipient)
{
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "init");
        json_line_text(&line, "workspace", directory);
        json_line_text(&line, "recipient", recipient);
        json_line_end(&line);
        return;
    }
    output_line(_("A workspace is ready in %s."), directory);
    output_line(_("Municipalities seal their registration files to %s."), recipient);
    output_note(_("Keep %s/keys to yourself and back it up apart from the rest."), directory);
    output_note(_("Next: fill in crisis.yaml, then register the municipalities' accounts "
                  "(crisis help register)."));
}

static int run_init(struct invocation *invocation, struct error *error)
{
    const char *directory = argument_at(invocation, 0);
    struct text recipient;

    if (!directory)
        directory = option_value(invocation, "directory");
    if (!directory)
        directory = ".";
    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    int result = workspace_init(directory, clock_unix_ms(), &recipient, error);
    if (result == 0)
        tell(directory, recipient.bytes);
    text_release(&recipient);
    return result;
}

const struct command command_init = {
    .name = "init",
    .arguments = "[DIR]",
    .summary = N_("Makes a workspace: configuration, keys, an empty audit log"),
    .details = N_("DIR is made when it is missing; without DIR, the current folder becomes the "
                  "workspace.\nA folder that holds a workspace is refused."),
    .arguments_most = 1,
    .run = run_init,
};
