#include "cmd/consent.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/language.h"
#include "net/loop.h"
#include "trust/sshsig.h"
#include "trust/statement.h"

#include "cmd/output.h"

enum { SIGNATURES_MAX = 200 };

static const char *path_of(struct context *context, const char *name)
{
    return workspace_file(context->workspace, context->arena, name);
}

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* As `sign` names them, or as somebody who used ssh-keygen did. */
static bool is_signature(const char *name, const char *kept_prefix)
{
    static const char suffix[] = ".sig";
    size_t length = strlen(name), suffix_length = sizeof(suffix) - 1;

    if (length < suffix_length || strcmp(name + length - suffix_length, suffix) != 0)
        return false;
    return begins_with(name, CONSENT_NEXT) || begins_with(name, kept_prefix) ||
           strcmp(name, CONSENT_CURRENT ".sig") == 0;
}

static int compare_signatures(const void *a, const void *b)
{
    return strcmp(((const struct succession_signature *)a)->name,
                  ((const struct succession_signature *)b)->name);
}

/* Those that may belong to this version, sorted. */
static int load_signatures(struct context *context, unsigned version,
                           struct succession_signature **out, size_t *out_count,
                           struct error *error)
{
    struct arena *arena = context->arena;
    const char *folder = context->workspace->path;
    const char *kept_prefix = arena_printf(arena, "%s.v%u.", CONSENT_CURRENT, version);
    DIR *directory = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    *out = arena_alloc_array(arena, SIGNATURES_MAX, sizeof(**out));
    *out_count = 0;
    if (!directory)
        return error_set(error, ERROR_SYSTEM, _("cannot read the folder '%s': %s"), folder,
                         error_errno(errno));
    while ((entry = readdir(directory)) && count < SIGNATURES_MAX) {
        struct error refusal = {0};
        struct text bytes;
        if (!is_signature(entry->d_name, kept_prefix))
            continue;
        if (file_read(path_of(context, entry->d_name), SSHSIG_ARMOUR_MAX_BYTES, &bytes, &refusal) ==
            0)
            (*out)[count++] = (struct succession_signature){
                arena_strdup(arena, entry->d_name), arena_strndup(arena, bytes.bytes, bytes.length),
                bytes.length};
        else
            output_warning(_("%s does not count: %s"), entry->d_name, refusal.message);
        text_release(&bytes);
    }
    closedir(directory);
    if (count > 0)
        qsort(*out, count, sizeof(**out), compare_signatures);
    *out_count = count;
    return 0;
}

int consent_examine(struct context *context, struct succession *succession,
                    struct succession_state *state, struct error *error)
{
    const struct config *config = context->workspace->config;
    struct succession_signature *signatures;

    if (load_signatures(context, succession->next->version, &signatures,
                        &succession->signature_count, error) < 0)
        return -1;
    succession->signatures = signatures;
    succession->origins = config->passkey_origins;
    succession->origin_count = config->passkey_origin_count;
    succession->now_unix_ms = clock_unix_ms();
    if (succession_examine(context->arena, succession, state, error) < 0)
        return -1;
    for (size_t i = 0; i < succession->signature_count; i++)
        if (state->refusals[i])
            output_warning(_("%s does not count: %s"), signatures[i].name, state->refusals[i]);
    return 0;
}

int consent_possible(struct context *context, const struct signers *current,
                     const struct signers *next, struct error *error)
{
    const struct succession succession = {.current = current, .next = next};
    struct succession_state state;

    if (succession_examine(context->arena, &succession, &state, error) == 0)
        return 0;
    return error_next(error, _("add approvers before others are removed, or name another "
                               "--threshold"));
}

int consent_keep(struct context *context, unsigned version, struct error *error)
{
    struct arena *arena = context->arena;
    struct succession_signature *signatures;
    size_t count, prefix = strlen(CONSENT_NEXT);

    if (load_signatures(context, version, &signatures, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!begins_with(signatures[i].name, CONSENT_NEXT))
            continue;
        const char *kept =
            arena_printf(arena, "%s.v%u%s", CONSENT_CURRENT, version, signatures[i].name + prefix);
        if (rename(path_of(context, signatures[i].name), path_of(context, kept)) < 0)
            return error_set(error, ERROR_SYSTEM, _("cannot rename %s: %s"), signatures[i].name,
                             error_errno(errno));
    }
    return 0;
}

const char *consent_file(struct context *context, const char *principal, const struct ssh_key *key)
{
    char short_hash[STATEMENT_SHORT_HASH_SIZE];
    struct text line;

    text_init(&line, SSH_KEY_LINE_MAX_BYTES);
    ssh_key_add_line(&line, key);
    statement_short_hash(line.bytes, line.length, short_hash);
    text_release(&line);
    return arena_printf(context->arena, "%s.%s-%s.sig", CONSENT_NEXT, principal, short_hash);
}
