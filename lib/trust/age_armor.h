/*
 * The text form of an age file (C2SP "age", "ASCII armor"): strict PEM. Lines of base64 between
 * BEGIN and END, 64 columns each, the last one not empty and possibly shorter; line ends LF or
 * CRLF; outside of it nothing but white space.
 *
 * Both directions are fed in pieces of any size and write to a text, from which the caller may take
 * away what is there between two calls. After a failure an object is only good to be freed.
 */
#ifndef CRISIS_TRUST_AGE_ARMOR_H
#define CRISIS_TRUST_AGE_ARMOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum { AGE_ARMOR_SPACE_MAX_BYTES = 1024 }; /* white space before it, and after it */

/* Whether a file that begins with this byte may be armored; one in binary form begins with 'a'. */
bool age_armor_may_begin(char byte);

/* That `out` is full is seen on it alone. */
struct age_armor_writer;
struct age_armor_writer *age_armor_writer_new(void);
void age_armor_writer_add(struct age_armor_writer *writer, const void *bytes, size_t size,
                          struct text *out);
void age_armor_writer_finish(struct age_armor_writer *writer, struct text *out);
void age_armor_writer_free(struct age_armor_writer *writer); /* NULL is fine */

/* Decodes. ERROR_INPUT, with the line of the file; or `out` is full (`overflowed`). */
struct age_armor_reader;
struct age_armor_reader *age_armor_reader_new(void);
int age_armor_reader_add(struct age_armor_reader *reader, const void *bytes, size_t size,
                         struct text *out, struct error *error);
int age_armor_reader_finish(struct age_armor_reader *reader, struct text *out, struct error *error);
void age_armor_reader_free(struct age_armor_reader *reader); /* NULL is fine */

#endif
