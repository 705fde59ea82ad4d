#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/http_client.h"
#include "net/loop.h"
#include "net/warm_up.h"

#include "net_fixture.h"

enum { SERVERS = 3, ORIGIN_SIZE = 64, LOOK_AGAIN_MS = 20 };

struct fixture {
    struct net_fixture net;
    struct small_server *servers[SERVERS];
    char origins[SERVERS][ORIGIN_SIZE];
    const char *list[SERVERS];
};

static bool answer(int socket, const char *path, unsigned copy)
{
    (void)path;
    (void)copy;
    return small_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static void write_origin(char out[ORIGIN_SIZE], int port)
{
    (void)snprintf(out, ORIGIN_SIZE, "http://127.0.0.1:%d", port);
}

static int set_up_client(void **state, size_t hosts_per_thread)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    net_fixture_init(&fixture->net,
                     (struct http_client_options){.policy = &loopback_policy,
                                                  .hosts_per_thread = hosts_per_thread,
                                                  .threads_max = SERVERS - 1});
    for (size_t i = 0; i < SERVERS; i++) {
        fixture->servers[i] = net_fixture_serve(&fixture->net, answer);
        write_origin(fixture->origins[i], fixture->servers[i]->port);
        fixture->list[i] = fixture->origins[i];
    }
    *state = fixture;
    return 0;
}

static int set_up(void **state)
{
    return set_up_client(state, SERVERS);
}

static int set_up_with_threads(void **state)
{
    return set_up_client(state, 1);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    net_fixture_release(&fixture->net);
    free(fixture);
    return 0;
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    int *status = context;

    *status = reply ? reply->status : failure ? -(int)failure->kind - 1 : 1;
}

static void begin_to_ask(struct fixture *fixture, const char *origin, int *status)
{
    struct http_request request;

    *status = 0;
    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_REPEATABLE);
    text_addf(&request.url, "%s/post", origin);
    text_add(&request.body, "x=1");
    (void)http_client_send(fixture->net.client, &request, on_done, status);
    http_request_release(&request);
}

static int ask(struct fixture *fixture, const char *origin)
{
    int status;

    begin_to_ask(fixture, origin, &status);
    while (status == 0)
        loop_turn(fixture->net.loop);
    return status;
}

static bool all_known(const struct fixture *fixture)
{
    for (size_t i = 0; i < SERVERS; i++)
        if (http_client_host_protocol(fixture->net.client, fixture->list[i]) == HOST_UNKNOWN)
            return false;
    return true;
}

static void requests_go_over_the_connections_that_were_opened_ahead(void **state)
{
    struct fixture *fixture = *state;
    struct warm_up *warm_up =
        warm_up_new(fixture->net.loop, fixture->net.client, fixture->list, SERVERS, 0);

    warm_up_begin(warm_up);
    while (!all_known(fixture))
        loop_turn(fixture->net.loop);
    warm_up_end(warm_up);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_int_equal(small_server_count(fixture->servers[i], NULL), 0);
        assert_int_equal(ask(fixture, fixture->list[i]), 200);
        assert_int_equal(ask(fixture, fixture->list[i]), 200);
        assert_int_equal(small_server_connections(fixture->servers[i]), 1);
        assert_int_equal(small_server_count(fixture->servers[i], NULL), 2);
    }
    warm_up_free(warm_up);
}

static void a_request_waits_for_the_connection_that_is_being_opened(void **state)
{
    struct fixture *fixture = *state;
    struct warm_up *warm_up =
        warm_up_new(fixture->net.loop, fixture->net.client, fixture->list, SERVERS, 0);

    warm_up_begin(warm_up);
    warm_up_end(warm_up);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_int_equal(ask(fixture, fixture->list[i]), 200);
        assert_int_equal(small_server_connections(fixture->servers[i]), 1);
    }
    warm_up_free(warm_up);
}

static void what_waits_can_be_taken_back(void **state)
{
    struct fixture *fixture = *state;
    struct warm_up *warm_up =
        warm_up_new(fixture->net.loop, fixture->net.client, fixture->list, SERVERS, 0);
    int first, second;

    warm_up_begin(warm_up);
    begin_to_ask(fixture, fixture->list[0], &first);
    begin_to_ask(fixture, fixture->list[0], &second);
    http_client_cancel_unsent(fixture->net.client);
    assert_int_equal(first, -(int)HTTP_NOT_SENT - 1);
    assert_int_equal(second, -(int)HTTP_NOT_SENT - 1);
    begin_to_ask(fixture, fixture->list[0], &first);
    http_client_drop_all(fixture->net.client);
    assert_int_equal(first, 0);
    warm_up_begin(warm_up); /* again: what was dropped is begun anew */
    warm_up_end(warm_up);
    assert_int_equal(ask(fixture, fixture->list[0]), 200);
    assert_int_equal(small_server_count(fixture->servers[0], NULL), 1);
    warm_up_free(warm_up);
}

static void what_cannot_be_reached_keeps_nothing_from_its_turn(void **state)
{
    struct fixture *fixture = *state;
    char nowhere[ORIGIN_SIZE];
    int port;
    int unheard = small_bind(&port); /* nobody listens */

    write_origin(nowhere, port);
    fixture->list[0] = nowhere;
    struct warm_up *warm_up =
        warm_up_new(fixture->net.loop, fixture->net.client, fixture->list, SERVERS, 0);
    warm_up_begin(warm_up);
    warm_up_end(warm_up);
    assert_int_equal(ask(fixture, nowhere), -(int)HTTP_NOT_SENT - 1);
    assert_int_equal(ask(fixture, fixture->list[1]), 200);
    assert_int_equal(small_server_connections(fixture->servers[1]), 1);
    warm_up_free(warm_up);
    (void)close(unheard);
}

static int accept_when_it_comes(struct fixture *fixture, int listener)
{
    int socket = -1;

    while ((socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
        loop_turn(fixture->net.loop);
    return socket;
}

static void a_connection_that_the_host_has_closed_is_opened_again(void **state)
{
    struct fixture *fixture = *state;
    char origin[ORIGIN_SIZE], byte;
    const char *list[] = {origin};
    int port;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
    write_origin(origin, port);
    struct warm_up *warm_up =
        warm_up_new(fixture->net.loop, fixture->net.client, list, 1, LOOK_AGAIN_MS);
    warm_up_begin(warm_up);
    (void)close(accept_when_it_comes(fixture, listener));
    int second = accept_when_it_comes(fixture, listener);
    for (int i = 0; i < 3; i++) /* one that stands is left alone */
        loop_turn(fixture->net.loop);
    assert_int_equal(accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1);
    assert_int_equal(recv(second, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    warm_up_free(warm_up);
    (void)close(second);
    (void)close(listener);
}

#define WARM_UP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define WARM_UP_TEST_WITH_THREADS(name)                                                            \
    {                                                                                              \
#name "_with_threads", name, set_up_with_threads, tear_down, NULL                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        WARM_UP_TEST(requests_go_over_the_connections_that_were_opened_ahead),
        WARM_UP_TEST(a_request_waits_for_the_connection_that_is_being_opened),
        WARM_UP_TEST_WITH_THREADS(requests_go_over_the_connections_that_were_opened_ahead),
        WARM_UP_TEST_WITH_THREADS(a_request_waits_for_the_connection_that_is_being_opened),
        WARM_UP_TEST(what_waits_can_be_taken_back),
        WARM_UP_TEST(what_cannot_be_reached_keeps_nothing_from_its_turn),
        WARM_UP_TEST(a_connection_that_the_host_has_closed_is_opened_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
