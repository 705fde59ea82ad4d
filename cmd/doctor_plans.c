/* Whether the plans are valid, and when something was last exercised. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/limits.h"
#include "media/load.h"

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
        diagnosis_warning(&doctor->diagnosis, "plan", "%s could be sent, with %zu warning%s",
                          plan->file, problems->warning_count,
                          problems->warning_count == 1 ? "" : "s");
        diagnosis_next(&doctor->diagnosis, "crisis check %s", plan->file);
        return;
    }
    diagnosis_ok(&doctor->diagnosis, "plan", "%s is valid: %zu messages, %zu municipalities",
                 plan->file, plan->message_count, plan->audience_count);
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
        diagnosis_problem(&doctor->diagnosis, "plan", ERROR_INPUT, "%s has %zu error%s", path,
                          problems.error_count, problems.error_count == 1 ? "" : "s");
        diagnosis_next(&doctor->diagnosis, "crisis check %s", path);
    } else if (result < 0) {
        error_next(&error, "crisis doctor with no plan looks at those of the workspace");
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
        diagnosis_ok(&doctor->diagnosis, "plan", "none is in the workspace, and none was named");
        diagnosis_next(&doctor->diagnosis, "crisis doctor PLAN… looks at them too");
    }
}

/* --- rehearsals ------------------------------------------------------------------------------ */

enum { REHEARSED_DAYS = 90 };

/* The last run of a mode that was finished; NULL: there is none. */
static const struct run_record *last_of(const struct run_record *runs, size_t count,
                                        enum run_mode mode)
{
    for (size_t i = 0; i < count; i++)
        if (runs[i].mode == mode && runs[i].state == RUN_FINISHED)
            return &runs[i];
    return NULL;
}

void doctor_look_at_rehearsals(struct doctor *doctor)
{
    const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
    struct context *context = &doctor->context;
    struct error error = {0};
    struct run_record *runs;
    char time[RFC3339_SIZE];
    size_t count;

    if (!context->store)
        return;
    if (store_runs(context->store, context->arena, &runs, &count, &error) < 0) {
        diagnosis_error(&doctor->diagnosis, "rehearsal", FINDING_PROBLEM, &error);
        return;
    }
    const struct run_record *last = last_of(runs, count, MODE_EXERCISE);
    if (!last) {
        diagnosis_warning(&doctor->diagnosis, "rehearsal", "nothing has been exercised yet");
        diagnosis_next(&doctor->diagnosis, "crisis send PLAN --exercise, against a sandbox first");
        return;
    }
    rfc3339_format_seconds(last->started_unix_ms, time);
    if (doctor->now_unix_ms - last->started_unix_ms <= REHEARSED_DAYS * day_ms) {
        diagnosis_ok(&doctor->diagnosis, "rehearsal", "%s of %s was last exercised at %s",
                     last->message, last->plan, time);
        return;
    }
    diagnosis_warning(&doctor->diagnosis, "rehearsal",
                      "the last exercise was more than %d days ago: %s of %s at %s", REHEARSED_DAYS,
                      last->message, last->plan, time);
    diagnosis_next(&doctor->diagnosis, "crisis send PLAN --exercise");
}
