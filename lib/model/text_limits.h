/* How a network counts the length of a text, and how long a text may be there. */
#ifndef CRISIS_MODEL_TEXT_LIMITS_H
#define CRISIS_MODEL_TEXT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

enum text_unit {
    TEXT_UNIT_X_WEIGHTED,      /* X: links 23, emoji 2, other characters 1 or 2 (twitter-text 3) */
    TEXT_UNIT_UTF16,           /* UTF-16 code units (Facebook, Telegram, Instagram) */
    TEXT_UNIT_BYTES,           /* bytes of UTF-8 (YouTube, Bluesky's second limit) */
    TEXT_UNIT_CODE_POINTS,     /* Unicode code points */
    TEXT_UNIT_EMOJI_BYTES,     /* the same, but an emoji is its bytes of UTF-8 (Threads) */
    TEXT_UNIT_GRAPHEMES,       /* extended grapheme clusters (Bluesky) */
    TEXT_UNIT_GRAPHEMES_LINKS, /* the same, but a link with http:// or https:// is 23 (Mastodon) */
};

struct text_limits {
    enum text_unit unit;
    size_t limit;       /* the greatest length, in that unit */
    bool threads;       /* may be split into numbered parts */
    size_t limit_bytes; /* and at most so many bytes of UTF-8; 0: no such limit */
    size_t link_back;   /* of a message that follows another, so much of the limit is kept free for
                           the address of the earlier post, which goes behind the text */
};

#endif
