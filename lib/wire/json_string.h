/* Strings of JSON that this program has written itself. */
#ifndef CRISIS_WIRE_JSON_STRING_H
#define CRISIS_WIRE_JSON_STRING_H

#include "base/arena.h"

/* A string at *at, which goes behind it; in the arena. Reads what json_add_string() writes for text
 * without control characters but line ends, many times faster than a whole value is read. NULL, and
 * *at stays: it is written in another way, or is none; json_parse() knows. */
const char *json_take_string(const char **at, struct arena *arena);

#endif
