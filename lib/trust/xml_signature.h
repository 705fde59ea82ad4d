/*
 * An enveloped XML signature (W3C XML Signature Syntax and Processing 1.1) over a document of our
 * own: RSA or ECDSA on P-256, with SHA-256, exclusive canonicalisation, and the certificate inside.
 * CAP 1.2 (section 3.3.2.1) knows no other form. Nobody must verify it to read the alert.
 *
 * The document must be almost canonical already, as lib/site/cap.c writes it: an XML declaration, a
 * root element with its default namespace as only attribute of all, no empty-element tags, comments
 * or CDATA, and of references only those to & < > " ' in content. Then the canonical form is the
 * root element with the last two as characters.
 */
#ifndef CRISIS_TRUST_XML_SIGNATURE_H
#define CRISIS_TRUST_XML_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct xml_signer;

enum { XML_SIGNER_FILE_MAX_BYTES = 64 * 1024, XML_RSA_MIN_BITS = 2048 };

/* key: PEM, not encrypted; certificate: PEM, the first one counts, and must be of that key.
 * Returns 0, or -1 with ERROR_INPUT and *out NULL. */
int xml_signer_new(const struct text *key, const struct text *certificate, struct xml_signer **out,
                   struct error *error);
void xml_signer_free(struct xml_signer *signer); /* NULL is fine */

/* Whether the certificate holds at that time; and until when (INT64_MAX: it does not say). */
bool xml_signer_is_valid(const struct xml_signer *signer, int64_t unix_ms);
int64_t xml_signer_end_unix_ms(const struct xml_signer *signer);

/* Puts the signature in as the root's last element. False, with the document unchanged, when it
 * could not be made or the document has no root element. May be called from several threads. */
bool xml_sign(const struct xml_signer *signer, struct text *document);

#endif
