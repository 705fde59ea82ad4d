#include "cmd/audit_verify.h"

#include <inttypes.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/lines.h"
#include "audit/merkle.h"
#include "base/civil_time.h"
#include "base/language.h"
#include "base/memory.h"

struct verifying {
    struct merkle_tree tree;
    struct stored_head *heads;
    size_t head_count, head_capacity, next_head;
    struct told *told;      /* NULL: nobody */
    uint64_t said_sequence; /* by the entry itself */
    char said_time[RFC3339_SIZE];
    struct error *error;
};

static bool take_head(void *context, const struct stored_head *head)
{
    struct verifying *verifying = context;
    if (verifying->head_count == verifying->head_capacity) {
        verifying->head_capacity = verifying->head_capacity ? verifying->head_capacity * 2 : 64;
        verifying->heads =
            memory_resize(verifying->heads, verifying->head_capacity * sizeof(*verifying->heads));
    }
    verifying->heads[verifying->head_count++] = *head;
    return true;
}

static void on_field(void *context, const char *key, size_t key_length, const char *value,
                     size_t value_length)
{
    struct verifying *verifying = context;
    const struct line name = {key, key_length}, said = {value, value_length};

    if (line_is(&name, "sequence")) {
        (void)line_decimal(&said, &verifying->said_sequence);
    } else if (line_is(&name, "time") && value_length < sizeof(verifying->said_time)) {
        memcpy(verifying->said_time, value, value_length);
        verifying->said_time[value_length] = '\0';
    }
    if (verifying->told)
        told_field(verifying->told, key, key_length, value, value_length);
}

static bool does_not_fit(struct verifying *verifying, uint64_t sequence, const char *why)
{
    error_set(verifying->error, ERROR_VERIFICATION,
              _("the audit log does not verify: entry %" PRIu64 " %s"), sequence, why);
    error_next(verifying->error, _("keep this workspace as it is, and find out who changed it"));
    return false;
}

static bool check_heads(struct verifying *verifying, uint64_t sequence)
{
    unsigned char root[SHA256_SIZE];
    int64_t unix_ms;

    while (verifying->next_head < verifying->head_count &&
           verifying->heads[verifying->next_head].size == verifying->tree.size) {
        merkle_root(&verifying->tree, root);
        if (memcmp(root, verifying->heads[verifying->next_head].root, sizeof(root)) != 0)
            return does_not_fit(verifying, sequence,
                                _("or one before it differs from the recorded tree head"));
        if (!verifying->heads[verifying->next_head].edge_fits)
            return does_not_fit(verifying, sequence,
                                _("is under a tree head whose edge was changed"));
        if (!rfc3339_parse(verifying->said_time, &unix_ms) ||
            verifying->heads[verifying->next_head].unix_ms != unix_ms)
            return does_not_fit(verifying, sequence, _("is under a tree head of another time"));
        verifying->next_head++;
    }
    return true;
}

static bool check_entry(void *context, const struct stored_entry *entry)
{
    struct verifying *verifying = context;
    unsigned char leaf[SHA256_SIZE];
    const char *body;
    size_t body_size;

    if (entry->sequence != verifying->tree.size)
        return does_not_fit(verifying, verifying->tree.size, _("is missing"));
    verifying->said_sequence = UINT64_MAX;
    verifying->said_time[0] = '\0';
    if (verifying->told)
        told_begin(verifying->told);
    if (!entry_read(entry->bytes, entry->size_bytes, on_field, verifying, &body, &body_size))
        return does_not_fit(verifying, entry->sequence, _("is not readable"));
    if (verifying->said_sequence != entry->sequence)
        return does_not_fit(verifying, entry->sequence, _("stands in another's place"));
    merkle_leaf_hash(&verifying->tree, entry->bytes, entry->size_bytes, leaf);
    if (memcmp(leaf, entry->leaf_hash, sizeof(leaf)) != 0)
        return does_not_fit(verifying, entry->sequence, _("was changed: its hash is another"));
    merkle_append(&verifying->tree, leaf);
    if (verifying->told)
        told_end(verifying->told, entry->sequence);
    return check_heads(verifying, entry->sequence);
}

/* Only when all others fit: then the first is the one that does not. */
static int check_strays(struct verifying *verifying, struct store *store)
{
    uint64_t count;

    if (store_stray_entries(store, &count, verifying->error) < 0)
        return -1;
    if (count > 0)
        does_not_fit(verifying, 0, _("has others before it, which nobody appended"));
    return count > 0 ? -1 : 0;
}

int audit_verify(struct store *store, struct told *told, struct audit_verification *out,
                 struct error *error)
{
    struct verifying verifying = {.told = told, .error = error};
    int result = -1;

    merkle_init(&verifying.tree);
    if (store_heads(store, 0, take_head, &verifying, error) < 0 ||
        store_entries(store, 0, check_entry, &verifying, error) < 0 || error->kind != ERROR_NONE)
        goto out;
    if (verifying.next_head < verifying.head_count) {
        does_not_fit(&verifying, verifying.tree.size,
                     _("is missing: a recorded tree head is larger than the log"));
        goto out;
    }
    if (verifying.tree.size == 0) {
        does_not_fit(&verifying, 0, _("is missing"));
        goto out;
    }
    if (verifying.head_count == 0 ||
        verifying.heads[verifying.head_count - 1].size != verifying.tree.size) {
        does_not_fit(&verifying, verifying.tree.size - 1, _("is under no recorded tree head"));
        goto out;
    }
    if (check_strays(&verifying, store) < 0)
        goto out;
    out->entry_count = verifying.tree.size;
    out->head_count = verifying.head_count;
    merkle_root(&verifying.tree, out->root);
    result = 0;
out:
    memory_free(verifying.heads);
    merkle_release(&verifying.tree);
    return result;
}
