/* Answers that no honest server gives, and addresses that are not talked to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "net/http_client.h"
#include "net/loop.h"

#include "net_fixture.h"

enum { MIB = 1024 * 1024, REQUEST_MS = 30000, SHORT_MS = 2000 };

/* --- what the server does -------------------------------------------------------------------- */

static _Atomic size_t said_bytes; /* by the server's thread; read when the request is over */

/* Until the other side has had enough. */
static bool say_without_end(int socket, const char *first, const char *piece)
{
    char pieces[16384];
    size_t size = 0;

    for (; size + strlen(piece) <= sizeof(pieces); size += strlen(piece))
        memcpy(pieces + size, piece, strlen(piece));
    bool goes_on = small_say(socket, first);
    for (said_bytes = 0; goes_on && said_bytes < (size_t)16384 * MIB; said_bytes += size)
        goes_on = small_send(socket, pieces, size);
    return false;
}

/* "deflate" of nothing much: no answer that is compressed gets so far as to be unpacked. */
static const char packed[] = "\x1f\x8b\x08";

static const struct {
    const char *path, *first, *piece; /* piece NULL: `first` is all */
} answers[] = {
    {"/early", "", "HTTP/1.1 103 Early Hints\r\n\r\n"},
    {"/early-links", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"},
    {"/many-headers", "HTTP/1.1 200 OK\r\n", "A: b\r\n"},
    {"/long-header",
     "HTTP/1.1 200 OK\r\nA: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"/long-status", "HTTP/1.1 200 ",
     "OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK"},
    {"/tiny-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
    {"/long-extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"/many-trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"},
    {"/packed-transfer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\n\x1f\x8b\x08\r\n0\r\n\r\n",
     NULL},
    {"/packed-and-closed", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\x1f\x8b\x08", NULL},
    {"/packed-content",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", NULL},
    {"/trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked \r\nTrailer: "
     "Retry-After\r\n\r\n2\r\nok\r\n0\r\n"
     "Retry-After: 9\r\nHTTP/1.1 200 OK: no\r\n\r\n",
     NULL},
    {"/control",
     "HTTP/1.1 200 OK\r\nA: b\x1b[2J\r\nB: a\rC: d\r\n: e\r\nF G: h\r\nI: j\tk \r\n"
     "Content-Length: 2\r\n\r\nok",
     NULL},
    {"/cookie",
     "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nConnection: close\r\nContent-Length: "
     "2\r\n\r\nok",
     NULL},
    {"/longer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n", NULL},
    {"/lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nok", NULL},
    {"/zero-nine", "ok", NULL},
};

static bool answer(int socket, const char *path, unsigned copy)
{
    (void)copy;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (strcmp(path, answers[i].path) != 0)
            continue;
        if (answers[i].piece)
            return say_without_end(socket, answers[i].first, answers[i].piece);
        (void)small_say(socket, answers[i].first);
        return false;
    }
    return small_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/* --- a client and a server ------------------------------------------------------------------- */

struct fixture {
    struct net_fixture net;
    struct small_server *server;
};

static struct http_client_options options_of(const struct address_policy *policy,
                                             int64_t request_ms)
{
    return (struct http_client_options){
        .connect_timeout_ms = 5000,
        .request_timeout_ms = request_ms,
        .policy = policy,
    };
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    net_fixture_init(&fixture->net, options_of(&loopback_policy, REQUEST_MS));
    fixture->server = net_fixture_serve(&fixture->net, answer);
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

struct answered {
    int status; /* 0: no reply */
    size_t body_size;
    char body[64], headers[512];
    struct http_failure failure;
};

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct answered *answered = context;

    if (failure) {
        answered->failure = *failure;
        return;
    }
    answered->status = reply->status;
    answered->body_size = reply->body_size;
    (void)snprintf(answered->body, sizeof(answered->body), "%s", reply->body);
    (void)snprintf(answered->headers, sizeof(answered->headers), "%s", reply->headers);
}

static struct answered ask(struct fixture *fixture, const char *host, const char *path)
{
    struct answered answered = {0};
    struct http_request request;

    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
    text_addf(&request.url, "http://%s:%d%s", host, fixture->server->port, path);
    text_add(&request.body, "a=1");
    (void)http_client_send(fixture->net.client, &request, on_done, &answered);
    http_request_release(&request);
    loop_run(fixture->net.loop);
    return answered;
}

/* --- answers --------------------------------------------------------------------------------- */

/* libcurl shows nobody the extensions of chunks, and keeps none of them. */
static const char by_the_clock[] = "/long-extension";

/* Each is ended by what came, not by the clock, and long before it is all there. */
static void answers_without_end_are_ended(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (!answers[i].piece || strcmp(answers[i].path, by_the_clock) == 0)
            continue;
        int64_t began_ms = clock_monotonic_ms();
        struct answered answered = ask(fixture, "127.0.0.1", answers[i].path);
        if (answered.status != 0 || answered.failure.kind != HTTP_NO_ANSWER ||
            !strstr(answered.failure.message, "larger than any"))
            fail_msg("%s: %d %s", answers[i].path, answered.status, answered.failure.message);
        assert_true(clock_monotonic_ms() - began_ms < REQUEST_MS);
    }
    assert_int_equal(ask(fixture, "127.0.0.1", "/ok").status, 200); /* and life goes on */
    assert_true(said_bytes < (size_t)64 * MIB);
}

static void what_is_not_counted_is_ended_by_the_clock(void **state)
{
    struct fixture *fixture = *state;

    net_fixture_renew(&fixture->net, options_of(&loopback_policy, SHORT_MS));
    struct answered answered = ask(fixture, "127.0.0.1", by_the_clock);
    assert_int_equal(answered.status, 0);
    assert_int_equal(answered.failure.kind, HTTP_NO_ANSWER);
}

static void a_transfer_is_not_unpacked(void **state)
{
    struct fixture *fixture = *state;
    static const char *const paths[] = {"/packed-transfer", "/packed-and-closed"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct answered answered = ask(fixture, "127.0.0.1", paths[i]);
        assert_int_equal(answered.status, 0);
        assert_int_equal(answered.failure.kind, HTTP_NO_ANSWER);
        assert_non_null(strstr(answered.failure.message, "compressed"));
    }
}

/* It is handed on as it came: whoever reads it finds that it is no JSON. */
static void content_is_not_unpacked(void **state)
{
    struct answered answered = ask(*state, "127.0.0.1", "/packed-content");

    assert_int_equal(answered.status, 200);
    assert_int_equal(answered.body_size, 3);
    assert_string_equal(answered.body, packed);
}

static void trailers_are_no_headers(void **state)
{
    struct answered answered = ask(*state, "127.0.0.1", "/trailers");

    assert_int_equal(answered.status, 200);
    assert_string_equal(answered.body, "ok");
    assert_non_null(strstr(answered.headers, "trailer: Retry-After\n"));
    assert_null(strstr(answered.headers, "retry-after: "));
}

static void what_is_no_header_is_left_out(void **state)
{
    struct answered answered = ask(*state, "127.0.0.1", "/control");

    assert_int_equal(answered.status, 200);
    assert_string_equal(answered.headers, "i: j\tk\ncontent-length: 2\n");
}

static void cookies_are_not_kept(void **state)
{
    struct fixture *fixture = *state;
    char last[2048];

    assert_int_equal(ask(fixture, "127.0.0.1", "/cookie").status, 200);
    assert_int_equal(ask(fixture, "127.0.0.1", "/ok").status, 200);
    small_server_last(fixture->server, last, sizeof(last));
    assert_null(strcasestr(last, "\r\nCookie:"));
}

/* Neither the second answer on the connection, nor the second length, nor HTTP/0.9 is believed. */
static void what_breaks_http_is_no_reply(void **state)
{
    struct fixture *fixture = *state;
    struct answered answered = ask(fixture, "127.0.0.1", "/longer");

    assert_int_equal(answered.status, 200);
    assert_string_equal(answered.body, "ok");
    assert_int_equal(ask(fixture, "127.0.0.1", "/ok").status, 200);
    answered = ask(fixture, "127.0.0.1", "/lengths");
    assert_int_equal(answered.status, 0);
    assert_int_equal(answered.failure.kind, HTTP_NO_ANSWER);
    answered = ask(fixture, "127.0.0.1", "/zero-nine");
    assert_int_equal(answered.status, 0);
    assert_int_equal(answered.failure.kind, HTTP_NO_ANSWER);
}

/* --- addresses ------------------------------------------------------------------------------- */

static void assert_not_allowed(const struct answered *answered, const char *host)
{
    if (answered->status != 0 || answered->failure.kind != HTTP_NOT_ALLOWED)
        fail_msg("%s: status %d, kind %d: %s", host, answered->status, (int)answered->failure.kind,
                 answered->failure.message);
    assert_non_null(strstr(answered->failure.message, "internal address"));
    assert_null(strstr(answered->failure.message, "/secret"));
}

/* Of the others nobody answers, so that a packet that left would end in another kind. */
static void internal_addresses_are_not_connected(void **state)
{
    struct fixture *fixture = *state;
    static const char *const hosts[] = {"127.0.0.1",       "localhost",   "[::1]",
                                        "127.8.8.8",       "a.localhost", "[::ffff:127.0.0.1]",
                                        "0.0.0.0",         "[::]",        "10.0.0.1",
                                        "192.168.0.1",     "172.16.0.1",  "169.254.169.254",
                                        "100.64.0.1",      "224.0.0.1",   "255.255.255.255",
                                        "[fd00::1]",       "[fe80::1]",   "[64:ff9b::127.0.0.1]",
                                        "[2002:7f00:1::1]"};

    net_fixture_renew(&fixture->net, options_of(NULL, REQUEST_MS));
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct answered answered = ask(fixture, hosts[i], "/secret");
        assert_not_allowed(&answered, hosts[i]);
    }
    assert_int_equal(small_server_connections(fixture->server), 0);
}

static void a_policy_lets_some_be_connected(void **state)
{
    struct fixture *fixture = *state;
    struct arena *arena = arena_new();
    struct address_block block;
    struct address_policy policy = {.blocks = &block, .block_count = 1};

    assert_null(address_block_fault("127.0.0.0/24", &block));
    net_fixture_renew(&fixture->net, options_of(&policy, REQUEST_MS));
    assert_int_equal(ask(fixture, "127.0.0.1", "/ok").status, 200);
    assert_int_equal(ask(fixture, "127.0.0.1", "/ok").status, 200);
    struct answered answered = ask(fixture, "127.0.1.1", "/secret");
    assert_not_allowed(&answered, "127.0.1.1");

    struct address_policy trusting = {0};
    address_policy_trust(&trusting, arena,
                         arena_printf(arena, "http://localhost:%d/", fixture->server->port));
    net_fixture_renew(&fixture->net, options_of(&trusting, REQUEST_MS));
    assert_int_equal(ask(fixture, "localhost", "/ok").status, 200);
    answered = ask(fixture, "127.0.0.1", "/secret"); /* the same address under another name */
    assert_not_allowed(&answered, "127.0.0.1");
    net_fixture_renew(&fixture->net, options_of(NULL, REQUEST_MS));
    arena_free(arena);
}

/* The environment does not choose who reads the requests. */
static void no_proxy_is_used(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
    char proxy[64];

    (void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", fixture->server->port);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(setenv(names[i], proxy, 1), 0);
    struct answered answered = ask(fixture, "10.0.0.1", "/secret");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(unsetenv(names[i]), 0);
    assert_not_allowed(&answered, "10.0.0.1");
    assert_int_equal(small_server_connections(fixture->server), 0);
}

#define HTTP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST(answers_without_end_are_ended),
        HTTP_TEST(what_is_not_counted_is_ended_by_the_clock),
        HTTP_TEST(a_transfer_is_not_unpacked),
        HTTP_TEST(content_is_not_unpacked),
        HTTP_TEST(trailers_are_no_headers),
        HTTP_TEST(what_is_no_header_is_left_out),
        HTTP_TEST(cookies_are_not_kept),
        HTTP_TEST(what_breaks_http_is_no_reply),
        HTTP_TEST(internal_addresses_are_not_connected),
        HTTP_TEST(a_policy_lets_some_be_connected),
        HTTP_TEST(no_proxy_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
