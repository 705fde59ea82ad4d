/* What was posted and asked, as JSON for programs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"

#include "sandbox/media.h"
#include "sandbox/network.h"
#include "sandbox/world.h"

/* ?after=N&limit=N: items with a number over N, at most so many. */
static bool read_part(struct exchange *exchange, uint64_t *after, uint64_t *limit)
{
    static const char *const known[] = {"after", "limit", NULL};
    const char *query = exchange->request.query;
    struct parameters parameters = {.count = 0};
    const char *after_text, *limit_text;
    bool fine = sandbox_parameters_parse(&parameters, query, strlen(query)) == 0 &&
                parameters.repeated == NULL &&
                sandbox_parameters_unknown(&parameters, known) == NULL;

    *after = 0;
    *limit = UINT64_MAX;
    if (fine) {
        after_text = sandbox_parameters_get(&parameters, "after");
        limit_text = sandbox_parameters_get(&parameters, "limit");
        fine = (after_text == NULL || sandbox_is_number(after_text)) &&
               (limit_text == NULL || sandbox_is_number(limit_text));
        if (fine && after_text != NULL)
            *after = strtoull(after_text, NULL, 10);
        if (fine && limit_text != NULL)
            *limit = strtoull(limit_text, NULL, 10);
    }
    sandbox_parameters_release(&parameters);
    if (!fine) {
        exchange->answer.status = 400;
        sandbox_answer_header(&exchange->answer, "content-type", "application/json");
        text_add(&exchange->answer.body, "{\"error\":\"the query takes after=N and limit=N\"}");
    }
    return fine;
}

static void add_string(struct text *out, const char *key, const char *value)
{
    text_addf(out, ",\"%s\":", key);
    if (value != NULL)
        sandbox_json_add(out, value, JSON_UTF8);
    else
        text_add(out, "null");
}

static void add_time(struct text *out, const char *key, int64_t unix_ms)
{
    char time[RFC3339_SIZE];

    rfc3339_format(unix_ms, time);
    add_string(out, key, unix_ms != 0 ? time : NULL);
}

static void add_post(struct text *out, const struct post *post)
{
    const struct account *account = post->account;

    text_addf(out, "{\"n\":%" PRIu64, post->number);
    add_string(out, "channel", sandbox_channel_name(account->channel));
    add_string(out, "municipality", sandbox_account_place(account));
    add_string(out, "account", account->label != NULL ? account->label : "default");
    add_string(out, "key", account->key);
    add_string(out, "id", post->id);
    add_string(out, "text", post->text);
    add_string(out, "reply_to", post->reply_to != NULL ? post->reply_to->id : NULL);
    add_string(out, "language", post->language);
    add_time(out, "created", post->created_ms);
    add_time(out, "deleted", post->deleted_ms);
    add_string(out, "url", post->url);
    text_add(out, ",\"media\":");
    sandbox_media_list(out, post);
    /* It was read as JSON before it was kept. */
    if (post->raw != NULL)
        text_addf(out, ",\"raw\":%s", post->raw);
    text_add(out, "}\n");
}

static void list_start(struct exchange *exchange)
{
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    sandbox_answer_header(&exchange->answer, "cache-control", "no-store");
}

/* A list that does not fit is none: better an error than half of it. */
static void list_end(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;

    text_add_char(&answer->body, ']');
    if (!answer->body.overflowed)
        return;
    text_reset(&answer->body);
    answer->status = 507;
    text_add(&answer->body, "{\"error\":\"too much for one answer: ask with limit=N\"}");
}

void sandbox_listing_posts(const struct world *world, struct exchange *exchange)
{
    struct text *body = &exchange->answer.body;
    uint64_t after, limit;

    if (!read_part(exchange, &after, &limit))
        return;
    list_start(exchange);
    text_add_char(body, '[');
    for (uint64_t i = after, count = 0; i < world->post_count && count < limit; i++, count++) {
        if (count > 0)
            text_add_char(body, ',');
        add_post(body, world->posts[i]);
    }
    list_end(exchange);
}

static void add_log_entry(struct text *out, uint64_t number, const struct log_entry *entry)
{
    text_addf(out, "{\"n\":%" PRIu64, number);
    add_time(out, "time", entry->time_ms);
    add_string(out, "channel", sandbox_channel_name(entry->channel));
    add_string(out, "municipality", entry->municipality);
    add_string(out, "method", entry->method);
    add_string(out, "path", entry->path);
    text_addf(out, ",\"status\":%u,\"acted\":%s,\"repeated\":%s", entry->status,
              entry->acted ? "true" : "false", entry->repeated ? "true" : "false");
    add_string(out, "fault", entry->fault);
    text_addf(out, ",\"connection\":%" PRIu64, entry->connection);
    add_string(out, "id", entry->id);
    text_add(out, "}\n");
}

void sandbox_listing_log(const struct world *world, struct exchange *exchange)
{
    struct text *body = &exchange->answer.body;
    uint64_t after, limit;

    if (!read_part(exchange, &after, &limit))
        return;
    list_start(exchange);
    text_add_char(body, '[');
    for (uint64_t i = after, count = 0; i < world->log_count && count < limit; i++, count++) {
        if (count > 0)
            text_add_char(body, ',');
        add_log_entry(body, i + 1, &world->log[i]);
    }
    list_end(exchange);
}

void sandbox_listing_stats(const struct world *world, struct exchange *exchange)
{
    struct text *body = &exchange->answer.body;
    const struct sandbox_counts *counts = &world->counts;
    uint64_t posts[CHANNEL_COUNT] = {0};
    uint64_t faults[FAULT_KIND_COUNT] = {0};
    const char *comma = "";

    for (size_t i = 0; i < world->account_count; i++)
        posts[world->accounts[i]->channel] += world->accounts[i]->post_count;
    for (size_t i = 0; i < world->faults.count; i++)
        faults[world->faults.items[i].kind] += world->faults.items[i].done;
    list_start(exchange);
    text_addf(body,
              "{\"requests\":%" PRIu64 ",\"posts\":%" PRIu64 ",\"deletions\":%" PRIu64
              ",\"repeats\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"faults\":%" PRIu64
              ",\"accounts\":%zu,\"log_dropped\":%" PRIu64 ",\"posts_by_channel\":{",
              counts->requests, counts->posts, counts->deletions, counts->repeats,
              counts->connections, counts->faults, world->account_count,
              counts->requests - (uint64_t)world->log_count);
    for (size_t i = 1; i < CHANNEL_COUNT; i++, comma = ",")
        text_addf(body, "%s\"%s\":%" PRIu64, comma, sandbox_channel_name((enum channel)i),
                  posts[i]);
    text_add(body, "},\"faults_by_kind\":{");
    comma = "";
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (faults[i] == 0)
            continue;
        text_addf(body, "%s\"%s\":%" PRIu64, comma, sandbox_fault_name((enum fault_kind)i),
                  faults[i]);
        comma = ",";
    }
    text_add(body, "}}\n");
}
