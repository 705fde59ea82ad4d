#include "sandbox_ask.h"

#define BODY                                                                                       \
    "{\"type\":\"crisis.alert\",\"timestamp\":\"2026\",\"data\":{\"language\":\"nb\",\"texts\":["  \
    "\"a\",\"b\"]}}"
#define ZEROS "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define SIGNED(id, timestamp, signature)                                                           \
    JSON "webhook-id: " id "\nwebhook-timestamp: " timestamp "\nwebhook-signature: " signature "\n"
#define NOW "1795500000"

static void takes_each_id_once(void **state)
{
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "POST", "/webhook/0301", SIGNED("k1", NOW, ZEROS), BODY), 204);
    assert_int_equal(ask(&asker, "POST", "/webhook/0301", SIGNED("k1", NOW, ZEROS), BODY), 204);
    assert_int_equal(ask(&asker, "POST", "/webhook/1103", SIGNED("k1", NOW, ZEROS), BODY), 204);
    assert_int_equal(asker.world.post_count, 2);
    assert_int_equal(asker.world.counts.repeats, 1);
    assert_string_equal(asker.world.posts[0]->text, "a\n\nb");
    assert_string_equal(asker.world.posts[0]->language, "nb");
    assert_string_equal(asker.world.posts[0]->raw, BODY);
    asker_release(&asker);
}

static void takes_back_what_an_event_names(void **state)
{
    static const char retraction[] =
        "{\"type\":\"crisis.retracted\",\"timestamp\":\"2026\",\"data\":{\"retracted\":\"k1\"}}";
    struct sandbox_options options = {0};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    ask(&asker, "POST", "/webhook/0301", SIGNED("k1", NOW, ZEROS), BODY);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            ask(&asker, "POST", "/webhook/0301", SIGNED("k1-r", NOW, ZEROS), retraction), 204);
    assert_int_equal(asker.world.post_count, 1);
    assert_true(asker.world.posts[0]->deleted_ms != 0);
    assert_int_equal(asker.world.counts.deletions, 1);
    assert_int_equal(asker.world.counts.repeats, 1);
    asker_release(&asker);
}

static void refuses_what_is_not_well_formed(void **state)
{
    static const struct refused_request cases[] = {
        {"GET", "/webhook/0301", "", "", 405},
        {"POST", "/webhook/", SIGNED("k", NOW, ZEROS), BODY, 404},
        {"POST", "/webhook/a/b", SIGNED("k", NOW, ZEROS), BODY, 404},
        {"POST", "/webhook/0301?a=b", SIGNED("k", NOW, ZEROS), BODY, 400},
        {"POST", "/webhook/0301", "content-type: text/plain\n", BODY, 415},
        {"POST", "/webhook/0301", JSON, BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k.1", NOW, ZEROS), BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", "1795499699", ZEROS), BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", "1795500301", ZEROS), BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", "soon", ZEROS), BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", NOW, "v1,AAAA"), BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", NOW, "v2,AAAA"), BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", NOW, ZEROS) "webhook-id: k2\n", BODY, 400},
        {"POST", "/webhook/0301", SIGNED("k", NOW, ZEROS), "{", 400},
        {"POST", "/webhook/0301", SIGNED("k", NOW, ZEROS), "{\"type\":\"a\"}", 400},
    };

    (void)state;
    assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

/* The vector of the specification's own tests. */
static void verifies_signatures(void **state)
{
    static const char accounts[] =
        "[{\"municipality\":\"0301\",\"channel\":\"webhook\",\"settings\":{\"url\":"
        "\"https://localhost:1/webhook/oslo\"},\"credential\":{\"secret\":"
        "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"}}]";
    struct sandbox_options options = {.accounts_file_text = accounts,
                                      .accounts_length = sizeof(accounts) - 1};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    asker.now_ms = INT64_C(1614265330000);
    /* Signed rightly: what is wrong is the body. */
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo",
                         SIGNED("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
                         "{\"test\": 2432232314}"),
                     400);
    assert_body_has(&asker, "needs type");
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo",
                         SIGNED("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331",
                                ZEROS " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
                         "{\"test\": 2432232314}"),
                     401);
    assert_int_equal(ask(&asker, "POST", "/webhook/bergen", SIGNED("k", "1614265330", ZEROS), BODY),
                     404);
    asker_release(&asker);
}

/* Where the receiver knows the public key, that signature counts too. Signed by openssl. */
static void verifies_signatures_with_a_public_key(void **state)
{
    static const char accounts[] =
        "[{\"municipality\":\"0301\",\"channel\":\"webhook\",\"settings\":{\"url\":"
        "\"https://localhost:1/webhook/oslo\"},\"credential\":{\"secret\":"
        "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\",\"signing-key\":"
        "\"whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\"}}]";
#define V1 "v1,eorx02oHVxUb+nWo4nvN3O68eqHPTv7OiIlPn7FxOdU="
#define V1A                                                                                        \
    "v1a,Lb484x+Sr2gVprOo2sKhAMnHl+frPfQOQi9cd2BKX/7sz8ze0RPjJ4ohjDYQYzvX1QzAMryk0mN8WNygwWIpDA=="
#define OTHER                                                                                      \
    "v1a,F0y7GTEpUM7btgoMhK52VdZAA6YrhzfqRNuhInxXkSAsYnZwSXoFDVnbU9XPLPcxxNRNd6EPb82JiSP6Uji7DA=="
    struct sandbox_options options = {.accounts_file_text = accounts,
                                      .accounts_length = sizeof(accounts) - 1};
    struct asker asker;

    (void)state;
    asker_init(&asker, &options);
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo", SIGNED("k1", NOW, V1), BODY), 401);
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo", SIGNED("k1", NOW, V1A), BODY), 400);
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo", SIGNED("k1", NOW, V1 " " OTHER), BODY),
                     401);
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo", SIGNED("k1", NOW, ZEROS " " V1A), BODY),
                     401);
    assert_int_equal(asker.world.post_count, 0);
    assert_int_equal(ask(&asker, "POST", "/webhook/oslo", SIGNED("k1", NOW, V1 " " V1A), BODY),
                     204);
    asker_release(&asker);
}

static void makes_faults_on_purpose(void **state)
{
    static const char *const faults[] = {
        "500-after:times=1,503-before:times=1:seconds=7,garbage:times=1,html:times=1",
        "429:times=1:seconds=5,large:times=1,refuse:code=410:times=1",
    };
    struct sandbox_options options = {.faults = faults, .fault_count = 2};
    struct asker asker;
    static const unsigned statuses[] = {500, 503, 200, 502, 429, 429};
    char headers[512];

    (void)state;
    asker_init(&asker, &options);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        snprintf(
            headers, sizeof(headers),
            JSON "webhook-id: k%zu\nwebhook-timestamp: " NOW "\nwebhook-signature: " ZEROS "\n", i);
        assert_int_equal(ask(&asker, "POST", "/webhook/0301", headers, BODY), statuses[i]);
        if (i == 1)
            assert_string_equal(answer_header(&asker, "retry-after"), "7");
        if (i == 4)
            assert_string_equal(answer_header(&asker, "retry-after"), "5");
    }
    assert_int_equal(asker.world.post_count, 3); /* 500-after, garbage, html */
    asker.now_ms += 5000;
    assert_int_equal(ask(&asker, "POST", "/webhook/0301", SIGNED("l", NOW, ZEROS), BODY), 204);
    assert_int_equal(asker.exchange.answer.body.length, 8 * 1024 * 1024);
    assert_int_equal(ask(&asker, "POST", "/webhook/0301", SIGNED("m", NOW, ZEROS), BODY), 410);
    assert_int_equal(ask(&asker, "POST", "/webhook/0301", SIGNED("n", NOW, ZEROS), BODY), 204);
    assert_int_equal(asker.world.counts.faults, 8);
    ask(&asker, "GET", "/_sandbox/stats", "", "");
    assert_body_has(&asker, "\"500-after\":1");
    asker_release(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_each_id_once),
        cmocka_unit_test(takes_back_what_an_event_names),
        cmocka_unit_test(refuses_what_is_not_well_formed),
        cmocka_unit_test(verifies_signatures),
        cmocka_unit_test(verifies_signatures_with_a_public_key),
        cmocka_unit_test(makes_faults_on_purpose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
