#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "net/http_client.h"
#include "net/loop.h"

#include "net_fixture.h"

/* --- what the server does ------------------------------------------------------------------- */

static bool say_ok(int socket)
{
    return small_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Rate: 7\r\n\r\nok");
}

static bool say_large(int socket, size_t body_size)
{
    char head[128];
    char *body = malloc(body_size);

    memset(body, 'b', body_size);
    (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body_size);
    bool sent = small_say(socket, head) && small_send(socket, body, body_size);
    free(body);
    return sent;
}

static bool say_chunks_without_end(int socket)
{
    char chunk[65536 + 9];

    memcpy(chunk, "10000\r\n", 7);
    memset(chunk + 7, 'c', 65536);
    memcpy(chunk + 7 + 65536, "\r\n", 2);
    if (!small_say(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        return false;
    for (int i = 0; i < 64; i++)
        if (!small_send(socket, chunk, sizeof(chunk)))
            return false;
    return small_say(socket, "0\r\n\r\n");
}

static bool say_many_headers(int socket)
{
    char line[1003];

    memset(line, 'h', sizeof(line));
    memcpy(line, "X-Filler: ", 10);
    memcpy(line + sizeof(line) - 3, "\r\n", 3);
    if (!small_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"))
        return false;
    for (int i = 0; i < 80; i++)
        if (!small_say(socket, line))
            return false;
    return small_say(socket, "\r\n");
}

static bool is_path(const char *path, const char *wanted)
{
    return strncmp(path, wanted, strlen(wanted)) == 0;
}

static bool answer(int socket, const char *path, unsigned copy)
{
    static const struct {
        const char *path, *words;
        bool keep;
    } answers[] = {
        {"/refuse", "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbusy", true},
        {"/empty", "HTTP/1.1 204 No Content\r\n\r\n", true},
        {"/hint",
         "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
         "HTTP/1.1 200 OK\r\nX-LATE:  two words \r\nContent-Length: 2\r\n\r\nok",
         true},
        {"/redirect", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", true},
        {"/until-close", "HTTP/1.0 200 OK\r\n\r\nall of it", false},
        {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", false},
        {"/cut-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
         false},
        {"/half-head", "HTTP/1.1 200 OK\r\nContent-Le", false},
        {"/garbage", "SSH-2.0-OpenSSH_9.2\r\n", false},
        {"/hang-up", "", false},
        {"/hang", "", true},
        {"/half-hang", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (strcmp(path, answers[i].path) == 0)
            return small_say(socket, answers[i].words) && answers[i].keep;
    if (is_path(path, "/trap"))
        return copy > 1 && say_ok(socket); /* the first copy is read and not answered */
    if (is_path(path, "/just-fits"))
        return say_large(socket, REPLY_BODY_MAX_BYTES);
    if (is_path(path, "/too-large"))
        return say_large(socket, REPLY_BODY_MAX_BYTES + 1);
    if (is_path(path, "/endless"))
        return say_chunks_without_end(socket);
    if (is_path(path, "/headers"))
        return say_many_headers(socket);
    return say_ok(socket);
}

/* --- a client and a server ------------------------------------------------------------------ */

struct fixture {
    struct net_fixture net;
    struct small_server *server;
    struct error error;
};

static struct http_client_options options_of(int64_t connect_ms, int64_t request_ms)
{
    return (struct http_client_options){
        .policy = &loopback_policy,
        .connect_timeout_ms = connect_ms,
        .request_timeout_ms = request_ms,
    };
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    net_fixture_init(&fixture->net, options_of(5000, 20000));
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

/* What came of a request. */
struct answered {
    struct fixture *fixture;
    unsigned calls;
    int status; /* 0: no reply */
    size_t body_size;
    char body[64], header[64];
    char headers[256];
    struct http_failure failure;
    unsigned *left; /* counted down; NULL: not */
};

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct answered *answered = context;

    answered->calls++;
    assert_true((reply == NULL) != (failure == NULL));
    if (failure) {
        answered->failure = *failure;
    } else {
        answered->status = reply->status;
        answered->body_size = reply->body_size;
        assert_int_equal(reply->body[reply->body_size], 0);
        assert_true(reply->received_unix_ms > 0);
        (void)snprintf(answered->body, sizeof(answered->body), "%s", reply->body);
        (void)snprintf(answered->headers, sizeof(answered->headers), "%s", reply->headers);
    }
    if (answered->left)
        (*answered->left)--;
}

static struct http_request request_of(struct fixture *fixture, enum http_method method,
                                      enum request_effect effect, const char *path,
                                      const char *body)
{
    struct http_request request;

    http_request_init(&request);
    http_request_reset(&request, method, effect);
    text_addf(&request.url, "http://127.0.0.1:%d%s", fixture->server->port, path);
    text_add(&request.body, body);
    return request;
}

static void start(struct fixture *fixture, struct http_request *request, struct answered *answered)
{
    answered->fixture = fixture;
    (void)http_client_send(fixture->net.client, request, on_done, answered);
    assert_int_equal(answered->calls, 0); /* never from within the call */
    http_request_release(request);        /* the client has its copy */
}

/* Sends one and waits for it: what is under way keeps the loop running, and nothing else does. */
static struct answered ask(struct fixture *fixture, enum http_method method,
                           enum request_effect effect, const char *path, const char *body)
{
    struct http_request request = request_of(fixture, method, effect, path, body);
    struct answered answered = {0};

    start(fixture, &request, &answered);
    loop_run(fixture->net.loop);
    assert_int_equal(answered.calls, 1);
    return answered;
}

static struct answered get(struct fixture *fixture, const char *path)
{
    return ask(fixture, HTTP_GET, EFFECT_NONE, path, "");
}

/* --- whole replies -------------------------------------------------------------------------- */

static void replies_come_whole(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *path;
        int status;
        size_t body_size;
        const char *body, *headers;
    } cases[] = {
        {"/ok", 200, 2, "ok", "content-length: 2\nx-rate: 7\n"},
        {"/refuse", 503, 4, "busy", "retry-after: 3\ncontent-length: 4\n"},
        {"/empty", 204, 0, "", ""},
        {"/until-close", 200, 9, "all of it", ""},
        {"/just-fits", 200, REPLY_BODY_MAX_BYTES, NULL, NULL},
        /* Headers of the last answer only; the space around a value is no part of it. */
        {"/hint", 200, 2, "ok", "x-late: two words \ncontent-length: 2\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answered answered = get(fixture, cases[i].path);
        if (answered.status == 0)
            fail_msg("%s: %s", cases[i].path, answered.failure.message);
        assert_int_equal(answered.status, cases[i].status);
        assert_int_equal(answered.body_size, cases[i].body_size);
        if (cases[i].body)
            assert_string_equal(answered.body, cases[i].body);
        if (cases[i].headers && strcmp(cases[i].path, "/hint") != 0)
            assert_string_equal(answered.headers, cases[i].headers);
        if (strcmp(cases[i].path, "/hint") == 0) {
            assert_non_null(strstr(answered.headers, "x-late: two words"));
            assert_null(strstr(answered.headers, "x-early"));
        }
    }
}

static void requests_arrive_as_they_were_built(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum http_method method;
        enum request_effect effect;
        const char *body, *first, *length;
    } cases[] = {
        {HTTP_GET, EFFECT_NONE, "", "GET /seen?q=1 HTTP/1.1\r\n", NULL},
        {HTTP_HEAD, EFFECT_NONE, "", "HEAD /seen?q=1 HTTP/1.1\r\n", NULL},
        {HTTP_POST, EFFECT_ONCE, "a=\"1\"", "POST /seen?q=1 HTTP/1.1\r\n", "Content-Length: 5\r\n"},
        {HTTP_POST, EFFECT_REPEATABLE, "a=2", "POST /seen?q=1 HTTP/1.1\r\n",
         "Content-Length: 3\r\n"},
        {HTTP_POST, EFFECT_ONCE, "", "POST /seen?q=1 HTTP/1.1\r\n", "Content-Length: 0\r\n"},
        {HTTP_PUT, EFFECT_REPEATABLE, "{}", "PUT /seen?q=1 HTTP/1.1\r\n", "Content-Length: 2\r\n"},
        {HTTP_PUT, EFFECT_ONCE, "{}", "PUT /seen?q=1 HTTP/1.1\r\n", "Content-Length: 2\r\n"},
        {HTTP_DELETE, EFFECT_REPEATABLE, "", "DELETE /seen?q=1 HTTP/1.1\r\n", NULL},
        {HTTP_DELETE, EFFECT_REPEATABLE, "x", "DELETE /seen?q=1 HTTP/1.1\r\n",
         "Content-Length: 1\r\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request =
            request_of(fixture, cases[i].method, cases[i].effect, "/seen?q=1", cases[i].body);
        struct answered answered = {0};
        char last[2048];
        http_request_header(&request, "Authorization", "Bearer t");
        http_request_header(&request, "Content-Type", "application/json");
        start(fixture, &request, &answered);
        loop_run(fixture->net.loop);
        assert_int_equal(answered.status, 200);
        small_server_last(fixture->server, last, sizeof(last));
        assert_memory_equal(last, cases[i].first, strlen(cases[i].first));
        assert_non_null(strstr(last, "\r\nAuthorization: Bearer t\r\n"));
        assert_non_null(strstr(last, "\r\nContent-Type: application/json\r\n"));
        assert_non_null(strstr(last, "\r\nUser-Agent: crisis/"));
        assert_null(strcasestr(last, "\r\nExpect:"));
        assert_null(strcasestr(last, "\r\nTransfer-Encoding:"));
        assert_non_null(strstr(last, "\r\nAccept-Encoding: identity\r\n"));
        if (cases[i].length)
            assert_non_null(strstr(last, cases[i].length));
        assert_string_equal(strstr(last, "\r\n\r\n") + 4, cases[i].body);
    }
}

/* A body that needs many writes, and so large that libcurl would ask first ("Expect"). */
static void a_large_body_goes_out_whole(void **state)
{
    struct fixture *fixture = *state;
    enum { SIZE = 1100 * 1024 };
    char *body = malloc(SIZE + 1);
    char *last = malloc(SMALL_REQUEST_MAX + 1);

    for (size_t i = 0; i < SIZE; i++)
        body[i] = (char)('a' + i % 23);
    body[SIZE] = '\0';
    for (int effect = EFFECT_REPEATABLE; effect <= EFFECT_ONCE; effect++) {
        struct answered answered =
            ask(fixture, HTTP_POST, (enum request_effect)effect, "/seen", body);
        assert_int_equal(answered.status, 200);
        small_server_last(fixture->server, last, SMALL_REQUEST_MAX + 1);
        assert_null(strcasestr(last, "\r\nExpect:"));
        assert_string_equal(strstr(last, "\r\n\r\n") + 4, body);
    }
    free(last);
    free(body);
}

/* Body, file and tail arrive as one, whichever of them are there and however they are cut. */
static void a_file_goes_out_between_body_and_tail(void **state)
{
    struct fixture *fixture = *state;
    enum { SIZE = 300 * 1024 };
    char *file = malloc(SIZE + 1), *last = malloc(SMALL_REQUEST_MAX + 1);
    static const struct {
        const char *body, *tail;
        size_t size;
    } cases[] = {{"--b\r\n", "\r\n--b--", SIZE}, {"", "", SIZE}, {"", "t", 1}, {"b", "", 16384}};

    memset(file, 'f', SIZE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request =
            request_of(fixture, HTTP_POST, (enum request_effect)(i % 3), "/seen", cases[i].body);
        struct answered answered = {0};
        request.file = file;
        request.file_size_bytes = cases[i].size;
        text_add(&request.tail, cases[i].tail);
        size_t size = http_request_size_bytes(&request);
        start(fixture, &request, &answered);
        loop_run(fixture->net.loop);
        assert_int_equal(answered.status, 200);
        small_server_last(fixture->server, last, SMALL_REQUEST_MAX + 1);
        const char *sent = strstr(last, "\r\n\r\n") + 4;
        assert_int_equal(strlen(sent), size);
        assert_memory_equal(sent, cases[i].body, strlen(cases[i].body));
        assert_memory_equal(sent + strlen(cases[i].body), file, cases[i].size);
        assert_string_equal(sent + strlen(cases[i].body) + cases[i].size, cases[i].tail);
    }
    free(last);
    free(file);
}

static void redirects_are_not_followed(void **state)
{
    struct fixture *fixture = *state;
    struct answered answered = ask(fixture, HTTP_POST, EFFECT_ONCE, "/redirect", "a=1");

    assert_int_equal(answered.status, 302);
    assert_non_null(strstr(answered.headers, "location: /ok\n"));
    assert_int_equal(small_server_count(fixture->server, "/redirect"), 1);
    assert_int_equal(small_server_count(fixture->server, NULL), 1);
}

/* --- no whole reply ------------------------------------------------------------------------- */

static void assert_failed(const struct answered *answered, enum http_failure_kind kind,
                          const char *what)
{
    if (answered->status != 0)
        fail_msg("%s: a reply, status %d", what, answered->status);
    if (answered->failure.kind != kind)
        fail_msg("%s: kind %d: %s", what, (int)answered->failure.kind, answered->failure.message);
    assert_true(answered->failure.message[0] != '\0');
    /* A path may hold a credential. */
    assert_null(strstr(answered->failure.message, what));
}

static void a_reply_that_is_not_whole_is_none(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *path, *words;
    } cases[] = {
        {"/hang-up", "closed without an answer"},
        {"/short", NULL},
        {"/cut-chunk", NULL},
        {"/half-head", NULL},
        {"/garbage", NULL},
        {"/too-large", "larger than any"},
        {"/endless", "larger than any"},
        {"/headers", "larger than any"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t before = small_server_count(fixture->server, NULL);
        struct answered answered = ask(fixture, HTTP_POST, EFFECT_ONCE, cases[i].path, "a=1");
        assert_failed(&answered, HTTP_NO_ANSWER, cases[i].path);
        if (cases[i].words && !strstr(answered.failure.message, cases[i].words))
            fail_msg("%s: %s", cases[i].path, answered.failure.message);
        assert_int_equal(small_server_count(fixture->server, NULL), before + 1);
        assert_false(answered.failure.tls_untrusted);
    }
    assert_int_equal(get(fixture, "/ok").status, 200); /* and life goes on */
}

static void what_never_left_is_said_so(void **state)
{
    struct fixture *fixture = *state;
    int closed_port;
    int closed = small_bind(&closed_port);
    const struct {
        const char *before;
        int port;
        const char *after;
    } cases[] = {
        {"http://127.0.0.1:", closed_port, "/secret"},               /* nobody listens */
        {"https://127.0.0.1:", fixture->server->port, "/secret"},    /* no TLS there */
        {"ftp://127.0.0.1:", fixture->server->port, "/secret"},      /* another protocol */
        {"http://u:p@127.0.0.1:", fixture->server->port, "/secret"}, /* a password in it */
        {"http://127.0.0.1:9", closed_port, "0000/secret"},          /* no such port */
        {"/secret", 1, ""},                                          /* no URL */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request;
        struct answered answered = {0};
        http_request_init(&request);
        http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
        text_addf(&request.url, "%s%d%s", cases[i].before, cases[i].port, cases[i].after);
        text_add(&request.body, "a=1");
        start(fixture, &request, &answered);
        loop_run(fixture->net.loop);
        assert_int_equal(answered.calls, 1);
        assert_failed(&answered, HTTP_NOT_SENT, "/secret");
    }
    assert_int_equal(small_server_count(fixture->server, NULL), 0);
    assert_in_range(small_server_connections(fixture->server), 0, 1); /* that for TLS */
    (void)close(closed);
}

/* The queue of a listener that nobody serves is full: the connection never stands. */
static void a_connection_that_takes_too_long_is_not_sent(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port, fillers[4];
    int listener = small_bind(&port);

    assert_int_equal(listen(listener, 0), 0);
    address.sin_port = htons((uint16_t)port);
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(fillers[i] >= 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    net_fixture_renew(&fixture->net, options_of(100, 20000));
    struct http_request request = request_of(fixture, HTTP_POST, EFFECT_ONCE, "", "a=1");
    struct answered answered = {0};
    text_reset(&request.url);
    text_addf(&request.url, "http://127.0.0.1:%d/post", port);
    start(fixture, &request, &answered);
    loop_run(fixture->net.loop);
    assert_int_equal(answered.calls, 1);
    assert_failed(&answered, HTTP_NOT_SENT, "/post");
    for (int i = 0; i < 4; i++)
        (void)close(fillers[i]);
    (void)close(listener);
}

static void an_answer_that_takes_too_long_is_none(void **state)
{
    struct fixture *fixture = *state;
    static const char *const paths[] = {"/hang", "/half-hang"};

    net_fixture_renew(&fixture->net, options_of(5000, 2000));
    for (int i = 0; i < 2; i++) {
        struct answered answered = ask(fixture, HTTP_POST, EFFECT_ONCE, paths[i], "a=1");
        assert_failed(&answered, HTTP_NO_ANSWER, paths[i]);
        assert_int_equal(small_server_count(fixture->server, paths[i]), 1);
    }
}

/* --- never twice ---------------------------------------------------------------------------- */

/*
 * The trap: a kept connection is used again, and closes without a byte of answer. libcurl then
 * sends the request again by itself. The server has read the first copy: for a post, that is one.
 */
static void a_post_is_never_repeated(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum http_method method;
        const char *body;
    } cases[] = {
        {HTTP_POST, "text=1"}, {HTTP_POST, ""},         {HTTP_PUT, "text=1"}, {HTTP_PUT, ""},
        {HTTP_DELETE, ""},     {HTTP_DELETE, "text=1"}, {HTTP_GET, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[16];
        (void)snprintf(path, sizeof(path), "/trap-%zu", i);
        for (int warm = 0; warm < 3; warm++) /* connections that were used before */
            assert_int_equal(get(fixture, "/ok").status, 200);
        struct answered answered = ask(fixture, cases[i].method, EFFECT_ONCE, path, cases[i].body);
        assert_failed(&answered, HTTP_NO_ANSWER, path);
        assert_int_equal(small_server_count(fixture->server, path), 1);
    }
}

static void a_large_post_is_never_repeated(void **state)
{
    struct fixture *fixture = *state;
    char *body = calloc(1, 60001);

    memset(body, 'x', 60000);
    assert_int_equal(get(fixture, "/ok").status, 200);
    assert_int_equal(ask(fixture, HTTP_POST, EFFECT_ONCE, "/ok", body).status, 200);
    struct answered answered = ask(fixture, HTTP_POST, EFFECT_ONCE, "/trap", body);
    assert_failed(&answered, HTTP_NO_ANSWER, "/trap");
    assert_int_equal(small_server_count(fixture->server, "/trap"), 1);
    free(body);
}

static void a_posted_file_is_never_repeated(void **state)
{
    struct fixture *fixture = *state;
    struct answered answered = {0};

    assert_int_equal(get(fixture, "/ok").status, 200);
    struct http_request request = request_of(fixture, HTTP_POST, EFFECT_ONCE, "/trap", "");
    request.file = "bytes";
    request.file_size_bytes = 5;
    start(fixture, &request, &answered);
    loop_run(fixture->net.loop);
    assert_failed(&answered, HTTP_NO_ANSWER, "/trap");
    assert_int_equal(small_server_count(fixture->server, "/trap"), 1);
}

static void what_only_reads_may_be_repeated(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum http_method method;
        enum request_effect effect;
        const char *body;
    } cases[] = {
        {HTTP_GET, EFFECT_NONE, ""},
        {HTTP_PUT, EFFECT_REPEATABLE, "text=1"},
        {HTTP_POST, EFFECT_REPEATABLE, "text=1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[16];
        (void)snprintf(path, sizeof(path), "/trap-%zu", i);
        for (int warm = 0; warm < 3; warm++)
            assert_int_equal(get(fixture, "/ok").status, 200);
        struct answered answered =
            ask(fixture, cases[i].method, cases[i].effect, path, cases[i].body);
        size_t copies = small_server_count(fixture->server, path);
        /* Either is the truth: no answer to the only copy, or the answer to the second. But what
         * changes something is repeated by the caller only, who must know of both. */
        assert_in_range(copies, 1, cases[i].effect == EFFECT_NONE ? 2 : 1);
        if (copies == 1)
            assert_failed(&answered, HTTP_NO_ANSWER, path);
        else
            assert_int_equal(answered.status, 200);
    }
}

static void posts_are_counted_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 40 };
    struct answered answered[COUNT] = {0};

    assert_int_equal(get(fixture, "/ok").status, 200);
    for (size_t i = 0; i < COUNT; i++) {
        char path[16];
        (void)snprintf(path, sizeof(path), "/%s-%zu", i % 2 ? "trap" : "post", i);
        struct http_request request = request_of(fixture, HTTP_POST, EFFECT_ONCE, path, "a=1");
        start(fixture, &request, &answered[i]);
    }
    loop_run(fixture->net.loop);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(answered[i].calls, 1);
        assert_int_equal(answered[i].status, i % 2 ? 0 : 200);
    }
    assert_int_equal(small_server_count(fixture->server, NULL), COUNT + 1);
}

/* --- hosts and connections ------------------------------------------------------------------ */

static void connections_are_kept(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 10; i++)
        assert_int_equal(ask(fixture, HTTP_POST, EFFECT_ONCE, "/ok", "a=1").status, 200);
    /* One before the protocol was known, one since. */
    assert_in_range(small_server_connections(fixture->server), 1, 2);
    assert_int_equal(http_client_connections_opened(fixture->net.client),
                     small_server_connections(fixture->server));
}

struct known {
    unsigned calls;
    char origin[64];
};

static void on_host_known(void *context, const char *origin)
{
    struct known *known = context;
    known->calls++;
    (void)snprintf(known->origin, sizeof(known->origin), "%s", origin);
}

static void a_host_becomes_known_once(void **state)
{
    struct fixture *fixture = *state;
    struct known known = {0};
    char origin[64];

    (void)snprintf(origin, sizeof(origin), "http://127.0.0.1:%d", fixture->server->port);
    http_client_on_host_known(fixture->net.client, on_host_known, &known);
    assert_int_equal(http_client_host_protocol(fixture->net.client, origin), HOST_UNKNOWN);
    assert_int_equal(http_client_host_capacity(fixture->net.client, origin), 1);
    for (int i = 0; i < 3; i++)
        (void)get(fixture, "/ok");
    assert_int_equal(known.calls, 1);
    assert_string_equal(known.origin, origin);
    assert_int_equal(http_client_host_protocol(fixture->net.client, origin), HOST_HTTP1);
    assert_true(http_client_host_capacity(fixture->net.client, origin) > 1);
    http_client_on_host_known(fixture->net.client, NULL, NULL);
}

static void many_at_once(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 300 };
    struct answered *answered = calloc(COUNT, sizeof(*answered));
    unsigned left = COUNT;

    /* Once while the host is unknown, once since. */
    for (int round = 1; round <= 2; round++) {
        memset(answered, 0, COUNT * sizeof(*answered));
        left = COUNT;
        for (size_t i = 0; i < COUNT; i++) {
            struct http_request request =
                request_of(fixture, HTTP_POST, EFFECT_ONCE, "/many", "a=1");
            answered[i].left = &left;
            start(fixture, &request, &answered[i]);
        }
        loop_run(fixture->net.loop);
        assert_int_equal(left, 0);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(answered[i].calls, 1);
            assert_int_equal(answered[i].status, 200);
        }
        assert_int_equal(small_server_count(fixture->server, "/many"), (size_t)round * COUNT);
    }
    assert_in_range(small_server_open_most(fixture->server), 1, 16);
    free(answered);
}

/* A callback may send the next request. */
static void send_next(void *context, const struct http_reply *reply,
                      const struct http_failure *failure)
{
    struct answered *answered = context;

    assert_non_null(reply);
    assert_null(failure);
    if (++answered->calls == 20)
        return;
    struct http_request request =
        request_of(answered->fixture, HTTP_POST, EFFECT_ONCE, "/chain", "a=1");
    (void)http_client_send(answered->fixture->net.client, &request, send_next, answered);
    http_request_release(&request);
}

static void one_leads_to_the_next(void **state)
{
    struct fixture *fixture = *state;
    struct answered answered = {.fixture = fixture};
    struct http_request request = request_of(fixture, HTTP_GET, EFFECT_NONE, "/chain", "");

    (void)http_client_send(fixture->net.client, &request, send_next, &answered);
    http_request_release(&request);
    loop_run(fixture->net.loop);
    assert_int_equal(answered.calls, 20);
    assert_int_equal(small_server_count(fixture->server, "/chain"), 20);
}

/* --- dropping ------------------------------------------------------------------------------- */

static void what_is_dropped_does_not_call_back(void **state)
{
    struct fixture *fixture = *state;
    struct answered answered[6] = {0};

    for (size_t i = 0; i < 6; i++) {
        struct http_request request =
            request_of(fixture, HTTP_POST, EFFECT_ONCE, i % 2 ? "/hang" : "/ok", "a=1");
        start(fixture, &request, &answered[i]);
    }
    http_client_drop_all(fixture->net.client); /* before anything happened */
    loop_run(fixture->net.loop);
    for (size_t i = 0; i < 6; i++) {
        struct http_request request = request_of(fixture, HTTP_POST, EFFECT_ONCE, "/hang", "a=1");
        start(fixture, &request, &answered[i]);
    }
    while (small_server_count(fixture->server, "/hang") < 1)
        loop_turn(fixture->net.loop);
    http_client_drop_all(fixture->net.client); /* under way */
    loop_run(fixture->net.loop);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(answered[i].calls, 0);
    assert_int_equal(get(fixture, "/ok").status, 200);

    struct http_request request = request_of(fixture, HTTP_POST, EFFECT_ONCE, "/hang", "a=1");
    start(fixture, &request, &answered[0]);
    net_fixture_renew(&fixture->net, options_of(0, 0)); /* frees the client with one under way */
    assert_int_equal(answered[0].calls, 0);
}

static void certificates_must_be_readable(void **state)
{
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];
    struct http_client_options options = {
        .ca_file = test_folder_file(&fixture->net.folder, "none.pem", path)};
    struct http_client *client = NULL;

    assert_int_equal(http_client_new(fixture->net.loop, &options, &client, &fixture->error), -1);
    assert_null(client);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->error.message, path));
    assert_non_null(strstr(fixture->error.next, "ca-file"));
    http_client_free(NULL);
}

#define HTTP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST(replies_come_whole),
        HTTP_TEST(requests_arrive_as_they_were_built),
        HTTP_TEST(a_large_body_goes_out_whole),
        HTTP_TEST(a_file_goes_out_between_body_and_tail),
        HTTP_TEST(a_posted_file_is_never_repeated),
        HTTP_TEST(redirects_are_not_followed),
        HTTP_TEST(a_reply_that_is_not_whole_is_none),
        HTTP_TEST(what_never_left_is_said_so),
        HTTP_TEST(a_connection_that_takes_too_long_is_not_sent),
        HTTP_TEST(an_answer_that_takes_too_long_is_none),
        HTTP_TEST(a_post_is_never_repeated),
        HTTP_TEST(a_large_post_is_never_repeated),
        HTTP_TEST(what_only_reads_may_be_repeated),
        HTTP_TEST(posts_are_counted_one_by_one),
        HTTP_TEST(connections_are_kept),
        HTTP_TEST(a_host_becomes_known_once),
        HTTP_TEST(many_at_once),
        HTTP_TEST(one_leads_to_the_next),
        HTTP_TEST(what_is_dropped_does_not_call_back),
        HTTP_TEST(certificates_must_be_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
