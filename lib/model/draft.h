/*
 * What will be published, rendered and fitted, as exact bytes: one text for one channel in one
 * language. Several deliveries share one draft when their texts are the same.
 */
#ifndef CRISIS_MODEL_DRAFT_H
#define CRISIS_MODEL_DRAFT_H

#include <stddef.h>

#include "model/media.h"

struct draft {
    const char *channel;
    const char *language;     /* BCP 47 */
    const char *headline;     /* for channels with titles; may be empty */
    const char *const *parts; /* 1 … THREAD_PARTS_MAX posts, in order */
    size_t part_count;
    const char *link; /* the first URL of the text, for networks that want it apart; or NULL */
    const struct media *media; /* with the first part, in order; no more than the channel takes. Of
                                  one with a document: what it links to */
    size_t media_count;
    const char *document; /* a JSON object with everything, for channels that carry data; or NULL */
};

#endif
