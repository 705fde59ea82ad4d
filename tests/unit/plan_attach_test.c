#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/attach.h"

/* A message with a picture, a film and another picture, in two languages. */
static struct placed_text languages[] = {{"nb", {NULL, 1, 1}}, {"nn", {NULL, 1, 5}}};
static struct placed_text alts[3][2] = {
    {{"Kart", {NULL, 10, 20}}, {"Kartet", {NULL, 10, 30}}},
    {{"Film", {NULL, 11, 20}}, {NULL, {0}}},
    {{"Elva", {NULL, 12, 20}}, {"Elvi", {NULL, 12, 30}}},
};
static struct message_media files[3] = {
    {{"kart.png", {NULL, 10, 1}},
     alts[0],
     {MEDIA_IMAGE, "image/png", "kart.png", NULL, "1", "p", 1000, 8, 6, NULL}},
    {{"film.mp4", {NULL, 11, 1}},
     alts[1],
     {MEDIA_VIDEO, "video/mp4", "film.mp4", NULL, "2", "v", 5000, 0, 0, NULL}},
    {{"elva.jpg", {NULL, 12, 1}},
     alts[2],
     {MEDIA_IMAGE, "image/jpeg", "elva.jpg", NULL, "3", "j", 2000, 8, 6, NULL}},
};

#define PICTURES(most, bytes, types)                                                               \
    .images_max = (most), .image_max_bytes = (bytes), .image_types = (types)
#define IMAGES PICTURES(4, 4000, "image/jpeg image/png")
#define FILM(bytes) .videos_max = 1, .video_max_bytes = (bytes)
#define FILMS FILM(9000)

static const struct {
    const char *title;
    struct media_limits limits;
    const char *site_url;
    const char *order;    /* which of the files the message has: "012" */
    const char *chosen;   /* names, each followed by a space */
    const char *missing;  /* NULL: nothing */
    const char *problems; /* "LINE: words" */
} cases[] = {
    {"a channel without media",
     {0},
     NULL,
     "0",
     "",
     NULL,
     "10: 'kart.png' is left out on c: posts there take no pictures\n"},
    {"pictures", {IMAGES}, NULL, "02", "kart.png elva.jpg ", NULL, ""},
    {"no more than it takes",
     {PICTURES(1, 4000, "image/jpeg image/png")},
     NULL,
     "02",
     "kart.png ",
     NULL,
     "12: 'elva.jpg' is left out on c: posts there take 1 of them\n"},
    {"too wide",
     {IMAGES, .width_percent_least = 80, .width_percent_most = 133},
     NULL,
     "2",
     "",
     NULL,
     "12: 'elva.jpg' is left out on c: posts there take pictures 0.80 to 1.33 times as wide as "
     "high, not 8 by 6: cut it to fit\n"},
    {"wide enough",
     {IMAGES, .width_percent_least = 133, .width_percent_most = 134},
     NULL,
     "2",
     "elva.jpg ",
     NULL,
     ""},
    {"too narrow",
     {IMAGES, .width_percent_least = 134, .width_percent_most = 191},
     NULL,
     "2",
     "",
     NULL,
     "12: 'elva.jpg' is left out on c: posts there take pictures 1.34 to 1.91 times as wide as "
     "high, not 8 by 6: cut it to fit\n"},
    {"a picture is needed, and has not the form: a card",
     {IMAGES, .needs_image = true, .width_percent_least = 134, .width_percent_most = 191},
     NULL,
     "2",
     "",
     NULL,
     "12: 'elva.jpg' is left out on c: posts there take pictures 1.34 to 1.91 times as wide as "
     "high, not 8 by 6: cut it to fit\n"},
    {"a kind that it does not take",
     {PICTURES(4, 4000, "image/jpeg")},
     NULL,
     "02",
     "elva.jpg ",
     NULL,
     "10: 'kart.png' is left out on c: posts there take no image/png\n"},
    {"the end of another word is no kind",
     {PICTURES(4, 4000, "ximage/png image/pngx")},
     NULL,
     "0",
     "",
     NULL,
     "10: 'kart.png' is left out on c: posts there take no image/png\n"},
    {"too large",
     {PICTURES(4, 1999, "image/jpeg image/png")},
     NULL,
     "02",
     "kart.png ",
     NULL,
     "12: 'elva.jpg' is left out on c: posts there take files of 1999 bytes\n"},
    {"exactly as large",
     {PICTURES(4, 2000, "image/jpeg image/png")},
     NULL,
     "2",
     "elva.jpg ",
     NULL,
     ""},
    {"a film where there are none",
     {IMAGES},
     NULL,
     "10",
     "kart.png ",
     NULL,
     "11: 'film.mp4' is left out on c: posts there take no films\n"},
    {"pictures and a film: the first counts",
     {IMAGES, FILMS},
     NULL,
     "012",
     "kart.png elva.jpg ",
     NULL,
     "11: 'film.mp4' is left out on c: posts there do not show pictures and a film in one post\n"},
    {"a film first",
     {IMAGES, FILMS},
     NULL,
     "102",
     "film.mp4 ",
     NULL,
     "10: 'kart.png' is left out on c: posts there do not show pictures and a film in one post\n"
     "12: 'elva.jpg' is left out on c: posts there do not show pictures and a film in one post\n"},
    {"a film that is too large gives way",
     {IMAGES, FILM(4999)},
     NULL,
     "10",
     "kart.png ",
     NULL,
     "11: 'film.mp4' is left out on c: posts there take files of 4999 bytes\n"},
    {"a film is needed",
     {IMAGES, FILMS, .needs_video = true},
     NULL,
     "01",
     "film.mp4 ",
     NULL,
     "10: 'kart.png' is left out on c: posts there do not show pictures and a film in one post\n"},
    {"a film is needed and missing",
     {FILMS, .needs_video = true},
     NULL,
     "0",
     "",
     "shows films only, and the message has none that it takes",
     "10: 'kart.png' is left out on c: posts there take no pictures\n"},
    {"a picture is needed and missing: a card",
     {IMAGES, .needs_image = true},
     NULL,
     "1",
     "",
     NULL,
     "11: 'film.mp4' is left out on c: posts there take no films\n"},
    {"a card needs an address, too",
     {IMAGES, .needs_image = true, .by_url = true},
     NULL,
     "",
     "",
     "fetches media from a public address, and there is none: set `url` of `coordinator` "
     "in crisis.yaml",
     ""},
    {"a picture is needed",
     {IMAGES, FILMS, .needs_image = true},
     NULL,
     "10",
     "kart.png ",
     NULL,
     "11: 'film.mp4' is left out on c: posts there do not show pictures and a film in one post\n"},
    {"an address is needed and missing: the text goes without",
     {IMAGES, .by_url = true},
     NULL,
     "0",
     "",
     NULL,
     "10: 'kart.png' is left out on c: posts there need a public address to fetch it from, and "
     "there is none: set "
     "`url` of `coordinator` in crisis.yaml\n"},
    {"an address is needed",
     {IMAGES, .by_url = true},
     "https://k.example.no/",
     "0",
     "kart.png ",
     NULL,
     ""},
    {"alt texts that are too long",
     {IMAGES, .alt_max = 4},
     NULL,
     "02",
     "kart.png elva.jpg ",
     NULL,
     "10: 'alt' in nn has 6 characters, and c takes 4: say it in fewer\n"},
};

static void what_a_channel_takes_goes(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct message_media media[3];
        size_t count = strlen(cases[i].order);
        for (size_t j = 0; j < count; j++)
            media[j] = files[cases[i].order[j] - '0'];
        const struct plan plan = {.languages = languages, .language_count = 2};
        const struct message message = {.media = media, .media_count = count};
        const struct render_request request = {
            .plan = &plan, .message = &message, .site_url = cases[i].site_url};
        const struct channel_shape channel = {.name = "c", .media = cases[i].limits};
        struct attachments attachments;
        struct findings findings;
        struct problems problems;
        const char *chosen = "", *told = "";

        findings_init(&findings, arena);
        problems_init(&problems, arena);
        attach_choose(arena, &request, &channel, &findings, &attachments);
        attach_check_alts(&request, &channel, &attachments, &findings);
        for (size_t j = 0; j < attachments.count; j++)
            chosen = arena_printf(arena, "%s%s ", chosen, attachments.chosen[j]->file.text);
        assert_string_equal(chosen, cases[i].chosen);
        if (cases[i].missing)
            assert_string_equal(attachments.missing, cases[i].missing);
        else
            assert_null(attachments.missing);
        assert_int_equal(attachments.needs_card,
                         cases[i].limits.needs_image && cases[i].chosen[0] == '\0');
        findings_report(&findings, &problems);
        problems_sort(&problems);
        for (size_t j = 0; j < problems.count; j++)
            told = arena_printf(arena, "%s%u: %s\n", told, problems.items[j].place.line,
                                problems.items[j].message);
        assert_string_equal(told, cases[i].problems);
        arena_free(arena);
    }
}

static void each_language_has_its_alt_texts_and_the_address(void **state)
{
    struct arena *arena = arena_new();
    struct message_media media[] = {files[0], files[1]};
    const struct plan plan = {.languages = languages, .language_count = 2};
    const struct message message = {.media = media, .media_count = 2};
    const struct render_request request = {
        .plan = &plan, .message = &message, .site_url = "https://krise.example.no/"};
    const struct channel_shape document = {.name = "c", .document = true};
    struct attachments attachments;
    struct findings findings;
    (void)state;

    findings_init(&findings, arena);
    attach_choose(arena, &request, &document, &findings, &attachments);
    assert_int_equal(attachments.count, 2); /* links to all */
    const struct media *list = attach_in_language(arena, &request, &attachments, 1);
    assert_string_equal(list[0].alt, "Kartet");
    assert_string_equal(list[0].url, "https://krise.example.no/media/1.png");
    assert_string_equal(list[1].alt, "Film"); /* the plan's first language serves */
    assert_string_equal(list[1].url, "https://krise.example.no/media/2.mp4");
    assert_ptr_equal(attach_in_language(arena, &request, &attachments, 1), list);
    assert_string_equal(attach_in_language(arena, &request, &attachments, 0)[0].alt, "Kart");
    assert_string_equal(attach_url(arena, "https://k.no", &files[2].content),
                        "https://k.no/media/3.jpg");
    assert_null(attach_url(arena, NULL, &files[2].content));
    arena_free(arena);
}

static void what_nobody_has_loaded_does_not_go(void **state)
{
    struct arena *arena = arena_new();
    struct message_media media[] = {{.file = {.text = "kart.png"}, .alts = alts[0]}};
    const struct plan plan = {.languages = languages, .language_count = 2};
    const struct message message = {.media = media, .media_count = 1};
    const struct render_request request = {.plan = &plan, .message = &message};
    const struct channel_shape shapes[] = {{.name = "c", .media = {IMAGES}},
                                           {.name = "d", .document = true}};
    struct attachments attachments;
    struct findings findings;
    (void)state;

    findings_init(&findings, arena);
    for (size_t i = 0; i < 2; i++) {
        attach_choose(arena, &request, &shapes[i], &findings, &attachments);
        assert_int_equal(attachments.count, 0);
        assert_null(attach_in_language(arena, &request, &attachments, 0));
    }
    arena_free(arena);
}

static void channels_with_the_same_reason_are_told_together(void **state)
{
    static const char *const names[] = {"facebook", "x", "mastodon", "telegram"};
    static const char *const expected[] = {
        "", "'film.mp4' is left out on facebook: posts there take no films",
        "'film.mp4' is left out on facebook and x: they take no films",
        "'film.mp4' is left out on facebook, x and mastodon: they take no films",
        "'film.mp4' is left out on facebook, x, mastodon and telegram: they take no films"};
    struct message_media media[] = {files[1]};
    const struct plan plan = {.languages = languages, .language_count = 2};
    const struct message message = {.media = media, .media_count = 1};
    const struct render_request request = {.plan = &plan, .message = &message};
    (void)state;

    for (size_t count = 1; count <= 4; count++) {
        struct arena *arena = arena_new();
        struct attachments attachments;
        struct findings findings;
        struct problems problems;
        findings_init(&findings, arena);
        problems_init(&problems, arena);
        for (size_t i = 0; i < count; i++) {
            const struct channel_shape channel = {.name = names[i], .media = {IMAGES}};
            attach_choose(arena, &request, &channel, &findings, &attachments);
        }
        findings_report(&findings, &problems);
        assert_int_equal(problems.count, 1);
        assert_string_equal(problems.items[0].message, expected[count]);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_channel_takes_goes),
        cmocka_unit_test(channels_with_the_same_reason_are_told_together),
        cmocka_unit_test(each_language_has_its_alt_texts_and_the_address),
        cmocka_unit_test(what_nobody_has_loaded_does_not_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
