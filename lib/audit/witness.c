#include "audit/witness.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/language.h"

#include "audit/lines.h"

bool witness_request_add(struct text *out, uint64_t old_size, const struct proof *consistency,
                         const char *checkpoint, size_t checkpoint_size)
{
    const size_t start = out->length;

    text_addf(out, "old %" PRIu64 "\n", old_size);
    for (size_t i = 0; i < consistency->count; i++)
        lines_add_hash(out, consistency->hashes[i]);
    text_add_char(out, '\n');
    text_add_bytes(out, checkpoint, checkpoint_size);
    return !out->overflowed && out->length - start <= WITNESS_REQUEST_MAX_BYTES;
}

static int bad_request(struct error *error, const char *why)
{
    return error_set(error, ERROR_VERIFICATION, _("this is no request to a witness: %s"), why);
}

int witness_request_parse(const char *bytes, size_t size, struct witness_request *out,
                          struct error *error)
{
    struct lines rest = {bytes, size};
    struct line line, value;

    memset(out, 0, sizeof(*out));
    if (size > WITNESS_REQUEST_MAX_BYTES)
        return bad_request(error, _("it is too large"));
    if (!lines_take(&rest, &line) || !line_after(&line, "old ", &value) ||
        !line_decimal(&value, &out->old_size))
        return bad_request(error, _("the first line is not the old size"));
    bool is_ended = false; /* by an empty line */
    while (!is_ended && lines_take(&rest, &line)) {
        is_ended = line.length == 0;
        if (is_ended)
            continue;
        if (out->consistency.count == PROOF_HASHES_MAX)
            return bad_request(error, _("it has too many hashes"));
        if (!line_base64(&line, out->consistency.hashes[out->consistency.count], SHA256_SIZE))
            return bad_request(error, _("a line of the proof is no hash"));
        out->consistency.count++;
    }
    if (!is_ended || rest.left == 0)
        return bad_request(error, _("it has no checkpoint"));
    out->checkpoint = rest.at;
    out->checkpoint_size = rest.left;
    return 0;
}

const char *witness_answer_text(enum witness_answer answer)
{
    static const char *const texts[] = {
        [WITNESS_COSIGNED] = N_("the witness has cosigned the checkpoint"),
        [WITNESS_KNOWS_SIZE] = N_("the witness knows another size of the log"),
        [WITNESS_BAD_SIGNATURE] =
            N_("the witness refuses the log's signature: it must be given the key in log.vkey"),
        [WITNESS_UNKNOWN_LOG] =
            N_("the witness does not watch this log: its operator must add the key in log.vkey"),
        [WITNESS_INCONSISTENT] = N_(
            "what the witness knows is not the beginning of this log: one of the two was changed"),
        [WITNESS_BAD_REQUEST] = N_("the witness calls the request malformed"),
        [WITNESS_LATER] = N_("the witness cannot answer now"),
        [WITNESS_NONSENSE] = N_("the witness answers what no witness should"),
    };

    return (unsigned)answer < WITNESS_ANSWER_COUNT ? texts[answer] : "";
}

/* --- replies --------------------------------------------------------------------------------- */

static enum witness_answer answer_of(int status)
{
    switch (status) {
    case 200:
        return WITNESS_COSIGNED;
    case 400:
        return WITNESS_BAD_REQUEST;
    case 403:
        return WITNESS_BAD_SIGNATURE;
    case 404:
        return WITNESS_UNKNOWN_LOG;
    case 409:
        return WITNESS_KNOWS_SIZE;
    case 422:
        return WITNESS_INCONSISTENT;
    case 429:
        return WITNESS_LATER;
    default:
        return status >= 500 && status <= 599 ? WITNESS_LATER : WITNESS_NONSENSE;
    }
}

/* "text/x.tlog.size", with or without parameters. */
static bool is_size_type(const char *content_type)
{
    static const char type[] = "text/x.tlog.size";
    const size_t length = strlen(type);

    if (!content_type || strncasecmp(content_type, type, length) != 0)
        return false;
    return content_type[length] == '\0' || content_type[length] == ';' ||
           content_type[length] == ' ';
}

static bool read_size(const char *content_type, const char *body, size_t body_size, uint64_t *out)
{
    struct lines rest = {body, body_size};
    struct line line;

    return is_size_type(content_type) && lines_take(&rest, &line) && rest.left == 0 &&
           line_decimal(&line, out);
}

static bool is_of(const struct note_signature *signature, const struct note_vkey *witness)
{
    return signature->name_length == strlen(witness->name) &&
           memcmp(signature->name, witness->name, signature->name_length) == 0 &&
           memcmp(signature->key_id, witness->id, sizeof(witness->id)) == 0;
}

static bool read_cosignature(const struct witness_question *question, const char *body,
                             size_t body_size, uint64_t *unix_seconds, struct text *lines)
{
    const struct note_vkey *witness = question->witness;
    struct note note;
    struct note_check check;
    struct error refusal = {0};

    if (body_size > WITNESS_REPLY_MAX_BYTES || witness->type != NOTE_COSIGNATURE ||
        note_parse_lines(body, body_size, question->text, question->text_size, &note, &refusal) <
            0 ||
        note_verify(&note, witness, 1, &check, &refusal) < 0)
        return false;
    for (size_t i = 0; i < note.signature_count; i++)
        if (is_of(&note.signatures[i], witness))
            text_add_bytes(lines, note.signatures[i].line, note.signatures[i].line_length);
    *unix_seconds = check.unix_seconds;
    return !lines->overflowed;
}

void witness_reply_read(const struct witness_question *question, int status,
                        const char *content_type, const char *body, size_t body_size,
                        struct witness_reply *out, struct text *lines)
{
    *out = (struct witness_reply){.answer = answer_of(status)};
    if (out->answer == WITNESS_KNOWS_SIZE && !read_size(content_type, body, body_size, &out->size))
        out->answer = WITNESS_NONSENSE;
    if (out->answer == WITNESS_COSIGNED &&
        !read_cosignature(question, body, body_size, &out->unix_seconds, lines))
        out->answer = WITNESS_NONSENSE;
}
