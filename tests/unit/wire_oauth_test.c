#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "wire/form.h"
#include "wire/oauth.h"

static const struct oauth1_credential credential = {
    .consumer_key = "xvz1evFS4wEEPTGEFPHBog",
    .consumer_secret = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    .token = "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    .token_secret = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
};
static const char nonce[] = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg";
enum { TIMESTAMP_S = 1318622958 };

static void signs_as_the_documented_examples(void **state)
{
    (void)state;
    static const char form[] = "status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20"
                               "request%21";
    static const char plus_form[] = "status=Hello+Ladies+%2b+Gentlemen%2c+a+signed+OAuth+request!";
    static const struct {
        enum http_method method;
        const char *url, *form, *signature;
    } cases[] = {
        {HTTP_POST, "https://api.x.com/1.1/statuses/update.json?include_entities=true", form,
         "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="},
        {HTTP_POST, "https://api.x.com/1.1/statuses/update.json?include_entities=true", plus_form,
         "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="},
        {HTTP_POST, "HTTPS://API.X.COM:443/1.1/statuses/update.json?include_entities=true", form,
         "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="},
        {HTTP_POST, "https://api.twitter.com/1.1/statuses/update.json?include_entities=true", form,
         "hCtSmYh+iHYCEqBWrE7C7hYmtUk="},
        {HTTP_POST, "https://api.twitter.com/1/statuses/update.json?include_entities=true", form,
         "tnnArxj06cWHq44gCs1OSKk/jLY="},
        {HTTP_POST, "https://api.x.com/2/tweets", NULL, "lr+tV/DKclEvXKVjG6tgaSSLV0k="},
        {HTTP_GET,
         "https://api.x.com/2/users/2244994945/tweets?exclude=retweets&max_results=10&start_time="
         "2026-01-02T03:04:05Z&tweet.fields=created_at,conversation_id",
         NULL, "sIOKrUR2a5ovkXA70Ve0y6woIuY="},
        {HTTP_GET,
         "https://api.x.com/2/users/2244994945/tweets?max_results=10&tweet.fields=created_at%2C"
         "conversation_id&start_time=2026-01-02T03%3A04%3A05Z&exclude=retweets",
         NULL, "sIOKrUR2a5ovkXA70Ve0y6woIuY="},
        {HTTP_DELETE, "https://api.x.com/2/tweets/1445880548472328192", NULL,
         "TthENO2qlGBISSakx+HkjNy7NpU="},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text header, wanted;
        text_init_secret(&header, 4096);
        text_init(&wanted, 4096);
        assert_true(oauth1_authorization_add(&header, &credential, cases[i].method, cases[i].url,
                                             cases[i].form, nonce, TIMESTAMP_S));
        text_add(&wanted, "oauth_signature=\"");
        percent_add(&wanted, cases[i].signature);
        text_add_char(&wanted, '"');
        if (!strstr(header.bytes, wanted.bytes))
            print_error("case %zu: %s\n", i, header.bytes);
        assert_non_null(strstr(header.bytes, wanted.bytes));
        text_release(&wanted);
        text_release(&header);
    }
}

static void writes_the_header(void **state)
{
    (void)state;
    struct text header;
    text_init_secret(&header, 4096);
    assert_true(oauth1_authorization_add(&header, &credential, HTTP_POST,
                                         "https://api.x.com/2/tweets", NULL, nonce, TIMESTAMP_S));
    assert_string_equal(header.bytes,
                        "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "
                        "oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", "
                        "oauth_signature=\"lr%2BtV%2FDKclEvXKVjG6tgaSSLV0k%3D\", "
                        "oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", "
                        "oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", "
                        "oauth_version=\"1.0\"");
    text_release(&header);
}

static void refuses_what_it_cannot_sign(void **state)
{
    (void)state;
    struct text header, url;
    text_init_secret(&header, 4096);
    assert_false(oauth1_authorization_add(&header, &credential, HTTP_GET, "https://a.no/?a=%4",
                                          NULL, nonce, TIMESTAMP_S));
    assert_int_equal(header.length, 0);
    text_init(&url, 4096);
    text_add(&url, "https://a.no/");
    for (int i = 0; i < OAUTH_PARAMETERS_MAX; i++)
        query_add(&url, "a", "b");
    assert_false(oauth1_authorization_add(&header, &credential, HTTP_GET, url.bytes, NULL, nonce,
                                          TIMESTAMP_S));
    assert_int_equal(header.length, 0);
    text_release(&url);
    text_release(&header);

    text_init_secret(&header, 50);
    assert_false(oauth1_authorization_add(&header, &credential, HTTP_GET, "https://a.no/", NULL,
                                          nonce, TIMESTAMP_S));
    assert_int_equal(header.length, 0);
    text_release(&header);
}

static void proves_the_app_secret(void **state)
{
    (void)state;
    struct text proof;
    text_init_secret(&proof, 128);
    appsecret_proof_add(&proof, "app_secret", "token123");
    assert_string_equal(proof.bytes,
                        "12c68c8587c590591ce079116b550cc84de7f8a5d59b59378d698c2f58aab611");
    text_release(&proof);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_documented_examples),
        cmocka_unit_test(writes_the_header),
        cmocka_unit_test(refuses_what_it_cannot_sign),
        cmocka_unit_test(proves_the_app_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
