/* Bodies of multipart/form-data (RFC 7578), read strictly. */
#ifndef CRISIS_SANDBOX_MULTIPART_H
#define CRISIS_SANDBOX_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/exchange.h"

enum { SANDBOX_FORM_PARTS_MAX = 16 };

struct form_part {
    const char *name;
    const char *file_name, *type; /* NULL where they are not given: a field */
    const char *bytes;            /* a field's is valid UTF-8 without NUL, and ends with one */
    size_t size;
};

struct form {
    struct form_part parts[SANDBOX_FORM_PARTS_MAX];
    size_t count;
    char *memory;
};

/* Reads the body of a request; parts point into it. False: it is no such form, or a name comes
 * twice. Released either way. */
bool sandbox_form_parse(struct form *out, const struct request *request);
void sandbox_form_release(struct form *form);

/* A field's value, or NULL. */
const char *sandbox_form_get(const struct form *form, const char *name);
/* A file of that name, or NULL. */
const struct form_part *sandbox_form_file(const struct form *form, const char *name);
/* The first name that is not in the list (ends with NULL), or NULL. */
const char *sandbox_form_unknown(const struct form *form, const char *const *known);

#endif
