#include "cmd/consent.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "net/loop.h"
#include "trust/sshsig.h"
#include "trust/statement.h"

#include "cmd/output.h"

enum { SIGNATURES_MAX = 200 };

const char *consent_path(struct changing *changing, const char *name)
{
    return workspace_file(changing->context.workspace, changing->context.arena, name);
}

static bool is_signature(const char *name)
{
    size_t length = strlen(name), prefix = strlen(CONSENT_NEXT), suffix = sizeof(".sig") - 1;
    return length >= prefix + suffix && strncmp(name, CONSENT_NEXT, prefix) == 0 &&
           strcmp(name + length - suffix, ".sig") == 0;
}

static int compare_signatures(const void *a, const void *b)
{
    return strcmp(((const struct succession_signature *)a)->name,
                  ((const struct succession_signature *)b)->name);
}

/* approvers.next*.sig, sorted: as `sign` names them, or as somebody who used ssh-keygen did. */
static int load_signatures(struct changing *changing, struct succession_signature **out,
                           size_t *out_count, struct error *error)
{
    struct arena *arena = changing->context.arena;
    const char *folder = changing->context.workspace->path;
    DIR *directory = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    *out = arena_alloc_array(arena, SIGNATURES_MAX, sizeof(**out));
    *out_count = 0;
    if (!directory)
        return error_set(error, ERROR_SYSTEM, "cannot read the folder '%s': %s", folder,
                         error_errno(errno));
    while ((entry = readdir(directory)) && count < SIGNATURES_MAX) {
        struct error refusal = {0};
        struct text bytes;
        if (!is_signature(entry->d_name))
            continue;
        if (file_read(consent_path(changing, entry->d_name), SSHSIG_ARMOUR_MAX_BYTES, &bytes,
                      &refusal) == 0)
            (*out)[count++] = (struct succession_signature){
                arena_strdup(arena, entry->d_name), arena_strndup(arena, bytes.bytes, bytes.length),
                bytes.length};
        else
            output_warning("%s does not count: %s", entry->d_name, refusal.message);
        text_release(&bytes);
    }
    closedir(directory);
    if (count > 0)
        qsort(*out, count, sizeof(**out), compare_signatures);
    *out_count = count;
    return 0;
}

int consent_examine(struct changing *changing, struct succession_state *state, struct error *error)
{
    struct arena *arena = changing->context.arena;
    struct succession_signature *signatures;
    struct succession succession = {
        .current = changing->current,
        .next = changing->next,
        .next_bytes = changing->next_bytes.bytes,
        .next_size = changing->next_bytes.length,
        .now_unix_ms = clock_unix_ms(),
    };
    if (load_signatures(changing, &signatures, &succession.signature_count, error) < 0)
        return -1;
    succession.signatures = signatures;
    if (succession_examine(arena, &succession, state, error) < 0)
        return -1;
    for (size_t i = 0; i < succession.signature_count; i++)
        if (state->refusals[i])
            output_warning("%s does not count: %s", signatures[i].name, state->refusals[i]);
    return 0;
}

int consent_possible(struct changing *changing, const struct signers *next, struct error *error)
{
    const struct succession succession = {.current = changing->current, .next = next};
    struct succession_state state;

    if (succession_examine(changing->context.arena, &succession, &state, error) == 0)
        return 0;
    return error_next(error, "add approvers before others are removed, or name another "
                             "--threshold");
}

int consent_keep(struct changing *changing, struct error *error)
{
    struct arena *arena = changing->context.arena;
    struct succession_signature *signatures;
    size_t count, prefix = strlen(CONSENT_NEXT);

    if (load_signatures(changing, &signatures, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *kept = arena_printf(arena, "%s.v%u%s", CONSENT_CURRENT, changing->next->version,
                                        signatures[i].name + prefix);
        if (rename(consent_path(changing, signatures[i].name), consent_path(changing, kept)) < 0)
            return error_set(error, ERROR_SYSTEM, "cannot rename %s: %s", signatures[i].name,
                             error_errno(errno));
    }
    return 0;
}

const char *consent_file(struct changing *changing, const char *principal,
                         const struct ssh_key *key)
{
    char short_hash[STATEMENT_SHORT_HASH_SIZE];
    struct text line;

    text_init(&line, SSH_KEY_LINE_MAX_BYTES);
    ssh_key_add_line(&line, key);
    statement_short_hash(line.bytes, line.length, short_hash);
    text_release(&line);
    return arena_printf(changing->context.arena, "%s.%s-%s.sig", CONSENT_NEXT, principal,
                        short_hash);
}
