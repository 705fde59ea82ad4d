/*
 * The journal: the only changer of a delivery's state. Changes gather while the disk is busy with
 * the ones before, then share one transaction (group commit); none waits longer than that. A change
 * is complete, and its callback called on the loop, when it is on disk with its audit entry.
 */
#ifndef CRISIS_DISPATCH_JOURNAL_H
#define CRISIS_DISPATCH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "store/store.h"

struct loop;
struct journal;

/* on_failed is called once when a commit failed; nothing is written or called back after that. */
struct journal *journal_new(struct loop *loop, struct store *writer,
                            void (*on_failed)(void *context, const struct error *error),
                            void *context);
/* No commit may be under way (journal_is_idle). NULL is fine. */
void journal_free(struct journal *journal);

/* A change to be made: texts are taken over from the caller (moved: reset to empty). */
struct journal_change {
    int64_t row; /* 0: of no delivery */
    enum delivery_state from, to;
    unsigned attempts;
    struct text progress; /* JSON; empty: as it is */
    struct text posts;    /* JSON; empty: as it is */
    struct failure failure;
    bool has_failure;
    int64_t first_sent_unix_ms, done_unix_ms, duration_ms;
    int64_t proven_account_row;
    /* An account's credential, sealed anew; NULL: none. The bytes live until durable(). */
    const struct stored_account *resealed_account;
    const void *was_sealed, *sealed;
    size_t was_sealed_size_bytes, sealed_size_bytes;
    int64_t expires_unix_ms; /* when what is sealed anew ends; 0: not known */
    struct text entry;       /* draft of the audit entry; empty: none */
    void (*durable)(void *context);
    void *context;
};

/* Queues the change. The transition is checked against the table of states (spec: delivery,
 * "States"); one that is not in it is a bug, is refused, and fails the journal. */
void journal_record(struct journal *journal, struct journal_change *change);

bool journal_is_idle(const struct journal *journal);
bool journal_has_failed(const struct journal *journal);

#endif
