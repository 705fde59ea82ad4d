#include "cmd/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/suggest.h"

const struct option global_options[] = {
    {"directory", 'C', "DIR", false,
     N_("the workspace; else $CRISIS_WORKSPACE, else the nearest "
        "folder upward that holds crisis.yaml")},
    {"json", 0, NULL, false, N_("print one JSON object per line")},
    {"quiet", 'q', NULL, false, N_("print results only, no progress and no remarks")},
    {"no-color", 0, NULL, false, N_("no colour (so does NO_COLOR)")},
    {"help", 'h', NULL, false, N_("help on the command")},
    {"version", 0, NULL, false, N_("print the version and what is built in")},
    {NULL, 0, NULL, false, NULL},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int command_unknown(const char *name, struct error *error)
{
    const char *known[64];
    size_t count = 0;

    for (size_t i = 0; commands[i] && count < 63; i++)
        if (!commands[i]->is_hidden)
            known[count++] = commands[i]->name;
    known[count] = NULL;
    const char *near = suggest_word(name, known);
    if (near)
        error_set(error, ERROR_USAGE, _("unknown command '%s', did you mean '%s'?"), name, near);
    else
        error_set(error, ERROR_USAGE, _("unknown command '%s'"), name);
    return error_next(error, _("crisis help lists the commands"));
}

static const struct option *find_in(const struct option *options, const char *name, size_t length)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

const struct option *option_find(const struct invocation *invocation, const char *name,
                                 size_t length)
{
    const struct option *option = find_in(global_options, name, length);
    if (!option && invocation->command)
        option = find_in(invocation->command->options, name, length);
    return option;
}

static const struct option *find_letter(const struct invocation *invocation, char letter)
{
    for (const struct option *option = global_options; option->name; option++)
        if (option->letter == letter)
            return option;
    if (invocation->command)
        for (const struct option *option = invocation->command->options; option && option->name;
             option++)
            if (option->letter == letter)
                return option;
    return NULL;
}

static int unknown_option(struct invocation *invocation, const char *word, struct error *error)
{
    const char *known[64];
    size_t count = 0;
    const char *name = word + strspn(word, "-");
    char *plain = arena_strndup(invocation->arena, name, strcspn(name, "="));

    if (invocation->command)
        for (const struct option *option = invocation->command->options;
             option && option->name && count < 50; option++)
            known[count++] = option->name;
    for (const struct option *option = global_options; option->name && count < 62; option++)
        known[count++] = option->name;
    known[count] = NULL;
    const char *near = suggest_word(plain, known);
    if (near)
        error_set(error, ERROR_USAGE, _("unknown option '%s', did you mean '--%s'?"), word, near);
    else
        error_set(error, ERROR_USAGE, _("unknown option '%s'"), word);
    return error_next(error, "crisis help%s%s", invocation->command ? " " : "",
                      invocation->command ? invocation->command->name : "");
}

static int take_option(struct invocation *invocation, const struct option *option,
                       const char *value, size_t *capacity, struct error *error)
{
    if (!option->repeated && option_is_given(invocation, option->name))
        return error_set(error, ERROR_USAGE, _("--%s is given twice"), option->name);
    invocation->given = arena_grow(invocation->arena, invocation->given, invocation->given_count,
                                   capacity, sizeof(*invocation->given));
    invocation->given[invocation->given_count++] =
        (struct given_option){option->name, value ? value : ""};
    return 0;
}

/* What is being read: the words that are left. */
struct words {
    int count, next;
    char **words;
    size_t capacity; /* of invocation->given */
    struct options_end end;
};

static int parse_option(struct invocation *invocation, struct words *words, struct error *error)
{
    const char *word = words->words[words->next++];
    const struct option *option;
    const char *value = NULL;

    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        option = option_find(invocation, word + 2, length);
        if (word[2 + length] == '=')
            value = word + 2 + length + 1;
    } else {
        option = find_letter(invocation, word[1]);
        if (word[2])
            value = word + 2;
    }
    if (!option)
        return unknown_option(invocation, word, error);
    if (!option->value && value)
        return error_set(error, ERROR_USAGE, _("--%s takes no value"), option->name);
    if (option->value && !value) {
        if (words->next == words->count) {
            words->end.waiting = option;
            return error_set(error, ERROR_USAGE, _("--%s needs a value: --%s %s"), option->name,
                             option->name, option->value);
        }
        value = words->words[words->next++];
    }
    return take_option(invocation, option, value, &words->capacity, error);
}

static int take_word(struct invocation *invocation, const char *word, struct error *error)
{
    if (invocation->command) {
        invocation->arguments[invocation->argument_count++] = word;
        return 0;
    }
    invocation->command = command_find(word);
    if (invocation->command)
        return 0;
    return command_unknown(word, error);
}

static int check_arguments(const struct invocation *invocation, struct error *error)
{
    const struct command *command = invocation->command;
    if (!command || option_is_given(invocation, "help"))
        return 0;
    if (invocation->argument_count < command->arguments_least)
        error_set(error, ERROR_USAGE, _("%s needs %s"), command->name, command->arguments);
    else if (invocation->argument_count > command->arguments_most)
        error_set(error, ERROR_USAGE, _("%s does not take '%s'"), command->name,
                  invocation->arguments[command->arguments_most]);
    else
        return 0;
    return error_next(error, "crisis %s%s%s", command->name, command->arguments[0] ? " " : "",
                      command->arguments);
}

static void begin_words(struct arena *arena, int argc, char **argv, struct words *words,
                        struct invocation *out)
{
    *words = (struct words){.count = argc, .next = 1, .words = argv};
    *out = (struct invocation){.arena = arena};
    out->arguments = arena_alloc_array(arena, argc > 0 ? (size_t)argc : 1, sizeof(char *));
}

/* Takes the next word, and its value with it. */
static int parse_next(struct invocation *invocation, struct words *words, struct error *error)
{
    const char *word = words->words[words->next];

    if (!words->end.only_arguments && strcmp(word, "--") == 0) {
        words->end.only_arguments = true;
        words->next++;
        return 0;
    }
    if (!words->end.only_arguments && word[0] == '-' && word[1])
        return parse_option(invocation, words, error);
    words->next++;
    return take_word(invocation, word, error);
}

int options_parse(struct arena *arena, int argc, char **argv, struct invocation *out,
                  struct error *error)
{
    struct words words;

    begin_words(arena, argc, argv, &words, out);
    while (words.next < words.count)
        if (parse_next(out, &words, error) < 0)
            return -1;
    return check_arguments(out, error);
}

void options_read_typed(struct arena *arena, int argc, char **argv, struct invocation *out,
                        struct options_end *out_end)
{
    struct words words;

    begin_words(arena, argc, argv, &words, out);
    while (words.next < words.count) {
        struct error ignored = {0};
        (void)parse_next(out, &words, &ignored);
    }
    *out_end = words.end;
}

bool option_is_given(const struct invocation *invocation, const char *name)
{
    return option_value(invocation, name) != NULL;
}

const char *option_value(const struct invocation *invocation, const char *name)
{
    for (size_t i = invocation->given_count; i-- > 0;)
        if (strcmp(invocation->given[i].name, name) == 0)
            return invocation->given[i].value;
    return NULL;
}

const char *const *option_values(const struct invocation *invocation, const char *name,
                                 size_t *count)
{
    const char **values =
        arena_alloc_array(invocation->arena, invocation->given_count + 1, sizeof(*values));
    *count = 0;
    for (size_t i = 0; i < invocation->given_count; i++)
        if (strcmp(invocation->given[i].name, name) == 0)
            values[(*count)++] = invocation->given[i].value;
    return values;
}

int option_duration(const struct invocation *invocation, const char *name, int64_t otherwise,
                    int64_t *out_ms, struct error *error)
{
    const char *value = option_value(invocation, name);
    *out_ms = otherwise;
    if (!value || duration_parse(value, out_ms))
        return 0;
    error_set(error, ERROR_USAGE, _("--%s '%s' is no duration"), name, value);
    return error_next(error, _("write a number and a unit: 150ms, 90s, 10m, 6h, 30d"));
}

int option_number(const struct invocation *invocation, const char *name, uint64_t otherwise,
                  uint64_t *out, struct error *error)
{
    const char *value = option_value(invocation, name);
    char *end;

    *out = otherwise;
    if (!value)
        return 0;
    errno = 0;
    *out = strtoull(value, &end, 10);
    if (value[0] >= '0' && value[0] <= '9' && *end == '\0' && errno == 0)
        return 0;
    return error_set(error, ERROR_USAGE, _("--%s '%s' is no whole number"), name, value);
}

const char *argument_at(const struct invocation *invocation, size_t index)
{
    return index < invocation->argument_count ? invocation->arguments[index] : NULL;
}
