/* Writing HTML: what is not ours goes through here. */
#ifndef CRISIS_WIRE_HTML_H
#define CRISIS_WIRE_HTML_H

#include <stdbool.h>

#include "base/text.h"

/* Appends a string as content or as the value of a quoted attribute: & < > " ' become references;
 * bytes that are no UTF-8, and characters that text for people must not have (base/utf8.h), become
 * U+FFFD. */
void html_add(struct text *out, const char *string);

/* Whether an address may stand in an href: it begins with https:// or http://, has a host, and no
 * white space or control character. Everything else could be a script. */
bool html_is_link(const char *url);

#endif
