/* `audit prove`, `audit check-proof` and `audit check-note`: proofs that stand alone. */
#include <inttypes.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "base/civil_time.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"
#include "store/log_reader.h"

#include "cmd/audit_actions.h"
#include "cmd/output.h"

enum { KEY_SIZE = 16, KEY_TEXT_LENGTH = 22, FOUND_MAX = 1000, TYPE_SIZE = 32 };

static const char proof_end[] = ".tlog-proof";

/* --- keys ------------------------------------------------------------------------------------ */

int audit_keys(struct context *context, bool may_be_none, struct note_vkey **out, size_t *out_count,
               struct error *error)
{
    const char *const *words = option_values(context->invocation, "key", out_count);

    *out = arena_alloc_array(context->arena, *out_count + 1, sizeof(**out));
    if (*out_count == 0 && !may_be_none) {
        error_set(error, ERROR_USAGE, _("--key is missing: whose signature is wanted"));
        return error_next(error, _("give the log's verifier key, which stands in its log.vkey"));
    }
    for (size_t i = 0; i < *out_count; i++)
        if (note_vkey_parse(words[i], strlen(words[i]), &(*out)[i], error) < 0) {
            error->kind = ERROR_USAGE;
            return -1;
        }
    return 0;
}

/* --- prove ----------------------------------------------------------------------------------- */

struct found_entry {
    uint64_t sequence;
    char type[TYPE_SIZE];
};

struct search {
    const char *delivery;
    bool matches;
    char type[TYPE_SIZE];
    struct found_entry found[FOUND_MAX];
    size_t count;
};

static bool is_key(const char *key, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

static void on_field(void *context, const char *key, size_t key_length, const char *value,
                     size_t value_length)
{
    struct search *search = context;

    if (is_key(key, key_length, "delivery") && is_key(value, value_length, search->delivery))
        search->matches = true;
    if (is_key(key, key_length, "type") && value_length < sizeof(search->type)) {
        memcpy(search->type, value, value_length);
        search->type[value_length] = '\0';
    }
}

static bool look_at(void *context, const struct stored_entry *entry)
{
    struct search *search = context;
    const char *body;
    size_t body_size;

    search->matches = false;
    search->type[0] = '\0';
    if (!entry_read(entry->bytes, entry->size_bytes, on_field, search, &body, &body_size) ||
        !search->matches)
        return true;
    struct found_entry *found = &search->found[search->count++];
    found->sequence = entry->sequence;
    memcpy(found->type, search->type, sizeof(found->type));
    return search->count < FOUND_MAX;
}

/* The entry that tells how it ended has the delivery's own name. */
static size_t find_last_end(const struct search *search)
{
    for (size_t i = search->count; i-- > 0;)
        if (strcmp(search->found[i].type, "attempt") != 0)
            return i;
    return SIZE_MAX;
}

static int write_one(struct context *context, const struct found_entry *found, const char *path,
                     struct error *error)
{
    const char *folder = workspace_log_folder(context->workspace, context->arena);
    const char *entry_path = arena_printf(context->arena, "%s.entry", path);
    const char *proof_path = arena_printf(context->arena, "%s%s", path, proof_end);
    struct text proof, entry;
    int result = -1;

    text_init(&proof, PROOF_FILE_MAX_BYTES);
    text_init(&entry, AUDIT_ENTRY_MAX_BYTES);
    if (log_reader_prove(folder, NULL, found->sequence, &proof, &entry, error) < 0) {
        if (error->kind == ERROR_INPUT)
            error_next(error, _("the next command that changes anything publishes it"));
        goto out;
    }
    if (file_replace(entry_path, entry.bytes, entry.length, 0644, error) < 0 ||
        file_replace(proof_path, proof.bytes, proof.length, 0644, error) < 0)
        goto out;
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "proof");
        json_line_number(&line, "sequence", (int64_t)found->sequence);
        json_line_text(&line, "type", found->type);
        json_line_text(&line, "entry", entry_path);
        json_line_text(&line, "proof", proof_path);
        json_line_end(&line);
    } else {
        output_line(_("entry %" PRIu64 " (%s): %s and %s"), found->sequence, found->type,
                    entry_path, proof_path);
    }
    result = 0;
out:
    text_release(&entry);
    text_release(&proof);
    return result;
}

static int write_all(struct context *context, const struct search *search, struct error *error)
{
    const char *given = option_value(context->invocation, "output");
    const char *folder = given ? given : ".";
    size_t end = find_last_end(search);

    for (size_t i = 0; i < search->count; i++) {
        const char *path = i == end
                               ? arena_printf(context->arena, "%s/%s", folder, search->delivery)
                               : arena_printf(context->arena, "%s/%s.%zu-%s", folder,
                                              search->delivery, i + 1, search->found[i].type);
        if (write_one(context, &search->found[i], path, error) < 0)
            return -1;
    }
    if (end == SIZE_MAX)
        output_warning(_("how this delivery ended is not on the audit log yet"));
    return 0;
}

static bool is_delivery(const char *word)
{
    struct text bytes;

    text_init(&bytes, KEY_SIZE);
    bool is_key = strlen(word) == KEY_TEXT_LENGTH && base64url_decode(&bytes, word, strlen(word)) &&
                  bytes.length == KEY_SIZE;
    text_release(&bytes);
    return is_key;
}

int audit_prove(struct context *context, struct error *error)
{
    const char *delivery = argument_at(context->invocation, 1);
    struct search *search = arena_alloc(context->arena, sizeof(*search));

    if (!is_delivery(delivery)) {
        error_set(error, ERROR_USAGE, _("'%s' is no delivery"), delivery);
        return error_next(error, _("crisis --json status RUN shows each one as \"delivery\""));
    }
    search->delivery = delivery;
    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_READ, error) < 0 ||
        store_entries(context->store, 0, look_at, search, error) < 0)
        return -1;
    if (search->count == 0) {
        error_set(error, ERROR_USAGE, _("the audit log has no entry of the delivery '%s'"),
                  delivery);
        return error_next(error, _("crisis --json status RUN shows each one as \"delivery\""));
    }
    return write_all(context, search, error);
}

/* --- check-proof ----------------------------------------------------------------------------- */

/* The log's key, and the witnesses: every one that is named must have signed. */
static int sort_keys(struct note_vkey *keys, size_t count, struct proof_policy *out,
                     struct error *error)
{
    size_t logs = 0;

    for (size_t i = 0; i < count; i++)
        if (keys[i].type == NOTE_ED25519) {
            struct note_vkey log = keys[i];
            keys[i] = keys[0];
            keys[0] = log;
            logs++;
        }
    if (logs != 1)
        return error_set(error, ERROR_USAGE,
                         _("one --key must be of the log, and all others of witnesses"));
    *out = (struct proof_policy){
        .log = keys[0], .witnesses = keys + 1, .witness_count = count - 1, .quorum = count - 1};
    return 0;
}

static const char *entry_path_of(struct context *context, const char *proof_path,
                                 struct error *error)
{
    const char *given = option_value(context->invocation, "entry");
    size_t length = strlen(proof_path), end_length = strlen(proof_end);

    if (given)
        return given;
    if (length > end_length && strcmp(proof_path + length - end_length, proof_end) == 0)
        return arena_printf(context->arena, "%.*s.entry", (int)(length - end_length), proof_path);
    error_set(error, ERROR_USAGE, _("--entry is missing: the file of the entry that is proven"));
    return NULL;
}

static void print_verdict(const struct proof_verdict *verdict)
{
    int64_t unix_ms = (int64_t)verdict->earliest_unix_seconds * 1000;
    char time[RFC3339_SIZE];

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, NULL);
        json_line_bool(&line, "valid", true);
        json_line_number(&line, "index", (int64_t)verdict->index);
        json_line_text(&line, "origin", verdict->checkpoint.origin);
        json_line_number(&line, "size", (int64_t)verdict->checkpoint.size);
        json_line_number(&line, "witnesses", (int64_t)verdict->witness_count);
        json_line_time(&line, "time", unix_ms);
        json_line_end(&line);
        return;
    }
    output_styled(STYLE_GOOD, _("It is entry %" PRIu64 " of the log '%s'."), verdict->index,
                  verdict->checkpoint.origin);
    if (verdict->witness_count > 0) {
        rfc3339_format_seconds(unix_ms, time);
        output_line(ngettext("It was there by %s: %zu witness signed that.",
                             "It was there by %s: %zu witnesses signed that.",
                             verdict->witness_count),
                    time, verdict->witness_count);
    }
}

/* What a script reads when it does not verify. */
static void print_refusal(const struct error *error)
{
    struct json_line line;

    if (error->kind != ERROR_VERIFICATION || !output_is_json())
        return;
    json_line_begin(&line, NULL);
    json_line_bool(&line, "valid", false);
    json_line_text(&line, "reason", error->message);
    json_line_end(&line);
}

int audit_check_proof(struct context *context, struct error *error)
{
    const char *path = argument_at(context->invocation, 1);
    struct text proof = {0}, entry = {0};
    struct proof_policy policy;
    struct proof_verdict verdict;
    struct note_vkey *keys;
    size_t count;
    int result = -1;

    const char *entry_path = entry_path_of(context, path, error);
    if (!entry_path || audit_keys(context, false, &keys, &count, error) < 0 ||
        sort_keys(keys, count, &policy, error) < 0 ||
        file_read(path, PROOF_FILE_MAX_BYTES, &proof, error) < 0 ||
        file_read(entry_path, AUDIT_ENTRY_MAX_BYTES, &entry, error) < 0)
        goto out;
    result = proof_file_verify(proof.bytes, proof.length, entry.bytes, entry.length, &policy,
                               &verdict, error);
    if (result == 0)
        print_verdict(&verdict);
    else
        print_refusal(error);
out:
    text_release(&entry);
    text_release(&proof);
    return result;
}

/* --- check-note ------------------------------------------------------------------------------ */

static void print_signers(const struct note_vkey *keys, const struct note_check *checks,
                          size_t count)
{
    struct json_line line;
    size_t good = 0;

    for (size_t i = 0; i < count; i++) {
        good += checks[i].is_signed;
        if (output_is_json())
            continue;
        if (checks[i].is_signed)
            output_styled(STYLE_GOOD, _("Good signature of %s"), keys[i].name);
        else
            output_line(_("No signature of %s"), keys[i].name);
    }
    if (!output_is_json())
        return;
    json_line_begin(&line, NULL);
    json_line_bool(&line, "valid", true);
    json_line_number(&line, "signatures", (int64_t)good);
    json_line_end(&line);
}

int audit_check_note(struct context *context, struct error *error)
{
    struct text bytes = {0};
    struct note_vkey *keys;
    struct note note;
    size_t count;
    int result = -1;

    if (audit_keys(context, false, &keys, &count, error) < 0 ||
        file_read(argument_at(context->invocation, 1), NOTE_MAX_BYTES, &bytes, error) < 0)
        goto out;
    struct note_check *checks = arena_alloc_array(context->arena, count, sizeof(*checks));
    if (note_parse(bytes.bytes, bytes.length, &note, error) == 0 &&
        note_verify(&note, keys, count, checks, error) == 0) {
        print_signers(keys, checks, count);
        result = 0;
    } else {
        print_refusal(error);
    }
out:
    text_release(&bytes);
    return result;
}
