/*
 * How many audit entries a second are hashed and stored: appends entries as a send tells them, in
 * group commits, to a new store, through the product's own functions.
 *
 *     audit_rate NEW_DATABASE [ENTRIES [IN_A_COMMIT]]
 *
 * Prints one line of JSON. The entries are made before the clock runs; what is measured is one
 * thread from the drafts to the disk: the sequence, the leaf, the tree, the tables, the commit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "audit/entry.h"
#include "base/memory.h"
#include "store/store.h"

enum { ENTRIES = 1000 * 1000, IN_A_COMMIT = 500, IN_A_COMMIT_MAX = 100 * 1000 };

static const int64_t first_unix_ms = INT64_C(1795403052123);

static double seconds(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* both clocks are there on every Linux */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void begin(struct text *draft, enum entry_type type, uint64_t number)
{
    char key[32], account[32];

    snprintf(key, sizeof(key), "SU3JVaOaIgqa%010" PRIu64, number);
    snprintf(account, sizeof(account), "account-%" PRIu64, number % 100);
    entry_begin(draft, type, "dispatcher", first_unix_ms + (int64_t)number);
    entry_add(draft, "run", "country.alert.20261123T030412Z.7f3a");
    entry_add(draft, "mode", "live");
    entry_add(draft, "delivery", key);
    entry_add(draft, "municipality", "0301");
    entry_add(draft, "channel", "facebook");
    entry_add(draft, "account", account);
    entry_add(draft, "language", "nb");
    entry_add_number(draft, "attempt", 1);
}

/* In turn what a delivery tells: that it is sent, with its text, and that it is posted. */
static void make_draft(struct text *draft, uint64_t number)
{
    static const char text[] =
        "Det er flomfare i Oslo. Vannet stiger raskt i elver og bekker. Hold deg unna dem. "
        "F\xc3\xb8lg r\xc3\xa5"
        "dene fra kommunen og n\xc3\xb8"
        "detatene, og hjelp dem som trenger det.";

    if (number % 2 == 0) {
        begin(draft, ENTRY_ATTEMPT, number / 2);
        entry_add_body(draft, text);
    } else {
        begin(draft, ENTRY_OUTCOME, number / 2);
        entry_add(draft, "state", "posted");
        entry_add_number(draft, "http-status", 200);
        entry_add(draft, "post", "100000000000000_100000000000000");
        entry_add(draft, "url", "https://www.facebook.com/100000000000000_100000000000000");
    }
}

static int append_all(struct store *store, uint64_t count, size_t in_a_commit, struct error *error)
{
    struct text *drafts = memory_alloc_array(in_a_commit, sizeof(*drafts));
    double wall_s = 0, processor_s = 0;
    int result = 0;

    for (uint64_t at = 0; at < count && result == 0; at += in_a_commit) {
        const size_t some = count - at < in_a_commit ? (size_t)(count - at) : in_a_commit;
        for (size_t i = 0; i < some; i++)
            make_draft(&drafts[i], at + i);
        wall_s -= seconds(CLOCK_MONOTONIC);
        processor_s -= seconds(CLOCK_PROCESS_CPUTIME_ID);
        result = store_append(store, drafts, some, error);
        processor_s += seconds(CLOCK_PROCESS_CPUTIME_ID);
        wall_s += seconds(CLOCK_MONOTONIC);
        for (size_t i = 0; i < some; i++)
            text_release(&drafts[i]);
    }
    memory_free(drafts);
    if (result == 0)
        printf("{\"entries\": %" PRIu64
               ", \"in_a_commit\": %zu, \"wall_s\": %.3f, \"cpu_s\": %.3f, "
               "\"per_wall_s\": %.0f, \"per_cpu_s\": %.0f}\n",
               count, in_a_commit, wall_s, processor_s, (double)count / wall_s,
               (double)count / processor_s);
    return result;
}

int main(int argc, char **argv)
{
    const uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : ENTRIES;
    const size_t in_a_commit = argc > 3 ? strtoull(argv[3], NULL, 10) : IN_A_COMMIT;
    struct error error = {0};
    struct store *store;

    if (argc < 2 || count == 0 || in_a_commit == 0 || in_a_commit > IN_A_COMMIT_MAX) {
        (void)fprintf(stderr, "usage: %s NEW_DATABASE [ENTRIES [IN_A_COMMIT]]\n", argv[0]);
        return EXIT_FAILURE;
    }
    int result = store_open(argv[1], STORE_CREATE, &store, &error);
    if (result == 0) {
        result = append_all(store, count, in_a_commit, &error);
        store_close(store);
    }
    if (result < 0)
        (void)fprintf(stderr, "%s\n", error.message);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
