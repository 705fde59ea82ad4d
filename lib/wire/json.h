/*
 * JSON, read and written: a thin face over Jansson, which no other file includes.
 *
 * Reading is strict: duplicate names, NUL in strings, invalid UTF-8, more than JSON_DEPTH_MAX
 * levels or JSON_SIZE_MAX_BYTES are no JSON. The getters take a path of names that ends with NULL,
 * and answer "not there" for everything that is missing or of another type, so that a reply of any
 * shape can be asked anything:
 *
 *     struct json *root = json_parse(reply->body, reply->body_size);
 *     if (json_id(root, post->id, sizeof(post->id), "data", "id", NULL)) …
 *     json_free(root);
 *
 * A value passed in may be NULL, and an empty path means the value itself; what comes back belongs
 * to the root.
 */
#ifndef CRISIS_WIRE_JSON_H
#define CRISIS_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { JSON_DEPTH_MAX = 64, JSON_SIZE_MAX_BYTES = 2 * 1024 * 1024 };

struct json;

/* Makes Jansson take its memory from base/memory.h: it says the same of a lack of memory as of what
 * is no JSON, and an answer must not be called malformed for that. For main(). */
void json_take_memory(void);

/* An object or array, or NULL when the bytes are not exactly one. */
struct json *json_parse(const char *bytes, size_t size);
void json_free(struct json *root); /* NULL is fine */

const struct json *json_get(const struct json *value, ...) __attribute__((sentinel));
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);

/* A string, or NULL. */
const char *json_text(const struct json *value, ...) __attribute__((sentinel));
/* An id, exactly as it stands: a string that is not empty, or a whole number as its digits. False
 * when it is neither (a real number never carries an id) or does not fit. */
bool json_id(const struct json *value, char *out, size_t size, ...) __attribute__((sentinel));
/* A whole number, or a string of nothing else. */
bool json_whole(const struct json *value, int64_t *out, ...) __attribute__((sentinel));
/* Any number. */
bool json_number(const struct json *value, double *out, ...) __attribute__((sentinel));
/* Exactly true; exactly false. */
bool json_is_true(const struct json *value, ...) __attribute__((sentinel));
bool json_is_false(const struct json *value, ...) __attribute__((sentinel));

/* Of an array; 0 and NULL for everything else. */
size_t json_count(const struct json *array);
const struct json *json_item(const struct json *array, size_t index);

/* Walks the members of a root that is an object: start with *cursor = NULL; false at the end. */
bool json_next(struct json *root, void **cursor, const struct json **value);

/* Writing, in order, into a text that holds the JSON so far. A comma is put where one is needed.
 * A string that is not UTF-8 is refused: `overflowed` is set on the text. */
void json_add_string(struct text *out, const char *string);
void json_add_name(struct text *out, const char *name); /* "name": and then the value */
void json_add_member(struct text *out, const char *name, const char *string);

#endif
