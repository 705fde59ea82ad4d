#include "trust/statement.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/utf8.h"

static const char first_line[] = "crisis-approval/v1";
/* 0001-01-01 and 9999-12-31T23:59:59 in UTC: what RFC 3339 can write. */
static const int64_t TIME_MIN_MS = -62135596800000, TIME_MAX_MS = 253402300799000;

bool statement_is_standing(const struct statement *statement)
{
    return strcmp(statement->message, STATEMENT_EVERY_MESSAGE) == 0;
}

void statement_new_nonce(struct statement *statement)
{
    random_bytes(statement->nonce, sizeof(statement->nonce));
}

bool statement_is_current(const struct statement *statement, int64_t unix_ms)
{
    return unix_ms >= statement->not_before_unix_ms && unix_ms <= statement->not_after_unix_ms;
}

void statement_short_hash(const char *bytes, size_t size, char out[STATEMENT_SHORT_HASH_SIZE])
{
    unsigned char hash[SHA256_SIZE];
    struct text hex;

    text_init(&hex, STATEMENT_SHORT_HASH_SIZE);
    sha256(bytes, size, hash);
    hex_add(&hex, hash, (STATEMENT_SHORT_HASH_SIZE - 1) / 2);
    memcpy(out, hex.bytes, STATEMENT_SHORT_HASH_SIZE);
    text_release(&hex);
}

/* --- what makes a statement ------------------------------------------------------------------ */

/* Letters, digits, '-', '_' and '.'; so no name can look like another line, or like "*". */
static bool is_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(name);

    return length > 0 && length <= STATEMENT_NAME_MAX_BYTES && strspn(name, allowed) == length;
}

static bool is_line_separator(uint32_t code_point)
{
    return code_point == '\n' || code_point == '\t' || code_point == 0x85 || code_point == 0x2028 ||
           code_point == 0x2029;
}

/* One line of text that shows what it is. */
static bool is_value(const char *value)
{
    size_t length = strlen(value);
    uint32_t code_point;

    if (length > STATEMENT_VALUE_MAX_BYTES || utf8_valid_prefix(value, length) < length ||
        utf8_find_forbidden(value))
        return false;
    for (size_t at = 0; at < length; at += utf8_decode(value + at, length - at, &code_point))
        if (utf8_decode(value + at, length - at, &code_point) == 0 || is_line_separator(code_point))
            return false;
    return true;
}

static const char *variables_fault(const struct statement *statement)
{
    if (statement->variable_count > STATEMENT_VARIABLES_MAX)
        return _("it has more than 256 variables");
    if (statement->variable_count > 0 && statement_is_standing(statement))
        return _("it covers every message, and sets variables all the same");
    for (size_t i = 0; i < statement->variable_count; i++) {
        const struct statement_variable *variable = &statement->variables[i];
        if (!is_name(variable->name))
            return _("it has a variable whose name is none");
        if (!is_value(variable->value))
            return _("it has a variable whose value is not one line of text");
        if (i > 0 && strcmp(statement->variables[i - 1].name, variable->name) >= 0)
            return _("its variables are not sorted, or one is set twice");
    }
    return NULL;
}

static bool is_time(int64_t unix_ms)
{
    return unix_ms % 1000 == 0 && unix_ms >= TIME_MIN_MS && unix_ms <= TIME_MAX_MS;
}

static const char *fault_of(const struct statement *statement)
{
    if (!is_name(statement->plan))
        return _("its plan has no name");
    if (!statement_is_standing(statement) && !is_name(statement->message))
        return _("it names no message");
    if (statement->mode != MODE_LIVE && statement->mode != MODE_EXERCISE)
        return _("its mode is neither 'live' nor 'exercise'");
    if (statement->municipality_count == 0 || statement->municipality_count > STATEMENT_COUNT_MAX ||
        statement->delivery_count == 0 || statement->delivery_count > STATEMENT_COUNT_MAX)
        return _("it has no audience");
    if (!is_time(statement->not_before_unix_ms) || !is_time(statement->not_after_unix_ms))
        return _("its times are not whole seconds of the years 1 to 9999");
    if (statement->not_after_unix_ms < statement->not_before_unix_ms)
        return _("it ends before it begins");
    return variables_fault(statement);
}

/* --- writing --------------------------------------------------------------------------------- */

static void add_hex(struct text *out, const char *key, const unsigned char *bytes, size_t size)
{
    text_addf(out, "%s ", key);
    hex_add(out, bytes, size);
    text_add_char(out, '\n');
}

static void add_time(struct text *out, const char *key, int64_t unix_ms)
{
    char time[RFC3339_SIZE];

    rfc3339_format_seconds(unix_ms, time);
    text_addf(out, "%s %s\n", key, time);
}

static void add_lines(struct text *out, const struct statement *statement)
{
    text_addf(out, "%s\nplan %s\n", first_line, statement->plan);
    add_hex(out, "plan-sha256", statement->plan_sha256, SHA256_SIZE);
    add_hex(out, "directory-sha256", statement->directory_sha256, SHA256_SIZE);
    if (statement->has_media)
        add_hex(out, "media-sha256", statement->media_sha256, SHA256_SIZE);
    text_addf(out, "message %s\nmode %s\n", statement->message, run_mode_name(statement->mode));
    for (size_t i = 0; i < statement->variable_count; i++)
        text_addf(out, "set %s=%s\n", statement->variables[i].name, statement->variables[i].value);
    add_hex(out, "audience-sha256", statement->audience_sha256, SHA256_SIZE);
    text_addf(out, "audience %u municipalities, %u deliveries\n", statement->municipality_count,
              statement->delivery_count);
    if (!statement_is_standing(statement))
        add_hex(out, "texts-sha256", statement->texts_sha256, SHA256_SIZE);
    add_time(out, "not-before", statement->not_before_unix_ms);
    add_time(out, "not-after", statement->not_after_unix_ms);
    add_hex(out, "nonce", statement->nonce, STATEMENT_NONCE_SIZE);
}

int statement_add(struct text *out, const struct statement *statement, struct error *error)
{
    struct text lines;
    const char *fault = fault_of(statement);
    int result = -1;

    text_init(&lines, STATEMENT_MAX_BYTES);
    if (!fault) {
        add_lines(&lines, statement);
        if (!lines.overflowed)
            text_add_bytes(out, lines.bytes, lines.length);
        if (lines.overflowed || out->overflowed)
            fault = _("it is larger than 256 KiB");
    }
    if (fault)
        error_set(error, ERROR_INPUT, _("this is no statement that can be approved: %s"), fault);
    else
        result = 0;
    text_release(&lines);
    return result;
}

/* --- reading --------------------------------------------------------------------------------- */

struct lines {
    struct arena *arena;
    char *at;   /* the line, NUL in place of its LF */
    char *next; /* NULL after the last */
    unsigned number;
};

static bool next_line(struct lines *lines)
{
    if (!lines->next || lines->next[0] == '\0')
        return false;
    lines->at = lines->next;
    lines->number++;
    char *end = strchr(lines->at, '\n');
    if (!end)
        return false;
    *end = '\0';
    lines->next = end + 1;
    return true;
}

/* The value of a line "KEY VALUE"; NULL when the line has another key. */
static char *value_of(const struct lines *lines, const char *key)
{
    size_t length = strlen(key);

    return strncmp(lines->at, key, length) == 0 && lines->at[length] == ' ' ? lines->at + length + 1
                                                                            : NULL;
}

static bool take_text(struct lines *lines, const char *key, const char **out)
{
    *out = next_line(lines) ? value_of(lines, key) : NULL;
    return *out != NULL;
}

static bool take_hex(struct lines *lines, const char *key, unsigned char *out, size_t size)
{
    const char *value;
    struct text bytes;

    if (!take_text(lines, key, &value))
        return false;
    text_init(&bytes, size);
    bool good = hex_decode(&bytes, value, strlen(value)) && bytes.length == size;
    if (good)
        memcpy(out, bytes.bytes, size);
    text_release(&bytes);
    return good;
}

static bool take_time(struct lines *lines, const char *key, int64_t *out)
{
    const char *value;

    return take_text(lines, key, &value) && rfc3339_parse(value, out);
}

static bool take_mode(struct lines *lines, enum run_mode *out)
{
    const char *value;

    if (!take_text(lines, "mode", &value))
        return false;
    *out = run_mode_of(value);
    return *out == MODE_LIVE || *out == MODE_EXERCISE;
}

/* Stops at the first line that is no `set`, and leaves it to be read again. */
static bool take_variables(struct lines *lines, struct statement *statement)
{
    struct statement_variable *variables = NULL;
    size_t capacity = 0;

    while (lines->next && strncmp(lines->next, "set ", 4) == 0) {
        char *assignment = next_line(lines) ? value_of(lines, "set") : NULL;
        char *equals = assignment ? strchr(assignment, '=') : NULL;
        if (!equals || statement->variable_count == STATEMENT_VARIABLES_MAX)
            return false;
        *equals = '\0';
        variables = arena_grow(lines->arena, variables, statement->variable_count, &capacity,
                               sizeof(*variables));
        variables[statement->variable_count++] =
            (struct statement_variable){assignment, equals + 1};
    }
    statement->variables = variables;
    return true;
}

/* The one line that need not be there. */
static bool take_media(struct lines *lines, struct statement *statement)
{
    statement->has_media = lines->next && strncmp(lines->next, "media-sha256 ", 13) == 0;
    return !statement->has_media ||
           take_hex(lines, "media-sha256", statement->media_sha256, SHA256_SIZE);
}

/* Up to nine digits. */
static bool take_count(const char **at, unsigned *out)
{
    size_t digits = strspn(*at, "0123456789");

    if (digits == 0 || digits > 9)
        return false;
    for (*out = 0; digits > 0; digits--, ++*at)
        *out = *out * 10 + (unsigned)(**at - '0');
    return true;
}

static bool take_words(const char **at, const char *words)
{
    if (strncmp(*at, words, strlen(words)) != 0)
        return false;
    *at += strlen(words);
    return true;
}

static bool take_audience(struct lines *lines, struct statement *statement)
{
    const char *at;

    return take_text(lines, "audience", &at) && take_count(&at, &statement->municipality_count) &&
           take_words(&at, " municipalities, ") && take_count(&at, &statement->delivery_count) &&
           strcmp(at, " deliveries") == 0;
}

static bool take_all(struct lines *lines, struct statement *statement)
{
    return next_line(lines) && strcmp(lines->at, first_line) == 0 &&
           take_text(lines, "plan", &statement->plan) &&
           take_hex(lines, "plan-sha256", statement->plan_sha256, SHA256_SIZE) &&
           take_hex(lines, "directory-sha256", statement->directory_sha256, SHA256_SIZE) &&
           take_media(lines, statement) && take_text(lines, "message", &statement->message) &&
           take_mode(lines, &statement->mode) && take_variables(lines, statement) &&
           take_hex(lines, "audience-sha256", statement->audience_sha256, SHA256_SIZE) &&
           take_audience(lines, statement) &&
           (statement_is_standing(statement) ||
            take_hex(lines, "texts-sha256", statement->texts_sha256, SHA256_SIZE)) &&
           take_time(lines, "not-before", &statement->not_before_unix_ms) &&
           take_time(lines, "not-after", &statement->not_after_unix_ms) &&
           take_hex(lines, "nonce", statement->nonce, STATEMENT_NONCE_SIZE);
}

static int refuse(struct error *error, unsigned line, const char *why)
{
    return error_set(error, ERROR_NOT_APPROVED,
                     _("the approval statement is refused (line %u): %s"), line, why);
}

/* The statement, written again, must be the text that was read. */
static int compare(const struct statement *statement, const char *bytes, size_t size,
                   struct error *error)
{
    struct text again;
    int result = 0;

    text_init(&again, STATEMENT_MAX_BYTES);
    const char *fault = fault_of(statement);
    if (!fault) {
        add_lines(&again, statement);
        if (again.overflowed || again.length != size || memcmp(again.bytes, bytes, size) != 0)
            fault = _("a value is not written in its one exact form, or a line follows the last");
    }
    if (fault)
        result =
            error_set(error, ERROR_NOT_APPROVED, _("the approval statement is refused: %s"), fault);
    text_release(&again);
    return result;
}

int statement_read(struct arena *arena, const char *bytes, size_t size,
                   const struct statement **out, struct error *error)
{
    struct statement *statement = arena_alloc(arena, sizeof(*statement));

    *out = NULL;
    if (size > STATEMENT_MAX_BYTES)
        return refuse(error, 1, _("it is larger than 256 KiB"));
    struct lines lines = {.arena = arena, .next = arena_strndup(arena, bytes, size)};
    if (!take_all(&lines, statement))
        return refuse(error, lines.number ? lines.number : 1,
                      _("this is not the line, or not of the form, that must stand here"));
    if (compare(statement, bytes, size, error) < 0)
        return -1;
    *out = statement;
    return 0;
}
