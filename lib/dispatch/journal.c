#include "dispatch/journal.h"

#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"

struct batch {
    struct journal_change *items;
    size_t count, capacity;
};

struct journal {
    struct loop *loop;
    struct store *writer;
    struct loop_timer *start; /* next turn of the loop: lets a burst gather first */
    bool start_set, committing, failed;
    struct batch gathering, in_commit;
    struct batch spare; /* empty: its memory is for the next to gather */
    int64_t commit_unix_ms;
    int commit_result;
    struct error commit_error; /* the pool's, while a commit is under way */
    struct error error;
    void (*on_failed)(void *context, const struct error *error);
    void *context;
};

/* spec: delivery, "States". A delivery may also stay where it is (a look-up that found nothing, a
 * thread's next part, a post that could not be taken back). Of a thread that was not posted whole
 * the parts are taken back too; and what was stopped after it may have been posted is looked up
 * first. */
static const bool allowed[DELIVERY_STATE_COUNT][DELIVERY_STATE_COUNT] = {
    [DELIVERY_QUEUED] = {[DELIVERY_SENDING] = true,
                         [DELIVERY_WAITING] = true,
                         [DELIVERY_FAILED] = true,
                         [DELIVERY_IN_DOUBT] = true,
                         [DELIVERY_SKIPPED] = true,
                         [DELIVERY_STOPPED] = true,
                         [DELIVERY_WOULD_POST] = true,
                         [DELIVERY_QUEUED] = true,
                         [DELIVERY_RETRACTED] = true},
    [DELIVERY_SENDING] = {[DELIVERY_SENDING] = true,
                          [DELIVERY_POSTED] = true,
                          [DELIVERY_WAITING] = true,
                          [DELIVERY_FAILED] = true,
                          [DELIVERY_IN_DOUBT] = true,
                          [DELIVERY_QUEUED] = true,
                          [DELIVERY_RETRACTED] = true},
    [DELIVERY_WAITING] = {[DELIVERY_SENDING] = true,
                          [DELIVERY_WAITING] = true,
                          [DELIVERY_FAILED] = true,
                          [DELIVERY_IN_DOUBT] = true,
                          [DELIVERY_SKIPPED] = true,
                          [DELIVERY_STOPPED] = true},
    [DELIVERY_IN_DOUBT] = {[DELIVERY_IN_DOUBT] = true,
                           [DELIVERY_POSTED] = true,
                           [DELIVERY_QUEUED] = true,
                           [DELIVERY_WAITING] = true,
                           [DELIVERY_FAILED] = true,
                           [DELIVERY_RETRACTED] = true},
    [DELIVERY_STOPPED] = {[DELIVERY_SENDING] = true,
                          [DELIVERY_WAITING] = true,
                          [DELIVERY_FAILED] = true,
                          [DELIVERY_IN_DOUBT] = true,
                          [DELIVERY_POSTED] = true,
                          [DELIVERY_STOPPED] = true,
                          [DELIVERY_RETRACTED] = true},
    [DELIVERY_FAILED] = {[DELIVERY_FAILED] = true, [DELIVERY_RETRACTED] = true},
    [DELIVERY_POSTED] = {[DELIVERY_POSTED] = true, [DELIVERY_RETRACTED] = true},
};

static void release_change(struct journal_change *change)
{
    text_release(&change->progress);
    text_release(&change->posts);
    text_release(&change->entry);
}

static void empty_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        release_change(&batch->items[i]);
    batch->count = 0;
}

static void release_batch(struct batch *batch)
{
    empty_batch(batch);
    memory_free(batch->items);
    *batch = (struct batch){0};
}

static void fail(struct journal *journal)
{
    if (journal->failed)
        return;
    journal->failed = true;
    journal->on_failed(journal->context, &journal->error);
}

/* --- one commit ------------------------------------------------------------------------------ */

static struct delivery_change to_store(const struct journal_change *change)
{
    return (struct delivery_change){
        .row = change->row,
        .state = change->to,
        .attempts = change->attempts,
        .progress = change->progress.length ? change->progress.bytes : NULL,
        .progress_size_bytes = change->progress.length,
        .posts = change->posts.length ? change->posts.bytes : NULL,
        .failure = change->has_failure ? &change->failure : NULL,
        .first_sent_unix_ms = change->first_sent_unix_ms,
        .done_unix_ms = change->done_unix_ms,
        .duration_ms = change->duration_ms,
        .proven_account_row = change->proven_account_row,
        .resealed_account_row = change->resealed_account ? change->resealed_account->row : 0,
        .was_sealed = change->was_sealed,
        .was_sealed_size_bytes = change->was_sealed_size_bytes,
        .sealed = change->sealed,
        .sealed_size_bytes = change->sealed_size_bytes,
        .expires_unix_ms = change->expires_unix_ms,
        .entry = change->entry.length ? &change->entry : NULL,
    };
}

/* On the pool: the only place that touches the writer while the dispatcher runs. */
static void commit(void *context)
{
    struct journal *journal = context;
    struct batch *batch = &journal->in_commit;
    struct delivery_change *changes = memory_alloc_array(batch->count, sizeof(*changes));
    for (size_t i = 0; i < batch->count; i++)
        changes[i] = to_store(&batch->items[i]);
    journal->commit_result = store_commit(journal->writer, changes, batch->count,
                                          journal->commit_unix_ms, &journal->commit_error);
    memory_free(changes);
}

static void start_commit(struct journal *journal);

static void committed(void *context)
{
    struct journal *journal = context;
    struct batch done = journal->in_commit;

    journal->in_commit = (struct batch){0};
    journal->committing = false;
    if (journal->commit_result < 0 && !journal->failed) {
        journal->error = journal->commit_error;
        fail(journal);
    }
    if (journal->failed) {
        release_batch(&done);
        return;
    }
    log_debug(LOG_JOURNAL, "%zu changes on disk", done.count);
    /* The next commit runs while the callbacks do. */
    start_commit(journal);
    for (size_t i = 0; i < done.count; i++)
        if (done.items[i].durable)
            done.items[i].durable(done.items[i].context);
    empty_batch(&done);
    if (journal->spare.items)
        release_batch(&done);
    else
        journal->spare = done;
}

static void start_commit(struct journal *journal)
{
    if (journal->committing || journal->failed || journal->gathering.count == 0)
        return;
    journal->in_commit = journal->gathering;
    journal->gathering = journal->spare;
    journal->spare = (struct batch){0};
    journal->committing = true;
    journal->commit_unix_ms = clock_unix_ms();
    loop_work(journal->loop, commit, committed, journal);
}

static void on_start(void *context)
{
    struct journal *journal = context;
    journal->start_set = false;
    start_commit(journal);
}

/* --- for callers ----------------------------------------------------------------------------- */

struct journal *journal_new(struct loop *loop, struct store *writer,
                            void (*on_failed)(void *context, const struct error *error),
                            void *context)
{
    struct journal *journal = memory_alloc(sizeof(*journal));
    journal->loop = loop;
    journal->writer = writer;
    journal->on_failed = on_failed;
    journal->context = context;
    journal->start = loop_timer_new(loop, on_start, journal);
    return journal;
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    loop_timer_free(journal->start);
    release_batch(&journal->gathering);
    release_batch(&journal->in_commit);
    release_batch(&journal->spare);
    memory_free(journal);
}

void journal_record(struct journal *journal, struct journal_change *change)
{
    if (journal->failed) {
        release_change(change);
        return;
    }
    if (change->row && !allowed[change->from][change->to]) {
        error_set(&journal->error, ERROR_SYSTEM, "a delivery cannot go from %s to %s",
                  delivery_state_name(change->from), delivery_state_name(change->to));
        error_next(&journal->error, "this is a fault of the program; please report it");
        release_change(change);
        fail(journal);
        return;
    }
    if (change->row)
        log_debug(LOG_JOURNAL, "delivery %lld: %s -> %s", (long long)change->row,
                  delivery_state_name(change->from), delivery_state_name(change->to));
    struct batch *batch = &journal->gathering;
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity ? batch->capacity * 2 : 64;
        batch->items = memory_resize(batch->items, batch->capacity * sizeof(*batch->items));
    }
    batch->items[batch->count++] = *change;
    change->progress = change->posts = change->entry = (struct text){0};
    if (!journal->committing && !journal->start_set) {
        journal->start_set = true;
        loop_timer_set(journal->start, 0);
    }
}

bool journal_is_idle(const struct journal *journal)
{
    return !journal->committing && (journal->failed || journal->gathering.count == 0);
}

bool journal_has_failed(const struct journal *journal)
{
    return journal->failed;
}
