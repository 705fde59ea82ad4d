#include "plan/differences.h"

#include <stdbool.h>
#include <string.h>

#include "base/language.h"

#include "plan/facts.h"

enum { SHOWN_FACTS_MAX = 5 };

struct version {
    const struct placed_text *text;
    const char *language;
    struct facts *facts;
    struct fact_list {
        const struct fact **items;
        size_t count, capacity;
    } lacks, adds;
};

struct comparing {
    struct arena *arena;
    const struct plan *plan;
    struct place_name *places;
    size_t place_count;
    struct version *versions; /* of the text that is looked at */
    size_t version_count;
    size_t fact_version;      /* the one whose fact is looked at */
    const struct fact **same; /* for each version, what it says of that fact */
    struct difference *out;
    size_t count, capacity;
};

/* --- places ---------------------------------------------------------------------------------- */

static void add_place(struct comparing *comparing, size_t *capacity, const char *id,
                      const char *name)
{
    if (!id || !name || !name[0])
        return;
    comparing->places = arena_grow(comparing->arena, comparing->places, comparing->place_count,
                                   capacity, sizeof(*comparing->places));
    comparing->places[comparing->place_count++] = (struct place_name){id, name};
}

/* The municipalities of the audience and their counties. Counties stand in a row in most
 * directories; that one is there again costs no more than looking at it. */
static void collect_places(struct comparing *comparing)
{
    const struct plan *plan = comparing->plan;
    const char *county = "";
    size_t capacity = 0;

    for (size_t i = 0; i < plan->audience_count; i++) {
        const struct municipality *municipality = plan->audience[i].municipality;
        for (size_t j = 0; j < municipality->name_count; j++)
            add_place(comparing, &capacity, municipality->id, municipality->names[j].name);
        if (!municipality->county_name || strcmp(municipality->county_name, county) == 0)
            continue;
        county = municipality->county_name;
        add_place(comparing, &capacity, county, county);
    }
}

/* --- facts of all versions ------------------------------------------------------------------- */

static void add_fact(struct arena *arena, struct fact_list *list, const struct fact *fact)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == fact)
            return;
    list->items =
        arena_grow(arena, list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count++] = fact;
}

/* Whether a version has the fact as one of its own; else it says it in words, or it cannot be known
 * whether it does, or it lacks it. */
static bool has_own(const struct comparing *comparing, size_t version, const struct fact *fact)
{
    const struct fact *same = comparing->same[version];

    return same && (same != fact || version == comparing->fact_version);
}

/* A word is a name when a place of that name is known, or when texts of two families of languages
 * write it so. */
static bool is_established(const struct comparing *comparing, const struct fact *fact)
{
    bool is_seen[NAMES_ENGLISH + 1] = {false};

    if (!fact->is_name || fact->is_place)
        return true;
    for (size_t i = 0; i < comparing->version_count; i++)
        if (has_own(comparing, i, fact))
            is_seen[facts_name_family(comparing->versions[i].language)] = true;
    return is_seen[NAMES_SCANDINAVIAN] && is_seen[NAMES_ENGLISH];
}

/* What a version before has was looked at there. */
static bool is_looked_at(const struct comparing *comparing, const struct fact *fact)
{
    for (size_t i = 0; i < comparing->fact_version; i++)
        if (has_own(comparing, i, fact))
            return true;
    return false;
}

/* The fewer versions are told of: those that lack the fact, or those that say it. Where they are as
 * many, the first version, in the plan's first language mostly, is the measure. */
static void sort_out(struct comparing *comparing, const struct fact *fact)
{
    const char *language = comparing->versions[comparing->fact_version].language;
    size_t count = comparing->version_count, having = 1;

    for (size_t i = 0; i < count; i++) {
        comparing->same[i] = fact;
        if (i == comparing->fact_version)
            continue;
        comparing->same[i] = facts_same(comparing->versions[i].facts, fact, language);
        having += comparing->same[i] != NULL;
    }
    if (having == count || is_looked_at(comparing, fact) || !is_established(comparing, fact))
        return;
    bool is_lacking = having * 2 > count || (having * 2 == count && comparing->same[0]);
    for (size_t i = 0; i < count; i++) {
        struct version *told = &comparing->versions[i];
        if (is_lacking && !comparing->same[i])
            add_fact(comparing->arena, &told->lacks, fact);
        else if (!is_lacking && has_own(comparing, i, fact))
            add_fact(comparing->arena, &told->adds, comparing->same[i]);
    }
}

/* --- in words -------------------------------------------------------------------------------- */

/* "'07.30', '117' and 2 more". */
static const char *list_words(struct arena *arena, const struct fact_list *list)
{
    const char *words = "";

    for (size_t i = 0; i < list->count && i < SHOWN_FACTS_MAX; i++) {
        const struct fact *fact = list->items[i];
        const char *written = shown(arena, arena_strndup(arena, fact->at, fact->length));
        words = arena_printf(arena, "%s%s'%s'", words, i > 0 ? ", " : "", written);
    }
    if (list->count > SHOWN_FACTS_MAX)
        words = arena_printf(arena, _("%s and %zu more"), words, list->count - SHOWN_FACTS_MAX);
    return words;
}

static const char *other_languages(const struct comparing *comparing, const struct version *version)
{
    const char *words = "";
    size_t left = comparing->version_count - 1;

    for (size_t i = 0; i < comparing->version_count; i++) {
        if (&comparing->versions[i] == version)
            continue;
        words = arena_printf(comparing->arena, "%s%s%s", words, comparing->versions[i].language,
                             left > 2    ? ", "
                             : left == 2 ? _(" and ")
                                         : "");
        left--;
    }
    return words;
}

static const char *describe(const struct comparing *comparing, const char *what,
                            const struct version *version)
{
    struct arena *arena = comparing->arena;
    const char *lacks = list_words(arena, &version->lacks);
    const char *adds = list_words(arena, &version->adds);
    const char *others = other_languages(comparing, version);

    if (version->adds.count == 0)
        return arena_printf(arena, _("%s in %s differs from %s: it lacks %s"), what,
                            version->language, others, lacks);
    if (version->lacks.count == 0)
        return arena_printf(arena, _("%s in %s differs from %s: it adds %s"), what,
                            version->language, others, adds);
    return arena_printf(arena, _("%s in %s differs from %s: it lacks %s and adds %s"), what,
                        version->language, others, lacks, adds);
}

static void tell(struct comparing *comparing, const char *what, const struct version *version)
{
    struct arena *arena = comparing->arena;

    comparing->out = arena_grow(arena, comparing->out, comparing->count, &comparing->capacity,
                                sizeof(*comparing->out));
    struct difference *out = &comparing->out[comparing->count++];
    *out = (struct difference){
        .language = version->language,
        .text_place = version->text->place,
        .place = version->adds.count > 0 ? placed_text_at(version->text, version->adds.items[0]->at)
                                         : version->text->place,
        .words = describe(comparing, what, version),
    };
}

/* --- texts ----------------------------------------------------------------------------------- */

static void add_version(struct comparing *comparing, size_t language,
                        const struct placed_text *text)
{
    struct version *version = &comparing->versions[comparing->version_count];

    if (!text->text)
        return;
    *version = (struct version){.text = text,
                                .language = comparing->plan->languages[language].text,
                                .facts = version->facts};
    comparing->version_count++;
}

/* A text with more facts than there is room for is for machines, and is left alone. */
static bool find_facts(struct comparing *comparing)
{
    bool has_all = comparing->version_count > 1;

    for (size_t i = 0; i < comparing->version_count && has_all; i++) {
        struct version *version = &comparing->versions[i];
        if (!version->facts)
            version->facts = arena_alloc(comparing->arena, sizeof(*version->facts));
        facts_find(comparing->arena, version->text->text, version->language, comparing->places,
                   comparing->place_count, version->facts);
        has_all = !version->facts->has_more;
    }
    return has_all;
}

static void end_text(struct comparing *comparing, const char *what)
{
    if (!find_facts(comparing))
        return;
    for (size_t i = 0; i < comparing->version_count; i++) {
        comparing->fact_version = i;
        for (size_t j = 0; j < comparing->versions[i].facts->count; j++)
            sort_out(comparing, &comparing->versions[i].facts->items[j]);
    }
    for (size_t i = 0; i < comparing->version_count; i++) {
        const struct version *version = &comparing->versions[i];
        if (version->lacks.count > 0 || version->adds.count > 0)
            tell(comparing, what, version);
    }
}

static void compare_list(struct comparing *comparing, const struct placed_text *texts,
                         const char *what)
{
    comparing->version_count = 0;
    for (size_t i = 0; texts && i < comparing->plan->language_count; i++)
        add_version(comparing, i, &texts[i]);
    end_text(comparing, what);
}

static void compare_variants(struct comparing *comparing, const struct message *message)
{
    static const struct {
        const char *what;
        size_t offset;
    } variants[] = {{N_("the headline"), offsetof(struct message_text, headline)},
                    {N_("the short text"), offsetof(struct message_text, short_text)},
                    {N_("the long text"), offsetof(struct message_text, long_text)}};

    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        comparing->version_count = 0;
        for (size_t j = 0; j < comparing->plan->language_count; j++) {
            const char *texts = (const char *)&message->texts[j];
            add_version(comparing, j, (const struct placed_text *)(texts + variants[i].offset));
        }
        end_text(comparing, translated(variants[i].what));
    }
}

const struct difference *differences_find(struct arena *arena, const struct plan *plan,
                                          const struct message *message, size_t *count)
{
    struct comparing comparing = {.arena = arena, .plan = plan};

    comparing.versions =
        arena_alloc_array(arena, plan->language_count, sizeof(*comparing.versions));
    comparing.same = arena_alloc_array(arena, plan->language_count, sizeof(*comparing.same));
    collect_places(&comparing);
    compare_variants(&comparing, message);
    for (size_t i = 0; i < message->channel_text_count; i++)
        compare_list(
            &comparing, message->channel_texts[i].texts,
            arena_printf(arena, _("the text for %s"), message->channel_texts[i].channel.text));
    for (size_t i = 0; i < message->media_count; i++)
        compare_list(&comparing, message->media[i].alts,
                     arena_printf(arena, _("'alt' of '%s'"), message->media[i].file.text));
    *count = comparing.count;
    return comparing.out;
}

void differences_report(const struct difference *differences, size_t count,
                        struct problems *problems)
{
    for (size_t i = 0; i < count; i++)
        problems_add(problems, SEVERITY_WARNING, differences[i].place, "%s", differences[i].words);
}
