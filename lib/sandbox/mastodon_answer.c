/* How Mastodon counts, shows and refuses. */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"

#include "sandbox/mastodon.h"
#include "sandbox/media.h"

enum { CONTENT_MAX_BYTES = 256 * 1024, LIMIT = 300 };

static const struct {
    int code;
    const char *message;
} errors[] = {
    {400, "Invalid parameter"},
    {401, "The access token is invalid"},
    {403, "This action is not allowed"},
    {404, "Record not found"},
    {410, "Gone"},
    {422, "Validation failed: Text can't be blank"},
    {429, "Too many requests"},
    {500, "Internal Server Error"},
    {503, "There was a temporary problem serving your request, please try again"},
};

bool sandbox_mastodon_say(struct exchange *exchange, unsigned status, const char *message)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    text_add(&exchange->answer.body, "{\"error\":");
    sandbox_json_add(&exchange->answer.body, message, JSON_UTF8);
    text_add_char(&exchange->answer.body, '}');
    return false;
}

bool sandbox_mastodon_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code) {
            sandbox_mastodon_say(exchange, (unsigned)code, errors[i].message);
            return true;
        }
    }
    return false;
}

/* The time has microseconds, as the server's has. */
void sandbox_mastodon_rate_headers(struct exchange *exchange, unsigned limit, unsigned used,
                                   int64_t reset_ms)
{
    char time[RFC3339_SIZE];

    rfc3339_format_seconds((reset_ms + 999) / 1000 * 1000, time);
    sandbox_answer_header(&exchange->answer, "x-ratelimit-limit", "%u", limit);
    sandbox_answer_header(&exchange->answer, "x-ratelimit-remaining", "%u",
                          used < limit ? limit - used : 0);
    sandbox_answer_header(&exchange->answer, "x-ratelimit-reset", "%.19s.000000Z", time);
}

void sandbox_mastodon_trouble(struct world *world, struct exchange *exchange,
                              enum network_trouble trouble, const struct account *account,
                              int64_t seconds)
{
    (void)account;
    switch (trouble) {
    case TROUBLE_SERVER:
        sandbox_mastodon_refuse(world, exchange, 500);
        break;
    case TROUBLE_UNAVAILABLE:
        sandbox_mastodon_refuse(world, exchange, 503);
        break;
    case TROUBLE_LIMIT:
        sandbox_mastodon_rate_headers(exchange, LIMIT, LIMIT, world->now_ms + seconds * 1000);
        sandbox_mastodon_refuse(world, exchange, 429);
        break;
    case TROUBLE_EXPIRED:
        sandbox_mastodon_refuse(world, exchange, 401);
        break;
    case TROUBLE_DUPLICATE:
        sandbox_mastodon_say(exchange, 422, "Duplicate record");
        break;
    case TROUBLE_FULL:
        sandbox_mastodon_say(exchange, 507, "The sandbox keeps no more posts");
        break;
    case TROUBLE_NOT_FOUND:
        sandbox_mastodon_say(exchange, 404, "The page you are looking for isn't here.");
        break;
    case TROUBLE_BODY:
        sandbox_mastodon_say(exchange, 413, "Payload Too Large");
        break;
    case TROUBLE_HEAD:
        sandbox_mastodon_say(exchange, 431, "Request Header Fields Too Large");
        break;
    }
}

/* An address with its protocol that begins here: its length, without what belongs to the sentence
 * behind it. 0: there is none. */
static size_t link_length(const char *text, const char *at)
{
    size_t length;

    if (at > text && strchr(" \n\t(\"", at[-1]) == NULL)
        return 0;
    if (strncmp(at, "https://", 8) != 0 && strncmp(at, "http://", 7) != 0)
        return 0;
    length = strcspn(at, " \t\r\n\"<>)");
    while (length > 0 && strchr(".,;:!?", at[length - 1]) != NULL)
        length--;
    return length;
}

size_t sandbox_mastodon_length(const char *text)
{
    size_t count = 0;
    const char *plain = text;

    for (const char *at = text; *at != '\0';) {
        size_t length = link_length(text, at);
        if (length == 0) {
            at++;
            continue;
        }
        count += sandbox_graphemes(plain, (size_t)(at - plain)) + MASTODON_LINK_LENGTH;
        at += length;
        plain = at;
    }
    return count + sandbox_graphemes(plain, strlen(plain));
}

static void add_escaped(struct text *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '&')
            text_add(out, "&amp;");
        else if (bytes[i] == '<')
            text_add(out, "&lt;");
        else if (bytes[i] == '>')
            text_add(out, "&gt;");
        else if (bytes[i] == '"')
            text_add(out, "&quot;");
        else if (bytes[i] == '\'')
            text_add(out, "&#39;");
        else
            text_add_char(out, bytes[i]);
    }
}

static void add_link(struct text *out, const char *link, size_t length)
{
    static const size_t shown_max = 30;
    size_t protocol = strncmp(link, "https://www.", 12) == 0 ? 12
                      : strncmp(link, "https://", 8) == 0    ? 8
                                                             : 7;
    size_t shown = length > protocol + shown_max ? shown_max : length - protocol;

    text_add(out, "<a href=\"");
    add_escaped(out, link, length);
    text_add(out, "\" target=\"_blank\" rel=\"nofollow noopener\"><span class=\"invisible\">");
    add_escaped(out, link, protocol);
    text_addf(out, "</span><span class=\"%s\">", protocol + shown < length ? "ellipsis" : "");
    add_escaped(out, link + protocol, shown);
    text_add(out, "</span><span class=\"invisible\">");
    add_escaped(out, link + protocol + shown, length - protocol - shown);
    text_add(out, "</span></a>");
}

static void add_content(struct text *out, const char *text)
{
    text_add(out, "<p>");
    for (const char *at = text; *at != '\0';) {
        size_t link = link_length(text, at);
        if (link > 0) {
            add_link(out, at, link);
            at += link;
        } else if (at[0] == '\n' && at[1] == '\n') {
            text_add(out, "</p><p>");
            at += strspn(at, "\n");
        } else if (at[0] == '\n') {
            text_add(out, "<br />");
            at++;
        } else {
            add_escaped(out, at++, 1);
        }
    }
    text_add(out, "</p>");
}

void sandbox_mastodon_add_status(struct text *body, const struct post *post)
{
    char created[RFC3339_SIZE];
    struct text content;

    rfc3339_format(post->created_ms, created);
    text_init(&content, CONTENT_MAX_BYTES);
    add_content(&content, post->text);
    text_addf(body, "{\"id\":\"%s\",\"created_at\":\"%s\",\"in_reply_to_id\":", post->id, created);
    if (post->reply_to != NULL)
        text_addf(body, "\"%s\"", post->reply_to->id);
    else
        text_add(body, "null");
    text_add(body, ",\"sensitive\":false,\"spoiler_text\":\"\",\"language\":");
    if (post->language != NULL)
        sandbox_json_add(body, post->language, JSON_UTF8);
    else
        text_add(body, "null");
    text_addf(body, ",\"uri\":\"%s\",\"url\":\"%s\",\"content\":", post->url, post->url);
    sandbox_json_add(body, content.bytes, JSON_UTF8);
    text_add(body, ",\"media_attachments\":[");
    for (size_t i = 0; i < post->media_count; i++)
        text_addf(body, "%s{\"id\":\"%s\",\"type\":\"image\"}", i ? "," : "", post->media[i]->id);
    text_addf(body, "],\"account\":{\"id\":\"%s\"}}", post->account->key);
    text_release(&content);
}
