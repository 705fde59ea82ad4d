#include "plan/select.h"

#include <string.h>
#include <strings.h>

#include "base/language.h"
#include "base/suggest.h"

struct kind_word {
    const char *word;
    enum selector_kind kind;
    bool in_plans;
};

static const struct kind_word kind_words[] = {
    {"county", SELECT_COUNTY, true},
    {"group", SELECT_GROUP, true},
    {"language", SELECT_LANGUAGE, true},
    {"channel", SELECT_CHANNEL, false},
};

static const char *const kind_names[] = {"county", "group", "language", "channel", NULL};
static const char *const plan_kind_names[] = {"county", "group", "language", NULL};

static int parse(struct arena *arena, const char *expression, bool is_plan, struct selector *out,
                 struct error *error)
{
    const char *equals = strchr(expression, '=');

    *out = (struct selector){SELECT_ID, expression, expression};
    if (strcmp(expression, "all") == 0) {
        *out = (struct selector){SELECT_ALL, "", expression};
        return 0;
    }
    if (!equals) {
        const char *fault = number_fault(expression);
        if (!fault)
            return 0;
        return error_set(error, ERROR_USAGE, _("'%s' is no select expression: as an id it %s"),
                         shown(arena, expression), translated(fault));
    }
    const char *word = arena_strndup(arena, expression, (size_t)(equals - expression));
    for (size_t i = 0; i < sizeof(kind_words) / sizeof(kind_words[0]); i++) {
        if (strcmp(word, kind_words[i].word) != 0)
            continue;
        if (is_plan && !kind_words[i].in_plans)
            return error_set(
                error, ERROR_USAGE,
                _("'%s' chooses accounts, not municipalities: use the plan's 'channels'"),
                shown(arena, expression));
        if (equals[1] == '\0')
            return error_set(error, ERROR_USAGE, _("'%s' has nothing after '='"),
                             shown(arena, expression));
        *out = (struct selector){kind_words[i].kind, equals + 1, expression};
        return 0;
    }
    return error_set(error, ERROR_USAGE, _("unknown selector '%s'%s"), shown(arena, word),
                     suggest_hint(arena, word, is_plan ? plan_kind_names : kind_names));
}

int selector_parse(struct arena *arena, const char *expression, struct selector *out,
                   struct error *error)
{
    return parse(arena, expression, false, out, error);
}

static bool speaks(const struct municipality *municipality, const char *tag,
                   const char *default_language)
{
    if (municipality->language_count == 0)
        return default_language && strcasecmp(tag, default_language) == 0;
    for (size_t i = 0; i < municipality->language_count; i++)
        if (strcasecmp(tag, municipality->languages[i]) == 0)
            return true;
    return false;
}

static bool is_in_group(const struct municipality *municipality, const char *group)
{
    for (size_t i = 0; i < municipality->group_count; i++)
        if (strcmp(group, municipality->groups[i]) == 0)
            return true;
    return false;
}

bool selector_matches_municipality(const struct selector *selector,
                                   const struct municipality *municipality,
                                   const char *default_language)
{
    switch (selector->kind) {
    case SELECT_ALL:
        return true;
    case SELECT_ID:
        return strcmp(selector->value, municipality->id) == 0;
    case SELECT_COUNTY:
        return municipality->county_id && strcmp(selector->value, municipality->county_id) == 0;
    case SELECT_GROUP:
        return is_in_group(municipality, selector->value);
    case SELECT_LANGUAGE:
        return speaks(municipality, selector->value, default_language);
    case SELECT_CHANNEL:
        return false;
    }
    return false;
}

bool channel_word_covers(const char *word, const char *kind)
{
    static const char *const web_kinds[] = {"wordpress", "micropub", "webhook", "feed"};

    if (strcmp(word, kind) == 0)
        return true;
    if (strcmp(word, "web") != 0)
        return false;
    for (size_t i = 0; i < sizeof(web_kinds) / sizeof(web_kinds[0]); i++)
        if (strcmp(web_kinds[i], kind) == 0)
            return true;
    return false;
}

bool selector_matches_account(const struct selector *selector,
                              const struct municipality *municipality, const char *default_language,
                              const char *channel)
{
    if (selector->kind == SELECT_CHANNEL)
        return channel_word_covers(selector->value, channel);
    return selector_matches_municipality(selector, municipality, default_language);
}

long municipalities_find(const struct municipality *const *sorted, size_t count, const char *id)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(sorted[middle]->id, id);
        if (order == 0)
            return (long)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* --- choosing from a directory --------------------------------------------------------------- */

struct choice {
    struct arena *arena;
    struct problems *problems;
    const struct municipality *const *sorted;
    size_t count;
    const char *default_language;
    bool *chosen;
    bool failed;
};

/* Sets chosen[] of what the selector matches to `value`; returns how many it matches. */
static size_t mark(struct choice *choice, const struct selector *selector, bool value)
{
    size_t matched = 0;

    if (selector->kind == SELECT_ID) { /* looked up, so that long lists of ids stay fast */
        long position = municipalities_find(choice->sorted, choice->count, selector->value);
        if (position < 0)
            return 0;
        choice->chosen[position] = value;
        return 1;
    }
    for (size_t i = 0; i < choice->count; i++) {
        if (!selector_matches_municipality(selector, choice->sorted[i], choice->default_language))
            continue;
        choice->chosen[i] = value;
        matched++;
    }
    return matched;
}

static void apply(struct choice *choice, const struct placed_text *expressions, size_t count,
                  bool value)
{
    for (size_t i = 0; i < count; i++) {
        struct selector selector;
        struct error error = {.kind = ERROR_NONE};
        if (parse(choice->arena, expressions[i].text, true, &selector, &error) < 0) {
            problems_add(choice->problems, SEVERITY_ERROR, expressions[i].place, "%s",
                         error.message);
            choice->failed = true;
        } else if (mark(choice, &selector, value) == 0) {
            problems_add(choice->problems, SEVERITY_ERROR, expressions[i].place,
                         _("'%s' matches no municipality of the directory file"),
                         shown(choice->arena, selector.expression));
            choice->failed = true;
        }
    }
}

bool select_from(struct arena *arena, struct problems *problems,
                 const struct municipality *const *sorted, size_t count,
                 const struct selection *selection, bool *chosen)
{
    struct choice choice = {arena,  problems, sorted, count, selection->default_language,
                            chosen, false};

    apply(&choice, selection->select, selection->select_count, true);
    apply(&choice, selection->except, selection->except_count, false);
    if (choice.failed)
        return false;
    for (size_t i = 0; i < count; i++)
        if (chosen[i])
            return true;
    problems_add(problems, SEVERITY_ERROR, selection->whole,
                 _("this chooses no municipality: 'except' takes away all that 'select' gives"));
    return false;
}
