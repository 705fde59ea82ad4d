/*
 * Growing text with a ceiling given at birth. bytes is always NUL-terminated (never NULL after
 * text_init), length does not count the NUL; the text may hold any bytes. An addition that would
 * pass the ceiling adds nothing and sets `overflowed`, which stays set: build first, check once.
 *
 * A secret text lives in locked memory that is left out of core dumps, and is wiped whenever it
 * moves or is released.
 */
#ifndef CRISIS_BASE_TEXT_H
#define CRISIS_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    size_t length;
    size_t capacity;
    size_t ceiling; /* most bytes, without the NUL */
    bool overflowed;
    bool secret;
};

void text_init(struct text *text, size_t ceiling);
void text_init_secret(struct text *text, size_t ceiling);
void text_release(struct text *text); /* wipes a secret; may be called twice, or on zeroed memory */
void text_reset(struct text *text); /* length 0, overflow forgotten, memory kept (secret: wiped) */

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add_char(struct text *text, char byte);
/* So many bytes more, for the caller to write at once; NULL: they pass the ceiling. */
char *text_grow(struct text *text, size_t length);
void text_add_number(struct text *text, int64_t number); /* in decimal */
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void text_truncate(struct text *text, size_t length);
/* Room for so many bytes in all: what is filled in small pieces does not grow step by step. */
void text_reserve(struct text *text, size_t length);

#endif
