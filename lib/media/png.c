/* PNG: W3C Portable Network Graphics, sections 5 (structure) and 11.2.2 (IHDR). */
#include <string.h>

#include "base/language.h"

#include "media/shapes.h"

enum { SIGNATURE_SIZE = 8, CHUNK_AROUND_SIZE = 12, HEADER_SIZE = 13 };

static const unsigned char signature[SIGNATURE_SIZE] = {0x89, 'P',  'N',  'G',
                                                        '\r', '\n', 0x1a, '\n'};

bool png_begins(const unsigned char *bytes, size_t size)
{
    return size >= SIGNATURE_SIZE && memcmp(bytes, signature, SIGNATURE_SIZE) == 0;
}

/* Which bits per sample a colour type may have: bit n for n bits. */
static bool is_depth(unsigned depth, unsigned colour)
{
    static const unsigned allowed[] = {
        [0] = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8 | 1u << 16,
        [2] = 1u << 8 | 1u << 16,
        [3] = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8,
        [4] = 1u << 8 | 1u << 16,
        [6] = 1u << 8 | 1u << 16,
    };
    return colour < sizeof(allowed) / sizeof(allowed[0]) && depth <= 16 &&
           (allowed[colour] >> depth & 1);
}

static bool read_header(const unsigned char *header, struct media_shape *out)
{
    uint32_t width = read_be32(header), height = read_be32(header + 4);

    out->kind = MEDIA_IMAGE;
    out->type = "image/png";
    out->width = width;
    out->height = height;
    return width <= INT32_MAX && height <= INT32_MAX && is_depth(header[8], header[9]) &&
           header[10] == 0 && header[11] == 0 && header[12] <= 1;
}

const char *png_read(const unsigned char *bytes, size_t size, struct media_shape *out)
{
    size_t at = SIGNATURE_SIZE;
    bool has_header = false, has_data = false;

    while (size - at >= CHUNK_AROUND_SIZE) {
        size_t length = read_be32(bytes + at);
        const unsigned char *type = bytes + at + 4, *content = bytes + at + 8;
        if (length > size - at - CHUNK_AROUND_SIZE)
            return shape_cut_short;
        bool is_header = memcmp(type, "IHDR", 4) == 0;
        if (is_header == has_header ||
            (is_header && (length != HEADER_SIZE || !read_header(content, out))))
            return N_("is a PNG whose header is wrong: save it anew");
        has_header = true;
        if (memcmp(type, "eXIf", 4) == 0)
            exif_read(content, length, out);
        has_data |= memcmp(type, "IDAT", 4) == 0 && length > 0;
        at += length + CHUNK_AROUND_SIZE;
        if (memcmp(type, "IEND", 4) == 0)
            return !has_data ? shape_cut_short : at < size ? shape_has_more : NULL;
    }
    return shape_cut_short;
}
