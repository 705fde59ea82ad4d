/*
 * Which accounts could post now, as far as the store knows, counted by channel: whether a check or
 * a post has shown that the credential works, how long ago, whether it was refused since, and when
 * it ends.
 */
#ifndef CRISIS_REPORT_READINESS_H
#define CRISIS_REPORT_READINESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"

/* A credential that ends within this time is told of, one that was proven longer ago than that
 * counts as not proven. */
#define READINESS_ENDS_SOON_MS (INT64_C(14) * 24 * 60 * 60 * 1000)
#define READINESS_PROOF_HOLDS_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

#define READINESS_STATES(X)                                                                        \
    X(ACCOUNT_READY, "ready")                                                                      \
    X(ACCOUNT_ENDING, "ending")       /* ready, but it ends soon */                                \
    X(ACCOUNT_PROOF_OLD, "proof_old") /* last proven too long ago */                               \
    X(ACCOUNT_UNPROVEN, "unproven")   /* registered, and never shown to work */                    \
    X(ACCOUNT_REFUSED, "refused")     /* by its network, when it was last used */                  \
    X(ACCOUNT_ENDED, "ended")                                                                      \
    X(ACCOUNT_UNREADABLE, "unreadable") /* the vault cannot open it */

#define NAMED_VALUE(value, name) value,
enum readiness_state { READINESS_STATES(NAMED_VALUE) READINESS_STATE_COUNT };
#undef NAMED_VALUE
const char *readiness_state_name(enum readiness_state state);

/* What is known of an account beside what the store has. */
struct readiness_facts {
    bool needs_proof;        /* its channel can be asked whether the credential works */
    bool is_unreadable;      /* its credential cannot be opened */
    int64_t refused_unix_ms; /* when its network last refused the credential; 0: never */
};

/* When the account's credential ends, as its settings say; 0: they do not. */
int64_t readiness_end_unix_ms(const struct account *account);

enum readiness_state readiness_of(const struct stored_account *stored,
                                  const struct readiness_facts *facts, int64_t now_unix_ms);

struct readiness_channel {
    const char *channel;
    size_t total;
    size_t counts[READINESS_STATE_COUNT];
    const struct account *first[READINESS_STATE_COUNT]; /* the first one in each state */
    int64_t oldest_proof_unix_ms; /* of those that are ready and can be proven; 0: there is none */
};

struct readiness {
    struct readiness_channel *channels; /* in the order in which they first came */
    size_t count, capacity;
};

/* Counts one account; channel and account must outlive the arena. */
void readiness_add(struct readiness *readiness, struct arena *arena,
                   const struct stored_account *stored, const struct readiness_facts *facts,
                   int64_t now_unix_ms);

/* Those that could post now. */
size_t readiness_ready(const struct readiness_channel *channel);

#endif
