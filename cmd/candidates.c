#include "cmd/candidates.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#include "cmd/output.h"

void candidates_init(struct candidates *candidates, struct arena *arena, const char *word)
{
    *candidates = (struct candidates){.arena = arena, .typed = word, .lead = ""};
}

static bool is_printable(const char *text)
{
    return utf8_valid_prefix(text, strlen(text)) == strlen(text) && !utf8_find_forbidden(text) &&
           !strpbrk(text, "\t\n");
}

void candidates_add(struct candidates *candidates, const char *word, const char *description)
{
    if (strncmp(word, candidates->typed, strlen(candidates->typed)) != 0 || !is_printable(word))
        return;
    candidates->items = arena_grow(candidates->arena, candidates->items, candidates->count,
                                   &candidates->capacity, sizeof(*candidates->items));
    candidates->items[candidates->count++] = (struct candidate){
        arena_strdup(candidates->arena, word), description && is_printable(description)
                                                   ? arena_strdup(candidates->arena, description)
                                                   : ""};
}

void candidates_add_once(struct candidates *candidates, const char *word, const char *description)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->items[i].word, word) == 0)
            return;
    candidates_add(candidates, word, description);
}

void candidates_add_named(struct candidates *candidates, const char *word, const char *name)
{
    size_t length = strlen(candidates->typed);

    candidates_add(candidates, word, name);
    if (length == 0 || strncasecmp(name, candidates->typed, length) != 0 || !is_printable(word))
        return;
    candidates->named = (struct candidate){arena_strdup(candidates->arena, word), ""};
    candidates->named_count++;
}

static void print(const struct candidates *candidates, const struct candidate *candidate)
{
    output_line("%s%s\t%s", candidates->lead, candidate->word, candidate->description);
}

void candidates_print(const struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        print(candidates, &candidates->items[i]);
    if (candidates->count == 0 && candidates->named_count == 1)
        print(candidates, &candidates->named);
    if (candidates->files)
        output_line("%s", candidates->files);
}
