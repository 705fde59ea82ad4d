/* The client with more hosts than one thread is to greet: the others have threads of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>

#include "net/http_client.h"
#include "net/loop.h"

#include "net_fixture.h"

enum { SERVERS = 6, THREADS = 3, EACH = 20, ORIGIN_SIZE = 64 };

/* What came of a request. */
struct asked {
    int status; /* 0: not known yet; less: -1 - the kind of the failure */
    pthread_t told_in;
    char body[16], header[16];
};

struct fixture {
    struct net_fixture net;
    struct small_server *servers[SERVERS];
    char origins[SERVERS][ORIGIN_SIZE];
};

static bool answer(int socket, const char *path, unsigned copy)
{
    char text[128];

    (void)copy;
    if (strcmp(path, "/never") == 0)
        return true;
    (void)snprintf(text, sizeof(text),
                   "HTTP/1.1 201 Created\r\nX-Path: %s\r\nContent-Length: %zu\r\n\r\n%s", path,
                   strlen(path), path);
    return small_say(socket, text);
}

static struct http_client_options options_of(size_t hosts_per_thread, size_t threads_max)
{
    return (struct http_client_options){.policy = &loopback_policy,
                                        .hosts_per_thread = hosts_per_thread,
                                        .threads_max = threads_max};
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    net_fixture_init(&fixture->net, options_of(1, THREADS));
    for (size_t i = 0; i < SERVERS; i++) {
        fixture->servers[i] = net_fixture_serve(&fixture->net, answer);
        (void)snprintf(fixture->origins[i], ORIGIN_SIZE, "http://127.0.0.1:%d",
                       fixture->servers[i]->port);
    }
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    net_fixture_release(&fixture->net);
    free(fixture);
    return 0;
}

/* Of those that the client has made. */
static size_t count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    size_t count = 0;

    assert_non_null(tasks);
    for (const struct dirent *task; (task = readdir(tasks));) {
        char path[sizeof(task->d_name) + 32], name[32] = "";
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "re");
        count += file && fgets(name, sizeof(name), file) && strcmp(name, "crisis-net\n") == 0;
        if (file)
            (void)fclose(file);
    }
    (void)closedir(tasks);
    return count;
}

/* One that has been waited for is to be seen a moment longer. */
static void wait_for_threads(size_t count)
{
    while (count_threads() != count)
        (void)poll(NULL, 0, 1);
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct asked *asked = context;

    asked->told_in = pthread_self();
    asked->status = reply ? reply->status : -(int)failure->kind - 1;
    if (!reply)
        return;
    assert_true(reply->body_size < sizeof(asked->body));
    memcpy(asked->body, reply->body, reply->body_size + 1);
    assert_true(http_reply_header(reply, "x-path", asked->header, sizeof(asked->header)));
}

static void ask(struct fixture *fixture, const char *origin, const char *path, struct asked *asked)
{
    struct http_request request;

    *asked = (struct asked){0};
    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_REPEATABLE);
    text_addf(&request.url, "%s%s", origin, path);
    http_request_header(&request, "Content-Type", "text/plain");
    text_add(&request.body, "x=1");
    http_client_send(fixture->net.client, &request, on_done, asked);
    http_request_release(&request);
}

/* --- who carries what ------------------------------------------------------------------------ */

static void answers_come_on_the_callers_loop(void **state)
{
    static struct asked asked[SERVERS][EACH];
    struct fixture *fixture = *state;
    size_t connections = 0;

    for (size_t i = 0; i < EACH; i++)
        for (size_t j = 0; j < SERVERS; j++)
            ask(fixture, fixture->origins[j], i % 2 ? "/odd" : "/even", &asked[j][i]);
    wait_for_threads(THREADS);
    loop_run(fixture->net.loop); /* as long as anything is waited for */
    for (size_t j = 0; j < SERVERS; j++) {
        for (size_t i = 0; i < EACH; i++) {
            assert_int_equal(asked[j][i].status, 201);
            assert_string_equal(asked[j][i].body, i % 2 ? "/odd" : "/even");
            assert_string_equal(asked[j][i].header, asked[j][i].body);
            assert_true(pthread_equal(asked[j][i].told_in, pthread_self()));
        }
        assert_int_equal(small_server_count(fixture->servers[j], NULL), EACH);
        assert_int_equal(http_client_host_protocol(fixture->net.client, fixture->origins[j]),
                         HOST_HTTP1);
        connections += small_server_connections(fixture->servers[j]);
    }
    assert_int_equal(http_client_connections_opened(fixture->net.client), connections);
}

static void there_are_threads_for_many_hosts_only(void **state)
{
    struct fixture *fixture = *state;
    struct asked asked[SERVERS];

    net_fixture_renew(&fixture->net, options_of(SERVERS / 2, THREADS));
    for (size_t i = 0; i < SERVERS; i++) {
        ask(fixture, fixture->origins[i], "/", &asked[i]);
        ask(fixture, fixture->origins[i], "/", &asked[i]); /* a host counts once */
        wait_for_threads(i < SERVERS / 2 ? 0 : 1);
    }
    loop_run(fixture->net.loop);
    net_fixture_renew(&fixture->net, options_of(1, 1));
    for (size_t i = 0; i < SERVERS; i++)
        ask(fixture, fixture->origins[i], "/", &asked[i]);
    wait_for_threads(1);
    loop_run(fixture->net.loop);
    for (size_t i = 0; i < SERVERS; i++)
        assert_int_equal(asked[i].status, 201);
    http_client_free(fixture->net.client);
    fixture->net.client = NULL;
    wait_for_threads(0);
}

struct heard {
    struct fixture *fixture;
    size_t count;
    pthread_t in;
};

static void on_host_known(void *context, const char *origin)
{
    struct heard *heard = context;

    heard->count++;
    heard->in = pthread_self();
    assert_int_equal(http_client_host_protocol(heard->fixture->net.client, origin), HOST_HTTP1);
    assert_true(http_client_host_capacity(heard->fixture->net.client, origin) > 1);
}

static void of_each_host_the_caller_is_told_what_it_speaks(void **state)
{
    struct fixture *fixture = *state;
    struct heard heard = {.fixture = fixture};
    struct asked asked[SERVERS];

    http_client_on_host_known(fixture->net.client, on_host_known, &heard);
    for (size_t i = 0; i < SERVERS; i++)
        ask(fixture, fixture->origins[i], "/", &asked[i]);
    loop_run(fixture->net.loop);
    assert_int_equal(heard.count, SERVERS);
    assert_true(pthread_equal(heard.in, pthread_self()));
}

/* --- failures, and what is taken back -------------------------------------------------------- */

static void a_host_that_is_not_there_fails_in_words(void **state)
{
    struct fixture *fixture = *state;
    struct asked first, second;
    char nowhere[ORIGIN_SIZE];
    int port;
    int unheard = small_bind(&port); /* nobody listens */

    (void)snprintf(nowhere, sizeof(nowhere), "http://127.0.0.1:%d", port);
    ask(fixture, fixture->origins[0], "/", &first);
    ask(fixture, nowhere, "/", &second);
    loop_run(fixture->net.loop);
    assert_int_equal(first.status, 201);
    assert_int_equal(second.status, -(int)HTTP_NOT_SENT - 1);
    assert_true(pthread_equal(second.told_in, pthread_self()));
    (void)close(unheard);
}

/* Its queue of connections is full, so that the next one is not answered. */
static int unanswering(char origin[ORIGIN_SIZE], int callers[3])
{
    int port;
    int listener = small_bind(&port);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    assert_int_equal(listen(listener, 0), 0);
    for (size_t i = 0; i < 3; i++) {
        callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(callers[i], (struct sockaddr *)&address, sizeof(address));
    }
    (void)snprintf(origin, ORIGIN_SIZE, "http://127.0.0.1:%d", port);
    return listener;
}

static void what_was_not_sent_is_taken_back_at_once(void **state)
{
    struct fixture *fixture = *state;
    char origin[ORIGIN_SIZE];
    struct asked own, sent, waiting[2];
    int callers[3];
    int listener = unanswering(origin, callers);

    ask(fixture, fixture->origins[0], "/", &own);
    ask(fixture, fixture->origins[1], "/never", &sent);
    while (small_server_count(fixture->servers[1], "/never") == 0)
        (void)poll(NULL, 0, 1);
    for (size_t i = 0; i < 2; i++)
        ask(fixture, origin, "/", &waiting[i]);
    http_client_cancel_unsent(fixture->net.client);
    assert_int_equal(sent.status, 0); /* it has left */
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(waiting[i].status, -(int)HTTP_NOT_SENT - 1);
    http_client_drop_all(fixture->net.client);
    loop_run(fixture->net.loop); /* nothing is left to wait for */
    assert_int_equal(sent.status, 0);
    ask(fixture, fixture->origins[1], "/", &sent); /* it goes on */
    loop_run(fixture->net.loop);
    assert_int_equal(sent.status, 201);
    for (size_t i = 0; i < 3; i++)
        (void)close(callers[i]);
    (void)close(listener);
}

static void what_is_dropped_is_not_told_of(void **state)
{
    static struct asked asked[SERVERS][EACH];
    struct fixture *fixture = *state;

    for (size_t i = 0; i < EACH; i++)
        for (size_t j = 0; j < SERVERS; j++)
            ask(fixture, fixture->origins[j], "/", &asked[j][i]);
    while (asked[SERVERS - 1][0].status == 0)
        loop_turn(fixture->net.loop); /* some are over, some are told of next, some are under way */
    http_client_drop_all(fixture->net.client);
    asked[SERVERS - 1][0].status = 0;
    struct asked before[SERVERS][EACH];
    memcpy(before, asked, sizeof(before));
    loop_run(fixture->net.loop);
    for (size_t j = 0; j < SERVERS; j++)
        for (size_t i = 0; i < EACH; i++)
            assert_int_equal(asked[j][i].status, before[j][i].status);
}

static void a_client_can_go_while_its_threads_are_busy(void **state)
{
    static struct asked asked[SERVERS][EACH];
    struct fixture *fixture = *state;

    for (size_t i = 0; i < EACH; i++)
        for (size_t j = 0; j < SERVERS; j++)
            ask(fixture, fixture->origins[j], i % 2 ? "/never" : "/", &asked[j][i]);
    http_client_free(fixture->net.client);
    fixture->net.client = NULL;
    loop_run(fixture->net.loop);
    wait_for_threads(0);
}

#define THREAD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREAD_TEST(answers_come_on_the_callers_loop),
        THREAD_TEST(there_are_threads_for_many_hosts_only),
        THREAD_TEST(of_each_host_the_caller_is_told_what_it_speaks),
        THREAD_TEST(a_host_that_is_not_there_fails_in_words),
        THREAD_TEST(what_was_not_sent_is_taken_back_at_once),
        THREAD_TEST(what_is_dropped_is_not_told_of),
        THREAD_TEST(a_client_can_go_while_its_threads_are_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
