#include "trust/succession.h"

#include <string.h>

#include "base/language.h"

#include "trust/sshsig.h"

size_t succession_principals(const struct signers *signers)
{
    size_t count = 0;

    for (size_t i = 0; signers && i < signers->count; i++) {
        bool is_new = true;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = strcmp(signers->items[i].principal, signers->items[j].principal) != 0 &&
                     !ssh_key_same_pair(&signers->items[i].key, &signers->items[j].key);
        count += is_new;
    }
    return count;
}

bool succession_is_set_up(const struct signers *signers)
{
    return signers && signers->count > 0 && succession_principals(signers) >= signers->threshold;
}

static int check_chain(const struct succession *succession, struct error *error)
{
    const struct signers *current = succession->current, *next = succession->next;

    if (next->threshold == 0 || succession_principals(next) < next->threshold)
        return error_set(error, ERROR_NOT_APPROVED,
                         _("the new list has %zu approvers, and asks for %u"),
                         succession_principals(next), next->threshold);
    if (!current)
        return 0;
    if (next->version != current->version + 1)
        return error_set(error, ERROR_NOT_APPROVED, _("the new list is version %u, not %u"),
                         next->version, current->version + 1);
    if (!next->has_previous ||
        memcmp(next->previous_sha256, current->sha256, sizeof(current->sha256)) != 0)
        return error_set(error, ERROR_NOT_APPROVED,
                         _("the new list was made from another version of the present one"));
    return 0;
}

/* The principal whose key signed, in one of the lists; NULL: nobody's. */
static const char *principal_in(const struct signers *signers, const struct ssh_key *key,
                                int64_t unix_ms)
{
    struct error ignored = {0};
    const struct signer *signer;

    for (size_t i = 0; signers && i < signers->count; i++)
        if (ssh_key_equal(&signers->items[i].key, key) &&
            signers_check(signers, signers->items[i].principal, key, SUCCESSION_NAMESPACE, unix_ms,
                          &signer, &ignored) == 0)
            return signers->items[i].principal;
    return NULL;
}

/* Principals that have signed, each once, and no key twice. */
struct consent {
    const char **principals;
    struct ssh_key *keys;
    unsigned count;
};

static void add_consent(struct consent *consent, const char *principal, const struct ssh_key *key)
{
    if (!principal)
        return;
    for (unsigned i = 0; i < consent->count; i++)
        if (strcmp(consent->principals[i], principal) == 0 ||
            ssh_key_same_pair(&consent->keys[i], key))
            return;
    consent->principals[consent->count] = principal;
    consent->keys[consent->count++] = *key;
}

static struct consent make_consent(struct arena *arena, size_t most)
{
    return (struct consent){
        .principals = arena_alloc_array(arena, most, sizeof(char *)),
        .keys = arena_alloc_array(arena, most, sizeof(struct ssh_key)),
    };
}

int succession_examine(struct arena *arena, const struct succession *succession,
                       struct succession_state *out, struct error *error)
{
    const struct sshsig_policy policy = {
        .origins = succession->origins,
        .origin_count = succession->origin_count,
    };
    size_t count = succession->signature_count;
    struct consent current = make_consent(arena, count), next = make_consent(arena, count);

    *out = (struct succession_state){
        .next_threshold = succession->next->threshold,
        .current_threshold = succession->current ? succession->current->threshold : 0,
        .refusals = arena_alloc_array(arena, count, sizeof(char *)),
    };
    if (check_chain(succession, error) < 0)
        return -1;
    out->needs_signatures = succession_is_set_up(succession->current);
    for (size_t i = 0; i < count; i++) {
        const struct succession_signature *file = &succession->signatures[i];
        const struct sshsig *signature;
        struct error refusal = {0};
        if (sshsig_parse(arena, file->armour, file->size, &signature, &refusal) < 0 ||
            sshsig_verify(signature, SUCCESSION_NAMESPACE, succession->next_bytes,
                          succession->next_size, &policy, &refusal) < 0) {
            out->refusals[i] = arena_strdup(arena, refusal.message);
            continue;
        }
        int64_t now = succession->now_unix_ms;
        const char *in_current = principal_in(succession->current, &signature->key, now);
        const char *in_next = principal_in(succession->next, &signature->key, now);
        add_consent(&current, in_current, &signature->key);
        add_consent(&next, in_next, &signature->key);
        if (!in_current && !in_next)
            out->refusals[i] = _("the key is nobody's in either list, or not for "
                                 "crisis-approvers@v1");
    }
    out->current_signed = current.count;
    out->next_signed = next.count;
    return 0;
}

bool succession_is_complete(const struct succession_state *state)
{
    return !state->needs_signatures || (state->current_signed >= state->current_threshold &&
                                        state->next_signed >= state->next_threshold);
}
