/* Approval statements: whatever is read is, written again, the same bytes. */
#include "trust/statement.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct statement *statement;
    struct text again;
    struct error error = {0};

    text_init(&again, STATEMENT_MAX_BYTES);
    if (statement_read(arena, (const char *)data, size, &statement, &error) == 0) {
        require(statement_add(&again, statement, &error) == 0, "what is read can be written");
        require(again.length == size && memcmp(again.bytes, data, size) == 0,
                "a statement has one text");
    } else {
        require(error.kind == ERROR_NOT_APPROVED && !statement, "a refusal has a reason");
    }
    text_release(&again);
    arena_free(arena);
    return 0;
}
