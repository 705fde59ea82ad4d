#include "site/markup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire/html.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const week_days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};

enum { MS_PER_DAY = 24 * 60 * 60 * 1000, MS_PER_MINUTE = 60 * 1000 };

/* --- escaping -------------------------------------------------------------------------------- */

void markup_add(struct text *out, const char *string)
{
    html_add(out, string);
}

void markup_element(struct text *out, const char *name, const char *string)
{
    if (!string)
        return;
    text_addf(out, "<%s>", name);
    markup_add(out, string);
    text_addf(out, "</%s>", name);
}

/* --- paragraphs ------------------------------------------------------------------------------ */

/* Bytes of the address that begins here; 0: none does. What ends a sentence is not of it. */
static size_t address_length(const char *at, size_t left)
{
    size_t begin = left > 8 && strncmp(at, "https://", 8) == 0  ? 8
                   : left > 7 && strncmp(at, "http://", 7) == 0 ? 7
                                                                : 0;
    size_t length = begin;

    if (begin == 0)
        return 0;
    while (length < left && at[length] > ' ' && at[length] <= '~' &&
           !strchr("<>\"'\\^`{|}", at[length]))
        length++;
    while (length > begin && strchr(".,:;!?)", at[length - 1]))
        length--;
    return length > begin ? length : 0;
}

static void add_line(struct text *out, const char *line, size_t length)
{
    size_t plain = 0;

    for (size_t at = 0; at < length;) {
        size_t address = address_length(line + at, length - at);
        if (address == 0) {
            at++;
            continue;
        }
        html_add_bytes(out, line + plain, at - plain);
        text_add(out, "<a href=\"");
        html_add_bytes(out, line + at, address);
        text_add(out, "\">");
        html_add_bytes(out, line + at, address);
        text_add(out, "</a>");
        at += address;
        plain = at;
    }
    html_add_bytes(out, line + plain, length - plain);
}

void markup_paragraphs(struct text *out, const char *string)
{
    bool is_open = false;

    for (const char *line = string; *line;) {
        size_t length = strcspn(line, "\n");
        if (strspn(line, " \t") >= length) { /* blank */
            text_add(out, is_open ? "</p>\n" : "");
            is_open = false;
        } else {
            text_add(out, is_open ? "<br>\n" : "<p>");
            add_line(out, line, length);
            is_open = true;
        }
        line += length + (line[length] == '\n');
    }
    text_add(out, is_open ? "</p>\n" : "");
}

/* --- times and addresses --------------------------------------------------------------------- */

static int number_at(const struct site_time *time, size_t at)
{
    return (int)strtol((char[]){time->text[at], time->text[at + 1], '\0'}, NULL, 10);
}

static const char *month_of(const struct site_time *time)
{
    int month = number_at(time, 5);

    return months[month >= 1 && month <= 12 ? month - 1 : 0];
}

void markup_time(struct text *out, const struct site_time *time, const char *language)
{
    const char *text = time->text;

    text_addf(out, "<time datetime=\"%s\">", text);
    if (strcmp(language, "en") == 0)
        text_addf(out, "%d %s %.4s, %.5s", number_at(time, 8), month_of(time), text, text + 11);
    else
        text_addf(out, "%.2s.%.2s.%.4s %.5s", text + 8, text + 5, text, text + 11);
    text_add(out, "</time>");
}

void markup_rfc822(struct text *out, const struct site_time *time)
{
    const char *text = time->text;
    int64_t east_ms = (number_at(time, 20) * 60 + number_at(time, 23)) * (int64_t)MS_PER_MINUTE;
    int64_t days = (time->unix_ms + (text[19] == '-' ? -east_ms : east_ms)) / MS_PER_DAY;

    text_addf(out, "%s, %.2s %s %.4s %.8s %.3s%.2s", week_days[days > 0 ? days % 7 : 0], text + 8,
              month_of(time), text, text + 11, text + 19, text + 23);
}

void markup_url(struct text *out, const struct site_message *message, const char *slug,
                const char *end)
{
    text_addf(out, "%s/%s/%s%s", message->site, message->path, slug, end);
}
