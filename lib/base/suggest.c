#include "base/suggest.h"

#include <string.h>

#include "base/language.h"
#include "base/text.h"

enum {
    EDITS_MAX = 2,
    WORD_MAX_BYTES = 64, /* longer words are no slips of the pen */
    LIST_MAX_BYTES = 2 * 1024,
};

static char fold(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance; three rows are enough for swapped neighbours. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX_BYTES + 1];

    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned other = fold(a[i - 1]) != fold(b[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + other);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *suggest_word(const char *word, const char *const *known)
{
    size_t length = strlen(word);
    const char *best = NULL;
    unsigned best_edits = EDITS_MAX + 1;

    if (length > WORD_MAX_BYTES)
        return NULL;
    for (size_t i = 0; known[i]; i++) {
        size_t known_length = strlen(known[i]);
        size_t longer = known_length > length ? known_length : length;
        if (known_length > WORD_MAX_BYTES)
            continue;
        unsigned edits = distance(word, length, known[i], known_length);
        if (edits < best_edits && edits * 2 < longer) {
            best = known[i];
            best_edits = edits;
        }
    }
    return best;
}

const char *suggest_hint(struct arena *arena, const char *word, const char *const *known)
{
    const char *nearest = suggest_word(word, known);
    if (nearest)
        return arena_printf(arena, _(", did you mean '%s'?"), nearest);

    struct text list;
    text_init(&list, LIST_MAX_BYTES);
    for (size_t i = 0; known[i] && !list.overflowed; i++)
        text_addf(&list, "%s%s", i == 0 ? "" : ", ", known[i]);
    const char *hint =
        arena_printf(arena, _(": known are %s%s"), list.bytes, list.overflowed ? ", …" : "");
    text_release(&list);
    return hint;
}
