/* Files of certificate authorities (PEM), such as `ca-file` in crisis.yaml names one. */
#ifndef CRISIS_NET_AUTHORITIES_H
#define CRISIS_NET_AUTHORITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Called with each certificate in turn; false: it is none, and the file damaged. */
typedef bool authorities_take(void *context, const unsigned char *der, long der_bytes);

/* There may be none. ERROR_INPUT: the file cannot be read, or one of them is damaged. */
int authorities_each(const char *path, authorities_take *take, void *context, struct error *error);

struct authorities {
    size_t count;              /* at least 1 */
    int64_t first_end_unix_ms; /* when the first of them ends */
};

/* Looks into a file without a connection. ERROR_INPUT: it cannot be read, or holds no certificate,
 * or one that is damaged. */
int authorities_read(const char *path, struct authorities *out, struct error *error);

#endif
