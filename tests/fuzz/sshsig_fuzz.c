/* Signatures, public and private keys, and an agent's answers: any bytes are read safely, and a
 * key that is read is written the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/ssh_agent.h"
#include "trust/ssh_container.h"
#include "trust/ssh_key.h"
#include "trust/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS_TRIED_MAX = 2 };

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void fuzz_signature(const uint8_t *data, size_t size)
{
    static const char *const origins[] = {"https://example.org"};
    const struct sshsig_policy policy = {.origins = origins, .origin_count = 1};
    struct arena *arena = arena_new();
    const struct sshsig *signature;
    struct error error = {0};

    if (sshsig_parse(arena, (const char *)data, size, &signature, &error) == 0 ||
        sshsig_parse_blob(arena, data, size, &signature, &error) == 0) {
        struct error why = {0};
        require(signature->namespace_name[0] != '\0', "a signature has a namespace");
        if (sshsig_verify(signature, "test", "message", 7, &policy, &why) == 0)
            require(strcmp(signature->namespace_name, "test") == 0,
                    "the namespace is the one asked");
        else
            require(why.kind == ERROR_VERIFICATION, "a bad signature is said to be one");
    } else {
        require(error.kind == ERROR_VERIFICATION && error.message[0], "a refusal has a reason");
    }
    arena_free(arena);
}

static void fuzz_key(const uint8_t *data, size_t size)
{
    struct ssh_key key, again;
    struct text blob;
    struct error error = {0};

    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    if (ssh_key_from_blob(data, size, &key, &error) == 0) {
        ssh_key_add_blob(&blob, &key);
        require(blob.length == size && memcmp(blob.bytes, data, size) == 0, "a key has one form");
        text_reset(&blob);
        ssh_key_add_line(&blob, &key);
    }
    if (ssh_key_from_line((const char *)data, size, &key, &error) == 0) {
        struct text line;
        text_init(&line, SSH_KEY_LINE_MAX_BYTES);
        ssh_key_add_line(&line, &key);
        require(ssh_key_from_line(line.bytes, line.length, &again, &error) == 0 &&
                    ssh_key_equal(&key, &again),
                "a line that is written can be read");
        text_release(&line);
    }
    text_release(&blob);
}

static void fuzz_private(const uint8_t *data, size_t size)
{
    struct ssh_container container;
    struct text open, passphrase;
    struct error error = {0};

    text_init_secret(&open, size + 1);
    text_init_secret(&passphrase, 16);
    text_add(&passphrase, "passphrase");
    if (ssh_container_read((const char *)data, size, &container, &error) == 0 &&
        container.rounds <= ROUNDS_TRIED_MAX &&
        ssh_container_open(&container, &passphrase, &open, &error) == 0)
        require(open.length == container.closed.size, "opening keeps the length");
    ssh_container_release(&container);
    text_release(&passphrase);
    text_release(&open);
}

static void fuzz_agent(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct ssh_agent_list list;
    struct ssh_key key = {.kind = SSH_KEY_ED25519, .point_size = ED25519_POINT_SIZE};
    struct text armour;
    struct error error = {0};

    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    if (ssh_agent_read_list(arena, data, size, &list, &error) == 0)
        require(list.count + list.refused_count <= SSH_AGENT_IDENTITIES_MAX, "a list is bounded");
    require(ssh_agent_read_signature(data, size, &key, "test", "message", 7, &armour, &error) < 0,
            "no signature is made by nobody's key");
    text_release(&armour);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_signature(data, size);
    fuzz_key(data, size);
    fuzz_private(data, size);
    fuzz_agent(data, size);
    return 0;
}
