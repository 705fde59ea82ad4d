#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/age_armor.h"

#include "property.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"
#define FULL "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SPACE_64 "                                                                \n"

enum { CEILING = 100000 };

static int read_pieces(const char *bytes, size_t size, size_t piece, struct text *out,
                       struct error *error)
{
    struct age_armor_reader *reader = age_armor_reader_new();
    int result = 0;

    *error = (struct error){0};
    text_init(out, CEILING);
    for (size_t at = 0; at < size && result == 0; at += piece) {
        size_t left = size - at;
        result = age_armor_reader_add(reader, bytes + at, left < piece ? left : piece, out, error);
    }
    if (result == 0)
        result = age_armor_reader_finish(reader, out, error);
    age_armor_reader_free(reader);
    return result;
}

static void what_is_well_formed_is_taken(void **state)
{
    static const struct {
        const char *armored;
        size_t size;
    } cases[] = {
        {BEGIN "\n" END "\n", 0},
        {BEGIN "\n" END, 0},
        {BEGIN "\nAA==\n" END "\n", 1},
        {BEGIN "\r\nAA==\r\n" END "\r\n", 1},
        {BEGIN "\nAA==\r\n" END, 1},
        {BEGIN "\n" FULL "\n" END "\n", 48},
        {BEGIN "\n" FULL "\n" FULL "\n" END "\n", 96},
        {BEGIN "\n" FULL "\nAAA=\n" END "\n", 50},
        {"\n \t\r\n\n" BEGIN "\nAA==\n" END "\n \t\n\r\n", 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t piece = 1; piece < 200; piece += 66) {
            struct text out;
            struct error error;
            if (read_pieces(cases[i].armored, strlen(cases[i].armored), piece, &out, &error) < 0)
                fail_msg("%s: %s", error.message, cases[i].armored);
            assert_int_equal(out.length, cases[i].size);
            text_release(&out);
        }
}

static void what_is_malformed_is_refused(void **state)
{
    static const struct {
        const char *armored, *line;
    } cases[] = {
        {"", "line 1"},
        {"\n\n", "line 3"},
        {BEGIN, "line 1"},
        {BEGIN "\n", "line 2"},
        {BEGIN "\nAA==", "line 2"},
        {BEGIN "\nAA==\n", "line 3"},
        {" " BEGIN "\nAA==\n" END "\n", "line 1"},
        {"x\n" BEGIN "\nAA==\n" END "\n", "line 1"},
        {BEGIN " \nAA==\n" END "\n", "line 1"},
        {"----- BEGIN AGE ENCRYPTED FILE -----\nAA==\n" END "\n", "line 1"},
        {"-----begin age encrypted file-----\nAA==\n" END "\n", "line 1"},
        {"-----BEGIN AGE ENCRYPTED MESSAGE-----\nAA==\n" END "\n", "line 1"},
        {BEGIN "\nName: value\n\nAA==\n" END "\n", "line 2"},
        {BEGIN "\n\nAA==\n" END "\n", "line 2"},
        {BEGIN "\nAA==\n\n" END "\n", "line 3"},
        {BEGIN "\n" FULL "\n\n" END "\n", "line 3"},
        {BEGIN "\nAA\n" END "\n", "line 2"},
        {BEGIN "\nAB==\n" END "\n", "line 2"},
        {BEGIN "\nAA=\n=\n" END "\n", "line 2"},
        {BEGIN "\nAA==\nAA==\n" END "\n", "line 3"},
        {BEGIN "\nAAAA\n" FULL "\n" END "\n", "line 3"},
        {BEGIN "\n" FULL "AAAA\n" END "\n", "line 2"},
        {BEGIN "\n" FULL "A\n" END "\n", "line 2"},
        {BEGIN "\n" FULL "\r\r\n" END "\n", "line 2"},
        {BEGIN "\n AA==\n" END "\n", "line 2"},
        {BEGIN "\nAA== \n" END "\n", "line 2"},
        {BEGIN "\nA*==\n" END "\n", "line 2"},
        {BEGIN "\nAA==\n=twTO\n" END "\n", "line 3"},
        {BEGIN "\nAA==\n " END "\n", "line 3"},
        {BEGIN "\nAA==\n----- END AGE ENCRYPTED FILE -----\n", "line 3"},
        {BEGIN "\nAA==\n" END "x\n", "line 3"},
        {BEGIN "\nAA==\n" END " \n", "line 3"},
        {BEGIN "\nAA==\n" END "\nx", "line 4"},
        {BEGIN "\nAA==\n" END "\n" BEGIN "\nAA==\n" END "\n", "line 4"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t piece = 1; piece < 200; piece += 66) {
            struct text out;
            struct error error;
            if (read_pieces(cases[i].armored, strlen(cases[i].armored), piece, &out, &error) == 0)
                fail_msg("taken: %s", cases[i].armored);
            assert_int_equal(error.kind, ERROR_INPUT);
            if (!strstr(error.message, cases[i].line))
                fail_msg("%s: not at %s of: %s", error.message, cases[i].line, cases[i].armored);
            text_release(&out);
        }
}

static void white_space_has_a_ceiling(void **state)
{
    struct text armored, out;
    struct error error;
    (void)state;

    for (unsigned lines = 15; lines <= 16; lines++)
        for (unsigned is_after = 0; is_after < 2; is_after++) {
            text_init(&armored, CEILING);
            if (is_after)
                text_add(&armored, BEGIN "\nAA==\n" END "\n");
            for (unsigned i = 0; i < lines; i++)
                text_add(&armored, SPACE_64);
            if (!is_after)
                text_add(&armored, BEGIN "\nAA==\n" END);
            int result = read_pieces(armored.bytes, armored.length, CEILING, &out, &error);
            assert_int_equal(result, lines == 15 ? 0 : -1); /* 975 and 1040 bytes */
            text_release(&out);
            text_release(&armored);
        }
}

/* Bytes of all lengths, written and read in pieces. */
static void what_is_written_is_read_again(void **state)
{
    unsigned char bytes[200];
    uint64_t seed = 11;
    (void)state;

    for (size_t size = 0; size < sizeof(bytes); size++) {
        struct age_armor_writer *writer = age_armor_writer_new();
        struct text armored, out;
        struct error error;
        size_t piece = 1 + property_below(&seed, 100);
        property_fill(&seed, bytes, size);
        text_init(&armored, CEILING);
        for (size_t at = 0; at < size; at += piece)
            age_armor_writer_add(writer, bytes + at, size - at < piece ? size - at : piece,
                                 &armored);
        age_armor_writer_finish(writer, &armored);
        assert_int_equal(read_pieces(armored.bytes, armored.length, piece, &out, &error), 0);
        assert_int_equal(out.length, size);
        assert_memory_equal(out.bytes, bytes, size);
        text_release(&out);
        text_release(&armored);
        age_armor_writer_free(writer);
    }
}

static void the_ceiling_of_the_caller_holds(void **state)
{
    static const char armored[] = BEGIN "\n" FULL "\nAAA=\n" END "\n";
    struct age_armor_reader *reader = age_armor_reader_new();
    struct error error = {0};
    struct text out;
    (void)state;

    text_init(&out, 49);
    assert_int_equal(age_armor_reader_add(reader, armored, strlen(armored), &out, &error), -1);
    assert_true(out.overflowed);
    text_release(&out);
    age_armor_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_well_formed_is_taken),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(white_space_has_a_ceiling),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_ceiling_of_the_caller_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
