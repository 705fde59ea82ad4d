#include "cmd/audit_told.h"

#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/memory.h"

enum { FIRST_CAPACITY = 64, WORD_SIZE = 32 };

struct piece {
    const char *bytes;
    size_t length;
};

enum piece_name {
    PIECE_TYPE,
    PIECE_RUN,
    PIECE_DELIVERY,
    PIECE_STATE,
    PIECE_ATTEMPT,
    PIECE_REASON,
    PIECE_TIME,
    PIECE_TEXTS,
    PIECE_COUNT,
};
enum lines_name { LINES_POSTS, LINES_FAILURE, LINES_START, LINES_COUNT };

/* The entry at hand. */
struct reading {
    struct piece pieces[PIECE_COUNT];
    struct text lines[LINES_COUNT];
    struct text key; /* the delivery's */
    size_t post_count;
};

/* Open addressing; keys are hashes already. A table is never more than half full. */
struct told {
    struct told_delivery *deliveries;
    struct told_run *runs;
    size_t delivery_count, delivery_capacity, run_count, run_capacity;
    const char *run; /* the only one that counts; NULL: all do */
    struct sha256 *state;
    unsigned char nothing[SHA256_SIZE]; /* the hash of no lines */
    struct reading reading;
};

/* --- tables ---------------------------------------------------------------------------------- */

static size_t place_of(const unsigned char key[TOLD_KEY_SIZE], size_t capacity)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    return (size_t)hash & (capacity - 1);
}

static struct told_delivery *find_slot(struct told_delivery *slots, size_t capacity,
                                       const unsigned char key[TOLD_KEY_SIZE])
{
    size_t at = place_of(key, capacity);

    while (slots[at].is_used && memcmp(slots[at].key, key, TOLD_KEY_SIZE) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static struct told_run *find_run_slot(struct told_run *slots, size_t capacity,
                                      const unsigned char key[TOLD_KEY_SIZE])
{
    size_t at = place_of(key, capacity);

    while (slots[at].is_used && memcmp(slots[at].key, key, TOLD_KEY_SIZE) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow_deliveries(struct told *told)
{
    const size_t capacity = told->delivery_capacity * 2;
    struct told_delivery *slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < told->delivery_capacity; i++)
        if (told->deliveries[i].is_used)
            *find_slot(slots, capacity, told->deliveries[i].key) = told->deliveries[i];
    memory_free(told->deliveries);
    told->deliveries = slots;
    told->delivery_capacity = capacity;
}

static void grow_runs(struct told *told)
{
    const size_t capacity = told->run_capacity * 2;
    struct told_run *slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < told->run_capacity; i++)
        if (told->runs[i].is_used)
            *find_run_slot(slots, capacity, told->runs[i].key) = told->runs[i];
    memory_free(told->runs);
    told->runs = slots;
    told->run_capacity = capacity;
}

static struct told_delivery *have_delivery(struct told *told,
                                           const unsigned char key[TOLD_KEY_SIZE])
{
    if (told->delivery_count * 2 >= told->delivery_capacity)
        grow_deliveries(told);
    struct told_delivery *slot = find_slot(told->deliveries, told->delivery_capacity, key);
    if (!slot->is_used) {
        slot->is_used = true;
        memcpy(slot->key, key, TOLD_KEY_SIZE);
        memcpy(slot->posts, told->nothing, sizeof(slot->posts));
        memcpy(slot->failure, told->nothing, sizeof(slot->failure));
        told->delivery_count++;
    }
    return slot;
}

static void run_key(const char *id, size_t length, unsigned char out[TOLD_KEY_SIZE])
{
    unsigned char hash[SHA256_SIZE];

    sha256(id, length, hash);
    memcpy(out, hash, TOLD_KEY_SIZE);
}

static struct told_run *have_run(struct told *told, const unsigned char key[TOLD_KEY_SIZE])
{
    if (told->run_count * 2 >= told->run_capacity)
        grow_runs(told);
    struct told_run *slot = find_run_slot(told->runs, told->run_capacity, key);
    if (!slot->is_used) {
        slot->is_used = true;
        memcpy(slot->key, key, TOLD_KEY_SIZE);
        told->run_count++;
    }
    return slot;
}

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
    struct told_delivery *delivery = have_delivery(told, (const unsigned char *)reading->key.bytes);
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
    unsigned char key[TOLD_KEY_SIZE];

    run_key(reading->pieces[PIECE_RUN].bytes, reading->pieces[PIECE_RUN].length, key);
    if (is_dry || is_type(reading, ENTRY_RUN_STARTED)) {
        struct told_run *run = have_run(told, key);
        run->sequence = run->end_sequence = sequence;
        run->started_unix_ms = run->ended_unix_ms = time_of(reading);
        run->is_dry = is_dry;
        hash_lines(told, LINES_START, run->start);
        take_texts(&reading->pieces[PIECE_TEXTS], run);
    } else if (is_finish || is_type(reading, ENTRY_RUN_STOPPED) ||
               is_type(reading, ENTRY_STOP_ASKED) || is_type(reading, ENTRY_RUN_RESUMED)) {
        struct told_run *run = have_run(told, key);
        run->end_sequence = sequence;
        run->ended_unix_ms = time_of(reading);
        run->is_finished = is_finish;
        take_stop(reading, run, sequence);
    }
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
}

/* --- for callers ----------------------------------------------------------------------------- */

struct told *told_new(const char *run)
{
    struct told *told = memory_alloc(sizeof(*told));

    told->run = run;
    told->state = sha256_new();
    sha256_finish(told->state, told->nothing);
    told->delivery_capacity = told->run_capacity = FIRST_CAPACITY;
    told->deliveries = memory_alloc_array(FIRST_CAPACITY, sizeof(*told->deliveries));
    told->runs = memory_alloc_array(FIRST_CAPACITY, sizeof(*told->runs));
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
    memory_free(told->deliveries);
    memory_free(told->runs);
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
    return !told->run || strcmp(told->run, run) == 0;
}

struct told_delivery *told_find_delivery(const struct told *told,
                                         const unsigned char key[TOLD_KEY_SIZE])
{
    struct told_delivery *slot = find_slot(told->deliveries, told->delivery_capacity, key);

    return slot->is_used ? slot : NULL;
}

struct told_run *told_find_run(const struct told *told, const char *id)
{
    unsigned char key[TOLD_KEY_SIZE];

    run_key(id, strlen(id), key);
    struct told_run *slot = find_run_slot(told->runs, told->run_capacity, key);
    return slot->is_used ? slot : NULL;
}

void told_each_delivery(const struct told *told,
                        void (*each)(void *context, const struct told_delivery *delivery),
                        void *context)
{
    for (size_t i = 0; i < told->delivery_capacity; i++)
        if (told->deliveries[i].is_used)
            each(context, &told->deliveries[i]);
}

void told_each_run(const struct told *told, void (*each)(void *context, const struct told_run *run),
                   void *context)
{
    for (size_t i = 0; i < told->run_capacity; i++)
        if (told->runs[i].is_used)
            each(context, &told->runs[i]);
}
