/* Signatures and public keys of any bytes: what is read is written the same, and nothing but the
 * message that was signed verifies. */
#include "trust/ssh_key.h"
#include "trust/sshsig.h"

#include "fuzz.h"

/* What the seeds are signatures of. */
static const char namespace_name[] = "test@crisis";
static const char message[] = "what is signed\n";
static const char *const origins[] = {"https://approve.kommune.example"};

static void verify(const struct sshsig *signature)
{
    const struct sshsig_policy policy = {.origins = origins, .origin_count = 1};
    const size_t size = strlen(message);
    struct error error = {0}, why = {0};

    require(signature->namespace_name[0] != '\0', "a signature has a namespace");
    if (sshsig_verify(signature, namespace_name, message, size, &policy, &error) < 0) {
        require(error.kind == ERROR_VERIFICATION && error.message[0], "a refusal has a reason");
        return;
    }
    require(strcmp(signature->namespace_name, namespace_name) == 0,
            "the namespace is the one asked");
    require(!signature->is_webauthn || strcmp(signature->origin, origins[0]) == 0,
            "a passkey is used where it may be");
    require(!ssh_key_is_hardware(&signature->key) || (signature->flags & SSHSIG_TOUCHED),
            "a security key was touched");
    require(sshsig_verify(signature, namespace_name, message, size - 1, &policy, &why) < 0,
            "another message was not signed");
}

static void fuzz_signature(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct sshsig *signature;
    struct error error = {0};

    if (sshsig_parse(arena, (const char *)data, size, &signature, &error) == 0 ||
        sshsig_parse_blob(arena, data, size, &signature, &error) == 0)
        verify(signature);
    else
        require(error.kind == ERROR_VERIFICATION && error.message[0], "a refusal has a reason");
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_signature(data, size);
    fuzz_key(data, size);
    return 0;
}
