#include "cmd/rehearsal_stage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"
#include "plan/copy.h"
#include "sandbox/sandbox.h"
#include "wire/json.h"

#include "cmd/child.h"
#include "cmd/rehearsal_accounts.h"

enum { CONFIG_MAX_BYTES = 64 * 1024, FIXED_WORDS = 16, SEED_SIZE = 24, FILE_MODE = 0600 };

/* --- files ----------------------------------------------------------------------------------- */

static const char *path_of(const struct rehearsal_setting *setting,
                           const struct rehearsal_stage *stage, const char *name)
{
    return arena_printf(setting->context->arena, "%s/%s", stage->folder.path, name);
}

static int make_folder(const char *path, struct error *error)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), path,
                     error_errno(errno));
}

static int write_text(const char *path, const struct text *text, struct error *error)
{
    if (text->overflowed)
        return error_set(error, ERROR_INPUT, _("there are too many accounts for a rehearsal"));
    return file_replace(path, text->bytes, text->length, FILE_MODE, error);
}

/* --- the plan -------------------------------------------------------------------------------- */

static int copy_file(const char *from, const char *to, struct error *error)
{
    struct text bytes;

    int result = file_read(from, YAML_SIZE_MAX_BYTES, &bytes, error);
    if (result == 0)
        result = file_replace(to, bytes.bytes, bytes.length, FILE_MODE, error);
    text_release(&bytes);
    return result;
}

/* A file of a message, and the folders that lead to it. */
static int copy_media(const struct rehearsal_setting *setting, const char *folder,
                      const struct message_media *media, struct error *error)
{
    char *path = arena_printf(setting->context->arena, "%s/%s", folder, media->file.text);

    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (make_folder(path, error) < 0)
            return -1;
        *slash = '/';
    }
    return file_replace(path, media->content.bytes, media->content.size_bytes, FILE_MODE, error);
}

static int copy_plan_file(const struct rehearsal_setting *setting,
                          const struct rehearsal_stage *stage, struct error *error)
{
    struct text bytes, copy;

    text_init(&copy, YAML_SIZE_MAX_BYTES);
    int result = file_read(setting->plan->file, YAML_SIZE_MAX_BYTES, &bytes, error);
    if (result == 0)
        result = plan_copy_write(setting->plan, bytes.bytes, bytes.length, &copy, error);
    if (result == 0)
        result = file_replace(stage->plan_file, copy.bytes, copy.length, FILE_MODE, error);
    text_release(&bytes);
    text_release(&copy);
    return result;
}

static int copy_plan(const struct rehearsal_setting *setting, struct rehearsal_stage *stage,
                     struct error *error)
{
    const struct plan *plan = setting->plan;
    struct arena *arena = setting->context->arena;
    const char *folder = path_of(setting, stage, "plan");

    stage->plan_file = arena_printf(arena, "%s/plan.yaml", folder);
    if (make_folder(folder, error) < 0 || copy_plan_file(setting, stage, error) < 0)
        return -1;
    for (size_t i = 0; i < plan->directory_count; i++)
        if (copy_file(plan->directories[i].path,
                      arena_printf(arena, "%s/%s", folder, plan_copy_directory_name(arena, i)),
                      error) < 0)
            return -1;
    for (size_t i = 0; i < plan->message_count; i++)
        for (size_t j = 0; j < plan->messages[i].media_count; j++)
            if (copy_media(setting, folder, &plan->messages[i].media[j], error) < 0)
                return -1;
    return 0;
}

/* --- the sandbox ----------------------------------------------------------------------------- */

/* Its first event says where it is. */
static int read_address(const struct rehearsal_setting *setting, struct rehearsal_stage *stage,
                        struct error *error)
{
    struct json *event = child_next_event(&stage->sandbox);
    const char *url = event ? json_text(event, "url", NULL) : NULL;
    const char *ca = event ? json_text(event, "ca", NULL) : NULL;
    const char *message = event ? json_text(event, "message", NULL) : NULL;
    int result = 0;

    if (url && ca) {
        stage->url = arena_strdup(setting->context->arena, url);
        stage->ca = arena_strdup(setting->context->arena, ca);
    } else if (stage->supervisor.interrupted) {
        result = error_set(error, ERROR_INTERRUPTED, "%s", "");
    } else {
        result = error_set(error, ERROR_SYSTEM, _("the sandbox of the rehearsal did not start%s%s"),
                           message ? ": " : "", message ? message : "");
    }
    json_free(event);
    return result;
}

static int start_sandbox(const struct rehearsal_setting *setting, struct rehearsal_stage *stage,
                         const char *accounts_file, struct error *error)
{
    char seed[SEED_SIZE];
    const char *const fixed[] = {
        "sandbox",    "--listen",    "127.0.0.1:0", "--dir", path_of(setting, stage, "sandbox"),
        "--accounts", accounts_file, "--seed",      seed};
    size_t count = sizeof(fixed) / sizeof(fixed[0]);
    const char **words = arena_alloc_array(
        setting->context->arena, FIXED_WORDS + 2 * (setting->latency_count + setting->fault_count),
        sizeof(*words));

    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)setting->seed);
    memcpy(words, fixed, sizeof(fixed));
    for (size_t i = 0; i < setting->latency_count; i++) {
        words[count++] = "--latency";
        words[count++] = setting->latencies[i];
    }
    for (size_t i = 0; i < setting->fault_count; i++) {
        words[count++] = "--faults";
        words[count++] = setting->faults[i];
    }
    if (child_start(&stage->supervisor, words, &stage->sandbox, error) < 0)
        return -1;
    return read_address(setting, stage, error);
}

/* --- the workspace --------------------------------------------------------------------------- */

static void add_network(struct text *out, const char *channel, const char *url, const char *path)
{
    char endpoint[URL_MAX_BYTES];

    snprintf(endpoint, sizeof(endpoint), "%s%s", url, path);
    json_add_name(out, channel);
    text_add_char(out, '{');
    json_add_member(out, "endpoint", endpoint);
    if (strcmp(channel, "youtube") == 0)
        json_add_member(out, "client-id", "any");
    text_add_char(out, '}');
}

static void add_networks(const struct rehearsal_stage *stage, struct text *out)
{
    for (size_t i = 0; channel_all()[i]; i++) {
        const struct channel_driver *driver = channel_all()[i];
        const char *path = sandbox_path(driver->name);
        if (driver->features & FEATURE_LOCAL)
            add_network(out, driver->name, stage->url, "/site");
        else if (path && !rehearsal_accounts_have_address(driver->name))
            add_network(out, driver->name, stage->url, path);
    }
}

static int write_config(const struct rehearsal_setting *setting,
                        const struct rehearsal_stage *stage, struct error *error)
{
    const struct config *config = setting->context->workspace->config;
    struct text out;

    text_init(&out, CONFIG_MAX_BYTES);
    text_add(&out, "{\"coordinator\":{");
    json_add_member(&out, "name", config->coordinator_name);
    if (config->coordinator_url)
        json_add_member(&out, "url", config->coordinator_url);
    json_add_member(&out, "language", config->coordinator_language);
    json_add_member(&out, "time-zone", config->time_zone);
    text_add(&out, "},\"approval\":{\"threshold\":\"0\"},\"store\":\"sqlite\","
                   "\"log\":{\"origin\":\"rehearsal.invalid/crisis\"},\"networks\":{");
    add_networks(stage, &out);
    text_add_char(&out, '}');
    json_add_member(&out, "ca-file", stage->ca);
    text_add(&out, "}\n");
    int result = write_text(path_of(setting, stage, "workspace/crisis.yaml"), &out, error);
    text_release(&out);
    return result;
}

static int register_accounts(const struct rehearsal_setting *setting, struct rehearsal_stage *stage,
                             const struct rehearsal_accounts *accounts, struct error *error)
{
    const char *file = path_of(setting, stage, "registration.yaml");
    const char *const words[] = {"-C", stage->workspace, "register", "--from", file, NULL};
    struct error said;
    struct text out;

    text_init(&out, REGISTRATION_SIZE_MAX_BYTES);
    rehearsal_accounts_to_register(accounts, stage->url, &out);
    int result = write_text(file, &out, error);
    text_release(&out);
    if (result < 0)
        return -1;
    int code = child_run(&stage->supervisor, words, NULL, NULL, &said, error);
    if (code > 0)
        error_set(error, ERROR_SYSTEM,
                  _("the accounts of the rehearsal could not be registered: %s"), said.message);
    return code == 0 ? 0 : -1;
}

static int open_stage(const struct rehearsal_setting *setting, struct rehearsal_stage *stage,
                      struct error *error)
{
    struct rehearsal_accounts accounts = {setting->accounts, setting->account_count, {0}};
    const char *file = path_of(setting, stage, "accounts.json");
    struct text out;

    random_bytes(accounts.key, sizeof(accounts.key));
    text_init(&out, REGISTRATION_SIZE_MAX_BYTES);
    rehearsal_accounts_for_sandbox(&accounts, &out);
    int result = write_text(file, &out, error);
    text_release(&out);
    stage->workspace = path_of(setting, stage, "workspace");
    if (result < 0 || start_sandbox(setting, stage, file, error) < 0 ||
        workspace_init(stage->workspace, clock_unix_ms(), NULL, error) < 0 ||
        write_config(setting, stage, error) < 0 || copy_plan(setting, stage, error) < 0)
        return -1;
    return register_accounts(setting, stage, &accounts, error);
}

int rehearsal_stage_open(const struct rehearsal_setting *setting, struct rehearsal_stage *out,
                         struct error *error)
{
    *out = (struct rehearsal_stage){.supervisor.signals = -1};
    if (temporary_folder_new("crisis-rehearsal", &out->folder, error) < 0 ||
        supervisor_begin(&out->supervisor, error) < 0)
        return -1;
    return open_stage(setting, out, error);
}

void rehearsal_stage_close(struct rehearsal_stage *stage)
{
    process_kill(&stage->sandbox);
    temporary_folder_remove(&stage->folder);
    supervisor_end(&stage->supervisor);
}
