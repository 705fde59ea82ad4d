/*
 * The data types of SSH (RFC 4251, section 5) over bounded buffers: byte, uint32, string, mpint.
 *
 * Reading fails stickily: after the first thing that does not fit, everything reads as zero or
 * empty and ssh_reader_done() is false. Read all, then ask once. What is read points into the
 * buffer and lives as long as it does.
 */
#ifndef CRISIS_TRUST_SSH_WIRE_H
#define CRISIS_TRUST_SSH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct ssh_bytes {
    const unsigned char *bytes; /* never NULL */
    size_t size;
};

struct ssh_reader {
    const unsigned char *at;
    size_t left;
    bool failed;
};

void ssh_reader_init(struct ssh_reader *reader, const void *bytes, size_t size);
/* Everything was there, and nothing is left over. */
bool ssh_reader_done(const struct ssh_reader *reader);

uint8_t ssh_read_byte(struct ssh_reader *reader);
uint32_t ssh_read_uint32(struct ssh_reader *reader);
struct ssh_bytes ssh_read_raw(struct ssh_reader *reader, size_t size); /* no length before it */
struct ssh_bytes ssh_read_string(struct ssh_reader *reader);
/* A positive mpint in its only shortest form, as its bytes without a leading zero. Zero and
 * negative numbers fail: no signature and no key holds one. */
struct ssh_bytes ssh_read_mpint(struct ssh_reader *reader);

bool ssh_bytes_equal(struct ssh_bytes bytes, const char *string);
/* Printable ASCII (0x21-0x7e and, inside, spaces) and not empty. */
bool ssh_bytes_printable(struct ssh_bytes bytes);

void ssh_add_byte(struct text *out, uint8_t value);
void ssh_add_uint32(struct text *out, uint32_t value);
void ssh_add_string(struct text *out, const void *bytes, size_t size);
void ssh_add_cstring(struct text *out, const char *string);
/* A non-negative number from its big-endian bytes, which may begin with zeros. */
void ssh_add_mpint(struct text *out, const unsigned char *bytes, size_t size);

#endif
