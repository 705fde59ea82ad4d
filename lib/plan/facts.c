#include "plan/facts.h"

#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "base/utf8.h"

#include "plan/facts_parts.h"
#include "plan/links.h"

enum {
    NAME_LEAST_BYTES = 3,
    SMALL_NUMBER_DIGITS = 2, /* what a language that is not known may say in words */
};

struct scan {
    struct arena *arena;
    struct facts *facts;
    const char *link; /* the next one; NULL: none is left */
    size_t link_length;
    bool starts_sentence; /* the next word does */
};

/* --- facts ----------------------------------------------------------------------------------- */

void fact_add_reading(struct fact *fact, const char *reading)
{
    for (size_t i = 0; i < fact->reading_count; i++)
        if (strcmp(fact->readings[i], reading) == 0)
            return;
    if (fact->reading_count < FACT_READINGS_MAX)
        fact->readings[fact->reading_count++] = reading;
}

static bool have_reading(const struct fact *fact, const char *reading)
{
    for (size_t i = 0; i < fact->reading_count; i++)
        if (strcmp(fact->readings[i], reading) == 0)
            return true;
    return false;
}

static bool share_reading(const struct fact *a, const struct fact *b)
{
    for (size_t i = 0; i < a->reading_count; i++)
        if (have_reading(b, a->readings[i]))
            return true;
    return false;
}

static bool is_known(const struct facts *facts, const struct fact *fact)
{
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *known = &facts->items[i];
        bool is_same = known->reading_count == fact->reading_count;
        for (size_t j = 0; is_same && j < fact->reading_count; j++)
            is_same = have_reading(known, fact->readings[j]);
        if (is_same)
            return true;
    }
    return false;
}

void facts_add(struct facts *facts, const struct fact *fact)
{
    if (is_known(facts, fact))
        return;
    facts->has_more |= facts->count == FACTS_MAX;
    if (!facts->has_more)
        facts->items[facts->count++] = *fact;
}

void facts_add_piece(struct facts *facts, const char *at, size_t length, const char *reading,
                     const char *other)
{
    struct fact fact = {.at = at, .length = length};

    fact_add_reading(&fact, reading);
    if (other)
        fact_add_reading(&fact, other);
    facts_add(facts, &fact);
}

/* --- tags ------------------------------------------------------------------------------------ */

/* "what-nb" in the Norwegian text and "what-en" in the English one are the same variable, for which
 * each language has a name of its own. */
static size_t length_without_language(const struct scan *scan, const char *name, size_t length)
{
    const char *language = scan->facts->language;
    size_t tag = strcspn(language, "-");

    if (length > tag + 1 && strchr("-_", name[length - tag - 1]) &&
        strncasecmp(name + length - tag, language, tag) == 0)
        return length - tag - 1;
    return length;
}

static const char *take_tag(struct scan *scan, const char *at)
{
    const char *end = strstr(at, "}}");
    const char *name = at + 2 + strspn(at + 2, " \t#^/");

    if (!end)
        return at + 2;
    end += 2;
    size_t length = strcspn(name, " \t\n{}");
    const char *reading = arena_printf(scan->arena, "{{%.*s}}",
                                       (int)length_without_language(scan, name, length), name);
    if (length > 0)
        facts_add_piece(scan->facts, at, (size_t)(end - at), reading, NULL);
    if (at + 2 == name) /* a section begins and ends without a word */
        scan->starts_sentence = false;
    return end;
}

static const char *take_link(struct scan *scan)
{
    const char *at = scan->link, *end = at + scan->link_length;

    facts_add_address(scan->arena, scan->facts, at, scan->link_length);
    for (const char *tag = at; (tag = strstr(tag, "{{")) && tag < end;)
        tag = take_tag(scan, tag);
    scan->link = link_find(end, &scan->link_length);
    scan->starts_sentence = false;
    return end;
}

/* --- names ----------------------------------------------------------------------------------- */

static bool is_capital(const char *at)
{
    uint32_t code_point;

    return utf8_decode(at, strlen(at), &code_point) > 0 &&
           utf8proc_category((utf8proc_int32_t)code_point) == UTF8PROC_CATEGORY_LU;
}

/* Bytes of the letter that begins here; 0: none does. Beyond ASCII there are other signs: " ", "–",
 * "•", "«", "“", "…". */
static size_t letter_length(const char *at)
{
    uint32_t code_point;

    if (!fact_is_letter(*at))
        return 0;
    size_t length = utf8_decode(at, strlen(at), &code_point);
    bool is_sign =
        length > 1 && (code_point < 0xC0 || (code_point >= 0x2000 && code_point < 0x2C00));
    return is_sign ? 0 : length;
}

static size_t word_length(const char *at)
{
    size_t length = 0;

    for (;;) {
        size_t letter = at[length] == '-' ? 1 : letter_length(at + length);
        if (letter == 0)
            return length;
        length += letter;
    }
}

/* The longest known name that begins here, whole. */
static const struct place_name *find_place(const struct facts *facts, const char *at)
{
    const struct place_name *found = NULL;

    for (size_t i = 0; i < facts->place_count; i++) {
        const struct place_name *place = &facts->places[i];
        size_t length = strlen(place->name);
        if (strncmp(at, place->name, length) == 0 && word_length(at + length) == 0 &&
            (!found || length > strlen(found->name)))
            found = place;
    }
    return found;
}

static const char *take_word(struct scan *scan, const char *at)
{
    struct fact fact = {.at = at, .is_name = true};
    bool is_first = scan->starts_sentence;
    size_t length = word_length(at);

    scan->starts_sentence = false;
    if (!is_capital(at))
        return at + length;
    const struct place_name *place = find_place(scan->facts, at);
    fact.is_place = place != NULL;
    fact.length = place ? strlen(place->name) : length;
    if (is_first || fact.length < NAME_LEAST_BYTES)
        return at + fact.length;
    fact_add_reading(&fact, arena_strndup(scan->arena, at, fact.length));
    for (size_t i = 0; place && i < scan->facts->place_count; i++)
        if (strcmp(scan->facts->places[i].id, place->id) == 0)
            fact_add_reading(&fact, scan->facts->places[i].name);
    facts_add(scan->facts, &fact);
    return at + fact.length;
}

/* --- the text -------------------------------------------------------------------------------- */

/* What no word begins with. Returns its bytes. */
static size_t skip_sign(struct scan *scan, const char *at)
{
    uint32_t code_point;
    size_t length = utf8_decode(at, strlen(at), &code_point);

    if (length > 1 || strchr(".:;!?\n\"*(", *at))
        scan->starts_sentence = true;
    return length > 0 ? length : 1;
}

static const char *take_next(struct scan *scan, const char *at)
{
    size_t bytes;
    const char *end;

    if (strncmp(at, "{{", 2) == 0)
        return take_tag(scan, at);
    if (scan->link && scan->link < at)
        scan->link = link_find(at, &scan->link_length);
    if (at == scan->link)
        return take_link(scan);
    bool is_digit = fact_digit_at(at, &bytes) >= 0;
    if (is_digit || (*at == '+' && fact_digit_at(at + 1, &bytes) >= 0)) {
        scan->starts_sentence = false;
        end = is_digit ? facts_take_address(scan->arena, scan->facts, at) : NULL;
        return end ? end : facts_take_number(scan->arena, scan->facts, at);
    }
    size_t length = word_length(at);
    if (length == 0)
        return at + skip_sign(scan, at);
    end = facts_take_address(scan->arena, scan->facts, at);
    return end ? end : take_word(scan, at);
}

void facts_find(struct arena *arena, const char *text, const char *language,
                const struct place_name *places, size_t place_count, struct facts *out)
{
    struct scan scan = {.arena = arena, .facts = out, .starts_sentence = true};

    *out = (struct facts){
        .text = text, .language = language, .places = places, .place_count = place_count};
    scan.link = link_find(text, &scan.link_length);
    for (const char *at = text; *at && !out->has_more;)
        at = take_next(&scan, at);
}

/* --- the same -------------------------------------------------------------------------------- */

/* Anywhere, also at the start of a sentence and with an ending: "Glommas". */
static bool says_name(const struct facts *facts, const struct fact *fact)
{
    for (size_t i = 0; i < fact->reading_count; i++) {
        const char *name = fact->readings[i];
        for (const char *at = facts->text; (at = strstr(at, name)); at++)
            if (at == facts->text || word_length(at - 1) == 0 || at[-1] == '-')
                return true;
    }
    return false;
}

static bool is_same(const struct fact *a, const struct fact *b, bool is_loose)
{
    return share_reading(a, b) || fact_is_same_site(a, b) || fact_is_same_site(b, a) ||
           (is_loose && a->loose && b->loose && strcmp(a->loose, b->loose) == 0);
}

const struct fact *facts_same(const struct facts *facts, const struct fact *fact,
                              const char *language)
{
    bool knows_both = fact_decimal_sign(facts->language) && fact_decimal_sign(language);

    for (size_t i = 0; i < facts->count; i++)
        if (is_same(&facts->items[i], fact, !knows_both))
            return &facts->items[i];
    if (fact->is_name)
        return facts_name_family(facts->language) == NAMES_NOT_COMPARED || says_name(facts, fact)
                   ? fact
                   : NULL;
    if (!fact->loose)
        return NULL;
    if (!fact_decimal_sign(facts->language) && strlen(fact->loose) <= SMALL_NUMBER_DIGITS)
        return fact;
    for (size_t i = 0; i < fact->reading_count; i++)
        if (fact_is_in_words(facts->text, facts->language, fact->readings[i]))
            return fact;
    return NULL;
}
