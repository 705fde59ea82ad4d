#include "plan/exercise.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/memory.h"
#include "base/utf8.h"

#include "plan/language.h"

#define DASH " – "
#define MARK(language, word)                                                                       \
    {                                                                                              \
        language,                                                                                  \
        {                                                                                          \
            word, word DASH word DASH word, true                                                   \
        }                                                                                          \
    }

static const struct {
    const char *language;
    struct exercise_mark mark;
} marks[] = {
    MARK("nb", "ØVELSE"),    MARK("no", "ØVELSE"),        MARK("nn", "ØVING"),
    MARK("en", "EXERCISE"),  MARK("se", "HÁRJEHUS"),      MARK("sv", "ÖVNING"),
    MARK("da", "ØVELSE"),    MARK("fi", "HARJOITUS"),     MARK("de", "ÜBUNG"),
    MARK("is", "ÆFING"),     MARK("nl", "OEFENING"),      MARK("fr", "EXERCICE"),
    MARK("es", "SIMULACRO"), MARK("it", "ESERCITAZIONE"), MARK("pl", "ĆWICZENIA"),
    MARK("uk", "НАВЧАННЯ"),
};

/* A negation and what it must not be followed by: folded (small letters, one space between words),
 * and whole words. */
static const struct denial {
    const char *negation;
    const char *objects[16];
} denials[] = {
    {"ikke", /* Bokmål, Danish */
     {"en øvelse", "øvelse", "noen øvelse", "nogen øvelse", "bare en øvelse", "kun en øvelse",
      "del av en øvelse", "en del av en øvelse", "en drill", "en test", "bare en test", "en prøve",
      "en prøvevarsling", "et øvelsesvarsel", "en øvelsesmelding"}},
    {"ingen", {"øvelse", "test", "drill", "övning"}},
    {"ikkje", /* Nynorsk */
     {"ei øving", "øving", "noka øving", "nokon øving", "berre ei øving", "del av ei øving",
      "ein del av ei øving", "ein test", "berre ein test", "ei prøve", "ein øvelse", "ein drill"}},
    {"inga", {"øving", "prøve"}},
    {"not", /* English */
     {"a drill", "an exercise", "a test", "a training", "a training exercise", "just a drill",
      "just an exercise", "just a test", "only a drill", "only an exercise", "part of a drill",
      "part of an exercise", "a rehearsal", "a simulation"}},
    {"no", {"drill", "exercise", "es un simulacro", "es un ejercicio"}}, /* and Spanish */
    {"isn't", {"a drill", "an exercise", "a test"}},
    {"isnt", {"a drill", "an exercise", "a test"}},
    {"ii", {"leat hárjehus", "leat hárjehallan"}}, /* Northern Sámi */
    {"inte",                                       /* Swedish */
     {"en övning", "övning", "någon övning", "bara en övning", "ett test", "ett prov"}},
    {"ej", {"en övning", "övning"}},
    {"ei", {"ole harjoitus", "harjoitus", "ole testi"}}, /* Finnish */
    {"keine", {"übung", "probe"}},                       /* German */
    {"kein", {"test", "probealarm"}},
    {"nicht", {"eine übung", "nur eine übung"}},
    {"ekki", {"æfing"}},                    /* Icelandic */
    {"geen", {"oefening"}},                 /* Dutch */
    {"pas", {"un exercice"}},               /* French */
    {"non", {"è un'esercitazione"}},        /* Italian */
    {"nie", {"są ćwiczenia", "ćwiczenia"}}, /* Polish */
    {"не", {"навчання"}},                   /* Ukrainian */
};
enum { DENIALS = sizeof(denials) / sizeof(denials[0]) };
_Static_assert(DENIALS < 32, "each is a bit of a number");

struct exercise_mark exercise_mark(const char *language)
{
    struct exercise_mark mark = {0};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (language_is(language, marks[i].language))
            return marks[i].mark;
    mark = exercise_mark("en");
    mark.own = false;
    return mark;
}

/* --- folding --------------------------------------------------------------------------------- */

static bool is_space(utf8proc_int32_t code_point)
{
    if (code_point < 0x80)
        return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
    utf8proc_category_t category = utf8proc_category(code_point);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

static bool is_word_character(utf8proc_int32_t code_point)
{
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ND:
        return true;
    default:
        return false;
    }
}

/* A small letter, a space for any white space, 0 for what nobody sees; -1: only the long way knows.
 * Right for the letters of the Nordic languages and the usual punctuation. */
static utf8proc_int32_t fold_simply(utf8proc_int32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= 'A' && code_point <= 'Z' ? code_point + ('a' - 'A') : code_point;
    if (code_point == 0xA0)
        return ' ';
    if (code_point == 0xAD)
        return 0;
    if (code_point == 0x2019)
        return '\'';
    if (code_point >= 0xC0 && code_point < 0x180 && code_point != 0xDF && code_point != 0x130 &&
        code_point != 0x149 && code_point != 0x17F)
        return utf8proc_tolower(code_point);
    if (code_point == 0xAB || code_point == 0xBB) /* « » */
        return code_point;
    return code_point >= 0x2012 && code_point <= 0x2022 && code_point != 0x2017 ? code_point : -1;
}

/* Quotes and emphasis change nothing about what is denied. */
static bool is_markup(utf8proc_int32_t code_point)
{
    return code_point == '*' || code_point == '_' || code_point == '"' || code_point == 0xAB ||
           code_point == 0xBB || (code_point >= 0x201C && code_point <= 0x201F);
}

static bool is_small_letter(unsigned char byte)
{
    return byte >= 'a' && byte <= 'z';
}

struct folded {
    char *bytes;
    size_t length;
    bool after_space;
};

/* One character that fold_simply or utf8proc has folded. It takes no more bytes than before: what
 * grew, grew in utf8proc. */
static void add_folded(struct folded *out, utf8proc_int32_t code_point)
{
    bool space = is_space(code_point);

    if (is_markup(code_point))
        return;
    if (space && !out->after_space)
        out->bytes[out->length++] = ' ';
    else if (!space && code_point < 0x80)
        out->bytes[out->length++] = (char)code_point;
    else if (!space && !is_word_character(code_point))
        out->bytes[out->length++] = '.';
    else if (!space)
        out->length += utf8_encode((uint32_t)code_point, out->bytes + out->length);
    out->after_space = space;
}

/* Words in small letters with a space between them, which most of a text is. Where they end. */
static const utf8proc_uint8_t *add_words(struct folded *out, const utf8proc_uint8_t *at)
{
    char *to = out->bytes + out->length;

    while (is_small_letter(*at) || (*at == ' ' && is_small_letter(at[1])))
        *to++ = (char)*at++;
    out->length = (size_t)(to - out->bytes);
    out->after_space = false;
    return at;
}

/* NULL when a character of the text needs the long way. */
static char *fold_fast(const char *text)
{
    struct folded out = {memory_alloc(strlen(text) + 1), 0, true};
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;

    while (*at) {
        utf8proc_int32_t code_point;
        if (is_small_letter(*at)) {
            at = add_words(&out, at);
            continue;
        }
        if (*at < 0x80) {
            add_folded(&out, fold_simply(*at++));
            continue;
        }
        utf8proc_ssize_t used = utf8proc_iterate(at, -1, &code_point);
        utf8proc_int32_t folded = used > 0 ? fold_simply(code_point) : -1;
        if (folded < 0) {
            memory_free(out.bytes);
            return NULL;
        }
        at += used;
        if (folded > 0)
            add_folded(&out, folded);
    }
    out.bytes[out.length] = '\0';
    return out.bytes;
}

/* The text in small letters, composed, without invisible characters, every run of white space one
 * space, every sign beyond ASCII a full stop; curly apostrophes straight. Compatibility forms (wide
 * letters, circled letters) become the plain ones, so that they hide nothing. Free it. */
static char *fold(const char *text)
{
    utf8proc_uint8_t *mapped = NULL;
    char *fast = fold_fast(text);

    if (fast)
        return fast;
    utf8proc_ssize_t length =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                         UTF8PROC_IGNORE | UTF8PROC_CASEFOLD);
    if (length == UTF8PROC_ERROR_NOMEM)
        memory_exhausted();
    struct folded out = {memory_alloc((length > 0 ? (size_t)length : 0) + 1), 0, true};
    for (utf8proc_ssize_t at = 0; at < length;) {
        utf8proc_int32_t code_point;
        utf8proc_ssize_t used = utf8proc_iterate(mapped + at, length - at, &code_point);
        if (used <= 0)
            break;
        at += used;
        add_folded(&out, code_point == 0x2019 ? '\'' : code_point);
    }
    free(mapped); /* utf8proc's own malloc */
    out.bytes[out.length] = '\0';
    return out.bytes;
}

/* --- denials --------------------------------------------------------------------------------- */

static bool is_word_at(const char *at, const char *end)
{
    utf8proc_int32_t code_point = -1;

    if (at >= end)
        return false;
    if (utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, &code_point) <= 0)
        return false;
    return is_word_character(code_point);
}

/* Where `words` end when the text goes on with them as whole words, or NULL. */
static const char *skip_words(const char *at, const char *end, const char *words)
{
    do {
        if (at == end || *at++ != *words++)
            return NULL;
    } while (*words);
    return is_word_at(at, end) ? NULL : at;
}

static bool is_word_before(const char *start, const char *at)
{
    const char *before = at;

    if (at == start)
        return false;
    do
        before--;
    while (before > start && ((unsigned char)*before & 0xC0) == 0x80);
    return is_word_at(before, at);
}

/* Whether the text goes on, after a negation and a space, with what is denied. */
static const char *find_object(const struct denial *denial, const char *at, const char *end)
{
    for (size_t i = 0; i < sizeof(denial->objects) / sizeof(denial->objects[0]); i++)
        if (denial->objects[i] && skip_words(at, end, denial->objects[i]))
            return denial->objects[i];
    return NULL;
}

/* The first in the table that stands at `at`, of those whose bits are set; DENIALS: none does. */
static size_t match_denial(const char *folded, const char *at, const char *end, uint32_t set,
                           const char **object)
{
    for (; set; set &= set - 1) {
        size_t i = (size_t)__builtin_ctz(set);
        const char *rest = skip_words(at, end, denials[i].negation);
        if (!rest || *rest != ' ' || is_word_before(folded, at))
            continue;
        const char *found = find_object(&denials[i], rest + 1, end);
        if (found) {
            *object = found;
            return i;
        }
    }
    return DENIALS;
}

bool exercise_find_denial(const char *text, char words[EXERCISE_DENIAL_SIZE])
{
    uint32_t begins[UCHAR_MAX + 1] = {0}; /* those that begin with a byte */
    uint32_t wanted = ((uint32_t)1 << DENIALS) - 1;
    char *folded = fold(text);
    const char *end = folded + strlen(folded), *object = NULL;
    size_t first = DENIALS;

    for (size_t i = 0; i < DENIALS; i++)
        begins[(unsigned char)denials[i].negation[0]] |= (uint32_t)1 << i;
    for (const char *at = folded; *at;) {
        size_t found = match_denial(folded, at, end, begins[(unsigned char)*at] & wanted, &object);
        if (found < DENIALS) {
            first = found;
            wanted = ((uint32_t)1 << found) - 1; /* what stands before it in the table */
        }
        if (is_small_letter((unsigned char)*at++))
            while (is_small_letter((unsigned char)*at))
                at++; /* nothing begins inside a word */
    }
    if (first < DENIALS)
        snprintf(words, EXERCISE_DENIAL_SIZE, "%s %s", denials[first].negation, object);
    memory_free(folded);
    return first < DENIALS;
}

/* --- marks in texts -------------------------------------------------------------------------- */

/* The length of the mark word that `line` begins with, or 0. */
static size_t mark_length(const char *line, const char *end)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *word = marks[i].mark.word;
        size_t length = strlen(word);
        if ((size_t)(end - line) >= length && memcmp(line, word, length) == 0 &&
            !is_word_at(line + length, end))
            return length;
    }
    return 0;
}

bool exercise_begins_with_mark(const char *text)
{
    const char *end;

    /* Quotes, stars, dashes and the like may stand before it. */
    text += strspn(text, " \t\r\n");
    end = text + strcspn(text, "\n");
    while (text < end && !is_word_at(text, end))
        text++;
    return mark_length(text, end) > 0;
}
