/* `internal-addresses` of crisis.yaml: the internal addresses that accounts may name. */
#ifndef CRISIS_STORE_CONFIG_ADDRESSES_H
#define CRISIS_STORE_CONFIG_ADDRESSES_H

#include "plan/fields.h"

#include "store/config.h"

/* Reads the key of the file, if it is there; what is wrong with it is added to the problems. */
void config_read_addresses(const struct fields *file, struct config *config);

#endif
