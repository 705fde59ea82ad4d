/* Servers that answer before they have read the request, and never read the rest; and one that
 * takes its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "net/http_client.h"
#include "net/loop.h"

#include "net_fixture.h"
#include "small_server.h"

enum { FILE_BYTES = 16 << 20 }; /* more than sockets hold */

struct fixture {
    struct net_fixture net;
    int listener, port;
    char *file;
};

struct answered {
    int calls, status;
    enum http_failure_kind kind;
    char body[32];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    net_fixture_init(&fixture->net, (struct http_client_options){.policy = &loopback_policy});
    fixture->listener = small_bind(&fixture->port);
    assert_int_equal(listen(fixture->listener, 8), 0);
    fixture->file = calloc(1, FILE_BYTES);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    net_fixture_release(&fixture->net);
    (void)close(fixture->listener);
    free(fixture->file);
    free(fixture);
    return 0;
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct answered *answered = context;

    answered->calls++;
    answered->status = reply ? reply->status : 0;
    answered->kind = failure ? failure->kind : 0;
    if (reply)
        (void)snprintf(answered->body, sizeof(answered->body), "%s", reply->body);
}

/* Turns until something can be done without waiting. */
static int accept_when_it_comes(struct fixture *fixture)
{
    int peer;

    while ((peer = accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
        loop_turn(fixture->net.loop);
    return peer;
}

static void wait_until_read(struct fixture *fixture, int peer)
{
    int left = 1;

    while (ioctl(peer, SIOCOUTQ, &left) == 0 && left > 0)
        loop_turn(fixture->net.loop);
    for (int i = 0; i < 3; i++) /* it has arrived: its reader is called in the next turn */
        loop_turn(fixture->net.loop);
}

/* More than fits on the way. The server's end of its connection. */
static int begin_post(struct fixture *fixture, struct answered *answered)
{
    struct http_request request;

    assert_int_equal(fcntl(fixture->listener, F_SETFL, O_NONBLOCK), 0);
    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
    text_addf(&request.url, "http://127.0.0.1:%d/post", fixture->port);
    request.file = fixture->file;
    request.file_size_bytes = FILE_BYTES;
    http_client_send(fixture->net.client, &request, on_done, answered);
    http_request_release(&request);
    return accept_when_it_comes(fixture);
}

/* A post that never gets through whole, to a server that says `answer` and breaks off. */
static struct answered post(struct fixture *fixture, const char *answer)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct answered answered = {0};
    char some[1024];
    int peer = begin_post(fixture, &answered);

    while (recv(peer, some, sizeof(some), 0) <= 0)
        loop_turn(fixture->net.loop);
    assert_true(small_say(peer, answer));
    wait_until_read(fixture, peer);
    assert_int_equal(answered.calls, 0);
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    (void)close(peer);
    loop_run(fixture->net.loop);
    assert_int_equal(answered.calls, 1);
    return answered;
}

static void an_answer_that_is_whole_counts(void **state)
{
    struct answered answered =
        post(*state, "HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\nhave it");

    assert_int_equal(answered.status, 201);
    assert_string_equal(answered.body, "have it");
}

static void one_that_is_not_or_does_not_say_so_is_none(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\nhave it",
        "HTTP/1.1 201 Created\r\n\r\nhave it",
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhave it\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct answered answered = post(*state, answers[i]);
        assert_int_equal(answered.status, 0);
        assert_int_equal(answered.kind, HTTP_NO_ANSWER);
    }
}

static void on_time(void *context)
{
    bool *is_over = context;
    *is_over = true;
}

static void wait_ms(struct fixture *fixture, int64_t ms)
{
    bool is_over = false;
    struct loop_timer *timer = loop_timer_new(fixture->net.loop, on_time, &is_over);

    loop_timer_set(timer, ms);
    while (!is_over)
        loop_turn(fixture->net.loop);
    loop_timer_free(timer);
}

static void a_large_body_may_take_longer_than_a_small_one(void **state)
{
    enum { TIMEOUT_MS = 500 };
    struct fixture *fixture = *state;
    struct answered answered = {0};
    char some[65536];
    size_t read_bytes = 0;

    net_fixture_renew(
        &fixture->net,
        (struct http_client_options){.policy = &loopback_policy, .request_timeout_ms = TIMEOUT_MS});
    int peer = begin_post(fixture, &answered);
    wait_ms(fixture, 4 * TIMEOUT_MS);
    assert_int_equal(answered.calls, 0);
    while (read_bytes < FILE_BYTES) {
        ssize_t count = recv(peer, some, sizeof(some), 0);
        if (count <= 0)
            loop_turn(fixture->net.loop);
        else
            read_bytes += (size_t)count;
    }
    assert_true(small_say(peer, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"));
    loop_run(fixture->net.loop);
    assert_int_equal(answered.status, 201);
    (void)close(peer);
}

/* libcurl looks at the last five seconds. */
static void but_it_must_not_stand_still(void **state)
{
    struct fixture *fixture = *state;
    struct answered answered = {0};

    net_fixture_renew(&fixture->net, (struct http_client_options){.policy = &loopback_policy,
                                                                  .request_timeout_ms = 500});
    int peer = begin_post(fixture, &answered);
    loop_run(fixture->net.loop);
    assert_int_equal(answered.calls, 1);
    assert_int_equal(answered.kind, HTTP_NO_ANSWER);
    (void)close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_that_is_whole_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_body_may_take_longer_than_a_small_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(but_it_must_not_stand_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_not_or_does_not_say_so_is_none, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
