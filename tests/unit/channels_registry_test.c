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
    static const char *const names[] = {"webhook", "facebook", "x"};
    for (size_t i = 0; i < 3; i++) {
        const struct channel_driver *driver = channel_find(names[i]);
        assert_non_null(driver);
        assert_string_equal(driver->name, names[i]);
        assert_ptr_equal(channel_all()[i], driver);
        assert_true(channel_is_known(names[i]));
        assert_null(channel_refusal(names[i]));
    }
    assert_null(channel_all()[3]);
    assert_null(channel_find("web"));
    assert_true(channel_is_known("web"));
    assert_false(channel_is_known("Facebook"));
    assert_false(channel_is_known("google-plus"));
}

static void names_web_kinds_together(void **state)
{
    (void)state;
    assert_true(channel_is_named(channel_find("webhook"), "web"));
    assert_true(channel_is_named(channel_find("webhook"), "webhook"));
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
    assert_string_equal(channel_refusal("mastodon"), "not in this version");
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
        {"cut off at the end EAAC%", "cut off at the end ***"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_drivers),         cmocka_unit_test(names_web_kinds_together),
        cmocka_unit_test(refuses_with_a_reason), cmocka_unit_test(drivers_are_whole),
        cmocka_unit_test(masks_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
