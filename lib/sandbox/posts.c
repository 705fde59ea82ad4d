#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "sandbox/media.h"
#include "sandbox/network.h"
#include "sandbox/world.h"

enum {
    POST_KEY_BYTES = 1024,
    LOG_PATH_MAX_BYTES = 300,
    LOG_METHOD_MAX_BYTES = 16,
};

/* A webhook's id is unique at its receiver only, a Telegram message's in its chat. */
static bool post_key(char out[POST_KEY_BYTES], enum channel channel, const struct account *account,
                     const char *id)
{
    bool is_local = channel == CHANNEL_WEBHOOK || channel == CHANNEL_TELEGRAM;
    const char *scope = is_local ? account->key : "";
    int length = snprintf(out, POST_KEY_BYTES, "%u:%s:%s", (unsigned)channel, scope, id);

    return length >= 0 && length < POST_KEY_BYTES;
}

struct post *sandbox_post_by_id(const struct world *world, enum channel channel,
                                const struct account *account, const char *id)
{
    char key[POST_KEY_BYTES];

    return post_key(key, channel, account, id) ? sandbox_table_get(&world->by_id, key) : NULL;
}

struct post *sandbox_post_new(struct world *world, struct account *account, const char *id,
                              const char *text, size_t raw_size)
{
    char key[POST_KEY_BYTES];
    size_t bytes = sizeof(struct post) + strlen(text) + raw_size + 2 * strlen(id);
    struct post *post;

    if (world->post_count == SANDBOX_POSTS_MAX || !post_key(key, account->channel, account, id) ||
        bytes > SANDBOX_POSTS_MAX_BYTES - world->post_bytes)
        return NULL;
    if (world->post_count == world->post_capacity) {
        world->post_capacity = world->post_capacity == 0 ? 1024 : world->post_capacity * 2;
        world->posts = memory_resize(world->posts, world->post_capacity * sizeof(*world->posts));
    }
    post = memory_alloc(sizeof(*post));
    post->number = world->post_count + 1;
    post->account = account;
    post->id = memory_strdup(id);
    post->text = memory_strdup(text);
    post->created_ms = world->now_ms;
    post->previous = account->newest;
    account->newest = post;
    account->post_count++;
    world->posts[world->post_count++] = post;
    world->post_bytes += bytes;
    world->counts.posts++;
    sandbox_table_put(&world->by_id, key, post);
    return post;
}

void sandbox_post_delete(struct world *world, struct post *post)
{
    if (post->deleted_ms != 0)
        return;
    post->deleted_ms = world->now_ms;
    post->account->deleted_count++;
    world->counts.deletions++;
}

bool sandbox_post_is_listed(const struct world *world, const struct post *post)
{
    return post->deleted_ms == 0 && post->listed_ms <= world->now_ms;
}

static void log_forget(struct world *world)
{
    for (size_t i = 0; i < world->log_count; i++) {
        memory_free(world->log[i].method);
        memory_free(world->log[i].path);
        memory_free(world->log[i].id);
    }
    memory_free(world->log);
    world->log = NULL;
    world->log_count = world->log_capacity = 0;
}

void sandbox_posts_forget(struct world *world)
{
    for (size_t i = 0; i < world->post_count; i++) {
        struct post *post = world->posts[i];
        memory_free(post->id);
        memory_free(post->url);
        memory_free(post->text);
        memory_free(post->language);
        memory_free(post->raw);
        memory_free(post->slug);
        memory_free(post);
    }
    memory_free(world->posts);
    world->posts = NULL;
    world->post_count = world->post_capacity = world->post_bytes = 0;
    sandbox_table_release(&world->by_id);
    sandbox_table_release(&world->by_text);
    sandbox_table_release(&world->by_post_key);
    sandbox_table_release(&world->retractions);
    sandbox_media_forget(world);
    log_forget(world);
}

static char *copy_shortened(const char *string, size_t max)
{
    size_t length = strnlen(string, max);
    char *copy = memory_alloc(length + 1);

    memcpy(copy, string, length);
    return copy;
}

/* Telegram's paths hold the bot's token. */
static char *copy_path(const struct request *request, enum channel channel)
{
    const char *bot = channel == CHANNEL_TELEGRAM ? strstr(request->path, "/bot") : NULL;
    struct text path;
    char *copy;

    text_init(&path, LOG_PATH_MAX_BYTES);
    if (bot != NULL) {
        bot += strlen("/bot");
        text_add_bytes(&path, request->path, (size_t)(bot - request->path));
        text_add(&path, "***");
        text_add(&path, bot + strcspn(bot, "/"));
    } else {
        text_add_bytes(&path, request->path, strnlen(request->path, LOG_PATH_MAX_BYTES));
    }
    copy = memory_strdup(path.bytes);
    text_release(&path);
    return copy;
}

static bool answer_is_given(enum answer_style style)
{
    return style == ANSWER_WHOLE || style == ANSWER_HALF;
}

void sandbox_log_add(struct world *world, const struct exchange *exchange,
                     const struct outcome *outcome, const char *fault)
{
    struct log_entry *entry;

    world->counts.requests++;
    if (fault != NULL)
        world->counts.faults++;
    if (world->log_count == SANDBOX_LOG_MAX)
        return;
    if (world->log_count == world->log_capacity) {
        world->log_capacity = world->log_capacity == 0 ? 1024 : world->log_capacity * 2;
        world->log = memory_resize(world->log, world->log_capacity * sizeof(*world->log));
    }
    entry = &world->log[world->log_count++];
    *entry = (struct log_entry){
        .time_ms = world->now_ms,
        .channel = outcome->channel,
        .acted = outcome->acted,
        .repeated = outcome->repeated,
        .status = answer_is_given(exchange->answer.style) ? exchange->answer.status : 0,
        .fault = fault,
        .connection = exchange->request.connection,
        .method = copy_shortened(exchange->request.method, LOG_METHOD_MAX_BYTES),
        .path = copy_path(&exchange->request, outcome->channel),
        .municipality = outcome->account != NULL ? sandbox_account_place(outcome->account) : NULL,
        .id = outcome->post != NULL ? memory_strdup(outcome->post->id) : NULL,
    };
}
