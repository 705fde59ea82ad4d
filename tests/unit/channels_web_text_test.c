/* Messages as pages: what is escaped, what is a link, what a slug is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "channels/web_text.h"

static void assert_html(const char *text, const char *language, const char *link, const char *html)
{
    const char *parts[] = {text};
    const struct draft draft = {.language = language, .parts = parts, .part_count = 1};
    struct post earlier = {.id = "1"};
    struct text out;

    snprintf(earlier.url, sizeof(earlier.url), "%s", link ? link : "");
    text_init(&out, WEB_HTML_MAX_BYTES);
    web_html_add(&out, &draft, link ? &earlier : NULL);
    assert_string_equal(out.bytes, html);
    text_release(&out);
}

static void makes_paragraphs(void **state)
{
    (void)state;
    assert_html("a\nb\n\n\n c\r\n", "nb", NULL, "<p lang=\"nb\">a<br>b</p><p lang=\"nb\"> c\r</p>");
    assert_html("a", NULL, NULL, "<p>a</p>");
    assert_html("\n \n", "nb", NULL, "");
    assert_html("a", "se", "https://oslo.example/1?a&b",
                "<p lang=\"se\">a</p><p><a href=\"https://oslo.example/1?a&amp;b\">"
                "https://oslo.example/1?a&amp;b</a></p>");
    assert_html("a", NULL, "", "<p>a</p>");
}

static void escapes_what_would_be_read_as_marks(void **state)
{
    (void)state;
    assert_html("<script>a & 'b' \"c\"</script> [gallery]", NULL, NULL,
                "<p>&lt;script&gt;a &amp; &#39;b&#39; &quot;c&quot;&lt;/script&gt; "
                "&#91;gallery]</p>");
    assert_html("a", "x\" onclick=\"y", NULL, "<p lang=\"x&quot; onclick=&quot;y\">a</p>");
}

#define LINK(address) "<a href=\"" address "\">" address "</a>"

static void makes_links(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"https://oslo.example", "<p>" LINK("https://oslo.example") "</p>"},
        {"Se https://oslo.example/vann.", "<p>Se " LINK("https://oslo.example/vann") ".</p>"},
        {"(http://oslo.example/a)", "<p>(" LINK("http://oslo.example/a") ")</p>"},
        {"http://oslo.example/a_(b)!", "<p>" LINK("http://oslo.example/a_(b)") "!</p>"},
        {"http://a.example http://b.example",
         "<p>" LINK("http://a.example") " " LINK("http://b.example") "</p>"},
        {"xhttps://oslo.example", "<p>xhttps://oslo.example</p>"},
        {"https://", "<p>https://</p>"},
        {"https://...", "<p>https://...</p>"},
        {"https://oslo.example/<b>", "<p>" LINK("https://oslo.example/") "&lt;b&gt;</p>"},
        {"https://oslo.example/\"onclick=",
         "<p>" LINK("https://oslo.example/") "&quot;onclick=</p>"},
        {"https://oslo.example/v\xc3\xa6r.", "<p>" LINK("https://oslo.example/v\xc3\xa6r") ".</p>"},
        {"\xc2\xabhttps://oslo.example/a\xc2\xbb",
         "<p>\xc2\xab" LINK("https://oslo.example/a") "\xc2\xbb</p>"},
        {"https://oslo.example/a\xe2\x80\xa6",
         "<p>" LINK("https://oslo.example/a") "\xe2\x80\xa6</p>"},
        {"javascript:alert(1)", "<p>javascript:alert(1)</p>"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_html(cases[i].text, NULL, NULL, cases[i].html);
}

static void makes_slugs(void **state)
{
    (void)state;
    char slug[WEB_SLUG_SIZE];
    assert_true(web_slug_write("AAECAwQFBgcICQoLDA0ODw", slug));
    assert_string_equal(slug, "crisis-000102030405060708090a0b0c0d0e0f");
    assert_false(web_slug_write("AAECAw", slug));
    assert_false(web_slug_write("", slug));
    assert_false(web_slug_write("AAECAwQFBgcICQoLDA0OD!", slug));
}

static void tells_what_became_of_a_slug(void **state)
{
    (void)state;
    static const struct {
        const char *made;
        enum web_slug is;
    } cases[] = {
        {"crisis-ab", WEB_SLUG_OURS},
        {"crisis-ab-2", WEB_SLUG_NUMBERED},
        {"crisis-ab-10", WEB_SLUG_NUMBERED},
        {"crisis-ab-", WEB_SLUG_OTHER},
        {"crisis-ab-2x", WEB_SLUG_OTHER},
        {"crisis-abc", WEB_SLUG_OTHER},
        {"crisis-a", WEB_SLUG_OTHER},
        {"", WEB_SLUG_OTHER},
        {"crisis-ab2", WEB_SLUG_OTHER},
        {"crisis-000102030405060708090a0b0c0d0e0f", WEB_SLUG_FOREIGN},
        {"crisis-000102030405060708090a0b0c0d0e0f-2", WEB_SLUG_FOREIGN},
        {"crisis-000102030405060708090a0b0c0d0e0", WEB_SLUG_OTHER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(web_slug_compare("crisis-ab", cases[i].made, strlen(cases[i].made)),
                         cases[i].is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_paragraphs),
        cmocka_unit_test(escapes_what_would_be_read_as_marks),
        cmocka_unit_test(makes_links),
        cmocka_unit_test(makes_slugs),
        cmocka_unit_test(tells_what_became_of_a_slug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
