/*
 * The command line, GNU style, from tables: the same table parses and prints the help, and a test
 * compares it with the manual pages.
 *
 *     --name VALUE, --name=VALUE, --flag, -C DIR, --, in any order with the arguments
 */
#ifndef CRISIS_CMD_OPTIONS_H
#define CRISIS_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct option {
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* what the help calls its value; NULL: a flag */
    bool repeated;     /* may be given more than once */
    const char *help;
};

struct invocation;

struct command {
    const char *name;
    const char *arguments; /* for the help: "PLAN [MESSAGE]" */
    const char *summary;   /* one line */
    const char *details;   /* a paragraph for `crisis help COMMAND`; may be NULL */
    unsigned arguments_least, arguments_most;
    bool is_hidden;               /* not in the list of commands: plumbing of the program itself */
    const struct option *options; /* ends with a NULL name; may be NULL */
    void (*more_help)(void);      /* prints what else the help tells; may be NULL */
    /* 0, or -1 with the error set; what was done may end in a kind of error too (some failed). */
    int (*run)(struct invocation *invocation, struct error *error);
};

/* A command line, parsed. Global options are in it like the command's own. */
struct invocation {
    struct arena *arena;
    const struct command *command;
    const char **arguments;
    size_t argument_count;
    struct given_option {
        const char *name, *value;
    } * given;
    size_t given_count;
};

extern const struct option global_options[];
extern const struct command *const commands[]; /* ends with NULL */

const struct command *command_find(const char *name);
/* Sets the error for a name that no command has (ERROR_USAGE); returns -1. */
int command_unknown(const char *name, struct error *error);

/* Parses argv[1 …]. Without a command, invocation->command is NULL. -1 with ERROR_USAGE. */
int options_parse(struct arena *arena, int argc, char **argv, struct invocation *out,
                  struct error *error);

/* The option of that name, of so many bytes: a global one or the command's; NULL: there is none. */
const struct option *option_find(const struct invocation *invocation, const char *name,
                                 size_t length);

/* Where a command line ends that is still being typed. */
struct options_end {
    bool only_arguments;          /* after "--" */
    const struct option *waiting; /* for its value, which is the next word; NULL: none */
};
/* Reads such a line for completion: what cannot be understood of it is left out. */
void options_read_typed(struct arena *arena, int argc, char **argv, struct invocation *out,
                        struct options_end *out_end);

bool option_is_given(const struct invocation *invocation, const char *name);
/* The value given last, or NULL. */
const char *option_value(const struct invocation *invocation, const char *name);
/* All values of a repeated option, in order. */
const char *const *option_values(const struct invocation *invocation, const char *name,
                                 size_t *count);
/* A duration ("10m"); `otherwise` when not given. -1 with ERROR_USAGE when it is none. */
int option_duration(const struct invocation *invocation, const char *name, int64_t otherwise,
                    int64_t *out_ms, struct error *error);
/* A whole number; `otherwise` when not given. -1 with ERROR_USAGE when it is none. */
int option_number(const struct invocation *invocation, const char *name, uint64_t otherwise,
                  uint64_t *out, struct error *error);
/* The argument at an index, or NULL. */
const char *argument_at(const struct invocation *invocation, size_t index);

#endif
