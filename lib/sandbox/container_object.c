/* Containers and their posts as Threads and Instagram write them. */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"

#include "sandbox/container.h"

const char *sandbox_container_state(const struct container *container, int64_t now_ms)
{
    if (container->published != NULL)
        return "PUBLISHED";
    if (now_ms - container->created_ms >= CONTAINER_LIFE_MS)
        return "EXPIRED";
    if (now_ms < container->ready_ms)
        return "IN_PROGRESS";
    return container->is_spoilt ? "ERROR" : "FINISHED";
}

static void add_status_field(struct text *out, const struct container_kind *kind,
                             const struct container *container, const char *field, int64_t now_ms)
{
    const char *state = sandbox_container_state(container, now_ms);

    if (strcmp(field, "id") == 0)
        text_addf(out, "\"id\":\"%s\",", container->id);
    else if (strcmp(field, kind->status_name) == 0)
        text_addf(out, "\"%s\":\"%s\",", field, state);
    else if (strcmp(field, "status") == 0 && strcmp(state, "ERROR") == 0)
        text_add(out, "\"status\":\"Error: Media upload has failed with error code 2207053\",");
    else if (strcmp(field, "status") == 0)
        text_addf(out, "\"status\":\"%s\",", state);
    else if (strcmp(field, "error_message") == 0 && strcmp(state, "ERROR") == 0)
        text_add(out, "\"error_message\":\"UNKNOWN\",");
}

static void add_post_field(struct text *out, const struct container_kind *kind,
                           const struct post *post, const char *field)
{
    char time[RFC3339_SIZE];

    if (strcmp(field, "id") == 0) {
        text_addf(out, "\"id\":\"%s\",", post->id);
    } else if (strcmp(field, kind->text_name) == 0) {
        text_addf(out, "\"%s\":", field);
        sandbox_json_add(out, post->text, JSON_ASCII);
        text_add_char(out, ',');
    } else if (strcmp(field, "permalink") == 0) {
        text_add(out, "\"permalink\":");
        sandbox_json_add(out, post->url, JSON_ASCII);
        text_add_char(out, ',');
    } else if (strcmp(field, "timestamp") == 0) {
        rfc3339_format_seconds(post->created_ms, time);
        text_addf(out, "\"timestamp\":\"%.19s+0000\",", time);
    } else if (strcmp(field, "username") == 0) {
        text_addf(out, "\"username\":\"user%s\",", post->account->key);
    } else if (strcmp(field, "shortcode") == 0) {
        text_addf(out, "\"shortcode\":\"%s\",", strrchr(post->url, '/') + 1);
    }
}

/* `id` is always there. */
static void end_object(struct text *out, bool has_id, const char *id)
{
    if (!has_id)
        text_addf(out, "\"id\":\"%s\",", id);
    text_truncate(out, out->length - 1);
    text_add_char(out, '}');
}

static bool next_field(const char **at, char field[GRAPH_FIELDS_MAX_BYTES])
{
    size_t length = strcspn(*at, ",");

    if (**at == '\0')
        return false;
    memcpy(field, *at, length);
    field[length] = '\0';
    *at += length;
    *at += **at == ',';
    return true;
}

void sandbox_container_status(struct text *out, const struct container_kind *kind,
                              const char *fields, const struct container *container, int64_t now_ms)
{
    char field[GRAPH_FIELDS_MAX_BYTES];
    bool has_id = false;

    text_add_char(out, '{');
    while (next_field(&fields, field)) {
        has_id = has_id || strcmp(field, "id") == 0;
        add_status_field(out, kind, container, field, now_ms);
    }
    end_object(out, has_id, container->id);
}

void sandbox_container_post(struct text *out, const struct container_kind *kind, const char *fields,
                            const struct post *post)
{
    char field[GRAPH_FIELDS_MAX_BYTES];
    bool has_id = false;

    text_add_char(out, '{');
    while (next_field(&fields, field)) {
        has_id = has_id || strcmp(field, "id") == 0;
        add_post_field(out, kind, post, field);
    }
    end_object(out, has_id, post->id);
}
