/* A store in a folder of its own, and a run of three deliveries in it. */
#ifndef CRISIS_TESTS_UNIT_STORE_FIXTURE_H
#define CRISIS_TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "store/store.h"

#include "test_folder.h"

static const int64_t now_ms = INT64_C(1795403052123);

struct fixture {
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64];
    struct store *store;
    struct arena *arena;
    struct error error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    test_folder_file(&fixture->folder, "crisis.db", fixture->path);
    fixture->arena = arena_new();
    assert_int_equal(store_open(fixture->path, STORE_CREATE, &fixture->store, &fixture->error), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    arena_free(fixture->arena);
    test_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

static inline struct store *open_second(struct fixture *fixture, enum store_access access)
{
    struct store *store;

    assert_int_equal(store_open(fixture->path, access, &store, &fixture->error), 0);
    return store;
}

static const char *const short_parts[] = {"Varsel"};
static const char *const thread_parts[] = {"1/2 Ža\"š\n", "2/2 …"};
static const struct draft drafts[] = {
    {"x", "nb", "", short_parts, 1, "https://krise.example.no", .document = NULL},
    {"mastodon", "se", "Headline", thread_parts, 2, NULL, .document = "{\"a\":1}"},
};

static inline struct run_record run_of(const char *id)
{
    return (struct run_record){
        .id = id,
        .plan = "flom",
        .plan_file = "flom.yaml",
        .message = "alert",
        .kind = "alert",
        .mode = MODE_EXERCISE,
        .threshold = 2,
        .started_unix_ms = now_ms,
        .expires_unix_ms = now_ms + 1000,
        .municipality_count = 3,
        .plan_sha256 = {1, 2, 3},
    };
}

/* A run of three deliveries, of which the first ones are canaries. */
static inline int64_t create_run(struct fixture *fixture, struct run_record run,
                                 size_t canary_count)
{
    struct new_delivery deliveries[3];
    struct text entry;

    for (size_t i = 0; i < 3; i++) {
        deliveries[i] = (struct new_delivery){
            .municipality = i == 0 ? "1103" : "0301",
            .municipality_name = "Name",
            .channel = "x",
            .account = "default",
            .language = "nb",
            .draft = i % 2,
            .is_canary = i < canary_count,
        };
        memset(deliveries[i].key, (int)i + 1, sizeof(deliveries[i].key));
    }
    entry_begin(&entry, ENTRY_RUN_STARTED, "coordinator", now_ms);
    assert_int_equal(store_run_create(fixture->store, &run, drafts, 2,
                                      &(struct new_deliveries){.count = 3, .all = deliveries},
                                      &entry, &fixture->error),
                     0);
    text_release(&entry);
    return run.row;
}

static inline int64_t create(struct fixture *fixture, const char *id)
{
    return create_run(fixture, run_of(id), 0);
}

struct seen {
    size_t count, stop_at;
    int64_t rows[16], draft_rows[16];
    enum delivery_state states[16];
    struct delivery_record last;
    char posts[64], progress[64];
};

static inline bool see(void *context, const struct delivery_record *delivery)
{
    struct seen *seen = context;

    seen->rows[seen->count] = delivery->row;
    seen->draft_rows[seen->count] = delivery->draft_row;
    seen->states[seen->count] = delivery->state;
    seen->last = *delivery;
    (void)snprintf(seen->posts, sizeof(seen->posts), "%s", delivery->posts);
    (void)snprintf(seen->progress, sizeof(seen->progress), "%.*s",
                   (int)delivery->progress_size_bytes, (const char *)delivery->progress);
    return ++seen->count != seen->stop_at;
}

static inline struct seen deliveries_of(struct fixture *fixture, int64_t run_row, size_t stop_at)
{
    struct seen seen = {.stop_at = stop_at};

    assert_int_equal(store_deliveries(fixture->store, run_row, see, &seen, &fixture->error), 0);
    return seen;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
