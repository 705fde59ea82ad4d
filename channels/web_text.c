#include "channels/web_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"

enum { KEY_BYTES = 16 };

bool web_slug_write(const char *key, char out[WEB_SLUG_SIZE])
{
    struct text bytes, hex;

    text_init(&bytes, KEY_BYTES);
    text_init(&hex, WEB_SLUG_SIZE);
    bool is_fine = base64url_decode(&bytes, key, strlen(key)) && bytes.length == KEY_BYTES;
    hex_add(&hex, bytes.bytes, bytes.length);
    snprintf(out, WEB_SLUG_SIZE, "crisis-%.32s", hex.bytes);
    text_release(&hex);
    text_release(&bytes);
    return is_fine;
}

/* "crisis-" and 32 digits in hex, whatever is behind them. */
static bool is_of_a_delivery(const char *made, size_t length)
{
    static const char beginning[] = "crisis-";
    size_t start = strlen(beginning);

    return length >= start + (size_t)2 * KEY_BYTES && strncmp(made, beginning, start) == 0 &&
           strspn(made + start, "0123456789abcdef") >= (size_t)2 * KEY_BYTES;
}

enum web_slug web_slug_compare(const char *slug, const char *made, size_t length)
{
    size_t own = strlen(slug);

    if (length < own || strncmp(slug, made, own) != 0)
        return is_of_a_delivery(made, length) ? WEB_SLUG_FOREIGN : WEB_SLUG_OTHER;
    if (length == own)
        return WEB_SLUG_OURS;
    size_t digits = strspn(made + own + 1, "0123456789");
    return made[own] == '-' && digits > 0 && own + 1 + digits == length ? WEB_SLUG_NUMBERED
                                                                        : WEB_SLUG_OTHER;
}

void web_escape(struct text *out, const char *string, size_t length)
{
    static const struct {
        char byte;
        const char *escape;
    } escapes[] = {{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
                   {'"', "&quot;"}, {'\'', "&#39;"}, {'[', "&#91;"}};

    for (size_t i = 0; i < length; i++) {
        const char *escape = NULL;
        for (size_t e = 0; e < sizeof(escapes) / sizeof(escapes[0]) && !escape; e++)
            escape = escapes[e].byte == string[i] ? escapes[e].escape : NULL;
        if (escape)
            text_add(out, escape);
        else
            text_add_char(out, string[i]);
    }
}

/* --- links ----------------------------------------------------------------------------------- */

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

/* Bytes of the character if it may stand in an address: a visible one of ASCII, or a letter of
 * another alphabet (people write "/vær", and browsers take it). 0: it may not. */
static size_t link_character(const char *at, const char *end)
{
    uint32_t code_point = 0;
    size_t used = at < end ? utf8_decode(at, (size_t)(end - at), &code_point) : 0;
    bool is_ascii = code_point > ' ' && code_point < 0x7f && !strchr("<>\"'", (int)code_point);
    bool is_punctuation = (code_point >= 0x2000 && code_point <= 0x206f) ||
                          (code_point >= 0x3000 && code_point <= 0x303f);

    return is_ascii || (code_point >= 0xc0 && !is_punctuation) ? used : 0;
}

/* Bytes of the address that begins here, without what belongs to the sentence behind it; 0: none
 * does. */
static size_t address_length(const char *start, const char *at, const char *end)
{
    static const char *const schemes[] = {"https://", "http://"};
    size_t scheme = 0, length = 0;

    if (at > start && is_word_byte(at[-1]))
        return 0;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]) && scheme == 0; i++) {
        size_t size = strlen(schemes[i]);
        if ((size_t)(end - at) > size && strncmp(at, schemes[i], size) == 0)
            scheme = size;
    }
    if (scheme == 0)
        return 0;
    for (size_t used = scheme; used > 0; used = link_character(at + length, end))
        length += used;
    for (; length > scheme; length--) {
        char last = at[length - 1];
        bool is_open = memchr(at, '(', length) != NULL;
        if (!strchr(".,;:!?", last) && (last != ')' || is_open))
            break;
    }
    return length > scheme ? length : 0;
}

static void add_link(struct text *out, const char *address, size_t length)
{
    text_add(out, "<a href=\"");
    web_escape(out, address, length);
    text_add(out, "\">");
    web_escape(out, address, length);
    text_add(out, "</a>");
}

static void add_line(struct text *out, const char *line, const char *end)
{
    const char *plain = line;

    for (const char *at = line; at < end;) {
        size_t length = address_length(line, at, end);
        if (length == 0) {
            at++;
            continue;
        }
        web_escape(out, plain, (size_t)(at - plain));
        add_link(out, at, length);
        at += length;
        plain = at;
    }
    web_escape(out, plain, (size_t)(end - plain));
}

/* --- paragraphs ------------------------------------------------------------------------------ */

static void open_paragraph(struct text *out, const char *language)
{
    text_add(out, "<p");
    if (language && language[0]) {
        text_add(out, " lang=\"");
        web_escape(out, language, strlen(language));
        text_add_char(out, '"');
    }
    text_add_char(out, '>');
}

static bool is_blank(const char *line, const char *end)
{
    while (line < end && (*line == ' ' || *line == '\t' || *line == '\r'))
        line++;
    return line == end;
}

/* No line feed stands in it: WordPress would make a <br> of one. */
static void add_paragraphs(struct text *out, const char *text, const char *language)
{
    bool is_open = false;

    while (*text) {
        const char *end = text + strcspn(text, "\n");
        if (is_blank(text, end)) {
            text_add(out, is_open ? "</p>" : "");
            is_open = false;
        } else {
            if (is_open)
                text_add(out, "<br>");
            else
                open_paragraph(out, language);
            is_open = true;
            add_line(out, text, end);
        }
        text = *end ? end + 1 : end;
    }
    text_add(out, is_open ? "</p>" : "");
}

void web_html_add(struct text *out, const struct draft *draft, const struct post *reply_to)
{
    for (size_t i = 0; i < draft->part_count; i++)
        add_paragraphs(out, draft->parts[i], draft->language);
    if (reply_to && reply_to->url[0]) {
        text_add(out, "<p>");
        add_link(out, reply_to->url, strlen(reply_to->url));
        text_add(out, "</p>");
    }
}
