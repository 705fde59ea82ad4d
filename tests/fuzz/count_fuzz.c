/* Counting, atoms and splitting of any bytes. The first byte chooses unit and limit. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "count/count.h"
#include "count/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_atoms(const char *text, size_t length)
{
    struct count_atoms atoms;
    struct count_span span;
    size_t at = 0;

    count_atoms_init(&atoms, text, length);
    while (count_atoms_next(&atoms, &span)) {
        check(span.start == at && span.end > at && span.end <= length);
        at = span.end;
    }
    check(at == length);
    count_atoms_release(&atoms);
}

static void check_split(struct arena *arena, const char *text, const struct text_limits *limits)
{
    struct split_result result;
    int status = split_thread(arena, limits, text, "<", ">", &result);

    for (size_t i = 0; i < result.count; i++) {
        const struct split_part *part = &result.parts[i];

        check(status == SPLIT_NOT_ALLOWED || part->length <= limits->limit);
        check(i == 0 || part->content_start >= result.parts[i - 1].content_end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena;
    struct text_limits limits = {.threads = true};
    char *text;

    if (size == 0)
        return 0;
    arena = arena_new();
    text = arena_strndup(arena, (const char *)data + 1, size - 1);
    limits.unit = (enum text_unit)(data[0] % (TEXT_UNIT_GRAPHEMES_LINKS + 1));
    limits.limit = 10 + data[0] / (TEXT_UNIT_GRAPHEMES_LINKS + 1);
    check(count_text(limits.unit, (const char *)data + 1, size - 1) <= 23 * size);
    check_atoms((const char *)data + 1, size - 1);
    check_split(arena, text, &limits);
    arena_free(arena);
    return 0;
}
