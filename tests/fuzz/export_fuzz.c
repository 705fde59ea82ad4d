/* A registration file of any bytes; the accounts of a good one are sealed, exported and read again:
 * they come out as they went in. */
#include "base/memory.h"
#include "cmd/export_text.h"
#include "store/registration.h"
#include "trust/vault.h"

#include "fuzz.h"

enum { CEILING = 4 * 1024 * 1024 };

static bool same_settings(const struct account *a, const struct account *b)
{
    if (a->setting_count != b->setting_count)
        return false;
    for (size_t i = 0; i < a->setting_count; i++)
        if (strcmp(a->settings[i].name, b->settings[i].name) != 0 ||
            strcmp(a->settings[i].value, b->settings[i].value) != 0)
            return false;
    return true;
}

static void compare(const struct registration_account *a, const struct registration_account *b)
{
    require(strcmp(a->account.municipality, b->account.municipality) == 0 &&
                strcmp(a->account.channel, b->account.channel) == 0 &&
                strcmp(a->account.label, b->account.label) == 0,
            "an account keeps its names");
    require(same_settings(&a->account, &b->account), "an account keeps its settings");
    require(a->pairs.length == b->pairs.length &&
                memcmp(a->pairs.bytes, b->pairs.bytes, a->pairs.length) == 0,
            "an account keeps its credential");
}

static void seal(struct vault *vault, const struct registration_account *account,
                 struct text *sealed, struct stored_account *out)
{
    const struct credential credential = {account->pairs.bytes, account->pairs.length};
    struct error error = {0};

    text_init(sealed, VAULT_SEALED_MAX_BYTES);
    *out = (struct stored_account){.account = account->account};
    if (account->pairs.length == 0)
        return;
    require(vault_seal(vault, &account->account, &credential, sealed, &error) == 0,
            "a credential that was read can be sealed");
    out->sealed = sealed->bytes;
    out->sealed_size_bytes = sealed->length;
}

static void read_again(struct arena *arena, const struct text *text,
                       const struct registration *registration)
{
    struct registration again = {0};
    struct problems problems;

    problems_init(&problems, arena);
    require(registration_read(arena, "again", text->bytes, text->length, &problems, &again) == 0,
            "what is exported can be registered");
    require(again.count == registration->count, "no account is lost");
    for (size_t i = 0; i < again.count; i++)
        compare(&registration->accounts[i], &again.accounts[i]);
    registration_release(&again);
}

static void export_all(struct arena *arena, struct vault *vault,
                       const struct registration *registration)
{
    struct stored_account *stored = memory_alloc_array(registration->count + 1, sizeof(*stored));
    struct text *sealed = memory_alloc_array(registration->count + 1, sizeof(*sealed));
    struct error error = {0};
    struct text text;

    for (size_t i = 0; i < registration->count; i++)
        seal(vault, &registration->accounts[i], &sealed[i], &stored[i]);
    text_init_secret(&text, CEILING);
    require(export_text(vault, stored, registration->count, &text, &error) == 0,
            "accounts can be exported");
    if (registration->count > 0)
        read_again(arena, &text, registration);
    text_release(&text);
    for (size_t i = 0; i < registration->count; i++)
        text_release(&sealed[i]);
    memory_free(sealed);
    memory_free(stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vault *vault;
    struct arena *arena = arena_new();
    struct registration registration = {0};
    struct error error = {0};
    struct problems problems;

    if (!vault) {
        struct text key;
        vault_new_key(&key);
        require(vault_open(key.bytes, key.length, &vault, &error) == 0, "a vault opens");
        text_release(&key);
    }
    problems_init(&problems, arena);
    if (registration_read(arena, "r.yaml", (const char *)data, size, &problems, &registration) == 0)
        export_all(arena, vault, &registration);
    registration_release(&registration);
    arena_free(arena);
    return 0;
}
