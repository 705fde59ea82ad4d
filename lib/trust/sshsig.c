#include "trust/sshsig.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/encode.h"
#include "base/language.h"

static const char begin_line[] = "-----BEGIN SSH SIGNATURE-----\n";
static const char end_line[] = "-----END SSH SIGNATURE-----";
static const char magic[] = "SSHSIG";
static const char webauthn_name[] = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";

enum { MAGIC_SIZE = 6, VERSION = 1, WRAP_COLUMNS = 70, ED25519_SIGNATURE_SIZE = 64 };

static const struct hash {
    const char *name, *openssl_name;
} hashes[] = {
    [SSHSIG_SHA256] = {"sha256", "SHA256"},
    [SSHSIG_SHA512] = {"sha512", "SHA512"},
};

static int refuse(struct error *error, const char *why)
{
    return error_set(error, ERROR_VERIFICATION, _("the signature is refused: %s"), why);
}

/* --- armour ---------------------------------------------------------------------------------- */

static bool starts_with(const char *bytes, size_t size, const char *start)
{
    return size >= strlen(start) && memcmp(bytes, start, strlen(start)) == 0;
}

static const char *begin_fault(const char *armour, size_t size)
{
    if (size > SSHSIG_ARMOUR_MAX_BYTES)
        return _("it is larger than 16 KiB");
    if (memchr(armour, '\r', size))
        return _(
            "it has Windows line ends (CRLF), which not every ssh-keygen reads: save it with LF");
    if (!starts_with(armour, size, begin_line))
        return _("it does not begin with the line '-----BEGIN SSH SIGNATURE-----'");
    return NULL;
}

/* Joins the base64 lines. Returns what follows them, NULL when there is an empty line or no end. */
static const char *join_lines(const char *at, const char *end, struct text *base64)
{
    while (!starts_with(at, (size_t)(end - at), end_line)) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end || line_end == at)
            return NULL;
        text_add_bytes(base64, at, (size_t)(line_end - at));
        at = line_end + 1;
    }
    return at;
}

static const char *read_armour(const char *armour, size_t size, struct text *base64,
                               struct text *blob)
{
    const char *end = armour + size;
    const char *fault = begin_fault(armour, size);

    if (fault)
        return fault;
    const char *tail = join_lines(armour + strlen(begin_line), end, base64);
    if (!tail)
        return _("it has an empty line, or the line '-----END SSH SIGNATURE-----' is missing");
    tail += strlen(end_line);
    if (tail != end && !(tail + 1 == end && *tail == '\n'))
        return _("something follows the line '-----END SSH SIGNATURE-----'");
    if (!base64_decode(blob, base64->bytes, base64->length))
        return _("what is between its BEGIN and END lines is not strict base64");
    return NULL;
}

int sshsig_parse(struct arena *arena, const char *armour, size_t size, const struct sshsig **out,
                 struct error *error)
{
    struct text base64, blob;
    int result = -1;

    *out = NULL;
    text_init(&base64, SSHSIG_ARMOUR_MAX_BYTES);
    text_init(&blob, SSHSIG_BLOB_MAX_BYTES);
    const char *fault = read_armour(armour, size, &base64, &blob);
    if (fault)
        refuse(error, fault);
    else
        result = sshsig_parse_blob(arena, blob.bytes, blob.length, out, error);
    text_release(&blob);
    text_release(&base64);
    return result;
}

/* --- the parts of the blob ------------------------------------------------------------------- */

/* Right-aligns a number in 32 bytes. */
static bool take_number(struct ssh_reader *reader, unsigned char out[P256_NUMBER_SIZE])
{
    struct ssh_bytes number = ssh_read_mpint(reader);

    if (reader->failed || number.size > P256_NUMBER_SIZE)
        return false;
    memset(out, 0, P256_NUMBER_SIZE);
    memcpy(out + P256_NUMBER_SIZE - number.size, number.bytes, number.size);
    return true;
}

static bool take_r_and_s(struct ssh_bytes pair, unsigned char out[2 * P256_NUMBER_SIZE])
{
    struct ssh_reader reader;

    ssh_reader_init(&reader, pair.bytes, pair.size);
    return take_number(&reader, out) && take_number(&reader, out + P256_NUMBER_SIZE) &&
           ssh_reader_done(&reader);
}

static const char *read_webauthn(struct arena *arena, struct ssh_reader *reader,
                                 struct sshsig *signature)
{
    struct ssh_bytes origin = ssh_read_string(reader);

    signature->client_data = ssh_read_string(reader);
    signature->extensions = ssh_read_string(reader);
    if (!ssh_bytes_printable(origin) || memchr(origin.bytes, '"', origin.size))
        return _("the passkey's origin is not plain text");
    signature->origin = arena_strndup(arena, (const char *)origin.bytes, origin.size);
    return NULL;
}

static const char *signature_name(const struct sshsig *signature)
{
    return signature->is_webauthn ? webauthn_name : ssh_key_kind_name(signature->key.kind);
}

/* The signature's own wire form: RFC 8709 section 6, RFC 5656 section 3.1.2, PROTOCOL.u2f. */
static const char *read_signature(struct arena *arena, struct ssh_bytes wire,
                                  struct sshsig *signature)
{
    struct ssh_reader reader;
    const char *fault = NULL;

    ssh_reader_init(&reader, wire.bytes, wire.size);
    struct ssh_bytes name = ssh_read_string(&reader);
    signature->is_webauthn =
        signature->key.kind == SSH_KEY_SK_P256 && ssh_bytes_equal(name, webauthn_name);
    if (!ssh_bytes_equal(name, signature_name(signature)))
        return _("it is of another kind than its key");
    struct ssh_bytes numbers = ssh_read_string(&reader);
    if (ssh_key_is_p256(&signature->key)) {
        if (!take_r_and_s(numbers, signature->numbers))
            return _(
                "its numbers r and s are not two positive numbers of 32 bytes in shortest form");
    } else {
        if (numbers.size != ED25519_SIGNATURE_SIZE)
            return _("an Ed25519 signature is exactly 64 bytes long");
        memcpy(signature->numbers, numbers.bytes, numbers.size);
    }
    if (ssh_key_is_hardware(&signature->key)) {
        signature->flags = ssh_read_byte(&reader);
        signature->counter = ssh_read_uint32(&reader);
    }
    if (signature->is_webauthn)
        fault = read_webauthn(arena, &reader, signature);
    if (!ssh_reader_done(&reader))
        return _("its inner part is cut short or has bytes too many");
    return fault;
}

static const char *read_hash(struct ssh_bytes name, enum sshsig_hash *out)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (ssh_bytes_equal(name, hashes[i].name)) {
            *out = (enum sshsig_hash)i;
            return NULL;
        }
    }
    return _("its hash is neither sha256 nor sha512");
}

struct fields {
    struct ssh_bytes key, namespace_name, reserved, hash, signature;
};

static const char *read_fields(struct ssh_reader *reader, struct fields *fields)
{
    struct ssh_bytes start = ssh_read_raw(reader, MAGIC_SIZE);

    if (reader->failed || memcmp(start.bytes, magic, MAGIC_SIZE) != 0)
        return _("it is no SSHSIG");
    if (ssh_read_uint32(reader) != VERSION)
        return _("its version is not 1");
    fields->key = ssh_read_string(reader);
    fields->namespace_name = ssh_read_string(reader);
    fields->reserved = ssh_read_string(reader);
    fields->hash = ssh_read_string(reader);
    fields->signature = ssh_read_string(reader);
    if (!ssh_reader_done(reader))
        return _("it is cut short or has bytes too many");
    if (!ssh_bytes_printable(fields->namespace_name) ||
        fields->namespace_name.size > SSHSIG_NAMESPACE_MAX)
        return _("its namespace is empty, too long, or not plain text");
    if (fields->reserved.size != 0)
        return _("its reserved field is not empty");
    return NULL;
}

int sshsig_parse_blob(struct arena *arena, const void *blob, size_t size, const struct sshsig **out,
                      struct error *error)
{
    struct sshsig *signature = arena_alloc(arena, sizeof(*signature));
    struct ssh_reader reader;
    struct fields fields = {0};
    struct error key_error = {0};

    *out = NULL;
    if (size > SSHSIG_BLOB_MAX_BYTES)
        return refuse(error, _("it is too large"));
    ssh_reader_init(&reader, arena_memdup(arena, blob, size), size);
    const char *fault = read_fields(&reader, &fields);
    if (!fault)
        fault = read_hash(fields.hash, &signature->hash);
    if (fault)
        return refuse(error, fault);
    if (ssh_key_from_blob(fields.key.bytes, fields.key.size, &signature->key, &key_error) < 0)
        return refuse(error, key_error.message);
    signature->origin = "";
    signature->namespace_name =
        arena_strndup(arena, (const char *)fields.namespace_name.bytes, fields.namespace_name.size);
    fault = read_signature(arena, fields.signature, signature);
    if (fault)
        return refuse(error, fault);
    *out = signature;
    return 0;
}

/* --- making ---------------------------------------------------------------------------------- */

int sshsig_add_tbs(struct text *out, const char *namespace_name, enum sshsig_hash hash,
                   const void *message, size_t size, struct error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t digest_size = 0;

    if (namespace_name[0] == '\0' || strlen(namespace_name) > SSHSIG_NAMESPACE_MAX)
        return error_set(error, ERROR_INPUT, _("a namespace has 1 to %d characters"),
                         SSHSIG_NAMESPACE_MAX);
    if (EVP_Q_digest(NULL, hashes[hash].openssl_name, NULL, message, size, digest, &digest_size) !=
        1)
        return error_set(error, ERROR_SYSTEM, _("%s does not work in this OpenSSL"),
                         hashes[hash].openssl_name);
    text_add_bytes(out, magic, MAGIC_SIZE);
    ssh_add_cstring(out, namespace_name);
    ssh_add_cstring(out, "");
    ssh_add_cstring(out, hashes[hash].name);
    ssh_add_string(out, digest, digest_size);
    if (out->overflowed)
        return error_set(error, ERROR_SYSTEM, _("what is to be signed does not fit"));
    return 0;
}

static void add_wrapped(struct text *out, const struct text *base64)
{
    text_add(out, begin_line);
    for (size_t at = 0; at < base64->length; at += WRAP_COLUMNS) {
        size_t left = base64->length - at;
        text_add_bytes(out, base64->bytes + at, left < WRAP_COLUMNS ? left : WRAP_COLUMNS);
        text_add_char(out, '\n');
    }
    text_add(out, end_line);
    text_add_char(out, '\n');
}

static void add_sshsig(struct text *blob, const struct ssh_key *key, const char *namespace_name,
                       enum sshsig_hash hash, const void *signature, size_t size)
{
    struct text key_blob;

    text_init(&key_blob, SSH_KEY_BLOB_MAX_BYTES);
    ssh_key_add_blob(&key_blob, key);
    text_add_bytes(blob, magic, MAGIC_SIZE);
    ssh_add_uint32(blob, VERSION);
    ssh_add_string(blob, key_blob.bytes, key_blob.length);
    ssh_add_cstring(blob, namespace_name);
    ssh_add_cstring(blob, "");
    ssh_add_cstring(blob, hashes[hash].name);
    ssh_add_string(blob, signature, size);
    text_release(&key_blob);
}

int sshsig_add_armour(struct text *out, const struct ssh_key *key, const char *namespace_name,
                      enum sshsig_hash hash, const void *signature, size_t size,
                      struct error *error)
{
    struct text blob, base64;
    int result = 0;

    text_init(&blob, SSHSIG_BLOB_MAX_BYTES);
    text_init(&base64, SSHSIG_ARMOUR_MAX_BYTES);
    add_sshsig(&blob, key, namespace_name, hash, signature, size);
    base64_add(&base64, blob.bytes, blob.length);
    add_wrapped(out, &base64);
    if (blob.overflowed || base64.overflowed || out->overflowed)
        result = error_set(error, ERROR_INPUT, _("the signature is too long"));
    text_release(&base64);
    text_release(&blob);
    return result;
}
