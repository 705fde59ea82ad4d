#include "audit/proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "base/language.h"

#include "audit/lines.h"
#include "audit/merkle.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

void proof_file_add(struct text *out, uint64_t index, const struct proof *path,
                    const char *checkpoint, size_t checkpoint_size)
{
    text_addf(out, "%s\nindex %" PRIu64 "\n", first_line, index);
    for (size_t i = 0; i < path->count; i++)
        lines_add_hash(out, path->hashes[i]);
    text_add_char(out, '\n');
    text_add_bytes(out, checkpoint, checkpoint_size);
}

static int no_proof(struct error *error, const char *why)
{
    return error_set(error, ERROR_VERIFICATION, _("this is no proof of an entry: %s"), why);
}

static bool is_base64(const struct line *line)
{
    struct text decoded;

    text_init(&decoded, PROOF_FILE_MAX_BYTES);
    bool fits = base64_decode(&decoded, line->bytes, line->length);
    text_release(&decoded);
    return fits;
}

int proof_file_parse(const char *bytes, size_t size, struct proof_file *out, struct error *error)
{
    struct lines rest = {bytes, size};
    struct line line, value;

    memset(out, 0, sizeof(*out));
    if (size > PROOF_FILE_MAX_BYTES)
        return no_proof(error, _("it is too large"));
    if (!lines_take(&rest, &line) || !line_is(&line, first_line))
        return no_proof(error, _("the first line is not 'c2sp.org/tlog-proof@v1'"));
    if (!lines_take(&rest, &line))
        return no_proof(error, _("it ends after the first line"));
    if (line_after(&line, "extra ", &value) && (!is_base64(&value) || !lines_take(&rest, &line)))
        return no_proof(error, _("the line 'extra' is not base64"));
    if (!line_after(&line, "index ", &value) || !line_decimal(&value, &out->index))
        return no_proof(error, _("the line 'index' is not there"));
    bool is_ended = false; /* by an empty line */
    while (!is_ended && lines_take(&rest, &line)) {
        is_ended = line.length == 0;
        if (is_ended)
            continue;
        if (out->path.count == PROOF_HASHES_MAX)
            return no_proof(error, _("it has too many hashes"));
        if (!line_base64(&line, out->path.hashes[out->path.count], SHA256_SIZE))
            return no_proof(error, _("a line of the path is no hash"));
        out->path.count++;
    }
    if (!is_ended || rest.left == 0)
        return no_proof(error, _("it has no checkpoint"));
    out->checkpoint = rest.at;
    out->checkpoint_size = rest.left;
    return 0;
}

/* Whether an earlier witness of the list has the same key: one key is one witness. */
static bool is_repeated(const struct proof_policy *policy, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (memcmp(policy->witnesses[i].public_key, policy->witnesses[at].public_key,
                   sizeof(policy->witnesses[at].public_key)) == 0)
            return true;
    return false;
}

static int count_witnesses(const struct note *note, const struct proof_policy *policy,
                           struct proof_verdict *out, struct error *error)
{
    for (size_t i = 0; i < policy->witness_count; i++) {
        struct note_check check;
        struct error refusal = {0};
        const struct note_vkey *witness = &policy->witnesses[i];
        if (witness->type != NOTE_COSIGNATURE || is_repeated(policy, i) ||
            note_verify(note, witness, 1, &check, &refusal) < 0)
            continue; /* what does not count is not there: the quorum decides */
        out->witness_count++;
        if (out->earliest_unix_seconds == 0 || check.unix_seconds < out->earliest_unix_seconds)
            out->earliest_unix_seconds = check.unix_seconds;
    }
    if (out->witness_count < policy->quorum)
        return error_set(
            error, ERROR_VERIFICATION,
            _("%zu of the known witnesses have cosigned the checkpoint, %zu must have"),
            out->witness_count, policy->quorum);
    return 0;
}

static void hash_entry(const void *entry, size_t size, unsigned char out[SHA256_SIZE])
{
    struct merkle_tree tree;

    merkle_init(&tree);
    merkle_leaf_hash(&tree, entry, size, out);
    merkle_release(&tree);
}

int proof_file_verify(const char *bytes, size_t size, const void *entry, size_t entry_size,
                      const struct proof_policy *policy, struct proof_verdict *out,
                      struct error *error)
{
    unsigned char leaf[SHA256_SIZE];
    struct proof_file file;
    struct note note;

    memset(out, 0, sizeof(*out));
    if (proof_file_parse(bytes, size, &file, error) < 0 ||
        checkpoint_open(file.checkpoint, file.checkpoint_size, &policy->log, &note,
                        &out->checkpoint, error) < 0 ||
        count_witnesses(&note, policy, out, error) < 0)
        return -1;
    out->index = file.index;
    hash_entry(entry, entry_size, leaf);
    if (!proof_inclusion_holds(&file.path, leaf, file.index, out->checkpoint.size,
                               out->checkpoint.root))
        return error_set(
            error, ERROR_VERIFICATION,
            _("the entry is not number %" PRIu64 " of the log '%s' at %" PRIu64 " entries"),
            file.index, out->checkpoint.origin, out->checkpoint.size);
    return 0;
}
