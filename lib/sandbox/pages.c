/* What was posted, as a person would see it: HTML without scripts, and the way to the lists. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/memory.h"

#include "sandbox/media.h"
#include "sandbox/network.h"
#include "sandbox/world.h"

enum {
    SHOWN_MAX = 500, /* posts of one account on its page */
    CHAIN_MAX = 1000,
};

static const char *const channel_titles[CHANNEL_COUNT] = {
    [CHANNEL_FACEBOOK] = "Facebook", [CHANNEL_X] = "X",
    [CHANNEL_MASTODON] = "Mastodon", [CHANNEL_BLUESKY] = "Bluesky",
    [CHANNEL_TELEGRAM] = "Telegram", [CHANNEL_INSTAGRAM] = "Instagram",
    [CHANNEL_THREADS] = "Threads",   [CHANNEL_YOUTUBE] = "YouTube",
    [CHANNEL_WEBHOOK] = "Webhook",   [CHANNEL_WORDPRESS] = "WordPress",
    [CHANNEL_MICROPUB] = "Micropub",
};

static const char style[] =
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:46rem;padding:1rem;"
    "color:#1a1a1a;background:#fff;overflow-wrap:anywhere}"
    "a{color:#0b4f9e}h1{font-size:1.5rem;line-height:1.2}h2{font-size:1.2rem}"
    "ul,ol{list-style:none;margin:0;padding:0}"
    "article{border:1px solid #767676;border-radius:.5rem;padding:.75rem;margin:.75rem 0}"
    "article p{margin:0 0 .5rem;white-space:pre-wrap}article small{color:#4a4a4a}"
    "img,video{max-width:100%;height:auto}.reply{margin-left:1rem}.gone{background:#f3f3f3}"
    ".note{border-left:.3rem solid #8a5a00;padding-left:.75rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .4rem;"
    "border-bottom:1px solid #ccc;vertical-align:top}td.n,th.n{text-align:right}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#9cc4f5}"
    "article small{color:#bbb}.gone{background:#262626}}";

void sandbox_html_add(struct text *out, const char *string)
{
    for (; *string != '\0'; string++) {
        switch (*string) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        case '\'':
            text_add(out, "&#39;");
            break;
        default:
            text_add_char(out, *string);
        }
    }
}

static void add_percent_encoded(struct text *out, const char *string)
{
    for (const unsigned char *at = (const unsigned char *)string; *at != '\0'; at++) {
        if ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
            (*at >= 'A' && *at <= 'Z') || *at == '-' || *at == '_')
            text_add_char(out, (char)*at);
        else
            text_addf(out, "%%%02X", *at);
    }
}

static void page_start(struct exchange *exchange, unsigned status, const char *title)
{
    struct answer *answer = &exchange->answer;

    answer->status = status;
    sandbox_answer_header(answer, "content-type", "text/html; charset=utf-8");
    sandbox_answer_header(answer, "cache-control", "no-store");
    sandbox_answer_header(answer, "content-security-policy",
                          "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
                          "media-src 'self'; base-uri 'none'; "
                          "form-action 'none'; frame-ancestors 'none'");
    sandbox_answer_header(answer, "x-content-type-options", "nosniff");
    text_add(&answer->body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
                            "\n<meta name=\"viewport\" content=\"width=device-width, "
                            "initial-scale=1\">\n<title>");
    sandbox_html_add(&answer->body, title);
    text_addf(&answer->body, " – crisis sandbox</title>\n<style>%s</style>\n</head>\n<body>\n",
              style);
}

static void page_end(struct exchange *exchange)
{
    text_add(&exchange->answer.body, "</body>\n</html>\n");
}

struct group {
    const char *place, *name;
    size_t posts[CHANNEL_COUNT];
    size_t deleted;
};

static int group_compare(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->place, ((const struct group *)b)->place);
}

/* All municipalities with their counts, sorted; the caller frees. */
static struct group *groups_make(const struct world *world, size_t *count)
{
    struct group *groups = memory_alloc_array(world->account_count + 1, sizeof(*groups));
    struct table places;

    *count = 0;
    sandbox_table_init(&places);
    for (size_t i = 0; i < world->account_count; i++) {
        const struct account *account = world->accounts[i];
        const char *place = sandbox_account_place(account);
        struct group *group = sandbox_table_get(&places, place);
        if (group == NULL) {
            group = &groups[(*count)++];
            group->place = place;
            sandbox_table_put(&places, place, group);
        }
        if (group->name == NULL)
            group->name = account->name;
        group->posts[account->channel] += account->post_count - account->deleted_count;
        group->deleted += account->deleted_count;
    }
    sandbox_table_release(&places);
    qsort(groups, *count, sizeof(*groups), group_compare);
    return groups;
}

static void index_row(struct text *body, const struct group *group)
{
    text_add(body, "<tr><th scope=\"row\"><a href=\"/_sandbox/municipality/");
    add_percent_encoded(body, group->place);
    text_add(body, "\">");
    sandbox_html_add(body, group->place);
    if (group->name != NULL) {
        text_add_char(body, ' ');
        sandbox_html_add(body, group->name);
    }
    text_add(body, "</a></th>");
    for (size_t i = 1; i < CHANNEL_COUNT; i++)
        text_addf(body, "<td class=\"n\">%zu</td>", group->posts[i]);
    text_addf(body, "<td class=\"n\">%zu</td></tr>\n", group->deleted);
}

static void page_index(const struct world *world, struct exchange *exchange)
{
    struct text *body = &exchange->answer.body;
    size_t count;
    struct group *groups = groups_make(world, &count);

    page_start(exchange, 200, "Municipalities");
    text_add(body, "<main>\n<h1>Sandbox: what was posted</h1>\n<p class=\"note\">Nothing here left "
                   "this machine.</p>\n");
    text_addf(body,
              "<p>%" PRIu64 " posts, %" PRIu64 " deleted, %" PRIu64 " requests. As JSON: "
              "<a href=\"/_sandbox/posts\">posts</a>, <a href=\"/_sandbox/log\">log</a>, "
              "<a href=\"/_sandbox/stats\">counts</a>.</p>\n",
              world->counts.posts, world->counts.deletions, world->counts.requests);
    if (count == 0) {
        text_add(body, "<p>No municipality is known yet.</p>\n");
    } else {
        text_add(body, "<table>\n<caption>Posts by municipality</caption>\n<thead><tr>"
                       "<th scope=\"col\">Municipality</th>");
        for (size_t i = 1; i < CHANNEL_COUNT; i++)
            text_addf(body, "<th scope=\"col\" class=\"n\">%s</th>", channel_titles[i]);
        text_add(body, "<th scope=\"col\" class=\"n\">Deleted</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < count; i++)
            index_row(body, &groups[i]);
        text_add(body, "</tbody>\n</table>\n");
    }
    text_add(body, "</main>\n");
    page_end(exchange);
    memory_free(groups);
}

static uint64_t thread_of(const struct post *post)
{
    for (int i = 0; i < CHAIN_MAX && post->reply_to != NULL; i++)
        post = post->reply_to;
    return post->number;
}

struct shown {
    const struct post *post;
    uint64_t thread;
};

/* The newest thread first, and each in the order it was written. */
static int shown_compare(const void *a, const void *b)
{
    const struct shown *left = a, *right = b;

    if (left->thread != right->thread)
        return left->thread > right->thread ? -1 : 1;
    return left->post->number < right->post->number ? -1 : 1;
}

static void add_time(struct text *body, const char *label, int64_t unix_ms)
{
    char time[RFC3339_SIZE];

    rfc3339_format(unix_ms, time);
    text_addf(body, "%s <time datetime=\"%s\">%.10s %.8s UTC</time>", label, time, time, time + 11);
}

static void add_article(struct text *body, const struct post *post)
{
    bool gone = post->deleted_ms != 0;

    text_addf(body, "<li><article class=\"%s %s\">", post->reply_to != NULL ? "reply" : "first",
              gone ? "gone" : "stands");
    text_add(body, "<p");
    if (post->language != NULL) {
        text_add(body, " lang=\"");
        sandbox_html_add(body, post->language);
        text_add_char(body, '"');
    }
    text_add(body, gone ? "><del>" : ">");
    sandbox_html_add(body, post->text);
    text_add(body, gone ? "</del></p>\n" : "</p>\n");
    sandbox_media_page(body, post);
    text_add(body, "<small>");
    add_time(body, "Posted", post->created_ms);
    if (gone)
        add_time(body, ". Deleted", post->deleted_ms);
    text_add(body, ". <code>");
    sandbox_html_add(body, post->id);
    text_add(body, "</code></small></article></li>\n");
}

static void add_account(struct text *body, const struct account *account)
{
    struct shown *shown = memory_alloc_array(SHOWN_MAX, sizeof(*shown));
    size_t count = 0;

    text_addf(body, "<section>\n<h2>%s: ", channel_titles[account->channel]);
    sandbox_html_add(body, account->name != NULL ? account->name : account->key);
    text_add(body, "</h2>\n");
    for (const struct post *post = account->newest; post != NULL && count < SHOWN_MAX;
         post = post->previous)
        shown[count++] = (struct shown){post, thread_of(post)};
    qsort(shown, count, sizeof(*shown), shown_compare);
    if (count == 0)
        text_add(body, "<p>Nothing was posted here.</p>\n");
    else
        text_add(body, "<ol>\n");
    for (size_t i = 0; i < count; i++)
        add_article(body, shown[i].post);
    if (count > 0)
        text_add(body, "</ol>\n");
    if (account->post_count > count)
        text_addf(body, "<p>%zu older posts are not shown.</p>\n", account->post_count - count);
    text_add(body, "</section>\n");
    memory_free(shown);
}

static void page_not_found(struct exchange *exchange)
{
    page_start(exchange, 404, "Not found");
    text_add(&exchange->answer.body, "<main><h1>Not found</h1>\n<p><a href=\"/\">All "
                                     "municipalities</a></p></main>\n");
    page_end(exchange);
}

static void page_municipality(const struct world *world, struct exchange *exchange,
                              const char *place)
{
    struct text *body = &exchange->answer.body;
    const char *name = NULL;
    bool known = false;

    for (size_t i = 0; i < world->account_count; i++) {
        if (strcmp(sandbox_account_place(world->accounts[i]), place) != 0)
            continue;
        known = true;
        if (name == NULL)
            name = world->accounts[i]->name;
    }
    if (!known) {
        page_not_found(exchange);
        return;
    }
    page_start(exchange, 200, name != NULL ? name : place);
    text_add(body, "<nav><a href=\"/\">All municipalities</a></nav>\n<main>\n<h1>");
    sandbox_html_add(body, name != NULL ? name : place);
    text_add(body, "</h1>\n<p class=\"note\">A sandbox: nothing here left this machine.</p>\n");
    for (size_t i = 0; i < world->account_count; i++) {
        if (strcmp(sandbox_account_place(world->accounts[i]), place) == 0)
            add_account(body, world->accounts[i]);
    }
    text_add(body, "</main>\n");
    page_end(exchange);
}

static void say(struct exchange *exchange, unsigned status, const char *json)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json");
    text_add(&exchange->answer.body, json);
}

static void pages_route(struct world *world, struct exchange *exchange, const char *path)
{
    static const char municipality[] = "/_sandbox/municipality/", media[] = "/_sandbox/media/";
    struct path_parts parts;

    if (strcmp(path, "/") == 0)
        page_index(world, exchange);
    else if (strcmp(path, "/_sandbox/posts") == 0)
        sandbox_listing_posts(world, exchange);
    else if (strcmp(path, "/_sandbox/log") == 0)
        sandbox_listing_log(world, exchange);
    else if (strcmp(path, "/_sandbox/stats") == 0)
        sandbox_listing_stats(world, exchange);
    else if (strncmp(path, municipality, sizeof(municipality) - 1) == 0 &&
             sandbox_path_split(&parts, path) && parts.count == 3)
        page_municipality(world, exchange, parts.items[2]);
    else if (strncmp(path, media, sizeof(media) - 1) == 0 &&
             sandbox_media_answer(world, exchange, path + sizeof(media) - 1))
        return;
    else
        page_not_found(exchange);
}

void sandbox_pages_handle(struct world *world, struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    bool is_reset = strcmp(request->path, "/_sandbox/reset") == 0;

    if (request->head_too_large) {
        say(exchange, 431, "{\"error\":\"the headers are too large\"}\n");
    } else if (request->body_too_large) {
        say(exchange, 413, "{\"error\":\"the body is too large\"}\n");
    } else if (is_reset && strcmp(request->method, "POST") == 0) {
        sandbox_world_reset(world);
        say(exchange, 200, "{\"reset\":true}\n");
    } else if (is_reset || strcmp(request->method, "GET") != 0) {
        sandbox_answer_header(&exchange->answer, "allow", is_reset ? "POST" : "GET");
        say(exchange, 405, "{\"error\":\"method not allowed\"}\n");
    } else {
        pages_route(world, exchange, request->path);
    }
}
