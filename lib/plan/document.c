#include "plan/document.h"

#include <string.h>

#include "base/limits.h"
#include "wire/json.h"

#include "plan/attach.h"

/* A member whose value may be missing. */
static void add_given(struct text *out, const char *name, const char *value)
{
    if (value)
        json_add_member(out, name, value);
}

static void open_object(struct text *out, const char *name)
{
    json_add_name(out, name);
    text_add_char(out, '{');
}

static void add_municipality(struct text *out, const struct municipality *municipality,
                             const char *language)
{
    open_object(out, "municipality");
    json_add_member(out, "id", municipality->id);
    json_add_member(out, "name", municipality_name(municipality, language));
    if (municipality->county_id || municipality->county_name) {
        open_object(out, "county");
        add_given(out, "id", municipality->county_id);
        add_given(out, "name", municipality->county_name);
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
}

static void add_cap(struct text *out, const struct message_cap *cap)
{
    open_object(out, "cap");
    add_given(out, "category", cap->category.text);
    add_given(out, "event", cap->event.text);
    add_given(out, "urgency", cap->urgency.text);
    add_given(out, "severity", cap->severity.text);
    add_given(out, "certainty", cap->certainty.text);
    add_given(out, "response", cap->response.text);
    text_add_char(out, '}');
}

static int64_t expiry_unix_ms(const struct render_request *request)
{
    const struct message *message = request->message;

    if (message->expires_at_unix_ms > 0)
        return message->expires_at_unix_ms;
    return request->sent_unix_ms +
           (message->expires_after_ms > 0 ? message->expires_after_ms : (int64_t)EXPIRY_DEFAULT_MS);
}

static void add_time(struct text *out, const char *name, int64_t unix_ms)
{
    char time[RFC3339_SIZE];

    rfc3339_format(unix_ms, time);
    json_add_member(out, name, time);
}

static void add_message(struct text *out, const struct render_request *request)
{
    const struct plan *plan = request->plan;
    const struct message *message = request->message;

    json_add_member(out, "plan", plan->id);
    json_add_member(out, "title", plan->title);
    json_add_member(out, "message", message->name);
    json_add_member(out, "kind", message_kind_name(message->kind));
    if (message->phase != PHASE_NOT_GIVEN)
        json_add_member(out, "phase", message_phase_name(message->phase));
    json_add_member(out, "mode", run_mode_name(request->mode));
    json_add_name(out, "exercise");
    text_add(out, request->mode == MODE_EXERCISE ? "true" : "false");
    json_add_member(out, "run", request->run);
}

static void add_languages(struct text *out, const struct document_texts *texts, size_t count)
{
    json_add_name(out, "languages");
    text_add_char(out, '[');
    for (size_t i = 0; i < count; i++)
        json_add_string(out, texts[i].language);
    text_add_char(out, ']');
    open_object(out, "texts");
    for (size_t i = 0; i < count; i++) {
        open_object(out, texts[i].language);
        add_given(out, "headline", texts[i].headline);
        add_given(out, "short", texts[i].short_text);
        add_given(out, "long", texts[i].long_text);
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
}

static void add_follows(struct text *out, const struct message *follows)
{
    json_add_name(out, "follows");
    if (follows)
        json_add_string(out, follows->name);
    else
        text_add(out, "null");
}

static void add_number(struct text *out, const char *name, size_t number)
{
    json_add_name(out, name);
    text_addf(out, "%zu", number);
}

/* As links: whoever shows the message fetches them, and can compare the hash. */
static void add_medium(struct text *out, struct arena *arena, const struct render_request *request,
                       const struct message_media *media, const struct document_texts *texts,
                       size_t text_count)
{
    const struct media *content = &media->content;

    text_add_char(out, '{');
    json_add_member(out, "file", content->file_name);
    add_given(out, "url", attach_url(arena, request->site_url, content));
    json_add_member(out, "type", content->type);
    json_add_member(out, "sha256", content->sha256);
    add_number(out, "bytes", content->size_bytes);
    if (content->width > 0 && content->height > 0) {
        add_number(out, "width", content->width);
        add_number(out, "height", content->height);
    }
    open_object(out, "alt");
    for (size_t i = 0; i < text_count; i++)
        json_add_member(out, texts[i].language, attach_alt(media, texts[i].index));
    text_add(out, "}}");
}

/* No member where the message has none: what was approved before there were media stays as it is.
 */
static void add_media(struct text *out, struct arena *arena, const struct render_request *request,
                      const struct document_texts *texts, size_t text_count)
{
    const struct message *message = request->message;
    size_t count = 0;

    for (size_t i = 0; i < message->media_count; i++) {
        if (!message->media[i].content.bytes)
            continue;
        if (count++ == 0) {
            json_add_name(out, "media");
            text_add_char(out, '[');
        } else {
            text_add_char(out, ',');
        }
        add_medium(out, arena, request, &message->media[i], texts, text_count);
    }
    if (count > 0)
        text_add_char(out, ']');
}

const char *document_write(struct arena *arena, const struct render_request *request,
                           const struct audience_member *member, const struct document_texts *texts,
                           size_t text_count, const char *text)
{
    const struct plan *plan = request->plan;
    const char *written = NULL;
    struct text out;

    text_init(&out, DOCUMENT_MAX_BYTES);
    text_add_char(&out, '{');
    add_message(&out, request);
    add_municipality(&out, member->municipality, texts[0].language);
    add_given(&out, "issuer", plan->issuer.text ? plan->issuer.text : request->coordinator);
    add_given(&out, "coordinator", request->coordinator);
    add_time(&out, "sent", request->sent_unix_ms);
    add_time(&out, "expires", expiry_unix_ms(request));
    add_follows(&out, request->message->follows);
    add_cap(&out, &request->message->cap);
    add_languages(&out, texts, text_count);
    add_media(&out, arena, request, texts, text_count);
    json_add_member(&out, "text", text);
    text_add_char(&out, '}');
    if (!out.overflowed)
        written = arena_strndup(arena, out.bytes, out.length);
    text_release(&out);
    return written;
}

static size_t size_or_none(const char *text)
{
    return text ? strlen(text) : 0;
}

bool document_is_small(const struct render_request *request, const struct document_texts *texts,
                       size_t text_count)
{
    enum { ESCAPED_MAX = 6, OTHER_MEMBERS_MAX_BYTES = 128 * 1024 };
    size_t size = 0;

    for (size_t i = 0; i < text_count; i++)
        size += size_or_none(texts[i].headline) + 2 * size_or_none(texts[i].short_text) +
                2 * size_or_none(texts[i].long_text); /* one of them stands in it twice */
    for (size_t i = 0; i < request->message->media_count; i++)
        for (size_t j = 0; j < text_count; j++)
            size += strlen(attach_alt(&request->message->media[i], texts[j].index));
    return size < (DOCUMENT_MAX_BYTES - OTHER_MEMBERS_MAX_BYTES) / ESCAPED_MAX;
}
