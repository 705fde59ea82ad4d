#include "cmd/audit_told.h"

#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/memory.h"

#include "cmd/audit_told_internal.h"

enum { WORD_SIZE = 32 };

/* --- one entry ------------------------------------------------------------------------------- */

/* Where the value of each key goes: into one of the pieces, or one of the texts, or both. */
#define KEY(name, piece, lines)                                                                    \
    {                                                                                              \
        name, sizeof(name) - 1, piece, lines                                                       \
    }
static const struct {
    const char *key;
    size_t length;
    enum piece_name piece;
    enum lines_name lines;
} keys[] = {
    KEY("type", PIECE_TYPE, LINES_COUNT),
    KEY("run", PIECE_RUN, LINES_START),
    KEY("delivery", PIECE_DELIVERY, LINES_COUNT),
    KEY("state", PIECE_STATE, LINES_COUNT),
    KEY("attempt", PIECE_ATTEMPT, LINES_COUNT),
    KEY("reason", PIECE_REASON, LINES_COUNT),
    KEY("post", PIECE_COUNT, LINES_POSTS),
    KEY("url", PIECE_COUNT, LINES_POSTS),
    KEY("failure", PIECE_COUNT, LINES_FAILURE),
    KEY("code", PIECE_COUNT, LINES_FAILURE),
    KEY("plan", PIECE_COUNT, LINES_START),
    KEY("plan-sha256", PIECE_COUNT, LINES_START),
    KEY("message", PIECE_COUNT, LINES_START),
    KEY("kind", PIECE_COUNT, LINES_START),
    KEY("mode", PIECE_COUNT, LINES_START),
    KEY("expires", PIECE_COUNT, LINES_START),
    KEY("threshold", PIECE_COUNT, LINES_START),
    KEY("municipalities", PIECE_COUNT, LINES_START),
    KEY("deliveries", PIECE_COUNT, LINES_START),
    KEY("deliveries-sha256", PIECE_TEXTS, LINES_COUNT),
    KEY("time", PIECE_TIME, LINES_COUNT),
    KEY("rehearsal", PIECE_COUNT, LINES_START),
    KEY("posted", PIECE_COUNT, LINES_START),
    KEY("failed", PIECE_COUNT, LINES_START),
    KEY("in-doubt", PIECE_COUNT, LINES_START),
};
#undef KEY

static bool is(const struct piece *piece, const char *word)
{
    return piece->length == strlen(word) && memcmp(piece->bytes, word, piece->length) == 0;
}

void told_begin(struct told *told)
{
    struct reading *reading = &told->reading;

    memset(reading->pieces, 0, sizeof(reading->pieces));
    reading->post_count = 0;
    for (size_t i = 0; i < LINES_COUNT; i++)
        text_reset(&reading->lines[i]);
}

void told_field(struct told *told, const char *key, size_t key_length, const char *value,
                size_t value_length)
{
    struct reading *reading = &told->reading;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].length != key_length || memcmp(keys[i].key, key, key_length) != 0)
            continue;
        if (keys[i].piece != PIECE_COUNT)
            reading->pieces[keys[i].piece] = (struct piece){value, value_length};
        if (keys[i].lines != LINES_COUNT) /* the line as it stands, with its LF */
            text_add_bytes(&reading->lines[keys[i].lines], key, key_length + value_length + 2);
        reading->post_count += keys[i].lines == LINES_POSTS && key_length == strlen("post");
        return;
    }
}

static void word_of(const struct piece *piece, char out[WORD_SIZE])
{
    size_t length = piece->length < WORD_SIZE ? piece->length : 0;

    if (length > 0)
        memcpy(out, piece->bytes, length);
    out[length] = '\0';
}

static void hash_lines(struct told *told, enum lines_name name, unsigned char out[SHA256_SIZE])
{
    const struct text *lines = &told->reading.lines[name];

    if (lines->length == 0) {
        memcpy(out, told->nothing, SHA256_SIZE);
    } else {
        sha256_add(told->state, lines->bytes, lines->length);
        sha256_finish(told->state, out);
    }
}

static int64_t time_of(const struct reading *reading)
{
    char word[WORD_SIZE];
    int64_t unix_ms = 0;

    word_of(&reading->pieces[PIECE_TIME], word);
    return rfc3339_parse(word, &unix_ms) ? unix_ms : 0;
}

static bool is_type(const struct reading *reading, enum entry_type type)
{
    return is(&reading->pieces[PIECE_TYPE], entry_type_name(type));
}

static void take_change(struct told *told, struct told_delivery *delivery)
{
    struct reading *reading = &told->reading;
    char word[WORD_SIZE];

    if (!is_type(reading, ENTRY_RETRACTED)) /* it was done when it was posted */
        delivery->unix_ms = time_of(reading);
    word_of(&reading->pieces[PIECE_ATTEMPT], word);
    delivery->attempts = strtoull(word, NULL, 10);
    if (is_type(reading, ENTRY_ATTEMPT)) {
        delivery->state = DELIVERY_SENDING; /* with the posts that it had */
        memcpy(delivery->failure, told->nothing, sizeof(delivery->failure));
        return;
    }
    word_of(&reading->pieces[PIECE_STATE], word);
    delivery->state = delivery_state_of(word);
    delivery->post_count = reading->post_count;
    hash_lines(told, LINES_POSTS, delivery->posts);
    hash_lines(told, LINES_FAILURE, delivery->failure);
}

static void take_delivery(struct told *told, uint64_t sequence)
{
    struct reading *reading = &told->reading;
    const struct piece *said = &reading->pieces[PIECE_DELIVERY];

    text_reset(&reading->key);
    if (is_type(reading, ENTRY_RETRACT_ATTEMPT) || /* nothing is changed by it */
        !base64url_decode(&reading->key, said->bytes, said->length) ||
        reading->key.length != TOLD_KEY_SIZE)
        return;
    struct told_delivery *delivery =
        told_have_delivery(told, (const unsigned char *)reading->key.bytes);
    delivery->sequence = sequence;
    take_change(told, delivery);
}

/* A stop is asked for, then ends the run (if it was not over just then) with one entry for all that
 * was left. A run may end for another reason in between, and is stopped all the same. */
static void take_stop(const struct reading *reading, struct told_run *run, uint64_t sequence)
{
    if (is_type(reading, ENTRY_STOP_ASKED)) {
        run->is_stopped = true;
    } else if (!is_type(reading, ENTRY_RUN_STOPPED)) {
        run->is_stopped = run->is_rest_stopped = false; /* resumed, or finished */
        run->resumed_at = sequence;
    } else if (is(&reading->pieces[PIECE_REASON], "stopped")) {
        run->is_stopped = run->is_rest_stopped = true;
        run->rest_stopped_at = sequence;
    }
}

static void take_texts(const struct piece *piece, struct told_run *run)
{
    struct text bytes;

    text_init(&bytes, SHA256_SIZE);
    memset(run->texts, 0, sizeof(run->texts));
    if (hex_decode(&bytes, piece->bytes, piece->length) && bytes.length == SHA256_SIZE)
        memcpy(run->texts, bytes.bytes, SHA256_SIZE);
    text_release(&bytes);
}

static void take_run(struct told *told, uint64_t sequence)
{
    const struct reading *reading = &told->reading;
    const bool is_dry = is_type(reading, ENTRY_DRY_RUN);
    const bool is_finish = is_type(reading, ENTRY_RUN_FINISHED);
    const struct piece *id = &reading->pieces[PIECE_RUN];

    if (is_dry || is_type(reading, ENTRY_RUN_STARTED)) {
        struct told_run *run = told_have_run(told, id->bytes, id->length);
        run->sequence = run->end_sequence = sequence;
        run->started_unix_ms = run->ended_unix_ms = time_of(reading);
        run->is_dry = is_dry;
        hash_lines(told, LINES_START, run->start);
        take_texts(&reading->pieces[PIECE_TEXTS], run);
    } else if (is_finish || is_type(reading, ENTRY_RUN_STOPPED) ||
               is_type(reading, ENTRY_STOP_ASKED) || is_type(reading, ENTRY_RUN_RESUMED)) {
        struct told_run *run = told_have_run(told, id->bytes, id->length);
        run->end_sequence = sequence;
        run->ended_unix_ms = time_of(reading);
        run->is_finished = is_finish;
        take_stop(reading, run, sequence);
    }
}

static void take_rehearsal(struct told *told, uint64_t sequence)
{
    struct told_rehearsal *rehearsal = told_add_rehearsal(told);

    rehearsal->sequence = sequence;
    rehearsal->unix_ms = time_of(&told->reading);
    hash_lines(told, LINES_START, rehearsal->start);
}

void told_end(struct told *told, uint64_t sequence)
{
    const struct reading *reading = &told->reading;

    if (told->run && !is(&reading->pieces[PIECE_RUN], told->run))
        return;
    if (reading->pieces[PIECE_DELIVERY].bytes)
        take_delivery(told, sequence);
    else if (reading->pieces[PIECE_RUN].bytes)
        take_run(told, sequence);
    else if (is_type(reading, ENTRY_REHEARSED))
        take_rehearsal(told, sequence);
}

/* --- for callers ----------------------------------------------------------------------------- */

struct told *told_new(const char *run)
{
    struct told *told = memory_alloc(sizeof(*told));

    told->run = run;
    told->state = sha256_new();
    sha256_finish(told->state, told->nothing);
    told_tables_init(told);
    for (size_t i = 0; i < LINES_COUNT; i++)
        text_init(&told->reading.lines[i], AUDIT_ENTRY_MAX_BYTES);
    text_init(&told->reading.key, TOLD_KEY_SIZE);
    return told;
}

void told_free(struct told *told)
{
    if (!told)
        return;
    text_release(&told->reading.key);
    for (size_t i = 0; i < LINES_COUNT; i++)
        text_release(&told->reading.lines[i]);
    told_tables_release(told);
    sha256_free(told->state);
    memory_free(told);
}

static void on_field(void *context, const char *key, size_t key_length, const char *value,
                     size_t value_length)
{
    told_field(context, key, key_length, value, value_length);
}

static bool look_at(void *context, const struct stored_entry *entry)
{
    struct told *told = context;
    const char *body;
    size_t body_size;

    told_begin(told);
    if (entry_read(entry->bytes, entry->size_bytes, on_field, told, &body, &body_size))
        told_end(told, entry->sequence);
    return true;
}

int told_read(struct told *told, struct store *store, struct error *error)
{
    return store_entries(store, 0, look_at, told, error);
}

bool told_counts(const struct told *told, const char *run)
{
    return !told->run || (run && strcmp(told->run, run) == 0);
}
