/* A plan from text, for tests of what comes after reading it. */
#ifndef CRISIS_TESTS_UNIT_PLAN_FIXTURE_H
#define CRISIS_TESTS_UNIT_PLAN_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/problems.h"
#include "plan/plan.h"
#include "plan/render.h"

struct plan_fixture {
    struct arena *arena;
    struct problems problems;
    struct plan *plan;
    struct error error;
};

static inline bool fixture_known_channel(const char *kind)
{
    static const char *const kinds[] = {"facebook", "x", "webhook", "mastodon", "web", NULL};

    for (size_t i = 0; kinds[i]; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

/* Municipalities are written out in place. The plan is NULL when it has errors. */
static inline void fixture_load(struct plan_fixture *fixture, const char *yaml)
{
    char path[] = "/tmp/crisis-plan-XXXXXX";
    int descriptor = mkstemp(path);

    *fixture = (struct plan_fixture){.arena = arena_new()};
    problems_init(&fixture->problems, fixture->arena);
    if (descriptor < 0 || write(descriptor, yaml, strlen(yaml)) != (ssize_t)strlen(yaml)) {
        fprintf(stderr, "cannot write %s\n", path);
        abort();
    }
    close(descriptor);
    const char *kept_path = arena_strdup(fixture->arena, path);
    plan_load(fixture->arena, kept_path, fixture_known_channel, &fixture->problems, &fixture->plan,
              &fixture->error);
    unlink(path);
}

static inline void fixture_release(struct plan_fixture *fixture)
{
    arena_free(fixture->arena);
}

/* "12: message" for an error, "12: warning: message" for a warning, one per line. */
static inline const char *fixture_problems(struct plan_fixture *fixture)
{
    const char *lines = "";

    for (size_t i = 0; i < fixture->problems.count; i++) {
        const struct problem *item = &fixture->problems.items[i];
        lines = arena_printf(fixture->arena, "%s%u: %s%s\n", lines, item->place.line,
                             item->severity == SEVERITY_WARNING ? "warning: " : "", item->message);
    }
    return lines;
}

/* For the plan's first message, with the values that stand in for the real ones. The channels and
 * the accounts are the test's. */
static inline struct render_request fixture_request(struct plan_fixture *fixture,
                                                    enum run_mode mode)
{
    if (!fixture->plan)
        fail_msg("%s", fixture_problems(fixture));
    return (struct render_request){
        .plan = fixture->plan,
        .message = &fixture->plan->messages[0],
        .values = values_sample(fixture->arena, fixture->plan),
        .mode = mode,
        .run = "flom.alert.20261124T062500Z.7f3a",
        .sent_unix_ms = 1795501500000,
        .when = {2026, 11, 24, 7, 25, 0, 60},
        .coordinator = "Nasjonal krisekoordinator",
    };
}

#endif
