#include "dispatch/account_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#include "store_fixture.h"

static void put_account(struct fixture *fixture, const char *municipality, const char *page)
{
    const struct setting settings[] = {{"page", page}};
    const struct stored_account stored = {
        .account = {.municipality = municipality,
                    .channel = "facebook",
                    .label = "default",
                    .settings = settings,
                    .setting_count = 1},
    };
    struct text entry;

    entry_begin(&entry, ENTRY_REGISTERED, "coordinator", now_ms);
    assert_int_equal(store_accounts_put(fixture->store, &stored, 1, &entry, &fixture->error), 0);
    text_release(&entry);
}

/* Each is read once, however many deliveries it has; one that is gone is told of, and takes nothing
 * from the next. */
static void accounts_come_one_after_the_other(void **state)
{
    struct fixture *fixture = *state;
    struct account_reader reader = {.store = fixture->store};
    static const struct {
        const char *municipality, *page; /* NULL: it is not registered */
        bool is_new;
    } steps[] = {{"0301", "1", true},   {"0301", "1", false}, {"1103", NULL, true},
                 {"1103", NULL, false}, {"4640", "2", true},  {"0301", "1", true}};

    put_account(fixture, "0301", "1");
    put_account(fixture, "4640", "2");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const struct delivery_record record = {
            .municipality = steps[i].municipality, .channel = "facebook", .account = "default"};
        const struct stored_account *stored;
        bool is_new;
        assert_int_equal(account_reader_take(&reader, &record, &stored, &is_new, &fixture->error),
                         0);
        assert_int_equal(is_new, steps[i].is_new);
        assert_int_equal(stored != NULL, steps[i].page != NULL);
        if (stored)
            assert_string_equal(account_setting(&stored->account, "page"), steps[i].page);
    }
    account_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accounts_come_one_after_the_other, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
