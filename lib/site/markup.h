/*
 * Writing HTML and XML: everything that comes from a plan is escaped here, and only here. What XML
 * cannot hold (control characters, bytes that are no UTF-8) becomes U+FFFD, in HTML too.
 */
#ifndef CRISIS_SITE_MARKUP_H
#define CRISIS_SITE_MARKUP_H

#include "base/text.h"

#include "site/message.h"

/* For content and for quoted attributes. */
void markup_add(struct text *out, const char *string);

/* <name>string</name>; nothing when the string is NULL. */
void markup_element(struct text *out, const char *name, const char *string);

/* Text as HTML paragraphs, at blank lines, with its line breaks and with links on its addresses. */
void markup_paragraphs(struct text *out, const char *string);

/* <time datetime="2026-11-23T04:04:12+01:00">23.11.2026 04:04</time>, in the manner of the language
 * of the page. */
void markup_time(struct text *out, const struct site_time *time, const char *language);

/* "Mon, 23 Nov 2026 04:04:12 +0100" (RFC 822 with four digits of the year, as RSS has it). */
void markup_rfc822(struct text *out, const struct site_time *time);

/* "<site>/<path>/<slug><end>". */
void markup_url(struct text *out, const struct site_message *message, const char *slug,
                const char *end);

#endif
