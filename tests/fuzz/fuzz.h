/* What the targets share. A target is a function of bytes: whatever they are, it comes back, leaves
 * nothing behind, and what must hold of the result is said with require(). */
#ifndef CRISIS_TESTS_FUZZ_FUZZ_H
#define CRISIS_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, which the fuzzer reports with the input. `what` is true when all is well. */
static inline void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

/* A copy that ends with a NUL and is exactly so large, for the caller to free. */
static inline char *fuzz_string(const void *bytes, size_t size)
{
    char *string = malloc(size + 1);

    require(string != NULL, "there is memory");
    if (size > 0)
        memcpy(string, bytes, size);
    string[size] = '\0';
    return string;
}

/* An input that holds several things has this byte between them. */
enum { FUZZ_SEPARATOR = 0x1e };

/* Takes what stands before the next separator, or all that is left, as a string for the caller to
 * free. */
static inline char *fuzz_take_string(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, FUZZ_SEPARATOR, *size) : NULL;
    const size_t length = end ? (size_t)(end - *data) : *size;
    char *string = fuzz_string(*data, length);
    const size_t used = length + (end ? 1 : 0);

    *data += used;
    *size -= used;
    return string;
}

/* An edit: where (two bytes), how many bytes go (two bytes), and what comes instead. */
enum { FUZZ_EDIT_HEAD = 4 };

/* The bytes with an edit of at least FUZZ_EDIT_HEAD bytes, for the caller to free; *length becomes
 * their new number. */
static inline char *fuzz_change(const void *bytes, size_t *length, const uint8_t *edit, size_t size)
{
    const size_t at = ((size_t)edit[0] * 256 + edit[1]) % (*length + 1);
    const size_t wanted = (size_t)edit[2] * 256 + edit[3];
    const size_t gone = wanted < *length - at ? wanted : *length - at;
    const size_t added = size - FUZZ_EDIT_HEAD, after = *length - at - gone;
    char *result = malloc(at + added + after + 1);

    require(result != NULL, "there is memory");
    memcpy(result, bytes, at);
    memcpy(result + at, edit + FUZZ_EDIT_HEAD, added);
    memcpy(result + at + added, (const char *)bytes + at + gone, after);
    *length = at + added + after;
    result[*length] = '\0';
    return result;
}

#endif
