/* Private key files of any bytes: what is read as a key signs, and its signature verifies. */
#include "trust/ssh_container.h"
#include "trust/ssh_private.h"
#include "trust/sshsig.h"

#include "fuzz.h"

enum { ROUNDS_TRIED_MAX = 1 };

static const char passphrase_bytes[] = "passphrase";

static void sign(const struct ssh_private *key)
{
    struct arena *arena = arena_new();
    const struct sshsig_policy policy = {0};
    const struct sshsig *signature;
    struct error error = {0};
    struct text armour;

    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    require(ssh_private_sign(key, "test", "message", 7, &armour, &error) == 0, "a key signs");
    require(sshsig_parse(arena, armour.bytes, armour.length, &signature, &error) == 0 &&
                sshsig_verify(signature, "test", "message", 7, &policy, &error) == 0,
            "its signature is good");
    require(ssh_key_equal(&signature->key, ssh_private_public(key)), "it is its own");
    text_release(&armour);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct ssh_container container;
    struct ssh_private *key = NULL;
    struct error error = {0}, why = {0};
    struct text passphrase;
    bool is_encrypted = false;

    text_init_secret(&passphrase, sizeof(passphrase_bytes));
    text_add(&passphrase, passphrase_bytes);
    const int result = ssh_container_read(bytes, size, &container, &error);
    require((result < 0) == (error.kind == ERROR_INPUT), "a refusal has a reason");
    require((ssh_private_is_encrypted(bytes, size, &is_encrypted, &why) < 0) == (result < 0),
            "a file is one or it is not");
    /* Many rounds would take long, as they should. */
    if (result == 0 && (!is_encrypted || container.rounds <= ROUNDS_TRIED_MAX)) {
        if (ssh_private_read(bytes, size, &passphrase, &key, &error) == 0)
            sign(key);
        else
            require(error.kind == ERROR_INPUT && !key, "a refusal has a reason");
    }
    ssh_private_free(key);
    ssh_container_release(&container);
    text_release(&passphrase);
    return 0;
}
