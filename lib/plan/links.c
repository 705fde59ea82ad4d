#include "plan/links.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

static size_t scheme_length(const char *at)
{
    if (strncasecmp(at, "https://", strlen("https://")) == 0)
        return strlen("https://");
    return strncasecmp(at, "http://", strlen("http://")) == 0 ? strlen("http://") : 0;
}

static bool ends_link(const char *at)
{
    static const char *const enders[] = {"\xC2\xA0", "«", "»", "“", "”", "…"};

    if ((unsigned char)*at <= ' ' || strchr("<>\"`", *at))
        return true;
    if (((unsigned char)*at & 0x80) == 0)
        return false;
    for (size_t i = 0; i < sizeof(enders) / sizeof(enders[0]); i++)
        if (strncmp(at, enders[i], strlen(enders[i])) == 0)
            return true;
    return false;
}

struct brackets {
    size_t opened, closed;
};

static struct brackets count_brackets(const char *start, const char *end, char open, char close)
{
    struct brackets count = {0};

    for (const char *at = start; at < end; at++) {
        count.opened += *at == open;
        count.closed += *at == close;
    }
    return count;
}

/* What a sentence puts behind a link is not part of it. */
static const char *trim(const char *start, const char *end)
{
    struct brackets round = count_brackets(start, end, '(', ')');
    struct brackets square = count_brackets(start, end, '[', ']');

    for (; end > start; end--) {
        char last = end[-1];
        if (last == ')' && round.closed > round.opened)
            round.closed--;
        else if (last == ']' && square.closed > square.opened)
            square.closed--;
        else if (!strchr(".,;:!?'*", last))
            break;
    }
    return end;
}

const char *link_find(const char *text, size_t *length)
{
    for (const char *at = text; (at = strchr(at, ':')); at++) {
        const char *start = at;
        while (start > text && is_alphanumeric(start[-1]))
            start--;
        size_t scheme = scheme_length(start);
        if (scheme == 0 || ends_link(start + scheme))
            continue;
        const char *end = start + scheme;
        while (!ends_link(end))
            end++;
        end = trim(start + scheme, end);
        if (end == start + scheme)
            continue;
        *length = (size_t)(end - start);
        return start;
    }
    *length = 0;
    return NULL;
}

/* --- leaving them out ------------------------------------------------------------------------ */

static void drop_blanks(struct text *out, size_t down_to)
{
    while (out->length > down_to &&
           (out->bytes[out->length - 1] == ' ' || out->bytes[out->length - 1] == '\t'))
        text_truncate(out, out->length - 1);
}

/* Closes the gap that a link left between `out` and `rest`. Returns where to go on. */
static const char *close_gap(struct text *out, size_t line_start, const char *rest)
{
    const char *next = rest + strspn(rest, " \t");
    bool is_bracketed =
        *next == ')' && out->length > line_start && out->bytes[out->length - 1] == '(';

    if (is_bracketed) {
        text_truncate(out, out->length - 1);
        next++;
        next += strspn(next, " \t");
    }
    if (*next == '\0' || *next == '\n' || strchr(".,;:!?)", *next) || is_bracketed)
        drop_blanks(out, line_start);
    bool is_at_start = out->length == line_start;
    bool has_blank = out->length > line_start && out->bytes[out->length - 1] == ' ';
    bool wants_blank = !is_at_start && !has_blank && next > rest && *next && *next != '\n' &&
                       !strchr(".,;:!?)", *next);
    if (wants_blank)
        text_add_char(out, ' ');
    return next;
}

const char *link_omit_all(struct arena *arena, const char *text)
{
    struct text out;
    size_t length;
    const char *link = link_find(text, &length);

    if (!link)
        return text;
    text_init(&out, TEXT_MAX_BYTES);
    for (const char *line = text; *line;) {
        const char *line_end = line + strcspn(line, "\n");
        size_t line_start = out.length;
        bool had_link = false;
        const char *at = line;
        while (link && link < line_end) {
            text_add_bytes(&out, at, (size_t)(link - at));
            at = close_gap(&out, line_start, link + length);
            link = link_find(at, &length);
            had_link = true;
        }
        text_add_bytes(&out, at, (size_t)(line_end - at));
        bool was_only_link = had_link && out.length == line_start;
        if (*line_end == '\n' && !was_only_link)
            text_add_char(&out, '\n');
        line = *line_end == '\n' ? line_end + 1 : line_end;
    }
    while (out.length > 0 && strchr(" \t\n", out.bytes[out.length - 1]))
        text_truncate(&out, out.length - 1);
    const char *tidied = arena_strndup(arena, out.bytes, out.length);
    text_release(&out);
    return tidied;
}
