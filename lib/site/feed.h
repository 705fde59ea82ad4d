/*
 * Feeds of one folder or of the whole site: Atom 1.0 (RFC 4287), RSS 2.0, and JSON Feed 1.1. An
 * entry is a CAP message: an update is a new one. In RSS an item's link is the CAP file, which is
 * how aggregators of alerts read it (OASIS, CAP Feeds 1.0); Atom and JSON Feed lead people to the
 * page, and name the CAP file beside it.
 *
 * Readers of feeds do not see CAP's status: exercises have feeds of their own.
 */
#ifndef CRISIS_SITE_FEED_H
#define CRISIS_SITE_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

#include "site/message.h"

enum {
    SITE_FEED_MAX_BYTES = 16 * 1024 * 1024,
    SITE_FEED_FOLDER_ITEMS = 50,
    SITE_FEED_ITEMS = 500, /* of the whole site: a message goes to hundreds of municipalities */
};

struct site_feed {
    const struct site_message *newest; /* of what it could be about; there is one */
    const char *path;                  /* of its folder; NULL: the whole site */
    bool is_of_exercises;
    const struct site_message **items; /* the latest first */
    size_t count;
};

/* A feed of the latest messages of these folders, in the arena. At least one folder has one. */
struct site_feed site_feed_make(struct arena *arena, const struct site_messages *folders,
                                size_t count, bool is_of_exercises);

/* The forms, and how their files end. */
struct site_feed_form {
    const char *end; /* ".atom" */
    void (*write)(const struct site_feed *feed, struct text *out);
};
extern const struct site_feed_form site_feed_forms[]; /* ends with a NULL end */

/* "feed", "exercise": how the files begin. */
const char *site_feed_name(const struct site_feed *feed);

/* For the files that write feeds. */
const char *feed_language(const struct site_feed *feed);
void feed_title(const struct site_feed *feed, struct text *out);
void feed_base(const struct site_feed *feed, struct text *out); /* "<site>/<path>/" */
void feed_item_title(const struct site_message *message, struct text *out);
void feed_write_json(const struct site_feed *feed, struct text *out);

#endif
