#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/http_message.h"

static void builds_requests(void **state)
{
    (void)state;
    struct http_request request;
    http_request_init(&request);
    assert_true(request.url.secret && request.headers.secret && request.body.secret);
    assert_false(http_request_is_whole(&request)); /* no URL yet */
    http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
    text_add(&request.url, "https://example.no/");
    http_request_header(&request, "Accept", "application/json");
    http_request_header(&request, "X-Empty", "");
    assert_string_equal(request.headers.bytes, "Accept: application/json\nX-Empty: \n");
    assert_true(http_request_is_whole(&request));
    http_request_reset(&request, HTTP_GET, EFFECT_NONE);
    assert_int_equal(request.headers.length + request.url.length + request.body.length, 0);
    http_request_release(&request);
}

static void refuses_header_injection(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"Authorization", "Bearer a\r\nHost: evil"},
        {"A", "b\nc"},
        {"A", "b\rc"},
        {"A", "\x7f"},
        {"A", "\x01"},
        {"A:", "b"},
        {"", "b"},
        {"A B", "c"},
        {"A\n", "c"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request;
        http_request_init(&request);
        text_add(&request.url, "https://example.no/");
        http_request_header(&request, cases[i].name, cases[i].value);
        assert_false(http_request_is_whole(&request));
        assert_int_equal(request.headers.length, 0);
        http_request_header(&request, "Accept", "text/plain"); /* does not heal it */
        assert_false(http_request_is_whole(&request));
        http_request_release(&request);
    }
}

static void names_methods(void **state)
{
    (void)state;
    assert_string_equal(http_method_name(HTTP_GET), "GET");
    assert_string_equal(http_method_name(HTTP_POST), "POST");
    assert_string_equal(http_method_name(HTTP_HEAD), "HEAD");
    assert_string_equal(http_method_name(HTTP_PUT), "PUT");
    assert_string_equal(http_method_name(HTTP_DELETE), "DELETE");
}

static void finds_headers(void **state)
{
    (void)state;
    struct http_reply reply = {.headers = "content-type-x: no\ncontent-type:  text/html \r\n"
                                          "empty:\ncontent-type: second\nno colon\nlast: x"};
    char value[32];
    assert_true(http_reply_header(&reply, "content-type", value, sizeof(value)));
    assert_string_equal(value, "text/html");
    assert_true(http_reply_header(&reply, "empty", value, sizeof(value)));
    assert_string_equal(value, "");
    assert_true(http_reply_header(&reply, "last", value, sizeof(value)));
    assert_string_equal(value, "x");
    assert_false(http_reply_header(&reply, "content", value, sizeof(value)));
    assert_false(http_reply_header(&reply, "no colon", value, sizeof(value)));
    char small[9];
    assert_false(http_reply_header(&reply, "content-type", small, sizeof(small)));
    reply.headers = NULL;
    assert_false(http_reply_header(&reply, "last", value, sizeof(value)));
}

static void reads_retry_after(void **state)
{
    (void)state;
    /* 2026-11-23T03:04:12Z */
    static const int64_t now_ms = INT64_C(1795403052000);
    static const struct {
        const char *headers;
        int64_t wait_ms;
    } cases[] = {
        {"", -1},
        {"retry-after: 120\n", 120000},
        {"retry-after: 0\n", 0},
        {"retry-after: 000\n", 0},
        {"retry-after: 99999999999999999999\n", 86400000},
        {"retry-after: 86401\n", 86400000},
        {"retry-after: -1\n", -1},
        {"retry-after: 1.5\n", -1},
        {"retry-after: \n", -1},
        {"retry-after: soon\n", -1},
        {"retry-after: Mon, 23 Nov 2026 03:05:12 GMT\n", 60000},
        {"retry-after: Mon, 23 Nov 2026 03:04:00 GMT\n", 0},
        {"retry-after: Monday, 23-Nov-26 03:05:12 GMT\n", 60000},
        {"retry-after: Mon Nov 23 03:05:12 2026\n", 60000},
        {"retry-after: Sun Dec  6 03:05:12 2026\n", 86400000},
        {"retry-after: Mon, 23 Nov 2026 03:05:12 CET\n", -1},
        {"retry-after: Mon, 23 Nov 2026 03:05:12 GMT x\n", -1},
        {"retry-after: Mon, 31 Feb 2026 03:05:12 GMT\n", -1},
        {"retry-after: Mon, 23 Foo 2026 03:05:12 GMT\n", -1},
        {"retry-after: Mon, -3 Nov 2026 03:05:12 GMT\n", -1},
        {"retry-after: Tue, 01 Jan 2030 00:00:00 GMT\n", 86400000},
        /* By the server's own clock. */
        {"retry-after: Mon, 23 Nov 2026 04:05:12 GMT\ndate: Mon, 23 Nov 2026 04:04:12 GMT\n",
         60000},
        {"retry-after: Mon, 23 Nov 2026 03:05:12 GMT\ndate: yesterday\n", 60000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_reply reply = {.headers = cases[i].headers, .received_unix_ms = now_ms};
        if (http_reply_retry_after_ms(&reply) != cases[i].wait_ms)
            print_error("%s", cases[i].headers);
        assert_int_equal(http_reply_retry_after_ms(&reply), cases[i].wait_ms);
    }
}

static void tells_the_servers_time(void **state)
{
    (void)state;
    const int64_t ours_ms = 5;
    struct http_reply reply = {.headers = "date: Mon, 23 Nov 2026 04:04:12 GMT\n",
                               .received_unix_ms = ours_ms};

    assert_int_equal(http_reply_server_unix_ms(&reply), INT64_C(1795406652000));
    reply.headers = "date: today\n";
    assert_int_equal(http_reply_server_unix_ms(&reply), ours_ms);
    reply.headers = "";
    assert_int_equal(http_reply_server_unix_ms(&reply), ours_ms);
}

static const struct {
    const char *url;
    bool acceptable, loopback;
} url_cases[] = {
    {"https://graph.facebook.com/v25.0", true, false},
    {"https://example.no", true, false},
    {"https://example.no?a=b", true, false},
    {"https://xn--blbr-roah.no:8443/a%20b", true, false},
    {"HTTPS://Example.NO/", true, false},
    {"https://192.0.2.1/", true, false},
    {"https://[2001:db8::1]:8443/", true, false},
    {"https://my_host.example.no/", true, false},
    {"https://127.0.0.1:8443", true, true},
    {"http://127.0.0.1", true, true},
    {"http://127.255.0.9:8080/x", true, true},
    {"http://[::1]:8080/", true, true},
    {"http://localhost/", true, true},
    {"http://krise.localhost:80/", true, true},

    {"http://example.no/", false, false},
    {"http://192.0.2.1/", false, false},
    {"http://[2001:db8::1]/", false, false},
    {"http://[::ffff:127.0.0.1]/", false, false},
    {"http://[0:0:0:0:0:0:0:1]/", false, false},
    {"http://127.1/", false, false},
    {"http://127.0.1/", false, false},
    {"https://2130706433/", false, false},
    {"http://2130706433/", false, false},
    {"http://0x7f000001/", false, false},
    {"http://0x7f.0.0.1/", false, false},
    {"http://0177.0.0.1/", false, false},
    {"http://127.0.0.01/", false, false},
    {"http://127.0.0.256/", false, false},
    {"http://127.0.0.1.5/", false, false},
    {"http://127.0.0.1./", false, false},
    {"http://localhost./", false, false},
    {"http://LOCALHOST/", false, false},
    {"http://Localhost/", false, false},
    {"http://localhost.example.no/", false, false},
    {"http://notlocalhost/", false, false},
    {"http://.localhost/", false, false},
    {"http://a..localhost/", false, false},
    {"http://local%68ost/", false, false},
    {"http://%6cocalhost/", false, false},
    {"http://127.0.0.1%00.example.no/", false, false},
    {"http://localhost@example.no/", false, false},
    {"http://user:secret@localhost/", false, false},
    {"https://user@example.no/", false, false},
    {"https://example.no@/", false, false},
    {"http://localhost\\@example.no/", false, false},
    {"http://localhost#@example.no/", false, false},
    {"https://example.no/#part", false, false},
    {"https://example.no/a b", false, false},
    {"https://example.no/\n", false, false},
    {"https://example.no/\x01", false, false},
    {"https://ex\xc3\xa5mple.no/", false, false},
    {"https://example.no/%zz", false, false},
    {"https://example.no/%4", false, false},
    {"https://example.no:/", false, false},
    {"https://example.no:0/", false, false},
    {"https://example.no:65536/", false, false},
    {"https://example.no:123456/", false, false},
    {"https://example.no:8a/", false, false},
    {"https://[::1/", false, false},
    {"https://[::1]x/", false, false},
    {"https://[fe80::1%25eth0]/", false, false},
    {"https://[]/", false, false},
    {"https://-a.no/", false, false},
    {"https://a-.no/", false, false},
    {"https:///path", false, false},
    {"https://", false, false},
    {"https:/example.no", false, false},
    {"ftp://example.no/", false, false},
    {"file:///etc/passwd", false, false},
    {"//example.no/", false, false},
    {"example.no", false, false},
    {" https://example.no/", false, false},
    {"", false, false},
};

static void accepts_only_safe_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(url_cases) / sizeof(url_cases[0]); i++) {
        if (url_is_acceptable(url_cases[i].url) != url_cases[i].acceptable ||
            url_is_loopback(url_cases[i].url) != url_cases[i].loopback)
            print_error("wrong: %s\n", url_cases[i].url);
        assert_int_equal(url_is_acceptable(url_cases[i].url), url_cases[i].acceptable);
        assert_int_equal(url_is_loopback(url_cases[i].url), url_cases[i].loopback);
    }
}

static void limits_urls(void **state)
{
    (void)state;
    static char url[9000] = "https://example.no/";
    memset(url + strlen(url), 'a', 8192 - strlen("https://example.no/"));
    assert_true(url_is_acceptable(url));
    url[8192] = 'a';
    assert_false(url_is_acceptable(url));
}

static void names_origins(void **state)
{
    (void)state;
    static const struct {
        const char *url, *origin; /* NULL: none */
    } cases[] = {
        {"https://Graph.Facebook.com/v25.0", "https://graph.facebook.com:443"},
        {"http://localhost/x", "http://localhost:80"},
        {"https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"},
        {"https://127.0.0.1:8443?x", "https://127.0.0.1:8443"},
        {"https://[0:0::00:0]/", "https://[::]:443"},
        {"https://[::FFFF:7f00:1]/", "https://[::ffff:127.0.0.1]:443"},
        {"https://a@b.no/", NULL},
        {"mailto:x", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char origin[64] = "";
        assert_int_equal(url_origin(cases[i].url, origin, sizeof(origin)), cases[i].origin != NULL);
        if (cases[i].origin)
            assert_string_equal(origin, cases[i].origin);
    }
    char small[8];
    assert_false(url_origin("https://example.no/", small, sizeof(small)));
}

static void takes_excerpts(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t size;
        const char *excerpt;
    } cases[] = {
        {"", 0, ""},
        {"  <html>\r\n\t<b>Bad   Gateway</b>\n", 31, "<html> <b>Bad Gateway</b>"},
        {"a\0b", 3, "a b"},
        {"a\xff\xfe"
         "b",
         4, "a??b"},
        {"a\x1b[31mb", 7, "a [31mb"},
        {"a\xe2\x80\xae"
         "b",
         5, "a b"},
        {"bl\xc3\xa5", 4, "bl\xc3\xa5"},
        {"\xc3", 1, "?"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_reply reply = {.body = cases[i].body, .body_size = cases[i].size};
        char excerpt[256];
        http_reply_excerpt(&reply, excerpt, sizeof(excerpt));
        assert_string_equal(excerpt, cases[i].excerpt);
    }
}

static void cuts_excerpts_between_characters(void **state)
{
    (void)state;
    char body[600], excerpt[300];
    for (size_t i = 0; i < sizeof(body); i += 2)
        memcpy(body + i, "\xc3\xa5", 2);
    struct http_reply reply = {.body = body, .body_size = sizeof(body)};
    http_reply_excerpt(&reply, excerpt, sizeof(excerpt));
    assert_int_equal(strlen(excerpt), 200);
    http_reply_excerpt(&reply, excerpt, 10);
    assert_int_equal(strlen(excerpt), 8);
    http_reply_excerpt(&reply, excerpt, 1);
    assert_int_equal(strlen(excerpt), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_requests),
        cmocka_unit_test(refuses_header_injection),
        cmocka_unit_test(names_methods),
        cmocka_unit_test(finds_headers),
        cmocka_unit_test(reads_retry_after),
        cmocka_unit_test(tells_the_servers_time),
        cmocka_unit_test(accepts_only_safe_urls),
        cmocka_unit_test(limits_urls),
        cmocka_unit_test(names_origins),
        cmocka_unit_test(takes_excerpts),
        cmocka_unit_test(cuts_excerpts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
