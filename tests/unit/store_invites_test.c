#include "store_fixture.h"

#include "entry_count.h"

static struct stored_invite invite_of(unsigned char first, const char *municipality)
{
    return (struct stored_invite){.code_sha256 = {first, 2, 3},
                                  .municipality = municipality,
                                  .made_unix_ms = now_ms,
                                  .expires_unix_ms = now_ms + 1000};
}

static void add(struct fixture *fixture, const struct stored_invite *invite)
{
    struct text entry;

    entry_begin(&entry, ENTRY_INVITED, "coordinator", now_ms);
    assert_int_equal(store_invites_add(fixture->store, invite, 1, &entry, &fixture->error), 0);
    text_release(&entry);
}

static enum invite_state check(struct fixture *fixture, unsigned char first,
                               const char *municipality, int64_t unix_ms)
{
    struct stored_invite invite = invite_of(first, municipality);
    enum invite_state state;

    assert_int_equal(store_invite_check(fixture->store, &invite, unix_ms, &state, &fixture->error),
                     0);
    return state;
}

static int put(struct fixture *fixture, const struct stored_invite *invites, size_t count,
               int64_t unix_ms)
{
    const struct stored_account account = {
        .account = {.municipality = "0301", .channel = "x", .label = "default"}};
    struct text entry;

    error_clear(&fixture->error);
    entry_begin(&entry, ENTRY_REGISTERED, "coordinator", now_ms);
    int result = store_accounts_register(fixture->store, &account, 1, invites, count, unix_ms,
                                         &entry, &fixture->error);
    text_release(&entry);
    return result;
}

static size_t account_count(struct fixture *fixture)
{
    struct stored_account *accounts;
    size_t count;

    assert_int_equal(
        store_accounts(fixture->store, fixture->arena, &accounts, &count, &fixture->error), 0);
    return count;
}

static void an_invitation_is_one_municipalitys_and_has_an_end(void **state)
{
    struct fixture *fixture = *state;
    struct stored_invite invite = invite_of(1, "0301");

    add(fixture, &invite);
    assert_int_equal(check(fixture, 1, "0301", now_ms), INVITE_VALID);
    assert_int_equal(check(fixture, 1, "0301", now_ms + 999), INVITE_VALID);
    assert_int_equal(check(fixture, 1, "0301", now_ms + 1000), INVITE_EXPIRED);
    assert_int_equal(check(fixture, 1, "4601", now_ms), INVITE_ELSEWHERE);
    assert_int_equal(check(fixture, 2, "0301", now_ms), INVITE_UNKNOWN);
    assert_int_equal(count_entries(fixture->store), 1);
}

static void it_is_used_up_with_the_accounts(void **state)
{
    struct fixture *fixture = *state;
    struct stored_invite twice[] = {invite_of(1, "0301"), invite_of(1, "0301")};

    add(fixture, &twice[0]);
    assert_int_equal(put(fixture, twice, 2, now_ms), 0); /* two parts of a file carry the same */
    assert_int_equal(account_count(fixture), 1);
    assert_int_equal(check(fixture, 1, "0301", now_ms), INVITE_USED);
    assert_int_equal(put(fixture, twice, 1, now_ms), -1);
    assert_int_equal(fixture->error.kind, ERROR_INPUT);
}

/* Neither the accounts nor the other invitation. */
static void one_that_is_not_valid_ends_all_of_it(void **state)
{
    struct fixture *fixture = *state;
    struct stored_invite good = invite_of(1, "0301");
    const struct stored_invite others[] = {invite_of(2, "0301"), invite_of(1, "4601")};

    add(fixture, &good);
    for (size_t i = 0; i < 2; i++) {
        const struct stored_invite both[] = {good, others[i]};
        assert_int_equal(put(fixture, both, 2, now_ms), -1);
        assert_non_null(strstr(fixture->error.message, others[i].municipality));
    }
    assert_int_equal(put(fixture, &good, 1, now_ms + 1000), -1);
    assert_int_equal(account_count(fixture), 0);
    assert_int_equal(count_entries(fixture->store), 1);
    assert_int_equal(check(fixture, 1, "0301", now_ms), INVITE_VALID);
    assert_int_equal(put(fixture, &good, 1, now_ms), 0);
}

static void a_code_is_added_once(void **state)
{
    struct fixture *fixture = *state;
    struct stored_invite invite = invite_of(1, "0301");
    const struct stored_invite two[] = {invite_of(2, "0301"), invite_of(1, "4601")};

    add(fixture, &invite);
    assert_int_equal(store_invites_add(fixture->store, two, 2, NULL, &fixture->error), -1);
    assert_int_equal(check(fixture, 2, "0301", now_ms), INVITE_UNKNOWN);
    assert_int_equal(check(fixture, 1, "0301", now_ms), INVITE_VALID);
}

static void all_that_were_made_are_listed(void **state)
{
    struct fixture *fixture = *state;
    struct stored_invite later = invite_of(1, "4601"), first = invite_of(2, "4601");
    struct stored_invite other = invite_of(3, "0301"), *invites;
    size_t count;

    first.made_unix_ms -= 500;
    add(fixture, &later);
    add(fixture, &first);
    add(fixture, &other);
    assert_int_equal(put(fixture, &other, 1, now_ms + 1), 0);
    assert_int_equal(
        store_invites(fixture->store, fixture->arena, &invites, &count, &fixture->error), 0);
    assert_int_equal(count, 3);
    assert_string_equal(invites[0].municipality, "0301");
    assert_int_equal(invites[0].used_unix_ms, now_ms + 1);
    assert_int_equal(stored_invite_state(&invites[0], now_ms), INVITE_USED);
    assert_int_equal(invites[1].code_sha256[0], 2);
    assert_int_equal(invites[1].made_unix_ms, now_ms - 500);
    assert_int_equal(invites[2].code_sha256[0], 1);
    assert_int_equal(stored_invite_state(&invites[2], now_ms), INVITE_VALID);
    assert_int_equal(stored_invite_state(&invites[2], now_ms + 1000), INVITE_EXPIRED);
}

static int withdraw(struct fixture *fixture, const struct stored_invite *invites, size_t count)
{
    struct text entries[2];

    error_clear(&fixture->error);
    for (size_t i = 0; i < 2; i++)
        entry_begin(&entries[i], ENTRY_INVITE_WITHDRAWN, "coordinator", now_ms);
    int result = store_invites_withdraw(fixture->store, invites, count, now_ms + 7, entries,
                                        &fixture->error);
    text_release(&entries[0]);
    text_release(&entries[1]);
    return result;
}

static void one_that_is_withdrawn_is_void(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_invite both[] = {invite_of(1, "0301"), invite_of(2, "4601")};

    add(fixture, &both[0]);
    add(fixture, &both[1]);
    assert_int_equal(withdraw(fixture, both, 1), 0);
    assert_int_equal(count_entries(fixture->store), 3);
    assert_int_equal(check(fixture, 1, "0301", now_ms), INVITE_WITHDRAWN);
    assert_int_equal(check(fixture, 1, "4601", now_ms), INVITE_ELSEWHERE);
    assert_int_equal(put(fixture, &both[0], 1, now_ms), -1);
    /* All or none: the first is void already. */
    assert_int_equal(withdraw(fixture, both, 2), -1);
    assert_int_equal(fixture->error.kind, ERROR_INPUT);
    assert_int_equal(check(fixture, 2, "4601", now_ms), INVITE_VALID);
    assert_int_equal(count_entries(fixture->store), 3);
}

static void one_that_was_used_cannot_be_withdrawn(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_invite invite = invite_of(1, "0301");

    add(fixture, &invite);
    assert_int_equal(put(fixture, &invite, 1, now_ms), 0);
    assert_int_equal(withdraw(fixture, &invite, 1), -1);
    assert_int_equal(check(fixture, 1, "0301", now_ms), INVITE_USED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_invitation_is_one_municipalitys_and_has_an_end),
        STORE_TEST(it_is_used_up_with_the_accounts),
        STORE_TEST(one_that_is_not_valid_ends_all_of_it),
        STORE_TEST(a_code_is_added_once),
        STORE_TEST(all_that_were_made_are_listed),
        STORE_TEST(one_that_is_withdrawn_is_void),
        STORE_TEST(one_that_was_used_cannot_be_withdrawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
