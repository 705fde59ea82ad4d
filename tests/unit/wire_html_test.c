/* Nothing that is written into a page can leave its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "wire/html.h"

#include "property.h"

enum { ROUNDS = 2000, BYTES_MAX = 60 };

static void assert_html(const char *string, const char *expected)
{
    struct text out;

    text_init(&out, 1000);
    html_add(&out, string);
    assert_string_equal(out.bytes, expected);
    text_release(&out);
}

static void test_what_html_means_is_escaped(void **state)
{
    (void)state;
    assert_html("", "");
    assert_html("Ås & Tromsø", "Ås &amp; Tromsø");
    assert_html("<script>alert(\"1\")</script>",
                "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    assert_html("' onclick='", "&#39; onclick=&#39;");
    assert_html("&lt;", "&amp;lt;");
    assert_html("a\nb\tc", "a\nb\tc");
}

static void test_what_no_text_may_have_is_replaced(void **state)
{
    (void)state;
    assert_html("a\x01z\x7f", "a\xef\xbf\xbdz\xef\xbf\xbd");
    assert_html("\xff<\xc3", "\xef\xbf\xbd&lt;\xef\xbf\xbd");
    assert_html("a\xe2\x80\xae"
                "b",
                "a\xef\xbf\xbd"
                "b"); /* RIGHT-TO-LEFT OVERRIDE */
    assert_html("\r\n", "\xef\xbf\xbd\n");
    assert_html("\xf0\x9f\xbf\xbe\xf0\x9f\x98\x80", /* U+1FFFE, which HTML has not */
                "\xef\xbf\xbd\xf0\x9f\x98\x80");
}

/* Whatever comes in, what comes out is UTF-8 and has none of the characters that end a place. */
static void test_any_bytes(void **state)
{
    static const char pool[] = "<>&\"'a \xc3\xa5\xe2\x80\xae\xff\x01\n";
    uint64_t random = 1;
    (void)state;

    for (int round = 0; round < ROUNDS; round++) {
        char bytes[BYTES_MAX + 1] = {0};
        struct text out;
        size_t length = (size_t)property_below(&random, BYTES_MAX);
        for (size_t i = 0; i < length; i++)
            bytes[i] = pool[property_below(&random, sizeof(pool) - 1)];
        text_init(&out, 1000);
        html_add(&out, bytes);
        assert_false(out.overflowed);
        assert_null(strpbrk(out.bytes, "<>\"'"));
        assert_int_equal(utf8_valid_prefix(out.bytes, out.length), out.length);
        text_release(&out);
    }
}

static void test_only_addresses_of_the_web_are_links(void **state)
{
    static const char *const links[] = {"https://x.com/a/status/1", "http://127.0.0.1:1/p?a=b&c#d",
                                        "HTTPS://x.example", "https://[::1]/"};
    static const char *const others[] = {
        "",           "https://",           "http:///x",       "javascript:alert(1)",
        "data:x",     " https://x.example", "https://x .com/", "https://x.com/\n",
        "//x.com/",   "ftp://x.com/",       "https:x.com",     "https://#x",
        "vbscript:x", "mailto:a@b.example", "https://x\x7f/",  "x",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        assert_true(html_is_link(links[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(html_is_link(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_html_means_is_escaped),
        cmocka_unit_test(test_what_no_text_may_have_is_replaced),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_only_addresses_of_the_web_are_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
