#include "sandbox/container.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { LIST_DEFAULT = 25, LIST_MAX = 100, KEY_BYTES = 96, POSTS_WINDOW = 0 };
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define FIRST_CONTAINER UINT64_C(17890000000000000) /* beyond 2^53 */
#define FIRST_POST UINT64_C(18020000000000000)

static void answer_well(struct graph_call *call)
{
    call->exchange->answer.status = 200;
    sandbox_graph_headers(call->world, call->exchange, call->account, 0);
}

/* The token's own account: as "me", or by its id. */
static bool check_user(struct graph_call *call, const char *user)
{
    char made_up[24];

    if (!sandbox_graph_check_token(call) || !sandbox_graph_check_proof(call))
        return false;
    if (strcmp(user, "me") != 0)
        return sandbox_graph_check_page(call, user);
    if (call->account == NULL) {
        /* A token that is new: its account has a number that nobody else has. */
        snprintf(made_up, sizeof(made_up), "%" PRIu64,
                 UINT64_C(178400000000000) + sandbox_hash(call->token) % 1000000000000);
        return sandbox_graph_check_page(call, made_up);
    }
    call->outcome->account = call->account;
    return true;
}

static struct container *find_container(const struct graph_call *call, const char *id)
{
    char key[KEY_BYTES];

    snprintf(key, sizeof(key), "%u:%.64s", (unsigned)call->channel, id);
    return sandbox_table_get(&call->world->containers, key);
}

const struct container *sandbox_container_item(const struct graph_call *call, const char *id)
{
    const struct container *container = find_container(call, id);

    return container != NULL && container->is_item && container->account == call->account &&
                   strcmp(sandbox_container_state(container, call->world->now_ms), "FINISHED") == 0
               ? container
               : NULL;
}

/* What the pictures are, as JSON; NULL: none. The carousel's items bring theirs along. */
static char *make_raw(const struct graph_call *call)
{
    const char *image = sandbox_graph_get(call, "image_url");
    const char *alt = sandbox_graph_get(call, "alt_text");
    const char *children = sandbox_graph_get(call, "children");
    struct text raw;

    if (image == NULL && children == NULL)
        return NULL;
    text_init(&raw, SANDBOX_BODY_MAX_BYTES * 6);
    if (image != NULL) {
        text_add(&raw, "{\"url\":");
        sandbox_json_add(&raw, image, JSON_UTF8);
        text_add(&raw, ",\"alt\":");
        sandbox_json_add(&raw, alt != NULL ? alt : "", JSON_UTF8);
        text_add_char(&raw, '}');
    }
    while (children != NULL && *children != '\0') {
        char id[64];
        snprintf(id, sizeof(id), "%.*s", (int)strcspn(children, ","), children);
        text_add(&raw, raw.length > 0 ? "," : "");
        text_add(&raw, sandbox_container_item(call, id)->raw);
        children += strcspn(children, ",");
        children += *children == ',';
    }
    char *copy = memory_strdup(raw.bytes);
    text_release(&raw);
    return copy;
}

static void create(const struct container_kind *kind, struct graph_call *call, const char *user)
{
    struct world *world = call->world;
    char id[24], key[KEY_BYTES];
    const char *reply_to, *text;
    bool is_item;

    if (!sandbox_graph_read(call, kind->create_names) || !check_user(call, user))
        return;
    is_item = sandbox_graph_get(call, "is_carousel_item") != NULL;
    if (!kind->check(call, is_item))
        return;
    if (world->container_count == CONTAINERS_MAX) {
        sandbox_graph_trouble(world, call->exchange, TROUBLE_FULL, call->account, 0);
        return;
    }
    reply_to = sandbox_graph_get(call, "reply_to_id");
    text = sandbox_graph_get(call, kind->text_name);
    snprintf(id, sizeof(id), "%" PRIu64, FIRST_CONTAINER + (uint64_t)++world->container_count);
    struct container *container = memory_alloc(sizeof(*container));
    container->account = call->account;
    container->id = memory_strdup(id);
    container->text = memory_strdup(text != NULL ? text : "");
    container->raw = make_raw(call);
    container->reply_to =
        reply_to != NULL ? sandbox_post_by_id(world, call->channel, NULL, reply_to) : NULL;
    container->is_item = is_item;
    container->is_spoilt = world->container_spoilt;
    container->created_ms = world->now_ms;
    container->ready_ms = world->now_ms + world->container_delay_ms;
    container->previous = world->newest_container;
    world->newest_container = container;
    snprintf(key, sizeof(key), "%u:%s", (unsigned)call->channel, id);
    sandbox_table_put(&world->containers, key, container);
    answer_well(call);
    text_addf(&call->exchange->answer.body, "{\"id\":\"%s\"}", id);
}

static struct post *make_post(const struct container_kind *kind, struct graph_call *call,
                              const struct container *container)
{
    struct world *world = call->world;
    char id[24], url[200];
    struct text raw;

    snprintf(id, sizeof(id), "%" PRIu64,
             FIRST_POST + (uint64_t)world->post_count * 7 + world->seed % 1000000);
    struct post *post = sandbox_post_new(world, container->account, id, container->text,
                                         container->raw != NULL ? strlen(container->raw) : 0);
    if (post == NULL) {
        sandbox_graph_trouble(world, call->exchange, TROUBLE_FULL, call->account, 0);
        return NULL;
    }
    kind->write_url(post, url, sizeof(url));
    post->url = memory_strdup(url);
    post->reply_to = container->reply_to;
    if (container->raw != NULL) {
        text_init(&raw, SANDBOX_BODY_MAX_BYTES * 6);
        text_addf(&raw, "{\"pictures\":[%s]}", container->raw);
        post->raw = memory_strdup(raw.bytes);
        text_release(&raw);
    }
    return post;
}

static void publish(const struct container_kind *kind, struct graph_call *call, const char *user)
{
    static const char *const known[] = {"creation_id", "access_token", "appsecret_proof", NULL};
    const char *id;

    if (!sandbox_graph_read(call, known) || !check_user(call, user))
        return;
    id = sandbox_graph_get(call, "creation_id");
    struct container *container = id != NULL ? find_container(call, id) : NULL;
    bool is_ready =
        container != NULL && container->account == call->account && !container->is_item &&
        strcmp(sandbox_container_state(container, call->world->now_ms), "FINISHED") == 0;
    if (!is_ready) {
        kind->refuse_publish(call, container != NULL);
        return;
    }
    if (!sandbox_window_count(&call->account->windows[POSTS_WINDOW], call->world->now_ms, DAY_MS,
                              false, kind->posts_in_a_day, 1)) {
        kind->refuse_quota(call);
        return;
    }
    struct post *post = make_post(kind, call, container);
    if (post == NULL)
        return;
    container->published = post;
    call->outcome->post = post;
    call->outcome->acted = true;
    answer_well(call);
    text_addf(&call->exchange->answer.body, "{\"id\":\"%s\"}", post->id);
}

static void list(const struct container_kind *kind, struct graph_call *call, const char *user,
                 bool replies)
{
    static const char *const known[] = {"fields", "limit",        "after",           "since",
                                        "until",  "access_token", "appsecret_proof", NULL};
    struct text *body = &call->exchange->answer.body;
    char fields[GRAPH_FIELDS_MAX_BYTES];
    uint64_t limit, since, until, count = 0;

    if (!sandbox_graph_read(call, known) || !check_user(call, user) ||
        !sandbox_graph_fields(call, kind->post_names, "id", fields) ||
        !sandbox_graph_number(call, "limit", LIST_DEFAULT, 1, LIST_MAX, &limit) ||
        !sandbox_graph_number(call, "since", 0, 0, UINT32_MAX, &since) ||
        !sandbox_graph_number(call, "until", UINT32_MAX, 0, UINT32_MAX, &until))
        return;
    answer_well(call);
    text_add(body, "{\"data\":[");
    for (const struct post *post = call->account->newest; post != NULL && count < limit;
         post = post->previous) {
        uint64_t seconds = (uint64_t)post->created_ms / 1000;
        if (!sandbox_post_is_listed(call->world, post) || seconds < since || seconds > until ||
            (kind->replies_edge != NULL && (post->reply_to != NULL) != replies))
            continue;
        text_add(body, count++ > 0 ? "," : "");
        sandbox_container_post(body, kind, fields, post);
    }
    text_add(body, "],\"paging\":{\"cursors\":{\"before\":\"a\",\"after\":\"b\"}}}");
}

static void show_limit(const struct container_kind *kind, struct graph_call *call, const char *user)
{
    static const char *const known[] = {"fields", "since", "access_token", "appsecret_proof", NULL};
    static const char *const names[] = {"quota_usage", "config", "reply_quota_usage",
                                        "reply_config", NULL};
    char fields[GRAPH_FIELDS_MAX_BYTES];

    if (!sandbox_graph_read(call, known) || !check_user(call, user) ||
        !sandbox_graph_fields(call, names, "quota_usage", fields))
        return;
    answer_well(call);
    text_addf(&call->exchange->answer.body,
              "{\"data\":[{\"quota_usage\":%u,\"config\":{\"quota_total\":%u,"
              "\"quota_duration\":86400}}]}",
              call->account->windows[POSTS_WINDOW].used, kind->posts_in_a_day);
}

static void show_user(struct graph_call *call, const char *user)
{
    static const char *const known[] = {"fields", "access_token", "appsecret_proof", NULL};
    static const char *const names[] = {"id", "user_id", "username", "name", "account_type", NULL};
    struct text *body = &call->exchange->answer.body;
    char fields[GRAPH_FIELDS_MAX_BYTES];

    if (!sandbox_graph_read(call, known) || !check_user(call, user) ||
        !sandbox_graph_fields(call, names, "id", fields))
        return;
    answer_well(call);
    text_addf(body, "{\"id\":\"%s\",\"username\":\"user%s\"}", call->account->key,
              call->account->key);
}

/* A container, which has a state, or a post, which has none. */
static void show_object(const struct container_kind *kind, struct graph_call *call, const char *id)
{
    static const char *const known[] = {"fields", "access_token", "appsecret_proof", NULL};
    struct world *world = call->world;
    char fields[GRAPH_FIELDS_MAX_BYTES];
    const struct container *container;
    const struct post *post;

    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call))
        return;
    container = find_container(call, id);
    post = sandbox_post_by_id(world, call->channel, NULL, id);
    if (container != NULL && container->account == call->account) {
        if (!sandbox_graph_fields(call, kind->status_names, "id", fields))
            return;
        answer_well(call);
        sandbox_container_status(&call->exchange->answer.body, kind, fields, container,
                                 world->now_ms);
    } else if (post != NULL && post->deleted_ms == 0) {
        if (!sandbox_graph_fields(call, kind->post_names, "id", fields))
            return;
        answer_well(call);
        sandbox_container_post(&call->exchange->answer.body, kind, fields, post);
    } else {
        sandbox_graph_say(world, call->exchange, 400, 100, 33,
                          "Unsupported get request. Object with ID '%.60s' does not exist", id);
    }
}

static void delete_post(const struct container_kind *kind, struct graph_call *call, const char *id)
{
    static const char *const known[] = {"access_token", "appsecret_proof", NULL};
    struct world *world = call->world;

    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call) || !kind->may_delete(call))
        return;
    struct post *post = sandbox_post_by_id(world, call->channel, NULL, id);
    if (post == NULL || post->deleted_ms != 0 || post->account != call->account) {
        sandbox_graph_say(world, call->exchange, 400, 100, 33,
                          "Unsupported delete request. Object with ID '%.60s' does not exist", id);
        return;
    }
    sandbox_post_delete(world, post);
    call->outcome->account = call->account;
    call->outcome->post = post;
    call->outcome->acted = true;
    answer_well(call);
    text_addf(&call->exchange->answer.body, "{\"success\":true,\"deleted_id\":\"%s\"}", post->id);
}

/* The old token goes on working to its own end. */
static void refresh(const struct container_kind *kind, struct graph_call *call)
{
    static const char *const known[] = {"grant_type", "access_token", NULL};
    char trace[24], token[64];

    if (!sandbox_graph_read(call, known) || !sandbox_graph_check_token(call))
        return;
    if (sandbox_graph_get(call, "grant_type") == NULL ||
        strcmp(sandbox_graph_get(call, "grant_type"), kind->grant_type) != 0 ||
        strncmp(call->token, kind->token_prefix, strlen(kind->token_prefix)) != 0 ||
        call->account == NULL) {
        sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                          "Sorry, this content isn't available right now");
        return;
    }
    call->outcome->account = call->account;
    sandbox_trace_id(call->world, trace);
    snprintf(token, sizeof(token), "%s%s", kind->token_prefix, trace);
    sandbox_account_add_token(call->world, call->account, token);
    answer_well(call);
    text_addf(&call->exchange->answer.body,
              "{\"access_token\":\"%s\",\"token_type\":\"bearer\",\"expires_in\":5183944}", token);
}

static bool is(const char *part, const char *edge)
{
    return edge != NULL && strcmp(part, edge) == 0;
}

void sandbox_container_handle(const struct container_kind *kind, struct graph_call *call,
                              const char *const *parts, size_t count)
{
    const char *method = call->exchange->request.method;
    bool is_get = strcmp(method, "GET") == 0;
    bool is_post = strcmp(method, "POST") == 0;
    const char *edge = count == 2 ? parts[1] : "";

    if (count == 1 && is_get && strcmp(parts[0], "refresh_access_token") == 0)
        refresh(kind, call);
    else if (is_post && is(edge, kind->create_edge))
        create(kind, call, parts[0]);
    else if (is_post && is(edge, kind->publish_edge))
        publish(kind, call, parts[0]);
    else if (is_get && is(edge, kind->posts_edge))
        list(kind, call, parts[0], false);
    else if (is_get && is(edge, kind->replies_edge))
        list(kind, call, parts[0], true);
    else if (is_get && is(edge, kind->limit_edge))
        show_limit(kind, call, parts[0]);
    else if (count == 1 && is_get &&
             (strcmp(parts[0], "me") == 0 ||
              sandbox_account_by_key(call->world, call->channel, parts[0]) != NULL))
        show_user(call, parts[0]);
    else if (count == 1 && is_get && sandbox_is_number(parts[0]))
        show_object(kind, call, parts[0]);
    else if (count == 1 && strcmp(method, "DELETE") == 0 && sandbox_is_number(parts[0]))
        delete_post(kind, call, parts[0]);
    else
        sandbox_graph_trouble(call->world, call->exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

struct account *sandbox_container_identify(enum channel channel, const struct world *world,
                                           const struct request *request,
                                           const struct path_parts *path)
{
    const char *const name = "access_token";
    bool is_post = strcmp(request->method, "POST") == 0;
    struct parameters parameters = {.count = 0};
    struct account *account = NULL;
    int parsed =
        is_post ? sandbox_parameters_parse(&parameters, request->body.bytes, request->body.length)
                : sandbox_parameters_parse(&parameters, request->query, strlen(request->query));

    (void)path;
    if (parsed == 0 && sandbox_parameters_get(&parameters, name) != NULL)
        account =
            sandbox_account_by_token(world, channel, sandbox_parameters_get(&parameters, name));
    sandbox_parameters_release(&parameters);
    return account;
}

void sandbox_containers_forget(struct world *world)
{
    while (world->newest_container != NULL) {
        struct container *container = world->newest_container;
        world->newest_container = container->previous;
        memory_free(container->id);
        memory_free(container->text);
        memory_free(container->raw);
        memory_free(container);
    }
    world->container_count = 0;
    sandbox_table_release(&world->containers);
}
