/* Servers that answer before they have read the request, and never read the rest. */
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

/* A post that never gets through whole, to a server that says `answer` and breaks off. */
static struct answered post(struct fixture *fixture, const char *answer)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct answered answered = {0};
    struct http_request request;
    char some[1024];

    assert_int_equal(fcntl(fixture->listener, F_SETFL, O_NONBLOCK), 0);
    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
    text_addf(&request.url, "http://127.0.0.1:%d/post", fixture->port);
    request.file = fixture->file;
    request.file_size_bytes = FILE_BYTES;
    http_client_send(fixture->net.client, &request, on_done, &answered);
    http_request_release(&request);
    int peer = accept_when_it_comes(fixture);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_that_is_whole_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_not_or_does_not_say_so_is_none, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
