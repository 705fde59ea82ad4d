#include "media/recognise.h"

#include "base/language.h"
#include "base/limits.h"

#include "media/shapes.h"

const char shape_cut_short[] = N_("is cut short, or damaged: save it anew");
const char shape_has_more[] = N_("holds something after its end: save it anew");

static const char *measure_fault(const struct media_shape *shape)
{
    if (shape->kind == MEDIA_IMAGE && (shape->width == 0 || shape->height == 0))
        return N_("is a picture without a width or a height");
    if (shape->width > MEDIA_SIDE_MAX_PIXELS || shape->height > MEDIA_SIDE_MAX_PIXELS)
        return N_("is wider or higher than 10,000 pixels: make it smaller");
    return NULL;
}

const char *media_recognise(const void *bytes, size_t size, struct media_shape *out)
{
    const char *fault = N_("is no JPEG, no PNG and no MP4: save it as one of these");

    *out = (struct media_shape){0};
    if (size == 0)
        fault = N_("is empty");
    else if (jpeg_begins(bytes, size))
        fault = jpeg_read(bytes, size, out);
    else if (png_begins(bytes, size))
        fault = png_read(bytes, size, out);
    else if (mp4_begins(bytes, size))
        fault = mp4_read(bytes, size, out);
    if (out->is_turned) {
        unsigned width = out->width;
        out->width = out->height;
        out->height = width;
    }
    return fault ? fault : measure_fault(out);
}
