#include "trust/xml_signature.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/memory.h"

enum {
    DOCUMENT_MAX_BYTES = 8 * 1024 * 1024,
    PART_MAX_BYTES = 64 * 1024,
    SIGNATURE_MAX_BYTES = 1024, /* RSA of 8,192 bits */
    P256_BITS = 256,
    P256_HALF_SIZE = 32,
    MS_PER_SECOND = 1000,
};

struct xml_signer {
    EVP_PKEY *key;
    X509 *certificate;
    bool is_rsa;
};

#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"

/* --- key and certificate --------------------------------------------------------------------- */

static bool is_fit(const struct xml_signer *signer)
{
    const int bits = EVP_PKEY_get_bits(signer->key);
    char group[32] = "";
    size_t length = 0;

    if (signer->is_rsa)
        return bits >= XML_RSA_MIN_BITS && EVP_PKEY_get_size(signer->key) <= SIGNATURE_MAX_BYTES;
    return EVP_PKEY_get_base_id(signer->key) == EVP_PKEY_EC && bits == P256_BITS &&
           EVP_PKEY_get_group_name(signer->key, group, sizeof(group), &length) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

/* A passphrase is never asked for: OpenSSL would do so on the terminal. */
static int no_passphrase(char *out, int size, int is_writing, void *context)
{
    (void)out, (void)size, (void)is_writing, (void)context;
    return -1;
}

static const char *fault_of(struct xml_signer *signer, const struct text *key,
                            const struct text *certificate)
{
    BIO *key_bytes = BIO_new_mem_buf(key->bytes, (int)key->length);
    BIO *certificate_bytes = BIO_new_mem_buf(certificate->bytes, (int)certificate->length);
    const char *fault = NULL;

    signer->key = key_bytes ? PEM_read_bio_PrivateKey(key_bytes, NULL, no_passphrase, NULL) : NULL;
    signer->certificate =
        certificate_bytes ? PEM_read_bio_X509(certificate_bytes, NULL, no_passphrase, NULL) : NULL;
    signer->is_rsa = signer->key && EVP_PKEY_get_base_id(signer->key) == EVP_PKEY_RSA;
    if (!signer->key)
        fault = _("the key is no private key in PEM without a passphrase");
    else if (!signer->certificate)
        fault = _("the certificate is none in PEM");
    else if (!is_fit(signer))
        fault = _("the key must be RSA of at least 2,048 bits, or ECDSA on P-256");
    else if (X509_check_private_key(signer->certificate, signer->key) != 1)
        fault = _("the certificate is of another key");
    BIO_free(certificate_bytes);
    BIO_free(key_bytes);
    return fault;
}

int xml_signer_new(const struct text *key, const struct text *certificate, struct xml_signer **out,
                   struct error *error)
{
    struct xml_signer *signer = memory_alloc(sizeof(*signer));
    const char *fault = fault_of(signer, key, certificate);

    *out = NULL;
    if (!fault) {
        *out = signer;
        return 0;
    }
    xml_signer_free(signer);
    return error_set(error, ERROR_INPUT, "%s", fault);
}

void xml_signer_free(struct xml_signer *signer)
{
    if (!signer)
        return;
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
    memory_free(signer);
}

/* --- validity -------------------------------------------------------------------------------- */

bool xml_signer_is_valid(const struct xml_signer *signer, int64_t unix_ms)
{
    time_t at = (time_t)(unix_ms / MS_PER_SECOND);

    return X509_cmp_time(X509_get0_notBefore(signer->certificate), &at) < 0 &&
           X509_cmp_time(X509_get0_notAfter(signer->certificate), &at) > 0;
}

int64_t xml_signer_end_unix_ms(const struct xml_signer *signer)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool is_known = epoch && ASN1_TIME_diff(&days, &seconds, epoch,
                                            X509_get0_notAfter(signer->certificate)) == 1;

    ASN1_TIME_free(epoch);
    return is_known ? (days * (int64_t)(24 * 60 * 60) + seconds) * MS_PER_SECOND : INT64_MAX;
}

/* --- the canonical form ---------------------------------------------------------------------- */

/* Quotes are characters in content there, and references where we write them. */
static void add_canonical(struct text *out, const char *from, const char *end)
{
    static const struct {
        const char *reference;
        char character;
    } quotes[] = {{"&quot;", '"'}, {"&#39;", '\''}};

    while (from < end) {
        const char *next = memchr(from, '&', (size_t)(end - from));
        text_add_bytes(out, from, (size_t)((next ? next : end) - from));
        if (!next)
            return;
        from = next;
        for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
            const size_t length = strlen(quotes[i].reference);
            if ((size_t)(end - from) >= length && memcmp(from, quotes[i].reference, length) == 0) {
                text_add_char(out, quotes[i].character);
                from += length;
                break;
            }
        }
        if (from == next)
            text_add_char(out, *from++);
    }
}

/* From the root's start tag on to its end tag: positions in the document. */
static bool find_root(const struct text *document, size_t *start, size_t *close, size_t *end)
{
    const char *bytes = document->bytes, *at = bytes;

    if (document->overflowed)
        return false;
    if (strncmp(at, "<?xml", 5) == 0 && !(at = strstr(at, "?>")))
        return false;
    at = strchr(at + (at > bytes ? 2 : 0), '<');
    const char *last = at ? strrchr(at, '<') : NULL;
    const char *final = last ? strchr(last, '>') : NULL;
    if (!final || last == at || last[1] != '/')
        return false;
    *start = (size_t)(at - bytes);
    *close = (size_t)(last - bytes);
    *end = (size_t)(final + 1 - bytes);
    return true;
}

/* --- signing --------------------------------------------------------------------------------- */

/* As it stands in the document, which is its canonical form but for the namespace. */
static void write_signed_info(const struct xml_signer *signer,
                              const unsigned char digest[SHA256_SIZE], const char *namespace,
                              struct text *out)
{
    text_addf(out, "<SignedInfo%s>", namespace);
    text_add(out, "<CanonicalizationMethod Algorithm=\"" EXCLUSIVE "\"></CanonicalizationMethod>");
    text_addf(out,
              "<SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#%s-sha256\">"
              "</SignatureMethod>",
              signer->is_rsa ? "rsa" : "ecdsa");
    text_add(out, "<Reference URI=\"\"><Transforms>"
                  "<Transform Algorithm=\"" DSIG "enveloped-signature\"></Transform>"
                  "<Transform Algorithm=\"" EXCLUSIVE "\"></Transform></Transforms>"
                  "<DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">"
                  "</DigestMethod><DigestValue>");
    base64_add(out, digest, SHA256_SIZE);
    text_add(out, "</DigestValue></Reference></SignedInfo>");
}

/* XML has the two numbers of an ECDSA signature side by side (RFC 4050), OpenSSL has them in DER.
 */
static size_t to_halves(const unsigned char *der, size_t size, unsigned char *out)
{
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    bool is_whole = pair &&
                    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, P256_HALF_SIZE) == P256_HALF_SIZE &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + P256_HALF_SIZE, P256_HALF_SIZE) ==
                        P256_HALF_SIZE;

    ECDSA_SIG_free(pair);
    return is_whole ? (size_t)2 * P256_HALF_SIZE : 0;
}

/* Returns the length of the signature, 0 when it could not be made. */
static size_t make_signature(const struct xml_signer *signer, const struct text *message,
                             unsigned char out[SIGNATURE_MAX_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char der[SIGNATURE_MAX_BYTES];
    size_t size = sizeof(der);

    if (message->overflowed || !context ||
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signer->key) != 1 ||
        EVP_DigestSign(context, der, &size, (const unsigned char *)message->bytes,
                       message->length) != 1)
        size = 0;
    EVP_MD_CTX_free(context);
    if (size == 0 || !signer->is_rsa)
        return size ? to_halves(der, size, out) : 0;
    memcpy(out, der, size);
    return size;
}

static void add_certificate(const struct xml_signer *signer, struct text *out)
{
    unsigned char *der = NULL;
    const int size = i2d_X509(signer->certificate, &der);

    text_add(out, "<KeyInfo><X509Data><X509Certificate>");
    if (size > 0)
        base64_add(out, der, (size_t)size);
    text_add(out, "</X509Certificate></X509Data></KeyInfo>");
    OPENSSL_free(der);
}

bool xml_sign(const struct xml_signer *signer, struct text *document)
{
    unsigned char digest[SHA256_SIZE], signature[SIGNATURE_MAX_BYTES];
    struct text canonical, info, element, whole;
    size_t start, close, end, size = 0;

    if (!find_root(document, &start, &close, &end))
        return false;
    text_init(&canonical, DOCUMENT_MAX_BYTES);
    text_init(&info, PART_MAX_BYTES);
    text_init(&element, PART_MAX_BYTES);
    text_init(&whole, DOCUMENT_MAX_BYTES);
    add_canonical(&canonical, document->bytes + start, document->bytes + end);
    sha256(canonical.bytes, canonical.length, digest);
    write_signed_info(signer, digest, " xmlns=\"" DSIG "\"", &info);
    if (!canonical.overflowed)
        size = make_signature(signer, &info, signature);
    text_add(&element, "<Signature xmlns=\"" DSIG "\">");
    write_signed_info(signer, digest, "", &element);
    text_add(&element, "<SignatureValue>");
    base64_add(&element, signature, size);
    text_add(&element, "</SignatureValue>");
    add_certificate(signer, &element);
    text_add(&element, "</Signature>");
    text_add_bytes(&whole, document->bytes, close);
    text_add_bytes(&whole, element.bytes, element.length);
    text_add_bytes(&whole, document->bytes + close, document->length - close);
    bool is_signed = size > 0 && !element.overflowed && !whole.overflowed;
    if (is_signed) {
        text_reset(document);
        text_add_bytes(document, whole.bytes, whole.length);
        is_signed = !document->overflowed;
    }
    text_release(&whole);
    text_release(&element);
    text_release(&info);
    text_release(&canonical);
    return is_signed;
}
