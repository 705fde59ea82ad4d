/* Pages and posts as the Graph API writes them, with the fields that were asked for. */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/memory.h"

#include "sandbox/facebook.h"

static void graph_time(int64_t unix_ms, char out[40])
{
    char rfc3339[RFC3339_SIZE];

    rfc3339_format_seconds(unix_ms, rfc3339);
    snprintf(out, 40, "%.19s+0000", rfc3339);
}

const char *const sandbox_graph_page_fields[] = {
    "id",           "name",     "username",
    "is_published", "can_post", "has_transitioned_to_new_page_experience",
    "link",         "category", NULL,
};
const char *const sandbox_graph_post_fields[] = {
    "id", "message", "created_time", "permalink_url", "is_published", "application", NULL,
};

static void page_name(const struct account *account, char *out, size_t size)
{
    if (account->name != NULL)
        snprintf(out, size, "%s", account->name);
    else
        snprintf(out, size, "Page %s", account->key);
}

static void page_field(struct text *out, const struct account *account, const char *field)
{
    char string[512];

    if (strcmp(field, "id") == 0) {
        text_addf(out, "\"%s\"", account->key);
    } else if (strcmp(field, "name") == 0) {
        page_name(account, string, sizeof(string));
        sandbox_json_add(out, string, JSON_ASCII);
    } else if (strcmp(field, "username") == 0) {
        text_addf(out, "\"page%s\"", account->key);
    } else if (strcmp(field, "link") == 0) {
        snprintf(string, sizeof(string), "https://www.facebook.com/%s", account->key);
        sandbox_json_add(out, string, JSON_ASCII);
    } else if (strcmp(field, "category") == 0) {
        text_add(out, "\"Government Organization\"");
    } else {
        text_add(out, "true");
    }
}

/* Facebook drops blanks at the end of a message. */
static void post_message(struct text *out, const struct post *post)
{
    size_t length = strlen(post->text);
    char *trimmed;

    while (length > 0 && strchr(" \t\r\n", post->text[length - 1]) != NULL)
        length--;
    trimmed = memory_alloc(length + 1);
    memcpy(trimmed, post->text, length);
    sandbox_json_add(out, trimmed, JSON_ASCII);
    memory_free(trimmed);
}

static void post_field(struct text *out, const struct post *post, const char *field)
{
    char time[40];

    if (strcmp(field, "id") == 0) {
        text_addf(out, "\"%s\"", post->id);
    } else if (strcmp(field, "message") == 0) {
        post_message(out, post);
    } else if (strcmp(field, "created_time") == 0) {
        graph_time(post->created_ms, time);
        text_addf(out, "\"%s\"", time);
    } else if (strcmp(field, "permalink_url") == 0) {
        sandbox_json_add(out, post->url, JSON_ASCII);
    } else {
        text_add(out, "true");
    }
}

/* The fields asked for, checked; false after an error. `out` is cut at its commas. */
bool sandbox_graph_fields(const struct graph_call *call, const char *const *known,
                          const char *standard, char out[GRAPH_FIELDS_MAX_BYTES])
{
    const char *asked = sandbox_graph_get(call, "fields");
    const char *at;

    if (asked == NULL)
        asked = standard;
    if (strlen(asked) >= GRAPH_FIELDS_MAX_BYTES)
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                 "(#100) Too many fields");
    memcpy(out, asked, strlen(asked) + 1);
    for (at = asked; *at != '\0';) {
        size_t length = strcspn(at, ",");
        size_t k = 0;
        while (known[k] != NULL &&
               !(strlen(known[k]) == length && strncmp(known[k], at, length) == 0))
            k++;
        if (known[k] == NULL)
            return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                     "(#100) Tried accessing nonexisting field (%.*s)",
                                     (int)(length < 100 ? length : 100), at);
        at += length;
        at += *at == ',';
    }
    return true;
}

/* A post with a link only has no message; which app made a post is not known here. */
static bool post_has(const struct post *post, const char *field)
{
    if (strcmp(field, "message") == 0)
        return *post->text != '\0';
    return strcmp(field, "application") != 0;
}

/* One object with the fields of a list; `id` is always there. */
void sandbox_graph_object(struct text *out, const char *fields, const struct account *page,
                          const struct post *post)
{
    char field[GRAPH_FIELDS_MAX_BYTES];
    bool has_id = false;

    text_add_char(out, '{');
    for (const char *at = fields; *at != '\0';) {
        size_t length = strcspn(at, ",");
        memcpy(field, at, length);
        field[length] = '\0';
        has_id = has_id || strcmp(field, "id") == 0;
        if (post == NULL || post_has(post, field)) {
            text_addf(out, "\"%s\":", field);
            if (post != NULL)
                post_field(out, post, field);
            else
                page_field(out, page, field);
            text_add_char(out, ',');
        }
        at += length;
        at += *at == ',';
    }
    if (!has_id)
        text_addf(out, "\"id\":\"%s\",", post != NULL ? post->id : page->key);
    text_truncate(out, out->length - 1);
    text_add_char(out, '}');
}
