/* The published log of a workspace: where it is, what it is called, and the key that signs it. */
#include <string.h>

#include "base/secret.h"

#include "store/log_files.h"
#include "store/workspace.h"

static const char log_folder_name[] = "audit";

const char *workspace_log_folder(const struct workspace *workspace, struct arena *arena)
{
    return workspace_file(workspace, arena, log_folder_name);
}

bool workspace_log_is_published(const struct workspace *workspace)
{
    struct arena *arena = arena_new();
    bool is_there = log_file_is_there(workspace_log_folder(workspace, arena), log_vkey_name);

    arena_free(arena);
    return is_there;
}

int workspace_log_check_stopped(const struct workspace *workspace, struct error *error)
{
    struct arena *arena = arena_new();
    int result = published_log_check_stopped(workspace_log_folder(workspace, arena), error);

    arena_free(arena);
    return result;
}

/* As the configuration says, else as the log has been called before. */
static int find_origin(const struct workspace *workspace, const char *folder, struct arena *arena,
                       const char **out, struct error *error)
{
    struct note_vkey published;

    *out = workspace->config->log_origin;
    if (*out || !log_file_is_there(folder, log_vkey_name))
        return 0;
    if (log_vkey_read(folder, &published, error) < 0)
        return -1;
    *out = arena_strdup(arena, published.name);
    return 0;
}

int workspace_published_log(const struct workspace *workspace, struct published_log **out,
                            struct error *error)
{
    struct arena *arena = arena_new();
    unsigned char *seed = secret_alloc(ED25519_SEED_SIZE);
    const char *folder = workspace_log_folder(workspace, arena);
    const char *origin;

    *out = NULL;
    int result = find_origin(workspace, folder, arena, &origin, error);
    if (result == 0 && origin)
        result = workspace_log_seed(workspace, seed, error);
    if (result == 0 && origin)
        result = published_log_open(folder, origin, seed, out, error);
    secret_free(seed);
    arena_free(arena);
    return result;
}

static int make_vkey(const struct workspace *workspace, const char *origin, struct note_vkey *out,
                     struct error *error)
{
    unsigned char *seed = secret_alloc(ED25519_SEED_SIZE);
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct ed25519_key *key = NULL;
    int result = -1;

    if (workspace_log_seed(workspace, seed, error) < 0 || ed25519_key_new(seed, &key, error) < 0)
        goto out;
    ed25519_key_public(key, public_key);
    result = note_vkey_init(out, origin, NOTE_ED25519, public_key, error);
out:
    ed25519_key_free(key);
    secret_free(seed);
    return result;
}

int workspace_log_vkey(const struct workspace *workspace, struct note_vkey *out, bool *out_is_there,
                       struct error *error)
{
    struct arena *arena = arena_new();
    const char *origin;

    int result =
        find_origin(workspace, workspace_log_folder(workspace, arena), arena, &origin, error);
    *out_is_there = result == 0 && origin;
    if (*out_is_there)
        result = make_vkey(workspace, origin, out, error);
    arena_free(arena);
    return result;
}
