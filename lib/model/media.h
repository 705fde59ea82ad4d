/*
 * Pictures and films that go out with a text, as exact bytes; and what of them a network takes.
 */
#ifndef CRISIS_MODEL_MEDIA_H
#define CRISIS_MODEL_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

enum media_kind { MEDIA_IMAGE, MEDIA_VIDEO };

struct media {
    enum media_kind kind;
    const char *type;      /* "image/jpeg", "image/png", "video/mp4" */
    const char *file_name; /* "kart.png": no folder, printable ASCII without quotes */
    const char *alt;       /* what it shows, in the language of the draft; never empty */
    const char *sha256;    /* of the bytes, 64 lower-case hex digits: its name where it is kept */
    const void *bytes;     /* the whole file; lives as long as the run */
    size_t size_bytes;
    unsigned width, height; /* in pixels; 0: not known (a film) */
    const char *url;        /* where anyone can fetch it (the public site); NULL: nowhere */
};

/* What a network takes with one post. All zero: nothing. */
struct media_limits {
    unsigned images_max;
    size_t image_max_bytes;
    const char *image_types; /* "image/jpeg image/png" */
    /* The width of an image in percent of its height; 0: any. */
    unsigned width_percent_least, width_percent_most;
    unsigned alt_max; /* characters of an alt text; 0: it takes none */
    unsigned videos_max;
    size_t video_max_bytes;
    bool needs_image; /* no post goes without: a text card is made where the plan has none */
    bool needs_video;
    bool by_url; /* it fetches them itself: media.url must be there */
};

#endif
