#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <dlfcn.h>

#include "net/http_client.h"
#include "net/loop.h"

#include "net_fixture.h"

enum { REQUESTS = 20 };

/*
 * libcurl as it is when it has forgotten its time-outs: it is not told of them. The client's calls
 * come here first.
 */
#undef curl_easy_setopt
__attribute__((visibility("default"))) CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    CURLcode (*real)(CURL *, CURLoption, ...);
    void *symbol = dlsym(RTLD_NEXT, "curl_easy_setopt");
    va_list arguments;

    assert_non_null(symbol);
    memcpy(&real, &symbol, sizeof(real));
    va_start(arguments, option);
    void *value = va_arg(arguments, void *); /* a pointer, a long or an offset: all as large */
    va_end(arguments);
    return option == CURLOPT_TIMEOUT_MS ? CURLE_OK : real(easy, option, value);
}

static bool answer(int socket, const char *path, unsigned copy)
{
    (void)copy;
    return strcmp(path, "/hang") == 0 ||
           small_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

struct told {
    unsigned replies, failures;
};

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct told *told = context;

    told->replies += reply != NULL;
    if (!failure)
        return;
    told->failures++;
    assert_int_equal(failure->kind, HTTP_NO_ANSWER);
    assert_non_null(strstr(failure->message, "Timeout"));
}

static void ask(struct http_client *client, const struct small_server *server, const char *path,
                struct told *told)
{
    struct http_request request;

    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
    text_addf(&request.url, "http://127.0.0.1:%d%s", server->port, path);
    text_add(&request.body, "a=1");
    (void)http_client_send(client, &request, on_done, told);
    http_request_release(&request);
}

static void a_request_ends_though_its_time_out_was_forgotten(void **state)
{
    (void)state;
    struct net_fixture net;
    struct told told = {0};

    net_fixture_init(
        &net, (struct http_client_options){.policy = &loopback_policy, .request_timeout_ms = 2000});
    struct small_server *server = net_fixture_serve(&net, answer);
    ask(net.client, server, "/ok", &told); /* so that the host is known */
    loop_run(net.loop);
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(net.client, server, i % 2 ? "/ok" : "/hang", &told);
    loop_run(net.loop); /* until nothing is under way */
    assert_int_equal(told.replies, 1 + REQUESTS / 2);
    assert_int_equal(told.failures, REQUESTS / 2);
    net_fixture_release(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_ends_though_its_time_out_was_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
