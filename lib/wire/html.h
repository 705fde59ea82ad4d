/* Writing HTML and XML: what is not ours goes through here. */
#ifndef CRISIS_WIRE_HTML_H
#define CRISIS_WIRE_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Appends a string as content or as the value of a quoted attribute: & < > " ' become references;
 * bytes that are no UTF-8, and characters that text for people must not have (base/utf8.h) or that
 * XML and HTML cannot hold, become U+FFFD. */
void html_add(struct text *out, const char *string);
void html_add_bytes(struct text *out, const char *bytes, size_t length);

/* Whether an address may stand in an href: it begins with https:// or http://, has a host, and no
 * white space or control character. Everything else could be a script. */
bool html_is_link(const char *url);

#endif
