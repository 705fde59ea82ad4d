/*
 * Asking a witness to cosign a checkpoint, and being asked (C2SP tlog-witness v1.0.0), as bytes:
 *
 *     POST <prefix>/add-checkpoint        old N LF, up to 63 hashes that prove consistency from the
 *                                         N entries that the witness knows, an empty line, and the
 *                                         signed checkpoint
 *
 * A witness that knows another size answers 409 with it, and is asked again from there. Who has
 * never asked begins with old 0.
 */
#ifndef CRISIS_AUDIT_WITNESS_H
#define CRISIS_AUDIT_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#include "audit/note.h"
#include "audit/proof.h"

enum { WITNESS_REQUEST_MAX_BYTES = 10 * 1024, WITNESS_REPLY_MAX_BYTES = 64 * 1024 };

/* The body of a request. False when it is over WITNESS_REQUEST_MAX_BYTES, which witnesses refuse.
 */
bool witness_request_add(struct text *out, uint64_t old_size, const struct proof *consistency,
                         const char *checkpoint, size_t checkpoint_size);

/* Points into the bytes that it was parsed from. */
struct witness_request {
    uint64_t old_size;
    struct proof consistency;
    const char *checkpoint;
    size_t checkpoint_size;
};
/* ERROR_VERIFICATION: it is malformed (a witness answers 400). */
int witness_request_parse(const char *bytes, size_t size, struct witness_request *out,
                          struct error *error);

enum witness_answer {
    WITNESS_COSIGNED,      /* 200: the lines are good */
    WITNESS_KNOWS_SIZE,    /* 409: it knows another size: ask again from there */
    WITNESS_BAD_SIGNATURE, /* 403: it has another key for this log, or the signature is bad */
    WITNESS_UNKNOWN_LOG,   /* 404: it does not watch this log */
    WITNESS_INCONSISTENT,  /* 422: what it knows is not the beginning of this log */
    WITNESS_BAD_REQUEST,   /* 400: it calls the request malformed */
    WITNESS_LATER,         /* 429 or 5xx: try again later */
    WITNESS_NONSENSE,      /* any other status, or a body that is not what its status promises */
    WITNESS_ANSWER_COUNT,
};

/* What to tell people of it. */
const char *witness_answer_text(enum witness_answer answer);

struct witness_reply {
    enum witness_answer answer;
    uint64_t size;         /* WITNESS_KNOWS_SIZE */
    uint64_t unix_seconds; /* WITNESS_COSIGNED: its time */
};

/* What was asked, and whom. */
struct witness_question {
    const char *text; /* of the checkpoint that was sent, without signatures */
    size_t text_size;
    const struct note_vkey *witness;
};

/* Reads the answer to it. content_type may be NULL. Appends to `lines` the signature lines of this
 * witness, nothing else that may stand there; only after WITNESS_COSIGNED. */
void witness_reply_read(const struct witness_question *question, int status,
                        const char *content_type, const char *body, size_t body_size,
                        struct witness_reply *out, struct text *lines);

#endif
