/* `audit verify`: the store, its published log, and logs of others. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/language.h"
#include "net/loop.h"
#include "report/counted.h"
#include "store/log_reader.h"
#include "wire/http_message.h"

#include "cmd/audit_actions.h"
#include "cmd/audit_compare.h"
#include "cmd/audit_fetch.h"
#include "cmd/audit_verify.h"
#include "cmd/output.h"

enum { ROOT_TEXT_MAX_BYTES = 64 };

/* --- what was found -------------------------------------------------------------------------- */

struct finding {
    bool has_store, is_published;
    struct audit_verification store;
    struct audit_comparison rows;
    struct log_reading log;
    size_t witness_count, cosigned_count;
};

static void print_json(const struct finding *finding, const char *root)
{
    struct json_line line;

    json_line_begin(&line, "verified");
    json_line_number(
        &line, "entries",
        (int64_t)(finding->has_store ? finding->store.entry_count : finding->log.checkpoint.size));
    if (finding->has_store) {
        json_line_number(&line, "heads", (int64_t)finding->store.head_count);
        json_line_number(&line, "runs", (int64_t)finding->rows.run_count);
        json_line_number(&line, "deliveries", (int64_t)finding->rows.delivery_count);
    }
    json_line_text(&line, "root", root);
    if (finding->is_published) {
        json_line_text(&line, "origin", finding->log.checkpoint.origin);
        json_line_number(&line, "published", (int64_t)finding->log.checkpoint.size);
    }
    if (finding->witness_count > 0) {
        json_line_number(&line, "witnesses", (int64_t)finding->witness_count);
        json_line_number(&line, "cosigned", (int64_t)finding->cosigned_count);
    }
    json_line_end(&line);
}

static void print_text(const struct finding *finding, const char *root)
{
    if (finding->has_store)
        output_styled(STYLE_GOOD,
                      ngettext("%s verifies against %s.", "%s verify against %s.",
                               finding->store.entry_count),
                      counted_entries(finding->store.entry_count).words,
                      counted_tree_heads(finding->store.head_count).words);
    if (finding->rows.delivery_count > 0)
        output_styled(STYLE_GOOD,
                      ngettext("%s of %s is as they tell.", "%s of %s are as they tell.",
                               finding->rows.delivery_count),
                      counted_deliveries(finding->rows.delivery_count).words,
                      counted_runs(finding->rows.run_count).words);
    if (finding->is_published)
        output_styled(
            STYLE_GOOD,
            finding->has_store ? _("The published log '%s' verifies: %s, the same as here.")
                               : _("The published log '%s' verifies: %s."),
            finding->log.checkpoint.origin, counted_entries(finding->log.checkpoint.size).words);
    else if (finding->has_store)
        output_line(_("Nothing is published yet."));
    if (finding->witness_count > 0)
        output_line(ngettext("%zu of %zu witness has cosigned it.",
                             "%zu of %zu witnesses have cosigned it.", finding->witness_count),
                    finding->cosigned_count, finding->witness_count);
    output_line(_("root: %s"), root);
}

static void print(const struct finding *finding)
{
    struct text root;

    text_init(&root, ROOT_TEXT_MAX_BYTES);
    base64_add(&root, finding->has_store ? finding->store.root : finding->log.checkpoint.root,
               SHA256_SIZE);
    if (output_is_json())
        print_json(finding, root.bytes);
    else
        print_text(finding, root.bytes);
    text_release(&root);
}

/* --- this workspace -------------------------------------------------------------------------- */

static int count_cosignatures(struct context *context, struct finding *finding, struct error *error)
{
    const struct config *config = context->workspace->config;
    struct checkpoint checkpoint;
    struct error ignored = {0};
    struct text bytes;
    struct note note;

    int result = file_read(workspace_file(context->workspace, context->arena, "audit/checkpoint"),
                           NOTE_MAX_BYTES, &bytes, error);
    if (result == 0)
        result = checkpoint_open(bytes.bytes, bytes.length, &finding->log.key, &note, &checkpoint,
                                 error);
    finding->witness_count = config->witness_count;
    for (size_t i = 0; result == 0 && i < config->witness_count; i++) {
        error_clear(&ignored);
        if (note_verify(&note, &config->witnesses[i].key, 1, NULL, &ignored) == 0)
            finding->cosigned_count++;
    }
    text_release(&bytes);
    return result;
}

/* The workspace's own key where it can be read; an auditor without it goes by the published one. */
static int find_key(struct context *context, struct note_vkey *own, const struct note_vkey **out,
                    struct error *error)
{
    struct error fault = {0};
    bool is_there;

    *out = NULL;
    if (workspace_log_vkey(context->workspace, own, &is_there, &fault) == 0) {
        *out = is_there ? own : NULL;
        return 0;
    }
    if (fault.kind != ERROR_SYSTEM) {
        *error = fault;
        return -1;
    }
    output_note(_("The log key cannot be read here: the log is compared with its own log.vkey."));
    return 0;
}

/* The published log is verified on the pool, while the store is here. */
struct log_check {
    const char *folder;
    const struct note_vkey *key;
    struct log_reading *reading;
    struct error error;
    int result;
};

static void verify_log(void *context)
{
    struct log_check *check = context;

    check->result = log_reader_verify(check->folder, check->key, check->reading, &check->error);
}

static void log_is_verified(void *context)
{
    (void)context; /* the loop ends by itself */
}

static int check_rows(struct store *store, struct finding *finding, struct error *error)
{
    struct told *told = told_new(NULL);

    int result = audit_verify(store, told, &finding->store, error);
    if (result == 0)
        result = audit_compare(store, told, &finding->rows, error);
    told_free(told);
    return result;
}

static bool take_head(void *context, const struct stored_head *head)
{
    struct stored_head *first = context;

    *first = *head;
    return false;
}

/* Whether the store, which verifies, begins with the published entries: it does when they have the
 * same root. Who publishes does so up to a tree head. */
static int has_published(struct store *store, const struct checkpoint *checkpoint, bool *out,
                         struct error *error)
{
    struct stored_head first = {0};

    int result = store_heads(store, checkpoint->size, take_head, &first, error);
    *out = first.size == checkpoint->size &&
           memcmp(first.root, checkpoint->root, sizeof(first.root)) == 0;
    return result;
}

/* The whole store as of one moment: a send may be going on. *is_same: it begins with what is
 * published. */
static int check_store(struct store *store, struct log_check *check, struct finding *finding,
                       bool *is_same, struct error *error)
{
    struct loop *loop = loop_new();
    int result = store_snapshot(store, error);

    if (check)
        loop_work(loop, verify_log, log_is_verified, check);
    if (result == 0)
        result = check_rows(store, finding, error);
    loop_run(loop);
    if (result == 0 && check && check->result < 0) {
        *error = check->error;
        result = -1;
    }
    if (result == 0 && check)
        result = has_published(store, &finding->log.checkpoint, is_same, error);
    store_snapshot_end(store);
    loop_free(loop);
    return result;
}

/* Any file of a log makes it one: what is missing then has been taken away. */
static bool is_published(struct context *context)
{
    static const char *const files[] = {"audit/checkpoint", "audit/tile"};
    bool is_there = workspace_log_is_published(context->workspace);

    for (size_t i = 0; !is_there && i < sizeof(files) / sizeof(files[0]); i++)
        is_there = access(workspace_file(context->workspace, context->arena, files[i]), F_OK) == 0;
    return is_there;
}

static int check_workspace(struct context *context, const struct note_vkey *given,
                           struct error *error)
{
    struct finding finding = {.has_store = true};
    struct log_check check = {.key = given, .reading = &finding.log};
    struct note_vkey own;
    struct error no_key = {0};
    bool is_same = false;

    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_READ, error) < 0)
        return -1;
    check.folder = workspace_log_folder(context->workspace, context->arena);
    finding.is_published = is_published(context);
    if (finding.is_published && !given)
        (void)find_key(context, &own, &check.key, &no_key); /* what the store tells comes first */
    const bool has_log = finding.is_published && no_key.kind == ERROR_NONE;
    if (check_store(context->store, has_log ? &check : NULL, &finding, &is_same, error) < 0)
        return -1;
    if (finding.is_published && !has_log) {
        *error = no_key;
        return -1;
    }
    if (has_log && ((!is_same && log_reader_compare(check.folder, check.key, context->store,
                                                    &finding.log, error) < 0) ||
                    count_cosignatures(context, &finding, error) < 0 ||
                    published_log_check_stopped(check.folder, error) < 0))
        return -1;
    print(&finding);
    return 0;
}

/* --- others ---------------------------------------------------------------------------------- */

/* A log of the same name must be the same log as the one here. */
static int compare_with_own(struct context *context, const char *folder,
                            const struct log_reading *reading, struct error *error)
{
    struct log_reading own;
    const char *own_folder;

    if (!context->workspace || !workspace_log_is_published(context->workspace))
        return 0;
    own_folder = workspace_log_folder(context->workspace, context->arena);
    if (log_reader_verify(own_folder, NULL, &own, error) < 0)
        return -1;
    if (strcmp(own.checkpoint.origin, reading->checkpoint.origin) != 0)
        return 0;
    if (!note_vkey_equal(&own.key, &reading->key))
        return error_set(
            error, ERROR_VERIFICATION,
            _("the log '%s' is signed with another key than the one of this workspace"),
            reading->checkpoint.origin);
    if (own.checkpoint.size <= reading->checkpoint.size)
        return log_reader_extends(folder, reading, &own.checkpoint, error);
    return log_reader_extends(own_folder, &own, &reading->checkpoint, error);
}

static int check_folder(struct context *context, const char *folder, const struct note_vkey *key,
                        struct error *error)
{
    struct finding finding = {.is_published = true};

    if (log_reader_verify(folder, key, &finding.log, error) < 0 ||
        compare_with_own(context, folder, &finding.log, error) < 0)
        return -1;
    print(&finding);
    return 0;
}

static int check_url(struct context *context, const char *url, const struct note_vkey *key,
                     struct error *error)
{
    const char *base = secure_getenv("TMPDIR");
    char *folder = arena_printf(context->arena, "%s/crisis-audit-XXXXXX",
                                base && base[0] == '/' ? base : "/tmp");
    size_t length = strlen(url);

    if (!url_is_acceptable(url)) {
        error_set(error, ERROR_USAGE, _("'%s' is no address that a log is read from"), url);
        return error_next(error,
                          _("it begins with https://, or with http:// on a loopback address"));
    }
    while (length > 0 && url[length - 1] == '/')
        length--;
    if (!mkdtemp(folder))
        return error_set(error, ERROR_SYSTEM, _("cannot make a folder for temporary files: %s"),
                         error_errno(errno));
    int result =
        audit_fetch(arena_printf(context->arena, "%.*s", (int)length, url),
                    context->workspace ? context->workspace->config->ca_file : NULL, folder, error);
    if (result == 0)
        result = check_folder(context, folder, key, error);
    (void)folder_remove(folder); /* where temporary files lie, what is left does no harm */
    return result;
}

int audit_check(struct context *context, struct error *error)
{
    const char *from = option_value(context->invocation, "from");
    struct note_vkey *keys;
    size_t count;

    if (audit_keys(context, true, &keys, &count, error) < 0)
        return -1;
    if (count > 1)
        return error_set(error, ERROR_USAGE, _("a log has one key"));
    const struct note_vkey *key = count == 1 ? keys : NULL;
    if (!from)
        return check_workspace(context, key, error);
    if (context_find_workspace(context, error) < 0)
        return -1;
    return strstr(from, "://") ? check_url(context, from, key, error)
                               : check_folder(context, from, key, error);
}
