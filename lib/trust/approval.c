#include "trust/approval.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "wire/http_message.h"

struct verified_run {
    enum run_mode mode;
    unsigned threshold;
    bool is_emergency;
    bool only_retracts;
    const char *const *origins; /* scheme://host:port */
    size_t origin_count;
    const struct approval_finding *approvals;
    size_t approval_count;
};

unsigned approval_threshold(const struct approval_request *request)
{
    return request->plan_threshold > request->workspace_threshold ? request->plan_threshold
                                                                  : request->workspace_threshold;
}

/* Why there are too few: the first reason of a file is what somebody can act on. */
static int refuse_unapproved(const struct approval_request *request, unsigned threshold,
                             const struct approval_finding *findings, unsigned found,
                             struct error *error)
{
    const struct approval_finding *refused = NULL;

    for (size_t i = 0; i < request->file_count && !refused; i++)
        if (!findings[i].counts)
            refused = &findings[i];
    const char *mode = translated(run_mode_name(request->mode));
    if (refused)
        error_set(error, ERROR_NOT_APPROVED,
                  ngettext("message '%s' of plan '%s' needs %u approval for mode %s, and has %u; "
                           "%s: %s",
                           "message '%s' of plan '%s' needs %u approvals for mode %s, and has %u; "
                           "%s: %s",
                           threshold),
                  request->message, request->plan, threshold, mode, found, refused->file->name,
                  refused->refusal);
    else
        error_set(error, ERROR_NOT_APPROVED,
                  ngettext("message '%s' of plan '%s' needs %u approval for mode %s, and has %u",
                           "message '%s' of plan '%s' needs %u approvals for mode %s, and has %u",
                           threshold),
                  request->message, request->plan, threshold, mode, found);
    return error_next(error,
                      _("crisis approve %s %s --mode %s; crisis approvals shows who has "
                        "approved what"),
                      request->plan, request->message, run_mode_name(request->mode));
}

/* Who changed the file need not be who may: nothing is decided by a list that nobody consented to,
 * and nothing by the former one either, for somebody may have been taken off it in a hurry. */
static int refuse_list(const struct approval_request *request, struct error *error)
{
    error_set(error, ERROR_NOT_APPROVED, _("message '%s' of plan '%s' cannot be approved: %s"),
              request->message, request->plan, request->list_fault);
    return error_next(error, _("crisis approvers status shows both lists; crisis approvers restore "
                               "puts back the one in force"));
}

/* Names the origin only: the rest of an address may be a secret (a webhook's is). */
static int refuse_endpoint(const struct approval_request *request, const char *endpoint,
                           struct error *error)
{
    char origin[URL_ORIGIN_SIZE];
    const char *shown = url_origin(endpoint, origin, sizeof(origin)) ? origin : _("what is no URL");

    error_set(error, ERROR_NOT_APPROVED,
              _("message '%s' of plan '%s' has threshold 0 and may only go to loopback addresses, "
                "but this run would talk to %s"),
              request->message, request->plan, shown);
    return error_next(error, _("point this channel's endpoint in crisis.yaml (or the account's "
                               "address) at the sandbox, or set a threshold of 1 or more"));
}

static int compare_origins(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int collect_origins(struct arena *arena, const struct approval_request *request,
                           struct verified_run *run, struct error *error)
{
    const char **origins = arena_alloc_array(arena, request->endpoint_count + 1, sizeof(*origins));
    char origin[URL_ORIGIN_SIZE];

    for (size_t i = 0; i < request->endpoint_count; i++) {
        const char *endpoint = request->endpoints[i];
        if (!url_origin(endpoint, origin, sizeof(origin)) ||
            (run->threshold == 0 && !url_is_loopback(endpoint)))
            return refuse_endpoint(request, endpoint, error);
        origins[i] = arena_strdup(arena, origin);
    }
    if (request->endpoint_count > 0)
        qsort(origins, request->endpoint_count, sizeof(*origins), compare_origins);
    run->origins = origins;
    run->origin_count = request->endpoint_count;
    return 0;
}

static int count_approvals(struct arena *arena, const struct approval_request *request,
                           struct verified_run *run, struct error *error)
{
    if (request->list_fault)
        return refuse_list(request, error);
    struct approval_finding *findings = approval_examine(arena, request);
    unsigned found = approval_count(findings, request->file_count);
    bool any_emergency = false;

    for (size_t i = 0; i < request->file_count; i++)
        any_emergency |= findings[i].counts_alone;
    run->approvals = findings;
    run->approval_count = request->file_count;
    if (found >= run->threshold)
        return 0;
    if (any_emergency) {
        run->is_emergency = true;
        return 0;
    }
    return refuse_unapproved(request, run->threshold, findings, found, error);
}

int approval_decide(struct arena *arena, const struct approval_request *request,
                    const struct verified_run **out, struct error *error)
{
    struct verified_run *run = arena_alloc(arena, sizeof(*run));

    *out = NULL;
    run->mode = request->mode;
    run->threshold = approval_threshold(request);
    if (request->mode != MODE_DRY_RUN) {
        if (run->threshold > 0 && count_approvals(arena, request, run, error) < 0)
            return -1;
        if (collect_origins(arena, request, run, error) < 0)
            return -1;
    }
    *out = run;
    return 0;
}

int approval_decide_retraction(struct arena *arena, const struct approval_request *request,
                               const struct verified_run **out, struct error *error)
{
    struct verified_run *run = arena_alloc(arena, sizeof(*run));

    *out = NULL;
    run->mode = request->mode;
    run->threshold = approval_threshold(request);
    run->only_retracts = true;
    if (collect_origins(arena, request, run, error) < 0)
        return -1;
    *out = run;
    return 0;
}

bool verified_run_may_post(const struct verified_run *run)
{
    return !run->only_retracts;
}

unsigned verified_run_threshold(const struct verified_run *run)
{
    return run->threshold;
}

enum run_mode verified_run_mode(const struct verified_run *run)
{
    return run->mode;
}

const struct approval_finding *verified_run_approvals(const struct verified_run *run, size_t *count)
{
    *count = run->approval_count;
    return run->approvals;
}

bool verified_run_is_emergency(const struct verified_run *run)
{
    return run->is_emergency;
}

bool verified_run_allows(const struct verified_run *run, const char *origin)
{
    char wanted[URL_ORIGIN_SIZE];

    if (!url_origin(origin, wanted, sizeof(wanted)))
        return false;
    const char *key = wanted;
    return run->origin_count > 0 && bsearch(&key, run->origins, run->origin_count,
                                            sizeof(*run->origins), compare_origins) != NULL;
}
