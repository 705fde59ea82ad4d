#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "media/load.h"

#include "test_folder.h"

#define PLAN(media)                                                                                \
    "plan: p\nlanguages: [nb]\nmunicipalities: [{id: '0301', name: Oslo}]\nmessages:\n"            \
    "  a: {kind: information, text: {nb: {short: x}}, media: " media "}\n"                         \
    "  b: {kind: information, text: {nb: {short: x}}, media: [{file: plain.png, alt: {nb: B}}]}\n"

struct fixture {
    struct test_folder folder;
    struct arena *arena;
    struct problems problems;
    struct plan *plan;
};

static bool known_channel(const char *kind)
{
    return strcmp(kind, "x") == 0;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    fixture->arena = arena_new();
    problems_init(&fixture->problems, fixture->arena);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    test_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

static const char *path_in(struct fixture *fixture, const char *name)
{
    return arena_printf(fixture->arena, "%s/%s", fixture->folder.path, name);
}

static void write_file(struct fixture *fixture, const char *name, const char *bytes, size_t size)
{
    FILE *file = fopen(path_in(fixture, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* A file of the test data, under the same name. */
static void copy_file(struct fixture *fixture, const char *name)
{
    struct error error = {0};
    struct text bytes;

    assert_int_equal(file_read(arena_printf(fixture->arena, TEST_DATA "/media/%s", name), 64 * 1024,
                               &bytes, &error),
                     0);
    write_file(fixture, name, bytes.bytes, bytes.length);
    text_release(&bytes);
}

static int load(struct fixture *fixture, const char *yaml)
{
    struct error error = {0};

    write_file(fixture, "plan.yaml", yaml, strlen(yaml));
    if (plan_load(fixture->arena, path_in(fixture, "plan.yaml"), known_channel, &fixture->problems,
                  &fixture->plan, &error) < 0)
        fail_msg("%s",
                 fixture->problems.count ? fixture->problems.items[0].message : error.message);
    return media_load(fixture->arena, fixture->plan, &fixture->problems);
}

static void files_are_read_once_and_hashed_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct sha256 *all = sha256_new();
    unsigned char hash[SHA256_SIZE];

    copy_file(fixture, "film.mp4");
    copy_file(fixture, "plain.png");
    assert_int_equal(load(fixture, PLAN("[{file: film.mp4, alt: {nb: F}}, {file: plain.png, alt: "
                                        "{nb: A}}, {file: plain.png, alt: {nb: C}}]")),
                     0);
    assert_int_equal(fixture->plan->media_file_count, 2);
    const struct message_media *media = fixture->plan->messages[0].media;
    sha256_add(all, media[0].content.bytes, media[0].content.size_bytes);
    sha256_add(all, media[1].content.bytes, media[1].content.size_bytes);
    sha256_finish(all, hash);
    sha256_free(all);
    assert_memory_equal(fixture->plan->media_sha256, hash, SHA256_SIZE);
    assert_string_equal(media[0].content.type, "video/mp4");
    assert_string_equal(media[0].content.file_name, "film.mp4");
    assert_int_equal(media[1].content.width, 24);
    /* sha256sum plain.png */
    assert_string_equal(media[1].content.sha256,
                        "7aa8660c499690da40ce53c920a42735328bd11eea439c6d0ddfec784f160540");
    assert_ptr_equal(media[2].content.bytes, media[1].content.bytes);
    assert_ptr_equal(fixture->plan->messages[1].media[0].content.bytes, media[1].content.bytes);
    assert_null(media[1].content.url);
}

static void each_file_that_is_wrong_is_named_once(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture, "text.png", "text", 4);
    assert_int_equal(load(fixture, PLAN("[{file: text.png, alt: {nb: F}}, {file: plain.png, alt: "
                                        "{nb: A}}]")),
                     -1);
    assert_int_equal(fixture->problems.error_count, 2);
    assert_string_equal(fixture->problems.items[0].message,
                        "'text.png' is no JPEG, no PNG and no MP4: save it as one of these");
    assert_int_equal(fixture->problems.items[0].place.line, 5);
    assert_non_null(strstr(fixture->problems.items[1].message, "plain.png': no such file"));
}

static void a_plan_without_media_has_the_hash_of_nothing(void **state)
{
    struct fixture *fixture = *state;
    unsigned char hash[SHA256_SIZE];

    assert_int_equal(load(fixture, "plan: p\nlanguages: [nb]\nmunicipalities: [{id: '0301', name: "
                                   "Oslo}]\nmessages: {a: {kind: information, text: {nb: {short: "
                                   "x}}}}\n"),
                     0);
    sha256("", 0, hash);
    assert_int_equal(fixture->plan->media_file_count, 0);
    assert_memory_equal(fixture->plan->media_sha256, hash, SHA256_SIZE);
}

static void a_picture_that_says_where_it_was_taken_is_a_warning(void **state)
{
    struct fixture *fixture = *state;

    copy_file(fixture, "position.jpg");
    copy_file(fixture, "plain.png");
    assert_int_equal(load(fixture, PLAN("[{file: position.jpg, alt: {nb: F}}, {file: position.jpg, "
                                        "alt: {nb: A}}]")),
                     0);
    assert_int_equal(fixture->problems.count, 1);
    assert_int_equal(fixture->problems.items[0].severity, SEVERITY_WARNING);
    assert_int_equal(fixture->problems.items[0].place.line, 5);
    assert_non_null(
        strstr(fixture->problems.items[0].message, "'position.jpg' says where it was taken (GPS)"));
}

static void a_link_out_of_the_folder_is_not_followed(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(symlink(TEST_DATA "/media/plain.png", path_in(fixture, "plain.png")), 0);
    assert_int_equal(load(fixture, PLAN("[{file: plain.png, alt: {nb: F}}]")), -1);
    assert_int_equal(fixture->problems.error_count, 1);
    assert_non_null(
        strstr(fixture->problems.items[0].message, "/plain.png': a symbolic link leads out of '"));
    assert_null(fixture->plan->messages[0].media[0].content.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_read_once_and_hashed_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_file_that_is_wrong_is_named_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_picture_that_says_where_it_was_taken_is_a_warning, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link_out_of_the_folder_is_not_followed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_plan_without_media_has_the_hash_of_nothing, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
