/* Signed notes, keys, checkpoints, tile names and witnesses' words: any bytes are read safely, and
 * what is read is written again as it was. */
#include "audit/checkpoint.h"
#include "audit/note.h"
#include "audit/tile.h"
#include "audit/witness.h"

#include "fuzz.h"

static void read_key(const char *bytes, size_t size)
{
    struct note_vkey vkey;
    struct error error = {0};
    struct text again;

    if (note_vkey_parse(bytes, size, &vkey, &error) < 0)
        return;
    text_init(&again, NOTE_VKEY_MAX_BYTES);
    note_vkey_add(&again, &vkey);
    require(again.length == size && memcmp(again.bytes, bytes, size) == 0,
            "a key is written as it was read");
    text_release(&again);
}

static void read_checkpoint(const char *bytes, size_t size)
{
    struct checkpoint checkpoint;
    struct error error = {0};
    struct text again;

    if (checkpoint_parse(bytes, size, &checkpoint, &error) < 0)
        return;
    text_init(&again, size);
    checkpoint_add(&again, &checkpoint);
    require(again.length == size && memcmp(again.bytes, bytes, size) == 0,
            "a checkpoint is written as it was read");
    text_release(&again);
}

/* The keys of the unit tests' vectors and of the specification's example. */
static void read_note(const char *bytes, size_t size)
{
    static const char *const texts[] = {
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "log.varsel.example/test+f36295fa+ASAXlmZrYr7AoBwK7oqfKy3KeF3wR8cFHt+IQVR4Ysbx"};
    struct note_vkey keys[2];
    struct note_check checks[2];
    struct error error = {0};
    struct note *note = malloc(sizeof(*note));
    size_t lines = 0;

    if (!note)
        return;
    for (size_t i = 0; i < 2; i++)
        require(note_vkey_parse(texts[i], strlen(texts[i]), &keys[i], &error) == 0,
                "the keys are keys");
    if (note_parse(bytes, size, note, &error) == 0) {
        for (size_t i = 0; i < note->signature_count; i++)
            lines += note->signatures[i].line_length;
        require(note->text_size + 1 + lines == size, "a note is its text and its lines");
        if (note_verify(note, keys, 2, checks, &error) == 0)
            require(checks[0].is_signed || checks[1].is_signed, "somebody has signed it");
        read_checkpoint(note->text, note->text_size);
    }
    free(note);
}

static void read_witness(const char *bytes, size_t size)
{
    static const int statuses[] = {200, 409, 422};
    static const char text[] = "o\n1\nx\n";
    struct note_vkey vkey = {.name = "w", .type = NOTE_COSIGNATURE};
    struct witness_request request;
    struct witness_reply reply;
    struct error error = {0};
    struct text lines, again;

    text_init(&lines, WITNESS_REPLY_MAX_BYTES);
    text_init(&again, size + 1);
    if (witness_request_parse(bytes, size, &request, &error) == 0) {
        require(witness_request_add(&again, request.old_size, &request.consistency,
                                    request.checkpoint, request.checkpoint_size),
                "a request can be made again");
        require(again.length == size && memcmp(again.bytes, bytes, size) == 0,
                "a request is written as it was read");
    }
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        const struct witness_question question = {text, strlen(text), &vkey};
        witness_reply_read(&question, statuses[i], "text/x.tlog.size", bytes, size, &reply, &lines);
        require(reply.answer != WITNESS_COSIGNED, "nobody can sign for that witness");
    }
    text_release(&again);
    text_release(&lines);
}

static void read_path(const char *path)
{
    struct tile tile;
    char again[TILE_PATH_SIZE];

    if (!tile_path_parse(path, &tile))
        return;
    tile_path(&tile, again);
    require(strcmp(path, again) == 0, "a tile's name is written as it was read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);

    if (!bytes)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    bytes[size] = '\0';
    read_note(bytes, size);
    read_key(bytes, size);
    read_checkpoint(bytes, size);
    read_witness(bytes, size);
    read_path(bytes);
    free(bytes);
    return 0;
}
