/* Ed25519 keys made from a number, and SSHSIGs made with them. */
#ifndef CRISIS_TESTS_FUZZ_SIGNING_H
#define CRISIS_TESTS_FUZZ_SIGNING_H

#include "base/arena.h"
#include "base/ed25519.h"
#include "trust/ssh_key.h"
#include "trust/sshsig.h"

#include "fuzz.h"

static inline struct ed25519_key *signing_private(unsigned number)
{
    unsigned char seed[ED25519_SEED_SIZE];
    struct ed25519_key *key;
    struct error error = {0};

    memset(seed, (int)number + 1, sizeof(seed));
    require(ed25519_key_new(seed, &key, &error) == 0, "a seed makes a key");
    return key;
}

static inline struct ssh_key signing_key(unsigned number)
{
    struct ed25519_key *private_key = signing_private(number);
    struct ssh_key key = {.kind = SSH_KEY_ED25519, .point_size = ED25519_PUBLIC_SIZE};

    ed25519_key_public(private_key, key.point);
    ed25519_key_free(private_key);
    return key;
}

/* The armoured signature, in the arena. */
static inline const char *signing_sign(struct arena *arena, unsigned number,
                                       const char *namespace_name, const void *message, size_t size)
{
    struct ed25519_key *private_key = signing_private(number);
    const struct ssh_key key = signing_key(number);
    unsigned char signature[ED25519_SIGNATURE_SIZE];
    struct text tbs, wire, armour;
    struct error error = {0};

    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    text_init(&wire, SSHSIG_SIGNATURE_MAX_BYTES);
    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    require(sshsig_add_tbs(&tbs, namespace_name, SSHSIG_SHA512, message, size, &error) == 0 &&
                ed25519_sign(private_key, tbs.bytes, tbs.length, signature, &error) == 0,
            "a message can be signed");
    ssh_add_cstring(&wire, ssh_key_kind_name(key.kind));
    ssh_add_string(&wire, signature, sizeof(signature));
    require(sshsig_add_armour(&armour, &key, namespace_name, SSHSIG_SHA512, wire.bytes, wire.length,
                              &error) == 0,
            "a signature has its armour");
    const char *result = arena_strndup(arena, armour.bytes, armour.length);
    text_release(&armour);
    text_release(&wire);
    text_release(&tbs);
    ed25519_key_free(private_key);
    return result;
}

#endif
