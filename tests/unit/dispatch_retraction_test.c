#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "dispatch/progress.h"
#include "dispatch/retraction.h"

static const char one_post[] = "[{\"id\":\"1\"}]";
static const char two_posts[] = "[{\"id\":\"1\",\"url\":\"https://a.example/1\"},{\"id\":\"2\"}]";

/* A delivery of which a request may have left unseen, or not. */
struct due_case {
    const char *channel;
    enum delivery_state state;
    unsigned attempts;
    enum failure_kind failure;
    const char *posts;
    bool is_due, is_doubtful;
};

static const struct due_case due_cases[] = {
    {"x", DELIVERY_POSTED, 1, FAILURE_NONE, one_post, true, false},
    {"bluesky", DELIVERY_POSTED, 2, FAILURE_NONE, one_post, true, false},
    {"x", DELIVERY_RETRACTED, 1, FAILURE_NONE, one_post, false, false},
    {"x", DELIVERY_SKIPPED, 0, FAILURE_NONE, "[]", false, false},
    {"x", DELIVERY_WOULD_POST, 0, FAILURE_NONE, "[]", false, false},
    {"x", DELIVERY_FAILED, 1, FAILURE_CONTENT, "[]", false, false},
    /* Of a thread that broke off, the parts that are out. */
    {"x", DELIVERY_FAILED, 2, FAILURE_EXPIRED, two_posts, true, false},
    {"x", DELIVERY_STOPPED, 2, FAILURE_NONE, one_post, true, false},
    {"x", DELIVERY_STOPPED, 0, FAILURE_NONE, "[]", false, false},
    {"x", DELIVERY_SENDING, 1, FAILURE_NONE, "[]", true, true},
    {"x", DELIVERY_IN_DOUBT, 1, FAILURE_NETWORK, "[]", true, true},
    {"telegram", DELIVERY_IN_DOUBT, 1, FAILURE_NETWORK, one_post, true, true},
    /* Where a second copy is harmless, a copy may be out before there is an answer. */
    {"webhook", DELIVERY_STOPPED, 1, FAILURE_NETWORK, "[]", true, true},
    {"webhook", DELIVERY_STOPPED, 1, FAILURE_RATE_LIMIT, "[]", false, false},
    {"webhook", DELIVERY_STOPPED, 2, FAILURE_RATE_LIMIT, "[]", true, true},
    {"webhook", DELIVERY_STOPPED, 0, FAILURE_NONE, "[]", false, false},
    {"webhook", DELIVERY_FAILED, 3, FAILURE_CREDENTIAL, "[]", false, false},
};

static void what_is_due_and_what_is_doubtful(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(due_cases) / sizeof(due_cases[0]); i++) {
        const struct due_case *one = &due_cases[i];
        const struct delivery_record record = {
            .channel = one->channel,
            .state = one->state,
            .attempts = one->attempts,
            .failure = {.kind = one->failure},
            .posts = one->posts,
        };
        if (retraction_is_due(&record) != one->is_due ||
            retraction_is_doubtful(&record) != one->is_doubtful)
            fail_msg("case %zu: %s %s", i, one->channel, delivery_state_name(one->state));
    }
}

static void posts_are_those_on_record(void **state)
{
    /* The progress is of the request before the last post was made. */
    static const char before[] =
        "{\"stage\":2,\"part\":1,\"polls\":0,\"handle\":\"h\",\"posts\":[{\"id\":\"1\"}]}";
    const struct delivery_record record = {
        .channel = "x",
        .state = DELIVERY_POSTED,
        .posts = two_posts,
        .progress = before,
        .progress_size_bytes = strlen(before),
    };
    struct channel_progress progress;
    (void)state;

    assert_int_equal(retraction_post_count(&record), 2);
    char *written = retraction_progress(&record);
    assert_true(progress_read(written, strlen(written), &progress));
    assert_int_equal(progress.post_count, 2);
    assert_string_equal(progress.posts[1].id, "2");
    assert_string_equal(progress.handle, "h");
    memory_free(written);
}

static bool is_in_oslo(void *context, const struct delivery_record *record)
{
    (void)context;
    return strcmp(record->municipality, "0301") == 0;
}

static void only_what_is_meant(void **state)
{
    struct dispatch_options options = {.task = TASK_RETRACT};
    struct delivery_record record = {
        .channel = "x", .municipality = "4601", .state = DELIVERY_POSTED, .posts = one_post};
    (void)state;

    assert_true(retraction_is_meant(&options, &record));
    options.is_meant = is_in_oslo;
    assert_false(retraction_is_meant(&options, &record));
    record.municipality = "0301";
    assert_true(retraction_is_meant(&options, &record));
    record.state = DELIVERY_RETRACTED;
    assert_false(retraction_is_meant(&options, &record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_and_what_is_doubtful),
        cmocka_unit_test(posts_are_those_on_record),
        cmocka_unit_test(only_what_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
