#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch/app.h"
#include "trust/vault.h"

enum { SECRETS = 2 };

/* A vault with two secrets: by name, as the store has them. */
struct fixture {
    struct vault *vault;
    struct text sealed[SECRETS];
    struct stored_secret stored[SECRETS];
    struct app_secrets secrets;
    struct error error;
};

static const char *const names[SECRETS] = {"key-of-x", "secret-of-x"};
static const char *const values[SECRETS] = {"PlantedKey", "PlantedSecret"};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct text key;

    vault_new_key(&key);
    assert_int_equal(vault_open(key.bytes, key.length, &fixture->vault, &fixture->error), 0);
    text_release(&key);
    for (size_t i = 0; i < SECRETS; i++) {
        struct text value;
        text_init_secret(&value, 100);
        text_add(&value, values[i]);
        text_init(&fixture->sealed[i], VAULT_SEALED_MAX_BYTES);
        assert_int_equal(vault_seal_secret(fixture->vault, names[i], &value, &fixture->sealed[i],
                                           &fixture->error),
                         0);
        fixture->stored[i] = (struct stored_secret){names[i], fixture->sealed[i].bytes,
                                                    fixture->sealed[i].length, 1};
        text_release(&value);
    }
    fixture->secrets = (struct app_secrets){fixture->stored, SECRETS};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < SECRETS; i++)
        text_release(&fixture->sealed[i]);
    vault_close(fixture->vault);
    free(fixture);
    return 0;
}

static struct network network_of(const struct setting *secrets, size_t count)
{
    return (struct network){.channel = "x", .secrets = secrets, .secret_count = count};
}

static void the_pairs_are_named_as_in_the_configuration(void **state)
{
    struct fixture *fixture = *state;
    static const struct setting named[] = {{"api-key", "key-of-x"}, {"api-secret", "secret-of-x"}};
    const struct network network = network_of(named, 2);
    struct credential app;
    struct text pairs;

    assert_int_equal(
        app_open(fixture->vault, &fixture->secrets, &network, &pairs, &app, &fixture->error), 0);
    assert_true(pairs.secret);
    assert_ptr_equal(app.pairs, pairs.bytes);
    assert_string_equal(credential_find(&app, "api-key"), "PlantedKey");
    assert_string_equal(credential_find(&app, "api-secret"), "PlantedSecret");
    assert_null(credential_find(&app, "key-of-x"));
    assert_null(credential_find(&app, "app-secret"));
    text_release(&pairs);
}

static void where_none_is_named_no_vault_is_needed(void **state)
{
    struct fixture *fixture = *state;
    const struct network network = network_of(NULL, 0);
    struct credential app;
    struct text pairs;

    assert_int_equal(app_open(NULL, &fixture->secrets, &network, &pairs, &app, &fixture->error), 0);
    assert_int_equal(app.size_bytes, 0);
    text_release(&pairs);
}

static void one_that_is_not_there_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    static const struct setting named[] = {{"api-key", "key-of-x"}, {"api-secret", "other"}};
    const struct network network = network_of(named, 2);
    const struct app_secrets none = {0};
    struct credential app;
    struct text pairs;

    assert_int_equal(
        app_open(fixture->vault, &fixture->secrets, &network, &pairs, &app, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_INPUT);
    assert_non_null(strstr(fixture->error.message, "'other'"));
    assert_non_null(strstr(fixture->error.message, "api-secret of x"));
    assert_string_equal(fixture->error.next, "crisis vault put other");
    assert_null(app.pairs);
    text_release(&pairs);
    assert_int_equal(app_open(fixture->vault, &none, &network, &pairs, &app, &fixture->error), -1);
    text_release(&pairs);
}

/* Whoever changes rows cannot give one network another's secret. */
static void a_row_under_another_name_does_not_open(void **state)
{
    struct fixture *fixture = *state;
    static const struct setting named[] = {{"api-key", "key-of-x"}};
    const struct network network = network_of(named, 1);
    struct credential app;
    struct text pairs;

    fixture->stored[0].sealed = fixture->sealed[1].bytes;
    fixture->stored[0].sealed_size_bytes = fixture->sealed[1].length;
    assert_int_equal(
        app_open(fixture->vault, &fixture->secrets, &network, &pairs, &app, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
    assert_null(strstr(fixture->error.message, "Planted"));
    assert_null(app.pairs);
    text_release(&pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_pairs_are_named_as_in_the_configuration, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(where_none_is_named_no_vault_is_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_not_there_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_under_another_name_does_not_open, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
