/* Bytes as a plan, as a directory file and as a registration file. Whatever they are, reading ends
 * with a result or with problems, never with both or neither. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/directory.h"
#include "plan/plan.h"
#include "plan/reader.h"
#include "plan/select.h"

enum { EXPRESSION_MAX_BYTES = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool known_channel(const char *kind)
{
    return strcmp(kind, "x") == 0 || strcmp(kind, "feed") == 0;
}

static void require(bool condition)
{
    if (!condition)
        abort(); /* the fuzzer reports the input */
}

static void read_plan(struct arena *arena, const char *bytes, size_t size)
{
    struct problems problems;
    struct plan *plan;

    problems_init(&problems, arena);
    int result = plan_parse(arena, "plan.yaml", bytes, size, known_channel, &problems, &plan);
    require((result == 0) == (problems.error_count == 0));
    require((result == 0) == (plan != NULL));
    if (result < 0)
        return;
    require(plan->message_count > 0 && plan->language_count > 0 && plan->id);
    for (size_t i = 0; i < plan->message_count; i++) {
        plan_missing_reversal(plan, &plan->messages[i]);
        plan_channel_text(&plan->messages[i], "feed");
    }
    for (size_t i = 0; i < plan->variable_count; i++)
        plan_variable_refusal(arena, &plan->variables[i], plan->id);
}

static void read_directory(struct arena *arena, const char *bytes, size_t size)
{
    struct problems problems;
    struct directory *directory;
    struct error error = {.kind = ERROR_NONE};
    struct selector selector;

    problems_init(&problems, arena);
    int result = directory_parse(arena, "directory.yaml", bytes, size, &problems, &directory);
    require((result == 0) == (problems.error_count == 0));
    if (result < 0)
        return;
    const char *id = directory->items[0].id;
    require(municipalities_find(directory->sorted, directory->count, id) >= 0);
    require(selector_parse(arena, id, &selector, &error) == 0);
    require(selector_matches_municipality(&selector, &directory->items[0], "nb"));
}

static void read_documents(struct arena *arena, const char *bytes, size_t size)
{
    struct problems problems;
    struct yaml_document *documents;
    size_t count;

    problems_init(&problems, arena);
    int result = reader_parse(arena, "registration.yaml", bytes, size, &reader_registration_limits,
                              &problems, &documents, &count);
    require((result == 0) == (problems.error_count == 0));
    require((result == 0) == (count > 0));
}

static void read_expression(struct arena *arena, const char *bytes, size_t size)
{
    struct selector selector;
    struct error error = {.kind = ERROR_NONE};
    size_t length = size < EXPRESSION_MAX_BYTES ? size : EXPRESSION_MAX_BYTES;

    if (selector_parse(arena, arena_strndup(arena, bytes, length), &selector, &error) < 0)
        require(error.kind == ERROR_USAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *bytes = (const char *)data;

    read_plan(arena, bytes, size);
    read_directory(arena, bytes, size);
    read_documents(arena, bytes, size);
    read_expression(arena, bytes, size);
    arena_free(arena);
    return 0;
}
