#include "store/workspace.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/language.h"

#include "store/files.h"

enum { LOG_KEY_MAX_BYTES = 256 };

static const char config_name[] = "crisis.yaml";
const char workspace_database_name[] = "crisis.db";
static const char log_key_start[] = "crisis-log-key/v1 ";

/* --- finding --------------------------------------------------------------------------------- */

static const char *absolute(struct arena *arena, const char *path, struct error *error)
{
    char resolved[PATH_MAX];

    if (!realpath(path, resolved)) {
        error_set(error, ERROR_USAGE, _("there is no workspace in '%s': %s"), path,
                  error_errno(errno));
        return NULL;
    }
    return arena_strdup(arena, resolved);
}

static bool holds_config(struct arena *arena, const char *folder)
{
    return access(arena_printf(arena, "%s/%s", folder, config_name), F_OK) == 0;
}

/* From the current folder upward. */
static const char *search(struct arena *arena, struct error *error)
{
    const char *start = absolute(arena, ".", error);
    char *folder = start ? arena_strdup(arena, start) : NULL;

    while (folder && !holds_config(arena, folder)) {
        char *slash = strrchr(folder, '/');
        if (!slash || folder[1] == '\0') {
            error_set(error, ERROR_USAGE, _("there is no workspace in '%s' or above it"), start);
            error_next(error, _("make one with `crisis init DIRECTORY`, or name it with -C"));
            return NULL;
        }
        slash[slash == folder ? 1 : 0] = '\0';
    }
    return folder;
}

static const char *find_folder(struct arena *arena, const char *directory, const char *environment,
                               struct error *error)
{
    const char *named = directory;

    if (!named && environment && *environment)
        named = environment;
    if (!named)
        return search(arena, error);
    const char *folder = absolute(arena, named, error);
    if (folder && !holds_config(arena, folder)) {
        error_set(error, ERROR_USAGE, _("'%s' is no workspace: it holds no %s"), named,
                  config_name);
        error_next(error, _("make one with `crisis init '%s'`"), named);
        return NULL;
    }
    return folder;
}

int workspace_open(struct arena *arena, const char *directory, const char *environment,
                   bool (*known_channel)(const char *name), struct problems *problems,
                   struct workspace **out, struct error *error)
{
    struct workspace *workspace = arena_alloc(arena, sizeof(*workspace));
    struct config *config;

    *out = NULL;
    workspace->path = find_folder(arena, directory, environment, error);
    if (!workspace->path)
        return -1;
    if (config_load(arena, workspace_file(workspace, arena, config_name), known_channel, problems,
                    &config, error) < 0)
        return -1;
    workspace->config = config;
    *out = workspace;
    return 0;
}

bool workspace_is_near(struct arena *arena)
{
    struct error ignored = {0};
    return search(arena, &ignored) != NULL;
}

const char *workspace_file(const struct workspace *workspace, struct arena *arena, const char *name)
{
    const char *slash = strcmp(workspace->path, "/") == 0 ? "" : "/";
    return arena_printf(arena, "%s%s%s", workspace->path, slash, name);
}

int workspace_store(const struct workspace *workspace, enum store_access access, struct store **out,
                    struct error *error)
{
    struct arena *arena = arena_new();
    int result =
        store_open(workspace_file(workspace, arena, workspace_database_name), access, out, error);

    arena_free(arena);
    return result;
}

/* --- the key of the log ---------------------------------------------------------------------- */

static bool read_log_seed(const struct text *bytes, struct text *seed)
{
    const size_t start = strlen(log_key_start);
    size_t size = bytes->length;

    if (size > 0 && bytes->bytes[size - 1] == '\n')
        size--;
    return size > start && memcmp(bytes->bytes, log_key_start, start) == 0 &&
           base64_decode(seed, bytes->bytes + start, size - start) &&
           seed->length == ED25519_SEED_SIZE;
}

int workspace_log_seed(const struct workspace *workspace, unsigned char out[ED25519_SEED_SIZE],
                       struct error *error)
{
    struct arena *arena = arena_new();
    struct text bytes, seed;
    const char *path;

    text_init_secret(&bytes, LOG_KEY_MAX_BYTES);
    text_init_secret(&seed, LOG_KEY_MAX_BYTES);
    int result = files_read_key(workspace, arena, "log.key", &bytes, &path, error);
    if (result == 0 && !read_log_seed(&bytes, &seed)) {
        result = error_set(error, ERROR_SYSTEM, _("'%s' is not one line \"%sBASE64\""), path,
                           log_key_start);
        error_next(error, _("restore it from its backup"));
    }
    if (result == 0)
        memcpy(out, seed.bytes, ED25519_SEED_SIZE);
    text_release(&seed);
    text_release(&bytes);
    arena_free(arena);
    return result;
}
