#include "store_fixture.h"

#include <sqlite3.h>

/* printf map | sha256sum, and of film. */
#define MAP_HASH "60be9861750facbfad8758254a2f76c0cfe78d54459a3bc187d49b1401fcd8e8"
#define FILM_HASH "d0607f7ad2628b2af9158dfba06ce87166e66b15bf68f8f358f9aa27ccb7c321"

static const struct media both[] = {
    {MEDIA_VIDEO, "video/mp4", "film.mp4", "Elva", FILM_HASH, "film", 4, 320, 240, NULL},
    {MEDIA_IMAGE, "image/png", "kart.png", "Kart", MAP_HASH, "map", 3, 64, 48,
     "https://krise.example.no/media/" MAP_HASH ".png"},
};
static const struct media in_sami[] = {
    {MEDIA_IMAGE, "image/png", "gárta.png", "Gárta", MAP_HASH, "map", 3, 64, 48, NULL},
};
static const struct draft with_media[] = {
    {"x", "nb", "", short_parts, 1, NULL, both, 2, NULL},
    {"mastodon", "se", "", short_parts, 1, NULL, in_sami, 1, NULL},
};

static int64_t create_with_media(struct fixture *fixture, const char *id)
{
    struct run_record run = run_of(id);
    struct new_delivery deliveries[2];

    for (size_t i = 0; i < 2; i++) {
        deliveries[i] = (struct new_delivery){
            .municipality = "0301",
            .municipality_name = "Oslo",
            .channel = with_media[i].channel,
            .account = "default",
            .language = with_media[i].language,
            .draft = i,
        };
        memset(deliveries[i].key, (int)i + 1, sizeof(deliveries[i].key));
        memcpy(deliveries[i].key, id, strnlen(id, 8));
    }
    assert_int_equal(store_run_create(fixture->store, &run, with_media, 2,
                                      &(struct new_deliveries){.count = 2, .all = deliveries}, NULL,
                                      &fixture->error),
                     0);
    return run.row;
}

static void assert_same(const struct media *a, const struct media *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->type, b->type);
    assert_string_equal(a->file_name, b->file_name);
    assert_string_equal(a->alt, b->alt);
    assert_string_equal(a->sha256, b->sha256);
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    if (a->url || b->url)
        assert_string_equal(a->url, b->url);
}

static void a_draft_has_its_media_in_order(void **state)
{
    struct fixture *fixture = *state;
    int64_t run_row = create_with_media(fixture, "r1");
    struct seen seen = deliveries_of(fixture, run_row, 0);
    struct draft draft;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(store_draft(fixture->store, fixture->arena, seen.draft_rows[i], &draft,
                                     &fixture->error),
                         0);
        assert_int_equal(draft.media_count, with_media[i].media_count);
        for (size_t j = 0; j < draft.media_count; j++) {
            assert_same(&draft.media[j], &with_media[i].media[j]);
            assert_null(draft.media[j].bytes);
        }
    }
}

static void a_run_has_each_file_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t first = create_with_media(fixture, "r1"), second = create_with_media(fixture, "r2");
    int64_t without = create(fixture, "r3");
    struct media *media;
    size_t count;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_run_media(fixture->store, fixture->arena, i ? second : first, &media,
                                         &count, &fixture->error),
                         0);
        assert_int_equal(count, 2);
        assert_string_equal(media[0].sha256, MAP_HASH); /* sorted by hash */
        assert_memory_equal(media[0].bytes, "map", 3);
        assert_string_equal(media[0].url, both[1].url);
        assert_int_equal(media[1].kind, MEDIA_VIDEO);
        assert_int_equal(media[1].size_bytes, 4);
        assert_memory_equal(media[1].bytes, "film", 4);
        assert_null(media[1].url);
    }
    assert_int_equal(
        store_run_media(fixture->store, fixture->arena, without, &media, &count, &fixture->error),
        0);
    assert_int_equal(count, 0);
}

static void change(struct fixture *fixture, const char *sql)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(database) > 0);
    sqlite3_close(database);
}

static void bytes_that_somebody_changed_do_not_go_out(void **state)
{
    struct fixture *fixture = *state;
    int64_t run_row = create_with_media(fixture, "r1");
    struct media *media;
    size_t count;

    change(fixture, "UPDATE media SET bytes = CAST('mop' AS BLOB) WHERE type = 'image/png'");
    assert_int_equal(
        store_run_media(fixture->store, fixture->arena, run_row, &media, &count, &fixture->error),
        -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->error.message, "is damaged: a picture or film of the run"));
}

static void a_file_that_somebody_removed_is_missed(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = deliveries_of(fixture, create_with_media(fixture, "r1"), 0);
    struct draft draft;

    change(fixture, "PRAGMA foreign_keys = OFF; DELETE FROM media WHERE type = 'video/mp4'");
    assert_int_equal(
        store_draft(fixture->store, fixture->arena, seen.draft_rows[0], &draft, &fixture->error),
        -1);
    assert_non_null(strstr(fixture->error.message, "is damaged: a picture or film of the run"));
    assert_int_equal(
        store_draft(fixture->store, fixture->arena, seen.draft_rows[1], &draft, &fixture->error),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_draft_has_its_media_in_order),
        STORE_TEST(a_run_has_each_file_once),
        STORE_TEST(bytes_that_somebody_changed_do_not_go_out),
        STORE_TEST(a_file_that_somebody_removed_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
