#include "trust/ssh_agent.h"

#include <string.h>

#include "base/language.h"

#include "trust/ssh_wire.h"
#include "trust/sshsig.h"

/* Section "message numbers" of the protocol. */
enum {
    AGENT_FAILURE = 5,
    AGENT_LIST_REQUEST = 11,
    AGENT_LIST = 12,
    AGENT_SIGN_REQUEST = 13,
    AGENT_SIGNATURE = 14,
    AGENT_EXTENSION_FAILURE = 28,
    COMMENT_MAX_BYTES = 256,
};

static void add_packet(struct text *out, const struct text *body)
{
    ssh_add_string(out, body->bytes, body->length);
}

void ssh_agent_list_request(struct text *out)
{
    ssh_add_uint32(out, 1);
    ssh_add_byte(out, AGENT_LIST_REQUEST);
}

/* Reads the length and the type, and leaves *reader at what follows. refusal: the message for an
 * agent that will not do it. */
static int open_reply(const void *reply, size_t size, uint8_t expected, const char *refusal,
                      struct ssh_reader *reader, struct error *error)
{
    struct ssh_reader outer;

    ssh_reader_init(&outer, reply, size);
    struct ssh_bytes body = ssh_read_string(&outer);
    ssh_reader_init(reader, body.bytes, body.size);
    uint8_t type = ssh_read_byte(reader);
    if (!ssh_reader_done(&outer) || reader->failed)
        return error_set(error, ERROR_SYSTEM, _("ssh-agent's answer is damaged"));
    if (type == AGENT_FAILURE || type == AGENT_EXTENSION_FAILURE) {
        error_set(error, ERROR_SYSTEM, "%s", refusal);
        return error_next(error, _("see with 'ssh-add -l' whether the agent holds the key, is "
                                   "unlocked, and asks for something"));
    }
    if (type != expected)
        return error_set(error, ERROR_SYSTEM,
                         _("ssh-agent answered with something else than asked"));
    return 0;
}

/* --- keys ------------------------------------------------------------------------------------ */

int ssh_agent_read_list(struct arena *arena, const void *reply, size_t size,
                        struct ssh_agent_list *out, struct error *error)
{
    struct ssh_reader reader;

    memset(out, 0, sizeof(*out));
    if (open_reply(reply, size, AGENT_LIST, _("ssh-agent refused to list its keys"), &reader,
                   error) < 0)
        return -1;
    uint32_t count = ssh_read_uint32(&reader);
    if (count > SSH_AGENT_IDENTITIES_MAX)
        return error_set(error, ERROR_SYSTEM, _("ssh-agent holds more than %d keys"),
                         SSH_AGENT_IDENTITIES_MAX);
    struct ssh_agent_identity *items = arena_alloc_array(arena, count + 1, sizeof(*items));
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        struct ssh_agent_identity *item = &items[out->count];
        struct ssh_bytes blob = ssh_read_string(&reader), comment = ssh_read_string(&reader);
        bool showable = ssh_bytes_printable(comment) && comment.size <= COMMENT_MAX_BYTES;
        struct error unused = {0};
        if (ssh_key_from_blob(blob.bytes, blob.size, &item->key, &unused) < 0) {
            out->refused_count++;
            continue;
        }
        item->comment =
            arena_strndup(arena, (const char *)comment.bytes, showable ? comment.size : 0);
        out->count++;
    }
    if (!ssh_reader_done(&reader)) {
        memset(out, 0, sizeof(*out));
        return error_set(error, ERROR_SYSTEM, _("ssh-agent's answer is damaged"));
    }
    out->items = items;
    return 0;
}

/* --- signing --------------------------------------------------------------------------------- */

int ssh_agent_sign_request(struct text *out, const struct ssh_key *key, const char *namespace_name,
                           const void *message, size_t size, struct error *error)
{
    struct text tbs, blob, body;
    int result = -1;

    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    text_init(&body, SSH_AGENT_REQUEST_MAX_BYTES);
    if (sshsig_add_tbs(&tbs, namespace_name, SSHSIG_SHA512, message, size, error) < 0)
        goto out;
    ssh_key_add_blob(&blob, key);
    ssh_add_byte(&body, AGENT_SIGN_REQUEST);
    ssh_add_string(&body, blob.bytes, blob.length);
    ssh_add_string(&body, tbs.bytes, tbs.length);
    ssh_add_uint32(&body, 0);
    add_packet(out, &body);
    result = body.overflowed || out->overflowed
                 ? error_set(error, ERROR_SYSTEM, _("the request to ssh-agent does not fit"))
                 : 0;
out:
    text_release(&body);
    text_release(&blob);
    text_release(&tbs);
    return result;
}

/* Reads the armour back and verifies it, as everybody else will. */
static int check_own(const struct text *armour, const struct ssh_key *key,
                     const char *namespace_name, const void *message, size_t size,
                     struct error *error)
{
    struct arena *arena = arena_new();
    const struct sshsig *signature;
    struct error why = {0};
    int result = 0;

    if (sshsig_parse(arena, armour->bytes, armour->length, &signature, &why) < 0 ||
        sshsig_verify(signature, namespace_name, message, size, NULL, &why) < 0) {
        result = error_set(error, ERROR_SYSTEM, _("what ssh-agent made cannot be used: %.900s"),
                           why.message);
        if (why.next[0])
            error_next(error, "%s", why.next);
    } else if (!ssh_key_equal(&signature->key, key)) {
        result = error_set(error, ERROR_SYSTEM, _("ssh-agent signed with another key"));
    }
    arena_free(arena);
    return result;
}

int ssh_agent_read_signature(const void *reply, size_t reply_size, const struct ssh_key *key,
                             const char *namespace_name, const void *message, size_t size,
                             struct text *out, struct error *error)
{
    struct ssh_reader reader;
    struct text armour;
    int result = -1;

    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    if (open_reply(reply, reply_size, AGENT_SIGNATURE, _("ssh-agent refused to sign"), &reader,
                   error) < 0)
        goto out;
    struct ssh_bytes signature = ssh_read_string(&reader);
    if (!ssh_reader_done(&reader) || signature.size > SSHSIG_SIGNATURE_MAX_BYTES) {
        error_set(error, ERROR_SYSTEM, _("ssh-agent's answer is damaged"));
        goto out;
    }
    if (sshsig_add_armour(&armour, key, namespace_name, SSHSIG_SHA512, signature.bytes,
                          signature.size, error) < 0 ||
        check_own(&armour, key, namespace_name, message, size, error) < 0)
        goto out;
    text_add_bytes(out, armour.bytes, armour.length);
    result = out->overflowed ? error_set(error, ERROR_SYSTEM, _("the signature does not fit")) : 0;
out:
    text_release(&armour);
    return result;
}
