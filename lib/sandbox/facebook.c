/* Facebook's Graph API, as far as a page's posts need it:
 * https://developers.facebook.com/docs/pages-api/posts */
#include "sandbox/facebook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "sandbox/media.h"

enum {
    MESSAGE_MAX_UNITS = 63206, /* UTF-16 */
    LIST_DEFAULT = 25,
    LIST_MAX = 100,
    VERSION_OLDEST = 21, /* an older one is served as this one */
    VERSION_NEWEST = 27,
    VERSION_DEFAULT = 25,
};
#define FIRST_POST_NUMBER UINT64_C(122100000000000000) /* beyond 2^53 */

static void call_succeed(struct graph_call *call)
{
    call->exchange->answer.status = 200;
    sandbox_graph_headers(call->world, call->exchange, call->account, 0);
}

static size_t utf16_units(const char *text)
{
    size_t units = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        units += (*at & 0xc0) != 0x80 ? (*at >= 0xf0 ? 2 : 1) : 0;
    return units;
}

static bool call_check_message(const struct graph_call *call, const char *message, const char *link)
{
    const char *published = sandbox_graph_get(call, "published");
    const struct post *last;

    if (published != NULL && strcmp(published, "true") != 0 && strcmp(published, "1") != 0)
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                 "(#100) The sandbox publishes at once; 'published' must be true");
    if (*message == '\0' && *link == '\0')
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                 "(#100) The parameter message or link is required");
    if (utf16_units(message) > MESSAGE_MAX_UNITS)
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                 "(#100) Param message must be at most %d characters",
                                 MESSAGE_MAX_UNITS);
    if (*link != '\0' && strncmp(link, "https://", 8) != 0 && strncmp(link, "http://", 7) != 0)
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 2061006,
                                 "(#100) link URL is not properly formatted");
    last = call->account->newest;
    while (last != NULL && last->deleted_ms != 0)
        last = last->previous;
    if (last != NULL && !call->world->duplicates_allowed && *message != '\0' &&
        strcmp(last->text, message) == 0) {
        sandbox_graph_trouble(call->world, call->exchange, TROUBLE_DUPLICATE, call->account, 0);
        return false;
    }
    return true;
}

static struct post *call_make_post(struct graph_call *call, const char *message, const char *link)
{
    char id[64];
    char url[160];
    uint64_t number =
        FIRST_POST_NUMBER + (uint64_t)call->world->post_count * 3 + call->world->seed % 1000000000;
    struct post *post;

    snprintf(id, sizeof(id), "%s_%" PRIu64, call->account->key, number);
    snprintf(url, sizeof(url), "https://www.facebook.com/%s/posts/%" PRIu64, call->account->key,
             number);
    post = sandbox_post_new(call->world, call->account, id, message, strlen(link));
    if (post == NULL) {
        sandbox_graph_trouble(call->world, call->exchange, TROUBLE_FULL, call->account, 0);
        return NULL;
    }
    post->url = memory_strdup(url);
    if (*link != '\0') {
        struct text raw;
        text_init(&raw, SANDBOX_BODY_MAX_BYTES * 6);
        text_add(&raw, "{\"link\":");
        sandbox_json_add(&raw, link, JSON_UTF8);
        text_add_char(&raw, '}');
        post->raw = memory_strdup(raw.bytes);
        text_release(&raw);
    }
    return post;
}

static void facebook_publish(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"message", "link",         "attached_media",  "published",
                                        "fields",  "access_token", "appsecret_proof", NULL};
    struct upload *photos[SANDBOX_POST_MEDIA_MAX];
    char fields[GRAPH_FIELDS_MAX_BYTES];
    const char *message, *link;
    size_t photo_count = 0;
    struct post *post;

    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call) || !sandbox_graph_check_page(call, page) ||
        !sandbox_graph_fields(call, sandbox_graph_post_fields, "id", fields))
        return;
    message = sandbox_graph_get(call, "message") != NULL ? sandbox_graph_get(call, "message") : "";
    link = sandbox_graph_get(call, "link") != NULL ? sandbox_graph_get(call, "link") : "";
    if (!call_check_message(call, message, link) ||
        !sandbox_graph_attached(call, photos, &photo_count))
        return;
    post = call_make_post(call, message, link);
    if (post == NULL)
        return;
    for (size_t i = 0; i < photo_count; i++)
        sandbox_post_attach(post, photos[i]);
    call->outcome->post = post;
    call->outcome->acted = true;
    call_succeed(call);
    sandbox_graph_object(&call->exchange->answer.body, fields, NULL, post);
}

static void facebook_list(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"fields", "limit",        "after",           "since",
                                        "until",  "access_token", "appsecret_proof", NULL};
    struct text *body = &call->exchange->answer.body;
    char fields[GRAPH_FIELDS_MAX_BYTES];
    uint64_t limit, after, since, until;
    uint64_t first = 0, last = 0, count = 0;
    bool more = false;

    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call) || !sandbox_graph_check_page(call, page) ||
        !sandbox_graph_fields(call, sandbox_graph_post_fields, "created_time,message,id", fields) ||
        !sandbox_graph_number(call, "limit", LIST_DEFAULT, 1, LIST_MAX, &limit) ||
        !sandbox_graph_number(call, "after", UINT64_MAX, 1, UINT64_MAX, &after) ||
        !sandbox_graph_number(call, "since", 0, 0, UINT32_MAX, &since) ||
        !sandbox_graph_number(call, "until", UINT32_MAX, 0, UINT32_MAX, &until))
        return;
    call_succeed(call);
    text_add(body, "{\"data\":[");
    for (const struct post *post = call->account->newest; post != NULL; post = post->previous) {
        uint64_t seconds = (uint64_t)post->created_ms / 1000;
        if (!sandbox_post_is_listed(call->world, post) || post->number >= after ||
            seconds < since || seconds > until)
            continue;
        more = count == limit;
        if (more)
            break;
        if (count++ > 0)
            text_add_char(body, ',');
        else
            first = post->number;
        last = post->number;
        sandbox_graph_object(body, fields, NULL, post);
    }
    text_add_char(body, ']');
    if (count > 0)
        text_addf(body,
                  ",\"paging\":{\"cursors\":{\"before\":\"%" PRIu64 "\",\"after\":\"%" PRIu64
                  "\"}%s}",
                  first, last, more ? ",\"next\":\"https:\\/\\/graph.facebook.com\\/\"" : "");
    text_add_char(body, '}');
}

static void facebook_page(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"fields", "access_token", "appsecret_proof", NULL};
    struct account made_up = {.channel = CHANNEL_FACEBOOK};
    char fields[GRAPH_FIELDS_MAX_BYTES];
    char key[24];

    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call))
        return;
    if (strcmp(page, "me") != 0 && !sandbox_graph_check_page(call, page))
        return;
    if (!sandbox_graph_fields(call, sandbox_graph_page_fields, "id,name", fields))
        return;
    if (call->account == NULL) {
        /* `me` with a token that no page has used yet: a page that nobody has. */
        snprintf(key, sizeof(key), "%" PRIu64,
                 UINT64_C(61000000000000) + sandbox_hash(call->token) % 1000000000000);
        made_up.key = key;
        call_succeed(call);
        sandbox_graph_object(&call->exchange->answer.body, fields, &made_up, NULL);
        return;
    }
    call->outcome->account = call->account;
    call_succeed(call);
    sandbox_graph_object(&call->exchange->answer.body, fields, call->account, NULL);
}

static void facebook_post(struct graph_call *call, const char *id, bool is_delete)
{
    static const char *const known[] = {"fields", "access_token", "appsecret_proof", NULL};
    char page[32];
    char fields[GRAPH_FIELDS_MAX_BYTES];
    struct post *post;

    snprintf(page, sizeof(page), "%.*s", (int)strcspn(id, "_"), id);
    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call) || !sandbox_graph_check_page(call, page) ||
        !sandbox_graph_fields(call, sandbox_graph_post_fields, "created_time,message,id", fields))
        return;
    post = sandbox_post_by_id(call->world, CHANNEL_FACEBOOK, NULL, id);
    if (post == NULL || post->deleted_ms != 0) {
        sandbox_graph_say(call->world, call->exchange, 400, 100, 33,
                          "Unsupported %s request. Object with ID '%.60s' does not exist",
                          is_delete ? "delete" : "get", id);
        return;
    }
    call->outcome->post = post;
    call_succeed(call);
    if (is_delete) {
        sandbox_post_delete(call->world, post);
        call->outcome->acted = true;
        text_add(&call->exchange->answer.body, "{\"success\":true}");
    } else {
        sandbox_graph_object(&call->exchange->answer.body, fields, NULL, post);
    }
}

static void facebook_debug_token(struct graph_call *call)
{
    static const char *const known[] = {"input_token", "access_token", "appsecret_proof", NULL};
    struct text *body = &call->exchange->answer.body;
    const struct account *account;
    const char *input;
    bool valid;

    if (!sandbox_graph_read(call, known))
        return;
    call->token = sandbox_graph_get(call, "access_token");
    input = sandbox_graph_get(call, "input_token");
    if (call->token == NULL || !sandbox_token_is_formed(call->token)) {
        sandbox_graph_say(call->world, call->exchange, 400, 104, 0,
                          "An access token is required to request this resource.");
        return;
    }
    if (input == NULL || *input == '\0') {
        sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                          "(#100) The parameter input_token is required");
        return;
    }
    account = sandbox_account_by_token(call->world, CHANNEL_FACEBOOK, input);
    valid = account != NULL || (!call->world->strict_accounts && sandbox_token_is_formed(input));
    call_succeed(call);
    if (!valid) {
        text_add(body, "{\"data\":{\"error\":{\"code\":190,\"message\":\"Invalid OAuth access "
                       "token.\"},\"is_valid\":false,\"scopes\":[]}}");
        return;
    }
    text_add(body, "{\"data\":{\"app_id\":\"138483919580948\",\"type\":\"PAGE\",\"application\":"
                   "\"Sandbox\",\"data_access_expires_at\":0,\"expires_at\":0,\"is_valid\":true,"
                   "\"scopes\":[\"pages_show_list\",\"pages_read_engagement\","
                   "\"pages_manage_posts\"]");
    if (account != NULL)
        text_addf(body,
                  ",\"granular_scopes\":[{\"scope\":\"pages_manage_posts\",\"target_ids\":"
                  "[\"%s\"]}],\"profile_id\":\"%s\"",
                  account->key, account->key);
    text_add(body, "}}");
}

/* The version in front of a path: its number, 0 for none, -1 for one that does not exist. */
static int facebook_version(const struct path_parts *path)
{
    const char *part = path->count > 0 ? path->items[0] : "";
    char *end;
    long version;

    if (part[0] != 'v' || part[1] < '0' || part[1] > '9')
        return 0;
    version = strtol(part + 1, &end, 10);
    if (strcmp(end, ".0") != 0 || version < 1 || version > VERSION_NEWEST)
        return -1;
    return version < VERSION_OLDEST ? VERSION_OLDEST : (int)version;
}

static bool is_post_id(const char *part)
{
    const char *mark = strchr(part, '_');
    size_t page = strspn(part, "0123456789");

    return mark == part + page && page >= 1 && page <= 19 && sandbox_is_number(mark + 1);
}

static void facebook_dispatch(struct graph_call *call, const char *const *parts, size_t count)
{
    const char *method = call->exchange->request.method;
    bool is_get = strcmp(method, "GET") == 0;
    bool is_post = strcmp(method, "POST") == 0;
    bool is_delete = strcmp(method, "DELETE") == 0;
    bool is_feed = count == 2 && strcmp(parts[1], "feed") == 0;
    bool is_list = count == 2 && (is_feed || strcmp(parts[1], "published_posts") == 0 ||
                                  strcmp(parts[1], "posts") == 0);

    if (count == 1 && is_get && strcmp(parts[0], "debug_token") == 0)
        facebook_debug_token(call);
    else if (is_feed && is_post)
        facebook_publish(call, parts[0]);
    else if (count == 2 && is_post && strcmp(parts[1], "photos") == 0)
        sandbox_graph_photo(call, parts[0]);
    else if (is_list && is_get)
        facebook_list(call, parts[0]);
    else if (count == 1 && (is_get || is_delete) && is_post_id(parts[0]))
        facebook_post(call, parts[0], is_delete);
    else if (count == 1 && is_get && *parts[0] != '\0')
        facebook_page(call, parts[0]);
    else if (is_list || (count == 1 && *parts[0] != '\0'))
        sandbox_graph_say(call->world, call->exchange, 400, 100, 33, "Unsupported %.10s request.",
                          method);
    else
        sandbox_graph_trouble(call->world, call->exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

static void facebook_handle(struct world *world, struct exchange *exchange,
                            const struct path_parts *path, struct outcome *outcome)
{
    struct graph_call call = {
        .world = world, .exchange = exchange, .outcome = outcome, .channel = CHANNEL_FACEBOOK};
    int version = facebook_version(path);
    size_t skip = version != 0 ? 1 : 0;

    if (version < 0 || path->count == skip) {
        sandbox_graph_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
        return;
    }
    sandbox_answer_header(&exchange->answer, "facebook-api-version", "v%d.0",
                          version != 0 ? version : VERSION_DEFAULT);
    facebook_dispatch(&call, path->items + skip, path->count - skip);
    sandbox_graph_release(&call);
}

/* By the page in the path: a token is not looked at. */
static struct account *facebook_identify(const struct world *world, const struct request *request,
                                         const struct path_parts *path)
{
    size_t at = facebook_version(path) != 0 ? 1 : 0;
    char page[32];

    (void)request;
    if (path->count <= at)
        return NULL;
    snprintf(page, sizeof(page), "%.*s", (int)strcspn(path->items[at], "_"), path->items[at]);
    return sandbox_account_by_key(world, CHANNEL_FACEBOOK, page);
}

const struct network sandbox_facebook = {
    .prefix = "/facebook",
    .identify = facebook_identify,
    .handle = facebook_handle,
    .trouble = sandbox_graph_trouble,
    .refuse = sandbox_graph_refuse,
};
