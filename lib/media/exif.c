/* EXIF (CIPA DC-008, JEITA CP-3451): what a camera writes into a picture, as the fields of a TIFF
 * file (TIFF 6.0, section 2). Two things matter here: how the picture is to be turned, and whether
 * it says where it was taken. What is damaged says nothing; no picture is refused for it. */
#include "media/shapes.h"

enum {
    HEADER_SIZE = 8,
    ENTRY_SIZE = 12,
    ORIENTATION = 0x0112,
    POSITION_FIELDS = 0x8825, /* where the fields of the position are */
    LATITUDE = 2,
    LONGITUDE = 4,
    QUARTER_TURNED = 5, /* orientations from here to the last have height and width changed */
    ORIENTATION_LAST = 8,
};

struct tiff {
    const unsigned char *bytes;
    size_t size;
    bool is_little_endian;
};

struct field {
    unsigned tag;
    uint32_t count;
    const unsigned char *value; /* 4 bytes: the value, or where it is */
};

static unsigned read_16(const struct tiff *tiff, const unsigned char *bytes)
{
    return tiff->is_little_endian ? (unsigned)bytes[1] << 8 | bytes[0] : read_be16(bytes);
}

static uint32_t read_32(const struct tiff *tiff, const unsigned char *bytes)
{
    return tiff->is_little_endian ? (uint32_t)read_16(tiff, bytes + 2) << 16 | read_16(tiff, bytes)
                                  : read_be32(bytes);
}

/* How many fields there are at an offset; 0 where there is no room for what is said. */
static size_t field_count(const struct tiff *tiff, uint32_t offset)
{
    if (offset > tiff->size || tiff->size - offset < 2)
        return 0;
    size_t count = read_16(tiff, tiff->bytes + offset);
    return count <= (tiff->size - offset - 2) / ENTRY_SIZE ? count : 0;
}

static struct field field_at(const struct tiff *tiff, uint32_t offset, size_t index)
{
    const unsigned char *entry = tiff->bytes + offset + 2 + index * ENTRY_SIZE;

    return (struct field){read_16(tiff, entry), read_32(tiff, entry + 4), entry + 8};
}

static bool is_position(const struct tiff *tiff, uint32_t offset)
{
    bool has_latitude = false, has_longitude = false;
    size_t count = field_count(tiff, offset);

    for (size_t i = 0; i < count; i++) {
        struct field field = field_at(tiff, offset, i);
        has_latitude |= field.tag == LATITUDE && field.count > 0;
        has_longitude |= field.tag == LONGITUDE && field.count > 0;
    }
    return has_latitude && has_longitude;
}

static bool read_header(struct tiff *tiff)
{
    if (tiff->size < HEADER_SIZE || tiff->bytes[0] != tiff->bytes[1] ||
        (tiff->bytes[0] != 'I' && tiff->bytes[0] != 'M'))
        return false;
    tiff->is_little_endian = tiff->bytes[0] == 'I';
    return read_16(tiff, tiff->bytes + 2) == 42;
}

void exif_read(const unsigned char *bytes, size_t size, struct media_shape *out)
{
    struct tiff tiff = {.bytes = bytes, .size = size};

    if (!read_header(&tiff))
        return;
    uint32_t offset = read_32(&tiff, bytes + 4);
    size_t count = field_count(&tiff, offset);
    for (size_t i = 0; i < count; i++) {
        struct field field = field_at(&tiff, offset, i);
        unsigned turn = field.tag == ORIENTATION ? read_16(&tiff, field.value) : 0;
        if (turn >= QUARTER_TURNED && turn <= ORIENTATION_LAST)
            out->is_turned = true;
        if (field.tag == POSITION_FIELDS && is_position(&tiff, read_32(&tiff, field.value)))
            out->has_position = true;
    }
}
