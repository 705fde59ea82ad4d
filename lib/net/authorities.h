/* A file of certificate authorities (`ca-file` in crisis.yaml), looked into without a connection.
 */
#ifndef CRISIS_NET_AUTHORITIES_H
#define CRISIS_NET_AUTHORITIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct authorities {
    size_t count;              /* at least 1 */
    int64_t first_end_unix_ms; /* when the first of them ends */
};

/* PEM. ERROR_INPUT: it cannot be read, or holds no certificate, or one that is damaged. */
int authorities_read(const char *path, struct authorities *out, struct error *error);

#endif
