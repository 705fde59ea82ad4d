#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jpeglib.h>

#include "card/painter.h"
#include "card/words.h"

#include "test_folder.h"

enum { CHANNEL_COUNT = 3, NOTHING_FOUND = 4 /* zbarimg(1) */ };

static const struct card flood = {
    .language = "nb",
    .issuer = "Direktoratet for samfunnssikkerhet og beredskap",
    .municipality = "Oslo",
    .title = "Flom på Østlandet",
    .headline = "Flom i Glomma",
    .text = "Oslo: Glomma stiger raskt, oransje nivå. Hold deg unna elva.",
    .time = "24. november 2026, 07.25",
    .link = "https://www.kriseinfo.no/flom?kommune=0301&språk=nb",
};

struct picture {
    unsigned width, height;
    unsigned char *pixels; /* red, green, blue */
};

/* --- reading back, with libjpeg's own reader -------------------------------------------------- */

static void read_back(const struct text *jpeg, struct picture *out)
{
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr manager;

    decoder.err = jpeg_std_error(&manager); /* it ends the process: then the test has failed */
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, (const unsigned char *)jpeg->bytes, jpeg->length);
    assert_int_equal(jpeg_read_header(&decoder, TRUE), JPEG_HEADER_OK);
    assert_int_equal(decoder.num_components, CHANNEL_COUNT);
    assert_false(decoder.progressive_mode);
    jpeg_start_decompress(&decoder);
    out->width = decoder.output_width;
    out->height = decoder.output_height;
    out->pixels = malloc((size_t)out->width * out->height * CHANNEL_COUNT);
    while (decoder.output_scanline < decoder.output_height) {
        unsigned char *row =
            out->pixels + (size_t)decoder.output_scanline * out->width * CHANNEL_COUNT;
        jpeg_read_scanlines(&decoder, &row, 1);
    }
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
}

static struct card_finding paint(const struct card *card, struct text *jpeg)
{
    struct error error = {0};
    struct card_finding finding;
    struct card_painter *painter = card_painter_new(&error);

    if (!painter)
        fail_msg("%s", error.message);
    text_init(jpeg, CARD_MAX_BYTES);
    if (card_paint(painter, card, jpeg, &finding, &error) < 0)
        fail_msg("%s", error.message);
    card_painter_free(painter);
    return finding;
}

/* --- contrast: WCAG 2.2, relative luminance and 1.4.6 ----------------------------------------- */

static double linear(unsigned char value)
{
    double part = value / 255.0;
    return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(const unsigned char *pixel)
{
    return 0.2126 * linear(pixel[0]) + 0.7152 * linear(pixel[1]) + 0.0722 * linear(pixel[2]);
}

/* The darkest and the lightest of some rows: ink and paper. */
static double contrast_between(const struct picture *picture, unsigned from, unsigned to)
{
    double least = 1, most = 0;

    for (size_t i = (size_t)from * picture->width; i < (size_t)to * picture->width; i++) {
        double light = luminance(picture->pixels + i * CHANNEL_COUNT);
        least = light < least ? light : least;
        most = light > most ? light : most;
    }
    return (most + 0.05) / (least + 0.05);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_card_has_its_measures_and_is_easy_to_read(void **state)
{
    struct picture picture;
    struct text jpeg;
    struct card exercise = flood;
    (void)state;

    exercise.mark = "ØVELSE";
    for (int i = 0; i < 2; i++) {
        struct card_finding finding = paint(i ? &exercise : &flood, &jpeg);
        assert_false(finding.is_short);
        assert_int_equal(finding.unknown_count, 0);
        assert_in_range(jpeg.length, 20 * 1000, 500 * 1000);
        read_back(&jpeg, &picture);
        assert_int_equal(picture.width, 1080);
        assert_int_equal(picture.height, 1350);
        assert_true(contrast_between(&picture, 0, 150) > 7);     /* band, or header */
        assert_true(contrast_between(&picture, 300, 700) > 7);   /* headline and text */
        assert_true(contrast_between(&picture, 1000, 1240) > 7); /* link and code */
        free(picture.pixels);
        text_release(&jpeg);
    }
}

/* The ink on the pale mark of an exercise is the least that text has under it. */
static void an_exercise_is_marked_all_over(void **state)
{
    struct card exercise = flood;
    struct picture live_picture, picture;
    struct text jpeg;
    size_t yellow = 0, pale = 0;
    (void)state;

    (void)paint(&flood, &jpeg);
    read_back(&jpeg, &live_picture);
    text_release(&jpeg);
    exercise.mark = "HÁRJEHUS";
    (void)paint(&exercise, &jpeg);
    read_back(&jpeg, &picture);
    text_release(&jpeg);
    for (size_t i = 0; i < (size_t)picture.width * picture.height; i++) {
        const unsigned char *pixel = picture.pixels + i * CHANNEL_COUNT;
        const unsigned char *live = live_picture.pixels + i * CHANNEL_COUNT;
        yellow += pixel[0] > 240 && pixel[1] > 190 && pixel[2] < 80;
        pale += pixel[0] > 215 && pixel[0] < 237 && pixel[2] > 215;
        assert_false(live[0] > 240 && live[1] > 190 && live[2] < 80);
    }
    assert_true(yellow > (size_t)picture.width * 2 * 60);
    assert_true(pale > (size_t)picture.width * picture.height / 20);
    free(live_picture.pixels);
    free(picture.pixels);
}

static void the_same_card_has_the_same_bytes(void **state)
{
    struct text first, second;
    (void)state;

    (void)paint(&flood, &first);
    (void)paint(&flood, &second);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    text_release(&first);
    text_release(&second);
}

/* What zbarimg, a reader of codes that is not ours, reads from a picture. */
static int read_code(const char *path, char *out, size_t size)
{
    size_t length = 0;
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    pid_t reader = fork();
    assert_true(reader >= 0);
    if (reader == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        execlp("zbarimg", "zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", path,
               (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    for (ssize_t got = 1; got > 0 && length + 1 < size; length += (size_t)(got > 0 ? got : 0))
        got = read(ends[0], out + length, size - length - 1);
    (void)close(ends[0]);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_true(WIFEXITED(status));
    out[length] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return WEXITSTATUS(status);
}

/* As a telephone would: `expected` NULL, that there is none. */
static void assert_code(const struct card *card, const char *expected)
{
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64], read[512] = "";
    struct text jpeg;

    assert_true(test_folder_make(&folder));
    test_folder_file(&folder, "card.jpg", path);
    (void)paint(card, &jpeg);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(jpeg.bytes, 1, jpeg.length, file), jpeg.length);
    assert_int_equal(fclose(file), 0);
    text_release(&jpeg);
    assert_int_equal(read_code(path, read, sizeof(read)), expected ? 0 : NOTHING_FOUND);
    assert_string_equal(read, expected ? expected : "");
    test_folder_remove(&folder);
}

static void a_telephone_reads_the_code(void **state)
{
    struct card card = flood;
    char longest[302];
    (void)state;

    assert_code(&flood, "https://www.kriseinfo.no/flom?kommune=0301&spr%C3%A5k=nb");
    memset(longest, 'x', sizeof(longest));
    memcpy(longest, "https://a.no/", 13);
    longest[301] = '\0';
    card.link = longest;
    assert_code(&card, NULL);
    longest[300] = '\0';
    assert_code(&card, longest);
    card.link = NULL;
    assert_code(&card, NULL);
}

/* So many words, of which the last line must be seen whole. */
static const char *words(char *out, size_t size, const char *word, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%s", i ? " " : "", word);
    return out;
}

static void a_text_that_is_too_long_says_where_the_rest_is(void **state)
{
    static const struct {
        const char *word;
        size_t count;
        bool is_short;
    } cases[] = {
        {"vann", 60, false},                /* 299 characters */
        {"vann", 100, false},               /* 499 */
        {"vann", 101, true},                /* 504 */
        {"WWWWWWWWWWWWWWWWWWWW", 23, true}, /* fewer, but they need more room */
        {"a\n", 100, true},                 /* lines, too */
    };
    char buffer[4096];
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct card card = flood;
        struct text jpeg;
        card.text = words(buffer, sizeof(buffer), cases[i].word, cases[i].count);
        assert_int_equal(paint(&card, &jpeg).is_short, cases[i].is_short);
        text_release(&jpeg);
    }
}

static void a_headline_that_does_not_fit_is_an_error(void **state)
{
    struct error error = {0};
    struct card_finding finding;
    struct card card = flood;
    struct text jpeg;
    char buffer[4096];
    struct card_painter *painter = card_painter_new(&error);
    (void)state;

    text_init(&jpeg, CARD_MAX_BYTES);
    card.headline = words(buffer, sizeof(buffer), "Flom", 200);
    assert_int_equal(card_paint(painter, &card, &jpeg, &finding, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(jpeg.length, 0);
    /* The painter goes on with the next one. */
    assert_int_equal(card_paint(painter, &flood, &jpeg, &finding, &error), 0);
    text_release(&jpeg);
    card_painter_free(painter);
}

/* Those of Norway and its neighbours: all in DejaVu. */
static void every_script_that_is_needed_is_there(void **state)
{
    static const char *const texts[] = {
        "Áá Čč Đđ Ŋŋ Šš Ŧŧ Žž Ǥǥ Ǩǩ Ʒʒ Ǯǯ Ïï Ææ Øø Åå Öö Ää Ńń",
        "Вода швидко піднімається. Ґґ Єє Іі Її",
        "ابتعد عن النهر",
        "Trzymaj się z dala od rzeki: ąćęłńóśźż",
        "Ẹ kúrò ní ẹ̀bá odò",
        "⚠ → – … « » “ ” €",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct card card = flood;
        struct text jpeg;
        card.text = card.headline = card.municipality = texts[i];
        assert_int_equal(paint(&card, &jpeg).unknown_count, 0);
        text_release(&jpeg);
    }
}

static void what_stands_on_it_can_be_heard(void **state)
{
    struct card card = flood;
    struct text alt;
    (void)state;

    text_init(&alt, 4096);
    card_add_alt(&alt, &card, false);
    assert_string_equal(alt.bytes,
                        "Direktoratet for samfunnssikkerhet og beredskap\nOslo\nFlom i Glomma\n"
                        "Oslo: Glomma stiger raskt, oransje nivå. Hold deg unna elva.\n"
                        "https://www.kriseinfo.no/flom?kommune=0301&språk=nb\n"
                        "24. november 2026, 07.25");
    card.mark = "ØVELSE";
    card.headline = "";
    card.language = "nn-NO";
    text_reset(&alt);
    card_add_alt(&alt, &card, true);
    assert_string_equal(alt.bytes, "ØVELSE\nDirektoratet for samfunnssikkerhet og beredskap\nOslo\n"
                                   "Flom på Østlandet\nLes heile meldinga her:\n"
                                   "https://www.kriseinfo.no/flom?kommune=0301&språk=nb\n"
                                   "24. november 2026, 07.25\nØVELSE");
    card.text = "Les https://www.kriseinfo.no/flom?kommune=0301&språk=nb nå";
    text_reset(&alt);
    card_add_alt(&alt, &card, false);
    assert_null(strstr(strstr(alt.bytes, "språk=nb") + 1, "språk=nb")); /* heard once */
    assert_string_equal(card_more_words("xx"), "Read the whole message here:");
    text_release(&alt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_has_its_measures_and_is_easy_to_read),
        cmocka_unit_test(an_exercise_is_marked_all_over),
        cmocka_unit_test(the_same_card_has_the_same_bytes),
        cmocka_unit_test(a_telephone_reads_the_code),
        cmocka_unit_test(a_text_that_is_too_long_says_where_the_rest_is),
        cmocka_unit_test(a_headline_that_does_not_fit_is_an_error),
        cmocka_unit_test(every_script_that_is_needed_is_there),
        cmocka_unit_test(what_stands_on_it_can_be_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
