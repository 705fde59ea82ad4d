/* Link headers (RFC 8288) and references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/link_header.h"

static const char base[] = "https://oslo.example/nyheter/";

static void finds_a_relation(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *found; /* NULL: none */
    } cases[] = {
        {"link: <https://oslo.example/micropub>; rel=\"micropub\"\n",
         "https://oslo.example/micropub"},
        {"link: </micropub>; rel=micropub\n", "https://oslo.example/micropub"},
        {"link: <//api.oslo.example/m>;rel=\"Micropub\"\n", "https://api.oslo.example/m"},
        {"link: </a>; rel=\"self\", </b>; rel=\"me micropub\"\n", "https://oslo.example/b"},
        {"link: </a,b>; title=\"x, y; \\\"z\\\"\"; rel=\"micropub\"\n", "https://oslo.example/a,b"},
        {"date: now\nlink: </a>; rel=hub\nlink:</b>; rel=micropub\n", "https://oslo.example/b"},
        {"link: </a>; rel=hub; rel=micropub, </b>; rel = micropub ; x\n", "https://oslo.example/b"},
        {"link: </a>; rel=micropub_media\n", NULL},
        {"link: </a>; rel=micropub; anchor=\"/other\"\n", NULL},
        {"link: </a>; rel=\"micro\npub\"\n", NULL},
        {"link: </a\n", NULL},
        {"link: /a; rel=micropub\n", NULL},
        {"link: <a>; rel=micropub\n", NULL},
        {"link: <ftp://oslo.example/a>; rel=micropub\n", NULL},
        {"link: <http://oslo.example/a>; rel=micropub\n", NULL},
        {"link: <https://u:p@oslo.example/a>; rel=micropub\n", NULL},
        {"linked: </a>; rel=micropub\n", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct http_reply reply = {.status = 200, .headers = cases[i].headers, .body = ""};
        char out[64] = "";
        bool is_found = link_header_find(&reply, "micropub", base, out, sizeof(out));
        if (is_found != (cases[i].found != NULL) || (is_found && strcmp(out, cases[i].found) != 0))
            fail_msg("case %zu: '%s'", i, out);
    }
}

static void does_not_cut(void **state)
{
    (void)state;
    const struct http_reply reply = {
        .status = 200, .headers = "link: </micropub>; rel=micropub\n", .body = ""};
    char out[sizeof("https://oslo.example/micropub")];
    assert_true(link_header_find(&reply, "micropub", base, out, sizeof(out)));
    assert_false(link_header_find(&reply, "micropub", base, out, sizeof(out) - 1));
}

static void resolves_from_the_root(void **state)
{
    (void)state;
    char out[64];
    assert_true(url_resolve("http://127.0.0.1:8080?a", "/b", out, sizeof(out)));
    assert_string_equal(out, "http://127.0.0.1:8080/b");
    assert_true(url_resolve(base, "https://else.example/c?d", out, sizeof(out)));
    assert_string_equal(out, "https://else.example/c?d");
    assert_false(url_resolve(base, "b", out, sizeof(out)));
    assert_false(url_resolve(base, "", out, sizeof(out)));
    assert_false(url_resolve("oslo.example", "/b", out, sizeof(out)));
}

static void compares_origins(void **state)
{
    (void)state;
    assert_true(url_is_same_origin("https://Oslo.example/a", "https://oslo.example:443"));
    assert_false(url_is_same_origin("https://oslo.example", "http://oslo.example"));
    assert_false(url_is_same_origin("https://oslo.example", "https://www.oslo.example"));
    assert_false(url_is_same_origin("oslo", "oslo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_relation),
        cmocka_unit_test(does_not_cut),
        cmocka_unit_test(resolves_from_the_root),
        cmocka_unit_test(compares_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
