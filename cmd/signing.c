#include "cmd/signing.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/language.h"
#include "base/secret.h"
#include "net/agent_socket.h"
#include "trust/ssh_agent.h"
#include "trust/ssh_private.h"

#include "cmd/output.h"

enum { PASSPHRASE_MAX_BYTES = 1024 };

static const char private_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";

const char *signing_principal(const struct signers *approvers, const struct ssh_key *key)
{
    for (size_t i = 0; approvers && i < approvers->count; i++)
        if (ssh_key_equal(&approvers->items[i].key, key))
            return approvers->items[i].principal;
    return NULL;
}

/* --- a private key file ---------------------------------------------------------------------- */

static int open_private(const char *path, const struct text *bytes, struct signing_key *out,
                        struct error *error)
{
    struct text passphrase;
    bool is_encrypted;
    int result = -1;

    text_init_secret(&passphrase, PASSPHRASE_MAX_BYTES);
    if (ssh_private_is_encrypted(bytes->bytes, bytes->length, &is_encrypted, error) < 0)
        goto out;
    if (is_encrypted && output_ask_secret(path, &passphrase, error) < 0)
        goto out;
    result = ssh_private_read(bytes->bytes, bytes->length, &passphrase, &out->private_key, error);
    if (result == 0)
        out->key = *ssh_private_public(out->private_key);
    else
        error_next(error, _("a security key signs through ssh-agent: ssh-add its file, and name "
                            "the .pub"));
out:
    text_release(&passphrase);
    return result;
}

static int open_file(const char *path, struct signing_key *out, struct error *error)
{
    struct text bytes;
    int result = -1;

    if (file_read_secret(path, SSH_PRIVATE_FILE_MAX_BYTES, &bytes, error) == 0) {
        if (strncmp(bytes.bytes, private_begin, sizeof(private_begin) - 1) == 0)
            result = open_private(path, &bytes, out, error);
        else
            result = ssh_key_from_line(bytes.bytes, bytes.length, &out->key, error);
    }
    text_release(&bytes);
    return result;
}

/* --- the agent ------------------------------------------------------------------------------- */

static const char *agent_path(struct error *error)
{
    const char *path = getenv("SSH_AUTH_SOCK");
    if (path && path[0])
        return path;
    error_set(error, ERROR_USAGE, _("no key is named, and no ssh-agent is running"));
    error_next(error, _("add --key FILE, or start ssh-agent and ssh-add the key"));
    return NULL;
}

static int list_agent(struct arena *arena, struct ssh_agent_list *out, struct error *error)
{
    const char *path = agent_path(error);
    struct text request, reply;
    int result = -1;

    text_init(&request, SSH_AGENT_REQUEST_MAX_BYTES);
    text_init(&reply, SSH_AGENT_PACKET_MAX_BYTES);
    ssh_agent_list_request(&request);
    if (path && agent_exchange(path, &request, &reply, error) == 0)
        result = ssh_agent_read_list(arena, reply.bytes, reply.length, out, error);
    text_release(&reply);
    text_release(&request);
    return result;
}

static int open_agent(struct arena *arena, const struct signers *approvers, struct signing_key *out,
                      struct error *error)
{
    struct ssh_agent_list list;

    if (list_agent(arena, &list, error) < 0)
        return -1;
    for (size_t i = 0; i < list.count; i++)
        if (signing_principal(approvers, &list.items[i].key)) {
            out->key = list.items[i].key;
            return 0;
        }
    error_set(error, ERROR_USAGE, _("ssh-agent holds no key of an approver (%zu keys)"),
              list.count);
    return error_next(error, _("ssh-add the key, or name it with --key FILE"));
}

static int sign_by_agent(const struct signing_key *key, const char *namespace_name,
                         const void *message, size_t size, struct text *out, struct error *error)
{
    const char *path = agent_path(error);
    struct text request, reply;
    int result = -1;

    text_init(&request, SSH_AGENT_REQUEST_MAX_BYTES);
    text_init(&reply, SSH_AGENT_PACKET_MAX_BYTES);
    if (path &&
        ssh_agent_sign_request(&request, &key->key, namespace_name, message, size, error) == 0) {
        if (ssh_key_is_hardware(&key->key))
            output_note(_("Touch your security key."));
        if (agent_exchange(path, &request, &reply, error) == 0)
            result = ssh_agent_read_signature(reply.bytes, reply.length, &key->key, namespace_name,
                                              message, size, out, error);
    }
    text_release(&reply);
    text_release(&request);
    return result;
}

/* --- both ------------------------------------------------------------------------------------ */

int signing_open(struct arena *arena, const char *key_file, const struct signers *approvers,
                 struct signing_key *out, struct error *error)
{
    *out = (struct signing_key){0};
    return key_file ? open_file(key_file, out, error) : open_agent(arena, approvers, out, error);
}

void signing_close(struct signing_key *key)
{
    ssh_private_free(key->private_key);
    key->private_key = NULL;
}

int signing_sign(const struct signing_key *key, const char *namespace_name, const void *message,
                 size_t size, struct text *out, struct error *error)
{
    if (key->private_key)
        return ssh_private_sign(key->private_key, namespace_name, message, size, out, error);
    return sign_by_agent(key, namespace_name, message, size, out, error);
}
