#include "sandbox_ask.h"

#define BEARER "authorization: Bearer abc\n"
#define MINUTE_MS INT64_C(60000)

struct weight_case {
    const char *text;
    unsigned weight;
};

static void weighs_as_x_does(void **state)
{
    static const struct weight_case cases[] = {
        {"Hei", 3},
        {"æøå ÆØÅ á č đ ŋ š ŧ ž « » – — “ ” ’", 35},
        {"…•€→", 8},
        {"漢字", 4},
        {"Hello, world! 👋", 16},
        {"https://www.oslo.kommune.no/vann", 23},
        {"Se https://oslo.no.", 27},
        {"(https://oslo.no/a)", 25},
        {"HTTP://OSLO.NO/a b", 25},
        {"post@oslo", 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned weight = sandbox_x_weight(cases[i].text);
        if (weight != cases[i].weight)
            fail_msg("'%s' weighs %u, not %u", cases[i].text, weight, cases[i].weight);
    }
    /* Where it cannot be sure it must not claim too much. */
    assert_true(sandbox_x_weight("oslo.no") <= 23);
    assert_true(sandbox_x_weight("https://oslo.example/a/very/long/path/indeed") <= 44);
    assert_true(sandbox_x_weight("🇳🇴") <= 2);
    assert_true(sandbox_x_weight("👩‍👩‍👧‍👦") <= 2);
    assert_true(sandbox_x_weight("1️⃣") <= 2);
    assert_true(sandbox_x_weight("e\xcc\x81") <= 1);
}

static void gives_texts_back_wrapped(void **state)
{
    struct text out;

    (void)state;
    text_init(&out, 1024);
    sandbox_x_wrap(&out, "A & B <c> https://oslo.no/x?y=1.");
    assert_int_equal(strncmp(out.bytes, "A &amp; B &lt;c&gt; https://t.co/", 33), 0);
    assert_int_equal(out.length, 33 + 10 + 1);
    assert_int_equal(out.bytes[out.length - 1], '.');
    text_release(&out);
}

static unsigned post(struct asker *asker, const char *body)
{
    return ask(asker, "POST", "/x/2/tweets", BEARER JSON, body);
}

static void posts_a_thread_and_reads_it_back(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;
    char body[256], target[256];

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(post(&asker, "{\"text\":\"one & two\"}"), 201);
    assert_body_has(&asker, "\"text\":\"one &amp; two\"");
    assert_string_equal(answer_header(&asker, "x-rate-limit-remaining"), "99");
    assert_int_equal(post(&asker, "{\"text\":\"one & two\"}"), 403);
    assert_body_has(&asker, "duplicate content");
    snprintf(body, sizeof(body), "{\"text\":\"three\",\"reply\":{\"in_reply_to_tweet_id\":\"%s\"}}",
             asker.world.posts[0]->id);
    asker.now_ms += 5000;
    assert_int_equal(post(&asker, body), 201);
    assert_ptr_equal(asker.world.posts[1]->reply_to, asker.world.posts[0]);
    /* The user's real number is not known before it is asked for; it is the token's own. */
    ask(&asker, "GET",
        "/2/users/42/tweets?max_results=5&tweet.fields=created_at,conversation_id,"
        "referenced_tweets&exclude=retweets",
        BEARER, "");
    assert_body_has(&asker, "\"result_count\":2");
    assert_body_has(&asker, "\"referenced_tweets\":[{\"type\":\"replied_to\"");
    snprintf(target, sizeof(target), "/2/users/42/tweets?since_id=%s", asker.world.posts[0]->id);
    ask(&asker, "GET", target, BEARER, "");
    assert_body_has(&asker, "\"result_count\":1");
    ask(&asker, "GET", "/2/users/42/tweets?start_time=2027-01-01T00:00:00Z", BEARER, "");
    assert_string_equal(answer_body(&asker), "{\"meta\":{\"result_count\":0}}");
    snprintf(target, sizeof(target), "/2/tweets/%s", asker.world.posts[1]->id);
    assert_int_equal(ask(&asker, "DELETE", target, "authorization: Bearer other\n", ""), 403);
    assert_int_equal(ask(&asker, "DELETE", target, BEARER, ""), 200);
    assert_string_equal(answer_body(&asker), "{\"data\":{\"deleted\":true}}");
    assert_int_equal(ask(&asker, "DELETE", target, BEARER, ""), 404);
    asker_release(&asker);
}

static void refuses_as_the_network_does(void **state)
{
    static const struct {
        const char *headers, *body;
        unsigned status;
        const char *marker;
    } cases[] = {
        {JSON, "{\"text\":\"a\"}", 401, "Unauthorized"},
        {JSON "authorization: Basic abc\n", "{\"text\":\"a\"}", 401, "Unauthorized"},
        {JSON "authorization: OAuth oauth_token=\"a\"\n", "{\"text\":\"a\"}", 401, "Unauthorized"},
        {BEARER FORM, "{\"text\":\"a\"}", 400, "application/json"},
        {BEARER JSON, "{\"text\":\"a\"", 400, "not a JSON object"},
        {BEARER JSON, "[1]", 400, "not a JSON object"},
        {BEARER JSON, "{\"text\":\"a\",\"text\":\"b\"}", 400, "not a JSON object"},
        {BEARER JSON, "{\"text\":5}", 400, "\"text\":["},
        {BEARER JSON, "{\"text\":\"\"}", 400, "missing or empty"},
        {BEARER JSON, "{\"txt\":\"a\"}", 400, "\"txt\":["},
        {BEARER JSON, "{\"text\":\"a\xef\xbb\xbf\"}", 400, "not allowed"},
        {BEARER JSON, "{\"text\":\"a\",\"reply\":{\"in_reply_to_tweet_id\":5}}", 400, "1 to 19"},
        {BEARER JSON, "{\"text\":\"a\",\"reply\":{\"in_reply_to_tweet_id\":\"5\"}}", 404,
         "resource-not-found"},
    };
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned status = ask(&asker, "POST", "/2/tweets", cases[i].headers, cases[i].body);
        if (status != cases[i].status)
            fail_msg("case %zu: status %u: %s", i, status, answer_body(&asker));
        assert_body_has(&asker, cases[i].marker);
    }
    assert_int_equal(asker.world.post_count, 0);
    assert_int_equal(ask(&asker, "GET", "/2/tweets", BEARER, ""), 405);
    assert_int_equal(ask(&asker, "GET", "/2/nothing", BEARER, ""), 404);
    assert_int_equal(ask(&asker, "GET", "/2/users/42/tweets?max_results=4", BEARER, ""), 400);
    assert_int_equal(ask(&asker, "GET", "/2/users/42/tweets?foo=4", BEARER, ""), 400);
    asker_release(&asker);
}

static void counts_280_and_no_more(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;
    char body[512];

    (void)state;
    asker_init(&asker, &options);
    snprintf(body, sizeof(body), "{\"text\":\"%0280d\"}", 1);
    assert_int_equal(post(&asker, body), 201);
    snprintf(body, sizeof(body), "{\"text\":\"%0281d\"}", 1);
    assert_int_equal(post(&asker, body), 403);
    assert_body_has(&asker, "not permitted to perform this action");
    asker_release(&asker);
}

static void limits_100_posts_in_15_minutes(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;
    char body[64];

    (void)state;
    asker_init(&asker, &options);
    for (int i = 0; i < 100; i++) {
        snprintf(body, sizeof(body), "{\"text\":\"%d\"}", i);
        assert_int_equal(post(&asker, body), 201);
    }
    assert_int_equal(post(&asker, "{\"text\":\"more\"}"), 429);
    assert_string_equal(answer_header(&asker, "x-rate-limit-reset"), "1795500900");
    asker.now_ms += 15 * MINUTE_MS;
    assert_int_equal(post(&asker, "{\"text\":\"more\"}"), 201);
    asker_release(&asker);
}

static const char oauth_accounts[] =
    "[{\"municipality\":\"0301\",\"channel\":\"x\",\"settings\":{\"user\":\"2244994945\"},"
    "\"credential\":{\"api-key\":\"xvz1evFS4wEEPTGEFPHBog\","
    "\"api-secret\":\"kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw\","
    "\"access-token\":\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\","
    "\"access-secret\":\"LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE\"}},"
    "{\"municipality\":\"1103\",\"channel\":\"x\",\"credential\":{\"access-token\":\"old\","
    "\"refresh-token\":\"renew-me\"}}]";

#define SIGNED(signature, timestamp)                                                               \
    "authorization: OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "                         \
    "oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", "                                 \
    "oauth_signature=\"" signature "\", oauth_signature_method=\"HMAC-SHA1\", "                    \
    "oauth_timestamp=\"" timestamp "\", "                                                          \
    "oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", "                         \
    "oauth_version=\"1.0\"\n"

/* Vectors that were computed with another implementation. */
static void verifies_oauth_signatures(void **state)
{
    static const struct {
        const char *method, *target, *headers;
        unsigned status;
    } cases[] = {
        {"POST", "/2/tweets", SIGNED("lr%2BtV%2FDKclEvXKVjG6tgaSSLV0k%3D", "1318622958"), 201},
        {"GET",
         "/2/users/2244994945/"
         "tweets?exclude=retweets&max_results=10&start_time=2026-01-02T03:04:05Z&"
         "tweet.fields=created_at,conversation_id",
         SIGNED("sIOKrUR2a5ovkXA70Ve0y6woIuY%3D", "1318622958"), 200},
        {"DELETE", "/2/tweets/1445880548472328192",
         SIGNED("TthENO2qlGBISSakx%2BHkjNy7NpU%3D", "1318622958"), 404},
        {"POST", "/2/tweets", SIGNED("lr%2BtV%2FDKclEvXKVjG6tgaSSLV0K%3D", "1318622958"), 401},
        {"POST", "/2/tweets", SIGNED("lr%2BtV%2FDKclEvXKVjG6tgaSSLV0k%3D", "1318622959"), 401},
        {"DELETE", "/2/tweets/1", SIGNED("lr%2BtV%2FDKclEvXKVjG6tgaSSLV0k%3D", "1318622958"), 401},
        {"POST", "/2/tweets",
         "authorization: Bearer 370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\n", 401},
        {"POST", "/2/tweets", "authorization: Bearer unknown\n", 401},
    };
    struct sandbox_options options = {
        .accounts_file_text = oauth_accounts,
        .accounts_length = sizeof(oauth_accounts) - 1,
    };
    char headers[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_post = strcmp(cases[i].method, "POST") == 0;
        struct asker asker;
        unsigned status;
        asker_init(&asker, &options);
        asker.now_ms = INT64_C(1318622958000) + 4 * MINUTE_MS;
        snprintf(headers, sizeof(headers), "%s%s", cases[i].headers, is_post ? JSON : "");
        status = ask(&asker, cases[i].method, cases[i].target, headers,
                     is_post ? "{\"text\":\"a\"}" : "");
        if (status != cases[i].status)
            fail_msg("case %zu: status %u: %s", i, status, answer_body(&asker));
        asker_release(&asker);
    }
}

static void takes_a_nonce_once_and_in_time(void **state)
{
    static const char *const headers =
        SIGNED("lr%2BtV%2FDKclEvXKVjG6tgaSSLV0k%3D", "1318622958") JSON;
    struct sandbox_options options = {
        .accounts_file_text = oauth_accounts,
        .accounts_length = sizeof(oauth_accounts) - 1,
    };
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    asker.now_ms = INT64_C(1318622958000) - 6 * MINUTE_MS;
    assert_int_equal(ask(&asker, "POST", "/2/tweets", headers, "{\"text\":\"a\"}"), 401);
    asker.now_ms = INT64_C(1318622958000);
    assert_int_equal(ask(&asker, "POST", "/2/tweets", headers, "{\"text\":\"a\"}"), 201);
    assert_int_equal(ask(&asker, "POST", "/2/tweets", headers, "{\"text\":\"b\"}"), 401);
    assert_body_has(&asker, "\"code\":32");
    asker_release(&asker);
}

/* The vector of the network's own documentation, with a query and a form. */
static void writes_the_documented_base_string(void **state)
{
    static const char expected[] =
        "POST&https%3A%2F%2Fapi.x.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26"
        "oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3D"
        "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26"
        "oauth_timestamp%3D1318622958%26oauth_token%3D"
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26"
        "status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520"
        "request%2521";
    struct sandbox_options options = {0};
    struct oauth_header header;
    struct asker asker;
    struct text base;
    const char *authorization;

    (void)state;
    asker_init(&asker, &options);
    ask(&asker, "POST", "/1.1/statuses/update.json?include_entities=true",
        SIGNED("Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D", "1318622958") FORM,
        "status=Hello+Ladies+%2B+Gentlemen%2C+a+signed+OAuth+request%21");
    authorization = sandbox_request_value(&asker.exchange.request, "authorization");
    assert_true(sandbox_oauth_read(&header, authorization));
    text_init(&base, 4096);
    assert_true(sandbox_oauth_base(&base, &asker.exchange.request, &header));
    assert_string_equal(base.bytes, expected);
    assert_true(sandbox_oauth_verify(&asker.exchange.request, &header,
                                     "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                                     "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"));
    text_release(&base);
    asker_release(&asker);
}

static void renews_a_token_once(void **state)
{
    struct sandbox_options options = {
        .accounts_file_text = oauth_accounts,
        .accounts_length = sizeof(oauth_accounts) - 1,
    };
    static const char form[] = "grant_type=refresh_token&refresh_token=renew-me&client_id=c";
    struct asker asker;
    char headers[256];

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "GET", "/2/users/me", "authorization: Bearer old\n", ""), 200);
    assert_int_equal(ask(&asker, "POST", "/2/oauth2/token", FORM, form), 200);
    assert_body_has(&asker, "\"token_type\":\"bearer\",\"expires_in\":7200");
    assert_int_equal(ask(&asker, "GET", "/2/users/me", "authorization: Bearer old\n", ""), 401);
    snprintf(headers, sizeof(headers), "authorization: Bearer %s\n",
             asker.world.accounts[1]->token);
    assert_int_equal(ask(&asker, "GET", "/2/users/me", headers, ""), 200);
    assert_int_equal(ask(&asker, "POST", "/2/oauth2/token", FORM, form), 400);
    asker_release(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighs_as_x_does),
        cmocka_unit_test(gives_texts_back_wrapped),
        cmocka_unit_test(posts_a_thread_and_reads_it_back),
        cmocka_unit_test(refuses_as_the_network_does),
        cmocka_unit_test(counts_280_and_no_more),
        cmocka_unit_test(limits_100_posts_in_15_minutes),
        cmocka_unit_test(verifies_oauth_signatures),
        cmocka_unit_test(takes_a_nonce_once_and_in_time),
        cmocka_unit_test(writes_the_documented_base_string),
        cmocka_unit_test(renews_a_token_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
