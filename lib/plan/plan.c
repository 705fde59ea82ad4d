#include "plan/plan.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"
#include "base/suggest.h"

#include "plan/plan_parts.h"
#include "plan/reader.h"
#include "plan/select.h"

enum { THRESHOLD_MAX = 100 };

static const char *const plan_keys[] = {"plan",     "title",     "issuer",   "languages",
                                        "approval", "variables", "channels", "municipalities",
                                        "messages", NULL};
static const char *const approval_keys[] = {"threshold", "approvers", "scope", "emergency", NULL};
static const char *const emergency_keys[] = {"approvers", "severities", NULL};
static const char *const scope_names[] = {"any", "specific", NULL};

/* Kinds that a wrong word may have meant; only those that have a driver are offered. */
static const char *const usual_channels[] = {
    "facebook", "instagram", "threads",  "x",       "mastodon", "bluesky", "telegram",
    "youtube",  "wordpress", "micropub", "webhook", "feed",     "web",
};

void plan_error(const struct plan_reading *reading, struct place place, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *message = arena_vprintf(reading->arena, format, arguments);
    va_end(arguments);
    problems_add(reading->problems, SEVERITY_ERROR, place, "%s", message);
}

/* --- languages and channels ------------------------------------------------------------------ */

int plan_language_index(const struct plan *plan, const char *tag)
{
    for (size_t i = 0; i < plan->language_count; i++)
        if (strcasecmp(plan->languages[i].text, tag) == 0)
            return (int)i;
    return -1;
}

int plan_text_language(const struct plan_reading *reading, const char *tag, struct place place)
{
    const struct plan *plan = reading->plan;
    int index = plan_language_index(plan, tag);

    if (index >= 0 || plan->language_count == 0) /* without languages, that is the problem */
        return index;
    const char **known =
        arena_alloc_array(reading->arena, plan->language_count + 1, sizeof(*known));
    for (size_t i = 0; i < plan->language_count; i++)
        known[i] = plan->languages[i].text;
    plan_error(reading, place, _("the language '%s' is not among the plan's 'languages'%s"),
               shown(reading->arena, tag), suggest_hint(reading->arena, tag, known));
    return -1;
}

static bool is_google_plus(const char *word)
{
    static const char *const names[] = {"google-plus", "google+", "googleplus",     "google_plus",
                                        "gplus",       "g+",      "google-currents"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(word, names[i]) == 0)
            return true;
    return false;
}

bool plan_check_channel(const struct plan_reading *reading, const char *word, struct place place)
{
    enum { USUAL_COUNT = sizeof(usual_channels) / sizeof(usual_channels[0]) };
    const char *known[USUAL_COUNT + 1] = {NULL};
    size_t count = 0;

    if (strcmp(word, "web") == 0 || reading->known_channel(word))
        return true;
    if (is_google_plus(word)) {
        plan_error(
            reading, place,
            _("'%s' is closed: Google+ ended on 2 April 2019 and its successor, Currents, on "
              "5 July 2023; use facebook, x or web instead"),
            word);
        return false;
    }
    for (size_t i = 0; i < USUAL_COUNT; i++)
        if (strcmp(usual_channels[i], "web") == 0 || reading->known_channel(usual_channels[i]))
            known[count++] = usual_channels[i];
    plan_error(reading, place, _("unknown channel '%s'%s"), shown(reading->arena, word),
               suggest_hint(reading->arena, word, known));
    return false;
}

bool plan_uses_channel(const struct plan *plan, const char *kind)
{
    for (size_t i = 0; i < plan->channel_count; i++)
        if (channel_word_covers(plan->channels[i].text, kind))
            return true;
    return plan->channel_count == 0;
}

static void read_channels(const struct plan_reading *reading, const struct fields *fields)
{
    struct plan *plan = reading->plan;

    if (!field_texts(fields, "channels", &plan->channels, &plan->channel_count))
        return;
    for (size_t i = 0; i < plan->channel_count; i++)
        plan_check_channel(reading, plan->channels[i].text, plan->channels[i].place);
}

/* --- approval -------------------------------------------------------------------------------- */

static void read_emergency(const struct plan_reading *reading, const struct fields *approval)
{
    struct plan_approval *out = &reading->plan->approval;
    const struct node *node = field_find(approval, "emergency");
    struct fields fields;

    if (!node || !fields_begin(&fields, reading->arena, reading->problems, node, "'emergency'",
                               emergency_keys))
        return;
    field_require(&fields, "approvers");
    field_texts(&fields, "approvers", &out->emergency_approvers, &out->emergency_approver_count);
    field_require(&fields, "severities");
    field_texts(&fields, "severities", &out->emergency_severities, &out->emergency_severity_count);
    for (size_t i = 0; i < out->emergency_severity_count; i++) {
        const struct placed_text *severity = &out->emergency_severities[i];
        size_t at = 0;
        while (cap_severities[at] && strcmp(cap_severities[at], severity->text) != 0)
            at++;
        if (!cap_severities[at])
            plan_error(reading, severity->place, _("unknown severity '%s'%s"),
                       shown(reading->arena, severity->text),
                       suggest_hint(reading->arena, severity->text, cap_severities));
    }
}

static void check_threshold(const struct plan_reading *reading, const struct fields *fields)
{
    const struct plan_approval *approval = &reading->plan->approval;
    const struct node *node = field_find(fields, "threshold");
    struct place place = node ? node_place(node) : approval->place;

    if (approval->threshold == 0 || approval->approver_count >= approval->threshold)
        return;
    if (field_find(fields, "approvers")) {
        if (approval->approver_count > 0)
            plan_error(reading, place,
                       _("the threshold %u can never be reached: 'approvers' names %zu"),
                       approval->threshold, approval->approver_count);
        return;
    }
    problems_add(reading->problems, SEVERITY_WARNING, place,
                 _("'approval' names no 'approvers': nobody can approve this plan"));
}

static void read_approval(const struct plan_reading *reading, const struct fields *plan_fields)
{
    struct plan_approval *approval = &reading->plan->approval;
    const struct node *node = field_find(plan_fields, "approval");
    struct fields fields;
    int64_t threshold;
    size_t scope;

    approval->threshold = 1;
    approval->place = node_place(node ? node : plan_fields->map);
    if (!node || !fields_begin(&fields, reading->arena, reading->problems, node, "'approval'",
                               approval_keys))
        return;
    bool has_threshold = !field_find(&fields, "threshold");
    if (field_integer(&fields, "threshold", 0, THRESHOLD_MAX, &threshold)) {
        approval->threshold = (unsigned)threshold;
        has_threshold = true;
    }
    field_texts(&fields, "approvers", &approval->approvers, &approval->approver_count);
    if (field_word(&fields, "scope", scope_names, &scope))
        approval->scope = (enum approval_scope)scope;
    read_emergency(reading, &fields);
    if (has_threshold)
        check_threshold(reading, &fields);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void read_head(const struct plan_reading *reading, const struct fields *fields)
{
    struct plan *plan = reading->plan;

    field_require(fields, "plan");
    if (field_text(fields, "plan", &plan->id)) {
        const char *fault = identifier_fault(plan->id);
        plan->id_place = node_place(field_find(fields, "plan"));
        if (fault)
            plan_error(reading, plan->id_place, _("the plan id '%s' %s"),
                       shown(reading->arena, plan->id), translated(fault));
    }
    plan->title = plan->id;
    field_text(fields, "title", &plan->title);
    field_placed_text(fields, "issuer", &plan->issuer);
    field_require(fields, "languages");
    field_languages(fields, "languages", &plan->languages, &plan->language_count);
}

/* False when the file has no tree to go on with. */
static bool read_plan(const struct plan_reading *reading, const char *bytes, size_t size,
                      struct place *municipalities_place)
{
    struct plan *plan = reading->plan;
    struct yaml_document *document;
    struct fields fields;
    size_t documents;

    sha256(bytes, size, plan->sha256);
    if (reader_parse(reading->arena, plan->file, bytes, size, &reader_plan_limits,
                     reading->problems, &document, &documents) < 0)
        return false;
    if (!fields_begin(&fields, reading->arena, reading->problems, document[0].root, _("the plan"),
                      plan_keys))
        return false;
    read_head(reading, &fields);
    read_approval(reading, &fields);
    read_channels(reading, &fields);
    plan_read_variables(reading, field_find(&fields, "variables"));
    field_require(&fields, "municipalities");
    plan_read_sources(reading, field_find(&fields, "municipalities"));
    field_require(&fields, "messages");
    plan_read_messages(reading, field_find(&fields, "messages"));

    const struct node *municipalities = field_find(&fields, "municipalities");
    *municipalities_place = node_place(municipalities ? municipalities : document[0].root);
    return true;
}

static struct plan_reading begin(struct arena *arena, const char *file_name,
                                 plan_known_channel *known_channel, struct problems *problems)
{
    struct plan *plan = arena_alloc(arena, sizeof(*plan));

    plan->file = arena_strdup(arena, file_name);
    return (struct plan_reading){arena, problems, known_channel, plan};
}

int plan_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
               plan_known_channel *known_channel, struct problems *problems, struct plan **out)
{
    struct plan_reading reading = begin(arena, file_name, known_channel, problems);
    struct place place;

    *out = NULL;
    if (!read_plan(&reading, bytes, size, &place) || problems_any_error(problems))
        return -1;
    *out = reading.plan;
    return 0;
}

int plan_load(struct arena *arena, const char *path, plan_known_channel *known_channel,
              struct problems *problems, struct plan **out, struct error *error)
{
    struct plan_reading reading = begin(arena, path, known_channel, problems);
    struct place place;
    struct text bytes;

    *out = NULL;
    int result = file_read(path, YAML_SIZE_MAX_BYTES, &bytes, error);
    if (result == 0 && read_plan(&reading, bytes.bytes, bytes.length, &place))
        plan_resolve_audience(&reading, place);
    text_release(&bytes);
    if (result < 0)
        return -1;
    if (problems_any_error(problems))
        return error_set(error, ERROR_INPUT,
                         ngettext("'%s' is not valid: %zu error", "'%s' is not valid: %zu errors",
                                  problems->error_count),
                         path, problems->error_count);
    *out = reading.plan;
    return 0;
}
