/*
 * What will be published, rendered and fitted, as exact bytes: one text for one channel in one
 * language. Several deliveries share one draft when their texts are the same.
 */
#ifndef CRISIS_MODEL_DRAFT_H
#define CRISIS_MODEL_DRAFT_H

#include <stddef.h>

struct draft {
    const char *channel;
    const char *language;     /* BCP 47 */
    const char *headline;     /* for channels with titles; may be empty */
    const char *const *parts; /* 1 … THREAD_PARTS_MAX posts, in order */
    size_t part_count;
    const char *link;     /* the first URL of the text, for networks that want it apart; or NULL */
    const char *document; /* a JSON object with everything, for channels that carry data; or NULL */
};

#endif
