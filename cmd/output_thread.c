#include "cmd/output_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAITING_MAX_BYTES = 16 * 1024 * 1024, FIRST_BYTES = 64 * 1024 };

/* Bytes for one descriptor, and what comes after them. */
struct piece {
    int descriptor;
    size_t size_bytes;
};

struct queue {
    char *bytes; /* pieces, each with its bytes behind it */
    size_t used, room;
};

/* One for each stream, which glibc gives back to our functions. */
struct stream {
    int descriptor;
    FILE *before, *now;
    bool has_failed; /* under the mutex */
};

static struct stream out = {.descriptor = STDOUT_FILENO}, err = {.descriptor = STDERR_FILENO};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static struct queue waiting; /* under the mutex */
static bool is_ending;       /* under the mutex */
static bool is_held, is_running;
static pthread_t thread;

/* --- the thread ------------------------------------------------------------------------------ */

static bool write_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return true;
}

static void write_pieces(const struct queue *queue)
{
    struct piece piece;

    for (size_t at = 0; at < queue->used; at += piece.size_bytes) {
        memcpy(&piece, queue->bytes + at, sizeof(piece));
        at += sizeof(piece);
        struct stream *stream = piece.descriptor == STDOUT_FILENO ? &out : &err;
        if (write_all(piece.descriptor, queue->bytes + at, piece.size_bytes))
            continue;
        pthread_mutex_lock(&mutex);
        stream->has_failed = true;
        pthread_mutex_unlock(&mutex);
    }
}

static void *write_what_waits(void *unused)
{
    struct queue taken = {0}, empty;

    pthread_mutex_lock(&mutex);
    for (;;) {
        while (waiting.used == 0 && !is_ending)
            pthread_cond_wait(&filled, &mutex);
        if (waiting.used == 0)
            break;
        empty = (struct queue){taken.bytes, 0, taken.room};
        taken = waiting;
        waiting = empty;
        pthread_cond_signal(&emptied);
        pthread_mutex_unlock(&mutex);
        write_pieces(&taken);
        pthread_mutex_lock(&mutex);
    }
    pthread_mutex_unlock(&mutex);
    free(taken.bytes);
    return unused;
}

/* --- what is printed ------------------------------------------------------------------------- */

static bool make_room(struct queue *queue, size_t more)
{
    size_t room = queue->room ? queue->room : FIRST_BYTES;

    while (room < queue->used + more)
        room *= 2;
    if (room == queue->room)
        return true;
    char *bytes = realloc(queue->bytes, room);
    if (!bytes)
        return false;
    queue->bytes = bytes;
    queue->room = room;
    return true;
}

/* The write function of fopencookie(3): 0 is a failure there. */
static ssize_t take(void *cookie, const char *bytes, size_t size)
{
    struct stream *stream = cookie;
    struct piece piece = {stream->descriptor, size};
    ssize_t result = 0;

    pthread_mutex_lock(&mutex);
    while (waiting.used > 0 && waiting.used + size > WAITING_MAX_BYTES)
        pthread_cond_wait(&emptied, &mutex);
    if (!stream->has_failed && make_room(&waiting, sizeof(piece) + size)) {
        memcpy(waiting.bytes + waiting.used, &piece, sizeof(piece));
        memcpy(waiting.bytes + waiting.used + sizeof(piece), bytes, size);
        waiting.used += sizeof(piece) + size;
        pthread_cond_signal(&filled);
        result = (ssize_t)size;
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

static bool open_stream(struct stream *stream, FILE *before, int buffering)
{
    stream->before = before;
    stream->has_failed = false;
    stream->now = fopencookie(stream, "w", (cookie_io_functions_t){.write = take});
    return stream->now && setvbuf(stream->now, NULL, buffering, BUFSIZ) == 0;
}

/* Whether nothing was lost. */
static bool close_stream(struct stream *stream)
{
    bool is_whole = !stream->now || fclose(stream->now) == 0;
    stream->now = NULL;
    return is_whole;
}

/* Signals are the other thread's. */
static bool start_thread(void)
{
    sigset_t all, before;

    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    bool is_started = pthread_create(&thread, NULL, write_what_waits, NULL) == 0;
    return pthread_sigmask(SIG_SETMASK, &before, NULL) == 0 && is_started;
}

void output_thread_hold(void)
{
    if (is_held)
        return;
    fflush(stdout);
    fflush(stderr);
    is_ending = false;
    is_held = open_stream(&out, stdout, _IOFBF) && open_stream(&err, stderr, _IOLBF);
    if (is_held) {
        stdout = out.now; /* glibc lets its variables be set */
        stderr = err.now;
        return;
    }
    close_stream(&out);
    close_stream(&err);
}

/* Whether nothing of standard output was lost. */
static bool release(void)
{
    bool is_whole = !ferror(stdout);

    stdout = out.before;
    stderr = err.before;
    is_whole = close_stream(&out) && is_whole;
    close_stream(&err);
    is_held = false;
    return is_whole;
}

static bool write_rest(void)
{
    write_pieces(&waiting);
    free(waiting.bytes);
    waiting = (struct queue){0};
    return !out.has_failed;
}

void output_thread_start(void)
{
    output_thread_hold();
    if (!is_held || is_running)
        return;
    is_running = start_thread();
    if (!is_running) {
        release();
        write_rest();
    }
}

bool output_thread_end(void)
{
    if (!is_held)
        return true;
    bool is_whole = release();
    if (is_running) {
        pthread_mutex_lock(&mutex);
        is_ending = true;
        pthread_cond_signal(&filled);
        pthread_mutex_unlock(&mutex);
        pthread_join(thread, NULL);
        is_running = false;
    }
    return write_rest() && is_whole;
}
