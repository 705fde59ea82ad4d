#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "channels/link_back.h"

#define EARLIER "https://www.facebook.com/111/posts/998"

struct story {
    struct post earlier;
    struct draft draft;
    struct channel_job job;
    const char *part;
};

static void begin(struct story *story, const char *text, const char *address)
{
    *story = (struct story){.part = text};
    snprintf(story->earlier.url, sizeof(story->earlier.url), "%s", address);
    story->draft = (struct draft){.parts = &story->part, .part_count = 1};
    story->job = (struct channel_job){.draft = &story->draft, .reply_to = &story->earlier};
}

static void the_address_stands_behind_the_text(void **state)
{
    static const struct {
        const char *text, *address, *expected;
    } cases[] = {
        {"Kok vannet.", EARLIER, "Kok vannet.\n\n" EARLIER},
        {"Kok vannet.", "", "Kok vannet."},
        {"Kok vannet.\nNå.", EARLIER, "Kok vannet.\nNå.\n\n" EARLIER},
        /* The mark of an exercise stays the first line and the last. */
        {"ØVELSE\nKok vannet.\nØVELSE", EARLIER, "ØVELSE\nKok vannet.\n\n" EARLIER "\nØVELSE"},
        {"ØVELSE\nKok vannet.\nØVELSE", "", "ØVELSE\nKok vannet.\nØVELSE"},
        {"ØVELSE", EARLIER, "ØVELSE\n\n" EARLIER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct story story;
        struct text out;
        begin(&story, cases[i].text, cases[i].address);
        text_init(&out, 1024);
        link_back_add_text(&story.job, &out);
        assert_string_equal(out.bytes, cases[i].expected);
        assert_true(link_back_match(&story.job, out.bytes, 0));
        assert_true(link_back_match(&story.job, cases[i].text, 0));
        text_release(&out);
    }
}

static void another_text_and_another_address_are_not_ours(void **state)
{
    struct story story;

    (void)state;
    begin(&story, "Kok vannet.", EARLIER);
    assert_false(link_back_match(&story.job, "Kok vannet.\n\n" EARLIER "9", 0));
    assert_false(link_back_match(&story.job, "Kok melken.\n\n" EARLIER, 0));
    assert_false(link_back_match(&story.job, EARLIER, 0));
    story.job.reply_to = NULL;
    assert_null(link_back_address(&story.job));
    assert_false(link_back_match(&story.job, "Kok vannet.\n\n" EARLIER, 0));
    assert_true(link_back_match(&story.job, "Kok vannet.", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_stands_behind_the_text),
        cmocka_unit_test(another_text_and_another_address_are_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
