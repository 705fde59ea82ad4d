#include "store/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/vault.h"

enum { KEY_FILE_MAX_BYTES = 4096 };

static const char config_name[] = "crisis.yaml";
static const char database_name[] = "crisis.db";
static const char vault_key_name[] = "keys/vault.key";

/* --- finding --------------------------------------------------------------------------------- */

static const char *absolute(struct arena *arena, const char *path, struct error *error)
{
    char resolved[PATH_MAX];

    if (!realpath(path, resolved)) {
        error_set(error, ERROR_USAGE, "there is no workspace in '%s': %s", path,
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
            error_set(error, ERROR_USAGE, "there is no workspace in '%s' or above it", start);
            error_next(error, "make one with `crisis init DIRECTORY`, or name it with -C");
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
        error_set(error, ERROR_USAGE, "'%s' is no workspace: it holds no %s", named, config_name);
        error_next(error, "make one with `crisis init '%s'`", named);
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
    int result = store_open(workspace_file(workspace, arena, database_name), access, out, error);

    arena_free(arena);
    return result;
}

/* --- the vault ------------------------------------------------------------------------------- */

static int check_key_mode(int descriptor, const char *path, bool is_ours, struct error *error)
{
    struct stat status;

    if (fstat(descriptor, &status) < 0)
        return error_set(error, ERROR_SYSTEM, "cannot read '%s': %s", path, error_errno(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_SYSTEM, "cannot read '%s': it is no regular file", path);
    if (!is_ours || (status.st_mode & 077) == 0)
        return 0;
    error_set(error, ERROR_SYSTEM, "others on this machine may read '%s' (mode %04o)", path,
              (unsigned)status.st_mode & 07777);
    return error_next(error,
                      "run `chmod 600 '%s'`; if somebody may have read it, register all "
                      "accounts again in a new workspace",
                      path);
}

/* Into secret memory from the first byte on. */
static int read_key_file(int descriptor, const char *path, struct text *out, struct error *error)
{
    text_add_bytes(out, (const char[KEY_FILE_MAX_BYTES]){0}, KEY_FILE_MAX_BYTES);
    ssize_t got = read(descriptor, out->bytes, KEY_FILE_MAX_BYTES);
    if (got < 0)
        return error_set(error, ERROR_SYSTEM, "cannot read '%s': %s", path, error_errno(errno));
    text_truncate(out, (size_t)got);
    return 0;
}

static int open_vault(const char *path, bool is_ours, struct vault **out, struct error *error)
{
    struct text bytes;
    int result = -1;

    text_init_secret(&bytes, KEY_FILE_MAX_BYTES);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        error_set(error, ERROR_SYSTEM, "cannot open the vault: '%s': %s", path, error_errno(errno));
        error_next(error, "restore it from its backup; without it no credential can be opened");
        goto out;
    }
    if (check_key_mode(descriptor, path, is_ours, error) < 0 ||
        read_key_file(descriptor, path, &bytes, error) < 0)
        goto out;
    result = vault_open(bytes.bytes, bytes.length, out, error);
out:
    if (descriptor >= 0)
        (void)close(descriptor); /* opened to read */
    text_release(&bytes);
    return result;
}

int workspace_vault(const struct workspace *workspace, struct vault **out, struct error *error)
{
    struct arena *arena = arena_new();
    const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");
    const char *path = NULL;

    *out = NULL;
    if (credentials && *credentials)
        path = arena_printf(arena, "%s/vault.key", credentials);
    /* The service manager's folder is its own affair: it gives the file the mode that it needs. */
    bool is_ours = !path || access(path, F_OK) != 0;
    if (is_ours)
        path = workspace_file(workspace, arena, vault_key_name);
    int result = open_vault(path, is_ours, out, error);
    arena_free(arena);
    return result;
}
