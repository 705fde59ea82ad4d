/* A site that takes posts by Micropub: https://www.w3.org/TR/micropub. Its front page is
 * /micropub/NAME, and names the endpoint /micropub/NAME/endpoint. A post is known by its address.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/civil_time.h"
#include "base/memory.h"

#include "sandbox/media.h"
#include "sandbox/multipart.h"
#include "sandbox/web_site.h"

enum { LIST_MAX = 100 };

static const struct {
    int code;
    const char *word, *description;
} errors[] = {
    {400, "invalid_request", "The request is not valid"},
    {401, "unauthorized", "The request has no access token"},
    {403, "forbidden", "The access token is not valid"},
    {404, "not_found", "Not found"},
    {413, "too_large", "The body is too large"},
    {429, "slow_down", "Too many requests"},
    {431, "too_large", "The headers are too large"},
    {500, "server_error", "Internal error"},
    {503, "unavailable", "Temporarily unavailable"},
    {507, "full", "The sandbox keeps no more posts"},
};

static bool micropub_say(struct exchange *exchange, unsigned status, const char *word,
                         const char *description)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json");
    text_add(body, "{\"error\":");
    sandbox_json_add(body, word, JSON_UTF8);
    text_add(body, ",\"error_description\":");
    sandbox_json_add(body, description, JSON_UTF8);
    text_add_char(body, '}');
    return false;
}

static bool micropub_invalid(struct exchange *exchange, const char *description)
{
    return micropub_say(exchange, 400, "invalid_request", description);
}

static bool micropub_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return !micropub_say(exchange, (unsigned)code, errors[i].word, errors[i].description);
    }
    return false;
}

static void micropub_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds)
{
    static const int codes[] = {
        [TROUBLE_SERVER] = 500,    [TROUBLE_UNAVAILABLE] = 503,
        [TROUBLE_LIMIT] = 429,     [TROUBLE_EXPIRED] = 403,
        [TROUBLE_FULL] = 507,      [TROUBLE_NOT_FOUND] = 404,
        [TROUBLE_BODY] = 413,      [TROUBLE_HEAD] = 431,
        [TROUBLE_DUPLICATE] = 400, /* it has no such refusal */
    };

    (void)account;
    if (trouble == TROUBLE_LIMIT || trouble == TROUBLE_UNAVAILABLE)
        sandbox_answer_header(&exchange->answer, "retry-after", "%" PRId64, seconds);
    micropub_refuse(world, exchange, codes[trouble]);
}

static struct account *micropub_identify(const struct world *world, const struct request *request,
                                         const struct path_parts *path)
{
    (void)request;
    return path->count > 0 ? sandbox_account_by_key(world, CHANNEL_MICROPUB, path->items[0]) : NULL;
}

static bool authorize(struct world *world, struct exchange *exchange, struct account *account)
{
    const char *token = sandbox_bearer_token(&exchange->request);

    if (token == NULL || !sandbox_token_is_formed(token))
        return micropub_refuse(world, exchange, 401) && false;
    if (account->token == NULL && !account->given)
        sandbox_account_set_token(world, account, token);
    if (account->token == NULL || strcmp(account->token, token) != 0)
        return micropub_refuse(world, exchange, 403) && false;
    return true;
}

/* The address of what the site has under this name. */
static void site_url(const struct exchange *exchange, const struct account *account,
                     const char *rest, struct text *out)
{
    text_addf(out, "https://%s/micropub/%s/%s", exchange->request.authority, account->key, rest);
}

static void answer_location(struct exchange *exchange, unsigned status, const char *url)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "location", "%s", url);
}

/* --- creating and deleting ------------------------------------------------------------------- */

/* Every property is a list; these are of one value. */
static const json_t *value_of(const json_t *properties, const char *name)
{
    const json_t *list = json_object_get(properties, name);

    return json_array_size(list) == 1 ? json_array_get(list, 0) : NULL;
}

static bool check_property(struct exchange *exchange, const json_t *properties, const char *name)
{
    const json_t *value = value_of(properties, name);
    const char *text = json_string_value(value);
    bool fine = false;

    if (strcmp(name, "name") == 0)
        fine = text != NULL && *text != '\0';
    else if (strcmp(name, "content") == 0)
        fine = text != NULL || json_is_string(json_object_get(value, "html"));
    else if (strcmp(name, "mp-slug") == 0)
        fine = text != NULL && sandbox_slug_is_formed(text);
    else if (strcmp(name, "post-status") == 0)
        fine = text != NULL && strcmp(text, "published") == 0;
    else if (strcmp(name, "photo") == 0)
        fine = json_array_size(json_object_get(properties, name)) > 0;
    return fine || micropub_invalid(exchange, "A property is unknown, or no list of what it wants");
}

static bool check_photos(struct exchange *exchange, const json_t *photos)
{
    const json_t *photo;
    size_t index;

    json_array_foreach(photos, index, photo)
    {
        const char *url = json_string_value(json_object_get(photo, "value"));
        if (url == NULL || strncmp(url, "https://", 8) != 0 ||
            json_string_length(json_object_get(photo, "alt")) == 0)
            return micropub_invalid(exchange, "A photo needs value and alt");
    }
    return true;
}

static bool check_entry(struct exchange *exchange, json_t *root)
{
    json_t *properties = json_object_get(root, "properties");
    const char *type = json_string_value(json_array_get(json_object_get(root, "type"), 0));
    const char *name;
    json_t *value;

    if (type == NULL || strcmp(type, "h-entry") != 0 || json_object_size(root) != 2 ||
        !json_is_object(properties))
        return micropub_invalid(exchange, "type and properties are needed, and nothing else");
    json_object_foreach(properties, name, value)
    {
        if (!check_property(exchange, properties, name))
            return false;
    }
    if (json_object_get(properties, "content") == NULL)
        return micropub_invalid(exchange, "There is no content");
    return check_photos(exchange, json_object_get(properties, "photo"));
}

/* Those that were uploaded here; the site would fetch others from where they are. */
static void attach_photos(const struct world *world, struct post *post, const json_t *photos)
{
    const json_t *photo;
    size_t index;

    json_array_foreach(photos, index, photo)
    {
        struct upload *upload = sandbox_upload_by_id(
            world, CHANNEL_MICROPUB, json_string_value(json_object_get(photo, "value")));
        if (upload != NULL && upload->account == post->account && sandbox_post_attach(post, upload))
            sandbox_upload_describe(upload, json_string_value(json_object_get(photo, "alt")));
    }
}

static struct post *make_post(struct world *world, struct exchange *exchange,
                              struct account *account, const json_t *properties)
{
    const json_t *content = value_of(properties, "content");
    const char *html = json_string_value(json_object_get(content, "html"));
    const char *name = json_string_value(value_of(properties, "name"));
    const char *slug = json_string_value(value_of(properties, "mp-slug"));
    struct post spare = {.account = account}; /* to choose the slug before there is an address */
    struct text text, url;
    struct post *post;

    text_init(&text, SANDBOX_BODY_MAX_BYTES);
    text_init(&url, SANDBOX_HEAD_MAX_BYTES);
    if (name != NULL)
        text_addf(&text, "%s\n\n", name);
    if (html != NULL)
        sandbox_html_text(&text, html);
    else
        text_add(&text, json_string_value(content));
    sandbox_slug_choose(&spare, slug != NULL ? slug : "post");
    site_url(exchange, account, spare.slug, &url);
    post = sandbox_post_new(world, account, url.bytes, text.bytes, exchange->request.body.length);
    if (post != NULL) {
        post->slug = spare.slug;
        post->url = memory_strdup(url.bytes);
        post->raw = memory_strdup(exchange->request.body.bytes);
        attach_photos(world, post, json_object_get(properties, "photo"));
    } else {
        memory_free(spare.slug);
        micropub_trouble(world, exchange, TROUBLE_FULL, account, 0);
    }
    text_release(&url);
    text_release(&text);
    return post;
}

/* A post of the site that stands; NULL: there is none of that address. */
static struct post *find_post(const struct world *world, const struct account *account,
                              const char *url)
{
    struct post *post = url != NULL ? sandbox_post_by_id(world, CHANNEL_MICROPUB, NULL, url) : NULL;

    return post != NULL && post->account == account && post->deleted_ms == 0 ? post : NULL;
}

static void micropub_delete(struct world *world, struct exchange *exchange, json_t *root,
                            struct outcome *outcome)
{
    const char *action = json_string_value(json_object_get(root, "action"));
    struct post *post =
        find_post(world, outcome->account, json_string_value(json_object_get(root, "url")));

    if (strcmp(action, "delete") != 0) {
        micropub_invalid(exchange, "The sandbox knows no such action");
    } else if (post == NULL) {
        micropub_invalid(exchange, "The post was not found");
    } else {
        sandbox_post_delete(world, post);
        outcome->post = post;
        outcome->acted = true;
        exchange->answer.status = 204;
    }
}

static void micropub_post(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    json_t *root;

    if (!sandbox_request_is_type(request, "application/json")) {
        micropub_invalid(exchange, "The sandbox takes application/json");
        return;
    }
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_string(json_object_get(root, "action"))) {
        micropub_delete(world, exchange, root, outcome);
    } else if (check_entry(exchange, root)) {
        outcome->post =
            make_post(world, exchange, outcome->account, json_object_get(root, "properties"));
        if (outcome->post != NULL) {
            outcome->acted = true;
            answer_location(exchange, 201, outcome->post->url);
        }
    }
    json_decref(root);
}

/* --- queries --------------------------------------------------------------------------------- */

static void add_source(struct text *body, const struct post *post)
{
    char time[RFC3339_SIZE];

    rfc3339_format_seconds(post->created_ms, time);
    text_add(body, "{\"type\":[\"h-entry\"],\"properties\":{\"url\":[");
    sandbox_json_add(body, post->url, JSON_UTF8);
    text_addf(body, "],\"published\":[\"%s\"],\"content\":[", time);
    sandbox_json_add(body, post->text, JSON_UTF8);
    text_add(body, "]}}");
}

static void list_sources(const struct world *world, struct exchange *exchange,
                         const struct account *account, const char *limit)
{
    struct text *body = &exchange->answer.body;
    unsigned long most = limit != NULL ? strtoul(limit, NULL, 10) : LIST_MAX;
    size_t count = 0;

    text_add(body, "{\"items\":[");
    for (const struct post *post = account->newest;
         post != NULL && count < most && count < LIST_MAX; post = post->previous) {
        if (!sandbox_post_is_listed(world, post))
            continue;
        text_add(body, count++ > 0 ? "," : "");
        add_source(body, post);
    }
    text_add(body, "]}");
}

static void add_config(struct exchange *exchange, const struct account *account)
{
    struct text url;

    text_init(&url, SANDBOX_HEAD_MAX_BYTES);
    site_url(exchange, account, "media", &url);
    text_add(&exchange->answer.body, "{\"media-endpoint\":");
    sandbox_json_add(&exchange->answer.body, url.bytes, JSON_UTF8);
    text_add_char(&exchange->answer.body, '}');
    text_release(&url);
}

static void micropub_query(struct world *world, struct exchange *exchange,
                           const struct account *account)
{
    static const char *const known[] = {"q", "url", "limit", NULL};
    const char *query = exchange->request.query;
    struct parameters parameters = {.count = 0};
    bool fine = sandbox_parameters_parse(&parameters, query, strlen(query)) == 0 &&
                parameters.repeated == NULL &&
                sandbox_parameters_unknown(&parameters, known) == NULL;
    const char *q = fine ? sandbox_parameters_get(&parameters, "q") : NULL;
    const char *url = fine ? sandbox_parameters_get(&parameters, "url") : NULL;
    const struct post *post = find_post(world, account, url);

    if (q == NULL || (strcmp(q, "config") != 0 && strcmp(q, "source") != 0)) {
        micropub_invalid(exchange, "The sandbox knows no such query");
    } else if (url != NULL && (post == NULL || !sandbox_post_is_listed(world, post))) {
        micropub_invalid(exchange, "The post was not found");
    } else {
        exchange->answer.status = 200;
        sandbox_answer_header(&exchange->answer, "content-type", "application/json");
        if (strcmp(q, "config") == 0)
            add_config(exchange, account);
        else if (post != NULL)
            add_source(&exchange->answer.body, post);
        else
            list_sources(world, exchange, account, sandbox_parameters_get(&parameters, "limit"));
    }
    sandbox_parameters_release(&parameters);
}

/* --- media ----------------------------------------------------------------------------------- */

static void keep_picture(struct world *world, struct exchange *exchange, struct outcome *outcome,
                         const struct form_part *file)
{
    char name[64];
    struct text url;

    text_init(&url, SANDBOX_HEAD_MAX_BYTES);
    snprintf(name, sizeof(name), "files/%" PRIu64, ++world->serial);
    site_url(exchange, outcome->account, name, &url);
    if (sandbox_upload_new(world, outcome->account, url.bytes, file->bytes, file->size, NULL) !=
        NULL) {
        outcome->acted = true;
        answer_location(exchange, 201, url.bytes);
    } else {
        micropub_trouble(world, exchange, TROUBLE_FULL, outcome->account, 0);
    }
    text_release(&url);
}

/* One part `file`, and nothing else. */
static void micropub_media(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    struct form form;
    bool fine = sandbox_form_parse(&form, &exchange->request) && form.count == 1;
    const struct form_part *file = fine ? sandbox_form_file(&form, "file") : NULL;
    const char *type = file != NULL ? sandbox_media_type(file->bytes, file->size) : NULL;

    if (type != NULL && file->type != NULL && strcmp(type, file->type) == 0)
        keep_picture(world, exchange, outcome, file);
    else
        micropub_invalid(exchange, "There is no file, or it is not what it says");
    sandbox_form_release(&form);
}

/* --- routes ---------------------------------------------------------------------------------- */

static void micropub_page(struct exchange *exchange, const struct account *account)
{
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "text/html; charset=utf-8");
    sandbox_answer_header(&exchange->answer, "link", "</micropub/%s/endpoint>; rel=\"micropub\"",
                          account->key);
}

static void micropub_handle(struct world *world, struct exchange *exchange,
                            const struct path_parts *path, struct outcome *outcome)
{
    const char *method = exchange->request.method;
    bool is_get = strcmp(method, "GET") == 0, is_post = strcmp(method, "POST") == 0;
    const char *what = path->count == 2 ? path->items[1] : "";
    bool is_page = path->count <= 2 && *what == '\0' && (is_get || strcmp(method, "HEAD") == 0);
    bool is_media = strcmp(what, "media") == 0 && is_post;
    bool is_endpoint = strcmp(what, "endpoint") == 0 && (is_get || is_post);

    outcome->account = sandbox_site(world, CHANNEL_MICROPUB, path->count > 0 ? path->items[0] : "");
    if (outcome->account == NULL || !(is_page || is_media || is_endpoint))
        micropub_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
    else if (is_page)
        micropub_page(exchange, outcome->account);
    else if (!authorize(world, exchange, outcome->account))
        return;
    else if (is_media)
        micropub_media(world, exchange, outcome);
    else if (is_post)
        micropub_post(world, exchange, outcome);
    else
        micropub_query(world, exchange, outcome->account);
}

const struct network sandbox_micropub = {
    .prefix = "/micropub",
    .identify = micropub_identify,
    .handle = micropub_handle,
    .trouble = micropub_trouble,
    .refuse = micropub_refuse,
};
