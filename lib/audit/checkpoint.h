/*
 * A checkpoint (C2SP tlog-checkpoint v1.0.0): what a log signs of itself.
 *
 *     origin LF size LF base64(root) LF
 *
 * as the text of a signed note. The origin is also the name of the log's key, and never changes.
 * Extension lines, which the format allows and advises against, are refused.
 */
#ifndef CRISIS_AUDIT_CHECKPOINT_H
#define CRISIS_AUDIT_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#include "audit/note.h"

struct checkpoint {
    char origin[NOTE_NAME_MAX_BYTES + 1];
    uint64_t size; /* entries, below 2^63 */
    unsigned char root[SHA256_SIZE];
};

/* The text alone. ERROR_VERIFICATION: it is none, in one of the strict ways. */
int checkpoint_parse(const char *text, size_t size, struct checkpoint *out, struct error *error);
void checkpoint_add(struct text *out, const struct checkpoint *checkpoint);

/* Reads a signed checkpoint of the log that has this key: its signature, its origin, its form. The
 * note, which may be wanted for other signatures on it, points into the bytes. */
int checkpoint_open(const char *bytes, size_t size, const struct note_vkey *key, struct note *note,
                    struct checkpoint *out, struct error *error);
/* Signs one: appends the note to `out`. The origin is the key's name. */
int checkpoint_sign(struct text *out, const struct checkpoint *checkpoint,
                    const struct note_vkey *vkey, const struct ed25519_key *key,
                    struct error *error);

#endif
