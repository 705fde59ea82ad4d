/* JPEG: ITU-T T.81, annex B; EXIF and XMP in it (CIPA DC-008; ISO 16684-3). What most programs read
 * of it: baseline, extended and progressive, 8 bits, grey or three colours. A second picture after
 * the first (as some cameras put there) is refused, because networks refuse it. */
#include <string.h>

#include "base/language.h"

#include "media/shapes.h"

enum marker {
    SOF0 = 0xC0, /* baseline */
    SOF2 = 0xC2, /* progressive; SOF1 is between */
    SOF15 = 0xCF,
    DHT = 0xC4,
    JPG = 0xC8,
    DAC = 0xCC,
    RST0 = 0xD0,
    RST7 = 0xD7,
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    APP1 = 0xE1, /* EXIF, XMP */
    TEM = 0x01,
};

struct reader {
    const unsigned char *bytes;
    size_t size, at;
    bool has_frame, has_scan;
};

bool jpeg_begins(const unsigned char *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 0xFF && bytes[1] == SOI && bytes[2] == 0xFF;
}

/* The marker at hand, behind any number of fill bytes; -1: there is none. */
static int next_marker(struct reader *reader)
{
    if (reader->at >= reader->size || reader->bytes[reader->at] != 0xFF)
        return -1;
    while (reader->at < reader->size && reader->bytes[reader->at] == 0xFF)
        reader->at++;
    if (reader->at == reader->size)
        return -1;
    return reader->bytes[reader->at++];
}

static bool is_frame(int marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static const char *read_frame(struct reader *reader, int marker, const unsigned char *content,
                              size_t length, struct media_shape *out)
{
    if (reader->has_frame)
        return shape_cut_short;
    if (marker > SOF2)
        return N_("is a JPEG of a kind that few programs read: save it anew");
    if (length < 6 || length != 6 + 3 * (size_t)content[5])
        return shape_cut_short;
    if (content[0] != 8 || (content[5] != 1 && content[5] != 3))
        return N_("is a JPEG that is not in grey or in RGB: save it anew, in sRGB");
    reader->has_frame = true;
    out->height = read_be16(content + 1);
    out->width = read_be16(content + 3);
    return NULL;
}

static void read_app1(const unsigned char *content, size_t length, struct media_shape *out)
{
    static const char exif[6] = "Exif\0", xmp[] = "http://ns.adobe.com/xap/1.0/";
    static const char latitude[] = "exif:GPSLatitude";

    if (length > sizeof(exif) && memcmp(content, exif, sizeof(exif)) == 0)
        exif_read(content + sizeof(exif), length - sizeof(exif), out);
    else if (length > sizeof(xmp) && memcmp(content, xmp, sizeof(xmp)) == 0)
        out->has_position |= memmem(content, length, latitude, sizeof(latitude) - 1) != NULL;
}

/* The coded data of a scan goes on to the next marker that is no restart and no stuffed byte. */
static void skip_scan(struct reader *reader)
{
    for (; reader->at + 1 < reader->size; reader->at++) {
        unsigned char next = reader->bytes[reader->at + 1];
        if (reader->bytes[reader->at] == 0xFF && next != 0x00 && next != 0xFF &&
            (next < RST0 || next > RST7))
            return;
    }
    reader->at = reader->size;
}

static const char *read_segment(struct reader *reader, int marker, struct media_shape *out)
{
    const unsigned char *segment = reader->bytes + reader->at;
    size_t left = reader->size - reader->at;
    size_t length = left >= 2 ? read_be16(segment) : 0;
    const char *fault = NULL;

    if (length < 2 || length > left)
        return shape_cut_short;
    reader->at += length;
    if (marker == APP1)
        read_app1(segment + 2, length - 2, out);
    if (is_frame(marker))
        fault = read_frame(reader, marker, segment + 2, length - 2, out);
    if (marker == SOS) {
        if (!reader->has_frame)
            return shape_cut_short;
        reader->has_scan = true;
        skip_scan(reader);
    }
    return fault;
}

const char *jpeg_read(const unsigned char *bytes, size_t size, struct media_shape *out)
{
    struct reader reader = {.bytes = bytes, .size = size, .at = 2};
    const char *fault = NULL;

    out->kind = MEDIA_IMAGE;
    out->type = "image/jpeg";
    while (!fault) {
        int marker = next_marker(&reader);
        if (marker == EOI && reader.has_scan)
            return reader.at < size ? shape_has_more : NULL;
        if (marker <= TEM || (marker >= RST0 && marker <= EOI))
            return shape_cut_short;
        fault = read_segment(&reader, marker, out);
    }
    return fault;
}
