/* Where the requests of a run would go: every origin, each once. It is what the gate is asked
 * about. */
#ifndef CRISIS_CMD_ENDPOINTS_H
#define CRISIS_CMD_ENDPOINTS_H

#include <stdbool.h>

#include "store/store.h"

#include "cmd/sending.h"

/* Of accounts that are there as a list. */
const char **endpoints_of(struct sending *sending, const struct account *accounts, size_t count,
                          size_t *out_count);

/* Of the accounts that a stored run's deliveries name, as far as they are still registered and
 * is_meant() says so of the delivery. They are read one after the other, and none is kept. Loads
 * the secrets of the coordinator's apps as well: ERROR_INPUT when one of these accounts' channels
 * lacks its own. */
int endpoints_of_run(struct sending *sending, const struct run_record *run,
                     bool (*is_meant)(void *context, const struct delivery_record *delivery),
                     void *meant_context, const char *const **out, size_t *out_count,
                     struct error *error);

#endif
