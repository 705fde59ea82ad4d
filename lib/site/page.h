/* The pages of the public site: HTML that needs no script, no font and nothing from elsewhere. */
#ifndef CRISIS_SITE_PAGE_H
#define CRISIS_SITE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#include "site/message.h"

enum { SITE_PAGE_MAX_BYTES = 4 * 1024 * 1024 };

/* What stands above and below what is said: for the files that make pages. */
struct page_frame {
    const char *language; /* of the words around the texts */
    const char *title;
    const char *root;                  /* "../": where the site begins, from the page */
    const struct site_message *source; /* whose record and CAP it names; NULL: none */
};
void page_begin(struct text *out, const struct page_frame *frame);
void page_end(struct text *out, const struct page_frame *frame);
/* "../" for each folder of the path. */
void page_root(const char *path, char *out, size_t size);

/* One message, with all of its languages and the history of its incident. */
void site_page_write(const struct site_messages *messages, const struct site_message *message,
                     int64_t now_unix_ms, struct text *out);

/* The messages of one folder, the latest first. There must be one. */
void site_index_write(const struct site_messages *messages, int64_t now_unix_ms, struct text *out);

/* All folders; each with at least one message. */
void site_national_index_write(const struct site_messages *folders, size_t count,
                               int64_t now_unix_ms, struct text *out);

/* How people check that a message is genuine. `of`: any message of the site. */
void site_verify_page_write(const struct site_message *of, struct text *out);

#endif
