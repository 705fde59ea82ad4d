#include "site/cap.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "site/markup.h"
#include "site/words.h"

/* What CAP demands and a plan may leave out, by the kind of message. A cancel takes back what was
 * sent by mistake; an all-clear says that the danger is over: both as MET Norway's profile has it.
 */
static const struct defaults {
    const char *type; /* msgType, where there is something to refer to */
    const char *response, *urgency, *severity, *certainty;
} defaults[SITE_KIND_COUNT] = {
    [SITE_ALERT] = {"Update", NULL, "Unknown", "Unknown", "Unknown"},
    [SITE_UPDATE] = {"Update", NULL, "Unknown", "Unknown", "Unknown"},
    [SITE_CORRECTION] = {"Update", NULL, "Unknown", "Unknown", "Unknown"},
    [SITE_CANCEL] = {"Cancel", "None", "Past", "Minor", "Observed"},
    [SITE_ALL_CLEAR] = {"Update", "AllClear", "Past", "Minor", "Observed"},
    [SITE_INFORMATION] = {"Update", NULL, "Unknown", "Unknown", "Unknown"},
    [SITE_RETRACTION] = {"Cancel", "None", "Past", "Minor", "Observed"},
};

static const char *or_else(const char *given, const char *otherwise)
{
    return given && given[0] ? given : otherwise;
}

/* --- the alert ------------------------------------------------------------------------------- */

static bool is_referred_to(const struct site_message *message, const struct site_message *earlier)
{
    if (earlier == message || earlier->incident != message->incident ||
        earlier->sent.unix_ms > message->sent.unix_ms || earlier->kind == SITE_RETRACTION)
        return false;
    if (message->kind == SITE_RETRACTION) /* it takes back that one, and nothing else */
        return strcmp(earlier->slug, message->follows) == 0;
    return earlier->expires.unix_ms > message->sent.unix_ms ||
           (message->follows && strcmp(earlier->slug, message->follows) == 0);
}

static size_t collect_references(const struct site_messages *messages,
                                 const struct site_message *message, struct text *out)
{
    size_t count = 0;

    for (size_t i = 0; i < messages->count && messages->items[i] != message; i++) {
        const struct site_message *earlier = messages->items[i];
        if (!is_referred_to(message, earlier))
            continue;
        text_addf(out, "%s%s,%s,%s", count++ > 0 ? " " : "", earlier->sender, earlier->identifier,
                  earlier->sent.text);
    }
    return count;
}

static void add_head(const struct site_messages *messages, const struct site_message *message,
                     struct text *out)
{
    struct text references;

    text_init(&references, SITE_CAP_MAX_BYTES);
    size_t count = collect_references(messages, message, &references);
    markup_element(out, "identifier", message->identifier);
    markup_element(out, "sender", message->sender);
    markup_element(out, "sent", message->sent.text);
    markup_element(out, "status", message->is_exercise ? "Exercise" : "Actual");
    markup_element(out, "msgType", count > 0 ? defaults[message->kind].type : "Alert");
    markup_element(out, "scope", "Public");
    if (message->is_exercise) { /* CAP: the exercise's name should stand in the note */
        text_add(out, "<note>");
        markup_add(out, message->plan_title);
        text_add(out, " (");
        markup_add(out, message->run);
        text_add(out, ")</note>");
    }
    if (count > 0)
        markup_element(out, "references", references.bytes);
    if (references.overflowed)
        out->overflowed = true;
    text_release(&references);
}

/* --- info ------------------------------------------------------------------------------------ */

static void add_description(const struct site_message *message, const struct site_text *text,
                            struct text *out)
{
    text_add(out, "<description>");
    if (message->kind == SITE_RETRACTION) {
        markup_add(out, site_word(text->language, WORD_RETRACTED_NOTE));
        text_add_char(out, ' ');
        markup_add(out, text->headline);
        text_add(out, "\n\n");
    }
    markup_add(out, text->body);
    text_add(out, "</description>");
}

static void add_resources(const struct site_message *message, size_t text, struct text *out)
{
    for (size_t i = 0; i < message->media_count; i++) {
        const struct site_media *media = &message->media[i];
        text_add(out, "<resource>");
        markup_element(out, "resourceDesc", media->alts[text]);
        markup_element(out, "mimeType", media->type);
        if (media->size_bytes > 0)
            text_addf(out, "<size>%" PRId64 "</size>", media->size_bytes);
        markup_element(out, "uri", media->url);
        text_add(out, "</resource>");
    }
}

/* The number in both places where Norwegian readers have looked for it: a geocode, as MET Norway
 * had it until 2022, and the parameter that it has now. */
static void add_parameter(const struct site_message *message, struct text *out)
{
    text_add(out, "<parameter><valueName>MunicipalityId</valueName>");
    markup_element(out, "value", message->municipality_id);
    text_add(out, "</parameter>");
}

static void add_area(const struct site_message *message, struct text *out)
{
    text_add(out, "<area>");
    markup_element(out, "areaDesc", message->municipality_name);
    text_add(out, "<geocode><valueName>municipalityId</valueName>");
    markup_element(out, "value", message->municipality_id);
    text_add(out, "</geocode></area>");
}

static void add_info(const struct site_message *message, size_t index, struct text *out)
{
    const struct site_text *text = &message->texts[index];
    const struct site_cap *cap = &message->cap;
    const struct defaults *otherwise = &defaults[message->kind];
    bool is_retraction = message->kind == SITE_RETRACTION;

    text_add(out, "<info>");
    markup_element(out, "language", text->language);
    markup_element(out, "category", or_else(cap->category, "Other"));
    markup_element(out, "event", or_else(cap->event, message->plan_title));
    markup_element(out, "responseType",
                   is_retraction ? otherwise->response
                                 : or_else(cap->response, otherwise->response));
    markup_element(out, "urgency", or_else(cap->urgency, otherwise->urgency));
    markup_element(out, "severity",
                   is_retraction ? otherwise->severity
                                 : or_else(cap->severity, otherwise->severity));
    markup_element(out, "certainty", or_else(cap->certainty, otherwise->certainty));
    markup_element(out, "effective", message->sent.text);
    markup_element(out, "expires", message->expires.text);
    markup_element(out, "senderName", message->issuer);
    if (strcmp(text->headline, text->body) != 0) /* CAP: they must differ */
        markup_element(out, "headline", text->headline);
    add_description(message, text, out);
    text_add(out, "<web>");
    markup_url(out, message, site_message_page(message), ".html");
    text_add(out, "</web>");
    add_parameter(message, out);
    add_resources(message, index, out);
    add_area(message, out);
    text_add(out, "</info>");
}

void site_cap_write(const struct site_messages *messages, const struct site_message *message,
                    struct text *out)
{
    text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">");
    add_head(messages, message, out);
    for (size_t i = 0; i < message->text_count; i++)
        add_info(message, i, out);
    text_add(out, "</alert>\n");
}
