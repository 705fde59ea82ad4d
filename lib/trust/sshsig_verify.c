#include "trust/sshsig.h"

#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"

#include "trust/ssh_verify.h"

enum { CLIENT_DATA_START_MAX_BYTES = 4096, SIGNED_MAX_BYTES = 8192 };

static int refuse(struct error *error, const char *why)
{
    return error_set(error, ERROR_VERIFICATION, _("the signature is not good: %s"), why);
}

/* --- what a security key says about itself --------------------------------------------------- */

static int check_flags(const struct sshsig *signature, const struct sshsig_policy *policy,
                       struct error *error)
{
    bool extended = (signature->flags & SSHSIG_EXTENDED) != 0;

    if (!(signature->flags & SSHSIG_TOUCHED)) {
        refuse(error, _("the security key was not touched"));
        return error_next(error, _("sign again and touch the key; a key made with "
                                   "'no-touch-required' must be replaced"));
    }
    if (policy->require_user_verified && !(signature->flags & SSHSIG_USER_VERIFIED))
        return refuse(error, _("the security key did not ask for a PIN, a finger or a face"));
    if (signature->flags & SSHSIG_ATTESTED)
        return refuse(error, _("the security key's flags are those of a registration"));
    if (extended != (signature->extensions.size > 0))
        return refuse(error,
                      _("the security key's flags and its extensions contradict each other"));
    return 0;
}

/* --- passkeys -------------------------------------------------------------------------------- */

/* The host of "https://host[:port]"; NULL when it is no such origin. */
static const char *origin_host(const char *origin, size_t *length)
{
    static const char scheme[] = "https://";

    if (strncmp(origin, scheme, strlen(scheme)) != 0)
        return NULL;
    const char *host = origin + strlen(scheme);
    *length = strcspn(host, ":/");
    return *length > 0 && host[strcspn(host, "/?#@\\")] == '\0' ? host : NULL;
}

/* A relying party is the origin's host or a domain above it (WebAuthn, section 5.1.4.1). */
static bool belongs_to(const char *origin, const char *relying_party)
{
    size_t host_length = 0, length = strlen(relying_party);
    const char *host = origin_host(origin, &host_length);

    if (!host || host_length < length ||
        memcmp(host + host_length - length, relying_party, length) != 0)
        return false;
    return host_length == length || host[host_length - length - 1] == '.';
}

static int check_origin(const struct sshsig *signature, const struct sshsig_policy *policy,
                        struct error *error)
{
    bool listed = false;

    for (size_t i = 0; i < policy->origin_count && !listed; i++)
        listed = strcmp(policy->origins[i], signature->origin) == 0;
    if (!listed)
        return error_set(error, ERROR_VERIFICATION,
                         _("the signature is not good: the passkey was used at '%.200s', which is "
                           "not a page where approvals are given"),
                         signature->origin);
    if (!belongs_to(signature->origin, signature->key.application))
        return error_set(error, ERROR_VERIFICATION,
                         _("the signature is not good: the passkey belongs to '%.200s' and cannot "
                           "have been used at '%.200s'"),
                         signature->key.application, signature->origin);
    return 0;
}

/* The beginning is fixed (WebAuthn, section 5.8.1.1), so that no JSON needs to be parsed. After
 * the origin follows "crossOrigin", which is true in a frame of somebody else's page. */
static int check_client_data(const struct sshsig *signature, const struct text *tbs,
                             struct error *error)
{
    static const char in_frame[] = ",\"crossOrigin\":true";
    struct text start;
    int result = -1;

    text_init(&start, CLIENT_DATA_START_MAX_BYTES);
    text_add(&start, "{\"type\":\"webauthn.get\",\"challenge\":\"");
    base64url_add(&start, tbs->bytes, tbs->length);
    text_addf(&start, "\",\"origin\":\"%s\"", signature->origin);
    const unsigned char *data = signature->client_data.bytes;
    size_t size = signature->client_data.size, known = start.length;
    if (start.overflowed || size < known || memcmp(data, start.bytes, known) != 0)
        refuse(error, _("the passkey signed something else (another challenge or origin)"));
    else if (size - known >= strlen(in_frame) &&
             memcmp(data + known, in_frame, strlen(in_frame)) == 0)
        refuse(error, _("the passkey was used inside a frame of another page"));
    else
        result = 0;
    text_release(&start);
    return result;
}

/* --- what was signed ------------------------------------------------------------------------- */

/* What a security key signs is not the TBS itself (PROTOCOL.u2f, WebAuthn section 7.2). */
static void add_hardware_message(struct text *out, const struct sshsig *signature,
                                 const struct text *tbs)
{
    unsigned char hash[SHA256_SIZE];

    sha256(signature->key.application, strlen(signature->key.application), hash);
    text_add_bytes(out, hash, sizeof(hash));
    ssh_add_byte(out, signature->flags);
    ssh_add_uint32(out, signature->counter);
    if (signature->is_webauthn) {
        text_add_bytes(out, signature->extensions.bytes, signature->extensions.size);
        sha256(signature->client_data.bytes, signature->client_data.size, hash);
    } else {
        sha256(tbs->bytes, tbs->length, hash);
    }
    text_add_bytes(out, hash, sizeof(hash));
}

static int check_signature(const struct sshsig *signature, const struct text *message,
                           struct error *error)
{
    if (message->overflowed)
        return refuse(error, _("the passkey's extensions are too long"));
    if (!ssh_verify(&signature->key, message->bytes, message->length, signature->numbers))
        return refuse(error, _("it was not made by this key over these bytes"));
    return 0;
}

static int verify_hardware(const struct sshsig *signature, const struct text *tbs,
                           const struct sshsig_policy *policy, struct error *error)
{
    struct text message;
    int result = -1;

    text_init(&message, SIGNED_MAX_BYTES);
    if (check_flags(signature, policy, error) < 0)
        goto out;
    if (signature->is_webauthn && (check_origin(signature, policy, error) < 0 ||
                                   check_client_data(signature, tbs, error) < 0))
        goto out;
    add_hardware_message(&message, signature, tbs);
    result = check_signature(signature, &message, error);
out:
    text_release(&message);
    return result;
}

int sshsig_verify(const struct sshsig *signature, const char *namespace_name, const void *message,
                  size_t size, const struct sshsig_policy *policy, struct error *error)
{
    static const struct sshsig_policy no_passkeys;
    struct text tbs;
    int result = -1;

    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    if (strcmp(signature->namespace_name, namespace_name) != 0) {
        error_set(error, ERROR_VERIFICATION,
                  _("the signature is not good: it was made for the namespace '%s', not for '%s'"),
                  signature->namespace_name, namespace_name);
        goto out;
    }
    if (sshsig_add_tbs(&tbs, namespace_name, signature->hash, message, size, error) < 0)
        goto out;
    if (ssh_key_is_hardware(&signature->key))
        result = verify_hardware(signature, &tbs, policy ? policy : &no_passkeys, error);
    else
        result = check_signature(signature, &tbs, error);
out:
    text_release(&tbs);
    return result;
}
