#include "site/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "model/public_record.h"
#include "wire/json.h"

enum {
    TEXTS_MAX = 32,
    MEDIA_MAX = 16,
    KEY_SIZE = 16,
    IDENTIFIER_SIZE = 64,
    MS_PER_SECOND = 1000,
    TOKEN_MAX = 256, /* characters of a sender, an address, a name */
};

static const char *const kind_names[SITE_KIND_COUNT] = {
    "alert", "update", "correction", "cancel", "all-clear", "information", NULL,
};

struct reading {
    struct arena *arena;
    const struct json *root, *document;
    struct site_message *message;
    const char *fault;
};

/* --- values ---------------------------------------------------------------------------------- */

static void refuse(struct reading *reading, const char *fault)
{
    if (!reading->fault)
        reading->fault = fault;
}

static const char *copy(struct reading *reading, const char *string)
{
    return string ? arena_strdup(reading->arena, string) : NULL;
}

/* One that must be there. */
static const char *need(struct reading *reading, const char *string, const char *fault)
{
    if (string && string[0])
        return copy(reading, string);
    refuse(reading, fault);
    return "";
}

/* CAP: no spaces, commas, '<' and '&'; and nothing that would have to be escaped elsewhere. */
static bool is_token(const char *string)
{
    size_t length = strlen(string);

    for (const char *at = string; *at; at++)
        if (*at <= ' ' || *at > '~' || strchr(",<>&\"'\\", *at))
            return false;
    return length > 0 && length <= TOKEN_MAX;
}

bool site_time_parse(const char *string, struct site_time *out)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd+dd:dd";

    *out = (struct site_time){0};
    if (!string || strlen(string) != SITE_TIME_SIZE - 1)
        return false;
    for (size_t i = 0; shape[i]; i++) {
        bool is_digit = string[i] >= '0' && string[i] <= '9';
        bool is_sign = shape[i] == '+' && string[i] == '-';
        if (shape[i] == 'd' ? !is_digit : string[i] != shape[i] && !is_sign)
            return false;
    }
    memcpy(out->text, string, sizeof(out->text));
    return rfc3339_parse(string, &out->unix_ms) && out->unix_ms > 0;
}

static void read_time(struct reading *reading, const char *name, struct site_time *out,
                      const char *fault)
{
    if (!site_time_parse(json_text(reading->root, name, NULL), out))
        refuse(reading, fault);
}

/* A UUID of version 8 (RFC 9562): what is not version and variant is of the hash. */
static const char *make_identifier(struct arena *arena, const char *of)
{
    unsigned char hash[SHA256_SIZE];
    char out[IDENTIFIER_SIZE];

    sha256(of, strlen(of), hash);
    hash[6] = (unsigned char)((hash[6] & 0x0fu) | 0x80u);
    hash[8] = (unsigned char)((hash[8] & 0x3fu) | 0x80u);
    snprintf(out, sizeof(out),
             "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7], hash[8],
             hash[9], hash[10], hash[11], hash[12], hash[13], hash[14], hash[15]);
    return arena_strdup(arena, out);
}

/* --- parts of the record --------------------------------------------------------------------- */

static void read_place(struct reading *reading)
{
    struct site_message *message = reading->message;
    const struct json *root = reading->root;
    const char *follows = json_text(root, "follows", NULL);
    struct text key;

    message->key = need(reading, json_text(root, "key", NULL), "it has no key");
    text_init(&key, KEY_SIZE);
    if (!base64url_decode(&key, message->key, strlen(message->key)) || key.length != KEY_SIZE)
        refuse(reading, "its key is none");
    text_release(&key);
    message->identifier = make_identifier(reading->arena, message->key);
    message->site = need(reading, json_text(root, "site", NULL), "it has no site");
    if (!is_token(message->site) || strncmp(message->site, "http", 4) != 0)
        refuse(reading, "its site is no address");
    message->path = need(reading, json_text(root, "path", NULL), "it has no path");
    message->slug = need(reading, json_text(root, "slug", NULL), "it has no slug");
    message->sender = need(reading, json_text(root, "sender", NULL), "it has no sender");
    if (!public_path_is_valid(message->path) || !public_slug_is_valid(message->slug))
        refuse(reading, "its path or its slug is no name of a folder or file");
    if (!is_token(message->sender))
        refuse(reading, "its sender is none that CAP allows");
    if (follows && !public_slug_is_valid(follows))
        refuse(reading, "what it follows is no slug");
    message->follows = copy(reading, follows);
}

/* To the millisecond, as the document has it: two messages of one second have an order too. */
static void refine_sent(struct reading *reading)
{
    struct site_time *sent = &reading->message->sent;
    const char *exact = json_text(reading->document, "sent", NULL);
    int64_t unix_ms;

    if (exact && rfc3339_parse(exact, &unix_ms) && unix_ms >= sent->unix_ms &&
        unix_ms < sent->unix_ms + MS_PER_SECOND)
        sent->unix_ms = unix_ms;
}

bool site_retraction_time_parse(const char *string, const struct site_message *message,
                                struct site_time *out)
{
    const int64_t sent_unix_ms = message->sent.unix_ms;

    if (!site_time_parse(string, out) || out->unix_ms <= sent_unix_ms - MS_PER_SECOND)
        return false;
    if (out->unix_ms < sent_unix_ms) /* in the same second */
        out->unix_ms = sent_unix_ms;
    return true;
}

static void read_times(struct reading *reading)
{
    struct site_message *message = reading->message;

    read_time(reading, "sent", &message->sent, "it does not say when it was sent");
    refine_sent(reading);
    read_time(reading, "expires", &message->expires, "it does not say when it expires");
    if (message->expires.unix_ms <= message->sent.unix_ms)
        refuse(reading, "it expires before it is sent");
    const char *retracted = json_text(reading->root, "retracted", NULL);
    if (json_get(reading->root, "retracted", NULL) &&
        !site_retraction_time_parse(retracted, message, &message->retracted))
        refuse(reading, "it was retracted at no time");
}

static void read_kind(struct reading *reading)
{
    const char *kind = json_text(reading->document, "kind", NULL);

    reading->message->kind = SITE_KIND_COUNT;
    for (int i = 0; i < SITE_RETRACTION; i++)
        if (kind && strcmp(kind, kind_names[i]) == 0)
            reading->message->kind = (enum site_kind)i;
    if (reading->message->kind == SITE_KIND_COUNT)
        refuse(reading, "its kind is none");
    reading->message->is_exercise = json_is_true(reading->document, "exercise", NULL);
}

static const char *document_text(struct reading *reading, const char *name, const char *member)
{
    return copy(reading, json_text(reading->document, name, member, NULL));
}

static void read_facts(struct reading *reading)
{
    struct site_message *message = reading->message;
    const struct json *document = reading->document;

    message->run = need(reading, json_text(document, "run", NULL), "it has no run");
    message->plan_title = need(reading, json_text(document, "title", NULL), "it has no title");
    message->issuer = need(reading, json_text(document, "issuer", NULL), "it has no issuer");
    message->municipality_id =
        need(reading, json_text(document, "municipality", "id", NULL), "it names no municipality");
    message->municipality_name = need(reading, json_text(document, "municipality", "name", NULL),
                                      "it names no municipality");
    message->county = copy(reading, json_text(document, "municipality", "county", "name", NULL));
    message->cap = (struct site_cap){
        .category = document_text(reading, "cap", "category"),
        .event = document_text(reading, "cap", "event"),
        .urgency = document_text(reading, "cap", "urgency"),
        .severity = document_text(reading, "cap", "severity"),
        .certainty = document_text(reading, "cap", "certainty"),
        .response = document_text(reading, "cap", "response"),
    };
}

/* The plan's title where a message has no headline; in an exercise after the mark, which is the
 * first line of every text then. */
static const char *make_headline(struct reading *reading, const char *body)
{
    const struct site_message *message = reading->message;
    const char *end = strchr(body, '\n');

    if (!message->is_exercise || !end)
        return message->plan_title;
    return arena_printf(reading->arena, "%.*s: %s", (int)(end - body), body, message->plan_title);
}

static bool read_text(struct reading *reading, const char *language, struct site_text *out)
{
    const struct json *text = json_get(reading->document, "texts", language, NULL);
    const char *headline = json_text(text, "headline", NULL);
    const char *body = json_text(text, "long", NULL);

    if (!body || !body[0])
        body = json_text(text, "short", NULL);
    if (!body || !body[0])
        body = json_text(reading->document, "text", NULL); /* the channel's own */
    if (!is_token(language) || !body || !body[0])
        return false;
    out->language = copy(reading, language);
    out->body = copy(reading, body);
    out->headline =
        headline && headline[0] ? copy(reading, headline) : make_headline(reading, body);
    return true;
}

static void read_texts(struct reading *reading)
{
    struct site_message *message = reading->message;
    const struct json *languages = json_get(reading->document, "languages", NULL);
    size_t count = json_count(languages);

    if (count > TEXTS_MAX) {
        refuse(reading, "it has too many languages");
        return;
    }
    struct site_text *texts = arena_alloc_array(reading->arena, count + 1, sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        const char *language = json_text(json_item(languages, i), NULL);
        if (language && read_text(reading, language, &texts[message->text_count]))
            message->text_count++;
    }
    message->texts = texts;
    if (message->text_count == 0)
        refuse(reading, "it has no text");
}

static const char *const *read_alts(struct reading *reading, const struct json *item)
{
    const struct site_message *message = reading->message;
    const char **alts = arena_alloc_array(reading->arena, message->text_count + 1, sizeof(*alts));

    for (size_t i = 0; i < message->text_count; i++)
        alts[i] = need(reading, json_text(item, "alt", message->texts[i].language, NULL),
                       "a medium has no alternative text");
    return alts;
}

/* One without an address cannot be shown: its texts stand without it. */
static void read_media(struct reading *reading)
{
    struct site_message *message = reading->message;
    const struct json *list = json_get(reading->document, "media", NULL);
    size_t count = json_count(list);

    if (count > MEDIA_MAX) {
        refuse(reading, "it has too many media");
        return;
    }
    struct site_media *media = arena_alloc_array(reading->arena, count + 1, sizeof(*media));
    for (size_t i = 0; i < count; i++) {
        const struct json *item = json_item(list, i);
        struct site_media *medium = &media[message->media_count];
        const char *url = json_text(item, "url", NULL);
        if (!url)
            continue;
        medium->url = copy(reading, url);
        medium->type = need(reading, json_text(item, "type", NULL), "a medium has no type");
        medium->alts = read_alts(reading, item);
        if (!json_whole(item, &medium->size_bytes, "bytes", NULL) || medium->size_bytes < 0)
            medium->size_bytes = 0;
        if (!is_token(medium->url) || strncmp(medium->url, "http", 4) != 0)
            refuse(reading, "a medium has no address");
        message->media_count++;
    }
    message->media = media;
}

struct site_message *site_message_parse(struct arena *arena, const char *bytes, size_t size,
                                        const char **fault)
{
    struct json *root = json_parse(bytes, size);
    struct reading reading = {
        .arena = arena,
        .root = root,
        .document = json_get(root, "document", NULL),
        .message = arena_alloc(arena, sizeof(struct site_message)),
    };
    const char *format = json_text(root, "format", NULL);

    if (!format || strcmp(format, PUBLIC_RECORD_FORMAT) != 0 || !json_is_object(reading.document))
        refuse(&reading, "it is no record of a message");
    read_place(&reading);
    read_times(&reading);
    read_kind(&reading);
    read_facts(&reading);
    read_texts(&reading);
    read_media(&reading);
    json_free(root);
    *fault = reading.fault;
    return reading.fault ? NULL : reading.message;
}

/* --- many ------------------------------------------------------------------------------------ */

void site_messages_add(struct arena *arena, struct site_messages *messages,
                       struct site_message *message)
{
    messages->items = arena_grow(arena, messages->items, messages->count, &messages->capacity,
                                 sizeof(*messages->items));
    messages->items[messages->count++] = message;
}

static int compare(const void *a, const void *b)
{
    const struct site_message *const *first = a, *const *second = b;

    if ((*first)->sent.unix_ms != (*second)->sent.unix_ms)
        return (*first)->sent.unix_ms < (*second)->sent.unix_ms ? -1 : 1;
    return strcmp((*first)->slug, (*second)->slug);
}

static const struct site_message *find(const struct site_messages *messages, const char *slug)
{
    for (size_t i = 0; i < messages->count; i++)
        if (strcmp(messages->items[i]->slug, slug) == 0)
            return messages->items[i];
    return NULL;
}

static struct site_message *make_retraction(struct arena *arena,
                                            const struct site_message *retracted)
{
    struct site_message *made = arena_memdup(arena, retracted, sizeof(*retracted));

    made->kind = SITE_RETRACTION;
    made->slug = arena_printf(arena, "%s%s", retracted->slug, public_retracted_end);
    made->identifier =
        make_identifier(arena, arena_printf(arena, "%s%s", retracted->key, public_retracted_end));
    made->sent = retracted->retracted;
    made->retracted = (struct site_time){0};
    made->follows = retracted->slug;
    return made;
}

void site_messages_arrange(struct arena *arena, struct site_messages *messages)
{
    size_t count = messages->count;

    for (size_t i = 0; i < count; i++)
        if (messages->items[i]->retracted.unix_ms > 0)
            site_messages_add(arena, messages, make_retraction(arena, messages->items[i]));
    if (messages->count > 0)
        qsort(messages->items, messages->count, sizeof(*messages->items), compare);
    /* What is followed is older, so that its incident is known already. */
    for (size_t i = 0; i < messages->count; i++) {
        const struct site_message *message = messages->items[i];
        const struct site_message *followed =
            message->follows ? find(messages, message->follows) : NULL;
        struct site_message *changed = arena_memdup(arena, message, sizeof(*message));

        changed->incident = followed && followed->incident ? followed->incident : changed;
        messages->items[i] = changed;
    }
}

/* --- one among the others -------------------------------------------------------------------- */

enum site_status site_message_status(const struct site_messages *messages,
                                     const struct site_message *message, int64_t now_unix_ms)
{
    static const enum site_status by_kind[SITE_KIND_COUNT] = {
        [SITE_ALERT] = SITE_UPDATED,        [SITE_UPDATE] = SITE_UPDATED,
        [SITE_CORRECTION] = SITE_CORRECTED, [SITE_CANCEL] = SITE_CANCELLED,
        [SITE_ALL_CLEAR] = SITE_OVER,
    };
    enum site_status status =
        message->expires.unix_ms <= now_unix_ms ? SITE_EXPIRED : SITE_IN_FORCE;

    for (size_t i = 0; i < messages->count; i++) {
        const struct site_message *other = messages->items[i];
        bool replaces = other->kind != SITE_INFORMATION && other->kind != SITE_RETRACTION &&
                        other->retracted.unix_ms == 0;
        if (!replaces || other->incident != message->incident || compare(&other, &message) <= 0)
            continue;
        status = by_kind[other->kind]; /* the latest one decides */
    }
    return message->retracted.unix_ms > 0 ? SITE_RETRACTED : status;
}

bool site_message_is_current(const struct site_messages *messages,
                             const struct site_message *message, int64_t now_unix_ms)
{
    return message->kind != SITE_RETRACTION &&
           site_message_status(messages, message, now_unix_ms) == SITE_IN_FORCE;
}

const char *site_message_page(const struct site_message *message)
{
    return message->kind == SITE_RETRACTION ? message->follows : message->slug;
}
