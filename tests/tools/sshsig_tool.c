/*
 * Signs and verifies SSHSIG files through lib/trust alone, so that the end-to-end tests can set it
 * beside ssh-keygen.
 *
 *     sshsig_tool verify APPROVERS PRINCIPAL NAMESPACE TIME SIGNATURE MESSAGE [ORIGIN…]
 *     sshsig_tool check KEY_LINE_FILE NAMESPACE SIGNATURE MESSAGE [ORIGIN…]
 *     sshsig_tool sign PRIVATE_KEY PASSPHRASE NAMESPACE MESSAGE      prints the signature
 *     sshsig_tool agent-list SOCKET                                  prints fingerprints
 *     sshsig_tool agent-sign SOCKET KEY_LINE_FILE NAMESPACE MESSAGE  prints the signature
 *     sshsig_tool fingerprint KEY_LINE_FILE
 *     sshsig_tool tbs NAMESPACE MESSAGE                              prints it in hexadecimal
 *
 * TIME is RFC 3339. Exit codes are those of struct error, and its sentence is on standard error.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/file.h"
#include "net/agent_socket.h"
#include "trust/signers.h"
#include "trust/ssh_agent.h"
#include "trust/ssh_private.h"
#include "trust/sshsig.h"

enum { FILE_MAX_BYTES = 1024 * 1024 };

static int read_key(const char *path, struct ssh_key *key, struct error *error)
{
    struct text file;
    int result = -1;

    if (file_read(path, FILE_MAX_BYTES, &file, error) == 0)
        result = ssh_key_from_line(file.bytes, file.length, key, error);
    text_release(&file);
    return result;
}

/* The signature over the message, by whatever key; *out belongs to the arena. */
static int verify_files(struct arena *arena, const char *namespace_name, char **words,
                        const struct sshsig **out, struct error *error)
{
    struct text signature_file = {0}, message = {0};
    struct sshsig_policy policy = {.origins = (const char *const *)(words + 2)};
    int result = -1;

    while (policy.origins[policy.origin_count])
        policy.origin_count++;
    text_init(&signature_file, FILE_MAX_BYTES);
    text_init(&message, FILE_MAX_BYTES);
    if (file_read(words[0], FILE_MAX_BYTES, &signature_file, error) == 0 &&
        file_read(words[1], FILE_MAX_BYTES, &message, error) == 0 &&
        sshsig_parse(arena, signature_file.bytes, signature_file.length, out, error) == 0)
        result = sshsig_verify(*out, namespace_name, message.bytes, message.length, &policy, error);
    text_release(&message);
    text_release(&signature_file);
    return result;
}

static int read_signers(struct arena *arena, const char *path, const struct signers **out,
                        struct error *error)
{
    struct text file;
    struct problems problems;
    int result = file_read(path, SIGNERS_FILE_MAX_BYTES, &file, error);

    problems_init(&problems, arena);
    if (result == 0)
        result = signers_read(arena, path, file.bytes, file.length, &problems, out);
    if (result < 0 && problems.count > 0)
        error_set(error, ERROR_INPUT, "%s:%u: %s", problems.items[0].place.file,
                  problems.items[0].place.line, problems.items[0].message);
    text_release(&file);
    return result;
}

static int verify(char **words, struct error *error)
{
    struct arena *arena = arena_new();
    const struct signers *signers;
    const struct signer *signer;
    const struct sshsig *signature;
    int64_t unix_ms;
    int result = -1;

    if (!rfc3339_parse(words[3], &unix_ms))
        error_set(error, ERROR_USAGE, "'%s' is no time", words[3]);
    else if (read_signers(arena, words[0], &signers, error) == 0 &&
             verify_files(arena, words[2], words + 4, &signature, error) == 0)
        result =
            signers_check(signers, words[1], &signature->key, words[2], unix_ms, &signer, error);
    arena_free(arena);
    return result;
}

static int check(char **words, struct error *error)
{
    struct arena *arena = arena_new();
    const struct sshsig *signature;
    struct ssh_key key;
    int result = -1;

    if (read_key(words[0], &key, error) == 0 &&
        verify_files(arena, words[1], words + 2, &signature, error) == 0)
        result = ssh_key_equal(&key, &signature->key)
                     ? 0
                     : error_set(error, ERROR_VERIFICATION, "it was made with another key");
    arena_free(arena);
    return result;
}

static int sign(char **words, struct error *error)
{
    struct text file = {0}, message = {0}, passphrase, signature;
    struct ssh_private *private_key = NULL;
    int result = -1;

    text_init_secret(&passphrase, FILE_MAX_BYTES);
    text_init(&message, FILE_MAX_BYTES);
    text_init(&signature, SSHSIG_ARMOUR_MAX_BYTES);
    text_add(&passphrase, words[1]);
    if (file_read_secret(words[0], FILE_MAX_BYTES, &file, error) == 0 &&
        file_read(words[3], FILE_MAX_BYTES, &message, error) == 0 &&
        ssh_private_read(file.bytes, file.length, &passphrase, &private_key, error) == 0)
        result = ssh_private_sign(private_key, words[2], message.bytes, message.length, &signature,
                                  error);
    fputs(signature.bytes, stdout);
    ssh_private_free(private_key);
    text_release(&signature);
    text_release(&message);
    text_release(&passphrase);
    text_release(&file);
    return result;
}

static int agent_list(char **words, struct error *error)
{
    struct arena *arena = arena_new();
    struct text request, reply;
    struct ssh_agent_list list;
    char fingerprint[SSH_FINGERPRINT_SIZE];
    int result = -1;

    text_init(&request, SSH_AGENT_REQUEST_MAX_BYTES);
    text_init(&reply, SSH_AGENT_PACKET_MAX_BYTES);
    ssh_agent_list_request(&request);
    if (agent_exchange(words[0], &request, &reply, error) < 0 ||
        ssh_agent_read_list(arena, reply.bytes, reply.length, &list, error) < 0)
        goto out;
    for (size_t i = 0; i < list.count; i++) {
        ssh_key_fingerprint(&list.items[i].key, fingerprint);
        printf("%s %s\n", fingerprint, list.items[i].comment);
    }
    printf("refused %zu\n", list.refused_count);
    result = 0;
out:
    text_release(&reply);
    text_release(&request);
    arena_free(arena);
    return result;
}

static int agent_sign(char **words, struct error *error)
{
    struct text message, request, reply, signature;
    struct ssh_key key;
    int result = -1;

    text_init(&message, FILE_MAX_BYTES);
    text_init(&request, SSH_AGENT_REQUEST_MAX_BYTES);
    text_init(&reply, SSH_AGENT_PACKET_MAX_BYTES);
    text_init(&signature, SSHSIG_ARMOUR_MAX_BYTES);
    if (read_key(words[1], &key, error) == 0 &&
        file_read(words[3], FILE_MAX_BYTES, &message, error) == 0 &&
        ssh_agent_sign_request(&request, &key, words[2], message.bytes, message.length, error) ==
            0 &&
        agent_exchange(words[0], &request, &reply, error) == 0)
        result = ssh_agent_read_signature(reply.bytes, reply.length, &key, words[2], message.bytes,
                                          message.length, &signature, error);
    fputs(signature.bytes, stdout);
    text_release(&signature);
    text_release(&reply);
    text_release(&request);
    text_release(&message);
    return result;
}

static int fingerprint(char **words, struct error *error)
{
    struct ssh_key key;
    char shown[SSH_FINGERPRINT_SIZE];

    if (read_key(words[0], &key, error) < 0)
        return -1;
    ssh_key_fingerprint(&key, shown);
    puts(shown);
    return 0;
}

static int tbs(char **words, struct error *error)
{
    struct text message, bytes, hex;
    int result = -1;

    text_init(&bytes, SSHSIG_TBS_MAX_BYTES);
    text_init(&hex, 2 * SSHSIG_TBS_MAX_BYTES);
    if (file_read(words[1], FILE_MAX_BYTES, &message, error) == 0)
        result =
            sshsig_add_tbs(&bytes, words[0], SSHSIG_SHA512, message.bytes, message.length, error);
    hex_add(&hex, bytes.bytes, bytes.length);
    puts(hex.bytes);
    text_release(&hex);
    text_release(&bytes);
    text_release(&message);
    return result;
}

static const struct command {
    const char *name;
    int words; /* at least */
    int (*run)(char **words, struct error *error);
} commands[] = {
    {"verify", 6, verify},
    {"check", 4, check},
    {"sign", 4, sign},
    {"agent-list", 1, agent_list},
    {"agent-sign", 4, agent_sign},
    {"fingerprint", 1, fingerprint},
    {"tbs", 2, tbs},
};

int main(int argc, char **argv)
{
    struct error error = {0};

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (argc < 2 + commands[i].words || strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (commands[i].run(argv + 2, &error) == 0)
            return 0;
        fprintf(stderr, "sshsig_tool: %s%s%s\n", error.message, error.next[0] ? "; " : "",
                error.next);
        return (int)error.kind;
    }
    fputs("sshsig_tool: wrong usage\n", stderr);
    return ERROR_USAGE;
}
