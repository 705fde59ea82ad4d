/* Instagram's professional accounts:
 * https://developers.facebook.com/docs/instagram-platform/content-publishing */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sandbox/container.h"

enum {
    CAPTION_MAX = 2200,
    HASHTAGS_MAX = 30,
    NAMES_MAX = 20,
    ALT_MAX = 1000,
    CAROUSEL_LEAST = 2,
    CAROUSEL_MAX = 10,
    POSTS_IN_A_DAY = 50,
};

static bool say(struct graph_call *call, unsigned status, int code, int subcode,
                const char *message)
{
    return sandbox_graph_say(call->world, call->exchange, status, code, subcode, "%s", message);
}

static size_t count_marks(const char *text, char mark)
{
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at++)
        count += *at == mark && at[1] > ' ' && (at == text || strchr(" \n\t(", at[-1]) != NULL);
    return count;
}

static bool check_caption(struct graph_call *call)
{
    const char *caption = sandbox_graph_get(call, "caption");

    if (caption == NULL)
        return true;
    if (sandbox_utf16_length(caption) > CAPTION_MAX)
        return say(call, 400, 36004, 2207010, "The caption was too long.");
    if (count_marks(caption, '#') > HASHTAGS_MAX)
        return say(call, 400, 36004, 2207010, "The caption has too many hashtags.");
    if (count_marks(caption, '@') > NAMES_MAX)
        return say(call, 400, 100, 2207040, "Cannot use more than 20 tags per created media.");
    return true;
}

static bool is_jpeg(const char *url)
{
    size_t length = strcspn(url, "?#");

    return (length > 4 && strncasecmp(url + length - 4, ".jpg", 4) == 0) ||
           (length > 5 && strncasecmp(url + length - 5, ".jpeg", 5) == 0);
}

static bool check_picture(struct graph_call *call)
{
    const char *url = sandbox_graph_get(call, "image_url");
    const char *alt = sandbox_graph_get(call, "alt_text");

    if (url == NULL || *url == '\0')
        return say(call, 400, 100, 0, "The parameter image_url is required");
    if (strncmp(url, "https://", 8) != 0)
        return say(call, 400, 9004, 2207052, "The media could not be fetched from this URI");
    if (!is_jpeg(url))
        return say(call, 400, 36001, 2207005, "The image format is not supported.");
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
            return say(call, 400, 24, 2207006, "The media with that id cannot be found");
        count++;
        at += strcspn(at, ",");
        at += *at == ',';
    }
    if (count < CAROUSEL_LEAST || count > CAROUSEL_MAX)
        return say(call, 400, 100, 2207028, "A carousel has 2 to 10 items");
    return true;
}

static bool instagram_check(struct graph_call *call, bool is_item)
{
    const char *type = sandbox_graph_get(call, "media_type");

    if (type != NULL && strcmp(type, "CAROUSEL") != 0)
        return say(call, 400, 100, 2207023, "The media type is unknown");
    if (is_item && (type != NULL || sandbox_graph_get(call, "caption") != NULL))
        return say(call, 400, 100, 0, "A carousel's item is a picture without a caption");
    if (!check_caption(call))
        return false;
    return type != NULL ? check_children(call) : check_picture(call);
}

static bool instagram_refuse_publish(struct graph_call *call, bool exists)
{
    if (exists)
        return say(call, 400, 9007, 2207027, "Media ID is not available");
    return say(call, 400, 24, 2207006, "The media with that id cannot be found");
}

static bool instagram_refuse_quota(struct graph_call *call)
{
    return say(call, 403, 9, 2207042, "The account has reached its limit of posts of the day");
}

/* With Facebook Login only. */
static bool instagram_may_delete(struct graph_call *call)
{
    if (strncmp(call->token, "IG", 2) != 0)
        return true;
    return say(call, 403, 10, 0, "(#10) Application does not have permission for this action");
}

static void instagram_url(const struct post *post, char *out, size_t size)
{
    snprintf(out, size, "https://www.instagram.com/p/B%s", post->id);
}

static const char *const create_names[] = {"image_url",    "caption",         "alt_text",
                                           "media_type",   "children",        "is_carousel_item",
                                           "access_token", "appsecret_proof", NULL};
static const char *const status_names[] = {"id", "status_code", "status", NULL};
static const char *const post_names[] = {"id",        "caption",  "permalink", "timestamp",
                                         "shortcode", "username", NULL};

static const struct container_kind instagram = {
    .channel = CHANNEL_INSTAGRAM,
    .create_edge = "media",
    .publish_edge = "media_publish",
    .limit_edge = "content_publishing_limit",
    .posts_edge = "media",
    .create_names = create_names,
    .status_names = status_names,
    .post_names = post_names,
    .status_name = "status_code",
    .text_name = "caption",
    .grant_type = "ig_refresh_token",
    .token_prefix = "IGAA",
    .posts_in_a_day = POSTS_IN_A_DAY,
    .check = instagram_check,
    .refuse_publish = instagram_refuse_publish,
    .refuse_quota = instagram_refuse_quota,
    .may_delete = instagram_may_delete,
    .write_url = instagram_url,
};

static bool is_version(const char *part)
{
    return part[0] == 'v' && part[1] >= '1' && part[1] <= '9' && strchr(part, '.') != NULL;
}

static void instagram_handle(struct world *world, struct exchange *exchange,
                             const struct path_parts *path, struct outcome *outcome)
{
    struct graph_call call = {
        .world = world, .exchange = exchange, .outcome = outcome, .channel = CHANNEL_INSTAGRAM};
    size_t skip = path->count > 1 && is_version(path->items[0]) ? 1 : 0;

    sandbox_container_handle(&instagram, &call, path->items + skip, path->count - skip);
    sandbox_parameters_release(&call.parameters);
}

static struct account *instagram_identify(const struct world *world, const struct request *request,
                                          const struct path_parts *path)
{
    return sandbox_container_identify(CHANNEL_INSTAGRAM, world, request, path);
}

static bool instagram_refuse(struct world *world, struct exchange *exchange, int code)
{
    static const struct {
        int code, subcode;
        unsigned status;
        const char *message;
    } errors[] = {
        {9, 2207042, 403, "The account has reached its limit of posts of the day"},
        {24, 2207008, 400, "The media container is missing or has expired"},
        {25, 2207050, 400, "The account is restricted"},
        {9004, 2207052, 400, "The media could not be fetched from this URI"},
        {9007, 2207027, 400, "Media ID is not available"},
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code) {
            sandbox_graph_say(world, exchange, errors[i].status, code, errors[i].subcode, "%s",
                              errors[i].message);
            return true;
        }
    }
    return sandbox_graph_refuse(world, exchange, code);
}

const struct network sandbox_instagram = {
    .prefix = "/instagram",
    .identify = instagram_identify,
    .handle = instagram_handle,
    .trouble = sandbox_graph_trouble,
    .refuse = instagram_refuse,
};
