#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch/outlet.h"
#include "net/loop.h"

#include "test_folder.h"

struct fixture {
    struct test_folder folder;
    struct loop *loop;
    struct outlet *outlet;
    int statuses[8];
    char words[256];
    size_t answered, cancelled, wanted;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    fixture->loop = loop_new();
    fixture->outlet = outlet_new(fixture->loop, fixture->folder.path);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    outlet_free(fixture->outlet);
    loop_free(fixture->loop);
    test_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct fixture *fixture = context;

    if (failure) {
        assert_int_equal(failure->kind, HTTP_NOT_SENT);
        fixture->cancelled++;
        return;
    }
    assert_int_equal(strlen(reply->body), reply->body_size);
    snprintf(fixture->words, sizeof(fixture->words), "%s", reply->body);
    fixture->statuses[fixture->answered++] = reply->status;
    if (fixture->answered == fixture->wanted)
        loop_stop(fixture->loop);
}

static void send(struct fixture *fixture, enum http_method method, const char *name,
                 const char *body)
{
    struct http_request request;

    http_request_init(&request);
    http_request_reset(&request, method, EFFECT_REPEATABLE);
    text_add(&request.url, name);
    text_add(&request.body, body);
    outlet_send(fixture->outlet, &request, on_done, fixture);
    http_request_release(&request); /* the outlet has its copy */
}

static void answers_in_the_statuses_of_http(void **state)
{
    struct fixture *fixture = *state;
    static const char name[] = "0301/20261123-030412-alert-00010203.json";

    fixture->wanted = 5;
    send(fixture, HTTP_PUT, "0301/", "");
    send(fixture, HTTP_GET, name, "");
    send(fixture, HTTP_PUT, name, "{}");
    send(fixture, HTTP_DELETE, name, "2026-11-23T05:00:00+01:00");
    send(fixture, HTTP_PUT, "../x/", "");
    loop_run(fixture->loop);
    static const int wanted[] = {204, 405, 422, 404, 422};
    assert_memory_equal(fixture->statuses, wanted, sizeof(wanted));
    assert_string_equal(fixture->words, "it is no name of a message");
}

static void what_was_not_begun_is_cancelled(void **state)
{
    struct fixture *fixture = *state;

    send(fixture, HTTP_PUT, "0301/", "");
    send(fixture, HTTP_PUT, "0302/", "");
    outlet_cancel_unsent(fixture->outlet);
    assert_int_equal(fixture->cancelled, 2);
    assert_int_equal(fixture->answered, 0);
}

static void what_is_dropped_calls_nobody_back(void **state)
{
    struct fixture *fixture = *state;

    send(fixture, HTTP_PUT, "0301/", "");
    loop_turn(fixture->loop); /* it is begun, and may even be done */
    const size_t before = fixture->answered;
    send(fixture, HTTP_PUT, "0302/", "");
    outlet_drop_all(fixture->outlet);
    fixture->wanted = before + 1;
    send(fixture, HTTP_PUT, "0303/", ""); /* and it can be used again */
    loop_run(fixture->loop);
    assert_int_equal(fixture->cancelled, 0);
    assert_int_equal(fixture->answered, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_in_the_statuses_of_http, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_begun_is_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_dropped_calls_nobody_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
