#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "channels/channel.h"
#include "channels/shared.h"

static void finds_drivers(void **state)
{
    (void)state;
    static const char *const names[] = {"wordpress", "micropub", "webhook",   "feed",
                                        "facebook",  "x",        "instagram", "threads",
                                        "youtube",   "mastodon", "bluesky",   "telegram"};
    const size_t count = sizeof(names) / sizeof(names[0]);
    for (size_t i = 0; i < count; i++) {
        const struct channel_driver *driver = channel_find(names[i]);
        assert_non_null(driver);
        assert_string_equal(driver->name, names[i]);
        assert_ptr_equal(channel_all()[i], driver);
        assert_true(channel_is_known(names[i]));
        assert_null(channel_refusal(names[i]));
    }
    assert_null(channel_all()[count]);
    assert_null(channel_find("web"));
    assert_true(channel_is_known("web"));
    assert_false(channel_is_known("Facebook"));
    assert_false(channel_is_known("google-plus"));
}

static void names_web_kinds_together(void **state)
{
    (void)state;
    assert_true(channel_is_named(channel_find("webhook"), "web"));
    assert_true(channel_is_named(channel_find("wordpress"), "web"));
    assert_true(channel_is_named(channel_find("micropub"), "web"));
    assert_true(channel_is_named(channel_find("webhook"), "webhook"));
    assert_true(channel_is_named(channel_find("feed"), "web"));
    assert_false(channel_is_named(channel_find("facebook"), "web"));
    assert_false(channel_is_named(channel_find("x"), "facebook"));
}

static void refuses_with_a_reason(void **state)
{
    (void)state;
    const char *reason = channel_refusal("google-plus");
    assert_non_null(strstr(reason, "2 April 2019"));
    assert_non_null(strstr(reason, "5 July 2023"));
    assert_non_null(strstr(reason, "facebook, x or web"));
    assert_null(channel_refusal("youtube"));
    assert_null(channel_refusal("myspace"));
    assert_null(channel_refusal("web"));
}

/* What every driver must have, whatever it does. */
static void drivers_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; channel_all()[i]; i++) {
        const struct channel_driver *driver = channel_all()[i];
        assert_true(driver->name[0] && driver->title[0] && driver->limits.limit > 0);
        assert_non_null(driver->step);
        assert_string_equal(driver->stages[0], "start");
        assert_int_equal(driver->limits.threads, (driver->features & FEATURE_THREADS) != 0);
        assert_true(!driver->endpoint || url_is_acceptable(driver->endpoint));
        for (const struct account_field *field = driver->fields; field->name; field++)
            assert_true(field->meaning && field->meaning[0]);
        for (size_t f = 0; driver->forms && driver->forms[f].title; f++) {
            for (size_t n = 0; driver->forms[f].names[n]; n++) {
                const struct account_field *field = driver->fields;
                while (field->name && strcmp(field->name, driver->forms[f].names[n]) != 0)
                    field++;
                assert_non_null(field->name);
                assert_true(field->secret);
            }
        }
    }
}

static void a_secret_for_webhooks_has_a_form(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        bool is_fine;
    } cases[] = {
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true},  /* 24 bytes */
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=", false}, /* 23 */
        {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},       {"whsec_", false},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa S", false}, {"", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char pairs[100] = "secret";
        size_t length = strlen(cases[i].secret);
        memcpy(pairs + sizeof("secret"), cases[i].secret, length + 1);
        const struct credential credential = {pairs, sizeof("secret") + length + 1};
        const char *fault = channel_find("webhook")->credential_fault(&credential);
        assert_int_equal(fault == NULL, cases[i].is_fine);
        assert_true(!fault || !strstr(fault, "MfKQ"));
    }
    const struct credential none = {0};
    assert_non_null(channel_find("webhook")->credential_fault(&none));
}

static void a_signing_key_for_webhooks_has_a_form(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        bool is_fine;
    } cases[] = {
        {"whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", true},
        {"whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/"
         "tPJZAc6DuFy89qmIyWvAhpo9wdRGg=="
         "",
         true},
        {"whsk_nWGxne/"
         "9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
         "",
         false}, /* the public half of another key */
        {"whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyufw==", false}, /* 31 bytes */
        {"whpk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", false},
        {"whsec_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char before[] = "secret\0whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\0signing-key";
        char pairs[256];
        size_t length = strlen(cases[i].key);
        memcpy(pairs, before, sizeof(before));
        memcpy(pairs + sizeof(before), cases[i].key, length + 1);
        const struct credential credential = {pairs, sizeof(before) + length + 1};
        const char *fault = channel_find("webhook")->credential_fault(&credential);
        assert_int_equal(fault == NULL, cases[i].is_fine);
        assert_true(!fault || (strstr(fault, "signing-key") && !strstr(fault, "nWGx")));
    }
}

static void masks_secrets(void **state)
{
    (void)state;
    static const char pairs[] = "access-token\0EAAC%x/9\0short\0abc";
    static const struct credential credential = {.pairs = pairs, .size_bytes = sizeof(pairs)};
    static const struct credential none = {.pairs = NULL};
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"nothing here, not even abc", "nothing here, not even abc"},
        {"EAAC%x/9", "***"},
        {"a EAAC%x/9EAAC%x/9 b", "a ****** b"},
        {"escaped EAAC%25x%2F9 and EAAC%x\\/9", "escaped *** and ***"},
        {"EAAC%x\\u002f9, \\u0045\\u0041AC\\u0025x/9", "***, ***"},
        {"cut off at the end EAAC%", "cut off at the end ***"},
        {"in an escape EAAC%25x%2", "in an escape ***"},
        {"in an escape EAAC%25x%", "in an escape ***"},
        {"in an escape EAAC%x\\", "in an escape ***"},
        {"in an escape EAAC%x\\u", "in an escape ***"},
        {"in an escape EAAC%x\\u002", "in an escape ***"},
        {"not so at the end EAA", "not so at the end EAA"},
        {"EAAC-another", "EAAC-another"},
    };
    struct channel_job job = {.credential = &credential, .app = &none};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        memcpy(text, cases[i].text, strlen(cases[i].text) + 1);
        shared_mask_secrets(&job, text);
        assert_string_equal(text, cases[i].masked);
    }
}

/* The password as it was given, in one word, in groups, and as Basic authentication carries it. */
static void masks_a_password_and_its_user(void **state)
{
    (void)state;
    static const char pairs[] = "user\0oslo\0application-password\0abcdEFGH 1234ijkl";
    static const struct credential credential = {.pairs = pairs, .size_bytes = sizeof(pairs)};
    static const struct credential none = {.pairs = NULL};
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"Basic b3NsbzphYmNkRUZHSDEyMzRpamts", "Basic ***"},
        {"b3NsbzphYmNkRUZHSDEyMzRpamts!", "***!"},
        {"cut off b3NsbzphYmNk", "cut off ***"},
        {"abcdEFGH 1234ijkl", "***"},
        {"abcdEFGH1234ijkl, abcd EFGH 1234 ijkl", "***, ***"},
        {"https://oslo.example/crisis", "https://oslo.example/crisis"},
    };
    struct channel_job job = {.credential = &credential, .app = &none};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        memcpy(text, cases[i].text, strlen(cases[i].text) + 1);
        shared_mask_secrets(&job, text);
        assert_string_equal(text, cases[i].masked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_drivers),
        cmocka_unit_test(names_web_kinds_together),
        cmocka_unit_test(refuses_with_a_reason),
        cmocka_unit_test(drivers_are_whole),
        cmocka_unit_test(a_secret_for_webhooks_has_a_form),
        cmocka_unit_test(a_signing_key_for_webhooks_has_a_form),
        cmocka_unit_test(masks_secrets),
        cmocka_unit_test(masks_a_password_and_its_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
