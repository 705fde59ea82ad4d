#include "cmd/wrap.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

#include "cmd/output.h"

enum { LINE_MAX_BYTES = 64 * 1024, NOTE_MAX_BYTES = 8 * 1024, WARNING_HANGING = 2 };

static void add_shown(struct text *out, const char *string, size_t length)
{
    while (length > 0) {
        uint32_t code_point = 0;
        size_t used = utf8_decode(string, length, &code_point);
        if (used == 0 || code_point < ' ' || utf8_is_forbidden(code_point))
            text_add_char(out, '?');
        else
            text_add_bytes(out, string, used);
        used = used ? used : 1;
        string += used;
        length -= used;
    }
}

void wrap_words(const char *lead, int hanging, const char *words,
                void (*print)(void *context, const char *line), void *context)
{
    struct text line;
    bool is_empty = true;

    text_init(&line, LINE_MAX_BYTES);
    text_add(&line, lead);
    while (*words) {
        size_t length = strcspn(words, " "), before = line.length;
        text_add(&line, is_empty ? "" : " ");
        add_shown(&line, words, length);
        if (!is_empty && utf8_count(line.bytes) > WRAP_COLUMNS) {
            text_truncate(&line, before);
            print(context, line.bytes);
            text_reset(&line);
            text_addf(&line, "%*s", hanging, "");
            is_empty = true;
            continue;
        }
        is_empty = false;
        words += length;
        words += strspn(words, " ");
    }
    print(context, line.bytes);
    text_release(&line);
}

static void print_note(void *context, const char *line)
{
    (void)context;
    output_note("%s", line);
}

void wrap_note(const char *lead, int hanging, const char *format, ...)
{
    struct text words;
    va_list arguments;

    text_init(&words, NOTE_MAX_BYTES);
    va_start(arguments, format);
    text_addv(&words, format, arguments);
    va_end(arguments);
    wrap_words(lead, hanging, words.bytes, print_note, NULL);
    text_release(&words);
}

static void print_warning(void *context, const char *line)
{
    (void)context;
    output_warning("%s", line);
}

void wrap_warning(const char *words)
{
    wrap_words("", WARNING_HANGING, words, print_warning, NULL);
}
