/* What goes wrong in a rehearsal: chosen by a seed for each account by itself, so that the same
 * seed and accounts have the same faults, in whatever order they are sent to. */
#ifndef CRISIS_CMD_REHEARSAL_FAULTS_H
#define CRISIS_CMD_REHEARSAL_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/account.h"

/* Specifications for the sandbox (sandbox_fault_help()), in the arena; *out_count are set. A
 * credential that has run out by unix_ms, as far as that is known, is refused here too. */
const char **rehearsal_faults(struct arena *arena, const struct account *accounts, size_t count,
                              uint64_t seed, int64_t unix_ms, size_t *out_count);

#endif
