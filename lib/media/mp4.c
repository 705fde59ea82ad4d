/* MP4: ISO/IEC 14496-12, boxes of a size, a type and a content. A file type box comes first; a film
 * has a movie box with a track of pictures, and their data. */
#include <string.h>

#include "base/language.h"

#include "media/shapes.h"

enum {
    HEADER_SIZE = 8,
    LONG_HEADER_SIZE = 16,
    BRAND_SIZE = 4,
    TRACK_HEADER_SIZE = 84, /* its two last numbers are width and height, 16.16 */
    LONG_TRACK_HEADER_SIZE = 96,
    HANDLER_SIZE = 12, /* as far as the handler type */
};

struct boxes {
    const unsigned char *at, *end;
    bool is_damaged;
};

struct box {
    const unsigned char *type, *content;
    size_t size; /* of the content */
};

struct film {
    bool has_movie, has_pictures, has_data;
    unsigned width, height;
};

bool mp4_begins(const unsigned char *bytes, size_t size)
{
    return size >= HEADER_SIZE && memcmp(bytes + 4, "ftyp", 4) == 0;
}

static bool is_type(const struct box *box, const char *type)
{
    return memcmp(box->type, type, 4) == 0;
}

/* False at the end, and where a box is larger than what holds it. A size of 0 (up to the end of the
 * file) does not say whether the file is whole, and is taken for damage. */
static bool next_box(struct boxes *boxes, struct box *out)
{
    size_t left = (size_t)(boxes->end - boxes->at), header = HEADER_SIZE;

    if (left == 0)
        return false;
    boxes->is_damaged = true;
    if (left < HEADER_SIZE)
        return false;
    uint64_t size = read_be32(boxes->at);
    if (size == 1 && left >= LONG_HEADER_SIZE) {
        header = LONG_HEADER_SIZE;
        size = (uint64_t)read_be32(boxes->at + 8) << 32 | read_be32(boxes->at + 12);
    }
    if (size < header || size > left)
        return false;
    *out = (struct box){boxes->at + 4, boxes->at + header, (size_t)size - header};
    boxes->at += size;
    boxes->is_damaged = false;
    return true;
}

static struct boxes boxes_in(const struct box *box)
{
    return (struct boxes){.at = box->content, .end = box->content + box->size};
}

/* Brands of files that players of MP4 play; not those of QuickTime and of pictures. */
static bool is_mp4_brand(const unsigned char *brand)
{
    static const char *const brands[] = {"isom", "iso2", "iso3", "iso4", "iso5", "iso6",
                                         "iso8", "iso9", "mp41", "mp42", "avc1", "M4V "};
    for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
        if (memcmp(brand, brands[i], BRAND_SIZE) == 0)
            return true;
    return false;
}

static bool is_mp4(const struct box *file_type)
{
    /* The major brand, a version, and the brands that it is compatible with. */
    if (file_type->size < 2 * BRAND_SIZE || file_type->size % BRAND_SIZE != 0)
        return false;
    for (size_t at = 0; at < file_type->size; at += BRAND_SIZE)
        if (at != BRAND_SIZE && is_mp4_brand(file_type->content + at))
            return true;
    return false;
}

static void read_track_header(const struct box *box, struct film *track)
{
    size_t size =
        box->size > 0 && box->content[0] == 1 ? LONG_TRACK_HEADER_SIZE : TRACK_HEADER_SIZE;

    if (box->size < size)
        return;
    track->width = read_be16(box->content + size - 8);
    track->height = read_be16(box->content + size - 4);
}

/* False: damaged. The handler of a track's media says whether these are pictures. */
static bool read_track(const struct box *track_box, struct film *film)
{
    struct boxes in_track = boxes_in(track_box), in_media = {0};
    struct film track = {0};
    struct box box;

    while (next_box(&in_track, &box)) {
        if (is_type(&box, "tkhd"))
            read_track_header(&box, &track);
        if (!is_type(&box, "mdia"))
            continue;
        in_media = boxes_in(&box);
        while (next_box(&in_media, &box))
            track.has_pictures |= is_type(&box, "hdlr") && box.size >= HANDLER_SIZE &&
                                  memcmp(box.content + 8, "vide", 4) == 0;
        in_track.is_damaged |= in_media.is_damaged;
    }
    if (track.has_pictures && !film->has_pictures) {
        film->has_pictures = true;
        film->width = track.width;
        film->height = track.height;
    }
    return !in_track.is_damaged && !in_media.is_damaged;
}

static bool read_movie(const struct box *movie, struct film *film)
{
    struct boxes boxes = boxes_in(movie);
    struct box box;
    bool good = true;

    film->has_movie = true;
    while (next_box(&boxes, &box))
        if (is_type(&box, "trak"))
            good &= read_track(&box, film);
    return good && !boxes.is_damaged;
}

const char *mp4_read(const unsigned char *bytes, size_t size, struct media_shape *out)
{
    struct boxes boxes = {.at = bytes, .end = bytes + size};
    struct film film = {0};
    struct box box;
    bool good = true;

    if (!next_box(&boxes, &box))
        return shape_cut_short;
    if (!is_mp4(&box))
        return N_("is a film or picture of another kind: save it as MP4, JPEG or PNG");
    while (next_box(&boxes, &box)) {
        if (is_type(&box, "moov"))
            good &= read_movie(&box, &film);
        film.has_data |= is_type(&box, "mdat") && box.size > 0;
    }
    if (!good || boxes.is_damaged || !film.has_movie || !film.has_data)
        return shape_cut_short;
    if (!film.has_pictures)
        return N_("is an MP4 without pictures");
    *out = (struct media_shape){
        .kind = MEDIA_VIDEO, .type = "video/mp4", .width = film.width, .height = film.height};
    return NULL;
}
