#include "cmd/witnessing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/note.h"
#include "audit/witness.h"
#include "base/file.h"
#include "base/language.h"
#include "base/memory.h"
#include "report/stored_words.h"

#include "cmd/output.h"

enum { TRIES_MAX = 3, MEMORY_MAX_BYTES = 16 * 1024, CONTENT_TYPE_SIZE = 128 };

static const char memory_name[] = "audit/.witnesses";

enum witness_job { JOB_NONE, JOB_PREPARE, JOB_JOIN, JOB_STOP };

/* The pool touches a witness only while it has a job, and the loop only while it has none. */
struct asked_witness {
    const struct config_witness *config;
    struct witnessing *all;
    uint64_t known_size; /* entries that it knows; 0: unknown */
    bool has_said;       /* that, itself and to this process; else it is only remembered */
    unsigned tries;
    enum witness_job wanted, job;
    bool is_ready, is_asking;
    bool is_told; /* one complaint a run is enough */
    struct text checkpoint, body, lines;
    size_t text_size;  /* of the checkpoint's text */
    uint64_t size;     /* its entries */
    uint64_t old_size; /* from which consistency was proven to it */
};

struct witnessing {
    const struct workspace *workspace;
    struct asked_witness *witnesses;
    size_t count;
    int64_t asked_unix_ms;
    bool is_changed;
    struct error fork; /* set when the log was stopped */
    void (*on_news)(void *context);
    void *context;
};

/* --- what is remembered ---------------------------------------------------------------------- */

static void remember_line(struct witnessing *witnessing, const char *line)
{
    char name[NOTE_NAME_MAX_BYTES + 1];
    uint64_t size;

    if (sscanf(line, "asked %" SCNd64, &witnessing->asked_unix_ms) == 1)
        return;
    if (sscanf(line, "known %" SCNu64 " %255s", &size, name) != 2)
        return;
    for (size_t i = 0; i < witnessing->count; i++)
        if (strcmp(witnessing->witnesses[i].config->key.name, name) == 0)
            witnessing->witnesses[i].known_size = size;
}

/* Only a help: what is wrong or missing costs one more question. */
static void load(struct witnessing *witnessing)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct text bytes;

    if (file_read(workspace_file(witnessing->workspace, arena, memory_name), MEMORY_MAX_BYTES,
                  &bytes, &ignored) == 0)
        for (const char *at = bytes.bytes; *at; at += strcspn(at, "\n"), at += *at == '\n')
            remember_line(witnessing, at);
    text_release(&bytes);
    arena_free(arena);
}

void witnessing_save(struct witnessing *witnessing)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct text bytes;

    text_init(&bytes, MEMORY_MAX_BYTES);
    text_addf(&bytes, "asked %" PRId64 "\n", witnessing->asked_unix_ms);
    for (size_t i = 0; i < witnessing->count; i++)
        text_addf(&bytes, "known %" PRIu64 " %s\n", witnessing->witnesses[i].known_size,
                  witnessing->witnesses[i].config->key.name);
    /* What cannot be kept costs one more question the next time. */
    if (witnessing->is_changed)
        (void)file_replace(workspace_file(witnessing->workspace, arena, memory_name), bytes.bytes,
                           bytes.length, 0644, &ignored);
    witnessing->is_changed = false;
    text_release(&bytes);
    arena_free(arena);
}

/* --- life ------------------------------------------------------------------------------------ */

struct witnessing *witnessing_new(const struct workspace *workspace, void (*on_news)(void *context),
                                  void *context)
{
    const struct config *config = workspace->config;

    if (config->witness_count == 0)
        return NULL;
    struct witnessing *witnessing = memory_alloc(sizeof(*witnessing));
    witnessing->workspace = workspace;
    witnessing->on_news = on_news;
    witnessing->context = context;
    witnessing->count = config->witness_count;
    witnessing->witnesses = memory_alloc_array(witnessing->count, sizeof(struct asked_witness));
    for (size_t i = 0; i < witnessing->count; i++) {
        struct asked_witness *witness = &witnessing->witnesses[i];
        witness->config = &config->witnesses[i];
        witness->all = witnessing;
        text_init(&witness->checkpoint, NOTE_MAX_BYTES);
        text_init(&witness->body, WITNESS_REQUEST_MAX_BYTES);
        text_init(&witness->lines, WITNESS_REPLY_MAX_BYTES);
    }
    load(witnessing);
    return witnessing;
}

void witnessing_free(struct witnessing *witnessing)
{
    if (!witnessing)
        return;
    for (size_t i = 0; i < witnessing->count; i++) {
        text_release(&witnessing->witnesses[i].checkpoint);
        text_release(&witnessing->witnesses[i].body);
        text_release(&witnessing->witnesses[i].lines);
    }
    memory_free(witnessing->witnesses);
    memory_free(witnessing);
}

/* --- what is to be done ---------------------------------------------------------------------- */

static bool is_busy(const struct asked_witness *witness)
{
    return witness->wanted != JOB_NONE || witness->job != JOB_NONE || witness->is_asking;
}

int64_t witnessing_asked_unix_ms(const struct witnessing *witnessing)
{
    return witnessing->asked_unix_ms;
}

void witnessing_want(struct witnessing *witnessing, int64_t unix_ms)
{
    witnessing->asked_unix_ms = unix_ms;
    for (size_t i = 0; i < witnessing->count && !witnessing_fork(witnessing); i++)
        if (!is_busy(&witnessing->witnesses[i])) {
            witnessing->witnesses[i].wanted = JOB_PREPARE;
            witnessing->witnesses[i].tries = 0;
        }
}

bool witnessing_is_busy(const struct witnessing *witnessing)
{
    for (size_t i = 0; i < witnessing->count; i++)
        if (is_busy(&witnessing->witnesses[i]))
            return true;
    return false;
}

bool witnessing_begin_work(struct witnessing *witnessing)
{
    bool has_work = false;

    for (size_t i = 0; i < witnessing->count; i++) {
        struct asked_witness *witness = &witnessing->witnesses[i];
        witness->job = witness->wanted;
        witness->wanted = JOB_NONE;
        has_work = has_work || witness->job != JOB_NONE;
    }
    return has_work;
}

/* --- on the pool ----------------------------------------------------------------------------- */

/*
 * What a witness says is taken for a fork only when nothing else can be meant by it:
 *
 * - It knows more entries than the checkpoint has that stands here after it has said so. It takes
 *   nothing but what the log's key has signed, and that was on disk here before it was sent.
 * - It was given a proof that holds, from as many entries as it knows, and refuses that (422), or
 *   (409) the checkpoint of just that size: it knows the same number of entries, and other ones.
 *
 * What is remembered of earlier answers is not enough for that: the witness is asked again.
 */
static int stop(struct asked_witness *witness, struct published_log *log, struct error *error)
{
    struct log_fork fork = {.remembered = witness->known_size, .size = witness->size};
    struct checkpoint checkpoint;
    struct text ignored;

    text_init(&ignored, NOTE_MAX_BYTES);
    int result = published_log_checkpoint(log, &ignored, &checkpoint, error);
    text_release(&ignored);
    if (result < 0)
        return -1;
    memcpy(fork.origin, checkpoint.origin, sizeof(fork.origin));
    (void)snprintf(fork.witness, sizeof(fork.witness), "%s", witness->config->key.name);
    return published_log_stop(log, &fork, &witness->all->fork);
}

/* The request for the checkpoint at hand; none when the witness has signed it already. */
static int prepare(struct asked_witness *witness, struct published_log *log, struct error *error)
{
    struct checkpoint checkpoint;
    struct proof proof;
    struct note note;
    uint64_t size;

    text_reset(&witness->checkpoint);
    text_reset(&witness->body);
    if (published_log_checkpoint(log, &witness->checkpoint, &checkpoint, error) < 0 ||
        note_parse(witness->checkpoint.bytes, witness->checkpoint.length, &note, error) < 0)
        return -1;
    witness->text_size = note.text_size;
    witness->size = checkpoint.size;
    if (note_verify(&note, &witness->config->key, 1, NULL, error) == 0)
        return 0;
    error_clear(error);
    if (witness->known_size > checkpoint.size && witness->has_said)
        return stop(witness, log, error);
    witness->old_size = witness->known_size <= checkpoint.size ? witness->known_size : 0;
    if (published_log_consistency(log, witness->old_size, &proof, &size, error) < 0)
        return -1;
    /* Another process may have published in between: then the proof is of another size. */
    witness->is_ready = size == checkpoint.size &&
                        witness_request_add(&witness->body, witness->old_size, &proof,
                                            witness->checkpoint.bytes, witness->checkpoint.length);
    return 0;
}

void witnessing_work(struct witnessing *witnessing, struct published_log *log)
{
    struct error ignored = {0}; /* the next publication finds the same, and tells it */

    for (size_t i = 0; i < witnessing->count; i++) {
        struct asked_witness *witness = &witnessing->witnesses[i];
        error_clear(&ignored);
        witness->is_ready = false;
        if (witness->job == JOB_JOIN)
            (void)published_log_add_cosignatures(log, witness->checkpoint.bytes, witness->text_size,
                                                 witness->lines.bytes, witness->lines.length,
                                                 &ignored);
        else if (witness->job == JOB_PREPARE)
            (void)prepare(witness, log, &ignored);
        else if (witness->job == JOB_STOP)
            (void)stop(witness, log, &ignored);
    }
}

const struct error *witnessing_fork(const struct witnessing *witnessing)
{
    return witnessing->fork.kind == ERROR_NONE ? NULL : &witnessing->fork;
}

/* --- on the loop ----------------------------------------------------------------------------- */

static void tell(struct asked_witness *witness, const char *what)
{
    if (!witness->is_told)
        output_warning(_("the witness '%s' has not cosigned the audit log: %s"),
                       witness->config->key.name, what);
    witness->is_told = true;
}

/* Whether the witness knows as many entries as it was proven to, and other ones. */
static bool knows_others(const struct asked_witness *witness, const struct witness_reply *answer)
{
    if (witness->old_size == 0)
        return false;
    return answer->answer == WITNESS_INCONSISTENT ||
           (answer->answer == WITNESS_KNOWS_SIZE && answer->size == witness->old_size &&
            witness->old_size == witness->size);
}

static void act_on(struct asked_witness *witness, const struct witness_reply *answer)
{
    witness->has_said = answer->answer == WITNESS_KNOWS_SIZE;
    if (answer->answer == WITNESS_COSIGNED || witness->has_said) {
        witness->known_size = witness->has_said ? answer->size : witness->size;
        witness->all->is_changed = true;
    }
    if (answer->answer == WITNESS_COSIGNED) {
        witness->wanted = JOB_JOIN;
    } else if (knows_others(witness, answer)) {
        witness->known_size = witness->old_size;
        witness->wanted = JOB_STOP;
    } else if (witness->has_said && ++witness->tries < TRIES_MAX) {
        witness->wanted = JOB_PREPARE;
    } else {
        tell(witness, translated(witness_answer_text(answer->answer)));
    }
}

static void take_reply(struct asked_witness *witness, const struct http_reply *reply)
{
    const struct witness_question question = {
        .text = witness->checkpoint.bytes,
        .text_size = witness->text_size,
        .witness = &witness->config->key,
    };
    char type[CONTENT_TYPE_SIZE];
    struct witness_reply answer;
    bool has_type = http_reply_header(reply, "content-type", type, sizeof(type));

    text_reset(&witness->lines);
    witness_reply_read(&question, reply->status, has_type ? type : NULL, reply->body,
                       reply->body_size, &answer, &witness->lines);
    act_on(witness, &answer);
}

static void on_reply(void *context, const struct http_reply *reply,
                     const struct http_failure *failure)
{
    struct asked_witness *witness = context;

    witness->is_asking = false;
    if (failure)
        tell(witness, stored_in_words(failure->message).words);
    else
        take_reply(witness, reply);
    witness->all->on_news(witness->all->context);
}

static void ask(struct asked_witness *witness, struct http_client *http)
{
    struct http_request request;

    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_REPEATABLE);
    text_addf(&request.url, "%s/add-checkpoint", witness->config->url);
    http_request_header(&request, "Content-Type", "text/plain; charset=utf-8");
    text_add_bytes(&request.body, witness->body.bytes, witness->body.length);
    if (http_request_is_whole(&request)) {
        witness->is_asking = true;
        witness->all->is_changed = true;
        http_client_send(http, &request, on_reply, witness);
    }
    http_request_release(&request);
}

void witnessing_ask(struct witnessing *witnessing, struct http_client *http)
{
    for (size_t i = 0; i < witnessing->count; i++) {
        struct asked_witness *witness = &witnessing->witnesses[i];
        bool is_prepared = witness->job == JOB_PREPARE;
        witness->job = JOB_NONE;
        if (is_prepared && witness->is_ready && http)
            ask(witness, http);
    }
}

void witnessing_drop(struct witnessing *witnessing)
{
    for (size_t i = 0; i < witnessing->count; i++)
        witnessing->witnesses[i].is_asking = false;
}
