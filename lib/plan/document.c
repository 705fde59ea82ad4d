#include "plan/document.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/limits.h"
#include "base/memory.h"

/* Jansson fails only when memory is out, or at text that is not UTF-8, which the reader refuses. */
static json_t *must(json_t *json)
{
    if (!json)
        memory_exhausted();
    return json;
}

static void add(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, must(value)) < 0)
        memory_exhausted();
}

static void add_text(json_t *object, const char *key, const char *value)
{
    if (value)
        add(object, key, json_string(value));
}

static json_t *municipality_json(const struct municipality *municipality, const char *language)
{
    json_t *object = must(json_object());

    add_text(object, "id", municipality->id);
    add_text(object, "name", municipality_name(municipality, language));
    if (municipality->county_id || municipality->county_name) {
        json_t *county = must(json_object());
        add_text(county, "id", municipality->county_id);
        add_text(county, "name", municipality->county_name);
        add(object, "county", county);
    }
    return object;
}

static json_t *cap_json(const struct message_cap *cap)
{
    json_t *object = must(json_object());

    add_text(object, "category", cap->category.text);
    add_text(object, "event", cap->event.text);
    add_text(object, "urgency", cap->urgency.text);
    add_text(object, "severity", cap->severity.text);
    add_text(object, "certainty", cap->certainty.text);
    add_text(object, "response", cap->response.text);
    return object;
}

static int64_t expiry_unix_ms(const struct render_request *request)
{
    const struct message *message = request->message;

    if (message->expires_at_unix_ms > 0)
        return message->expires_at_unix_ms;
    return request->sent_unix_ms + (message->expires_after_ms > 0 ? message->expires_after_ms
                                                                  : (int64_t)EXPIRY_DEFAULT_MS);
}

static void add_time(json_t *object, const char *key, int64_t unix_ms)
{
    char time[RFC3339_SIZE];

    rfc3339_format(unix_ms, time);
    add_text(object, key, time);
}

/* What is the same for every municipality. */
static void add_message(json_t *object, const struct render_request *request)
{
    const struct plan *plan = request->plan;
    const struct message *message = request->message;

    add_text(object, "plan", plan->id);
    add_text(object, "title", plan->title);
    add_text(object, "message", message->name);
    add_text(object, "kind", message_kind_name(message->kind));
    if (message->phase != PHASE_NOT_GIVEN)
        add_text(object, "phase", message_phase_name(message->phase));
    add_text(object, "mode", run_mode_name(request->mode));
    add(object, "exercise", json_boolean(request->mode == MODE_EXERCISE));
    add_text(object, "run", request->run);
}

static void add_languages(json_t *object, const struct document_texts *texts, size_t count)
{
    json_t *languages = must(json_array());
    json_t *by_language = must(json_object());

    for (size_t i = 0; i < count; i++) {
        json_t *one = must(json_object());
        if (json_array_append_new(languages, must(json_string(texts[i].language))) < 0)
            memory_exhausted();
        add_text(one, "headline", texts[i].headline);
        add_text(one, "short", texts[i].short_text);
        add_text(one, "long", texts[i].long_text);
        add(by_language, texts[i].language, one);
    }
    add(object, "languages", languages);
    add(object, "texts", by_language);
}

const char *document_write(struct arena *arena, const struct render_request *request,
                           const struct audience_member *member,
                           const struct document_texts *texts, size_t text_count,
                           const char *text)
{
    const struct plan *plan = request->plan;
    const struct message *follows = request->message->follows;
    json_t *object = must(json_object());
    const char *out = NULL;

    add_message(object, request);
    add(object, "municipality", municipality_json(member->municipality, texts[0].language));
    add_text(object, "issuer", plan->issuer.text ? plan->issuer.text : request->coordinator);
    add_text(object, "coordinator", request->coordinator);
    add_time(object, "sent", request->sent_unix_ms);
    add_time(object, "expires", expiry_unix_ms(request));
    add(object, "follows", follows ? json_string(follows->name) : json_null());
    add(object, "cap", cap_json(&request->message->cap));
    add_languages(object, texts, text_count);
    add_text(object, "text", text);

    char *dumped = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!dumped)
        memory_exhausted();
    if (strlen(dumped) <= DOCUMENT_MAX_BYTES)
        out = arena_strdup(arena, dumped);
    free(dumped); /* Jansson's own malloc */
    return out;
}
