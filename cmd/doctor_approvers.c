/* Who could approve a send now, and whether that is enough. */
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "trust/approval.h"
#include "trust/statement.h"

#include "cmd/approver_list.h"
#include "cmd/doctor_parts.h"

enum { NAMES_SHOWN_MAX = 10, NAMES_MAX_BYTES = 2048 };

static const char check[] = "approvers";
static const char sign_up[] = N_("crisis approvers status shows the list; crisis help approvers "
                                 "tells how it grows");

static bool is_listed(const struct plan *plan, const char *principal)
{
    for (size_t i = 0; plan && i < plan->approval.approver_count; i++)
        if (strcmp(plan->approval.approvers[i].text, principal) == 0)
            return true;
    return !plan;
}

static bool is_valid(const struct doctor *doctor, const struct signer *signer)
{
    const struct signer *found;
    struct error ignored = {0};

    return signers_check(doctor->signers, signer->principal, &signer->key, STATEMENT_NAMESPACE,
                         doctor->now_unix_ms, &found, &ignored) == 0;
}

/* How many approvals those of the list (of the plan, if one is given) could give now; their names
 * are appended. The gate counts them in the same way: each person and each key once. */
static unsigned count_valid(struct doctor *doctor, const struct plan *plan, struct text *names)
{
    const struct signers *signers = doctor->signers;
    struct arena *arena = doctor->context.arena;
    size_t total = signers ? signers->count : 0, count = 0, shown = 0;
    struct approval_finding *valid = arena_alloc_array(arena, total, sizeof(*valid));

    for (size_t i = 0; i < total; i++) {
        const struct signer *signer = &signers->items[i];
        bool is_new = true;
        if (!is_listed(plan, signer->principal) || !is_valid(doctor, signer))
            continue;
        for (size_t j = 0; j < count && is_new; j++)
            is_new = strcmp(valid[j].principal, signer->principal) != 0;
        valid[count++] = (struct approval_finding){
            .principal = signer->principal, .key = signer->key, .counts = true};
        if (is_new && shown++ < NAMES_SHOWN_MAX)
            text_addf(names, "%s%s", shown > 1 ? ", " : "", signer->principal);
    }
    if (shown > NAMES_SHOWN_MAX)
        text_addf(names, _(" and %zu more"), shown - NAMES_SHOWN_MAX);
    return approval_count(valid, count);
}

/* What is asked of the workspace as a whole. */
static const char *describe(struct arena *arena, unsigned threshold, unsigned valid,
                            const char *who)
{
    if (valid < threshold)
        return arena_printf(arena,
                            ngettext("%u approval is needed, and %u could be given now: %s",
                                     "%u approvals are needed, and %u could be given now: %s",
                                     threshold),
                            threshold, valid, who);
    if (valid == threshold)
        return arena_printf(arena,
                            ngettext("%u approval is needed, and no more could be given now: %s",
                                     "%u approvals are needed, and no more could be given now: %s",
                                     threshold),
                            threshold, who);
    return arena_printf(arena,
                        ngettext("%u could approve now, %u is needed: %s",
                                 "%u could approve now, %u are needed: %s", threshold),
                        valid, threshold, who);
}

/* The same of a plan. */
static const char *describe_of(struct arena *arena, const char *plan, unsigned threshold,
                               unsigned valid, const char *who)
{
    if (valid < threshold)
        return arena_printf(
            arena,
            ngettext("%u approval is needed for %s, and %u could be given now: %s",
                     "%u approvals are needed for %s, and %u could be given now: %s", threshold),
            threshold, plan, valid, who);
    if (valid == threshold)
        return arena_printf(
            arena,
            ngettext("%u approval is needed for %s, and no more could be given now: %s",
                     "%u approvals are needed for %s, and no more could be given now: %s",
                     threshold),
            threshold, plan, who);
    return arena_printf(arena,
                        ngettext("%u could approve now for %s, %u is needed: %s",
                                 "%u could approve now for %s, %u are needed: %s", threshold),
                        valid, plan, threshold, who);
}

/* plan NULL: what is asked for by the workspace, of any plan. */
static void judge(struct doctor *doctor, const struct plan *plan, unsigned threshold)
{
    struct diagnosis *diagnosis = &doctor->diagnosis;
    struct arena *arena = doctor->context.arena;
    struct text names;

    text_init(&names, NAMES_MAX_BYTES);
    unsigned valid = count_valid(doctor, plan, &names);
    const char *who = valid > 0 ? names.bytes : _("nobody");
    const char *words = plan ? describe_of(arena, plan->file, threshold, valid, who)
                             : describe(arena, threshold, valid, who);
    if (valid < threshold) {
        diagnosis_problem(diagnosis, check, ERROR_NOT_APPROVED, "%s", words);
        diagnosis_next(diagnosis, "%s", translated(sign_up));
    } else if (valid == threshold) {
        diagnosis_warning(diagnosis, check, "%s", words);
        diagnosis_next(diagnosis, _("have one approver more, for when somebody sleeps"));
    } else {
        diagnosis_ok(diagnosis, check, "%s", words);
    }
    text_release(&names);
}

static void warn_of_ends(struct doctor *doctor)
{
    const struct signers *signers = doctor->signers;

    for (size_t i = 0; signers && i < signers->count; i++) {
        const struct signer *signer = &signers->items[i];
        char end[RFC3339_SIZE];
        if (!signer->has_valid_before || !is_valid(doctor, signer) ||
            signer->valid_before_unix_ms - doctor->now_unix_ms > READINESS_ENDS_SOON_MS)
            continue;
        rfc3339_format_seconds(signer->valid_before_unix_ms, end);
        diagnosis_warning(&doctor->diagnosis, check, _("%s may approve until %s only"),
                          signer->principal, end);
        diagnosis_next(&doctor->diagnosis,
                       _("crisis help approvers tells how the list is renewed"));
    }
}

void doctor_look_at_approvers(struct doctor *doctor)
{
    struct context *context = &doctor->context;
    unsigned floor = context->workspace->config->approval_threshold;
    struct approver_list list;
    struct error error = {0};

    if (!context->store)
        return;
    if (approver_list_load(context, &list, &error) < 0) {
        diagnosis_error(&doctor->diagnosis, check, FINDING_PROBLEM, &error);
        return;
    }
    doctor->signers = list.in_force;
    if (list.fault) {
        diagnosis_problem(&doctor->diagnosis, check, ERROR_NOT_APPROVED, "%s", list.fault);
        diagnosis_next(&doctor->diagnosis,
                       _("crisis approvers restore puts the list in force back"));
    }
    if (floor > 0) {
        judge(doctor, NULL, floor);
    } else {
        diagnosis_warning(
            &doctor->diagnosis, check,
            _("crisis.yaml asks for no approval: a plan that asks for none reaches this "
              "machine only"));
        diagnosis_next(&doctor->diagnosis,
                       _("approval: {threshold: 2} in crisis.yaml, before it is "
                         "used in earnest"));
    }
    warn_of_ends(doctor);
}

/* The larger of the plan's and the workspace's floor. */
void doctor_look_at_approvers_of(struct doctor *doctor, const struct plan *plan)
{
    unsigned threshold = plan->approval.threshold;
    unsigned floor = doctor->context.workspace->config->approval_threshold;

    if (floor > threshold)
        threshold = floor;
    if (threshold == 0 || !doctor->context.store)
        return;
    judge(doctor, plan, threshold);
}
