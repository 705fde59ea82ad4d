#include "trust/ssh_key.h"

#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"

#include "trust/ssh_point.h"

static const char curve_name[] = "nistp256";

static const struct kind {
    const char *name;
    bool p256, hardware;
} kinds[SSH_KEY_KIND_COUNT] = {
    [SSH_KEY_ED25519] = {"ssh-ed25519", false, false},
    [SSH_KEY_P256] = {"ecdsa-sha2-nistp256", true, false},
    [SSH_KEY_SK_ED25519] = {"sk-ssh-ed25519@openssh.com", false, true},
    [SSH_KEY_SK_P256] = {"sk-ecdsa-sha2-nistp256@openssh.com", true, true},
};

static const char accepted[] =
    N_("use ssh-ed25519, ecdsa-sha2-nistp256, or a security key (ssh-keygen "
       "-t ed25519, ecdsa, ed25519-sk or ecdsa-sk)");

/* Other kinds, by the whole name or (ending in '*' here) by how it begins or ends. */
static const struct refusal {
    const char *pattern;
    const char *reason;
} refusals[] = {
    {"*-cert-v01@openssh.com",
     N_("certificates are not accepted: whoever holds the authority's key "
        "could make approvers")},
    {"ssh-rsa",
     N_("RSA keys are not accepted: their strength depends on their length, and old ones "
        "are too weak")},
    {"rsa-sha2-*",
     N_("RSA keys are not accepted: their strength depends on their length, and old ones "
        "are too weak")},
    {"ssh-dss", N_("DSA keys are not accepted: they are too weak")},
    {"ecdsa-sha2-nistp384", N_("of the NIST curves only P-256 is accepted")},
    {"ecdsa-sha2-nistp521", N_("of the NIST curves only P-256 is accepted")},
    {"webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
     N_("this is the name of a signature by a passkey: its key is written as "
        "sk-ecdsa-sha2-nistp256@openssh.com")},
    {"ssh-ed448", N_("Ed448 keys are not accepted: ssh-keygen cannot check them")},
    {"ssh-xmss*", N_("XMSS keys are not accepted: they are experimental")},
    {"ssh-mldsa*", N_("post-quantum keys are not accepted yet: ssh-keygen cannot check them")},
};

const char *ssh_key_kind_name(enum ssh_key_kind kind)
{
    return kind < SSH_KEY_KIND_COUNT ? kinds[kind].name : "";
}

bool ssh_key_is_hardware(const struct ssh_key *key)
{
    return kinds[key->kind].hardware;
}

bool ssh_key_is_p256(const struct ssh_key *key)
{
    return kinds[key->kind].p256;
}

/* --- kinds ----------------------------------------------------------------------------------- */

static bool matches(struct ssh_bytes name, const char *pattern)
{
    size_t length = strlen(pattern);

    if (pattern[0] == '*')
        return name.size >= length - 1 &&
               memcmp(name.bytes + name.size - (length - 1), pattern + 1, length - 1) == 0;
    if (pattern[length - 1] == '*')
        return name.size >= length - 1 && memcmp(name.bytes, pattern, length - 1) == 0;
    return ssh_bytes_equal(name, pattern);
}

static const char *reason_against(struct ssh_bytes name)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (matches(name, refusals[i].pattern))
            return refusals[i].reason;
    return NULL;
}

static bool find_kind(struct ssh_bytes name, enum ssh_key_kind *out)
{
    for (int kind = 0; kind < SSH_KEY_KIND_COUNT; kind++) {
        if (ssh_bytes_equal(name, kinds[kind].name)) {
            *out = (enum ssh_key_kind)kind;
            return true;
        }
    }
    return false;
}

static int refuse_kind(struct ssh_bytes name, struct error *error)
{
    const char *reason = reason_against(name);
    bool showable = ssh_bytes_printable(name) && name.size <= 64;

    if (reason)
        error_set(error, ERROR_INPUT, _("the key is of the kind '%.*s': %s"), (int)name.size,
                  (const char *)name.bytes, translated(reason));
    else if (showable)
        error_set(error, ERROR_INPUT, _("'%.*s' is no kind of key that is accepted"),
                  (int)name.size, (const char *)name.bytes);
    else
        error_set(error, ERROR_INPUT, _("this is no public key in SSH form"));
    return error_next(error, "%s", translated(accepted));
}

/* --- wire form ------------------------------------------------------------------------------- */

static int damaged(const char *kind, const char *what, struct error *error)
{
    return error_set(error, ERROR_INPUT, _("the %s key is damaged: it %s"), kind, what);
}

static const char *point_fault(const struct ssh_key *key)
{
    if (ssh_key_is_p256(key))
        return p256_point_fault(key->point, key->point_size);
    if (key->point_size != ED25519_POINT_SIZE)
        return _("is not 32 bytes long");
    return ed25519_point_fault(key->point);
}

static int read_application(struct ssh_bytes application, struct ssh_key *key, struct error *error)
{
    const char *name = kinds[key->kind].name;

    if (!ssh_bytes_printable(application))
        return damaged(name, _("names no application in printable ASCII"), error);
    if (application.size > SSH_KEY_APPLICATION_MAX)
        return damaged(name, _("names an application longer than 255 bytes"), error);
    memcpy(key->application, application.bytes, application.size);
    return 0;
}

static int read_kind(struct ssh_reader *reader, struct ssh_key *key, struct error *error)
{
    struct ssh_bytes curve = {(const unsigned char *)curve_name, strlen(curve_name)};
    struct ssh_bytes application = {(const unsigned char *)"", 0};
    const struct kind *kind = &kinds[key->kind];

    if (kind->p256)
        curve = ssh_read_string(reader);
    struct ssh_bytes point = ssh_read_string(reader);
    if (kind->hardware)
        application = ssh_read_string(reader);
    if (!ssh_reader_done(reader))
        return damaged(kind->name, _("is cut short or has bytes too many"), error);
    if (!ssh_bytes_equal(curve, curve_name))
        return damaged(kind->name, _("names another curve than nistp256"), error);
    if (point.size > SSH_KEY_POINT_MAX)
        return damaged(kind->name, _("has too large a point"), error);
    memcpy(key->point, point.bytes, point.size);
    key->point_size = point.size;
    const char *fault = point_fault(key);
    if (fault)
        return error_set(error, ERROR_INPUT, _("the %s key is refused: its point %s"), kind->name,
                         fault);
    return kind->hardware ? read_application(application, key, error) : 0;
}

int ssh_key_from_blob(const void *bytes, size_t size, struct ssh_key *out, struct error *error)
{
    struct ssh_reader reader;
    enum ssh_key_kind kind;

    memset(out, 0, sizeof(*out));
    ssh_reader_init(&reader, bytes, size);
    struct ssh_bytes name = ssh_read_string(&reader);
    if (reader.failed || !find_kind(name, &kind))
        return refuse_kind(name, error);
    out->kind = kind;
    if (read_kind(&reader, out, error) < 0) {
        memset(out, 0, sizeof(*out));
        return -1;
    }
    return 0;
}

void ssh_key_add_blob(struct text *out, const struct ssh_key *key)
{
    ssh_add_cstring(out, kinds[key->kind].name);
    if (ssh_key_is_p256(key))
        ssh_add_cstring(out, curve_name);
    ssh_add_string(out, key->point, key->point_size);
    if (ssh_key_is_hardware(key))
        ssh_add_cstring(out, key->application);
}

/* --- text form ------------------------------------------------------------------------------- */

static struct ssh_bytes take_word(const char **at, const char *end)
{
    const char *start = *at;

    while (*at < end && **at != ' ' && **at != '\t')
        ++*at;
    return (struct ssh_bytes){(const unsigned char *)start, (size_t)(*at - start)};
}

/* What stands first in a line of authorized_keys that has options, or in one that is no key. */
static bool looks_like_options(struct ssh_bytes word)
{
    return memchr(word.bytes, '=', word.size) != NULL ||
           memchr(word.bytes, ',', word.size) != NULL || ssh_bytes_equal(word, "restrict") ||
           ssh_bytes_equal(word, "cert-authority") || matches(word, "no-*");
}

static int refuse_first_word(struct ssh_bytes word, struct error *error)
{
    if (!looks_like_options(word))
        return refuse_kind(word, error);
    error_set(error, ERROR_INPUT, _("the line begins with options, which mean nothing here"));
    return error_next(error, _("give the line from the key's kind on: 'ssh-ed25519 AAAA…'"));
}

static int read_base64(struct ssh_bytes kind, struct ssh_bytes encoded, struct ssh_key *out,
                       struct error *error)
{
    struct text blob;
    int result = -1;

    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    if (encoded.size == 0 || !base64_decode(&blob, (const char *)encoded.bytes, encoded.size)) {
        error_set(error, ERROR_INPUT, _("what follows '%.*s' is not the base64 of such a key"),
                  (int)kind.size, (const char *)kind.bytes);
        goto out;
    }
    if (ssh_key_from_blob(blob.bytes, blob.length, out, error) < 0)
        goto out;
    if (!ssh_bytes_equal(kind, kinds[out->kind].name)) {
        error_set(error, ERROR_INPUT, _("the line says '%.*s', but its key is of the kind '%s'"),
                  (int)kind.size, (const char *)kind.bytes, kinds[out->kind].name);
        memset(out, 0, sizeof(*out));
        goto out;
    }
    result = 0;
out:
    text_release(&blob);
    return result;
}

/* The comment may be in any language, but must not be able to hide or break anything. */
static bool has_control_characters(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7f)
            return true;
    return false;
}

int ssh_key_from_line(const char *line, size_t length, struct ssh_key *out, struct error *error)
{
    enum ssh_key_kind unused;

    memset(out, 0, sizeof(*out));
    if (length > 0 && line[length - 1] == '\n')
        length--;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (length == 0)
        return error_set(error, ERROR_INPUT, _("there is no public key: the line is empty"));
    if (length > SSH_KEY_LINE_MAX_BYTES)
        return error_set(error, ERROR_INPUT,
                         _("the line of the public key is longer than %d bytes"),
                         SSH_KEY_LINE_MAX_BYTES);
    if (has_control_characters(line, length))
        return error_set(error, ERROR_INPUT,
                         _("the public key is not one line of text (is it a private key?)"));
    const char *at = line, *end = line + length;
    struct ssh_bytes kind = take_word(&at, end);
    if (!find_kind(kind, &unused))
        return refuse_first_word(kind, error);
    if (at < end)
        at++;
    return read_base64(kind, take_word(&at, end), out, error);
}

void ssh_key_add_line(struct text *out, const struct ssh_key *key)
{
    struct text blob;

    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    ssh_key_add_blob(&blob, key);
    text_addf(out, "%s ", kinds[key->kind].name);
    base64_add(out, blob.bytes, blob.length);
    text_release(&blob);
}

/* --- comparing ------------------------------------------------------------------------------- */

void ssh_key_fingerprint(const struct ssh_key *key, char out[SSH_FINGERPRINT_SIZE])
{
    unsigned char hash[SHA256_SIZE];
    struct text blob, shown;

    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    text_init(&shown, SSH_FINGERPRINT_SIZE);
    ssh_key_add_blob(&blob, key);
    sha256(blob.bytes, blob.length, hash);
    text_add(&shown, "SHA256:");
    base64_add(&shown, hash, sizeof(hash));
    text_truncate(&shown, SSH_FINGERPRINT_SIZE - 1); /* the padding */
    memcpy(out, shown.bytes, SSH_FINGERPRINT_SIZE);
    text_release(&shown);
    text_release(&blob);
}

static bool same_point(const struct ssh_key *a, const struct ssh_key *b)
{
    return ssh_key_is_p256(a) == ssh_key_is_p256(b) && a->point_size == b->point_size &&
           memcmp(a->point, b->point, a->point_size) == 0;
}

/* A point and its negative differ in Y, or in the sign bit: whoever has one key has the other. */
bool ssh_key_same_pair(const struct ssh_key *a, const struct ssh_key *b)
{
    if (ssh_key_is_p256(a) != ssh_key_is_p256(b))
        return false;
    if (ssh_key_is_p256(a))
        return memcmp(a->point + 1, b->point + 1, P256_NUMBER_SIZE) == 0;
    return memcmp(a->point, b->point, ED25519_POINT_SIZE - 1) == 0 &&
           ((a->point[ED25519_POINT_SIZE - 1] ^ b->point[ED25519_POINT_SIZE - 1]) & 0x7f) == 0;
}

bool ssh_key_equal(const struct ssh_key *a, const struct ssh_key *b)
{
    return a->kind == b->kind && same_point(a, b) && strcmp(a->application, b->application) == 0;
}
