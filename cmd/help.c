#include "cmd/help.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <utf8proc.h>

#include "base/confine.h"
#include "base/language.h"
#include "base/text.h"
#include "base/utf8.h"
#include "channels/channel.h"
#include "net/versions.h"
#include "plan/reader.h"
#include "store/store.h"

#include "cmd/commands.h"
#include "cmd/output.h"

enum { HELP_COLUMN = 26, HELP_WIDTH = 80, LIBRARIES_MAX_BYTES = 1024 };

/* "  --set NAME=VALUE …     what it does", the second part wrapped in its own column. */
void help_entry(const char *left, const char *right)
{
    char line[256];
    int beyond = utf8_field(left, 0); /* bytes that take no column */
    int start = HELP_COLUMN + beyond;
    int used = snprintf(line, sizeof(line), "  %-*s", start - 2, left);
    bool is_full = utf8_count(left) + 3 > HELP_COLUMN;
    while (*right) {
        size_t word = strcspn(right, " ");
        if (is_full || (used > start && used - beyond + 1 + (int)word > HELP_WIDTH)) {
            output_line("%s", line);
            used = snprintf(line, sizeof(line), "%*s", HELP_COLUMN, "");
            start = HELP_COLUMN;
            beyond = 0;
            is_full = false;
        }
        used += snprintf(line + used, sizeof(line) - (size_t)used, "%s%.*s",
                         used > start ? " " : "", (int)word, right);
        right += word;
        right += *right == ' ';
    }
    output_line("%s", line);
}

static void print_option(const struct option *option)
{
    char left[128];
    char letter[8] = "";
    if (option->letter)
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, option->name, option->value ? " " : "",
             option->value ? option->value : "", option->repeated ? " …" : "");
    help_entry(left, translated(option->help));
}

int help_overview(void)
{
    output_line(_("usage: crisis [-C DIR] [--json] [--quiet] [--no-color] COMMAND …"));
    output_line("%s", "");
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            help_entry(commands[i]->name, translated(commands[i]->summary));
    output_line("%s", "");
    for (const struct option *option = global_options; option->name; option++)
        print_option(option);
    output_line("%s", "");
    output_line(_("crisis help COMMAND tells more; so does man crisis-COMMAND."));
    return 0;
}

int help_command(const struct command *command)
{
    output_line(_("usage: crisis %s%s%s%s"), command->name, command->options ? " [OPTION]…" : "",
                command->arguments[0] ? " " : "", command->arguments);
    output_line("%s", "");
    output_line("%s.", translated(command->summary));
    if (command->details) {
        output_line("%s", "");
        output_line("%s", translated(command->details));
    }
    if (command->options) {
        output_line("%s", "");
        for (const struct option *option = command->options; option->name; option++)
            print_option(option);
    }
    if (command->more_help)
        command->more_help();
    return 0;
}

/* As they are loaded now, which need not be what the program was built with. */
static void print_libraries(void)
{
    struct text libraries;

    text_init(&libraries, LIBRARIES_MAX_BYTES);
    net_versions(&libraries);
    text_addf(&libraries, " SQLite/%s libyaml/%s jansson/%s utf8proc/%s", store_sqlite_version(),
              reader_yaml_version(), jansson_version_str(), utf8proc_version());
    output_line(_("libraries: %s"), libraries.bytes);
    text_release(&libraries);
}

static void print_confinement(void)
{
    const struct confinement available = confine_available();
    struct text description;

    text_init(&description, LIBRARIES_MAX_BYTES);
    confinement_describe(&available, &description);
    output_line(_("confinement: %s"), description.bytes);
    text_release(&description);
}

int help_version(void)
{
    char channels[512] = "";
    size_t used = 0;
    for (size_t i = 0; channel_all()[i] && used < sizeof(channels); i++) {
        int written = snprintf(channels + used, sizeof(channels) - used, "%s%s", i ? ", " : "",
                               channel_all()[i]->name);
        used += written > 0 ? (size_t)written : 0;
    }
    output_line("crisis " CRISIS_VERSION);
    output_line(_("channels: %s"), channels);
    output_line(_("stores: sqlite"));
    print_libraries();
    print_confinement();
    return 0;
}

static int run_help(struct invocation *invocation, struct error *error)
{
    const char *name = argument_at(invocation, 0);
    if (!name)
        return help_overview();
    const struct command *command = command_find(name);
    if (command)
        return help_command(command);
    return command_unknown(name, error);
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = N_("Tells how a command is used"),
    .arguments_most = 1,
    .run = run_help,
};
