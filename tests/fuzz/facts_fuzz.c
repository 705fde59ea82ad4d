/* Looks for the facts of two texts in two languages, which are all the input. A fact is a piece of
 * its text, in whole characters, and a text lacks nothing of itself. */
#include "base/arena.h"
#include "base/utf8.h"
#include "plan/facts.h"

#include "fuzz.h"

static const struct place_name places[] = {
    {"0301", "Oslo"}, {"3338", "Nore og Uvdal"}, {"5628", "Tana"}, {"5628", "Deatnu"}};
enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

static void look_at(const struct facts *facts)
{
    const char *end = facts->text + strlen(facts->text);

    require(facts->count <= FACTS_MAX, "there is room for all");
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->items[i];
        require(fact->at >= facts->text && fact->length > 0 &&
                    fact->length <= (size_t)(end - fact->at),
                "a fact stands in its text");
        require(utf8_valid_prefix(fact->at, fact->length) == fact->length,
                "it has whole characters");
        require(fact->reading_count > 0 && fact->reading_count <= FACT_READINGS_MAX,
                "it has readings");
        for (size_t j = 0; j < fact->reading_count; j++)
            require(fact->readings[j][0] != '\0', "a reading says something");
        require(facts_same(facts, fact, facts->language) != NULL, "a text says what it says");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts *facts[2];
    struct arena *arena = arena_new();
    char *parts[4];
    bool is_text = true;

    for (size_t i = 0; i < 4; i++) {
        parts[i] = fuzz_take_string(&data, &size);
        is_text &= utf8_valid_prefix(parts[i], strlen(parts[i])) == strlen(parts[i]);
    }
    for (size_t i = 0; i < 2 && is_text; i++) {
        facts[i] = arena_alloc(arena, sizeof(*facts[i]));
        facts_find(arena, parts[2 * i + 1], parts[2 * i], places, PLACE_COUNT, facts[i]);
        look_at(facts[i]);
    }
    for (size_t i = 0; is_text && i < facts[0]->count; i++)
        facts_same(facts[1], &facts[0]->items[i], facts[0]->language);
    for (size_t i = 0; i < 4; i++)
        free(parts[i]);
    arena_free(arena);
    return 0;
}
