/* Posts are read off their words as they are parsed and written: with the same lines, and none that
 * posts_write() would not have made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "dispatch/progress.h"

#include "cmd/audit_posts.h"

struct texts {
    struct text json, lines, expected;
};

static void texts_init(struct texts *texts)
{
    text_init(&texts->json, PROGRESS_MAX_BYTES);
    text_init(&texts->lines, AUDIT_ENTRY_MAX_BYTES);
    text_init(&texts->expected, AUDIT_ENTRY_MAX_BYTES);
}

static void texts_release(struct texts *texts)
{
    text_release(&texts->json);
    text_release(&texts->lines);
    text_release(&texts->expected);
}

/* The slow way, step by step. */
static bool read_slowly(struct texts *texts, const char *words, size_t most, size_t *count)
{
    struct post posts[THREAD_PARTS_MAX];

    text_reset(&texts->json);
    text_reset(&texts->expected);
    if (!posts_read(words, posts, count))
        return false;
    posts_write(posts, *count, &texts->json);
    for (size_t i = 0; i < *count && i < most; i++) {
        entry_add(&texts->expected, "post", posts[i].id);
        entry_add(&texts->expected, "url", posts[i].url);
    }
    return strcmp(texts->json.bytes, words) == 0;
}

static void assert_same(struct texts *texts, const char *words, size_t most)
{
    size_t expected_count = 0, count = 0;

    bool expected = read_slowly(texts, words, most, &expected_count);
    bool is_read = audit_posts_lines(words, most, &texts->json, &texts->lines, &count);
    if (is_read != expected || (expected && (count != expected_count ||
                                             strcmp(texts->lines.bytes, texts->expected.bytes))))
        fail_msg("'%s', %zu posts: %d instead of %d: %s", words, most, is_read, expected,
                 texts->lines.bytes);
}

static void words_are_read_as_they_were_written(void **state)
{
    static const char *const words[] = {
        "[]",
        "[{\"id\":\"1\"}]",
        "[{\"id\":\"1\",\"url\":\"https://x.example/1\"}]",
        "[{\"id\":\"1\",\"url\":\"https://x.example/1\"},{\"id\":\"2\"}]",
        "[{\"id\":\"a\\\"b\"}]",
        "[{\"id\":\"a\\\\b\"}]",
        "[{\"id\":\"\xc3\xa5\",\"url\":\"https://x.example/\xc3\xa5\"}]",
        "[{\"id\":\"a\\nb\"}]",
        "[{\"id\":\"a\x7f\"}]",
        /* not as they are written */
        "",
        "[",
        "[{\"id\":\"1\"}",
        "[{\"id\":\"1\"},]",
        "[{\"id\":\"1\"}]]",
        "[{\"id\":\"1\"}] ",
        " [{\"id\":\"1\"}]",
        "[{\"id\":\"1\"} ]",
        "[{\"id\":\"1\"}{\"id\":\"2\"}]",
        "[{\"id\":\"1\"},[{\"id\":\"2\"}]",
        "[{\"id\": \"1\"}]",
        "[{\"id\":1}]",
        "[{\"id\":\"\"}]",
        "[{\"id\":\"1\",\"url\":\"\"}]",
        "[{\"url\":\"https://x.example/1\",\"id\":\"1\"}]",
        "[{\"id\":\"1\",\"id\":\"2\"}]",
        "[{\"id\":\"1\",\"url\":\"a\",\"url\":\"b\"}]",
        "[{\"id\":\"1\",\"more\":\"2\"}]",
        "[{\"id\":\"\\u0031\"}]",
        "{\"id\":\"1\"}",
    };
    struct texts texts;
    (void)state;

    texts_init(&texts);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (size_t most = 0; most < 4; most++)
            assert_same(&texts, words[i], most);
    texts_release(&texts);
}

/* As long as they may be, and one byte longer; as many, and one more. */
static void nothing_is_cut(void **state)
{
    char value[POST_URL_SIZE + 1];
    struct texts texts;
    struct text words;
    (void)state;

    texts_init(&texts);
    text_init(&words, PROGRESS_MAX_BYTES);
    memset(value, 'a', sizeof(value));
    for (int length = POST_ID_SIZE - 2; length <= POST_URL_SIZE; length++) {
        text_reset(&words);
        text_addf(&words, "[{\"id\":\"%.*s\"}]", length, value);
        assert_same(&texts, words.bytes, 1);
        text_reset(&words);
        text_addf(&words, "[{\"id\":\"1\",\"url\":\"%.*s\"}]", length, value);
        assert_same(&texts, words.bytes, 1);
    }
    for (size_t count = THREAD_PARTS_MAX - 1; count <= THREAD_PARTS_MAX + 1; count++) {
        text_reset(&words);
        for (size_t i = 0; i < count; i++)
            text_add(&words, i == 0 ? "[{\"id\":\"1\"}" : ",{\"id\":\"1\"}");
        text_add_char(&words, ']');
        assert_same(&texts, words.bytes, THREAD_PARTS_MAX);
    }
    text_release(&words);
    texts_release(&texts);
}

/* Any byte of good words may have become any other. */
static void a_changed_byte_is_seen(void **state)
{
    static const char good[] = "[{\"id\":\"1\",\"url\":\"https://x.example/1\"},{\"id\":\"2\"}]";
    struct texts texts;
    (void)state;

    texts_init(&texts);
    for (size_t at = 0; at < sizeof(good) - 1; at++)
        for (int byte = 1; byte < 0x80; byte++) {
            char words[sizeof(good)];
            memcpy(words, good, sizeof(good));
            words[at] = (char)byte;
            assert_same(&texts, words, 2);
        }
    texts_release(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read_as_they_were_written),
        cmocka_unit_test(nothing_is_cut),
        cmocka_unit_test(a_changed_byte_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
