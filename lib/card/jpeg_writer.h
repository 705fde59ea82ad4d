/* Writes a picture as JPEG: baseline, what every network takes. */
#ifndef CRISIS_CARD_JPEG_WRITER_H
#define CRISIS_CARD_JPEG_WRITER_H

#include "base/text.h"

/* pixels: rows of 32-bit words 0x00RRGGBB of this machine, as Cairo has them. -1 when it could not
 * be written, or is larger than the text may be. */
int jpeg_write(const unsigned char *pixels, unsigned width, unsigned height, size_t row_bytes,
               struct text *out);

#endif
