/* JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). */
#include <string.h>

#include "wire/json.h"

#include "site/feed.h"
#include "site/markup.h"

enum { ADDRESS_MAX_BYTES = 8 * 1024 };

static void add_url(struct text *out, const char *name, const struct site_message *message,
                    const char *slug, const char *end)
{
    struct text url;

    text_init(&url, ADDRESS_MAX_BYTES);
    markup_url(&url, message, slug, end);
    json_add_member(out, name, url.bytes);
    text_release(&url);
}

static void add_author(struct text *out, const char *name)
{
    json_add_name(out, "authors");
    text_add(out, "[{");
    json_add_member(out, "name", name);
    text_add(out, "}]");
}

/* All languages, one after the other. */
static void add_content(struct text *out, const struct site_message *message)
{
    struct text content;

    text_init(&content, out->ceiling);
    for (size_t i = 0; i < message->text_count; i++)
        text_addf(&content, "%s%s", i > 0 ? "\n\n" : "", message->texts[i].body);
    json_add_member(out, "content_text", content.bytes);
    out->overflowed |= content.overflowed;
    text_release(&content);
}

static void add_item(struct text *out, const struct site_message *message)
{
    struct text title;

    text_init(&title, out->ceiling);
    feed_item_title(message, &title);
    text_add_char(out, '{');
    json_add_member(out, "id", message->identifier);
    add_url(out, "url", message, site_message_page(message), ".html");
    json_add_member(out, "title", title.bytes);
    add_content(out, message);
    json_add_member(out, "date_published", message->sent.text);
    json_add_member(out, "language", message->texts[0].language);
    add_author(out, message->issuer);
    json_add_name(out, "attachments");
    text_add(out, "[{");
    add_url(out, "url", message, message->slug, ".xml");
    json_add_member(out, "mime_type", "application/cap+xml");
    text_add(out, "}]}");
    text_release(&title);
}

void feed_write_json(const struct site_feed *feed, struct text *out)
{
    struct text words;

    text_init(&words, out->ceiling);
    text_add_char(out, '{');
    json_add_member(out, "version", "https://jsonfeed.org/version/1.1");
    feed_title(feed, &words);
    json_add_member(out, "title", words.bytes);
    text_reset(&words);
    feed_base(feed, &words);
    json_add_member(out, "home_page_url", words.bytes);
    text_addf(&words, "%s.json", site_feed_name(feed));
    json_add_member(out, "feed_url", words.bytes);
    json_add_member(out, "language", feed_language(feed));
    add_author(out, feed->newest->issuer);
    json_add_name(out, "items");
    text_add_char(out, '[');
    for (size_t i = 0; i < feed->count; i++) {
        text_add(out, i > 0 ? ",\n" : "");
        add_item(out, feed->items[i]);
    }
    text_add(out, "]}\n");
    text_release(&words);
}
