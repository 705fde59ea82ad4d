#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "media/recognise.h"

static const char folder[] = TEST_DATA "/media/";
enum { FILE_MAX_BYTES = 64 * 1024, PATH_SIZE = 1024 };

static void read_file(const char *name, struct text *out)
{
    struct error error = {0};
    char path[PATH_SIZE];

    assert_true((size_t)snprintf(path, sizeof(path), "%s%s", folder, name) < sizeof(path));
    if (file_read(path, FILE_MAX_BYTES, out, &error) < 0)
        fail_msg("%s", error.message);
}

static const struct {
    const char *name, *type;
    unsigned width, height;
    bool has_position;
} taken[] = {
    {"plain.png", "image/png", 24, 16, false},
    {"interlaced.png", "image/png", 24, 16, false},
    {"grey.png", "image/png", 20, 20, false},
    {"baseline.jpg", "image/jpeg", 24, 16, false},
    {"progressive.jpg", "image/jpeg", 24, 16, false},
    {"grey.jpg", "image/jpeg", 24, 16, false},
    {"film.mp4", "video/mp4", 64, 48, false},
    {"fast.mp4", "video/mp4", 64, 48, false},
    {"fragmented.mp4", "video/mp4", 64, 48, false},
    {"position.jpg", "image/jpeg", 24, 16, true},
    {"position.png", "image/png", 24, 16, true},
    {"position-xmp.jpg", "image/jpeg", 24, 16, true},
    {"position-turned.jpg", "image/jpeg", 16, 24, true},
    {"turned.jpg", "image/jpeg", 16, 24, false},
};
enum { TAKEN_COUNT = sizeof(taken) / sizeof(taken[0]) };

static void what_other_software_made_is_known(void **state)
{
    (void)state;

    for (size_t i = 0; i < TAKEN_COUNT; i++) {
        struct media_shape shape;
        struct text bytes;
        read_file(taken[i].name, &bytes);
        assert_null(media_recognise(bytes.bytes, bytes.length, &shape));
        assert_string_equal(shape.type, taken[i].type);
        assert_int_equal(shape.kind, taken[i].type[0] == 'v' ? MEDIA_VIDEO : MEDIA_IMAGE);
        assert_int_equal(shape.width, taken[i].width);
        assert_int_equal(shape.height, taken[i].height);
        assert_int_equal(shape.has_position, taken[i].has_position);
        text_release(&bytes);
    }
}

static void a_part_is_no_whole(void **state)
{
    (void)state;

    for (size_t i = 0; i < TAKEN_COUNT; i++) {
        struct text bytes;
        read_file(taken[i].name, &bytes);
        for (size_t size = 0; size < bytes.length; size++) {
            struct media_shape shape;
            /* On the heap, exactly as large: a byte read beyond it is seen. */
            char *part = malloc(size + 1);
            memcpy(part, bytes.bytes, size);
            part = realloc(part, size ? size : 1);
            const char *fault = media_recognise(part, size, &shape);
            free(part);
            /* A fragmented film is whole at the end of each of its fragments. */
            if (!fault && strcmp(taken[i].name, "fragmented.mp4") != 0)
                fail_msg("%s is taken with %zu of %zu bytes", taken[i].name, size, bytes.length);
        }
        text_release(&bytes);
    }
}

static void nothing_follows_the_end(void **state)
{
    static const char more[] = "more";
    (void)state;

    for (size_t i = 0; i < TAKEN_COUNT; i++) {
        struct media_shape shape;
        struct text bytes;
        read_file(taken[i].name, &bytes);
        for (size_t j = 1; j <= sizeof(more); j++) {
            text_add_bytes(&bytes, &more[j - 1], 1);
            assert_non_null(media_recognise(bytes.bytes, bytes.length, &shape));
        }
        text_release(&bytes);
    }
}

static void other_kinds_are_refused(void **state)
{
    static const struct {
        const char *name, *fault;
    } refused[] = {
        {"arithmetic.jpg", "is a JPEG of a kind that few programs read: save it anew"},
        {"film.mov", "is a film or picture of another kind: save it as MP4, JPEG or PNG"},
        {"sound.m4a", "is an MP4 without pictures"},
        {"README", "is no JPEG, no PNG and no MP4: save it as one of these"},
    };
    struct media_shape shape;
    (void)state;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct text bytes;
        read_file(refused[i].name, &bytes);
        assert_string_equal(media_recognise(bytes.bytes, bytes.length, &shape), refused[i].fault);
        text_release(&bytes);
    }
    assert_string_equal(media_recognise("", 0, &shape), "is empty");
}

/* A change of a few bytes of a good file, and what is said then. */
static const struct {
    const char *name;
    size_t at;
    const char *bytes;
    size_t size;
    const char *fault;
} changes[] = {
    {"plain.png", 16, "\0\0\0\0", 4, "is a picture without a width or a height"},
    {"plain.png", 16, "\0\0\x27\x11", 4, "is wider or higher than 10,000 pixels: make it smaller"},
    {"plain.png", 16, "\0\0\x27\x10", 4, NULL},
    {"plain.png", 16, "\xff\xff\xff\xff", 4, "is a PNG whose header is wrong: save it anew"},
    {"plain.png", 25, "\5", 1, "is a PNG whose header is wrong: save it anew"},
    {"plain.png", 12, "IDAT", 4, "is a PNG whose header is wrong: save it anew"},
    {"plain.png", 8, "\x7f\xff\xff\xff", 4, "is cut short, or damaged: save it anew"},
    {"film.mp4", 4, "free", 4, "is no JPEG, no PNG and no MP4: save it as one of these"},
};

static void a_header_that_is_wrong_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct media_shape shape;
        struct text bytes;
        read_file(changes[i].name, &bytes);
        memcpy(bytes.bytes + changes[i].at, changes[i].bytes, changes[i].size);
        const char *fault = media_recognise(bytes.bytes, bytes.length, &shape);
        if (changes[i].fault)
            assert_string_equal(fault, changes[i].fault);
        else
            assert_null(fault);
        text_release(&bytes);
    }
}

/* Whatever its EXIF data say, a picture is taken; each byte of them is every number once. */
static void exif_data_are_read_within_their_bounds(void **state)
{
    static const char *const names[] = {"position.jpg", "position-turned.jpg", "position.png"};
    enum { EXIF_TO = 220 };
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text bytes;
        read_file(names[i], &bytes);
        const char *exif =
            memmem(bytes.bytes, bytes.length, strstr(names[i], "png") ? "eXIf" : "Exif", 4);
        assert_non_null(exif);
        for (size_t at = (size_t)(exif - bytes.bytes) + 4; at < bytes.length && at < EXIF_TO;
             at++) {
            char before = bytes.bytes[at];
            for (int value = 0; value < 256; value++) {
                struct media_shape shape;
                bytes.bytes[at] = (char)value;
                assert_null(media_recognise(bytes.bytes, bytes.length, &shape));
                assert_int_equal(shape.width + shape.height, 24 + 16);
            }
            bytes.bytes[at] = before;
        }
        text_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_other_software_made_is_known),
        cmocka_unit_test(a_part_is_no_whole),
        cmocka_unit_test(nothing_follows_the_end),
        cmocka_unit_test(other_kinds_are_refused),
        cmocka_unit_test(a_header_that_is_wrong_is_refused),
        cmocka_unit_test(exif_data_are_read_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
