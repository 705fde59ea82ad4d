#include "sandbox_ask.h"

#define TOKEN "authorization: Bearer user-token-1\n"
#define ENDPOINT "/micropub/0301/endpoint"
#define ENTRY(slug)                                                                                \
    "{\"type\":[\"h-entry\"],\"properties\":{\"name\":[\"Flom\"],\"content\":[{\"html\":"          \
    "\"<p>Kok &amp; vent.</p>\"}],\"mp-slug\":[\"" slug "\"],\"post-status\":[\"published\"]}}"
#define PAGE "https://api.x.com/micropub/0301/crisis-1"

static void keeps_and_lists_and_deletes(void **state)
{
    static const char deletion[] = "{\"action\":\"delete\",\"url\":\"" PAGE "\"}";
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "POST", ENDPOINT, JSON TOKEN, ENTRY("crisis-1")), 201);
    assert_string_equal(answer_header(&asker, "location"), PAGE);
    assert_string_equal(asker.world.posts[0]->text, "Flom\n\nKok & vent.");
    assert_int_equal(ask(&asker, "POST", ENDPOINT, JSON TOKEN, ENTRY("crisis-1")), 201);
    assert_string_equal(answer_header(&asker, "location"), PAGE "-2");
    assert_int_equal(ask(&asker, "GET", ENDPOINT "?q=source&limit=1", TOKEN, ""), 200);
    assert_body_has(&asker, "crisis-1-2");
    assert_null(strstr(answer_body(&asker), PAGE "\""));
    assert_int_equal(ask(&asker, "GET", ENDPOINT "?q=source&url=" PAGE, TOKEN, ""), 200);
    assert_body_has(&asker, "\"properties\"");
    assert_int_equal(ask(&asker, "POST", ENDPOINT, JSON TOKEN, deletion), 204);
    assert_int_equal(ask(&asker, "POST", ENDPOINT, JSON TOKEN, deletion), 400);
    assert_int_equal(ask(&asker, "GET", ENDPOINT "?q=source&url=" PAGE, TOKEN, ""), 400);
    asker_release(&asker);
}

static void tells_where_its_endpoints_are(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "HEAD", "/micropub/0301", "", ""), 200);
    assert_string_equal(answer_header(&asker, "link"),
                        "</micropub/0301/endpoint>; rel=\"micropub\"");
    assert_int_equal(ask(&asker, "GET", ENDPOINT "?q=config", TOKEN, ""), 200);
    assert_body_has(&asker, "https://api.x.com/micropub/0301/media");
    asker_release(&asker);
}

static void is_strict(void **state)
{
    static const struct refused_request cases[] = {
        {"POST", ENDPOINT, JSON TOKEN, ENTRY("Stor"), 400}, /* binds the token */
        {"POST", ENDPOINT, JSON, ENTRY("crisis-1"), 401},
        {"POST", ENDPOINT, JSON "authorization: Bearer other\n", ENTRY("crisis-1"), 403},
        {"POST", ENDPOINT, FORM TOKEN, "h=entry&content=a", 400},
        {"POST", ENDPOINT, JSON TOKEN, "{", 400},
        {"POST", ENDPOINT, JSON TOKEN, "{\"type\":[\"h-entry\"],\"properties\":{}}", 400},
        {"POST", ENDPOINT, JSON TOKEN,
         "{\"type\":[\"h-entry\"],\"properties\":{\"content\":\"no list\"}}", 400},
        {"POST", ENDPOINT, JSON TOKEN,
         "{\"type\":[\"h-entry\"],\"properties\":{\"content\":[\"a\"],\"photo\":[\"a\"]}}", 400},
        {"POST", ENDPOINT, JSON TOKEN, "{\"action\":\"update\",\"url\":\"" PAGE "\"}", 400},
        {"GET", ENDPOINT, TOKEN, "", 400},
        {"GET", ENDPOINT "?q=category", TOKEN, "", 400},
        {"PUT", ENDPOINT, TOKEN, "", 404},
        {"POST", "/micropub/0301/media", TOKEN JSON, "{}", 400},
        {"GET", "/micropub/0301/media", TOKEN, "", 404},
        {"GET", "/micropub/", "", "", 404},
    };

    (void)state;
    assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_lists_and_deletes),
        cmocka_unit_test(tells_where_its_endpoints_are),
        cmocka_unit_test(is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
