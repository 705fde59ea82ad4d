/* The forms that recognise.c knows. Each is asked for bytes that begin like it, and says what is
 * wrong with them, or NULL. For the files of this room. */
#ifndef CRISIS_MEDIA_SHAPES_H
#define CRISIS_MEDIA_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/recognise.h"

bool jpeg_begins(const unsigned char *bytes, size_t size);
const char *jpeg_read(const unsigned char *bytes, size_t size, struct media_shape *out);

bool png_begins(const unsigned char *bytes, size_t size);
const char *png_read(const unsigned char *bytes, size_t size, struct media_shape *out);

bool mp4_begins(const unsigned char *bytes, size_t size);
const char *mp4_read(const unsigned char *bytes, size_t size, struct media_shape *out);

/* What the EXIF data of a picture say of turning it and of where it was taken; what is not there,
 * or damaged, changes nothing. */
void exif_read(const unsigned char *bytes, size_t size, struct media_shape *out);

extern const char shape_cut_short[], shape_has_more[];

/* Numbers with the most significant byte first. */
static inline unsigned read_be16(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static inline uint32_t read_be32(const unsigned char *bytes)
{
    return (uint32_t)read_be16(bytes) << 16 | read_be16(bytes + 2);
}

#endif
