/* A site made with WordPress, as far as its posts need it:
 * https://developer.wordpress.org/rest-api/reference/posts */
#include "sandbox/wordpress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/encode.h"
#include "base/memory.h"

enum { CREDENTIAL_MAX_BYTES = 1024, PASSWORD_LENGTH = 24, CATEGORIES = 100 };

static struct account *wordpress_identify(const struct world *world, const struct request *request,
                                          const struct path_parts *path)
{
    (void)request;
    return path->count > 0 ? sandbox_account_by_key(world, CHANNEL_WORDPRESS, path->items[0])
                           : NULL;
}

/* --- who asks -------------------------------------------------------------------------------- */

/* "Basic …" → user and password, without the spaces in it. */
static bool read_basic(const struct request *request, struct text *user, struct text *password)
{
    const char *authorization = sandbox_request_value(request, "authorization");
    struct text pair;
    bool fine = false;

    if (authorization == NULL || strncasecmp(authorization, "Basic ", 6) != 0)
        return false;
    text_init(&pair, CREDENTIAL_MAX_BYTES);
    if (base64_decode(&pair, authorization + 6, strlen(authorization + 6))) {
        const char *colon = memchr(pair.bytes, ':', pair.length);
        fine = colon != NULL && colon > pair.bytes && strlen(pair.bytes) == pair.length;
        if (fine) {
            text_add_bytes(user, pair.bytes, (size_t)(colon - pair.bytes));
            for (const char *at = colon + 1; *at != '\0'; at++) {
                if (*at != ' ')
                    text_add_char(password, *at);
            }
        }
    }
    text_release(&pair);
    return fine && password->length == PASSWORD_LENGTH;
}

static bool password_fits(const char *kept, const char *given)
{
    for (; *kept != '\0'; kept++) {
        if (*kept != ' ' && *kept != *given++)
            return false;
    }
    return *given == '\0';
}

static bool is_known(struct account *account, const struct request *request)
{
    struct text user, password;
    bool fine;

    text_init(&user, CREDENTIAL_MAX_BYTES);
    text_init(&password, CREDENTIAL_MAX_BYTES);
    fine = read_basic(request, &user, &password);
    if (fine && account->user == NULL && !account->given) {
        account->user = memory_strdup(user.bytes);
        account->password = memory_strdup(password.bytes);
    }
    fine = fine && account->user != NULL && account->password != NULL &&
           strcmp(account->user, user.bytes) == 0 &&
           password_fits(account->password, password.bytes);
    text_release(&password);
    text_release(&user);
    return fine;
}

/* The code depends on what was wanted; the status does not. */
static bool authorize(struct exchange *exchange, struct outcome *outcome, const char *code)
{
    return is_known(outcome->account, &exchange->request) ||
           sandbox_wordpress_say(exchange, 401, code, "Sorry, you are not allowed to do that.");
}

/* --- creating -------------------------------------------------------------------------------- */

static bool refuse_parameter(struct exchange *exchange, const char *name)
{
    char message[128];

    snprintf(message, sizeof(message), "Invalid parameter(s): %.80s", name);
    return sandbox_wordpress_say(exchange, 400, "rest_invalid_param", message);
}

static bool check_member(const struct world *world, struct exchange *exchange,
                         const struct account *account, const char *name, const json_t *value)
{
    const char *text = json_string_value(value);
    bool fine = false;

    if (strcmp(name, "title") == 0 || strcmp(name, "content") == 0)
        fine = text != NULL;
    else if (strcmp(name, "slug") == 0)
        fine = text != NULL && sandbox_slug_is_formed(text);
    else if (strcmp(name, "status") == 0)
        fine = text != NULL && strcmp(text, "publish") == 0;
    else if (strcmp(name, "comment_status") == 0 || strcmp(name, "ping_status") == 0)
        fine = text != NULL && strcmp(text, "closed") == 0;
    else if (strcmp(name, "sticky") == 0)
        fine = json_is_boolean(value);
    else if (strcmp(name, "categories") == 0)
        fine = json_array_size(value) > 0 && json_is_integer(json_array_get(value, 0));
    else if (strcmp(name, "featured_media") == 0)
        fine = json_is_integer(value) &&
               sandbox_wordpress_media(world, account, json_integer_value(value)) != NULL;
    return fine || refuse_parameter(exchange, name);
}

static bool check_post(const struct world *world, struct exchange *exchange,
                       const struct account *account, json_t *root)
{
    const char *title = json_string_value(json_object_get(root, "title"));
    const char *content = json_string_value(json_object_get(root, "content"));
    const char *name;
    json_t *value;

    if (!json_is_object(root))
        return sandbox_wordpress_say(exchange, 400, "rest_invalid_json",
                                     "Invalid JSON body passed.");
    json_object_foreach(root, name, value)
    {
        if (!check_member(world, exchange, account, name, value))
            return false;
    }
    if ((title == NULL || *title == '\0') && (content == NULL || *content == '\0'))
        return sandbox_wordpress_say(exchange, 400, "empty_content",
                                     "Content, title, and excerpt are empty.");
    if (json_object_get(root, "slug") == NULL || json_object_get(root, "status") == NULL)
        return refuse_parameter(exchange, "slug, status");
    return true;
}

static void site_url(const struct exchange *exchange, const struct account *account,
                     const char *rest, struct text *out)
{
    text_addf(out, "https://%s/wordpress/%s/%s", exchange->request.authority, account->key, rest);
}

static struct post *make_post(struct world *world, struct exchange *exchange,
                              struct account *account, json_t *root)
{
    const char *content = json_string_value(json_object_get(root, "content"));
    const char *title = json_string_value(json_object_get(root, "title"));
    struct text text, url;
    char id[24];
    struct post *post;

    text_init(&text, SANDBOX_BODY_MAX_BYTES);
    text_init(&url, SANDBOX_HEAD_MAX_BYTES);
    sandbox_html_text(&text, title != NULL ? title : "");
    text_add(&text, text.length > 0 ? "\n\n" : "");
    sandbox_html_text(&text, content != NULL ? content : "");
    snprintf(id, sizeof(id), "%" PRId64, ++world->last_wordpress_id);
    post = sandbox_post_new(world, account, id, text.bytes, exchange->request.body.length);
    if (post != NULL) {
        post->raw = memory_strdup(exchange->request.body.bytes);
        sandbox_slug_choose(post, json_string_value(json_object_get(root, "slug")));
        site_url(exchange, account, post->slug, &url);
        post->url = memory_strdup(url.bytes);
        sandbox_wordpress_attach(world, post, content != NULL ? content : "");
    } else {
        sandbox_wordpress_trouble(world, exchange, TROUBLE_FULL, account, 0);
    }
    text_release(&url);
    text_release(&text);
    return post;
}

static void wordpress_create(struct world *world, struct exchange *exchange,
                             struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    json_t *root;

    if (!authorize(exchange, outcome, "rest_cannot_create"))
        return;
    if (!sandbox_request_is_type(request, "application/json")) {
        refuse_parameter(exchange, "the sandbox takes application/json");
        return;
    }
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (check_post(world, exchange, outcome->account, root))
        outcome->post = make_post(world, exchange, outcome->account, root);
    json_decref(root);
    if (outcome->post == NULL)
        return;
    outcome->acted = true;
    sandbox_wordpress_begin(exchange, 201);
    sandbox_wordpress_add_post(&exchange->answer.body, outcome->post);
}

/* --- reading and deleting -------------------------------------------------------------------- */

static bool read_query(struct exchange *exchange, const char *const *known, struct parameters *out)
{
    const char *query = exchange->request.query;

    if (sandbox_parameters_parse(out, query, strlen(query)) == 0 && out->repeated == NULL &&
        sandbox_parameters_unknown(out, known) == NULL)
        return true;
    return refuse_parameter(exchange, "the sandbox does not know one of them");
}

static bool is_value(const struct parameters *parameters, const char *name, const char *value)
{
    const char *given = sandbox_parameters_get(parameters, name);

    return given != NULL && strcmp(given, value) == 0;
}

static void wordpress_list(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    static const char *const known[] = {"slug", "status", "context", "_fields", NULL};
    struct text *body = &exchange->answer.body;
    struct parameters parameters = {.count = 0};
    const char *slug;
    bool first = true;

    if (!read_query(exchange, known, &parameters))
        goto out;
    if (is_value(&parameters, "context", "edit") &&
        !authorize(exchange, outcome, "rest_forbidden_context"))
        goto out;
    slug = sandbox_parameters_get(&parameters, "slug");
    if (slug == NULL || !is_value(&parameters, "context", "edit") ||
        !is_value(&parameters, "status", "any")) {
        refuse_parameter(exchange, "slug, status, context");
        goto out;
    }
    sandbox_wordpress_begin(exchange, 200);
    text_add_char(body, '[');
    for (const struct post *post = outcome->account->newest; post != NULL; post = post->previous) {
        if (!sandbox_post_is_listed(world, post) || strcmp(post->slug, slug) != 0)
            continue;
        text_add(body, first ? "" : ",");
        sandbox_wordpress_add_post(body, post);
        first = false;
    }
    text_add_char(body, ']');
out:
    sandbox_parameters_release(&parameters);
}

static void wordpress_delete(struct world *world, struct exchange *exchange, const char *id,
                             struct outcome *outcome)
{
    static const char *const known[] = {"force", "_fields", NULL};
    struct parameters parameters = {.count = 0};
    struct post *post = sandbox_post_by_id(world, CHANNEL_WORDPRESS, NULL, id);

    if (!authorize(exchange, outcome, "rest_cannot_delete") ||
        !read_query(exchange, known, &parameters))
        goto out;
    if (!is_value(&parameters, "force", "true")) {
        refuse_parameter(exchange, "force");
    } else if (post == NULL || post->account != outcome->account || post->deleted_ms != 0) {
        sandbox_wordpress_say(exchange, 404, "rest_post_invalid_id", "Invalid post ID.");
    } else {
        sandbox_post_delete(world, post);
        outcome->post = post;
        outcome->acted = true;
        sandbox_wordpress_begin(exchange, 200);
        text_add(&exchange->answer.body, "{\"deleted\":true}");
    }
out:
    sandbox_parameters_release(&parameters);
}

static void wordpress_user(struct exchange *exchange, struct outcome *outcome)
{
    const struct account *account = outcome->account;

    if (!authorize(exchange, outcome, "rest_not_logged_in"))
        return;
    sandbox_wordpress_begin(exchange, 200);
    text_add(&exchange->answer.body, "{\"name\":");
    sandbox_json_add(&exchange->answer.body, account->name != NULL ? account->name : account->user,
                     JSON_ASCII);
    text_add(&exchange->answer.body,
             ",\"capabilities\":{\"publish_posts\":true,\"upload_files\":true}}");
}

static void wordpress_category(struct exchange *exchange, const char *id)
{
    if (!sandbox_is_number(id) || strtoll(id, NULL, 10) > CATEGORIES) {
        sandbox_wordpress_say(exchange, 404, "rest_term_invalid", "Term does not exist.");
        return;
    }
    sandbox_wordpress_begin(exchange, 200);
    text_addf(&exchange->answer.body, "{\"id\":%s}", id);
}

/* The front page says where the API is; the API's own page what it takes. */
static void wordpress_page(struct exchange *exchange, const struct account *account, bool is_api)
{
    struct text url;

    text_init(&url, SANDBOX_HEAD_MAX_BYTES);
    site_url(exchange, account, is_api ? "wp-admin/authorize-application.php" : "wp-json/", &url);
    if (is_api) {
        sandbox_wordpress_begin(exchange, 200);
        text_add(&exchange->answer.body, "{\"namespaces\":[\"oembed/1.0\",\"wp/v2\"],"
                                         "\"authentication\":{\"application-passwords\":"
                                         "{\"endpoints\":{\"authorization\":");
        sandbox_json_add(&exchange->answer.body, url.bytes, JSON_ASCII);
        text_add(&exchange->answer.body, "}}}}");
    } else {
        exchange->answer.status = 200;
        sandbox_answer_header(&exchange->answer, "content-type", "text/html; charset=UTF-8");
        sandbox_answer_header(&exchange->answer, "link", "<%s>; rel=\"https://api.w.org/\"",
                              url.bytes);
    }
    text_release(&url);
}

/* --- routes ---------------------------------------------------------------------------------- */

static void wordpress_route(struct world *world, struct exchange *exchange,
                            const struct path_parts *path, struct outcome *outcome)
{
    const char *const *parts = path->items;
    const char *method = exchange->request.method;
    bool is_get = strcmp(method, "GET") == 0, is_post = strcmp(method, "POST") == 0;
    bool is_api = path->count >= 5 && strcmp(parts[1], "wp-json") == 0 &&
                  strcmp(parts[2], "wp") == 0 && strcmp(parts[3], "v2") == 0;
    const char *what = is_api ? parts[4] : "";
    bool is_item = path->count == 6;

    if (strcmp(what, "posts") == 0 && !is_item && is_post)
        wordpress_create(world, exchange, outcome);
    else if (strcmp(what, "posts") == 0 && !is_item && is_get)
        wordpress_list(world, exchange, outcome);
    else if (strcmp(what, "posts") == 0 && is_item && strcmp(method, "DELETE") == 0)
        wordpress_delete(world, exchange, parts[5], outcome);
    else if (strcmp(what, "media") == 0 && !is_item && is_post) {
        if (authorize(exchange, outcome, "rest_cannot_create"))
            sandbox_wordpress_upload(world, exchange, outcome);
    } else if (strcmp(what, "users") == 0 && is_item && is_get && strcmp(parts[5], "me") == 0)
        wordpress_user(exchange, outcome);
    else if (strcmp(what, "categories") == 0 && is_item && is_get)
        wordpress_category(exchange, parts[5]);
    else if (path->count == 3 && is_get && strcmp(parts[1], "wp-json") == 0 && *parts[2] == '\0')
        wordpress_page(exchange, outcome->account, true);
    else if (path->count == 2 && *parts[1] == '\0' && (is_get || strcmp(method, "HEAD") == 0))
        wordpress_page(exchange, outcome->account, false);
    else
        sandbox_wordpress_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

static void wordpress_handle(struct world *world, struct exchange *exchange,
                             const struct path_parts *path, struct outcome *outcome)
{
    outcome->account =
        sandbox_site(world, CHANNEL_WORDPRESS, path->count > 0 ? path->items[0] : "");
    if (outcome->account != NULL)
        wordpress_route(world, exchange, path, outcome);
    else
        sandbox_wordpress_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

const struct network sandbox_wordpress = {
    .prefix = "/wordpress",
    .identify = wordpress_identify,
    .handle = wordpress_handle,
    .trouble = sandbox_wordpress_trouble,
    .refuse = sandbox_wordpress_refuse,
};
