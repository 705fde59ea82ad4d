#include "trust/approval.h"

#include <string.h>

#include "wire/http_message.h"

enum { ORIGIN_SIZE = 512 };

struct verified_run {
    enum run_mode mode;
    unsigned threshold;
    const char *const *origins; /* scheme://host:port */
    size_t origin_count;
};

static unsigned effective_threshold(const struct approval_request *request)
{
    return request->plan_threshold > request->workspace_threshold ? request->plan_threshold
                                                                  : request->workspace_threshold;
}

static int refuse_unapproved(const struct approval_request *request, unsigned threshold,
                             struct error *error)
{
    error_set(error, ERROR_NOT_APPROVED,
              "message '%s' of plan '%s' needs %u approval%s for mode %s, and none was found",
              request->message, request->plan, threshold, threshold == 1 ? "" : "s",
              run_mode_name(request->mode));
    return error_next(error,
                      "this release reads no approvals yet: use --dry-run, or rehearse against the "
                      "sandbox with 'approval: {threshold: 0}' in both the plan and crisis.yaml");
}

/* Names the origin only: the rest of an address may be a secret (a webhook's is). */
static int refuse_endpoint(const struct approval_request *request, const char *endpoint,
                           struct error *error)
{
    char origin[ORIGIN_SIZE];
    const char *shown = url_origin(endpoint, origin, sizeof(origin)) ? origin : "what is no URL";

    error_set(error, ERROR_NOT_APPROVED,
              "message '%s' of plan '%s' has threshold 0 and may only go to loopback addresses, "
              "but this run would talk to %s",
              request->message, request->plan, shown);
    return error_next(error, "point this channel's endpoint in crisis.yaml (or the account's "
                             "address) at the sandbox, or set a threshold of 1 or more");
}

static int collect_origins(struct arena *arena, const struct approval_request *request,
                           struct verified_run *run, struct error *error)
{
    const char **origins = arena_alloc_array(arena, request->endpoint_count + 1, sizeof(*origins));
    char origin[ORIGIN_SIZE];

    for (size_t i = 0; i < request->endpoint_count; i++) {
        const char *endpoint = request->endpoints[i];
        if (!url_is_loopback(endpoint) || !url_origin(endpoint, origin, sizeof(origin)))
            return refuse_endpoint(request, endpoint, error);
        origins[i] = arena_strdup(arena, origin);
    }
    run->origins = origins;
    run->origin_count = request->endpoint_count;
    return 0;
}

int approval_decide(struct arena *arena, const struct approval_request *request,
                    const struct verified_run **out, struct error *error)
{
    struct verified_run *run = arena_alloc(arena, sizeof(*run));

    *out = NULL;
    run->mode = request->mode;
    run->threshold = effective_threshold(request);
    if (request->mode != MODE_DRY_RUN) {
        if (run->threshold > 0)
            return refuse_unapproved(request, run->threshold, error);
        if (collect_origins(arena, request, run, error) < 0)
            return -1;
    }
    *out = run;
    return 0;
}

unsigned verified_run_threshold(const struct verified_run *run)
{
    return run->threshold;
}

enum run_mode verified_run_mode(const struct verified_run *run)
{
    return run->mode;
}

bool verified_run_allows(const struct verified_run *run, const char *origin)
{
    char wanted[ORIGIN_SIZE];

    if (!url_origin(origin, wanted, sizeof(wanted)))
        return false;
    for (size_t i = 0; i < run->origin_count; i++)
        if (strcmp(run->origins[i], wanted) == 0)
            return true;
    return false;
}
