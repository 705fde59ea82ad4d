#include "sandbox_ask.h"

#define FEED "/facebook/v25.0/111/feed"

static const char accounts[] =
    "[{\"municipality\":\"0301\",\"name\":\"Oslo\",\"channel\":\"facebook\",\"settings\":"
    "{\"page\":\"111\"},\"credential\":{\"access-token\":\"token123\"}},"
    "{\"municipality\":\"1103\",\"channel\":\"facebook\",\"settings\":{\"page\":\"222\"},"
    "\"credential\":{\"access-token\":\"token222\"}},"
    "{\"municipality\":\"1103\",\"channel\":\"myspace\",\"settings\":{},\"credential\":{}}]";

static void init_known(struct asker *asker)
{
    struct sandbox_options options = {
        .accounts_file_text = accounts,
        .accounts_length = sizeof(accounts) - 1,
    };

    asker_init(asker, &options);
}

struct refusal {
    const char *method, *target, *headers, *body;
    unsigned status;
    const char *marker;
};

static void refuses_as_the_network_does(void **state)
{
    static const struct refusal cases[] = {
        {"POST", FEED, FORM, "message=a", 400, "\"code\":104"},
        {"POST", FEED, FORM, "message=a&access_token=", 400, "\"code\":104"},
        {"POST", FEED, FORM, "message=a&access_token=a%20b", 400, "\"code\":190"},
        {"POST", FEED, FORM, "message=a&access_token=unknown", 400, "\"code\":190"},
        {"POST", FEED, FORM, "message=a&access_token=token222", 403, "\"code\":200"},
        {"POST", "/v25.0/333/feed", FORM, "message=a&access_token=token123", 400,
         "\"error_subcode\":33"},
        {"POST", FEED, FORM, "access_token=token123", 400, "message or link"},
        {"POST", FEED, FORM, "message=a&message=b&access_token=token123", 400, "comes twice"},
        {"POST", FEED, FORM, "message=a&mesage=b&access_token=token123", 400, "mesage is unknown"},
        {"POST", FEED, FORM, "message=%zz&access_token=token123", 400, "not well formed"},
        {"POST", FEED, FORM, "message=%ff&access_token=token123", 400, "not well formed"},
        {"POST", FEED, JSON, "{\"message\":\"a\"}", 400, "urlencoded"},
        {"POST", FEED "?access_token=token123", FORM, "message=a", 400, "in the body"},
        {"POST", FEED, FORM, "message=a&access_token=token123&fields=foo", 400,
         "nonexisting field (foo)"},
        {"POST", FEED, FORM, "message=a&access_token=token123&published=false", 400, "published"},
        {"POST", FEED, FORM, "link=ftp%3A%2F%2Fa&access_token=token123", 400, "2061006"},
        {"POST", FEED, FORM, "message=a&access_token=token123&appsecret_proof=00", 400,
         "Invalid appsecret_proof"},
        {"PUT", FEED, FORM, "message=a&access_token=token123", 400, "Unsupported PUT request"},
        {"POST", "/facebook/v25.0/111/nothing", FORM, "", 404, "\"code\":2500"},
        {"POST", "/facebook/v99.0/111/feed", FORM, "", 404, "\"code\":2500"},
        {"GET", "/facebook/v25.0/111/published_posts?limit=101&access_token=token123", "", "", 400,
         "from 1 to 100"},
        {"GET", "/facebook/v25.0/111?fields=id&access_token=token222", "", "", 403, "\"code\":200"},
        {"DELETE", "/facebook/v25.0/111_5?access_token=token123", "", "", 400,
         "\"error_subcode\":33"},
    };
    struct asker asker;

    (void)state;
    init_known(&asker);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct refusal *at = &cases[i];
        unsigned status = ask(&asker, at->method, at->target, at->headers, at->body);
        if (status != at->status)
            fail_msg("case %zu: status %u: %s", i, status, answer_body(&asker));
        assert_body_has(&asker, at->marker);
        assert_body_has(&asker, "\"fbtrace_id\":\"");
    }
    assert_int_equal(asker.world.post_count, 0);
    assert_int_equal(asker.world.log_count, sizeof(cases) / sizeof(cases[0]));
    asker_release(&asker);
}

static void posts_reads_back_and_deletes(void **state)
{
    struct asker asker;
    char target[128];
    const char *id;

    (void)state;
    init_known(&asker);
    assert_int_equal(
        ask(&asker, "POST", FEED, FORM,
            "message=Bl%C3%A5%0A&access_token=token123&fields=id,permalink_url,created_time"),
        200);
    assert_body_has(&asker, "{\"id\":\"111_1221000");
    assert_body_has(&asker, "\"permalink_url\":\"https:\\/\\/www.facebook.com\\/111\\/posts\\/");
    assert_body_has(&asker, "+0000\"");
    assert_string_equal(answer_header(&asker, "facebook-api-version"), "v25.0");
    assert_non_null(answer_header(&asker, "x-app-usage"));
    assert_non_null(strstr(answer_header(&asker, "x-business-use-case-usage"), "{\"111\":[{"));
    assert_string_equal(asker.world.posts[0]->text, "Blå\n");
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=Bl%C3%A5%0A&access_token=token123"),
                     400);
    assert_body_has(&asker, "\"code\":506");
    ask(&asker, "GET", "/facebook/v25.0/111/published_posts?access_token=token123", "", "");
    assert_body_has(&asker, "\"message\":\"Bl\\u00e5\"");
    id = asker.world.posts[0]->id;
    snprintf(target, sizeof(target), "/facebook/v25.0/%s?access_token=token123", id);
    assert_int_equal(ask(&asker, "DELETE", target, "", ""), 200);
    assert_string_equal(answer_body(&asker), "{\"success\":true}");
    assert_int_equal(ask(&asker, "DELETE", target, "", ""), 400);
    ask(&asker, "GET", "/facebook/v25.0/111/published_posts?access_token=token123", "", "");
    assert_string_equal(answer_body(&asker), "{\"data\":[]}");
    /* What is gone may be said again. */
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=Bl%C3%A5%0A&access_token=token123"),
                     200);
    asker_release(&asker);
}

static void wants_the_proof_of_an_app_with_a_secret(void **state)
{
    static const char with_secret[] =
        "[{\"municipality\":\"0301\",\"channel\":\"facebook\",\"settings\":{\"page\":\"111\"},"
        "\"credential\":{\"access-token\":\"token123\",\"app-secret\":\"app_secret\"}}]";
    const struct sandbox_options options = {
        .accounts_file_text = with_secret,
        .accounts_length = sizeof(with_secret) - 1,
    };
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=a&access_token=token123"), 400);
    assert_body_has(&asker, "\"code\":104");
    assert_int_equal(
        ask(&asker, "POST", FEED, FORM, "message=a&access_token=token123&appsecret_proof=00"), 400);
    assert_body_has(&asker, "Invalid appsecret_proof");
    /* HMAC-SHA256 with key "app_secret" of "token123". */
    assert_int_equal(ask(&asker, "POST", FEED, FORM,
                         "message=a&access_token=token123&appsecret_proof="
                         "12c68c8587c590591ce079116b550cc84de7f8a5d59b59378d698c2f58aab611"),
                     200);
    asker_release(&asker);
}

static void lists_in_pages(void **state)
{
    struct asker asker;
    char body[128];

    (void)state;
    init_known(&asker);
    for (int i = 0; i < 3; i++) {
        snprintf(body, sizeof(body), "message=text%d&access_token=token123", i);
        assert_int_equal(ask(&asker, "POST", FEED, FORM, body), 200);
    }
    ask(&asker, "GET",
        "/facebook/v25.0/111/published_posts?fields=message&limit=2&access_token=token123", "", "");
    assert_body_has(&asker, "text2");
    assert_body_has(&asker, "text1");
    assert_body_has(&asker, "\"after\":\"2\"},\"next\":");
    assert_null(strstr(answer_body(&asker), "text0"));
    ask(&asker, "GET",
        "/facebook/v25.0/111/published_posts?fields=message&after=2&access_token=token123", "", "");
    assert_body_has(&asker, "text0");
    assert_null(strstr(answer_body(&asker), "text1"));
    asker_release(&asker);
}

static void counts_utf16_units(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;
    struct text body;

    (void)state;
    asker_init(&asker, &options);
    text_init(&body, 1024 * 1024);
    text_add(&body, "access_token=t&message=");
    for (int i = 0; i < 63206 / 2; i++)
        text_add(&body, "🚨");
    assert_int_equal(ask(&asker, "POST", FEED, FORM, body.bytes), 200);
    text_add(&body, "a");
    assert_int_equal(ask(&asker, "POST", FEED, FORM, body.bytes), 400);
    text_release(&body);
    asker_release(&asker);
}

static void binds_what_it_sees_first(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "GET", "/v25.0/me?fields=id,name&access_token=one", "", ""), 200);
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=a&access_token=one"), 200);
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=b&access_token=two"), 400);
    assert_body_has(&asker, "\"code\":190,\"error_subcode\":467");
    assert_int_equal(ask(&asker, "POST", "/v25.0/222/feed", FORM, "message=b&access_token=one"),
                     403);
    ask(&asker, "GET", "/v25.0/me?fields=id,name&access_token=one", "", "");
    assert_body_has(&asker, "{\"id\":\"111\"");
    asker_release(&asker);
}

static void says_when_to_come_back(void **state)
{
    static const char *const faults[] = {"429:municipality=0301:times=1:seconds=90"};
    struct sandbox_options options = {
        .accounts_file_text = accounts,
        .accounts_length = sizeof(accounts) - 1,
        .faults = faults,
        .fault_count = 1,
    };
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=a&access_token=token123"), 400);
        assert_body_has(&asker, "\"code\":80001");
        assert_non_null(strstr(answer_header(&asker, "x-business-use-case-usage"),
                               i == 0 ? "regain_access\":2}" : "regain_access\":1}"));
        assert_string_equal(answer_header(&asker, "retry-after"), i == 0 ? "90" : "30");
        asker.now_ms += 60000;
    }
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=a&access_token=token123"), 200);
    asker_release(&asker);
}

static void shows_what_was_posted(void **state)
{
    struct asker asker;

    (void)state;
    init_known(&asker);
    ask(&asker, "POST", FEED, FORM,
        "message=%3Cscript%3Ealert(1)%3C/script%3E&access_token=token123");
    assert_int_equal(ask(&asker, "GET", "/_sandbox/municipality/0301", "", ""), 200);
    assert_body_has(&asker, "<h1>Oslo</h1>");
    assert_body_has(&asker, "&lt;script&gt;");
    assert_null(strstr(answer_body(&asker), "<script"));
    assert_int_equal(ask(&asker, "GET", "/", "", ""), 200);
    assert_body_has(&asker, "0301 Oslo");
    assert_int_equal(ask(&asker, "GET", "/_sandbox/municipality/9999", "", ""), 404);
    assert_int_equal(ask(&asker, "GET", "/_sandbox/posts", "", ""), 200);
    assert_body_has(&asker, "\"municipality\":\"0301\"");
    assert_int_equal(ask(&asker, "GET", "/_sandbox/log", "", ""), 200);
    assert_body_has(&asker, "\"acted\":true");
    assert_null(strstr(answer_body(&asker), "token123"));
    assert_int_equal(ask(&asker, "GET", "/_sandbox/posts?limit=x", "", ""), 400);
    assert_int_equal(ask(&asker, "GET", "/_sandbox/reset", "", ""), 405);
    assert_int_equal(ask(&asker, "POST", "/_sandbox/reset", "", ""), 200);
    ask(&asker, "GET", "/_sandbox/posts", "", "");
    assert_string_equal(answer_body(&asker), "[]");
    assert_int_equal(ask(&asker, "POST", FEED, FORM, "message=a&access_token=token123"), 200);
    asker_release(&asker);
}

static void names_all_problems_of_the_accounts(void **state)
{
    static const char bad[] =
        "[{\"municipality\":\"0301\",\"channel\":\"facebook\",\"settings\":{},\"credential\":{}},"
        "{\"channel\":\"x\"},"
        "{\"municipality\":\"1\",\"channel\":\"webhook\",\"settings\":{\"url\":\"https://a/b\"},"
        "\"credential\":{\"secret\":\"whsec_x\"}}]";
    struct sandbox_options options = {.accounts_file_text = bad,
                                      .accounts_length = sizeof(bad) - 1};
    struct error error = {0};
    struct world world;

    (void)state;
    assert_int_equal(sandbox_world_init(&world, &options, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "5 problems"));
    assert_non_null(strstr(error.message, "account 1: settings need 'page'"));
    assert_non_null(strstr(error.message, "account 2: needs 'municipality'"));
    assert_non_null(strstr(error.message, "account 3: settings need 'url'"));
    sandbox_world_release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_as_the_network_does),
        cmocka_unit_test(posts_reads_back_and_deletes),
        cmocka_unit_test(wants_the_proof_of_an_app_with_a_secret),
        cmocka_unit_test(lists_in_pages),
        cmocka_unit_test(counts_utf16_units),
        cmocka_unit_test(binds_what_it_sees_first),
        cmocka_unit_test(says_when_to_come_back),
        cmocka_unit_test(shows_what_was_posted),
        cmocka_unit_test(names_all_problems_of_the_accounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
