#include "cmd/gate.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/language.h"
#include "net/loop.h"
#include "plan/binding.h"
#include "trust/sshsig.h"

#include "cmd/approver_list.h"
#include "cmd/gate_record.h"
#include "cmd/output.h"

enum { APPROVAL_FILES_MAX = 1000 };

static const char statement_suffix[] = ".statement";

/* --- what must have been signed -------------------------------------------------------------- */

int gate_make_wanted(struct arena *arena, const struct render_request *request,
                     struct problems *problems, struct statement *out)
{
    struct plan_binding binding;
    const struct run_values *values = request->values;
    struct statement_variable *variables =
        arena_alloc_array(arena, values->count, sizeof(*variables));

    if (binding_make(arena, request, problems, &binding) < 0)
        return -1;
    for (size_t i = 0; i < values->count; i++)
        variables[i] = (struct statement_variable){values->sorted[i].name, values->sorted[i].value};
    *out = (struct statement){
        .plan = request->plan->id,
        .message = request->message->name,
        .mode = request->mode,
        .variables = variables,
        .variable_count = values->count,
        .municipality_count = (unsigned)binding.municipality_count,
        .delivery_count = (unsigned)binding.delivery_count,
        .has_media = request->plan->media_file_count > 0,
    };
    memcpy(out->plan_sha256, request->plan->sha256, SHA256_SIZE);
    memcpy(out->directory_sha256, request->plan->directories_sha256, SHA256_SIZE);
    if (out->has_media)
        memcpy(out->media_sha256, request->plan->media_sha256, SHA256_SIZE);
    memcpy(out->audience_sha256, binding.audience_sha256, SHA256_SIZE);
    memcpy(out->texts_sha256, binding.texts_sha256, SHA256_SIZE);
    return 0;
}

int gate_wanted(struct context *context, const struct render_request *request,
                struct statement *out, struct error *error)
{
    struct problems problems;

    problems_init(&problems, context->arena);
    if (gate_make_wanted(context->arena, request, &problems, out) == 0)
        return 0;
    output_problems(&problems, false);
    return context_problems_error(&problems, request->plan->file, error);
}

/* --- the files beside the plan --------------------------------------------------------------- */

const char *gate_folder(struct arena *arena, const char *plan_file, const char *plan_id)
{
    const char *slash = strrchr(plan_file, '/');
    int length = slash ? (int)(slash - plan_file) + 1 : 0;
    return arena_printf(arena, "%.*s%s.approvals", length, plan_file, plan_id);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the statements in the folder, sorted; none when there is no folder. */
static int list_statements(struct arena *arena, const char *folder, const char ***out,
                           size_t *out_count, struct error *error)
{
    DIR *directory = opendir(folder);
    size_t capacity = 0;
    struct dirent *entry;

    *out = NULL;
    *out_count = 0;
    if (!directory)
        return errno == ENOENT
                   ? 0
                   : error_set(error, ERROR_SYSTEM, _("cannot read the folder '%s': %s"), folder,
                               error_errno(errno));
    while ((entry = readdir(directory)) && *out_count < APPROVAL_FILES_MAX) {
        size_t length = strlen(entry->d_name), suffix = sizeof(statement_suffix) - 1;
        if (length <= suffix || strcmp(entry->d_name + length - suffix, statement_suffix) != 0)
            continue;
        *out = arena_grow(arena, *out, *out_count, &capacity, sizeof(**out));
        (*out)[(*out_count)++] = arena_strndup(arena, entry->d_name, length - suffix);
    }
    closedir(directory);
    if (*out_count > 0)
        qsort(*out, *out_count, sizeof(**out), compare_names);
    return 0;
}

/* NULL when it is not there; a file that cannot be read is an approval that does not count. */
static const char *read_part(struct arena *arena, const char *folder, const char *name,
                             const char *suffix, size_t most, size_t *size)
{
    struct error ignored = {0};
    struct text bytes;
    const char *copy = NULL;

    *size = 0;
    if (file_read(arena_printf(arena, "%s/%s%s", folder, name, suffix), most, &bytes, &ignored) ==
        0) {
        copy = arena_strndup(arena, bytes.bytes, bytes.length);
        *size = bytes.length;
    }
    text_release(&bytes);
    return copy;
}

static int load_files(struct arena *arena, const char *folder, struct approval_request *out,
                      struct error *error)
{
    const char **names;
    size_t count;

    if (list_statements(arena, folder, &names, &count, error) < 0)
        return -1;
    struct approval_file *files = arena_alloc_array(arena, count, sizeof(*files));
    for (size_t i = 0; i < count; i++) {
        files[i].name = names[i];
        files[i].statement = read_part(arena, folder, names[i], statement_suffix,
                                       STATEMENT_MAX_BYTES, &files[i].statement_size);
        if (!files[i].statement)
            files[i].statement = "";
        files[i].signature = read_part(arena, folder, names[i], ".sig", SSHSIG_ARMOUR_MAX_BYTES,
                                       &files[i].signature_size);
    }
    out->files = files;
    out->file_count = count;
    return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

static const char *const *texts_of(struct arena *arena, const struct placed_text *texts,
                                   size_t count)
{
    const char **out = arena_alloc_array(arena, count, sizeof(*out));
    for (size_t i = 0; i < count; i++)
        out[i] = texts[i].text;
    return out;
}

static void add_follows(struct arena *arena, const struct plan *plan, const struct message *message,
                        struct approval_request *out)
{
    const char **names = arena_alloc_array(arena, plan->message_count, sizeof(*names));

    if (message_is_reversal(message))
        for (const struct message *at = message->follows;
             at && out->follows_count < plan->message_count; at = at->follows)
            names[out->follows_count++] = at->name;
    out->follows = names;
}

static bool is_emergency(const struct plan *plan, const struct message *message)
{
    const struct plan_approval *approval = &plan->approval;
    for (size_t i = 0; i < approval->emergency_severity_count && message->cap.severity.text; i++)
        if (strcmp(approval->emergency_severities[i].text, message->cap.severity.text) == 0)
            return true;
    return false;
}

int gate_load(struct context *context, const char *plan_file, const char *plan_id,
              struct approval_request *out, struct error *error)
{
    const struct config *config = context->workspace->config;
    struct approver_list list;

    out->workspace_threshold = config->approval_threshold;
    out->origins = config->passkey_origins;
    out->origin_count = config->passkey_origin_count;
    out->now_unix_ms = clock_unix_ms();
    if (approver_list_load(context, &list, error) < 0)
        return -1;
    out->signers = list.in_force;
    out->list_fault = list.fault;
    return load_files(context->arena, gate_folder(context->arena, plan_file, plan_id), out, error);
}

void gate_describe(struct arena *arena, const struct plan *plan, const struct message *message,
                   enum run_mode mode, const struct statement *wanted, struct approval_request *out)
{
    const struct plan_approval *approval = &plan->approval;

    out->plan = plan->id;
    out->message = message->name;
    out->mode = mode;
    out->plan_threshold = approval->threshold;
    out->wanted = wanted;
    out->approvers = texts_of(arena, approval->approvers, approval->approver_count);
    out->approver_count = approval->approver_count;
    out->specific_only = approval->scope == APPROVAL_SPECIFIC;
    out->emergency_approvers =
        texts_of(arena, approval->emergency_approvers, approval->emergency_approver_count);
    out->emergency_approver_count = approval->emergency_approver_count;
    out->is_emergency_severity = is_emergency(plan, message);
    add_follows(arena, plan, message, out);
}

int gate_ask(struct context *context, const struct plan *plan, const struct message *message,
             enum run_mode mode, const struct statement *wanted, struct approval_request *out,
             struct error *error)
{
    *out = (struct approval_request){0};
    gate_describe(context->arena, plan, message, mode, wanted, out);
    return gate_load(context, plan->file, plan->id, out, error);
}

int gate_ask_again(struct context *context, const struct run_record *run,
                   struct approval_request *out, struct error *error)
{
    if (gate_record_read(context->arena, run->approval, out, error) < 0)
        return -1;
    out->plan = run->plan;
    out->message = run->message;
    out->mode = run->mode;
    return gate_load(context, run->plan_file, run->plan, out, error);
}
