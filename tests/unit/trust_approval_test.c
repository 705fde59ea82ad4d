#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/approval.h"

static const char *const loopback[] = {"http://127.0.0.1:9001", "https://localhost:9443/graph"};
static const char *const outside[] = {"http://127.0.0.1:9001", "https://graph.facebook.com/v25.0"};

static const struct verified_run *decide(struct arena *arena, enum run_mode mode, unsigned plan,
                                         unsigned workspace, const char *const *endpoints,
                                         size_t count, struct error *error)
{
    const struct approval_request request = {
        .plan = "flom",
        .message = "alert",
        .mode = mode,
        .plan_threshold = plan,
        .workspace_threshold = workspace,
        .endpoints = endpoints,
        .endpoint_count = count,
    };
    const struct verified_run *run;

    *error = (struct error){0};
    int result = approval_decide(arena, &request, &run, error);
    assert_int_equal(result, run ? 0 : -1);
    if (!run)
        assert_int_equal(error->kind, ERROR_NOT_APPROVED);
    return run;
}

static void the_larger_threshold_counts(void **state)
{
    static const struct {
        enum run_mode mode;
        unsigned plan, workspace;
        bool passes;
        unsigned threshold;
    } cases[] = {
        {MODE_LIVE, 0, 0, true, 0},      {MODE_EXERCISE, 0, 0, true, 0},
        {MODE_LIVE, 1, 0, false, 1},     {MODE_LIVE, 0, 2, false, 2},
        {MODE_EXERCISE, 0, 1, false, 1}, {MODE_EXERCISE, 3, 2, false, 3},
        {MODE_DRY_RUN, 0, 0, true, 0},   {MODE_DRY_RUN, 3, 2, true, 3},
        {MODE_DRY_RUN, 1, 4, true, 4},
    };
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct verified_run *run =
            decide(arena, cases[i].mode, cases[i].plan, cases[i].workspace, loopback, 2, &error);
        assert_int_equal(run != NULL, cases[i].passes);
        if (!run)
            continue;
        assert_int_equal(verified_run_threshold(run), cases[i].threshold);
        assert_int_equal(verified_run_mode(run), cases[i].mode);
    }
    arena_free(arena);
}

static void without_approvals_only_loopback_is_reached(void **state)
{
    static const char *const beyond[] = {
        "https://graph.facebook.com",
        "https://127.0.0.1.example.no",
        "https://localhost.example.no",
        "http://10.0.0.1",
        "https://[2001:db8::1]",
        "http://127.0.0.1@example.no",
        "http://2130706433",
        "",
        "ftp://127.0.0.1",
    };
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        assert_null(decide(arena, MODE_LIVE, 0, 0, &beyond[i], 1, &error));
    assert_null(decide(arena, MODE_EXERCISE, 0, 0, outside, 2, &error));
    assert_non_null(strstr(error.message, "https://graph.facebook.com"));
    assert_true(error.next[0] != '\0');
    assert_non_null(decide(arena, MODE_DRY_RUN, 0, 0, outside, 2, &error));
    assert_non_null(decide(arena, MODE_LIVE, 0, 0, NULL, 0, &error));
    arena_free(arena);
}

static void a_refusal_does_not_show_the_path_of_an_address(void **state)
{
    static const char *const webhook[] = {"https://hooks.example.no/T0/very-secret"};
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    assert_null(decide(arena, MODE_LIVE, 0, 0, webhook, 1, &error));
    assert_null(strstr(error.message, "very-secret"));
    arena_free(arena);
}

static void a_run_reaches_only_what_was_let_through(void **state)
{
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    const struct verified_run *run = decide(arena, MODE_LIVE, 0, 0, loopback, 2, &error);
    assert_true(verified_run_allows(run, "http://127.0.0.1:9001"));
    assert_true(verified_run_allows(run, "http://127.0.0.1:9001/feed?x=1"));
    assert_true(verified_run_allows(run, "https://localhost:9443"));
    assert_false(verified_run_allows(run, "https://127.0.0.1:9001"));
    assert_false(verified_run_allows(run, "http://127.0.0.1:9002"));
    assert_false(verified_run_allows(run, "https://graph.facebook.com"));
    assert_false(verified_run_allows(run, "not a URL"));
    run = decide(arena, MODE_DRY_RUN, 0, 0, loopback, 2, &error);
    assert_false(verified_run_allows(run, "http://127.0.0.1:9001"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_larger_threshold_counts),
        cmocka_unit_test(without_approvals_only_loopback_is_reached),
        cmocka_unit_test(a_refusal_does_not_show_the_path_of_an_address),
        cmocka_unit_test(a_run_reaches_only_what_was_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
