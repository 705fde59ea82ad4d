#include "site/page.h"

#include <stdbool.h>
#include <string.h>

#include "model/public_record.h"

#include "site/markup.h"
#include "site/words.h"

enum { TITLE_MAX_BYTES = 64 * 1024, ROOT_SIZE = PUBLIC_FOLDERS_MAX * 3 + 1 };

struct page {
    struct text *out;
    const struct site_messages *messages;
    const struct site_message *message;
    const char *language; /* of the words around the texts */
    enum site_status status;
};

static void add_word(const struct page *page, enum site_word word)
{
    markup_add(page->out, site_word(page->language, word));
}

/* A tag in quotes, and only where it is not the page's own. */
static void add_language(const struct page *page, const char *language)
{
    if (strcmp(language, page->language) == 0)
        return;
    text_add(page->out, " lang=\"");
    markup_add(page->out, language);
    text_add_char(page->out, '"');
}

/* --- above the text -------------------------------------------------------------------------- */

/* The latest message of the incident that says something new; NULL: it is this one. */
static const struct site_message *find_newest(const struct page *page)
{
    const struct site_message *newest = NULL;

    for (size_t i = 0; i < page->messages->count; i++) {
        const struct site_message *other = page->messages->items[i];
        if (other->incident == page->message->incident && other->kind != SITE_RETRACTION &&
            other->retracted.unix_ms == 0)
            newest = other;
    }
    return newest == page->message ? NULL : newest;
}

static void add_notes(const struct page *page)
{
    const struct site_message *newest = find_newest(page);

    if (page->message->is_exercise) {
        text_add(page->out, "<p class=\"drill\">");
        add_word(page, WORD_EXERCISE_BANNER);
        text_add(page->out, "</p>\n");
    }
    if (page->status == SITE_IN_FORCE || page->status == SITE_EXPIRED)
        return;
    text_add(page->out, "<div class=\"note\" role=\"note\">\n<p><strong>");
    markup_add(page->out, site_status_word(page->language, page->status));
    text_add(page->out, ".</strong>");
    if (newest) {
        text_add_char(page->out, ' ');
        add_word(page, WORD_NEWEST);
        text_addf(page->out, " <a href=\"%s.html\"", newest->slug);
        add_language(page, newest->texts[0].language);
        text_add_char(page->out, '>');
        markup_add(page->out, newest->texts[0].headline);
        text_add(page->out, "</a>");
    }
    text_add(page->out, "</p>\n</div>\n");
}

static void add_fact(const struct page *page, enum site_word word, const char *value)
{
    text_add(page->out, "<dt>");
    add_word(page, word);
    text_add(page->out, "</dt>");
    markup_element(page->out, "dd", value);
    text_add_char(page->out, '\n');
}

static void add_time(const struct page *page, enum site_word word, const struct site_time *time)
{
    text_add(page->out, "<dt>");
    add_word(page, word);
    text_add(page->out, "</dt><dd>");
    markup_time(page->out, time, page->language);
    text_add(page->out, "</dd>\n");
}

/* That it has expired is not said on its page, which may be older: the time is. */
static void add_facts(const struct page *page)
{
    const struct site_message *message = page->message;

    text_add(page->out, "<dl>\n");
    add_fact(page, WORD_ISSUER, message->issuer);
    add_fact(page, WORD_AREA, message->municipality_name);
    add_time(page, WORD_SENT, &message->sent);
    add_time(page, WORD_EXPIRES, &message->expires);
    if (page->status != SITE_IN_FORCE && page->status != SITE_EXPIRED)
        add_fact(page, WORD_STATUS, site_status_word(page->language, page->status));
    text_add(page->out, "</dl>\n");
}

/* --- texts ----------------------------------------------------------------------------------- */

/* A film is not shown: nothing large is fetched that was not asked for. */
static void add_media(const struct page *page)
{
    for (size_t i = 0; i < page->message->media_count; i++) {
        const struct site_media *media = &page->message->media[i];
        bool is_image = strncmp(media->type, "image/", 6) == 0;
        text_add(page->out, "<p");
        add_language(page, page->message->texts[0].language);
        text_add(page->out, is_image ? "><img loading=\"lazy\" src=\"" : "><a href=\"");
        markup_add(page->out, media->url);
        text_add(page->out, is_image ? "\" alt=\"" : "\">");
        markup_add(page->out, media->alts[0]);
        text_add(page->out, is_image ? "\"></p>\n" : "</a></p>\n");
    }
}

static void add_body(const struct page *page, const struct site_text *text)
{
    text_add(page->out, "<div class=\"text\"");
    add_language(page, text->language);
    text_add(page->out, ">\n");
    markup_paragraphs(page->out, text->body);
    text_add(page->out, "</div>\n");
}

/* The first language is what the page is about; the others have headings of their own. */
static void add_texts(const struct page *page)
{
    const struct site_message *message = page->message;

    add_body(page, &message->texts[0]);
    add_media(page);
    for (size_t i = 1; i < message->text_count; i++) {
        const struct site_text *text = &message->texts[i];
        text_addf(page->out, "<section aria-labelledby=\"text-%zu\">\n<p class=\"language\"", i);
        add_language(page, text->language);
        text_add_char(page->out, '>');
        markup_add(page->out, site_language_name(text->language));
        text_addf(page->out, "</p>\n<h2 id=\"text-%zu\"", i);
        add_language(page, text->language);
        text_add_char(page->out, '>');
        markup_add(page->out, text->headline);
        text_add(page->out, "</h2>\n");
        add_body(page, text);
        text_add(page->out, "</section>\n");
    }
}

/* --- the incident ---------------------------------------------------------------------------- */

static void add_history_item(const struct page *page, const struct site_message *other)
{
    bool is_this = other == page->message;

    text_add(page->out, "<li>");
    markup_time(page->out, &other->sent, page->language);
    text_add(page->out, " ");
    markup_add(page->out, site_kind_word(page->language, other->kind));
    text_add(page->out, ": ");
    if (!is_this && other->kind != SITE_RETRACTION)
        text_addf(page->out, "<a href=\"%s.html\"", other->slug);
    else
        text_add(page->out, is_this ? "<strong" : "<span");
    add_language(page, other->texts[0].language);
    text_add_char(page->out, '>');
    markup_add(page->out, other->texts[0].headline);
    if (!is_this && other->kind != SITE_RETRACTION)
        text_add(page->out, "</a>");
    else
        text_add(page->out, is_this ? "</strong>" : "</span>");
    if (is_this) {
        text_add(page->out, " (");
        add_word(page, WORD_THIS);
        text_add(page->out, ")");
    }
    text_add(page->out, "</li>\n");
}

static void add_history(const struct page *page)
{
    text_add(page->out, "<section aria-labelledby=\"history\">\n<h2 id=\"history\">");
    add_word(page, WORD_HISTORY);
    text_add(page->out, "</h2>\n<ol>\n");
    for (size_t i = 0; i < page->messages->count; i++)
        if (page->messages->items[i]->incident == page->message->incident)
            add_history_item(page, page->messages->items[i]);
    text_add(page->out, "</ol>\n</section>\n");
}

static void add_verification(const struct page *page, const char *root)
{
    text_add(page->out, "<section aria-labelledby=\"genuine\">\n<h2 id=\"genuine\">");
    add_word(page, WORD_VERIFY_SHORT);
    text_addf(page->out, "</h2>\n<p><a href=\"%sverify.html\">", root);
    add_word(page, WORD_VERIFY);
    text_add(page->out, "</a></p>\n<p>");
    add_word(page, WORD_MESSAGE_ID);
    text_add(page->out, ": <code>");
    markup_add(page->out, page->message->key);
    text_add(page->out, "</code></p>\n</section>\n");
}

void site_page_write(const struct site_messages *messages, const struct site_message *message,
                     int64_t now_unix_ms, struct text *out)
{
    char root[ROOT_SIZE];
    const struct site_text *first = &message->texts[0];
    struct page page = {
        .out = out,
        .messages = messages,
        .message = message,
        .language = site_word(first->language, WORD_LANGUAGE),
        .status = site_message_status(messages, message, now_unix_ms),
    };
    struct text title;

    page_root(message->path, root, sizeof(root));
    text_init(&title, TITLE_MAX_BYTES);
    text_addf(&title, "%s – %s", first->headline, message->municipality_name);
    struct page_frame frame = {page.language, title.bytes, root, message};
    page_begin(out, &frame);
    text_add(out, "<article>\n<p class=\"kind\">");
    markup_add(out, site_kind_word(page.language, message->kind));
    text_add(out, ", ");
    markup_time(out, &message->sent, page.language);
    text_add(out, "</p>\n<h1");
    add_language(&page, first->language);
    text_add_char(out, '>');
    markup_add(out, first->headline);
    text_add(out, "</h1>\n");
    add_notes(&page);
    add_texts(&page);
    add_facts(&page);
    add_history(&page);
    add_verification(&page, root);
    text_add(out, "</article>\n");
    page_end(out, &frame);
    out->overflowed |= title.overflowed;
    text_release(&title);
}
