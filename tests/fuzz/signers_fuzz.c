/* Approvers files: any bytes are read safely, and what is read is read the same when written. */
#include "trust/signers.h"

#include "fuzz.h"

static void write_again(const struct signers *signers, struct text *out)
{
    signers_add_version(out, signers->version, signers->threshold,
                        signers->has_previous ? signers->previous_sha256 : NULL);
    for (size_t i = 0; i < signers->count; i++)
        signers_add_signer(out, &signers->items[i]);
}

static void compare(const struct signer *a, const struct signer *b)
{
    require(strcmp(a->principal, b->principal) == 0 && ssh_key_equal(&a->key, &b->key) &&
                a->namespace_count == b->namespace_count &&
                a->has_valid_after == b->has_valid_after &&
                a->has_valid_before == b->has_valid_before &&
                a->valid_after_unix_ms == b->valid_after_unix_ms &&
                a->valid_before_unix_ms == b->valid_before_unix_ms,
            "an approver stays who it is");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct problems problems;
    const struct signers *signers, *again;
    struct text text;

    problems_init(&problems, arena);
    text_init(&text, SIGNERS_FILE_MAX_BYTES);
    if (signers_read(arena, "approvers", (const char *)data, size, &problems, &signers) == 0) {
        require(problems.error_count == 0, "a file that is read has no error");
        write_again(signers, &text);
        require(signers_read(arena, "again", text.bytes, text.length, &problems, &again) == 0 &&
                    again->count == signers->count && again->version == signers->version &&
                    again->threshold == signers->threshold,
                "a file that is written can be read");
        for (size_t i = 0; i < signers->count; i++)
            compare(&signers->items[i], &again->items[i]);
    } else {
        require(problems.error_count > 0 && !signers, "a refusal has a reason");
    }
    text_release(&text);
    arena_free(arena);
    return 0;
}
