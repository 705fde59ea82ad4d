#include "cmd/approver_list.h"

#include <string.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/language.h"
#include "net/loop.h"
#include "trust/succession.h"

#include "cmd/consent.h"
#include "cmd/output.h"
#include "cmd/wrap.h"

enum { SHOWN_HASH_DIGITS = 12 };

/* A list as it was read: the bytes, and what they say. */
struct list_file {
    const char *bytes;
    size_t size;
    const struct signers *signers; /* NULL: it is empty, or not there */
};

/* --- reading --------------------------------------------------------------------------------- */

/* Warnings are told of the file only: mostly it is the same list. */
static int parse(struct context *context, const char *name, bool is_stored, struct list_file *file,
                 struct error *error)
{
    struct problems problems;

    if (file->size == 0)
        return 0; /* as `init` makes it: nobody yet */
    problems_init(&problems, context->arena);
    int result =
        signers_read(context->arena, name, file->bytes, file->size, &problems, &file->signers);
    if (result < 0 || !is_stored)
        output_problems(&problems, false);
    if (result == 0)
        return 0;
    context_problems_error(&problems, name, error);
    return error_next(error, _("mend the line: while one is bad, nobody is an approver"));
}

static int read_file(struct context *context, struct list_file *out, struct error *error)
{
    const char *path = workspace_file(context->workspace, context->arena, CONSENT_CURRENT);
    struct text bytes;

    *out = (struct list_file){0};
    if (access(path, F_OK) < 0)
        return 0;
    int result = file_read(path, SIGNERS_FILE_MAX_BYTES, &bytes, error);
    if (result == 0) {
        out->bytes = arena_strndup(context->arena, bytes.bytes, bytes.length);
        out->size = bytes.length;
        result = parse(context, path, false, out, error);
    }
    text_release(&bytes);
    return result;
}

static int read_stored(struct context *context, struct approver_list *list,
                       const struct signers **out, struct error *error)
{
    struct list_file stored = {0};

    *out = NULL;
    if (store_approvers(context->store, context->arena, &list->stored, error) < 0)
        return -1;
    if (!list->stored.bytes)
        return 0;
    stored.bytes = list->stored.bytes;
    stored.size = list->stored.size;
    if (parse(context, _("the list in force"), true, &stored, error) < 0)
        return -1;
    *out = stored.signers;
    return 0;
}

/* --- taking in ------------------------------------------------------------------------------- */

static const char *const consent_words[] = {
    [LIST_FIRST] = "first",
    [LIST_SET_UP] = "set-up",
    [LIST_SIGNED] = "signed",
};

/* Signatures by a former list can be checked for as long as it is there. */
static int keep_former(struct context *context, const struct approver_list *list,
                       struct error *error)
{
    const char *name =
        arena_printf(context->arena, "%s.v%u", CONSENT_CURRENT, list->in_force->version);
    return file_replace(workspace_file(context->workspace, context->arena, name),
                        list->stored.bytes, list->stored.size, 0644, error);
}

int approver_list_put(struct context *context, struct approver_list *list,
                      const struct signers *signers, const char *bytes, size_t size,
                      enum list_consent consent, struct error *error)
{
    struct text entry, hex;

    if (consent == LIST_SIGNED && keep_former(context, list, error) < 0)
        return -1;
    text_init(&hex, SHA256_SIZE * 2);
    hex_add(&hex, signers->sha256, SHA256_SIZE);
    entry_begin(&entry, ENTRY_APPROVERS, "coordinator", clock_unix_ms());
    entry_add_number(&entry, "version", signers->version);
    entry_add_number(&entry, "threshold", signers->threshold);
    entry_add(&entry, "approvers-sha256", hex.bytes);
    entry_add(&entry, "consent", consent_words[consent]);
    int result = store_approvers_put(context->store, &list->stored, bytes, size, &entry, error);
    if (result == 0) {
        list->stored.bytes = arena_strndup(context->arena, bytes, size);
        list->stored.size = size;
        memcpy(list->stored.sha256, signers->sha256, SHA256_SIZE);
        list->in_force = signers;
    }
    text_release(&entry);
    text_release(&hex);
    return result;
}

static void tell(const struct signers *signers, enum list_consent consent)
{
    if (consent == LIST_SIGNED)
        output_note(_("Version %u of the approvers is in force: as many as needed have signed it."),
                    signers->version);
    else if (succession_is_set_up(signers))
        wrap_note("", 0,
                  _("Version %u of the approvers is in force, with %zu of them: from now on it "
                    "changes only with the consent of %u (crisis help approvers)."),
                  signers->version, succession_principals(signers), signers->threshold);
}

static int take_in(struct context *context, struct approver_list *list,
                   const struct list_file *file, enum list_consent consent, struct error *error)
{
    if (!store_may_change(context->store)) {
        list->in_force = file->signers;
        return 0;
    }
    if (approver_list_put(context, list, file->signers, file->bytes, file->size, consent, error) <
        0)
        return -1;
    tell(file->signers, consent);
    return 0;
}

/* --- what else stands in the file ------------------------------------------------------------ */

/* *reason: why it is no successor in force; NULL when it is. */
static int examine_successor(struct context *context, const struct signers *current,
                             const struct list_file *file, const char **reason, struct error *error)
{
    struct succession succession = {
        .current = current,
        .next = file->signers,
        .next_bytes = file->bytes,
        .next_size = file->size,
    };
    struct succession_state state;
    struct error refusal = {0};

    *reason = NULL;
    if (consent_examine(context, &succession, &state, &refusal) < 0) {
        if (refusal.kind != ERROR_NOT_APPROVED) {
            *error = refusal;
            return -1;
        }
        *reason = arena_strdup(context->arena, refusal.message);
    } else if (!succession_is_complete(&state)) {
        *reason = arena_printf(context->arena,
                               _("it is signed by %u of %u of the present list, and by %u of %u of "
                                 "the new one"),
                               state.current_signed, state.current_threshold, state.next_signed,
                               state.next_threshold);
    }
    return 0;
}

static const char *describe(struct arena *arena, const struct signers *in_force, const char *reason)
{
    struct text hex;

    text_init(&hex, SHA256_SIZE * 2);
    hex_add(&hex, in_force->sha256, SHA256_SIZE);
    const char *fault = arena_printf(
        arena,
        _("the file 'approvers' is neither the list in force (version %u, SHA-256 %.*s…) nor its "
          "signed successor: %s"),
        in_force->version, (int)SHOWN_HASH_DIGITS, hex.bytes, reason);
    text_release(&hex);
    return fault;
}

static int judge_other(struct context *context, const struct signers *current,
                       const struct list_file *file, struct approver_list *out, struct error *error)
{
    const char *reason = _("it is empty, or not there");

    out->in_force = current;
    if (file->signers && examine_successor(context, current, file, &reason, error) < 0)
        return -1;
    if (file->signers && !reason)
        return take_in(context, out, file, LIST_SIGNED, error);
    out->foreign = file->signers;
    out->fault = describe(context->arena, current, reason);
    return 0;
}

static bool is_same(const struct approver_list *list, const struct list_file *file)
{
    return list->stored.bytes && list->stored.size == file->size &&
           memcmp(list->stored.bytes, file->bytes, file->size) == 0;
}

int approver_list_load(struct context *context, struct approver_list *out, struct error *error)
{
    const struct signers *stored;
    struct list_file file;

    *out = (struct approver_list){0};
    if (read_stored(context, out, &stored, error) < 0 || read_file(context, &file, error) < 0)
        return -1;
    if (file.size > 0 && is_same(out, &file)) {
        out->in_force = stored;
        return 0;
    }
    if (stored && succession_is_set_up(stored))
        return judge_other(context, stored, &file, out, error);
    if (file.signers && file.signers->count > 0)
        return take_in(context, out, &file, stored ? LIST_SET_UP : LIST_FIRST, error);
    return 0;
}
