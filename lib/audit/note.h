/*
 * Signed notes (C2SP signed-note v1.0.0): a text, an empty line, and signature lines
 *
 *     — name base64(key id ‖ signature)
 *
 * The signature covers the text with its last LF, without the empty line. A key is known by its
 * name and its id together. Two kinds of keys: Ed25519 (type 0x01), and witnesses' cosignatures
 * (type 0x04, C2SP tlog-cosignature v1.0.1), which sign a time with the text. Lines of other keys
 * are carried along and never looked into.
 *
 * Errors are ERROR_VERIFICATION: this is no note, or it is not signed as it should be.
 */
#ifndef CRISIS_AUDIT_NOTE_H
#define CRISIS_AUDIT_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/text.h"

enum {
    NOTE_MAX_BYTES = 256 * 1024, /* room for a hundred signatures of the post-quantum kind */
    NOTE_SIGNATURES_MAX = 100,
    NOTE_NAME_MAX_BYTES = 255,
    NOTE_KEY_ID_SIZE = 4,
    NOTE_TIME_SIZE = 8,
    NOTE_SIGNATURE_MAX_BYTES = NOTE_TIME_SIZE + ED25519_SIGNATURE_SIZE, /* of the kinds known */
    NOTE_VKEY_MAX_BYTES = NOTE_NAME_MAX_BYTES + 64,
};

enum note_key_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

/* --- keys ------------------------------------------------------------------------------------ */

/* A key that signatures are checked with. */
struct note_vkey {
    char name[NOTE_NAME_MAX_BYTES + 1];
    enum note_key_type type;
    unsigned char id[NOTE_KEY_ID_SIZE];
    unsigned char public_key[ED25519_PUBLIC_SIZE];
};

/* A name: UTF-8 without spaces of any kind, control characters and '+', not empty. */
bool note_name_is_valid(const char *name, size_t length);

/* Computes the id. ERROR_INPUT: the name cannot be one, or the key is of low order. */
int note_vkey_init(struct note_vkey *vkey, const char *name, enum note_key_type type,
                   const unsigned char public_key[ED25519_PUBLIC_SIZE], struct error *error);
/* "name+f36295fa+AS…" without a line end. ERROR_INPUT: it is none, its id is not that of the key,
 * or it is of a type that is not known here. */
int note_vkey_parse(const char *bytes, size_t length, struct note_vkey *out, struct error *error);
void note_vkey_add(struct text *out, const struct note_vkey *vkey);
bool note_vkey_equal(const struct note_vkey *a, const struct note_vkey *b);

/* --- reading --------------------------------------------------------------------------------- */

struct note_signature {
    const char *name;
    size_t name_length;
    const char *line; /* the whole line with its LF */
    size_t line_length;
    unsigned char key_id[NOTE_KEY_ID_SIZE];
    size_t size;                                   /* of the signature, without the key id */
    unsigned char bytes[NOTE_SIGNATURE_MAX_BYTES]; /* set when size is not over that */
};

/* Points into the bytes that it was parsed from. */
struct note {
    const char *text; /* with its last LF */
    size_t text_size;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
    size_t signature_count;
};

int note_parse(const char *bytes, size_t size, struct note *out, struct error *error);
/* Signature lines alone, as a witness answers: `out` gets them beside the text given. */
int note_parse_lines(const char *lines, size_t size, const char *text, size_t text_size,
                     struct note *out, struct error *error);

/* What a note says of one key. */
struct note_check {
    bool is_signed;        /* a line of this key is there, and every such line is good */
    uint64_t unix_seconds; /* the latest time of its cosignatures */
};

/* Checks all lines of these keys; out has an element for each key, or is NULL. -1 when a line of
 * one of the keys is bad, however many others are good, and when no line is of any of the keys. */
int note_verify(const struct note *note, const struct note_vkey *keys, size_t key_count,
                struct note_check *out, struct error *error);

/* --- signing --------------------------------------------------------------------------------- */

/* What a witness signs: a line with the kind, a line with the time, and the text. */
void note_cosignature_message(struct text *out, const char *text, size_t text_size,
                              uint64_t unix_seconds);

/* Appends one signature line to `out`. vkey: name and type; unix_seconds: of a cosignature, else
 * not used. */
int note_add_signature(struct text *out, const char *text, size_t text_size,
                       const struct note_vkey *vkey, const struct ed25519_key *key,
                       uint64_t unix_seconds, struct error *error);
/* The whole note with one signature: text, empty line, line. ERROR_INPUT: the text does not end in
 * LF or has characters that a note cannot hold. */
int note_sign(struct text *out, const char *text, size_t text_size, const struct note_vkey *vkey,
              const struct ed25519_key *key, struct error *error);

#endif
