/* What the stand-ins for municipalities' own sites share: WordPress and Micropub. */
#ifndef CRISIS_SANDBOX_WEB_SITE_H
#define CRISIS_SANDBOX_WEB_SITE_H

#include "sandbox/network.h"

enum { WEB_SLUG_MAX_BYTES = 200 };

/* The site of this name; made when it is new and no accounts were given. NULL: there is none. */
struct account *sandbox_site(struct world *world, enum channel channel, const char *name);

/* Lower-case letters, digits and '-', at most 200: what sites make of every slug. */
bool sandbox_slug_is_formed(const char *slug);
/* Gives the post the slug, with "-2" and so on behind it where another one of the site has it. */
void sandbox_slug_choose(struct post *post, const char *slug);

/* What a person reads of a page: without its tags, with its characters, a line for a paragraph. */
void sandbox_html_text(struct text *out, const char *html);

#endif
