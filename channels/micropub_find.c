/*
 * A post in doubt, on sites that list what they have (q=source without an address, an extension
 * that many servers know). Ours has our slug in its address, or our text: servers may choose their
 * own addresses.
 */
#include <stdio.h>
#include <string.h>

#include "wire/form.h"

#include "channels/access_token.h"
#include "channels/link_back.h"
#include "channels/match.h"
#include "channels/micropub.h"
#include "channels/tasks.h"
#include "channels/web_text.h"

enum {
    LIST_LENGTH = 20,
    LIST_LEAST = 10, /* what sites show at once that do not know `limit` */
};

const char *micropub_slug(const char *page, size_t *length)
{
    size_t end = strcspn(page, "?");

    while (end > 0 && page[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && page[start - 1] != '/')
        start--;
    *length = end - start;
    return page + start;
}

/* Every property is a list; what counts is its first value. */
static const char *property(const struct json *item, const char *name)
{
    return json_text(json_item(json_get(item, "properties", name, NULL), 0), NULL);
}

static const char *content_of(const struct json *item)
{
    const struct json *content = json_item(json_get(item, "properties", "content", NULL), 0);
    const char *html = json_text(content, "html", NULL);

    if (!html)
        html = json_text(content, "value", NULL);
    return html ? html : json_text(content, NULL);
}

/* By the page's address, or by the slug that the site remembers. */
static bool has_slug(const char *slug, const char *page, const char *named, enum web_slug is)
{
    size_t length;
    const char *made = micropub_slug(page, &length);
    return web_slug_compare(slug, made, length) == is ||
           (named && web_slug_compare(slug, named, strlen(named)) == is);
}

/* Is our text, and what was put behind it, theirs? What the site kept is compared without its tags.
 */
static bool has_text(const struct channel_job *job, const struct json *item)
{
    const char *content = content_of(item);

    return content && link_back_match(job, content, MATCH_HTML);
}

enum looked { LOOKED_OURS, LOOKED_OTHER, LOOKED_MAYBE };

static enum looked look(const struct channel_job *job, const struct json *item, const char *slug,
                        const char *page)
{
    const char *named = property(item, "mp-slug");
    enum match_time time = match_created(property(item, "published"), job->first_sent_unix_ms);

    if (has_slug(slug, page, named, WEB_SLUG_OURS))
        return LOOKED_OURS;
    /* The same text goes out in several languages, and at the same time. */
    if (has_slug(slug, page, named, WEB_SLUG_FOREIGN))
        return LOOKED_OTHER;
    if (time == MATCH_BEFORE || match_known(job, page) || !has_text(job, item))
        return LOOKED_OTHER;
    return time == MATCH_SINCE ? LOOKED_OURS : LOOKED_MAYBE;
}

/* Does the list go back to before our request? Only then is what it does not have not there. It is
 * one from the newest to the oldest; a short one is all that the site has. */
static bool goes_back(const struct channel_job *job, const struct json *items)
{
    size_t count = json_count(items);
    bool is_before = false;

    if (count < LIST_LEAST)
        return true;
    for (size_t i = 0; i < count; i++) {
        const char *published = property(json_item(items, i), "published");
        enum match_time time = match_created(published, job->first_sent_unix_ms);
        if (time == MATCH_NO_TIME || (is_before && time != MATCH_BEFORE))
            return false;
        is_before = time == MATCH_BEFORE;
    }
    return is_before;
}

static enum channel_next take_list(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const struct json *items = json_get(root, "items", NULL);
    char slug[WEB_SLUG_SIZE];
    bool is_certain;

    if (!shared_is_success(reply) || !json_is_array(items) || !web_slug_write(job->key, slug))
        return micropub_end_refused(job, reply, root, EFFECT_NONE, action);
    is_certain = goes_back(job, items);
    for (size_t i = 0; i < json_count(items); i++) {
        const char *page = property(json_item(items, i), "url");
        struct post *post = &progress->posts[0];
        if (!page || !url_is_acceptable(page) || strlen(page) >= sizeof(post->id)) {
            is_certain = false;
            continue;
        }
        enum looked looked = look(job, json_item(items, i), slug, page);
        if (looked == LOOKED_OURS) {
            snprintf(post->id, sizeof(post->id), "%s", page);
            shared_copy_url(job, page, post->url, sizeof(post->url));
            progress->part = 1;
            progress->post_count = 1;
            return shared_end_well(reply, OUTCOME_POSTED, action);
        }
        is_certain = is_certain && looked == LOOKED_OTHER;
    }
    return shared_end_well(reply, is_certain ? OUTCOME_ABSENT : OUTCOME_UNKNOWN, action);
}

static enum channel_next send_list(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE], length[8];

    if (!micropub_endpoint(job, progress, endpoint))
        return micropub_send_discovery(job, progress, MICROPUB_FINDING_ENDPOINT, action);
    progress->stage = MICROPUB_FINDING;
    access_token_start_request(job, action, HTTP_GET, EFFECT_NONE, endpoint, "");
    query_add(&action->request.url, "q", "source");
    snprintf(length, sizeof(length), "%d", LIST_LENGTH);
    query_add(&action->request.url, "limit", length);
    return shared_send(job, action);
}

enum channel_next micropub_step_find(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action)
{
    enum channel_next next;

    if (reply && progress->stage == MICROPUB_FINDING_ENDPOINT) {
        if (!micropub_take_discovery(job, progress, reply, action, &next))
            return next;
        return send_list(job, progress, action);
    }
    if (!reply || progress->stage != MICROPUB_FINDING)
        return send_list(job, progress, action);
    return tasks_take(take_list, job, progress, reply, action);
}
