#include "plan/texts.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#include "plan/calendar.h"
#include "plan/template.h"

/* The names that have a value without a variable. */
enum builtin {
    MUNICIPALITY_NAME,
    MUNICIPALITY_ID,
    MUNICIPALITY_PHONE,
    MUNICIPALITY_WEBSITE,
    COUNTY_NAME,
    COORDINATOR_NAME,
    DATE,
    TIME,
    RUN,
    BUILTIN_COUNT
};

static const char *const builtin_names[BUILTIN_COUNT] = {
    [MUNICIPALITY_NAME] = "municipality.name",
    [MUNICIPALITY_ID] = "municipality.id",
    [MUNICIPALITY_PHONE] = "municipality.phone",
    [MUNICIPALITY_WEBSITE] = "municipality.website",
    [COUNTY_NAME] = "county.name",
    [COORDINATOR_NAME] = "coordinator.name",
    [DATE] = "date",
    [TIME] = "time",
    [RUN] = "run",
};

struct parsed_text {
    const struct template *template; /* NULL: the message has none */
    struct place place;
};

struct parsed_variants {
    struct parsed_text headline, short_text, long_text;
};

struct local_time {
    char date[CALENDAR_SIZE], time[CALENDAR_SIZE];
};

struct message_texts {
    struct arena *arena;
    const struct plan *plan;
    const struct message *message;
    const struct template_names *names;
    struct parsed_variants *variants; /* one per language */
    struct parsed_text **channels;    /* one per channel of the message, each one per language */
    const char **values;              /* by name: the plan's variables, then the built-in ones */
    struct local_time *times;         /* one per language */
};

static const struct template_names *collect_names(struct arena *arena, const struct plan *plan)
{
    size_t count = plan->variable_count + BUILTIN_COUNT;
    const char **names = arena_alloc_array(arena, count, sizeof(*names));

    for (size_t i = 0; i < plan->variable_count; i++)
        names[i] = plan->variables[i].name;
    for (size_t i = 0; i < BUILTIN_COUNT; i++)
        names[plan->variable_count + i] = builtin_names[i];
    return template_names_new(arena, names, count);
}

/* False when the text has errors. */
static bool parse(struct message_texts *texts, const struct placed_text *source,
                  struct problems *problems, struct parsed_text *out)
{
    *out = (struct parsed_text){.place = source->place};
    if (!source->text)
        return true;
    out->template = template_parse(texts->arena, source, texts->names, problems);
    return out->template != NULL;
}

static bool parse_variants(struct message_texts *texts, struct problems *problems)
{
    size_t count = texts->plan->language_count;
    bool fine = true;

    texts->variants = arena_alloc_array(texts->arena, count, sizeof(*texts->variants));
    for (size_t i = 0; i < count; i++) {
        const struct message_text *source = &texts->message->texts[i];
        struct parsed_variants *variants = &texts->variants[i];
        fine &= parse(texts, &source->headline, problems, &variants->headline);
        fine &= parse(texts, &source->short_text, problems, &variants->short_text);
        fine &= parse(texts, &source->long_text, problems, &variants->long_text);
    }
    return fine;
}

static bool parse_channels(struct message_texts *texts, struct problems *problems)
{
    size_t channel_count = texts->message->channel_text_count;
    size_t language_count = texts->plan->language_count;
    bool fine = true;

    texts->channels = arena_alloc_array(texts->arena, channel_count, sizeof(*texts->channels));
    for (size_t i = 0; i < channel_count; i++) {
        const struct channel_text *source = &texts->message->channel_texts[i];
        texts->channels[i] =
            arena_alloc_array(texts->arena, language_count, sizeof(*texts->channels[i]));
        for (size_t j = 0; source->texts && j < language_count; j++)
            fine &= parse(texts, &source->texts[j], problems, &texts->channels[i][j]);
    }
    return fine;
}

struct message_texts *texts_parse(struct arena *arena, const struct plan *plan,
                                  const struct message *message, struct problems *problems)
{
    struct message_texts *texts = arena_alloc(arena, sizeof(*texts));

    *texts = (struct message_texts){.arena = arena, .plan = plan, .message = message};
    texts->names = collect_names(arena, plan);
    texts->values =
        arena_alloc_array(arena, template_names_count(texts->names), sizeof(*texts->values));
    texts->times = arena_alloc_array(arena, plan->language_count, sizeof(*texts->times));
    bool variants_fine = parse_variants(texts, problems);
    bool channels_fine = parse_channels(texts, problems);
    return variants_fine && channels_fine ? texts : NULL;
}

/* --- values ---------------------------------------------------------------------------------- */

static void set(struct message_texts *texts, enum builtin name, const char *value)
{
    texts->values[texts->plan->variable_count + name] = value ? value : "";
}

void texts_begin(struct message_texts *texts, const struct run_facts *facts)
{
    for (size_t i = 0; i < texts->plan->variable_count; i++)
        texts->values[i] = facts->values->by_variable[i];
    set(texts, COORDINATOR_NAME, facts->coordinator);
    set(texts, RUN, facts->as_signed ? "{{run}}" : facts->run);
    for (size_t i = 0; i < texts->plan->language_count; i++) {
        const char *language = texts->plan->languages[i].text;
        if (facts->as_signed) {
            snprintf(texts->times[i].date, sizeof(texts->times[i].date), "{{date}}");
            snprintf(texts->times[i].time, sizeof(texts->times[i].time), "{{time}}");
            continue;
        }
        calendar_date(&facts->when, language, texts->times[i].date);
        calendar_time(&facts->when, language, texts->times[i].time);
    }
}

static void set_member(struct message_texts *texts, const struct audience_member *member,
                       size_t language)
{
    const struct municipality *municipality = member->municipality;
    const char *tag = texts->plan->languages[language].text;

    set(texts, MUNICIPALITY_NAME, municipality_name(municipality, tag));
    set(texts, MUNICIPALITY_ID, municipality->id);
    set(texts, MUNICIPALITY_PHONE, municipality->phone);
    set(texts, MUNICIPALITY_WEBSITE, municipality->website);
    set(texts, COUNTY_NAME, municipality->county_name);
    set(texts, DATE, texts->times[language].date);
    set(texts, TIME, texts->times[language].time);
}

/* --- filling --------------------------------------------------------------------------------- */

static struct filled_text fill(struct message_texts *texts, const struct parsed_text *parsed)
{
    struct filled_text out = {.place = parsed->place};
    struct text filled;

    if (!parsed->template)
        return out;
    text_init(&filled, TEXT_MAX_BYTES);
    template_fill(parsed->template, texts->values, &filled);
    size_t start = strspn(filled.bytes, " \t\n");
    size_t end = filled.length;
    while (end > start && strchr(" \t\n", filled.bytes[end - 1]))
        end--;
    if (filled.overflowed)
        out.fault = FILL_TOO_LARGE;
    else if (end == start)
        out.fault = FILL_EMPTY;
    else
        out.text = arena_strndup(texts->arena, filled.bytes + start, end - start);
    text_release(&filled);
    return out;
}

void texts_fill(struct message_texts *texts, const struct audience_member *member, size_t language,
                struct filled_variants *out)
{
    const struct parsed_variants *variants = &texts->variants[language];

    set_member(texts, member, language);
    out->headline = fill(texts, &variants->headline);
    out->short_text = fill(texts, &variants->short_text);
    out->long_text = fill(texts, &variants->long_text);
}

static const struct parsed_text *channel_parsed(const struct message_texts *texts,
                                                const struct channel_text *channel, size_t language)
{
    return &texts->channels[channel - texts->message->channel_texts][language];
}

struct filled_text texts_fill_channel(struct message_texts *texts,
                                      const struct audience_member *member, size_t language,
                                      const struct channel_text *channel)
{
    set_member(texts, member, language);
    return fill(texts, channel_parsed(texts, channel, language));
}

static bool has_text(const struct message_texts *texts, const struct channel_text *channel,
                     size_t language)
{
    const struct parsed_variants *variants = &texts->variants[language];

    if (channel && channel_parsed(texts, channel, language)->template)
        return true;
    return variants->short_text.template || variants->long_text.template;
}

size_t texts_language(const struct message_texts *texts, const struct channel_text *channel,
                      size_t language)
{
    if (has_text(texts, channel, language))
        return language;
    return has_text(texts, channel, 0) ? 0 : texts->plan->language_count;
}
