/* A message as a page of a web site: its HTML, its name in addresses. */
#ifndef CRISIS_CHANNELS_WEB_TEXT_H
#define CRISIS_CHANNELS_WEB_TEXT_H

#include <stdbool.h>

#include "base/text.h"

#include "channels/channel.h"

/* What sites are asked to take, by us: none of them states a limit. As HTML in JSON it stays below
 * what servers accept without being told to (PHP's post_max_size, Express's 100 kB). */
enum { WEB_TEXT_MAX_BYTES = 20000, WEB_HTML_MAX_BYTES = 512 * 1024, WEB_SLUG_SIZE = 40 };

/* "crisis-" and the delivery's key in hex: the same on every attempt, unlike any other's, and of
 * characters that no site changes. False when the key is none. */
bool web_slug_write(const char *key, char out[WEB_SLUG_SIZE]);

/* What a site made of the slug that it was asked for. */
enum web_slug {
    WEB_SLUG_OURS,
    WEB_SLUG_NUMBERED, /* "-2" and so on behind it: there was one already */
    WEB_SLUG_FOREIGN,  /* one of another delivery */
    WEB_SLUG_OTHER,    /* one that the site has made */
};
enum web_slug web_slug_compare(const char *slug, const char *made, size_t length);

/* Only what HTML and WordPress read as marks is escaped: & < > " ' and the [ of shortcodes. */
void web_escape(struct text *out, const char *string, size_t length);

/*
 * The draft's text as HTML that every site keeps: a paragraph for each block of lines, with its
 * language, each http or https address a link; behind them one to the page of the earlier message
 * (reply_to; NULL or without an address: none). The link's text is the address: no words go out
 * that nobody approved.
 */
void web_html_add(struct text *out, const struct draft *draft, const struct post *reply_to);

#endif
