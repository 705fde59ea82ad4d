/* The lists: of one folder's messages, and of all folders. */
#include <stdbool.h>
#include <string.h>

#include "model/public_record.h"

#include "site/markup.h"
#include "site/page.h"
#include "site/words.h"

enum {
    TITLE_MAX_BYTES = 64 * 1024,
    ROOT_SIZE = PUBLIC_FOLDERS_MAX * 3 + 1,
    LISTED_MAX = 40,  /* of one folder: older pages stay where they are */
    RECENT_MAX = 10,  /* of the whole site */
    NAMED_MAX = 1000, /* municipalities of the whole site */
};

struct list {
    struct text *out;
    const struct site_messages *messages;
    const char *language;
    int64_t now_unix_ms;
};

static void add_word(const struct list *list, enum site_word word)
{
    markup_add(list->out, site_word(list->language, word));
}

static void add_link_text(const struct list *list, const struct site_message *message)
{
    const struct site_text *first = &message->texts[0];

    if (strcmp(first->language, list->language) == 0) {
        markup_add(list->out, first->headline);
        return;
    }
    text_add(list->out, "<span lang=\"");
    markup_add(list->out, first->language);
    text_add(list->out, "\">");
    markup_add(list->out, first->headline);
    text_add(list->out, "</span>");
}

static void add_kind_and_times(const struct list *list, const struct site_message *message,
                               enum site_status status)
{
    markup_add(list->out, site_kind_word(list->language, message->kind));
    text_add(list->out, ", ");
    markup_time(list->out, &message->sent, list->language);
    text_add(list->out, ". ");
    if (status == SITE_IN_FORCE) {
        add_word(list, WORD_EXPIRES);
        text_add_char(list->out, ' ');
        markup_time(list->out, &message->expires, list->language);
    } else {
        markup_add(list->out, site_status_word(list->language, status));
    }
}

static void add_item(const struct list *list, const struct site_message *message)
{
    enum site_status status = site_message_status(list->messages, message, list->now_unix_ms);

    text_addf(list->out, "<li><h3><a href=\"%s.html\">", message->slug);
    add_link_text(list, message);
    text_add(list->out, "</a></h3>\n<p>");
    add_kind_and_times(list, message, status);
    text_add(list->out, "</p></li>\n");
}

/* --- one folder ------------------------------------------------------------------------------ */

enum part { PART_CURRENT, PART_EARLIER, PART_EXERCISES };

static enum part part_of(const struct list *list, const struct site_message *message)
{
    if (message->is_exercise)
        return PART_EXERCISES;
    return site_message_is_current(list->messages, message, list->now_unix_ms) ? PART_CURRENT
                                                                               : PART_EARLIER;
}

/* The latest first. Returns how many. */
static size_t add_items(const struct list *list, enum part part)
{
    size_t count = 0;

    for (size_t i = list->messages->count; i-- > 0 && count < LISTED_MAX;) {
        const struct site_message *message = list->messages->items[i];
        if (message->kind == SITE_RETRACTION || part_of(list, message) != part)
            continue;
        text_add(list->out, count++ == 0 ? "<ul>\n" : "");
        add_item(list, message);
    }
    text_add(list->out, count > 0 ? "</ul>\n" : "");
    return count;
}

static bool has_part(const struct list *list, enum part part)
{
    for (size_t i = 0; i < list->messages->count; i++)
        if (list->messages->items[i]->kind != SITE_RETRACTION &&
            part_of(list, list->messages->items[i]) == part)
            return true;
    return false;
}

static void add_part(const struct list *list, enum part part, enum site_word heading)
{
    if (part != PART_CURRENT && !has_part(list, part))
        return;
    text_add(list->out, "<section>\n<h2>");
    add_word(list, heading);
    text_add(list->out, "</h2>\n");
    if (add_items(list, part) == 0) {
        text_add(list->out, "<p>");
        add_word(list, WORD_NONE);
        text_add(list->out, "</p>\n");
    }
    text_add(list->out, "</section>\n");
}

void site_index_write(const struct site_messages *messages, int64_t now_unix_ms, struct text *out)
{
    const struct site_message *newest = messages->items[messages->count - 1];
    char root[ROOT_SIZE];
    struct list list = {out, messages, site_word(newest->texts[0].language, WORD_LANGUAGE),
                        now_unix_ms};
    struct text title;

    page_root(newest->path, root, sizeof(root));
    text_init(&title, TITLE_MAX_BYTES);
    text_addf(&title, "%s %s", site_word(list.language, WORD_MESSAGES_OF),
              newest->municipality_name);
    struct page_frame frame = {list.language, title.bytes, root, NULL};
    page_begin(out, &frame);
    markup_element(out, "h1", title.bytes);
    add_part(&list, PART_CURRENT, WORD_CURRENT);
    add_part(&list, PART_EARLIER, WORD_EARLIER);
    add_part(&list, PART_EXERCISES, WORD_EXERCISES);
    page_end(out, &frame);
    out->overflowed |= title.overflowed;
    text_release(&title);
}

/* --- all folders ----------------------------------------------------------------------------- */

static const struct site_message *latest_of(const struct site_messages *folder)
{
    return folder->items[folder->count - 1];
}

/* Current live messages of the site's runs, the latest run first; of each run one, since a message
 * goes to hundreds of municipalities. */
static size_t collect_recent(const struct site_messages *folders, size_t count, int64_t now_unix_ms,
                             const struct site_message *out[RECENT_MAX])
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = folders[i].count; j-- > 0;) {
            const struct site_message *message = folders[i].items[j];
            size_t at = 0;
            if (message->is_exercise || !site_message_is_current(&folders[i], message, now_unix_ms))
                continue;
            while (at < found && strcmp(out[at]->run, message->run) != 0 &&
                   out[at]->sent.unix_ms >= message->sent.unix_ms)
                at++;
            if (at == RECENT_MAX || (at < found && strcmp(out[at]->run, message->run) == 0))
                continue;
            size_t kept = found < RECENT_MAX ? found++ : RECENT_MAX - 1;
            memmove(&out[at + 1], &out[at], (kept - at) * sizeof(*out));
            out[at] = message;
        }
    return found;
}

static void add_recent(const struct list *list, const struct site_messages *folders, size_t count)
{
    const struct site_message *recent[RECENT_MAX];
    size_t found = collect_recent(folders, count, list->now_unix_ms, recent);

    text_add(list->out, "<section>\n<h2>");
    add_word(list, WORD_CURRENT);
    text_add(list->out, "</h2>\n");
    if (found == 0) {
        text_add(list->out, "<p>");
        add_word(list, WORD_NONE);
        text_add(list->out, "</p>\n");
    }
    text_add(list->out, found > 0 ? "<ul>\n" : "");
    for (size_t i = 0; i < found; i++) {
        text_addf(list->out, "<li><h3><a href=\"%s/%s.html\">", recent[i]->path, recent[i]->slug);
        add_link_text(list, recent[i]);
        text_add(list->out, "</a></h3>\n<p>");
        markup_add(list->out, recent[i]->issuer);
        text_add(list->out, ". ");
        add_kind_and_times(list, recent[i], SITE_IN_FORCE);
        text_add(list->out, "</p></li>\n");
    }
    text_add(list->out, found > 0 ? "</ul>\n" : "");
    text_add(list->out, "</section>\n");
}

static size_t count_current(const struct site_messages *folder, int64_t now_unix_ms)
{
    size_t count = 0;

    for (size_t i = 0; i < folder->count; i++)
        count += !folder->items[i]->is_exercise &&
                 site_message_is_current(folder, folder->items[i], now_unix_ms);
    return count;
}

static void add_places(const struct list *list, const struct site_messages *folders, size_t count)
{
    text_add(list->out, "<section>\n<h2>");
    add_word(list, WORD_MUNICIPALITIES);
    text_add(list->out, "</h2>\n<ul class=\"places\">\n");
    for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
        const struct site_message *latest = latest_of(&folders[i]);
        size_t current = count_current(&folders[i], list->now_unix_ms);
        text_addf(list->out, "<li><a href=\"%s/index.html\">", latest->path);
        markup_add(list->out, latest->municipality_name);
        text_add(list->out, "</a>");
        if (current > 0)
            text_addf(list->out, " (%zu)", current);
        text_add(list->out, "</li>\n");
    }
    text_add(list->out, "</ul>\n</section>\n");
}

void site_national_index_write(const struct site_messages *folders, size_t count,
                               int64_t now_unix_ms, struct text *out)
{
    const struct site_message *newest = latest_of(&folders[0]);
    struct text title;

    for (size_t i = 1; i < count; i++)
        if (latest_of(&folders[i])->sent.unix_ms > newest->sent.unix_ms)
            newest = latest_of(&folders[i]);
    struct list list = {out, NULL, site_word(newest->texts[0].language, WORD_LANGUAGE),
                        now_unix_ms};
    text_init(&title, TITLE_MAX_BYTES);
    text_addf(&title, "%s %s", site_word(list.language, WORD_MESSAGES_OF), newest->issuer);
    struct page_frame frame = {list.language, title.bytes, "", NULL};
    page_begin(out, &frame);
    markup_element(out, "h1", title.bytes);
    add_recent(&list, folders, count);
    add_places(&list, folders, count);
    page_end(out, &frame);
    out->overflowed |= title.overflowed;
    text_release(&title);
}
