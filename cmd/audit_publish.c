/* `audit publish`: the whole published log anew, where its files were damaged or lost. */
#include <inttypes.h>

#include "base/language.h"
#include "report/counted.h"
#include "store/published_log.h"

#include "cmd/audit_actions.h"
#include "cmd/audit_verify.h"
#include "cmd/output.h"

static void print(const struct checkpoint *checkpoint, const char *folder)
{
    struct json_line line;

    if (!output_is_json()) {
        output_line(_("The log '%s' with %s is published in '%s'."), checkpoint->origin,
                    counted_entries(checkpoint->size).words, folder);
        return;
    }
    json_line_begin(&line, "published");
    json_line_text(&line, "origin", checkpoint->origin);
    json_line_number(&line, "entries", (int64_t)checkpoint->size);
    json_line_text(&line, "folder", folder);
    json_line_end(&line);
}

static int open_log(struct context *context, struct published_log **out, struct error *error)
{
    if (workspace_published_log(context->workspace, out, error) < 0)
        return -1;
    if (*out)
        return 0;
    error_set(error, ERROR_INPUT,
              _("crisis.yaml names no log origin, and nothing was published yet"));
    return error_next(error, _("give it one: log: {origin: krise.example.no/audit}"));
}

/* What does not verify is not signed. Between this and the writing the store may only grow. */
static int check_store(struct store *store, struct error *error)
{
    struct audit_verification ignored;

    if (store_snapshot(store, error) < 0)
        return -1;
    int result = audit_verify(store, NULL, &ignored, error);
    store_snapshot_end(store);
    return result;
}

int audit_publish(struct context *context, struct error *error)
{
    struct published_log *log = NULL;
    struct checkpoint checkpoint;
    struct text note;
    int result = -1;

    if (context_open_workspace(context, error) < 0 ||
        workspace_log_check_stopped(context->workspace, error) < 0 ||
        context_open_store(context, STORE_READ, error) < 0 ||
        check_store(context->store, error) < 0 || open_log(context, &log, error) < 0)
        return -1;
    text_init(&note, NOTE_MAX_BYTES);
    if (published_log_rebuild(log, context->store, error) < 0 ||
        published_log_checkpoint(log, &note, &checkpoint, error) < 0)
        goto out;
    print(&checkpoint, workspace_log_folder(context->workspace, context->arena));
    result = 0;
out:
    text_release(&note);
    published_log_close(log);
    return result;
}
