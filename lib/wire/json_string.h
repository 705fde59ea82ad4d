/* Strings of JSON that this program has written itself. */
#ifndef CRISIS_WIRE_JSON_STRING_H
#define CRISIS_WIRE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* A string at *at, which goes behind it; in the arena. Reads what json_add_string() writes for text
 * without control characters but line ends, many times faster than a whole value is read. NULL, and
 * *at stays: it is written in another way, or is none; json_parse() knows. */
const char *json_take_string(const char **at, struct arena *arena);

struct json_wanted {
    const char *name; /* of a member at the top */
    char *out;        /* left alone unless the member is a text without escapes that fits */
    size_t size;
};

/* Looks for texts at the top of an object, by its quotes and brackets alone. False: what is there
 * is no object, or does not end where it should. */
bool json_object_scan(const char *json, const struct json_wanted *wanted, size_t count);

#endif
