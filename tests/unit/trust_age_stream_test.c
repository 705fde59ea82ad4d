#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "trust/age_stream.h"

#include "property.h"

enum { CEILING = 1024 * 1024 };

static const unsigned char key[AGE_KEY_SIZE] = "a key of thirty-two bytes, fixed";

static void make_plain(struct text *out, size_t size)
{
    unsigned char *bytes = memory_alloc(size + 1);
    uint64_t seed = size;

    property_fill(&seed, bytes, size);
    text_init(out, CEILING);
    text_add_bytes(out, bytes, size);
    memory_free(bytes);
}

static void seal(const struct text *plain, size_t piece, struct text *out)
{
    struct age_sealer *sealer = age_sealer_new(key);
    struct error error = {0};

    text_init(out, CEILING);
    for (size_t at = 0; at < plain->length; at += piece) {
        size_t left = plain->length - at;
        assert_int_equal(
            age_sealer_add(sealer, plain->bytes + at, left < piece ? left : piece, out, &error), 0);
    }
    assert_int_equal(age_sealer_finish(sealer, out, &error), 0);
    age_sealer_free(sealer);
}

/* Opens in pieces; `out` holds what was released. */
static int open_pieces(const char *sealed, size_t size, size_t piece, struct text *out,
                       struct error *error)
{
    struct age_opener *opener = age_opener_new(key);
    int result = 0;

    *error = (struct error){0};
    text_init_secret(out, CEILING);
    for (size_t at = 0; at < size && result == 0; at += piece) {
        size_t left = size - at;
        result = age_opener_add(opener, sealed + at, left < piece ? left : piece, out, error);
    }
    if (result == 0)
        result = age_opener_finish(opener, out, error);
    age_opener_free(opener);
    return result;
}

/* Must fail, with exactly the first `released` bytes of the plaintext given out. */
static void assert_broken(const char *sealed, size_t size, const struct text *plain,
                          size_t released, const char *why)
{
    static const size_t pieces[] = {1000, AGE_SEALED_CHUNK_SIZE, CEILING};

    for (size_t i = 0; i < 3; i++) {
        struct text out;
        struct error error;
        assert_int_equal(open_pieces(sealed, size, pieces[i], &out, &error), -1);
        assert_int_equal(error.kind, ERROR_VERIFICATION);
        if (!strstr(error.message, why))
            fail_msg("'%s' is not '%s'", error.message, why);
        assert_int_equal(out.length, released);
        assert_memory_equal(out.bytes, plain->bytes, released);
        text_release(&out);
    }
}

static const size_t sizes[] = {0,
                               1,
                               15,
                               16,
                               17,
                               1000,
                               AGE_CHUNK_SIZE - 1,
                               AGE_CHUNK_SIZE,
                               AGE_CHUNK_SIZE + 1,
                               AGE_SEALED_CHUNK_SIZE,
                               2 * AGE_CHUNK_SIZE,
                               2 * AGE_CHUNK_SIZE + 1,
                               3 * AGE_CHUNK_SIZE - 1};

static void all_sizes_in_all_pieces(void **state)
{
    static const size_t pieces[] = {7,
                                    4096,
                                    AGE_CHUNK_SIZE - 1,
                                    AGE_CHUNK_SIZE,
                                    AGE_CHUNK_SIZE + 1,
                                    AGE_SEALED_CHUNK_SIZE,
                                    AGE_SEALED_CHUNK_SIZE + 1,
                                    CEILING};
    (void)state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct text plain, expected;
        make_plain(&plain, sizes[i]);
        seal(&plain, CEILING, &expected);
        size_t chunks = sizes[i] ? (sizes[i] + AGE_CHUNK_SIZE - 1) / AGE_CHUNK_SIZE : 1;
        assert_int_equal(expected.length, sizes[i] + chunks * AGE_TAG_SIZE);
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
            struct text sealed, opened;
            struct error error;
            seal(&plain, pieces[j], &sealed);
            assert_int_equal(sealed.length, expected.length);
            assert_memory_equal(sealed.bytes, expected.bytes, sealed.length);
            assert_int_equal(open_pieces(sealed.bytes, sealed.length, pieces[j], &opened, &error),
                             0);
            assert_int_equal(opened.length, plain.length);
            assert_memory_equal(opened.bytes, plain.bytes, plain.length);
            text_release(&opened);
            text_release(&sealed);
        }
        text_release(&expected);
        text_release(&plain);
    }
}

/* Each chunk of a payload, changed in its first byte, its last one and its tag. */
static void a_changed_byte_releases_only_what_came_before(void **state)
{
    struct text plain, sealed;
    (void)state;

    make_plain(&plain, 2 * AGE_CHUNK_SIZE + 100);
    seal(&plain, CEILING, &sealed);
    for (size_t chunk = 0; chunk < 3; chunk++) {
        size_t start = chunk * AGE_SEALED_CHUNK_SIZE;
        size_t end = chunk == 2 ? sealed.length : start + AGE_SEALED_CHUNK_SIZE;
        const size_t at[] = {start, end - AGE_TAG_SIZE - 1, end - AGE_TAG_SIZE, end - 1};
        for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
            sealed.bytes[at[i]] ^= 1;
            assert_broken(sealed.bytes, sealed.length, &plain, chunk * AGE_CHUNK_SIZE,
                          "changed or damaged");
            sealed.bytes[at[i]] ^= 1;
        }
    }
    text_release(&sealed);
    text_release(&plain);
}

static void what_is_cut_off_is_noticed(void **state)
{
    struct text plain, sealed;
    (void)state;

    make_plain(&plain, 2 * AGE_CHUNK_SIZE);
    seal(&plain, CEILING, &sealed);
    assert_broken(sealed.bytes, 0, &plain, 0, "cut off");
    assert_broken(sealed.bytes, 1, &plain, 0, "changed");
    assert_broken(sealed.bytes, AGE_TAG_SIZE - 1, &plain, 0, "changed");
    assert_broken(sealed.bytes, AGE_TAG_SIZE, &plain, 0, "changed");
    assert_broken(sealed.bytes, AGE_SEALED_CHUNK_SIZE - 1, &plain, 0, "changed");
    assert_broken(sealed.bytes, AGE_SEALED_CHUNK_SIZE, &plain, AGE_CHUNK_SIZE, "cut off");
    assert_broken(sealed.bytes, AGE_SEALED_CHUNK_SIZE + 1, &plain, AGE_CHUNK_SIZE, "changed");
    assert_broken(sealed.bytes, sealed.length - 1, &plain, AGE_CHUNK_SIZE, "changed");
    text_release(&sealed);
    text_release(&plain);
}

static void what_is_added_is_noticed(void **state)
{
    struct text plain, sealed;
    (void)state;

    make_plain(&plain, AGE_CHUNK_SIZE);
    seal(&plain, CEILING, &sealed);
    size_t whole = sealed.length;
    text_add_char(&sealed, 'x');
    assert_broken(sealed.bytes, sealed.length, &plain, AGE_CHUNK_SIZE, "after the end");
    text_truncate(&sealed, whole);
    for (size_t i = 0; i < whole; i++) /* the same once more */
        text_add_char(&sealed, sealed.bytes[i]);
    assert_broken(sealed.bytes, sealed.length, &plain, AGE_CHUNK_SIZE, "after the end");
    text_release(&sealed);
    text_release(&plain);

    make_plain(&plain, 10);
    seal(&plain, CEILING, &sealed);
    text_add_char(&sealed, 'x');
    assert_broken(sealed.bytes, sealed.length, &plain, 0, "changed");
    text_release(&sealed);
    text_release(&plain);
}

static void chunks_that_change_places_are_noticed(void **state)
{
    struct text plain, sealed, swapped;
    (void)state;

    make_plain(&plain, 3 * AGE_CHUNK_SIZE);
    seal(&plain, CEILING, &sealed);
    text_init(&swapped, CEILING);
    text_add_bytes(&swapped, sealed.bytes + AGE_SEALED_CHUNK_SIZE, AGE_SEALED_CHUNK_SIZE);
    text_add_bytes(&swapped, sealed.bytes, AGE_SEALED_CHUNK_SIZE);
    text_add_bytes(&swapped, sealed.bytes + 2 * AGE_SEALED_CHUNK_SIZE, AGE_SEALED_CHUNK_SIZE);
    assert_broken(swapped.bytes, swapped.length, &plain, 0, "changed");
    text_reset(&swapped);
    text_add_bytes(&swapped, sealed.bytes, AGE_SEALED_CHUNK_SIZE);
    text_add_bytes(&swapped, sealed.bytes + 2 * AGE_SEALED_CHUNK_SIZE, AGE_SEALED_CHUNK_SIZE);
    assert_broken(swapped.bytes, swapped.length, &plain, AGE_CHUNK_SIZE, "changed");
    text_release(&swapped);
    text_release(&sealed);
    text_release(&plain);
}

/* An empty last chunk after a full one: nobody who follows the format writes it. */
static void an_empty_last_chunk_is_refused(void **state)
{
    static const unsigned char first[AGE_NONCE_SIZE], last[AGE_NONCE_SIZE] = {[10] = 1, [11] = 1};
    unsigned char *sealed = memory_alloc(AGE_SEALED_CHUNK_SIZE + AGE_TAG_SIZE);
    struct error error = {0};
    struct text plain;
    (void)state;

    make_plain(&plain, AGE_CHUNK_SIZE);
    assert_int_equal(age_seal(key, first, plain.bytes, AGE_CHUNK_SIZE, sealed, &error), 0);
    assert_int_equal(age_seal(key, last, "", 0, sealed + AGE_SEALED_CHUNK_SIZE, &error), 0);
    assert_broken((const char *)sealed, AGE_SEALED_CHUNK_SIZE + AGE_TAG_SIZE, &plain,
                  AGE_CHUNK_SIZE, "empty part");
    text_release(&plain);
    memory_free(sealed);
}

/* A short chunk that is not marked as the last one. */
static void a_short_chunk_is_the_last_one(void **state)
{
    static const unsigned char first[AGE_NONCE_SIZE];
    unsigned char sealed[100 + AGE_TAG_SIZE];
    struct error error = {0};
    struct text plain;
    (void)state;

    make_plain(&plain, 100);
    assert_int_equal(age_seal(key, first, plain.bytes, 100, sealed, &error), 0);
    assert_broken((const char *)sealed, sizeof(sealed), &plain, 0, "changed");
    text_release(&plain);
}

static void the_ceiling_holds(void **state)
{
    struct age_opener *opener = age_opener_new(key);
    struct text plain, sealed, out;
    struct error error = {0};
    (void)state;

    make_plain(&plain, 2 * AGE_CHUNK_SIZE);
    seal(&plain, CEILING, &sealed);
    text_init_secret(&out, 2 * AGE_CHUNK_SIZE - 1);
    assert_int_equal(age_opener_add(opener, sealed.bytes, sealed.length, &out, &error), 0);
    assert_int_equal(age_opener_finish(opener, &out, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_true(out.overflowed);
    assert_int_equal(out.length, AGE_CHUNK_SIZE);
    age_opener_free(opener);
    text_release(&out);
    text_release(&sealed);
    text_release(&plain);
}

/* RFC 5869, appendix A.1 and A.3, cut to the length that age uses. */
static void key_derivation(void **state)
{
    static const unsigned char secret[22] = {0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
                                             0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
                                             0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b};
    static const unsigned char salt[13] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const unsigned char with_salt[AGE_KEY_SIZE] = {
        0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f,
        0x64, 0xd0, 0x36, 0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a,
        0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4, 0xc5, 0xbf};
    static const unsigned char without[AGE_KEY_SIZE] = {
        0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80,
        0x2a, 0x06, 0x3c, 0x5a, 0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1,
        0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d};
    static const char info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
    unsigned char out[AGE_KEY_SIZE];
    struct error error = {0};
    (void)state;

    assert_int_equal(age_derive(secret, 22, salt, 13, info, out, &error), 0);
    assert_memory_equal(out, with_salt, AGE_KEY_SIZE);
    assert_int_equal(age_derive(secret, 22, NULL, 0, "", out, &error), 0);
    assert_memory_equal(out, without, AGE_KEY_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sizes_in_all_pieces),
        cmocka_unit_test(a_changed_byte_releases_only_what_came_before),
        cmocka_unit_test(what_is_cut_off_is_noticed),
        cmocka_unit_test(what_is_added_is_noticed),
        cmocka_unit_test(chunks_that_change_places_are_noticed),
        cmocka_unit_test(an_empty_last_chunk_is_refused),
        cmocka_unit_test(a_short_chunk_is_the_last_one),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(key_derivation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
