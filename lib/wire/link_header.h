/* Addresses in answers: Link headers (RFC 8288) and references that are resolved (RFC 3986, 5.2).
 */
#ifndef CRISIS_WIRE_LINK_HEADER_H
#define CRISIS_WIRE_LINK_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/http_message.h"

/*
 * The address of the first link with this relation ("micropub", "https://api.w.org/"; case does not
 * count), resolved against the address that was asked. False when there is none, when it names
 * another subject (`anchor`), or when it is no acceptable address or does not fit.
 */
bool link_header_find(const struct http_reply *reply, const char *relation, const char *base,
                      char *out, size_t size);

/* An absolute http or https address as it stands, or one that begins with "//" or "/", from base.
 * False for every other form (nobody uses it), and when the result is not acceptable
 * (url_is_acceptable) or does not fit. */
bool url_resolve(const char *base, const char *reference, char *out, size_t size);

/* Both absolute, of the same scheme, host and port (RFC 6454). */
bool url_is_same_origin(const char *a, const char *b);

#endif
