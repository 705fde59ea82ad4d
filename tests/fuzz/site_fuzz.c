/*
 * Records of messages, as they stand below public/ where anyone who keeps the web server may have
 * changed them: whatever is read, what is written from it is markup of ours alone.
 *
 * The bytes: records, with FUZZ_SEPARATOR between them. One that begins with '@' is an edit
 * (fuzz_change) of a whole one.
 */
#include "base/utf8.h"
#include "model/public_record.h"
#include "site/cap.h"
#include "site/feed.h"
#include "site/page.h"
#include "wire/json.h"

#include "fuzz.h"

enum { RECORDS_MAX = 6 };

static const char whole[] =
    "{\"format\":\"crisis-message/1\",\"key\":\"AAECAwQFBgcICQoLDA0ODw\",\"site\":"
    "\"https://krise.example.no\",\"path\":\"0301\",\"slug\":\"20261123-030412-alert-00010203\","
    "\"sender\":\"0301@krise.example.no\",\"sent\":\"2026-11-23T04:04:12+01:00\",\"expires\":"
    "\"2026-11-24T04:04:12+01:00\",\"document\":{\"title\":\"Vann\",\"kind\":\"alert\","
    "\"exercise\":false,\"run\":\"vann.1\",\"municipality\":{\"id\":\"0301\",\"name\":\"Oslo\","
    "\"county\":{\"name\":\"Oslo\"}},\"issuer\":\"Oslo\",\"cap\":{\"category\":\"Met\"},"
    "\"languages\":[\"nb\",\"se\"],\"texts\":{\"nb\":{\"headline\":\"Flom\",\"short\":\"Flom. Se "
    "https://x.no/.\"},\"se\":{\"long\":\"Dulvi.\"}},\"media\":[{\"url\":\"https://x.no/a.png\","
    "\"type\":\"image/png\",\"bytes\":12,\"alt\":{\"nb\":\"k\",\"se\":\"k\"}}]},\"retracted\":"
    "\"2026-11-23T05:00:00+01:00\"}";

/* No tag, no attribute and no entity that is not ours; no character that XML has not. */
static void require_ours(const struct text *out, const char *const *tags)
{
    size_t open = 0;

    require(!out->overflowed, "there is room");
    require(utf8_valid_prefix(out->bytes, out->length) == out->length, "it is UTF-8");
    for (const char *at = out->bytes; *at; at++) {
        require(*at == '\n' || *at == '\t' || (unsigned char)*at >= ' ', "no control character");
        require(*at != '&' || strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
                    strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0 ||
                    strncmp(at, "&#39;", 5) == 0,
                "every '&' is an entity of ours");
        if (*at != '<')
            continue;
        const char *name = at + 1 + (at[1] == '/');
        size_t length = strcspn(name, " />"), i = 0;
        while (tags[i] && (strlen(tags[i]) != length || strncmp(tags[i], name, length) != 0))
            i++;
        require(tags[i] != NULL, "every tag is one of ours");
        open++;
    }
    require(open > 0 && out->length == strlen(out->bytes), "it is whole");
}

static const char *const html_tags[] = {
    "!doctype", "html",   "head", "meta",    "title",   "link", "style", "body", "header",
    "main",     "footer", "nav",  "article", "section", "a",    "h1",    "h2",   "h3",
    "p",        "br",     "div",  "dl",      "dt",      "dd",   "ul",    "ol",   "li",
    "time",     "strong", "span", "code",    "img",     NULL};
static const char *const cap_tags[] = {
    "?xml",      "alert",        "identifier", "sender",     "sent",        "status",
    "msgType",   "scope",        "note",       "references", "info",        "language",
    "category",  "event",        "urgency",    "severity",   "certainty",   "responseType",
    "effective", "expires",      "senderName", "headline",   "description", "web",
    "parameter", "valueName",    "value",      "resource",   "mimeType",    "size",
    "uri",       "resourceDesc", "area",       "areaDesc",   "geocode",     NULL};
static const char *const feed_tags[] = {
    "?xml",      "feed",    "id",          "title",    "updated",       "author",    "name",
    "link",      "entry",   "rss",         "channel",  "item",          "summary",   "guid",
    "published", "pubDate", "description", "language", "lastBuildDate", "atom:link", NULL};

static void write_all(struct arena *arena, const struct site_messages *messages)
{
    struct text out;

    text_init(&out, SITE_FEED_MAX_BYTES);
    for (size_t i = 0; i < messages->count; i++) {
        const struct site_message *message = messages->items[i];
        text_reset(&out);
        site_cap_write(messages, message, &out);
        require_ours(&out, cap_tags);
        text_reset(&out);
        site_page_write(messages, message, message->expires.unix_ms, &out);
        require_ours(&out, html_tags);
    }
    text_reset(&out);
    site_index_write(messages, 0, &out);
    require_ours(&out, html_tags);
    text_reset(&out);
    site_national_index_write(messages, 1, 0, &out);
    require_ours(&out, html_tags);
    for (int i = 0; i < 2; i++) {
        struct site_feed feed = site_feed_make(arena, messages, 1, i == 1);
        feed.path = i == 1 ? "0301" : NULL;
        for (const struct site_feed_form *form = site_feed_forms; form->end; form++) {
            text_reset(&out);
            form->write(&feed, &out);
            if (strcmp(form->end, ".json") != 0) {
                require_ours(&out, feed_tags);
                continue;
            }
            struct json *root = json_parse(out.bytes, out.length);
            require(json_is_object(root), "a JSON feed is JSON");
            json_free(root);
        }
    }
    text_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct site_messages messages = {0};
    const char *fault;

    for (int i = 0; i < RECORDS_MAX && size > 0; i++) {
        char *bytes = fuzz_take_string(&data, &size);
        size_t length = strlen(bytes);
        if (bytes[0] == '@' && length > FUZZ_EDIT_HEAD) {
            size_t changed = sizeof(whole) - 1;
            char *edited = fuzz_change(whole, &changed, (const uint8_t *)bytes + 1, length - 1);
            free(bytes);
            bytes = edited;
            length = changed;
        }
        struct site_message *message = site_message_parse(arena, bytes, length, &fault);
        require((message == NULL) == (fault != NULL), "what is refused is told why");
        if (message) {
            require(public_slug_is_valid(message->slug) && public_path_is_valid(message->path),
                    "names are of files below public/");
            require(message->text_count > 0 && message->sent.unix_ms < message->expires.unix_ms,
                    "it says something, for some time");
            site_messages_add(arena, &messages, message);
        }
        free(bytes);
    }
    if (messages.count > 0) {
        site_messages_arrange(arena, &messages);
        write_all(arena, &messages);
    }
    arena_free(arena);
    return 0;
}
