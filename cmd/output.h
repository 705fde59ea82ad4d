/*
 * Everything the program prints. Results go to standard output, everything else to standard error.
 * Nobody else writes to standard output.
 *
 * With --json a result is one JSON object per line; a builder makes it:
 *
 *     struct json_line line;
 *     json_line_begin(&line, "summary");
 *     json_line_number(&line, "posted", 12);
 *     json_line_end(&line);
 */
#ifndef CRISIS_CMD_OUTPUT_H
#define CRISIS_CMD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "base/text.h"
#include "model/delivery.h"

struct output_options {
    bool json, quiet, no_color;
};

void output_init(const struct output_options *given);
bool output_is_json(void);
bool output_is_quiet(void);
/* The result goes to a terminal. */
bool output_is_terminal(void);
/* Of the terminal that the result goes to, now; 0: not known. */
void output_terminal_size(size_t *columns, size_t *rows);
/* Both standard error and standard input are terminals: progress and questions make sense. */
bool output_is_interactive(void);

enum output_style { STYLE_PLAIN, STYLE_BOLD, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM };

/* What begins and ends a style on standard output; empty where there is no colour. */
const char *output_style_begin(enum output_style style);
const char *output_style_end(enum output_style style);

/* A line of the result. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_styled(enum output_style style, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Bytes of the result, exactly. */
void output_bytes(const char *bytes, size_t size);

/* A remark on standard error; none with --quiet. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A warning on standard error, also with --quiet. */
void output_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What must be seen before a question is answered, on standard error, also with --quiet. */
void output_notice(enum output_style style, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "crisis: MESSAGE" and what to do next; with --json also {"event":"error",…}. */
void output_error(const struct error *error);
/* All problems, sorted: as "FILE:LINE:COLUMN: error: MESSAGE", or {"event":"problem",…}. As the
 * result (check), else on standard error. */
void output_problems(struct problems *problems, bool as_result);

/* Flushes the result; false when it could not be written (a full disk, a closed pipe). */
bool output_flush(void);

/* --- progress on a terminal: a few lines that are redrawn in place --------------------------- */
void output_progress(const char *const *lines, size_t count); /* no lines: takes them away */

/* Asks for a line on the terminal; false at the end of input. */
bool output_ask(const char *question, char *answer, size_t size);
/* The same, with something to do until the answer, or its end, is there: `wait` returns when it can
 * be read from `input`. */
bool output_ask_meanwhile(const char *question, void (*wait)(void *context, int input),
                          void *context, char *answer, size_t size);
/* Its two halves, for who looks after something else until output_answer_is_there(): a line, or the
 * end of the input, for which output_answer() waits. What was typed before the question is no
 * answer to it. */
void output_question(const char *question);
bool output_answer_is_there(void);
bool output_answer(char *answer, size_t size);

/* Asks for the passphrase of `what` on the terminal, without echo; out is an initialised secret
 * text. ERROR_USAGE when there is no terminal. */
int output_ask_secret(const char *what, struct text *out, struct error *error);
/* The same for what is no passphrase: "the secret 'x-api-key'". */
int output_ask_hidden(const char *what, struct text *out, struct error *error);

/* --- JSON lines ------------------------------------------------------------------------------ */
struct json_line {
    struct text text;
};
void json_line_begin(struct json_line *line, const char *event); /* event NULL: a bare object */
void json_line_text(struct json_line *line, const char *name, const char *value);
void json_line_number(struct json_line *line, const char *name, int64_t value);
void json_line_bool(struct json_line *line, const char *name, bool value);
void json_line_seconds(struct json_line *line, const char *name, int64_t ms);
void json_line_time(struct json_line *line, const char *name, int64_t unix_ms); /* none when 0 */
void json_line_raw(struct json_line *line, const char *name, const char *json);
/* "error":{"kind":…,"code":…,"message":…,"next":…} */
void json_line_failure(struct json_line *line, const struct failure *failure);
void json_line_end(struct json_line *line); /* prints it */

#endif
