#include "cmd/output.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/json.h"

enum { JSON_LINE_MAX_BYTES = 8 * 1024 * 1024 };

static struct output_options options;
static bool color_out, color_err, terminal;
static size_t progress_lines; /* on the screen now */

static const char *const style_codes[] = {
    [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",   [STYLE_GOOD] = "\033[32m",
    [STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[1;31m", [STYLE_DIM] = "\033[2m",
};
static const char style_end[] = "\033[0m";

void output_init(const struct output_options *given)
{
    const char *no_color = getenv("NO_COLOR");
    bool color = !given->no_color && !(no_color && no_color[0]);

    options = *given;
    color_out = color && isatty(STDOUT_FILENO);
    color_err = color && isatty(STDERR_FILENO);
    terminal = isatty(STDERR_FILENO) && isatty(STDIN_FILENO);
}

bool output_is_json(void)
{
    return options.json;
}

bool output_is_quiet(void)
{
    return options.quiet;
}

bool output_is_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

void output_terminal_size(size_t *columns, size_t *rows)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        size = (struct winsize){0};
    *columns = size.ws_col;
    *rows = size.ws_row;
}

bool output_is_interactive(void)
{
    return terminal;
}

/* --- progress -------------------------------------------------------------------------------- */

static void take_progress_away(void)
{
    for (; progress_lines > 0; progress_lines--)
        fputs("\033[1A\033[2K", stderr);
}

void output_progress(const char *const *lines, size_t count)
{
    if (!isatty(STDERR_FILENO) || options.json || options.quiet)
        return;
    take_progress_away();
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s\n", lines[i]);
    progress_lines = count;
    fflush(stderr);
}

/* --- lines ----------------------------------------------------------------------------------- */

static void print_styled(FILE *to, bool color, enum output_style style, const char *format,
                         va_list arguments) __attribute__((format(printf, 4, 0)));

static void print_styled(FILE *to, bool color, enum output_style style, const char *format,
                         va_list arguments)
{
    take_progress_away();
    bool colored = color && style != STYLE_PLAIN;
    if (colored)
        fputs(style_codes[style], to);
    vfprintf(to, format, arguments);
    if (colored)
        fputs(style_end, to);
    fputc('\n', to);
}

const char *output_style_begin(enum output_style style)
{
    return color_out ? style_codes[style] : "";
}

const char *output_style_end(enum output_style style)
{
    return color_out && style != STYLE_PLAIN ? style_end : "";
}

void output_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_styled(stdout, false, STYLE_PLAIN, format, arguments);
    va_end(arguments);
}

void output_styled(enum output_style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_styled(stdout, color_out, style, format, arguments);
    va_end(arguments);
}

void output_bytes(const char *bytes, size_t size)
{
    take_progress_away();
    fwrite(bytes, 1, size, stdout);
}

void output_note(const char *format, ...)
{
    if (options.quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_styled(stderr, color_err, STYLE_PLAIN, format, arguments);
    va_end(arguments);
}

void output_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_styled(stderr, color_err, STYLE_WARN, format, arguments);
    va_end(arguments);
}

void output_notice(enum output_style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_styled(stderr, color_err, style, format, arguments);
    va_end(arguments);
}

bool output_flush(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}

/* --- errors and problems --------------------------------------------------------------------- */

void output_error(const struct error *error)
{
    if (options.json) {
        struct json_line line;
        json_line_begin(&line, "error");
        json_line_number(&line, "exit", error->kind);
        json_line_text(&line, "message", error->message);
        if (error->next[0])
            json_line_text(&line, "next", error->next);
        json_line_end(&line);
    }
    take_progress_away();
    fflush(stdout);
    fprintf(stderr, "%scrisis: %s%s\n", color_err ? style_codes[STYLE_BAD] : "", error->message,
            color_err ? style_end : "");
    if (error->next[0])
        fprintf(stderr, "  %s\n", error->next);
}

static void problem_as_json(const struct problem *problem)
{
    struct json_line line;
    json_line_begin(&line, "problem");
    json_line_text(&line, "severity", problem->severity == SEVERITY_ERROR ? "error" : "warning");
    if (problem->place.file)
        json_line_text(&line, "file", problem->place.file);
    if (problem->place.file && problem->place.line) {
        json_line_number(&line, "line", problem->place.line);
        json_line_number(&line, "column", problem->place.column);
    }
    json_line_text(&line, "message", problem->message);
    json_line_end(&line);
}

static void problem_as_text(const struct problem *problem, FILE *to, bool color)
{
    bool is_error = problem->severity == SEVERITY_ERROR;
    if (problem->place.file) {
        fprintf(to, "%s:", problem->place.file);
        if (problem->place.line)
            fprintf(to, "%u:%u:", problem->place.line, problem->place.column);
        fputc(' ', to);
    }
    fprintf(to, "%s%s:%s %s\n", color ? style_codes[is_error ? STYLE_BAD : STYLE_WARN] : "",
            is_error ? _("error") : _("warning"), color ? style_end : "", problem->message);
}

void output_problems(struct problems *problems, bool as_result)
{
    FILE *to = as_result ? stdout : stderr;

    problems_sort(problems);
    take_progress_away();
    for (size_t i = 0; i < problems->count; i++) {
        if (options.json)
            problem_as_json(&problems->items[i]);
        else
            problem_as_text(&problems->items[i], to, as_result ? color_out : color_err);
    }
    size_t all = problems->error_count + problems->warning_count;
    if (all > problems->count && !options.json)
        fprintf(
            to,
            ngettext("and %zu more problem\n", "and %zu more problems\n", all - problems->count),
            all - problems->count);
}

static void print_question(const char *question)
{
    take_progress_away();
    fflush(stdout);
    fprintf(stderr, "%s", question);
    fflush(stderr);
}

void output_question(const char *question)
{
    (void)tcflush(STDIN_FILENO, TCIFLUSH);
    print_question(question);
}

bool output_answer_is_there(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

bool output_answer(char *answer, size_t size)
{
    if (!fgets(answer, (int)size, stdin))
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return true;
}

bool output_ask(const char *question, char *answer, size_t size)
{
    print_question(question);
    return output_answer(answer, size);
}

bool output_ask_meanwhile(const char *question, void (*wait)(void *context, int input),
                          void *context, char *answer, size_t size)
{
    print_question(question);
    wait(context, STDIN_FILENO);
    return output_answer(answer, size);
}

/* A line from the terminal, without echo. False when none could be read. */
static bool read_silently(int tty, const struct termios *before, const char *question,
                          const char *what, struct text *out)
{
    struct termios silent = *before;
    ssize_t got = -1;
    char byte;

    silent.c_lflag &= ~(tcflag_t)ECHO;
    /* The echo is off before the question is there: what is typed early is not shown. */
    bool is_silent = tcsetattr(tty, TCSAFLUSH, &silent) == 0;
    dprintf(tty, "%s %s: ", question, what);
    if (is_silent)
        while ((got = read(tty, &byte, 1)) == 1 && byte != '\n')
            text_add_char(out, byte);
    tcsetattr(tty, TCSAFLUSH, before);
    dprintf(tty, "\n");
    return got >= 0 && !out->overflowed;
}

/* The terminal and how it is set, or -1. */
static int open_terminal(struct termios *out)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty >= 0 && tcgetattr(tty, out) == 0)
        return tty;
    if (tty >= 0)
        close(tty);
    return -1;
}

int output_ask_secret(const char *what, struct text *out, struct error *error)
{
    struct termios before;
    int tty = open_terminal(&before);

    if (tty < 0) {
        error_set(error, ERROR_USAGE, _("'%s' asks for a passphrase, and there is no terminal"),
                  what);
        return error_next(error,
                          _("run it on a terminal; a key that signs may also be in ssh-agent"));
    }
    bool is_read = read_silently(tty, &before, _("Passphrase for"), what, out);
    close(tty);
    return is_read ? 0 : error_set(error, ERROR_USAGE, _("no passphrase could be read"));
}

int output_ask_hidden(const char *what, struct text *out, struct error *error)
{
    struct termios before;
    int tty = open_terminal(&before);

    if (tty < 0)
        return error_set(error, ERROR_USAGE, _("there is no terminal to ask on for %s"), what);
    bool is_read = read_silently(tty, &before, _("Type, or paste,"), what, out);
    close(tty);
    return is_read ? 0 : error_set(error, ERROR_USAGE, _("%s could not be read"), what);
}

/* --- JSON lines ------------------------------------------------------------------------------ */

void json_line_begin(struct json_line *line, const char *event)
{
    text_init(&line->text, JSON_LINE_MAX_BYTES);
    text_add_char(&line->text, '{');
    if (event)
        json_add_member(&line->text, "event", event);
}

void json_line_text(struct json_line *line, const char *name, const char *value)
{
    json_add_member(&line->text, name, value);
}

void json_line_number(struct json_line *line, const char *name, int64_t value)
{
    json_add_name(&line->text, name);
    text_addf(&line->text, "%" PRId64, value);
}

void json_line_bool(struct json_line *line, const char *name, bool value)
{
    json_add_name(&line->text, name);
    text_add(&line->text, value ? "true" : "false");
}

void json_line_seconds(struct json_line *line, const char *name, int64_t ms)
{
    json_add_name(&line->text, name);
    text_addf(&line->text, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

void json_line_time(struct json_line *line, const char *name, int64_t unix_ms)
{
    char time[RFC3339_SIZE];
    if (unix_ms == 0)
        return;
    rfc3339_format(unix_ms, time);
    json_add_member(&line->text, name, time);
}

void json_line_raw(struct json_line *line, const char *name, const char *json)
{
    json_add_name(&line->text, name);
    text_add(&line->text, json);
}

void json_line_failure(struct json_line *line, const struct failure *failure)
{
    json_add_name(&line->text, "error");
    text_add_char(&line->text, '{');
    json_add_member(&line->text, "kind", failure_kind_name(failure->kind));
    json_add_member(&line->text, "code", failure->code);
    json_add_member(&line->text, "message", failure->message);
    json_add_member(&line->text, "next", failure->next);
    text_add_char(&line->text, '}');
}

void json_line_end(struct json_line *line)
{
    text_add(&line->text, "}\n");
    output_bytes(line->text.bytes, line->text.length);
    text_release(&line->text);
}
