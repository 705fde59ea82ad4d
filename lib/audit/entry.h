/*
 * One entry of the audit log, as text (spec: trust, "Audit log"):
 *
 *     crisis-log/v1
 *     sequence 12
 *     time 2026-11-23T03:04:12.123Z
 *     type attempt
 *     actor sender
 *     run flom-ostlandet.alert.20261123T030412Z.7f3a
 *     …
 *                                  (where a public text is sent: an empty line and that text)
 *
 * Whoever tells of something writes a draft of the entry: everything after the sequence, which only
 * the store knows, inside the transaction that appends it. Keys are [a-z0-9-]; a value is one line
 * without control characters (others become U+FFFD). Never a credential or its hash, a header, an
 * answer's body, or a person's name.
 */
#ifndef CRISIS_AUDIT_ENTRY_H
#define CRISIS_AUDIT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define AUDIT_ENTRY_TYPES(X)                                                                       \
    X(ENTRY_INIT, "init")                                                                          \
    X(ENTRY_CONFIGURATION, "configuration")                                                        \
    X(ENTRY_APPROVERS, "approvers")                                                                \
    X(ENTRY_REGISTERED, "registered")                                                              \
    X(ENTRY_UNREGISTERED, "unregistered")                                                          \
    X(ENTRY_INVITED, "invited")                                                                    \
    X(ENTRY_INVITE_WITHDRAWN, "invite-withdrawn")                                                  \
    X(ENTRY_EXPORTED, "exported")                                                                  \
    X(ENTRY_VAULT_ROTATED, "vault-rotated")                                                        \
    X(ENTRY_SECRET_STORED, "secret-stored")                                                        \
    X(ENTRY_SECRET_REMOVED, "secret-removed")                                                      \
    X(ENTRY_CHECKED, "checked")                                                                    \
    X(ENTRY_RENEWED, "renewed")                                                                    \
    X(ENTRY_REFUSED, "refused")                                                                    \
    X(ENTRY_DRY_RUN, "dry-run")                                                                    \
    X(ENTRY_REHEARSED, "rehearsed")                                                                \
    X(ENTRY_RUN_STARTED, "run-started")                                                            \
    X(ENTRY_CANARY, "canary")                                                                      \
    X(ENTRY_RUN_RESUMED, "run-resumed")                                                            \
    X(ENTRY_STOP_ASKED, "stop-asked")                                                              \
    X(ENTRY_RUN_STOPPED, "run-stopped")                                                            \
    X(ENTRY_RUN_FINISHED, "run-finished")                                                          \
    X(ENTRY_ATTEMPT, "attempt")                                                                    \
    X(ENTRY_OUTCOME, "outcome")                                                                    \
    X(ENTRY_LOOK_UP, "look-up")                                                                    \
    X(ENTRY_RETRACT_STARTED, "retract-started")                                                    \
    X(ENTRY_RETRACT_ATTEMPT, "retract-attempt")                                                    \
    X(ENTRY_RETRACTED, "retracted")                                                                \
    X(ENTRY_RETRACT_ENDED, "retract-ended")

#define NAMED_VALUE(value, name) value,
enum entry_type { AUDIT_ENTRY_TYPES(NAMED_VALUE) ENTRY_TYPE_COUNT };
#undef NAMED_VALUE

const char *entry_type_name(enum entry_type type);

/* Begins a draft in *draft, which it initialises: time, type and actor lines. Actors are roles:
 * "coordinator", "dispatcher". */
void entry_begin(struct text *draft, enum entry_type type, const char *actor, int64_t unix_ms);
/* Appends "key value"; nothing when value is NULL or empty. */
void entry_add(struct text *draft, const char *key, const char *value);
void entry_add_number(struct text *draft, const char *key, int64_t value);
/* Ends the draft with a public text. */
void entry_add_body(struct text *draft, const char *text);

/* The whole entry: first line, sequence, draft. *out, which the caller has initialised, is emptied
 * first. False when it is over AUDIT_ENTRY_MAX_BYTES or the draft overflowed. */
bool entry_finish(const struct text *draft, uint64_t sequence, struct text *out);

/* Reads an entry back for people and JSON: calls field() for each "key value" line in order (the
 * first is the sequence); *body is the text after the empty line, or NULL. False, with field()
 * never called, when the bytes are no entry. field may be NULL. Keys, values and body point into
 * `bytes` and have no NUL at their end. */
bool entry_read(const char *bytes, size_t size,
                void (*field)(void *context, const char *key, size_t key_length, const char *value,
                              size_t value_length),
                void *context, const char **body, size_t *body_size);

#endif
