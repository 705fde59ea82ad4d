/* A registration file of any bytes: accounts that are whole, or problems and no accounts. */
#include "store/registration.h"

#include "fuzz.h"

/* Name, value, name, value: each with its NUL, none empty. */
static void check_pairs(const struct text *pairs)
{
    size_t at = 0, strings = 0;

    while (at < pairs->length) {
        size_t length = strnlen(pairs->bytes + at, pairs->length - at);
        require(length > 0 && at + length < pairs->length, "a pair's string is whole");
        at += length + 1;
        strings++;
    }
    require(strings % 2 == 0, "every name has a value");
    require(pairs->secret, "secrets are in secret memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct registration registration = {0};
    struct problems problems;

    problems_init(&problems, arena);
    int result =
        registration_read(arena, "r.yaml", (const char *)data, size, &problems, &registration);
    require((result == 0) == !problems_any_error(&problems), "refused, then a problem");
    require(result == 0 || registration.count == 0, "refused, then no account");
    for (size_t i = 0; i < registration.count; i++) {
        const struct registration_account *account = &registration.accounts[i];
        require(account->account.municipality[0] && account->account.channel[0] &&
                    account->account.label[0],
                "an account has its names");
        check_pairs(&account->pairs);
    }
    registration_release(&registration);
    arena_free(arena);
    return 0;
}
