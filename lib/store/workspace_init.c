#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/secret.h"
#include "trust/age.h"
#include "trust/vault.h"

#include "store/files.h"
#include "store/vault_file.h"
#include "store/workspace.h"

enum { MADE_MAX = 16, KEY_TEXT_MAX_BYTES = 256, LOG_SEED_SIZE = 32, ORIGIN_RANDOM_SIZE = 4 };

static const char config_start[] =
    "# The workspace of crisis: its configuration. Secrets never stand here, only their names in "
    "the\n"
    "# vault, so this file may be kept in version control.\n"
    "\n"
    "coordinator:\n"
    "  name: National crisis coordinator   # who speaks: change it\n"
    "  # url: \"https://krise.example.no\"\n"
    "  language: nb\n"
    "  time-zone: Europe/Oslo\n"
    "\n"
    "# How many approvers must sign before anything goes out: a plan may ask for more, never for "
    "less.\n"
    "# 0 reaches loopback addresses only (a sandbox on this machine). A workspace that is to "
    "reach\n"
    "# people should say 2 or more.\n"
    "approval: {threshold: 0}\n"
    "\n"
    "store: sqlite\n"
    "\n"
    "# The name of the published audit log, without https:// in front: change it to an address of "
    "yours\n"
    "# before the first real use. The first thing that is registered or sent publishes the log "
    "under this\n"
    "# name, and it can never change afterwards.\n"
    "log: {origin: crisis.invalid/";

static const char config_end[] =
    "}\n"
    "\n"
    "# Who watches that the log only grows, and signs that it does:\n"
    "# witnesses:\n"
    "#   - {url: \"https://witness.example.org\", key: "
    "witness.example.org+b27bb5d6+BBIxkVHpjRp+xtHU4pxjWW9N1oVCnZu6PT2rnLBJRkUG}\n"
    "\n"
    "# A certificate authority in addition to the system's, such as the sandbox's:\n"
    "# ca-file: sandbox/ca.pem\n"
    "\n"
    "# Where networks are, and the coordinator's app there. What is left out is where it usually "
    "is.\n"
    "# networks:\n"
    "#   facebook:\n"
    "#     endpoint: \"https://graph.facebook.com/v25.0\"\n"
    "#     app-id: \"1234567890\"\n"
    "#     app-secret: {vault: facebook-app-secret}\n"
    "#   x: {endpoint: \"https://api.x.com\", client-id: \"abc\"}\n"
    "\n"
    "# listen: 127.0.0.1:8080\n";

/* What has been made so far, to be taken away again after a failure. */
struct making {
    struct arena *arena;
    const char *folder;
    struct text *recipient; /* NULL: not asked for */
    const char *config;     /* the text of crisis.yaml */
    const char *made[MADE_MAX];
    size_t made_count;
};

static const char *path_of(const struct making *making, const char *name)
{
    return arena_printf(making->arena, "%s/%s", making->folder, name);
}

static void note_made(struct making *making, const char *path)
{
    if (making->made_count < MADE_MAX)
        making->made[making->made_count++] = path;
}

static void take_back(const struct making *making)
{
    for (size_t i = making->made_count; i-- > 0;)
        (void)remove(making->made[i]); /* the error that led here is the one to tell */
}

/* --- the steps ------------------------------------------------------------------------------- */

static int refuse_existing(const struct making *making, struct error *error)
{
    static const char *const names[] = {"crisis.yaml", "crisis.db", "keys", "vault.age", NULL};
    struct stat status;

    for (size_t i = 0; names[i]; i++) {
        if (lstat(path_of(making, names[i]), &status) != 0)
            continue;
        error_set(error, ERROR_USAGE, _("'%s' holds a workspace already: there is '%s'"),
                  making->folder, names[i]);
        return error_next(error, _("choose another folder"));
    }
    return 0;
}

/* may_exist: a folder that is there already is used, and not taken away again. */
static int make_folder(struct making *making, const char *path, mode_t mode, bool may_exist,
                       struct error *error)
{
    struct stat status;

    if (mkdir(path, mode) == 0) {
        note_made(making, path);
        return files_sync_folder_of(path, error);
    }
    if (errno != EEXIST || !may_exist) {
        error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), path,
                  error_errno(errno));
        return error_next(error, _("name a folder in a place where this user may write"));
    }
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
        return error_set(error, ERROR_USAGE, _("'%s' is no folder"), path);
    return 0;
}

static int write_new(struct making *making, const char *name, const void *bytes, size_t size,
                     unsigned mode, struct error *error)
{
    const char *path = path_of(making, name);

    note_made(making, path);
    return file_replace(path, bytes, size, mode, error);
}

/* The identity, and the data key encrypted to it. */
static int make_vault(struct making *making, struct error *error)
{
    struct age_identities *identities = age_identities_new();
    const char *path = path_of(making, "vault.age");
    struct text identity, recipient, data_key;
    int result = -1;

    vault_new_key(&data_key);
    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    if (age_identity_generate(&identity, &recipient, error) < 0 ||
        age_identities_add(identities, identity.bytes, identity.length, error) < 0 ||
        write_new(making, "keys/vault.key", identity.bytes, identity.length, 0600, error) < 0)
        goto out;
    note_made(making, path);
    if (vault_file_write(path, identities, &data_key, error) < 0)
        goto out;
    if (making->recipient)
        text_add(making->recipient, recipient.bytes);
    result = 0;
out:
    text_release(&identity);
    text_release(&recipient);
    text_release(&data_key);
    age_identities_free(identities);
    return result;
}

static int make_keys(struct making *making, struct error *error)
{
    unsigned char *seed = secret_alloc(LOG_SEED_SIZE);
    struct text log_key;
    int result = -1;

    text_init_secret(&log_key, KEY_TEXT_MAX_BYTES);
    random_bytes(seed, LOG_SEED_SIZE);
    text_add(&log_key, "crisis-log-key/v1 ");
    base64_add(&log_key, seed, LOG_SEED_SIZE);
    text_add_char(&log_key, '\n');
    if (make_folder(making, path_of(making, "keys"), 0700, false, error) < 0 ||
        make_vault(making, error) < 0 ||
        write_new(making, "keys/log.key", log_key.bytes, log_key.length, 0600, error) < 0)
        goto out;
    result = 0;
out:
    text_release(&log_key);
    secret_free(seed);
    return result;
}

static int make_database(struct making *making, int64_t unix_ms, struct error *error)
{
    const char *path = path_of(making, "crisis.db");
    unsigned char hash[SHA256_SIZE];
    struct text entry, hex;
    struct store *store = NULL;

    sha256(making->config, strlen(making->config), hash);
    text_init(&hex, 2 * SHA256_SIZE);
    hex_add(&hex, hash, sizeof(hash));
    entry_begin(&entry, ENTRY_INIT, "coordinator", unix_ms);
    entry_add(&entry, "configuration-sha256", hex.bytes);
    int result = store_open(path, STORE_CREATE, &store, error);
    if (result == 0) {
        note_made(making, path);
        note_made(making, path_of(making, "crisis.db-wal"));
        note_made(making, path_of(making, "crisis.db-shm"));
        result = store_append(store, &entry, 1, error);
    }
    store_close(store);
    text_release(&entry);
    text_release(&hex);
    return result;
}

static int make_approvers(struct making *making, struct error *error)
{
    if (access(path_of(making, "approvers"), F_OK) == 0)
        return 0;
    return write_new(making, "approvers", "", 0, 0644, error);
}

/* The configuration comes last: it is what makes the folder a workspace. */
static int make_all(struct making *making, int64_t unix_ms, struct error *error)
{
    if (make_folder(making, making->folder, 0755, true, error) < 0 ||
        refuse_existing(making, error) < 0 || make_keys(making, error) < 0 ||
        make_folder(making, path_of(making, "audit"), 0755, true, error) < 0 ||
        make_folder(making, path_of(making, "public"), 0755, true, error) < 0 ||
        make_approvers(making, error) < 0 || make_database(making, unix_ms, error) < 0)
        return -1;
    return write_new(making, "crisis.yaml", making->config, strlen(making->config), 0644, error);
}

/* Every log has a name of its own from the start, so that two are never taken for one another. */
static const char *make_config(struct arena *arena)
{
    unsigned char random[ORIGIN_RANDOM_SIZE];
    struct text hex;

    random_bytes(random, sizeof(random));
    text_init(&hex, 2 * sizeof(random));
    hex_add(&hex, random, sizeof(random));
    const char *config = arena_printf(arena, "%s%s%s", config_start, hex.bytes, config_end);
    text_release(&hex);
    return config;
}

int workspace_init(const char *directory, int64_t unix_ms, struct text *recipient,
                   struct error *error)
{
    struct making making = {.arena = arena_new(), .folder = directory, .recipient = recipient};

    making.config = make_config(making.arena);
    int result = make_all(&making, unix_ms, error);
    if (result < 0)
        take_back(&making);
    arena_free(making.arena);
    return result;
}
