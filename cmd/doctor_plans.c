/* Whether the plans are valid, and when something was last exercised. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/language.h"
#include "base/limits.h"
#include "media/load.h"
#include "report/counted.h"
#include "store/rehearsals.h"

#include "cmd/check.h"
#include "cmd/doctor_parts.h"

/* --- which they are -------------------------------------------------------------------------- */

struct plan_paths {
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};

static bool has_ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* A plan has the key `plan` at the beginning of a line; configuration and directories do not. */
static bool is_plan(const char *path)
{
    struct error ignored = {0};
    struct text bytes;

    bool is = file_read(path, YAML_SIZE_MAX_BYTES, &bytes, &ignored) == 0 &&
              (strncmp(bytes.bytes, "plan:", 5) == 0 || strstr(bytes.bytes, "\nplan:"));
    text_release(&bytes);
    return is;
}

static void add_if_plan(struct plan_paths *paths, const char *path)
{
    if (!has_ending(path) || !is_plan(path))
        return;
    paths->items = arena_grow(paths->arena, paths->items, paths->count, &paths->capacity,
                              sizeof(*paths->items));
    paths->items[paths->count++] = arena_strdup(paths->arena, path);
}

static void visit(void *context, const struct folder_entry *entry)
{
    if (entry->is_file)
        add_if_plan(context, entry->path);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those in the workspace's own folder and below its folder `plans`: the rest is not people's. */
static void find_plans(const struct workspace *workspace, struct plan_paths *paths)
{
    struct error ignored = {0}; /* most workspaces have no such folder */
    DIR *folder = opendir(workspace->path);
    struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        add_if_plan(paths, workspace_file(workspace, paths->arena, entry->d_name));
    if (folder)
        (void)closedir(folder);
    (void)folder_walk(workspace_file(workspace, paths->arena, "plans"), visit, paths, &ignored);
    if (paths->count > 0)
        qsort(paths->items, paths->count, sizeof(*paths->items), compare);
}

/* --- whether they are valid ------------------------------------------------------------------ */

static void tell_valid(struct doctor *doctor, const struct plan *plan,
                       const struct problems *problems)
{
    if (problems->warning_count > 0) {
        diagnosis_warning(&doctor->diagnosis, "plan",
                          ngettext("%s could be sent, with %zu warning",
                                   "%s could be sent, with %zu warnings", problems->warning_count),
                          plan->file, problems->warning_count);
        diagnosis_next(&doctor->diagnosis, "crisis check %s", plan->file);
        return;
    }
    diagnosis_ok(&doctor->diagnosis, "plan", _("%s is valid: %s, %s"), plan->file,
                 counted_messages(plan->message_count).words,
                 counted_municipalities(plan->audience_count).words);
}

static void look_at(struct doctor *doctor, const char *path)
{
    struct context *context = &doctor->context;
    struct checked_approval *approvals;
    struct problems problems;
    struct error error = {0};
    struct plan *plan = NULL;
    size_t approval_count;

    problems_init(&problems, context->arena);
    int result = plan_load(context->arena, path, channel_is_known, &problems, &plan, &error);
    if (result == 0)
        result = media_load(context->arena, plan, &problems);
    if (result == 0 && context->store)
        result = check_plan(context, plan, &problems, &approvals, &approval_count, &error);
    if (problems_any_error(&problems)) {
        diagnosis_problem(&doctor->diagnosis, "plan", ERROR_INPUT,
                          ngettext("%s has %zu error", "%s has %zu errors", problems.error_count),
                          path, problems.error_count);
        diagnosis_next(&doctor->diagnosis, "crisis check %s", path);
    } else if (result < 0) {
        error_next(&error, _("crisis doctor with no plan looks at those of the workspace"));
        diagnosis_error(&doctor->diagnosis, "plan", FINDING_PROBLEM, &error);
    } else {
        tell_valid(doctor, plan, &problems);
    }
    if (plan)
        doctor_look_at_approvers_of(doctor, plan);
}

void doctor_look_at_plans(struct doctor *doctor)
{
    const struct invocation *invocation = doctor->context.invocation;
    struct plan_paths paths = {.arena = doctor->context.arena};

    if (invocation->argument_count > 0) {
        paths.items = invocation->arguments;
        paths.count = invocation->argument_count;
    } else {
        find_plans(doctor->context.workspace, &paths);
    }
    for (size_t i = 0; i < paths.count; i++)
        look_at(doctor, paths.items[i]);
    if (paths.count == 0) {
        diagnosis_ok(&doctor->diagnosis, "plan", _("none is in the workspace, and none was named"));
        diagnosis_next(&doctor->diagnosis, _("crisis doctor PLAN… looks at them too"));
    }
}

/* --- rehearsals ------------------------------------------------------------------------------ */

enum { REHEARSED_DAYS = 90 };

/* The last time that something was tried out: an exercise, or a rehearsal in a sandbox. */
struct last_try {
    const char *plan, *message; /* plan NULL: there was none */
    bool is_exercise;           /* else a rehearsal */
    int64_t unix_ms;
};

/* The last exercise that was finished. */
static int find_exercise(struct context *context, struct last_try *out, struct error *error)
{
    struct run_record *runs;
    size_t count;

    if (store_runs(context->store, context->arena, &runs, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count && !out->plan; i++)
        if (runs[i].mode == MODE_EXERCISE && runs[i].state == RUN_FINISHED)
            *out = (struct last_try){runs[i].plan, runs[i].message, true, runs[i].started_unix_ms};
    return 0;
}

static int find_last_try(struct context *context, struct last_try *out, struct error *error)
{
    struct rehearsal_record rehearsal;
    bool found;

    *out = (struct last_try){0};
    if (find_exercise(context, out, error) < 0 ||
        store_rehearsal_latest(context->store, context->arena, NULL, NULL, INT64_MAX, &rehearsal,
                               &found, error) < 0)
        return -1;
    if (found && rehearsal.started_unix_ms > out->unix_ms)
        *out =
            (struct last_try){rehearsal.plan, rehearsal.message, false, rehearsal.started_unix_ms};
    return 0;
}

void doctor_look_at_rehearsals(struct doctor *doctor)
{
    const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
    struct diagnosis *diagnosis = &doctor->diagnosis;
    struct error error = {0};
    struct last_try last;
    char time[RFC3339_SIZE];

    if (!doctor->context.store)
        return;
    if (find_last_try(&doctor->context, &last, &error) < 0) {
        diagnosis_error(diagnosis, "rehearsal", FINDING_PROBLEM, &error);
        return;
    }
    if (!last.plan) {
        diagnosis_warning(diagnosis, "rehearsal",
                          _("nothing has been exercised yet, nor rehearsed"));
        diagnosis_next(diagnosis, _("crisis rehearse PLAN, then crisis send PLAN --exercise"));
        return;
    }
    rfc3339_format_seconds(last.unix_ms, time);
    if (doctor->now_unix_ms - last.unix_ms <= REHEARSED_DAYS * day_ms) {
        diagnosis_ok(diagnosis, "rehearsal",
                     last.is_exercise ? _("%s of %s was last exercised at %s")
                                      : _("%s of %s was last rehearsed in a sandbox at %s"),
                     last.message, last.plan, time);
        return;
    }
    diagnosis_warning(
        diagnosis, "rehearsal",
        last.is_exercise
            ? _("%s of %s was last exercised more than %d days ago, at %s")
            : _("%s of %s was last rehearsed in a sandbox more than %d days ago, at %s"),
        last.message, last.plan, REHEARSED_DAYS, time);
    diagnosis_next(diagnosis, _("crisis rehearse PLAN, then crisis send PLAN --exercise"));
}
