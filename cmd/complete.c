/*
 * `complete`, for the scripts in completion/: what may stand where a command line is still being
 * typed. All of it comes from the tables of commands and options: their names, and what the help
 * calls their arguments and values. It asks for nothing, tells no error, and prints no secret.
 *
 *     crisis complete -- WORD…     the words after `crisis`; the last is the one being typed
 */
#include <string.h>

#include "base/language.h"

#include "cmd/candidates.h"
#include "cmd/commands.h"
#include "cmd/complete_values.h"

enum { WORDS_MAX = 100000 };

static const char repeated[] = "…";

/* What is typed of the command line before the word. */
struct line {
    struct invocation typed;
    struct options_end end;
    struct candidates candidates;
};

/* --- arguments, as the help calls them ------------------------------------------------------- */

/* The next word of a usage, without brackets: "[RUN]" is "RUN", and "[PLAN]…" a repeated "PLAN".
 * NULL: none is left. */
static const char *next_word(struct arena *arena, const char **at, bool *is_repeated)
{
    const char *start = *at + strspn(*at, " [");
    size_t length = strcspn(start, " ]…");

    *at = start + length + strspn(start + length, "]");
    *is_repeated = strncmp(*at, repeated, strlen(repeated)) == 0;
    if (*is_repeated)
        *at += strlen(repeated) + strspn(*at + strlen(repeated), "]");
    return length > 0 ? arena_strndup(arena, start, length) : NULL;
}

/* "log" stands for itself, "RUN" for something. */
static bool is_literal(const char *word)
{
    return (word[0] >= 'a' && word[0] <= 'z') || word[0] == '-';
}

/* One way to use a command, "prove DELIVERY": its word at that index, if those before it fit. */
static void add_from_usage(struct line *line, const char *usage, size_t index)
{
    struct arena *arena = line->candidates.arena;
    bool is_repeated;
    size_t argument = 0;

    for (const char *word; (word = next_word(arena, &usage, &is_repeated));) {
        if (word[0] == '-' && option_is_given(&line->typed, word + strspn(word, "-")))
            continue;
        if (argument == index || is_repeated) {
            if (is_literal(word))
                candidates_add(&line->candidates, word, "");
            else
                complete_value(&line->candidates, &line->typed, word);
            return;
        }
        if (is_literal(word) && strcmp(word, argument_at(&line->typed, argument)) != 0)
            return;
        argument++;
    }
}

/* All ways: "recipient | rotate | put NAME". */
static void add_from_usages(struct line *line, const char *usages, size_t index)
{
    while (*usages) {
        size_t length = strcspn(usages, "|");
        add_from_usage(line, arena_strndup(line->candidates.arena, usages, length), index);
        usages += length;
        usages += *usages == '|';
    }
}

/* --- options --------------------------------------------------------------------------------- */

static void add_options(struct line *line, const struct option *options)
{
    for (const struct option *option = options; option && option->name; option++)
        if (option->repeated || !option_is_given(&line->typed, option->name))
            candidates_add(&line->candidates,
                           arena_printf(line->candidates.arena, "--%s", option->name),
                           translated(option->help));
}

/* "--mode=li": the value of an option, in one word with it. */
static void add_attached(struct line *line, const char *word)
{
    struct arena *arena = line->candidates.arena;
    const size_t length = strcspn(word, "=");
    const struct option *option = option_find(&line->typed, word + 2, length - 2);

    if (!option || !option->value)
        return;
    line->candidates.lead = arena_strndup(arena, word, length + 1);
    line->candidates.typed = word + length + 1;
    add_from_usages(line, option->value, 0);
}

/* --- the word -------------------------------------------------------------------------------- */

static void add_fitting(struct line *line, const char *word)
{
    const struct command *command = line->typed.command;

    if (line->end.waiting) {
        add_from_usages(line, line->end.waiting->value, 0);
    } else if (!line->end.only_arguments && strncmp(word, "--", 2) == 0 && strchr(word, '=')) {
        add_attached(line, word);
    } else if (!line->end.only_arguments && word[0] == '-') {
        add_options(line, command ? command->options : NULL);
        add_options(line, global_options);
    } else if (!command) {
        complete_value(&line->candidates, &line->typed, "COMMAND");
    } else {
        add_from_usages(line, command->arguments, line->typed.argument_count);
    }
}

static int run_complete(struct invocation *invocation, struct error *error)
{
    struct arena *arena = invocation->arena;
    const size_t count = invocation->argument_count;
    char **words = arena_alloc_array(arena, count + 1, sizeof(*words));
    struct line line;

    (void)error; /* nobody waits for one */
    if (count == 0)
        return 0;
    for (size_t i = 0; i + 1 < count; i++)
        words[i + 1] = arena_strdup(arena, invocation->arguments[i]); /* [0] is the program */
    const char *word = invocation->arguments[count - 1];
    options_read_typed(arena, (int)count, words, &line.typed, &line.end);
    candidates_init(&line.candidates, arena, word);
    add_fitting(&line, word);
    candidates_print(&line.candidates);
    return 0;
}

const struct command command_complete = {
    .name = "complete",
    .arguments = "-- WORD…",
    .summary = N_("Prints what may stand where a command line is still being typed"),
    .details =
        N_("For the completion of shells: the words after `crisis`, the last one unfinished.\n"
           "A line is a word, a tab and what it means; or :files, :folders or :plans, for the\n"
           "names of files."),
    .arguments_most = WORDS_MAX,
    .is_hidden = true,
    .run = run_complete,
};
