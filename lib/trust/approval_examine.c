#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/memory.h"

#include "trust/approval.h"
#include "trust/sshsig.h"

static bool same_hash(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, SHA256_SIZE) == 0;
}

static bool same_variables(const struct statement *a, const struct statement *b)
{
    if (a->variable_count != b->variable_count)
        return false;
    for (size_t i = 0; i < a->variable_count; i++)
        if (strcmp(a->variables[i].name, b->variables[i].name) != 0 ||
            strcmp(a->variables[i].value, b->variables[i].value) != 0)
            return false;
    return true;
}

static bool is_followed(const struct approval_request *request, const char *message)
{
    for (size_t i = 0; i < request->follows_count; i++)
        if (strcmp(request->follows[i], message) == 0)
            return true;
    return false;
}

static const char *window_fault(struct arena *arena, const struct statement *statement,
                                int64_t now_unix_ms)
{
    char time[RFC3339_SIZE];

    if (statement_is_current(statement, now_unix_ms))
        return NULL;
    if (now_unix_ms < statement->not_before_unix_ms) {
        rfc3339_format_seconds(statement->not_before_unix_ms, time);
        return arena_printf(arena, _("it is valid only from %s"), time);
    }
    rfc3339_format_seconds(statement->not_after_unix_ms, time);
    return arena_printf(arena, _("it expired at %s"), time);
}

/* What every kind of approval binds. */
static const char *common_fault(struct arena *arena, const struct approval_request *request,
                                const struct statement *statement)
{
    const struct statement *wanted = request->wanted;

    if (strcmp(statement->plan, wanted->plan) != 0)
        return arena_printf(arena, _("it is for the plan '%s'"), statement->plan);
    if (!same_hash(statement->plan_sha256, wanted->plan_sha256))
        return _("the plan file is not the one that was signed");
    if (!same_hash(statement->directory_sha256, wanted->directory_sha256))
        return _("a directory file is not the one that was signed");
    if (statement->has_media != wanted->has_media ||
        (wanted->has_media && !same_hash(statement->media_sha256, wanted->media_sha256)))
        return _("the pictures and films are not the ones that were signed");
    if (statement->mode != wanted->mode)
        return arena_printf(arena, _("it is for mode %s"),
                            translated(run_mode_name(statement->mode)));
    if (!same_hash(statement->audience_sha256, wanted->audience_sha256) ||
        statement->municipality_count != wanted->municipality_count)
        return arena_printf(
            arena,
            _("the audience is not the one that was signed (%u municipalities then, "
              "%u now)"),
            statement->municipality_count, wanted->municipality_count);
    return window_fault(arena, statement, request->now_unix_ms);
}

static const char *specific_fault(struct arena *arena, const struct approval_request *request,
                                  const struct statement *statement)
{
    const struct statement *wanted = request->wanted;

    if (strcmp(statement->message, wanted->message) != 0) {
        /* The reversal is covered by the approval of what it follows: other words, same places. */
        if (is_followed(request, statement->message))
            return NULL;
        return arena_printf(arena, _("it is for the message '%s'"), statement->message);
    }
    if (!same_variables(statement, wanted))
        return _("the variables are not the ones that were signed");
    if (statement->delivery_count != wanted->delivery_count)
        return arena_printf(arena, _("it is for %u deliveries, not %u"), statement->delivery_count,
                            wanted->delivery_count);
    if (!same_hash(statement->texts_sha256, wanted->texts_sha256))
        return _("the texts are not the ones that were signed");
    return NULL;
}

static const char *statement_fault(struct arena *arena, const struct approval_request *request,
                                   const struct statement *statement)
{
    if (!request->wanted)
        return _("there is nothing to compare it with");
    const char *fault = common_fault(arena, request, statement);
    if (fault)
        return fault;
    if (!statement_is_standing(statement))
        return specific_fault(arena, request, statement);
    return request->specific_only ? _("the plan wants an approval of this very message") : NULL;
}

static bool is_listed(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Whose key is it? The first principal of the plan's list, or of its emergency path, that may use
 * it now. */
static const char *find_principal(const struct approval_request *request,
                                  struct approval_finding *finding, struct error *error)
{
    const struct signers *signers = request->signers;
    const struct signer *signer;
    bool known = false;

    for (size_t i = 0; signers && i < signers->count; i++) {
        const struct signer *item = &signers->items[i];
        if (!ssh_key_equal(&item->key, &finding->key))
            continue;
        known = true;
        if (!is_listed(request->approvers, request->approver_count, item->principal) &&
            !is_listed(request->emergency_approvers, request->emergency_approver_count,
                       item->principal)) {
            error_set(error, ERROR_NOT_APPROVED, _("'%s' is not an approver of this plan"),
                      item->principal);
            continue;
        }
        if (signers_check(signers, item->principal, &finding->key, STATEMENT_NAMESPACE,
                          request->now_unix_ms, &signer, error) == 0)
            return item->principal;
    }
    if (!known)
        error_set(error, ERROR_NOT_APPROVED, _("the key %s is nobody's in the approvers file"),
                  finding->fingerprint);
    return NULL;
}

static const char *signature_fault(struct arena *arena, const struct approval_request *request,
                                   struct approval_finding *finding)
{
    const struct approval_file *file = finding->file;
    const struct sshsig *signature;
    const struct sshsig_policy policy = {
        .origins = request->origins,
        .origin_count = request->origin_count,
    };
    struct error error = {0};

    if (!file->signature)
        return _("it is not signed");
    if (sshsig_parse(arena, file->signature, file->signature_size, &signature, &error) < 0)
        return arena_strdup(arena, error.message);
    finding->key = signature->key;
    ssh_key_fingerprint(&finding->key, finding->fingerprint);
    if (sshsig_verify(signature, STATEMENT_NAMESPACE, file->statement, file->statement_size,
                      &policy, &error) < 0)
        return arena_strdup(arena, error.message);
    finding->principal = find_principal(request, finding, &error);
    return finding->principal ? NULL : arena_strdup(arena, error.message);
}

/* Only approvers of the plan's list count towards the threshold; those of the emergency path act
 * alone, and only for the severities that the plan names. */
static void keep_regular(const struct approval_request *request, struct approval_finding *finding)
{
    finding->counts_alone = request->is_emergency_severity &&
                            is_listed(request->emergency_approvers,
                                      request->emergency_approver_count, finding->principal);
    if (!is_listed(request->approvers, request->approver_count, finding->principal)) {
        finding->counts = false;
        finding->refusal = _("it counts in an emergency only");
    }
}

static void examine(struct arena *arena, const struct approval_request *request,
                    struct approval_finding *finding)
{
    struct error error = {0};

    if (statement_read(arena, finding->file->statement, finding->file->statement_size,
                       &finding->statement, &error) < 0) {
        finding->statement = NULL;
        finding->refusal = arena_strdup(arena, error.message);
        return;
    }
    finding->refusal = signature_fault(arena, request, finding);
    if (!finding->refusal)
        finding->refusal = statement_fault(arena, request, finding->statement);
    finding->counts = finding->refusal == NULL;
    if (finding->counts)
        keep_regular(request, finding);
}

struct approval_finding *approval_examine(struct arena *arena,
                                          const struct approval_request *request)
{
    struct approval_finding *findings =
        arena_alloc_array(arena, request->file_count, sizeof(*findings));
    for (size_t i = 0; i < request->file_count; i++) {
        findings[i].file = &request->files[i];
        examine(arena, request, &findings[i]);
    }
    return findings;
}

/* --- counting -------------------------------------------------------------------------------- */

/*
 * Principals and keys that signed are the two sides of a graph, with an edge for each signature;
 * the number of approvals is its largest matching. Findings stand for keys, the first of each key;
 * a principal is known by its name.
 */
struct matching {
    const struct approval_finding *findings;
    size_t count;
    size_t *key_of;   /* finding → the first finding with the same key pair */
    size_t *taken_by; /* principal (the first finding of that name) → key + 1; 0: free */
    bool *visited;
};

static size_t principal_of(const struct matching *matching, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (matching->findings[i].counts &&
            strcmp(matching->findings[i].principal, matching->findings[index].principal) == 0)
            return i;
    return index;
}

static bool pair_off(struct matching *matching, size_t key, size_t depth)
{
    for (size_t i = 0; i < matching->count; i++) {
        if (!matching->findings[i].counts || matching->key_of[i] != key)
            continue;
        size_t principal = principal_of(matching, i);
        if (matching->visited[principal])
            continue;
        matching->visited[principal] = true;
        /* Each level visits one principal more: the depth is bounded by their number. */
        if (matching->taken_by[principal] == 0 ||
            (depth < matching->count &&
             pair_off(matching, matching->taken_by[principal] - 1, depth + 1))) {
            matching->taken_by[principal] = key + 1;
            return true;
        }
    }
    return false;
}

unsigned approval_count(const struct approval_finding *findings, size_t count)
{
    struct matching matching = {
        .findings = findings,
        .count = count,
        .key_of = memory_alloc_array(count, sizeof(size_t)),
        .taken_by = memory_alloc_array(count, sizeof(size_t)),
        .visited = memory_alloc_array(count, sizeof(bool)),
    };
    unsigned pairs = 0;

    for (size_t i = 0; i < count; i++) {
        matching.key_of[i] = i;
        for (size_t j = 0; j < i && findings[i].counts; j++)
            if (findings[j].counts && ssh_key_same_pair(&findings[i].key, &findings[j].key)) {
                matching.key_of[i] = j;
                break;
            }
    }
    for (size_t i = 0; i < count; i++) {
        if (!findings[i].counts || matching.key_of[i] != i)
            continue;
        memset(matching.visited, 0, count * sizeof(bool));
        pairs += pair_off(&matching, i, 0);
    }
    memory_free(matching.key_of);
    memory_free(matching.taken_by);
    memory_free(matching.visited);
    return pairs;
}

/* --- for how long ---------------------------------------------------------------------------- */

int64_t approval_until_unix_ms(struct arena *arena, const struct approval_finding *findings,
                               size_t count, unsigned threshold)
{
    struct approval_finding *lasting = arena_alloc_array(arena, count, sizeof(*lasting));
    int64_t until = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t end = findings[i].counts ? findings[i].statement->not_after_unix_ms : 0;
        if (end <= until)
            continue;
        memcpy(lasting, findings, count * sizeof(*lasting));
        for (size_t j = 0; j < count; j++)
            lasting[j].counts =
                findings[j].counts && findings[j].statement->not_after_unix_ms >= end;
        if (approval_count(lasting, count) >= threshold)
            until = end;
    }
    return until;
}
