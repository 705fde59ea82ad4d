/* Percent-encoding (RFC 3986 2.1), queries and application/x-www-form-urlencoded bodies. */
#ifndef CRISIS_WIRE_FORM_H
#define CRISIS_WIRE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Letters, digits and "-._~" stay; every other byte becomes %XX with upper-case digits. Right for a
 * segment of a path, for a query and for OAuth 1.0a. */
void percent_add(struct text *out, const char *string);

/* Appends the decoded bytes; a '+' is a space when `is_form`. False, with nothing added, when an
 * escape is cut off or is %00. */
bool percent_decode(struct text *out, const char *encoded, size_t length, bool is_form);

/* "name=value", after '&' when the body holds something already. */
void form_add(struct text *body, const char *name, const char *value);

/* The same into a URL: after '?' or '&'. */
void query_add(struct text *url, const char *name, const char *value);

#endif
