/* Ed25519 keys made from a number, and SSHSIGs made with them, for unit tests and fuzz targets. */
#ifndef CRISIS_TESTS_UNIT_TRUST_SIGNING_H
#define CRISIS_TESTS_UNIT_TRUST_SIGNING_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ed25519.h"
#include "trust/ssh_key.h"
#include "trust/sshsig.h"

/* What cannot be made is no finding of a test: it ends here. */
static inline void signing_test_require(bool made, const struct error *error)
{
    if (made)
        return;
    fprintf(stderr, "%s\n", error->message);
    abort();
}

static inline struct ed25519_key *signing_test_private(unsigned number)
{
    unsigned char seed[ED25519_SEED_SIZE];
    struct ed25519_key *key;
    struct error error = {0};

    memset(seed, (int)number + 1, sizeof(seed));
    signing_test_require(ed25519_key_new(seed, &key, &error) == 0, &error);
    return key;
}

static inline struct ssh_key signing_test_key(unsigned number)
{
    struct ed25519_key *private_key = signing_test_private(number);
    struct ssh_key key = {.kind = SSH_KEY_ED25519, .point_size = ED25519_PUBLIC_SIZE};

    ed25519_key_public(private_key, key.point);
    ed25519_key_free(private_key);
    return key;
}

/* The armoured signature, in the arena. */
static inline const char *signing_test_sign(struct arena *arena, unsigned number,
                                            const char *namespace_name, const void *message,
                                            size_t size)
{
    struct ed25519_key *private_key = signing_test_private(number);
    struct ssh_key key = signing_test_key(number);
    unsigned char signature[ED25519_SIGNATURE_SIZE];
    struct text tbs, wire, armour;
    struct error error = {0};

    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    text_init(&wire, SSHSIG_SIGNATURE_MAX_BYTES);
    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    signing_test_require(
        sshsig_add_tbs(&tbs, namespace_name, SSHSIG_SHA512, message, size, &error) == 0 &&
            ed25519_sign(private_key, tbs.bytes, tbs.length, signature, &error) == 0,
        &error);
    ssh_add_cstring(&wire, ssh_key_kind_name(key.kind));
    ssh_add_string(&wire, signature, sizeof(signature));
    signing_test_require(sshsig_add_armour(&armour, &key, namespace_name, SSHSIG_SHA512, wire.bytes,
                                           wire.length, &error) == 0,
                         &error);
    const char *result = arena_strndup(arena, armour.bytes, armour.length);
    text_release(&armour);
    text_release(&wire);
    text_release(&tbs);
    ed25519_key_free(private_key);
    return result;
}

#endif
