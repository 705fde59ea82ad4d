#include "plan/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/suggest.h"

static void wrong(struct problems *problems, const struct node *node, const char *text,
                  const char *fault)
{
    problems_add(problems, SEVERITY_ERROR, node_place(node), _("'%s' %s"),
                 shown(problems->arena, text), fault);
}

static bool is_kind(struct problems *problems, const struct node *node, const char *what,
                    enum node_kind kind)
{
    if (node_kind(node) == kind)
        return true;
    if (node_is_missing(node))
        problems_add(problems, SEVERITY_ERROR, node_place(node), _("%s has no value: write %s"),
                     what, translated(node_kind_name(kind)));
    else
        problems_add(problems, SEVERITY_ERROR, node_place(node), _("%s must be %s, not %s"), what,
                     translated(node_kind_name(kind)), translated(node_kind_name(node_kind(node))));
    return false;
}

struct place placed_text_at(const struct placed_text *source, const char *at)
{
    struct place place = source->place;

    if (!strchr(source->text, '\n') || place.line == 0)
        return place;
    place.line++;
    place.column = 1;
    for (const char *p = source->text; p < at; p++)
        place.line += *p == '\n';
    return place;
}

/* --- maps ------------------------------------------------------------------------------------ */

static void check_keys(const struct fields *fields, const char *const *known)
{
    for (size_t i = 0; i < node_count(fields->map); i++) {
        const char *key = node_key(fields->map, i);
        size_t at = 0;
        while (known[at] && strcmp(known[at], key) != 0)
            at++;
        if (known[at])
            continue;
        problems_add(fields->problems, SEVERITY_ERROR, node_key_place(fields->map, i),
                     _("unknown key '%s'%s"), shown(fields->arena, key),
                     suggest_hint(fields->arena, key, known));
    }
}

bool fields_begin(struct fields *fields, struct arena *arena, struct problems *problems,
                  const struct node *node, const char *what, const char *const *known)
{
    *fields = (struct fields){.arena = arena, .problems = problems, .map = node, .what = what};
    if (!is_kind(problems, node, what, NODE_MAP))
        return false;
    if (known)
        check_keys(fields, known);
    return true;
}

const struct node *field_find(const struct fields *fields, const char *key)
{
    return node_find(fields->map, key);
}

bool field_require(const struct fields *fields, const char *key)
{
    if (field_find(fields, key))
        return true;
    problems_add(fields->problems, SEVERITY_ERROR, node_place(fields->map), _("%s lacks '%s'"),
                 fields->what, key);
    return false;
}

/* --- values ---------------------------------------------------------------------------------- */

bool value_is_list(struct problems *problems, const struct node *node, const char *what)
{
    return is_kind(problems, node, what, NODE_LIST);
}

bool value_is_map(struct problems *problems, const struct node *node, const char *what)
{
    return is_kind(problems, node, what, NODE_MAP);
}

bool value_text_or_empty(struct problems *problems, const struct node *node, const char *what,
                         const char **out)
{
    if (!is_kind(problems, node, what, NODE_TEXT))
        return false;
    if (node_is_missing(node)) {
        problems_add(problems, SEVERITY_ERROR, node_place(node), _("%s has no value"), what);
        return false;
    }
    *out = node_text(node);
    return true;
}

bool value_text(struct problems *problems, const struct node *node, const char *what,
                const char **out)
{
    const char *text;

    if (!value_text_or_empty(problems, node, what, &text))
        return false;
    if (text[strspn(text, " \t\n")] == '\0') {
        problems_add(problems, SEVERITY_ERROR, node_place(node), _("%s is empty"), what);
        return false;
    }
    *out = text;
    return true;
}

static int compare_texts(const void *a_pointer, const void *b_pointer)
{
    const struct placed_text *a = *(const struct placed_text *const *)a_pointer;
    const struct placed_text *b = *(const struct placed_text *const *)b_pointer;
    int order = strcasecmp(a->text, b->text);

    if (order != 0)
        return order;
    return a < b ? -1 : a > b;
}

static bool has_repeats(struct arena *arena, struct problems *problems, const char *what,
                        const struct placed_text *texts, size_t count)
{
    const struct placed_text **sorted = arena_alloc_array(arena, count, sizeof(*sorted));
    bool found = false;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &texts[i];
    qsort(sorted, count, sizeof(*sorted), compare_texts);
    for (size_t i = 1; i < count; i++) {
        if (strcasecmp(sorted[i]->text, sorted[i - 1]->text) != 0)
            continue;
        problems_add(problems, SEVERITY_ERROR, sorted[i]->place, _("'%s' is given twice in %s"),
                     shown(arena, sorted[i]->text), what);
        found = true;
    }
    return found;
}

bool value_texts(struct arena *arena, struct problems *problems, const struct node *node,
                 const char *what, struct placed_text **out, size_t *count)
{
    bool is_right = true;

    if (!is_kind(problems, node, what, NODE_LIST))
        return false;
    if (node_count(node) == 0) {
        problems_add(problems, SEVERITY_ERROR, node_place(node), _("%s is empty"), what);
        return false;
    }
    struct placed_text *texts = arena_alloc_array(arena, node_count(node), sizeof(*texts));
    for (size_t i = 0; i < node_count(node); i++) {
        const struct node *item = node_value(node, i);
        texts[i].place = node_place(item);
        if (!value_text(problems, item, arena_printf(arena, _("an item of %s"), what),
                        &texts[i].text))
            is_right = false;
    }
    if (!is_right || has_repeats(arena, problems, what, texts, node_count(node)))
        return false;
    *out = texts;
    *count = node_count(node);
    return true;
}

/* --- fields ---------------------------------------------------------------------------------- */

static const char *quoted(const struct fields *fields, const char *key)
{
    return arena_printf(fields->arena, "'%s'", key);
}

bool field_text(const struct fields *fields, const char *key, const char **out)
{
    const struct node *node = field_find(fields, key);

    return node && value_text(fields->problems, node, quoted(fields, key), out);
}

bool field_placed_text(const struct fields *fields, const char *key, struct placed_text *out)
{
    const char *text;

    if (!field_text(fields, key, &text))
        return false;
    *out = (struct placed_text){text, node_place(field_find(fields, key))};
    return true;
}

/* A text that a format's check finds no fault with. */
static bool field_checked(const struct fields *fields, const char *key,
                          const char *(*fault_of)(const char *), const char **out)
{
    const char *text, *fault;

    if (!field_text(fields, key, &text))
        return false;
    fault = fault_of(text);
    if (fault) {
        wrong(fields->problems, field_find(fields, key), text, translated(fault));
        return false;
    }
    *out = text;
    return true;
}

bool field_bool(const struct fields *fields, const char *key, bool *out)
{
    const char *text;

    if (!field_text(fields, key, &text))
        return false;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        *out = text[0] == 't';
        return true;
    }
    const char *fault = _("is neither 'true' nor 'false'");
    if (strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0 ||
        strcasecmp(text, "true") == 0)
        fault = _("is not how it is written: write 'true'");
    else if (strcasecmp(text, "no") == 0 || strcasecmp(text, "off") == 0 ||
             strcasecmp(text, "false") == 0)
        fault = _("is not how it is written: write 'false'");
    wrong(fields->problems, field_find(fields, key), text, fault);
    return false;
}

static bool parse_integer(const char *text, int64_t *out)
{
    bool is_negative = text[0] == '-';
    const char *digits = text + is_negative;
    size_t length = strlen(digits);
    int64_t value = 0;

    if (length == 0 || length > 18 || strspn(digits, "0123456789") != length)
        return false;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + (digits[i] - '0');
    *out = is_negative ? -value : value;
    return true;
}

bool field_integer(const struct fields *fields, const char *key, int64_t least, int64_t most,
                   int64_t *out)
{
    const char *text;
    int64_t value;

    if (!field_text(fields, key, &text))
        return false;
    if (parse_integer(text, &value) && value >= least && value <= most) {
        *out = value;
        return true;
    }
    wrong(fields->problems, field_find(fields, key), text,
          arena_printf(fields->arena, _("is no whole number from %lld to %lld"), (long long)least,
                       (long long)most));
    return false;
}

bool field_duration(const struct fields *fields, const char *key, int64_t *out_ms)
{
    const char *text;

    if (!field_text(fields, key, &text))
        return false;
    if (duration_parse(text, out_ms))
        return true;
    wrong(fields->problems, field_find(fields, key), text,
          _("is no duration: write a number and a unit, such as '90s', '10m', '6h' or '7d'"));
    return false;
}

static const char *link_fault(const char *text)
{
    return url_fault(text, URL_LINK);
}

static const char *endpoint_fault(const char *text)
{
    return url_fault(text, URL_ENDPOINT);
}

bool field_url(const struct fields *fields, const char *key, enum url_use use, const char **out)
{
    return field_checked(fields, key, use == URL_LINK ? link_fault : endpoint_fault, out);
}

bool field_phone(const struct fields *fields, const char *key, const char **out)
{
    return field_checked(fields, key, phone_fault, out);
}

bool field_word(const struct fields *fields, const char *key, const char *const *words, size_t *out)
{
    const char *text;
    if (!field_text(fields, key, &text))
        return false;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    problems_add(fields->problems, SEVERITY_ERROR, node_place(field_find(fields, key)),
                 _("unknown %s '%s'%s"), key, shown(fields->arena, text),
                 suggest_hint(fields->arena, text, words));
    return false;
}

bool field_texts(const struct fields *fields, const char *key, struct placed_text **out,
                 size_t *count)
{
    const struct node *node = field_find(fields, key);

    return node &&
           value_texts(fields->arena, fields->problems, node, quoted(fields, key), out, count);
}

bool field_languages(const struct fields *fields, const char *key, struct placed_text **out,
                     size_t *count)
{
    struct placed_text *tags;
    size_t tag_count;
    bool is_right = true;

    if (!field_texts(fields, key, &tags, &tag_count))
        return false;
    for (size_t i = 0; i < tag_count; i++) {
        const char *fault = language_fault(tags[i].text);
        if (fault)
            wrong(fields->problems, node_value(field_find(fields, key), i), tags[i].text,
                  translated(fault));
        is_right = is_right && !fault;
    }
    if (!is_right)
        return false;
    *out = tags;
    *count = tag_count;
    return true;
}
