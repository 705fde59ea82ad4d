/*
 * What a file is, by its bytes: a JPEG or PNG picture or an MP4 film, whole, with nothing after its
 * end. Anything else is refused, whatever its name says: networks refuse it too, but in the middle
 * of a send. Pure: bytes in, a finding out.
 */
#ifndef CRISIS_MEDIA_RECOGNISE_H
#define CRISIS_MEDIA_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/media.h"

struct media_shape {
    enum media_kind kind;
    const char *type;       /* "image/jpeg" */
    unsigned width, height; /* in pixels, as people see it; 0: a film that does not say */
    bool is_turned;         /* by EXIF: what is stored as its width is its height */
    bool has_position;      /* a picture that says where it was taken */
};

/* NULL when it is one, else what is wrong with it, in words that follow the file's name. */
const char *media_recognise(const void *bytes, size_t size, struct media_shape *out);

#endif
