/* Threads: https://developers.facebook.com/docs/threads */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#include "sandbox/container.h"

enum {
    TEXT_MAX = 500,
    ALT_MAX = 1000,
    LINKS_MAX = 5,
    CAROUSEL_LEAST = 2,
    CAROUSEL_MAX = 20,
    POSTS_IN_A_DAY = 250,
};

static bool say(struct graph_call *call, unsigned status, int code, int subcode,
                const char *message)
{
    return sandbox_graph_say(call->world, call->exchange, status, code, subcode, "%s", message);
}

/* Pictures of the usual blocks, and what makes others of them: the least that the network counts.
 */
static bool is_emoji(uint32_t code_point)
{
    return (code_point >= 0x1f000 && code_point <= 0x1faff) || code_point == 0x200d ||
           code_point == 0xfe0f || code_point == 0x20e3;
}

static size_t threads_length(const char *text)
{
    size_t length = strlen(text), count = 0;

    for (size_t at = 0; at < length;) {
        uint32_t code_point = 0;
        size_t used = utf8_decode(text + at, length - at, &code_point);
        count += is_emoji(code_point) ? used : 1;
        at += used > 0 ? used : 1;
    }
    return count;
}

static size_t count_links(const char *text)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, "http")) != NULL; at += 4)
        count += strncmp(at, "https://", 8) == 0 || strncmp(at, "http://", 7) == 0;
    return count;
}

static bool check_picture(struct graph_call *call)
{
    const char *url = sandbox_graph_get(call, "image_url");
    const char *alt = sandbox_graph_get(call, "alt_text");

    if (url == NULL || strncmp(url, "https://", 8) != 0)
        return say(call, 400, 100, 0, "The parameter image_url is required and must be public");
    if (alt != NULL && sandbox_graphemes(alt, strlen(alt)) > ALT_MAX)
        return say(call, 400, 100, 0, "Param alt_text must be at most 1000 characters long.");
    return true;
}

static bool check_children(struct graph_call *call)
{
    const char *at = sandbox_graph_get(call, "children");
    size_t count = 0;

    while (at != NULL && *at != '\0') {
        char id[64];
        snprintf(id, sizeof(id), "%.*s", (int)strcspn(at, ","), at);
        if (sandbox_container_item(call, id) == NULL)
            return say(call, 400, 24, 4279009, "The requested resource does not exist");
        count++;
        at += strcspn(at, ",");
        at += *at == ',';
    }
    if (count < CAROUSEL_LEAST || count > CAROUSEL_MAX)
        return say(call, 400, 100, 0, "A carousel has 2 to 20 items");
    return true;
}

static bool check_text(struct graph_call *call, bool is_needed)
{
    const char *text = sandbox_graph_get(call, "text");
    const char *link = sandbox_graph_get(call, "link_attachment");

    if (text == NULL || *text == '\0')
        return is_needed ? say(call, 400, 100, 0, "The parameter text is required") : true;
    if (threads_length(text) > TEXT_MAX)
        return say(call, 400, 100, 0, "Param text must be at most 500 characters long.");
    if (count_links(text) + (link != NULL ? 1 : 0) > LINKS_MAX)
        return say(call, 400, 100, 0, "THREADS_API__LINK_LIMIT_EXCEEDED");
    return true;
}

static bool threads_check(struct graph_call *call, bool is_item)
{
    const char *type = sandbox_graph_get(call, "media_type");
    const char *reply_to = sandbox_graph_get(call, "reply_to_id");
    const struct post *post;
    bool is_text = type != NULL && strcmp(type, "TEXT") == 0;

    if (type == NULL || (!is_text && strcmp(type, "IMAGE") != 0 && strcmp(type, "CAROUSEL") != 0))
        return say(call, 400, 100, 0, "Param media_type must be one of {TEXT, IMAGE, CAROUSEL}");
    if (is_item && (strcmp(type, "IMAGE") != 0 || sandbox_graph_get(call, "text") != NULL))
        return say(call, 400, 100, 0, "A carousel's item is a picture without text");
    if (strcmp(type, "IMAGE") == 0 && !check_picture(call))
        return false;
    if (strcmp(type, "CAROUSEL") == 0 && !check_children(call))
        return false;
    if (is_text && (sandbox_graph_get(call, "image_url") != NULL ||
                    sandbox_graph_get(call, "alt_text") != NULL))
        return say(call, 400, 100, 0, "A post of text has no picture");
    if (reply_to != NULL) {
        post = sandbox_post_by_id(call->world, CHANNEL_THREADS, NULL, reply_to);
        if (post == NULL || post->deleted_ms != 0)
            return say(call, 400, 24, 4279009, "The requested resource does not exist");
    }
    return check_text(call, is_text);
}

/* It says the same of what is not there, not there yet, and not there any more. */
static bool threads_refuse_publish(struct graph_call *call, bool exists)
{
    (void)exists;
    return say(call, 400, 24, 4279009, "Media Not Found");
}

static bool threads_refuse_quota(struct graph_call *call)
{
    return say(call, 403, 613, 0, "Calls to this api have exceeded the rate limit.");
}

static bool threads_may_delete(struct graph_call *call)
{
    (void)call;
    return true;
}

static void threads_url(const struct post *post, char *out, size_t size)
{
    snprintf(out, size, "https://www.threads.net/@user%s/post/C%s", post->account->key, post->id);
}

static const char *const create_names[] = {
    "media_type",  "text",          "image_url", "alt_text",         "link_attachment",
    "reply_to_id", "reply_control", "children",  "is_carousel_item", "access_token",
    NULL};
static const char *const status_names[] = {"id", "status", "error_message", NULL};
static const char *const post_names[] = {"id",        "text",     "permalink", "timestamp",
                                         "shortcode", "username", NULL};

static const struct container_kind threads = {
    .channel = CHANNEL_THREADS,
    .create_edge = "threads",
    .publish_edge = "threads_publish",
    .limit_edge = "threads_publishing_limit",
    .posts_edge = "threads",
    .replies_edge = "replies",
    .create_names = create_names,
    .status_names = status_names,
    .post_names = post_names,
    .status_name = "status",
    .text_name = "text",
    .grant_type = "th_refresh_token",
    .token_prefix = "THAA",
    .posts_in_a_day = POSTS_IN_A_DAY,
    .check = threads_check,
    .refuse_publish = threads_refuse_publish,
    .refuse_quota = threads_refuse_quota,
    .may_delete = threads_may_delete,
    .write_url = threads_url,
};

/* Tokens are given without a version. */
static void threads_handle(struct world *world, struct exchange *exchange,
                           const struct path_parts *path, struct outcome *outcome)
{
    struct graph_call call = {
        .world = world, .exchange = exchange, .outcome = outcome, .channel = CHANNEL_THREADS};
    bool has_version = path->count > 1 && strcmp(path->items[0], "v1.0") == 0;
    bool is_token = path->count == 1 && strcmp(path->items[0], "refresh_access_token") == 0;

    if (has_version)
        sandbox_container_handle(&threads, &call, path->items + 1, path->count - 1);
    else if (is_token)
        sandbox_container_handle(&threads, &call, path->items, 1);
    else
        sandbox_graph_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
    sandbox_parameters_release(&call.parameters);
}

static struct account *threads_identify(const struct world *world, const struct request *request,
                                        const struct path_parts *path)
{
    return sandbox_container_identify(CHANNEL_THREADS, world, request, path);
}

static bool threads_refuse(struct world *world, struct exchange *exchange, int code)
{
    if (code != 24)
        return sandbox_graph_refuse(world, exchange, code);
    sandbox_graph_say(world, exchange, 400, 24, 4279009, "The requested resource does not exist");
    return true;
}

const struct network sandbox_threads = {
    .prefix = "/threads",
    .identify = threads_identify,
    .handle = threads_handle,
    .trouble = sandbox_graph_trouble,
    .refuse = threads_refuse,
};
