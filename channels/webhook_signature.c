#include "channels/webhook_signature.h"

#include <string.h>

#include "base/digest.h"
#include "base/ed25519.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"

#include "channels/shared.h"

enum { SECRET_MIN_BYTES = 24, SECRET_MAX_BYTES = 64, CONTENT_EXTRA_BYTES = 256 };

static const char secret_prefix[] = "whsec_";
static const char key_prefix[] = "whsk_";
static const char no_secret[] = N_("the secret is not 'whsec_' and the base64 of 24 to 64 bytes");
static const char no_key[] = N_("the signing-key is not 'whsk_' and the base64 of an Ed25519 key: "
                                "its 32 bytes, or these and the 32 of its public key");
const char webhook_no_key_of_coordinator[] = N_(
    "the coordinator's signing-key (crisis.yaml, networks: webhook) is not 'whsk_' and the base64 "
    "of an Ed25519 key: its 32 bytes, or these and the 32 of its public key");

/* *out, which is initialised here, is what stands behind the prefix. False when it is not that. */
static bool read_value(const char *value, const char *prefix, struct text *out)
{
    size_t length = strlen(prefix);

    text_init_secret(out, SECRET_MAX_BYTES);
    return value && strncmp(value, prefix, length) == 0 &&
           base64_decode(out, value + length, strlen(value + length)) && !out->overflowed;
}

static bool read_secret(const char *value, struct text *out)
{
    return read_value(value, secret_prefix, out) && out->length >= SECRET_MIN_BYTES;
}

/* The specification leaves open how long a private key is written, and both are in use. A public
 * half of another key would make signatures that nobody can verify. NULL: it is none. */
static struct ed25519_key *read_key(const char *value)
{
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct ed25519_key *key = NULL;
    struct error error;
    struct text bytes;

    bool is_short_or_long = read_value(value, key_prefix, &bytes) &&
                            (bytes.length == ED25519_SEED_SIZE ||
                             bytes.length == ED25519_SEED_SIZE + sizeof(public_key));
    if (is_short_or_long &&
        ed25519_key_new((const unsigned char *)bytes.bytes, &key, &error) == 0) {
        ed25519_key_public(key, public_key);
        if (bytes.length > ED25519_SEED_SIZE &&
            memcmp(bytes.bytes + ED25519_SEED_SIZE, public_key, sizeof(public_key)) != 0) {
            ed25519_key_free(key);
            key = NULL;
        }
    }
    text_release(&bytes);
    return key;
}

const char *webhook_credential_fault(const struct credential *credential)
{
    const char *value = credential_find(credential, "signing-key");
    struct text secret;

    bool is_secret = read_secret(credential_find(credential, "secret"), &secret);
    text_release(&secret);
    if (!is_secret)
        return no_secret;
    if (!value)
        return NULL;
    struct ed25519_key *key = read_key(value);
    bool is_key = key != NULL;
    ed25519_key_free(key);
    return is_key ? NULL : no_key;
}

static const char *add_hmac(const char *value, const struct text *content, struct text *out)
{
    unsigned char digest[SHA256_SIZE];
    struct text secret;

    bool is_secret = read_secret(value, &secret);
    if (is_secret) {
        hmac_sha256(secret.bytes, secret.length, content->bytes, content->length, digest);
        text_add(out, "v1,");
        base64_add(out, digest, sizeof(digest));
    }
    text_release(&secret);
    return is_secret ? NULL : no_secret;
}

static bool add_ed25519(const char *value, const struct text *content, struct text *out)
{
    unsigned char signature[ED25519_SIGNATURE_SIZE];
    struct ed25519_key *key = read_key(value);
    struct error error;

    bool is_signed =
        key && ed25519_sign(key, content->bytes, content->length, signature, &error) == 0;
    if (is_signed) {
        text_add(out, " v1a,");
        base64_add(out, signature, sizeof(signature));
    }
    ed25519_key_free(key);
    return is_signed;
}

const char *webhook_signature_add(const struct channel_job *job, const char *id,
                                  const char *timestamp, const struct text *body, struct text *out)
{
    const char *own_key = credential_find(job->credential, "signing-key");
    const char *key = shared_secret(job, "signing-key");
    struct text content;

    text_init(&content, REQUEST_BODY_MAX_BYTES + CONTENT_EXTRA_BYTES);
    text_addf(&content, "%s.%s.", id, timestamp);
    text_add_bytes(&content, body->bytes, body->length);
    const char *fault = add_hmac(credential_find(job->credential, "secret"), &content, out);
    if (!fault && key && !add_ed25519(key, &content, out))
        fault = own_key ? no_key : webhook_no_key_of_coordinator;
    text_release(&content);
    return fault;
}
