#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch/progress.h"

#include "property.h"

static void assert_same(const struct channel_progress *a, const struct channel_progress *b)
{
    assert_int_equal(a->stage, b->stage);
    assert_int_equal(a->part, b->part);
    assert_int_equal(a->polls, b->polls);
    assert_int_equal(a->post_count, b->post_count);
    assert_string_equal(a->handle, b->handle);
    assert_string_equal(a->media, b->media);
    for (size_t i = 0; i < a->post_count; i++) {
        assert_string_equal(a->posts[i].id, b->posts[i].id);
        assert_string_equal(a->posts[i].url, b->posts[i].url);
    }
}

static void writes_what_there_is(void **state)
{
    (void)state;
    struct channel_progress progress = {.stage = 2, .part = 1, .polls = 3, .post_count = 2};
    struct text out;

    (void)snprintf(progress.handle, sizeof(progress.handle), "%s", "h\"1");
    (void)snprintf(progress.posts[0].id, sizeof(progress.posts[0].id), "%s", "9007199254740993");
    (void)snprintf(progress.posts[0].url, sizeof(progress.posts[0].url), "%s", "https://x.example");
    (void)snprintf(progress.posts[1].id, sizeof(progress.posts[1].id), "%s", "b");
    text_init(&out, PROGRESS_MAX_BYTES);
    progress_write(&progress, &out);
    assert_string_equal(
        out.bytes, "{\"stage\":2,\"part\":1,\"polls\":3,\"handle\":\"h\\\"1\",\"posts\":["
                   "{\"id\":\"9007199254740993\",\"url\":\"https://x.example\"},{\"id\":\"b\"}]}");
    text_reset(&out);
    posts_write(progress.posts, 0, &out);
    assert_string_equal(out.bytes, "[]");
    text_release(&out);
}

static void nothing_done_is_blank(void **state)
{
    (void)state;
    struct channel_progress blank = {0}, read;
    struct text out;

    assert_true(progress_is_blank(&blank));
    text_init(&out, PROGRESS_MAX_BYTES);
    progress_write(&blank, &out);
    assert_true(progress_read(out.bytes, out.length, &read));
    assert_true(progress_is_blank(&read));
    text_release(&out);
    assert_false(progress_is_blank(&(struct channel_progress){.stage = 1}));
    assert_false(progress_is_blank(&(struct channel_progress){.part = 1}));
    assert_false(progress_is_blank(&(struct channel_progress){.polls = 1}));
    assert_false(progress_is_blank(&(struct channel_progress){.post_count = 1}));
    assert_false(progress_is_blank(&(struct channel_progress){.handle = "h"}));
    assert_false(progress_is_blank(&(struct channel_progress){.media = "m"}));
}

static void fill(uint64_t *seed, char *out, size_t size, bool may_be_empty)
{
    static const char *const pieces[] = {"a", "7", "\"", "\\", "/", "ø", "€", "😀", "\t", "\x01"};
    size_t length = property_below(seed, size);
    out[0] = '\0';
    for (size_t used = 0;;) {
        const char *piece = pieces[property_below(seed, sizeof(pieces) / sizeof(pieces[0]))];
        if (used + strlen(piece) > length)
            break;
        memcpy(out + used, piece, strlen(piece) + 1);
        used += strlen(piece);
    }
    if (!may_be_empty && !out[0])
        memcpy(out, "x", 2);
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    uint64_t seed = 11;

    for (int round = 0; round < 300; round++) {
        struct channel_progress progress = {0}, read;
        struct text out;
        progress.stage = (unsigned)property_below(&seed, 100);
        progress.part = (unsigned)property_below(&seed, THREAD_PARTS_MAX + 1);
        progress.polls = (unsigned)property_below(&seed, 1000);
        progress.post_count = (unsigned)property_below(&seed, 5);
        fill(&seed, progress.handle, sizeof(progress.handle), true);
        fill(&seed, progress.media, sizeof(progress.media), true);
        for (size_t i = 0; i < progress.post_count; i++) {
            fill(&seed, progress.posts[i].id, POST_ID_SIZE, false);
            fill(&seed, progress.posts[i].url, POST_URL_SIZE, true);
        }
        text_init(&out, PROGRESS_MAX_BYTES);
        progress_write(&progress, &out);
        assert_false(out.overflowed);
        assert_true(progress_read(out.bytes, out.length, &read));
        assert_same(&progress, &read);
        text_release(&out);
    }
}

static void the_longest_thread_fits(void **state)
{
    (void)state;
    struct channel_progress progress = {.stage = 1, .part = THREAD_PARTS_MAX}, read;
    struct post posts[THREAD_PARTS_MAX];
    struct text out;
    size_t count;

    progress.post_count = THREAD_PARTS_MAX;
    memset(progress.handle, '"', sizeof(progress.handle) - 1);
    memset(progress.media, '"', sizeof(progress.media) - 1);
    for (size_t i = 0; i < THREAD_PARTS_MAX; i++) {
        memset(progress.posts[i].id, '"', POST_ID_SIZE - 1);
        memset(progress.posts[i].url, '\\', POST_URL_SIZE - 1);
    }
    text_init(&out, PROGRESS_MAX_BYTES);
    progress_write(&progress, &out);
    assert_false(out.overflowed);
    assert_true(progress_read(out.bytes, out.length, &read));
    assert_same(&progress, &read);
    text_reset(&out);
    posts_write(progress.posts, progress.post_count, &out);
    assert_true(posts_read(out.bytes, posts, &count));
    assert_int_equal(count, THREAD_PARTS_MAX);
    assert_string_equal(posts[THREAD_PARTS_MAX - 1].url, progress.posts[0].url);
    text_release(&out);
}

static void what_is_no_progress_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"stage\":1,\"part\":0}",
        "{\"stage\":-1,\"part\":0,\"polls\":0}",
        "{\"stage\":1.5,\"part\":0,\"polls\":0}",
        "{\"stage\":1,\"part\":26,\"polls\":0}",
        "{\"stage\":1,\"part\":0,\"polls\":4294967296}",
        "{\"stage\":1,\"part\":0,\"polls\":0",
        "{\"stage\":1,\"part\":0,\"polls\":0,\"posts\":[{\"url\":\"https://x.example\"}]}",
        "{\"stage\":1,\"part\":0,\"polls\":0,\"posts\":[{\"id\":\"\"}]}",
        "{\"stage\":1,\"part\":0,\"polls\":0,\"posts\":[7]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct channel_progress read = {.stage = 9};
        if (progress_read(bad[i], strlen(bad[i]), &read))
            fail_msg("taken for progress: %s", bad[i]);
        assert_true(progress_is_blank(&read));
    }
}

static void what_does_not_fit_is_refused_not_cut(void **state)
{
    (void)state;
    struct channel_progress read;
    struct post posts[THREAD_PARTS_MAX];
    struct text out;
    size_t count;
    char url[POST_URL_SIZE + 1];

    memset(url, 'u', POST_URL_SIZE);
    url[POST_URL_SIZE] = '\0';
    text_init(&out, PROGRESS_MAX_BYTES);
    text_addf(&out, "[{\"id\":\"1\",\"url\":\"%s\"}]", url);
    assert_false(posts_read(out.bytes, posts, &count));
    assert_int_equal(count, 0);
    text_reset(&out);
    text_addf(&out, "{\"stage\":1,\"part\":0,\"polls\":0,\"handle\":\"%s%s%s\"}", url, url, url);
    assert_false(progress_read(out.bytes, out.length, &read));
    assert_true(progress_is_blank(&read));
    text_reset(&out);
    text_add_char(&out, '[');
    for (size_t i = 0; i <= THREAD_PARTS_MAX; i++)
        text_addf(&out, "%s{\"id\":\"1\"}", i ? "," : "");
    text_add_char(&out, ']');
    assert_false(posts_read(out.bytes, posts, &count));
    text_release(&out);
}

static void a_list_of_posts_is_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool read;
        size_t count;
    } cases[] = {
        {"[]", true, 0},
        {"[{\"id\":\"a\"},{\"id\":12}]", true, 2},
        {"{}", false, 0},
        {"", false, 0},
        {"[{\"id\":\"a\"}", false, 0},
        {"[{\"id\":\"a\"},{}]", false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct post posts[THREAD_PARTS_MAX];
        size_t count = 99;
        assert_int_equal(posts_read(cases[i].json, posts, &count), cases[i].read);
        assert_int_equal(count, cases[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_there_is),
        cmocka_unit_test(nothing_done_is_blank),
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(the_longest_thread_fits),
        cmocka_unit_test(what_is_no_progress_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused_not_cut),
        cmocka_unit_test(a_list_of_posts_is_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
