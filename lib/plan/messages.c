#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"

#include "plan/plan_parts.h"
#include "plan/select.h"

static const char *const message_keys[] = {"kind", "phase", "cap",      "expires", "follows",
                                           "text", "media", "channels", NULL};
static const char *const cap_keys[] = {"category",  "event",    "urgency", "severity",
                                       "certainty", "response", NULL};
static const char *const variant_keys[] = {"headline", "short", "long", NULL};

static const char *const kind_names[] = {N_("alert"),  N_("update"),    N_("correction"),
                                         N_("cancel"), N_("all-clear"), N_("information"),
                                         NULL};
static const char *const phase_names[] = {"before", "during", "after", NULL};

/* CAP 1.2, section 3.2.2. */
static const char *const cap_categories[] = {"Geo",   "Met",    "Safety", "Security",  "Rescue",
                                             "Fire",  "Health", "Env",    "Transport", "Infra",
                                             "CBRNE", "Other",  NULL};
static const char *const cap_urgencies[] = {"Immediate", "Expected", "Future",
                                            "Past",      "Unknown",  NULL};
const char *const cap_severities[] = {"Extreme", "Severe", "Moderate", "Minor", "Unknown", NULL};
static const char *const cap_certainties[] = {"Observed", "Likely",  "Possible",
                                              "Unlikely", "Unknown", NULL};
static const char *const cap_responses[] = {"Shelter", "Evacuate", "Prepare",  "Execute", "Avoid",
                                            "Monitor", "Assess",   "AllClear", "None",    NULL};

const char *message_kind_name(enum message_kind kind)
{
    return kind_names[kind];
}

const char *message_phase_name(enum message_phase phase)
{
    return phase == PHASE_NOT_GIVEN ? "" : phase_names[phase - PHASE_BEFORE];
}

const struct message *plan_find_message(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->message_count; i++)
        if (strcmp(plan->messages[i].name, name) == 0)
            return &plan->messages[i];
    return NULL;
}

/* --- texts ----------------------------------------------------------------------------------- */

static bool has_channel_text(const struct message *message, size_t language)
{
    for (size_t i = 0; i < message->channel_text_count; i++)
        if (message->channel_texts[i].texts[language].text)
            return true;
    return false;
}

static void read_variants(const struct plan_reading *reading, const struct message *message,
                          const struct node *node, size_t language)
{
    struct message_text *text = &message->texts[language];
    const char *tag = reading->plan->languages[language].text;
    struct fields fields;

    if (!fields_begin(&fields, reading->arena, reading->problems, node,
                      arena_printf(reading->arena, _("the text in '%s'"), tag), variant_keys))
        return;
    field_placed_text(&fields, "headline", &text->headline);
    field_placed_text(&fields, "short", &text->short_text);
    field_placed_text(&fields, "long", &text->long_text);
    if (!field_find(&fields, "short") && !field_find(&fields, "long") &&
        !has_channel_text(message, language))
        plan_error(reading, text->place, _("the text in '%s' has neither 'short' nor 'long'"), tag);
}

static void read_texts(const struct plan_reading *reading, struct message *message,
                       const struct node *map)
{
    if (!value_is_map(reading->problems, map, "'text'"))
        return;
    for (size_t i = 0; i < node_count(map); i++) {
        struct place place = node_key_place(map, i);
        int language = plan_text_language(reading, node_key(map, i), place);
        if (language < 0)
            continue;
        if (message->texts[language].place.line > 0) {
            plan_error(reading, place, _("the language '%s' is given twice"), node_key(map, i));
            continue;
        }
        message->texts[language].place = place;
        read_variants(reading, message, node_value(map, i), (size_t)language);
    }
}

/* The first language serves where another is missing, so it must be there. */
static void check_first_language(const struct plan_reading *reading, const struct message *message)
{
    if (reading->plan->language_count == 0) /* reported already */
        return;
    if (message->texts[0].place.line > 0 || has_channel_text(message, 0))
        return;
    plan_error(reading, message->texts_place,
               _("the message '%s' has no text in '%s', the plan's first language"),
               shown(reading->arena, message->name), reading->plan->languages[0].text);
}

void plan_read_by_language(const struct plan_reading *reading, const struct node *map,
                           const char *what, const char *except, struct placed_text *texts)
{
    for (size_t i = 0; i < node_count(map); i++) {
        const char *tag = node_key(map, i);
        struct place place = node_key_place(map, i);
        if (except && strcmp(tag, except) == 0)
            continue;
        int language = plan_text_language(reading, tag, place);
        if (language < 0)
            continue;
        if (texts[language].text)
            plan_error(reading, place, _("the language '%s' is given twice"), tag);
        else if (value_text(reading->problems, node_value(map, i),
                            arena_printf(reading->arena, _("%s in '%s'"), what, tag),
                            &texts[language].text))
            texts[language].place = node_place(node_value(map, i));
    }
}

struct placed_text *plan_new_texts(const struct plan_reading *reading)
{
    return arena_alloc_array(reading->arena, reading->plan->language_count + 1,
                             sizeof(struct placed_text));
}

/* --- texts of one channel -------------------------------------------------------------------- */

static void read_link(const struct plan_reading *reading, const struct node *map,
                      struct channel_text *text)
{
    const struct node *link = node_find(map, "link");
    const char *word;

    if (!link || !value_text(reading->problems, link, "'link'", &word))
        return;
    if (strcmp(word, "omit") == 0)
        text->omit_link = true;
    else
        plan_error(reading, node_place(link),
                   _("unknown link '%s': the only word is 'omit', which leaves the link out"),
                   shown(reading->arena, word));
}

static void warn_if_unused(const struct plan_reading *reading, const struct placed_text *channel)
{
    const struct plan *plan = reading->plan;

    for (size_t i = 0; i < plan->channel_count; i++)
        if (channel_word_covers(plan->channels[i].text, channel->text) ||
            channel_word_covers(channel->text, plan->channels[i].text))
            return;
    if (plan->channel_count > 0)
        problems_add(reading->problems, SEVERITY_WARNING, channel->place,
                     _("the plan does not use '%s': it is not among its 'channels'"),
                     channel->text);
}

static void read_channel_text(const struct plan_reading *reading, const struct node *map,
                              struct channel_text *text)
{
    const char *what = arena_printf(reading->arena, _("the text for '%s'"),
                                    shown(reading->arena, text->channel.text));

    text->texts = plan_new_texts(reading);
    if (!plan_check_channel(reading, text->channel.text, text->channel.place) ||
        !value_is_map(reading->problems, map, what))
        return;
    warn_if_unused(reading, &text->channel);
    if (node_count(map) == 0)
        plan_error(reading, node_place(map), _("%s is empty"), what);
    read_link(reading, map, text);
    plan_read_by_language(reading, map, what, "link", text->texts);
}

static void read_channel_texts(const struct plan_reading *reading, const struct node *map,
                               struct message *message)
{
    if (!map || !value_is_map(reading->problems, map, "'channels'"))
        return;
    message->channel_texts =
        arena_alloc_array(reading->arena, node_count(map) + 1, sizeof(*message->channel_texts));
    message->channel_text_count = node_count(map);
    for (size_t i = 0; i < node_count(map); i++) {
        struct channel_text *text = &message->channel_texts[i];
        text->channel = (struct placed_text){node_key(map, i), node_key_place(map, i)};
        read_channel_text(reading, node_value(map, i), text);
    }
}

/* --- what a message is ----------------------------------------------------------------------- */

static void read_cap_word(const struct fields *cap, const char *key, const char *const *words,
                          struct placed_text *out)
{
    size_t index;

    if (field_word(cap, key, words, &index))
        *out = (struct placed_text){words[index], node_place(field_find(cap, key))};
}

static void read_cap(const struct fields *fields, struct message_cap *cap)
{
    const struct node *node = field_find(fields, "cap");
    struct fields values;

    if (!node || !fields_begin(&values, fields->arena, fields->problems, node, "'cap'", cap_keys))
        return;
    read_cap_word(&values, "category", cap_categories, &cap->category);
    field_placed_text(&values, "event", &cap->event);
    read_cap_word(&values, "urgency", cap_urgencies, &cap->urgency);
    read_cap_word(&values, "severity", cap_severities, &cap->severity);
    read_cap_word(&values, "certainty", cap_certainties, &cap->certainty);
    read_cap_word(&values, "response", cap_responses, &cap->response);
}

static void read_expires(const struct plan_reading *reading, const struct fields *fields,
                         struct message *message)
{
    struct placed_text expires;

    if (!field_placed_text(fields, "expires", &expires))
        return;
    message->expires = expires;
    if (duration_parse(expires.text, &message->expires_after_ms)) {
        if (message->expires_after_ms == 0)
            plan_error(reading, expires.place, _("'%s' is over at once: write a longer duration"),
                       expires.text);
        return;
    }
    message->expires_after_ms = 0;
    if (!rfc3339_parse(expires.text, &message->expires_at_unix_ms))
        plan_error(reading, expires.place,
                   _("'%s' is neither a duration nor a time: write '6h' or "
                     "'2026-11-23T18:00:00+01:00'"),
                   shown(reading->arena, expires.text));
}

static void read_message(const struct plan_reading *reading, const struct node *node,
                         struct message *message)
{
    struct fields fields;
    size_t index;

    message->texts = arena_alloc_array(reading->arena, reading->plan->language_count + 1,
                                       sizeof(*message->texts));
    message->texts_place = message->place;
    if (!fields_begin(&fields, reading->arena, reading->problems, node,
                      arena_printf(reading->arena, _("the message '%s'"),
                                   shown(reading->arena, message->name)),
                      message_keys))
        return;
    field_require(&fields, "kind");
    if (field_word(&fields, "kind", kind_names, &index))
        message->kind = (enum message_kind)index;
    if (field_word(&fields, "phase", phase_names, &index))
        message->phase = (enum message_phase)(PHASE_BEFORE + index);
    read_cap(&fields, &message->cap);
    read_expires(reading, &fields, message);
    read_channel_texts(reading, field_find(&fields, "channels"), message);

    const struct node *text = field_find(&fields, "text");
    if (text) {
        message->texts_place = node_place(text);
        read_texts(reading, message, text);
        if (node_kind(text) == NODE_MAP)
            check_first_language(reading, message);
    } else if (message->channel_text_count == 0) {
        field_require(&fields, "text");
    } else {
        check_first_language(reading, message);
    }
    plan_read_media(reading, field_find(&fields, "media"), message);
}

void plan_read_messages(const struct plan_reading *reading, const struct node *map)
{
    struct plan *plan = reading->plan;

    if (!map || !value_is_map(reading->problems, map, "'messages'"))
        return;
    if (node_count(map) == 0)
        plan_error(reading, node_place(map), _("'messages' is empty"));
    plan->message_count = node_count(map);
    plan->messages =
        arena_alloc_array(reading->arena, plan->message_count + 1, sizeof(*plan->messages));
    for (size_t i = 0; i < plan->message_count; i++) {
        struct message *message = &plan->messages[i];
        message->name = node_key(map, i);
        message->place = node_key_place(map, i);
        const char *fault = identifier_fault(message->name);
        if (fault)
            plan_error(reading, message->place, _("the message name '%s' %s"),
                       shown(reading->arena, message->name), translated(fault));
        read_message(reading, node_value(map, i), message);
    }
    plan_resolve_follows(reading, map);
}

const struct channel_text *plan_channel_text(const struct message *message, const char *kind)
{
    const struct channel_text *group = NULL;

    for (size_t i = 0; i < message->channel_text_count; i++) {
        const struct channel_text *text = &message->channel_texts[i];
        if (strcmp(text->channel.text, kind) == 0)
            return text;
        if (channel_word_covers(text->channel.text, kind))
            group = text;
    }
    return group;
}
