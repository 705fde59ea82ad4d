#include "cmd/audit_compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"
#include "base/arena.h"
#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"
#include "dispatch/progress.h"
#include "dispatch/run.h"

#include "cmd/audit_posts.h"
#include "cmd/audit_rehearsals.h"
#include "cmd/audit_texts.h"
#include "cmd/audit_told.h"

/* A time that is recorded beside an entry is taken a moment before it or after it. */
enum { TIME_TOLERANCE_MS = 10 * 1000 };

struct comparing {
    struct told *told;
    struct sha256 *state;
    struct audit_comparison counts;
    struct text lines, json;
    bool has_failed;
    uint64_t sequence; /* of the first entry that does not fit */
    struct text why;
};

__attribute__((format(printf, 3, 4))) static void
does_not_fit(struct comparing *comparing, uint64_t sequence, const char *format, ...)
{
    va_list arguments;

    if (comparing->has_failed && comparing->sequence <= sequence)
        return;
    comparing->has_failed = true;
    comparing->sequence = sequence;
    text_reset(&comparing->why);
    va_start(arguments, format);
    text_addv(&comparing->why, format, arguments);
    va_end(arguments);
}

static bool have_hash(const struct comparing *comparing, const unsigned char hash[SHA256_SIZE])
{
    unsigned char own[SHA256_SIZE];

    sha256_add(comparing->state, comparing->lines.bytes, comparing->lines.length);
    sha256_finish(comparing->state, own);
    return memcmp(own, hash, SHA256_SIZE) == 0;
}

static bool is_time(const char *ms, int64_t told_unix_ms)
{
    char *end;
    int64_t unix_ms = strtoll(ms, &end, 10);

    return ms[0] && *end == '\0' && unix_ms <= told_unix_ms + TIME_TOLERANCE_MS &&
           unix_ms >= told_unix_ms - TIME_TOLERANCE_MS;
}

/* --- runs ------------------------------------------------------------------------------------ */

/* As run_create() has told it. */
static void add_start(const struct run_words *words, struct text *out)
{
    char expires[RFC3339_SIZE];
    struct text hex;

    text_init(&hex, words->plan_sha256_size * 2); /* which may be wrong */
    hex_add(&hex, words->plan_sha256, words->plan_sha256_size);
    rfc3339_format_seconds(strtoll(words->expires_ms, NULL, 10), expires);
    entry_add(out, "run", words->id);
    entry_add(out, "plan", words->plan);
    entry_add(out, "plan-sha256", hex.bytes);
    entry_add(out, "message", words->message);
    entry_add(out, "kind", words->kind);
    entry_add(out, "mode", words->mode);
    entry_add(out, "expires", expires);
    entry_add(out, "threshold", words->threshold);
    entry_add(out, "municipalities", words->municipality_count);
    entry_add(out, "deliveries", words->delivery_count);
    text_release(&hex);
}

/* That a dry run has ended is told by no entry. */
static bool has_state(const struct told_run *run, const char *state)
{
    if (strcmp(state, run_state_name(RUN_FINISHED)) == 0)
        return run->is_finished || run->is_dry;
    if (strcmp(state, run_state_name(RUN_STOPPED)) == 0)
        return run->is_stopped;
    return strcmp(state, run_state_name(RUN_UNFINISHED)) == 0 && !run->is_finished &&
           !run->is_stopped;
}

static bool compare_run(void *context, const struct run_words *words)
{
    struct comparing *comparing = context;
    struct told_run *run = told_find_run(comparing->told, words->id);

    if (!told_counts(comparing->told, words->id))
        return true;
    comparing->counts.run_count++;
    if (!run) {
        does_not_fit(comparing, UINT64_MAX, _("no entry tells of the run '%s'"), words->id);
        return true;
    }
    run->is_in_store = true;
    text_reset(&comparing->lines);
    add_start(words, &comparing->lines);
    if (!have_hash(comparing, run->start))
        does_not_fit(comparing, run->sequence, _("tells otherwise of the run '%s' than its record"),
                     words->id);
    if (!has_state(run, words->state))
        does_not_fit(comparing, run->end_sequence,
                     _("is the last on the run '%s', which is '%s' in the store"), words->id,
                     words->state);
    if (!is_time(words->started_ms, run->started_unix_ms) ||
        (run->is_finished && !is_time(words->finished_ms, run->ended_unix_ms)))
        does_not_fit(comparing, run->sequence,
                     _("tells of another time of the run '%s' than its record"), words->id);
    if (strtoull(words->delivery_count, NULL, 10) != run->delivery_count)
        does_not_fit(comparing, run->sequence,
                     _("tells of a run '%s' of %s deliveries, and the store has %" PRIu64),
                     words->id, words->delivery_count, run->delivery_count);
    return true;
}

static void miss_run(void *context, const struct told_run *run)
{
    if (!run->is_in_store)
        does_not_fit(context, run->sequence, _("tells of a run that the store does not have"));
}

/* --- deliveries ------------------------------------------------------------------------------ */

/* Exactly those that were told, or more after them. */
static bool has_posts(struct comparing *comparing, const struct told_delivery *told,
                      const char *words, bool may_be_more)
{
    size_t count = 0;

    text_reset(&comparing->lines);
    if (strcmp(words, "[]") != 0 &&
        !audit_posts_lines(words, told->post_count, &comparing->json, &comparing->lines, &count))
        return false;
    if (count < told->post_count || (count > told->post_count && !may_be_more))
        return false;
    return have_hash(comparing, told->posts);
}

static bool has_failure(struct comparing *comparing, const struct told_delivery *told,
                        const struct delivery_words *words)
{
    text_reset(&comparing->lines);
    if (words->failure_kind[0] || words->failure_code[0]) {
        entry_add(&comparing->lines, "failure", words->failure_kind);
        entry_add(&comparing->lines, "code", words->failure_code);
    }
    return have_hash(comparing, told->failure);
}

/* When it was posted, or failed, is when the entry tells of that. */
static bool has_time(const struct told_delivery *told, enum delivery_state state,
                     const char *done_ms)
{
    return (state != DELIVERY_POSTED && state != DELIVERY_FAILED) ||
           is_time(done_ms, told->unix_ms);
}

static bool has_attempts(const struct delivery_words *words, uint64_t attempts)
{
    char *end;

    return strtoull(words->attempts, &end, 10) == attempts && *end == '\0';
}

/* What one entry told of all deliveries that were queued or waiting: stopped, and queued again. One
 * that was told of as stopped has been so before: its posts could not be taken back. */
static enum delivery_state told_state(const struct told_run *run, const struct told_delivery *told)
{
    if (told->state == DELIVERY_STOPPED && run->resumed_at > told->sequence)
        return run->is_rest_stopped ? DELIVERY_STOPPED : DELIVERY_QUEUED;
    if ((told->state != DELIVERY_QUEUED && told->state != DELIVERY_WAITING) ||
        run->rest_stopped_at <= told->sequence)
        return told->state;
    return run->is_rest_stopped ? DELIVERY_STOPPED : DELIVERY_QUEUED;
}

/* What is recorded between two entries: a request that changes nothing leaves, or one that was in
 * doubt goes back to the queue, and may be stopped there. All without the failure of before. */
static bool is_between(const struct told_run *run, const struct told_delivery *told,
                       const struct delivery_words *words, enum delivery_state state)
{
    bool is_stopped = run->is_rest_stopped && run->rest_stopped_at > told->sequence;

    if (words->failure_kind[0] || words->failure_code[0])
        return false;
    if (state == DELIVERY_QUEUED || (state == DELIVERY_STOPPED && is_stopped))
        return told->state == DELIVERY_IN_DOUBT && has_attempts(words, told->attempts);
    return state == DELIVERY_SENDING && !delivery_state_is_final(told->state) &&
           (has_attempts(words, told->attempts) || has_attempts(words, told->attempts + 1));
}

/* What differs, or NULL. */
static const char *compare_told(struct comparing *comparing, const struct told_run *run,
                                const struct told_delivery *told,
                                const struct delivery_words *words)
{
    enum delivery_state state = delivery_state_of(words->state);

    if (!has_posts(comparing, told, words->posts, state == DELIVERY_SENDING))
        return _("its posts");
    if (state != DELIVERY_STATE_COUNT && is_between(run, told, words, state))
        return NULL;
    if (state != told_state(run, told) || state == DELIVERY_STATE_COUNT)
        return _("its state");
    if (!has_attempts(words, told->attempts))
        return _("its attempts");
    if (!has_time(told, state, words->done_ms))
        return _("when it was done");
    return has_failure(comparing, told, words) ? NULL : _("its failure");
}

static void compare_untold(struct comparing *comparing, const struct told_run *run,
                           const struct delivery_words *words)
{
    struct told_delivery nothing = {.state = DELIVERY_QUEUED};
    enum delivery_state state = delivery_state_of(words->state);
    const char *what = NULL;

    sha256("", 0, nothing.posts);
    sha256("", 0, nothing.failure);
    if (!run->is_dry || state == DELIVERY_QUEUED)
        what = compare_told(comparing, run, &nothing, words);
    else if (!has_attempts(words, 0) || !has_posts(comparing, &nothing, words->posts, false))
        what = _("what was sent");
    else if (state != DELIVERY_WOULD_POST && state != DELIVERY_FAILED)
        what = _("its state");
    if (what)
        does_not_fit(
            comparing, run->sequence,
            _("begins a run of which a delivery (%s of %s, '%s') has been changed: no entry "
              "tells of %s"),
            words->channel, words->municipality, words->account, what);
}

static bool has_key(const struct delivery_words *words)
{
    unsigned char key[TOLD_KEY_SIZE];

    run_delivery_key(words->run, words->municipality, words->channel, words->account,
                     words->language, key);
    return words->key_size == sizeof(key) && memcmp(words->key, key, sizeof(key)) == 0;
}

static bool compare_delivery(void *context, const struct delivery_words *words)
{
    struct comparing *comparing = context;
    struct told_run *run = words->run[0] ? told_find_run(comparing->told, words->run) : NULL;

    if (!told_counts(comparing->told, words->run))
        return true;
    comparing->counts.delivery_count++;
    if (!run) {
        does_not_fit(comparing, UINT64_MAX,
                     _("no entry tells of the run of a delivery (%s of %s, '%s')"), words->channel,
                     words->municipality, words->account);
        return true;
    }
    run->delivery_count++;
    if (!has_key(words) || !words->is_in_range) {
        does_not_fit(comparing, run->sequence,
                     _("begins a run to which a delivery (%s of %s, '%s') does not belong"),
                     words->channel, words->municipality, words->account);
        return true;
    }
    struct told_delivery *told = told_find_delivery(comparing->told, words->key);
    if (!told) {
        compare_untold(comparing, run, words);
        return true;
    }
    told->is_in_store = true;
    const char *what = compare_told(comparing, run, told, words);
    if (what)
        does_not_fit(comparing, told->sequence,
                     _("tells otherwise of a delivery (%s of %s, '%s') than the store: %s"),
                     words->channel, words->municipality, words->account, what);
    return true;
}

static void miss_delivery(void *context, const struct told_delivery *delivery)
{
    if (!delivery->is_in_store)
        does_not_fit(context, delivery->sequence,
                     _("tells of a delivery that the store does not have"));
}

/* --- both ways ------------------------------------------------------------------------------- */

static int compare_texts(const struct comparing *comparing, struct store *store,
                         struct error *error)
{
    struct arena *arena = arena_new();
    struct run_record *runs;
    size_t count;
    int result = store_runs(store, arena, &runs, &count, error);

    for (size_t i = 0; i < count && result == 0; i++)
        if (told_counts(comparing->told, runs[i].id))
            result = audit_texts_compare(store, comparing->told, &runs[i], error);
    arena_free(arena);
    return result;
}

static int compare_others(const struct comparing *comparing, struct store *store,
                          struct error *error)
{
    if (compare_texts(comparing, store, error) < 0)
        return -1;
    return told_counts(comparing->told, NULL)
               ? audit_rehearsals_compare(store, comparing->told, error)
               : 0;
}

static int compare_all(struct comparing *comparing, struct store *store, struct error *error)
{
    if (store_delivery_words(store, compare_delivery, comparing, error) < 0 ||
        store_run_words(store, compare_run, comparing, error) < 0)
        return -1;
    told_each_delivery(comparing->told, miss_delivery, comparing);
    told_each_run(comparing->told, miss_run, comparing);
    if (!comparing->has_failed)
        return compare_others(comparing, store, error);
    if (comparing->sequence == UINT64_MAX)
        error_set(error, ERROR_VERIFICATION, _("the store does not fit the audit log: %s"),
                  comparing->why.bytes);
    else
        error_set(error, ERROR_VERIFICATION,
                  _("the store does not fit the audit log: entry %" PRIu64 " %s"),
                  comparing->sequence, comparing->why.bytes);
    return error_next(error, _("keep this workspace as it is, and find out who changed it"));
}

int audit_compare(struct store *store, struct told *told, struct audit_comparison *out,
                  struct error *error)
{
    struct comparing comparing = {.told = told, .state = sha256_new()};

    text_init(&comparing.lines, AUDIT_ENTRY_MAX_BYTES);
    text_init(&comparing.json, PROGRESS_MAX_BYTES);
    text_init(&comparing.why, sizeof(error->message));
    int result = compare_all(&comparing, store, error);
    *out = comparing.counts;
    text_release(&comparing.why);
    text_release(&comparing.json);
    text_release(&comparing.lines);
    sha256_free(comparing.state);
    return result;
}
