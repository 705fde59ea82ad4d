/* A user's posts, read back. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"

#include "sandbox/x.h"

enum {
    TIMELINE_MIN = 5,
    TIMELINE_MAX = 100,
    TIMELINE_DEFAULT = 10,
    WRAPPED_MAX_BYTES = 64 * 1024,
};

void sandbox_x_add_wrapped(struct text *out, const struct post *post)
{
    struct text wrapped;

    text_init(&wrapped, WRAPPED_MAX_BYTES);
    sandbox_x_wrap(&wrapped, post->text);
    if (post->media_count > 0)
        text_addf(&wrapped, " https://t.co/m%" PRIu64, post->number);
    sandbox_json_add(out, wrapped.bytes, JSON_UTF8);
    text_release(&wrapped);
}

struct timeline {
    const struct world *world;
    uint64_t max_results, since_id, until_id, before; /* before: number of a post, from a token */
    int64_t start_ms, end_ms;
    bool no_replies;
    const char *fields;
};

static bool timeline_number(struct exchange *exchange, const struct parameters *parameters,
                            const char *name, uint64_t *out)
{
    const char *value = sandbox_parameters_get(parameters, name);

    if (value == NULL)
        return true;
    if (!sandbox_is_number(value))
        return sandbox_x_invalid(exchange, name, value, "This must be a number of 1 to 19 digits");
    *out = strtoull(value, NULL, 10);
    return true;
}

static bool timeline_time(struct exchange *exchange, const struct parameters *parameters,
                          const char *name, int64_t *out)
{
    const char *value = sandbox_parameters_get(parameters, name);

    if (value == NULL)
        return true;
    if (value[strlen(value) > 0 ? strlen(value) - 1 : 0] != 'Z' || !rfc3339_parse(value, out))
        return sandbox_x_invalid(exchange, name, value,
                                 "This must be a time like 2026-01-02T03:04:05Z");
    return true;
}

static bool timeline_read(struct exchange *exchange, const struct parameters *parameters,
                          struct timeline *out)
{
    const char *exclude = sandbox_parameters_get(parameters, "exclude");
    const char *fields = sandbox_parameters_get(parameters, "tweet.fields");

    *out = (struct timeline){
        .world = out->world,
        .max_results = TIMELINE_DEFAULT,
        .until_id = UINT64_MAX,
        .before = UINT64_MAX,
        .end_ms = INT64_MAX,
    };
    if (fields == NULL)
        fields = sandbox_parameters_get(parameters, "post.fields");
    out->fields = fields != NULL ? fields : "";
    if (exclude != NULL && strcmp(exclude, "retweets") != 0 && strcmp(exclude, "replies") != 0 &&
        strcmp(exclude, "retweets,replies") != 0 && strcmp(exclude, "replies,retweets") != 0)
        return sandbox_x_invalid(exchange, "exclude", exclude,
                                 "exclude takes retweets and replies");
    out->no_replies = exclude != NULL && strstr(exclude, "replies") != NULL;
    if (!timeline_number(exchange, parameters, "max_results", &out->max_results) ||
        !timeline_number(exchange, parameters, "since_id", &out->since_id) ||
        !timeline_number(exchange, parameters, "until_id", &out->until_id) ||
        !timeline_number(exchange, parameters, "pagination_token", &out->before) ||
        !timeline_time(exchange, parameters, "start_time", &out->start_ms) ||
        !timeline_time(exchange, parameters, "end_time", &out->end_ms))
        return false;
    if (out->max_results < TIMELINE_MIN || out->max_results > TIMELINE_MAX)
        return sandbox_x_invalid(exchange, "max_results",
                                 sandbox_parameters_get(parameters, "max_results"),
                                 "max_results must be from 5 to 100");
    return true;
}

static bool timeline_has(const struct timeline *timeline, const struct post *post)
{
    uint64_t id = strtoull(post->id, NULL, 10);

    return sandbox_post_is_listed(timeline->world, post) && id > timeline->since_id &&
           id < timeline->until_id && post->number < timeline->before &&
           post->created_ms >= timeline->start_ms && post->created_ms < timeline->end_ms &&
           !(timeline->no_replies && post->reply_to != NULL);
}

static void timeline_add(struct text *body, const struct post *post, const char *fields)
{
    char created[RFC3339_SIZE];
    const struct post *first = post;

    text_addf(body, "{\"edit_history_tweet_ids\":[\"%s\"],\"id\":\"%s\",\"text\":", post->id,
              post->id);
    sandbox_x_add_wrapped(body, post);
    if (strstr(fields, "created_at") != NULL) {
        rfc3339_format(post->created_ms, created);
        text_addf(body, ",\"created_at\":\"%s\"", created);
    }
    if (strstr(fields, "author_id") != NULL)
        text_addf(body, ",\"author_id\":\"%s\"", post->account->key);
    if (strstr(fields, "conversation_id") != NULL) {
        while (first->reply_to != NULL)
            first = first->reply_to;
        text_addf(body, ",\"conversation_id\":\"%s\"", first->id);
    }
    if (strstr(fields, "referenced_tweets") != NULL && post->reply_to != NULL)
        text_addf(body, ",\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"%s\"}]",
                  post->reply_to->id);
    text_add_char(body, '}');
}

static void timeline_write(struct exchange *exchange, const struct account *user,
                           const struct timeline *timeline)
{
    struct text *body = &exchange->answer.body;
    const struct post *newest = NULL;
    const struct post *oldest = NULL;
    uint64_t count = 0;
    bool more = false;

    exchange->answer.status = 200;
    sandbox_x_headers(exchange);
    text_add_char(body, '{');
    for (const struct post *post = user->newest; post != NULL; post = post->previous) {
        if (!timeline_has(timeline, post))
            continue;
        more = count == timeline->max_results;
        if (more)
            break;
        text_add(body, count++ == 0 ? "\"data\":[" : ",");
        if (newest == NULL)
            newest = post;
        oldest = post;
        timeline_add(body, post, timeline->fields);
    }
    if (count > 0)
        text_add(body, "],");
    text_addf(body, "\"meta\":{\"result_count\":%" PRIu64, count);
    if (count > 0)
        text_addf(body, ",\"newest_id\":\"%s\",\"oldest_id\":\"%s\"", newest->id, oldest->id);
    if (more && oldest)
        text_addf(body, ",\"next_token\":\"%" PRIu64 "\"", oldest->number);
    text_add(body, "}}");
}

void sandbox_x_timeline(struct world *world, struct exchange *exchange, const char *id,
                        struct outcome *outcome)
{
    static const char *const known[] = {
        "max_results", "since_id",     "until_id",    "start_time",       "end_time",
        "exclude",     "tweet.fields", "post.fields", "pagination_token", NULL,
    };
    struct parameters parameters = {.count = 0};
    struct timeline timeline = {.world = world};
    struct account *user;

    if (!sandbox_x_authorize(world, exchange, outcome) ||
        !sandbox_x_count(world, exchange, outcome->account, X_TIMELINE) ||
        !sandbox_x_read_query(exchange, &parameters, known) ||
        !timeline_read(exchange, &parameters, &timeline))
        goto out;
    if (!sandbox_is_number(id)) {
        sandbox_x_invalid(exchange, "id", id, "The id must be a string of 1 to 19 digits");
        goto out;
    }
    user = sandbox_account_by_key(world, CHANNEL_X, id);
    if (user == NULL && !world->strict_accounts) {
        /* The user's own number, heard for the first time: the token's user has it from now on. */
        user = outcome->account;
        sandbox_account_set_key(world, user, id);
    }
    if (user == NULL)
        sandbox_x_not_found(exchange, "user", id);
    else
        timeline_write(exchange, user, &timeline);
out:
    sandbox_parameters_release(&parameters);
}
