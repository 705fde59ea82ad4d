#include "sandbox_ask.h"

/* "varsler:abcdEFGH1234ijklMNOP5678", and one of another password. */
#define BASIC "authorization: Basic dmFyc2xlcjphYmNkRUZHSDEyMzRpamtsTU5PUDU2Nzg=\n"
#define WRONG "authorization: Basic dmFyc2xlcjphYWFhRUZHSDEyMzRpamtsTU5PUDU2Nzg=\n"
#define API "/wordpress/0301/wp-json/wp/v2"
#define POST(slug)                                                                                 \
    "{\"title\":\"Flom\",\"content\":\"<p>Kok &amp; vent.<br>Nå.</p>\",\"status\":\"publish\","   \
    "\"slug\":\"" slug "\"}"
#define LIST API "/posts?slug=crisis-1&status=any&context=edit"

static void keeps_and_lists_and_deletes(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "POST", API "/posts", JSON BASIC, POST("crisis-1")), 201);
    assert_body_has(&asker, "\"slug\":\"crisis-1\"");
    assert_string_equal(asker.world.posts[0]->text, "Flom\n\nKok & vent.\nNå.");
    assert_int_equal(ask(&asker, "GET", LIST, BASIC, ""), 200);
    assert_body_has(&asker, "\"id\":1,");
    assert_int_equal(ask(&asker, "DELETE", API "/posts/1?force=true", BASIC, ""), 200);
    assert_int_equal(ask(&asker, "DELETE", API "/posts/1?force=true", BASIC, ""), 404);
    assert_body_has(&asker, "rest_post_invalid_id");
    assert_int_equal(ask(&asker, "GET", LIST, BASIC, ""), 200);
    assert_string_equal(answer_body(&asker), "[]");
    asker_release(&asker);
}

static void numbers_a_slug_that_is_taken(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&asker, "POST", API "/posts", JSON BASIC, POST("crisis-1")), 201);
    assert_body_has(&asker, "\"slug\":\"crisis-1-3\"");
    assert_int_equal(asker.world.post_count, 3);
    asker_release(&asker);
}

static void tells_where_its_api_is(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "HEAD", "/wordpress/0301/", "", ""), 200);
    assert_string_equal(answer_header(&asker, "link"),
                        "<https://api.x.com/wordpress/0301/wp-json/>; rel=\"https://api.w.org/\"");
    assert_int_equal(ask(&asker, "GET", "/wordpress/0301/wp-json/?_fields=namespaces", "", ""),
                     200);
    assert_body_has(&asker, "application-passwords");
    assert_int_equal(ask(&asker, "GET", API "/users/me?context=edit", BASIC, ""), 200);
    assert_body_has(&asker, "publish_posts");
    assert_int_equal(ask(&asker, "GET", API "/users/me?context=edit", WRONG, ""), 401);
    asker_release(&asker);
}

static void is_strict(void **state)
{
    static const struct refused_request cases[] = {
        {"POST", API "/posts", JSON, POST("crisis-1"), 401},
        {"POST", API "/posts", JSON "authorization: Bearer a\n", POST("crisis-1"), 401},
        {"POST", API "/posts", FORM BASIC, "title=a", 400},
        {"POST", API "/posts", JSON BASIC, "{", 400},
        {"POST", API "/posts", JSON BASIC, "{\"status\":\"publish\",\"slug\":\"a\"}", 400},
        {"POST", API "/posts", JSON BASIC, POST("Stor"), 400},
        {"POST", API "/posts", JSON BASIC, "{\"title\":\"a\",\"unknown\":\"b\"}", 400},
        {"POST", API "/posts", JSON BASIC,
         "{\"title\":\"a\",\"status\":\"publish\",\"slug\":\"a\",\"featured_media\":7}", 400},
        {"GET", API "/posts?slug=a&status=any", BASIC, "", 400},
        {"GET", LIST, "", "", 401},
        {"DELETE", API "/posts/1", BASIC, "", 400},
        {"PUT", API "/posts", BASIC, "", 404},
        {"GET", API "/categories/4711", BASIC, "", 404},
        {"POST", API "/media?alt_text=a", BASIC "content-type: image/png\n", "PNG", 400},
        {"POST", API "/media?alt_text=a",
         BASIC "content-type: image/png\ncontent-disposition: attachment; filename=\"a.png\"\n",
         "no picture", 500},
        {"GET", "/wordpress/", "", "", 404},
    };

    (void)state;
    assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_lists_and_deletes),
        cmocka_unit_test(numbers_a_slug_that_is_taken),
        cmocka_unit_test(tells_where_its_api_is),
        cmocka_unit_test(is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
