#include "site/feed.h"

#include <stdlib.h>
#include <string.h>

#include "site/markup.h"
#include "site/words.h"

/* --- what is in it --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct site_message *const *first = a, *const *second = b;

    if ((*first)->sent.unix_ms != (*second)->sent.unix_ms)
        return (*first)->sent.unix_ms > (*second)->sent.unix_ms ? -1 : 1;
    int order = strcmp((*first)->path, (*second)->path);
    return order ? order : strcmp((*second)->slug, (*first)->slug);
}

struct site_feed site_feed_make(struct arena *arena, const struct site_messages *folders,
                                size_t count, bool is_of_exercises)
{
    struct site_feed feed = {.is_of_exercises = is_of_exercises};
    size_t capacity = 0;
    const size_t most = count == 1 ? SITE_FEED_FOLDER_ITEMS : SITE_FEED_ITEMS;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < folders[i].count; j++) {
            const struct site_message *message = folders[i].items[j];
            if (!feed.newest || compare(&message, &feed.newest) < 0)
                feed.newest = message;
            if (message->is_exercise != is_of_exercises)
                continue;
            feed.items = arena_grow(arena, feed.items, feed.count, &capacity, sizeof(*feed.items));
            feed.items[feed.count++] = message;
        }
    if (feed.count > 0)
        qsort(feed.items, feed.count, sizeof(*feed.items), compare);
    if (feed.count > most)
        feed.count = most;
    return feed;
}

const char *site_feed_name(const struct site_feed *feed)
{
    return feed->is_of_exercises ? "exercise" : "feed";
}

/* --- what all forms say ---------------------------------------------------------------------- */

const char *feed_language(const struct site_feed *feed)
{
    return site_word(feed->newest->texts[0].language, WORD_LANGUAGE);
}

void feed_title(const struct site_feed *feed, struct text *out)
{
    const char *language = feed_language(feed);

    if (feed->is_of_exercises)
        text_addf(out, "%s – ", site_word(language, WORD_EXERCISES));
    text_addf(out, "%s %s", site_word(language, WORD_MESSAGES_OF),
              feed->path ? feed->newest->municipality_name : feed->newest->issuer);
}

void feed_base(const struct site_feed *feed, struct text *out)
{
    text_addf(out, "%s/%s%s", feed->newest->site, feed->path ? feed->path : "",
              feed->path ? "/" : "");
}

/* Of the whole site's feed, too: it must say whom it is for. */
void feed_item_title(const struct site_message *message, struct text *out)
{
    const struct site_text *first = &message->texts[0];

    if (message->kind == SITE_RETRACTION)
        text_addf(out, "%s: ", site_kind_word(first->language, message->kind));
    text_addf(out, "%s (%s)", first->headline, message->municipality_name);
}

static void add_title(const struct site_message *message, struct text *out)
{
    struct text title;

    text_init(&title, out->ceiling);
    feed_item_title(message, &title);
    markup_element(out, "title", title.bytes);
    text_release(&title);
}

static void add_escaped(void (*write)(const struct site_feed *feed, struct text *out),
                        const struct site_feed *feed, struct text *out)
{
    struct text plain;

    text_init(&plain, out->ceiling);
    write(feed, &plain);
    markup_add(out, plain.bytes);
    text_release(&plain);
}

/* --- Atom ------------------------------------------------------------------------------------ */

static void add_entry(const struct site_message *message, struct text *out)
{
    const struct site_text *first = &message->texts[0];

    text_add(out, "<entry xml:lang=\"");
    markup_add(out, first->language);
    text_add(out, "\">");
    markup_element(out, "id", message->identifier);
    add_title(message, out);
    markup_element(out, "published", message->sent.text);
    markup_element(out, "updated", message->sent.text);
    text_add(out, "<author>");
    markup_element(out, "name", message->issuer);
    text_addf(out, "</author><link rel=\"alternate\" type=\"text/html\" href=\"");
    markup_url(out, message, site_message_page(message), ".html");
    text_add(out, "\"/><link rel=\"related\" type=\"application/cap+xml\" href=\"");
    markup_url(out, message, message->slug, ".xml");
    text_add(out, "\"/>");
    markup_element(out, "summary", first->body);
    text_add(out, "</entry>\n");
}

static void write_atom(const struct site_feed *feed, struct text *out)
{
    text_addf(out,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\"><id>",
              feed_language(feed));
    add_escaped(feed_base, feed, out);
    text_addf(out, "%s.atom</id><title>", site_feed_name(feed));
    add_escaped(feed_title, feed, out);
    text_add(out, "</title>");
    markup_element(out, "updated", feed->newest->sent.text);
    text_add(out, "<author>");
    markup_element(out, "name", feed->newest->issuer);
    text_add(out, "</author><link rel=\"self\" type=\"application/atom+xml\" href=\"");
    add_escaped(feed_base, feed, out);
    text_addf(out, "%s.atom\"/><link rel=\"alternate\" type=\"text/html\" href=\"",
              site_feed_name(feed));
    add_escaped(feed_base, feed, out);
    text_add(out, "\"/>\n");
    for (size_t i = 0; i < feed->count; i++)
        add_entry(feed->items[i], out);
    text_add(out, "</feed>\n");
}

/* --- RSS ------------------------------------------------------------------------------------- */

static void add_item(const struct site_message *message, struct text *out)
{
    text_add(out, "<item>");
    add_title(message, out);
    text_add(out, "<link>");
    markup_url(out, message, message->slug, ".xml");
    text_add(out, "</link>");
    markup_element(out, "description", message->texts[0].body);
    text_add(out, "<guid isPermaLink=\"false\">");
    markup_add(out, message->identifier);
    text_add(out, "</guid><pubDate>");
    markup_rfc822(out, &message->sent);
    text_add(out, "</pubDate></item>\n");
}

static void write_rss(const struct site_feed *feed, struct text *out)
{
    text_add(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>");
    add_escaped(feed_title, feed, out);
    text_add(out, "</title><link>");
    add_escaped(feed_base, feed, out);
    text_add(out, "</link><description>");
    add_escaped(feed_title, feed, out);
    text_addf(out, "</description><language>%s</language><lastBuildDate>", feed_language(feed));
    markup_rfc822(out, &feed->newest->sent);
    text_add(out, "</lastBuildDate><atom:link rel=\"self\" type=\"application/rss+xml\" href=\"");
    add_escaped(feed_base, feed, out);
    text_addf(out, "%s.rss\"/>\n", site_feed_name(feed));
    for (size_t i = 0; i < feed->count; i++)
        add_item(feed->items[i], out);
    text_add(out, "</channel></rss>\n");
}

const struct site_feed_form site_feed_forms[] = {
    {".atom", write_atom},
    {".rss", write_rss},
    {".json", feed_write_json},
    {NULL, NULL},
};
