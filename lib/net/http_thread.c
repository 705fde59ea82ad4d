/*
 * A lane with a thread and a loop of its own. The caller's thread and this one share two lists: of
 * errands to be run, and of those that are over. An errand belongs to one of the two threads at any
 * time, and changes hands with its list, under the mutex. Each wakes the other's loop.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include <uv.h>

#include "base/kept_blocks.h"
#include "base/memory.h"

#include "net/http_internal.h"
#include "net/loop.h"

enum errand_kind {
    ERRAND_SEND,
    ERRAND_CONNECT,
    ERRAND_LIMIT,
    ERRAND_CANCEL_UNSENT,
    ERRAND_DROP_ALL,
    ERRAND_END,
    ERRAND_HOST_KNOWN, /* the thread's to the caller */
};

struct errand {
    enum errand_kind kind;
    struct http_thread *thread;
    char *origin;
    struct http_request request;
    size_t connections_max;
    http_done *done;
    void *context;
    /* What came of it. */
    bool is_answered;
    struct http_reply reply; /* its strings are the errand's */
    bool has_failed;
    struct http_failure failure;
    enum host_protocol protocol;
    int64_t certified_until_unix_ms;
    uint64_t connections_opened;    /* of the lane, so far */
    struct errand *next;            /* in one of the two lists */
    struct errand *before, *behind; /* of those that the thread is about */
};

struct errands {
    struct errand *first, **end;
};

struct http_thread {
    pthread_mutex_t mutex;
    pthread_cond_t has_obeyed;
    struct errands to_run, over; /* under the mutex, as the next */
    uint64_t obeyed;             /* orders that the caller waits for */

    /* The caller's. */
    uv_async_t *answered; /* on its loop, which frees it */
    struct http_listener listener;
    size_t outstanding; /* errands that somebody waits for */
    uint64_t ordered;
    uint64_t connections_opened;
    pthread_t id;

    /* The thread's, from its start. */
    struct loop *loop;
    struct http_lane *lane;
    uv_async_t called;
    struct errand *about; /* under way */
};

/* --- errands --------------------------------------------------------------------------------- */

static struct errand *errand_new(struct http_thread *thread, enum errand_kind kind,
                                 const char *origin)
{
    struct errand *errand = memory_alloc(sizeof(*errand));
    errand->kind = kind;
    errand->thread = thread;
    errand->origin = origin ? memory_strdup(origin) : NULL;
    http_request_init(&errand->request);
    return errand;
}

/* An answer may hold a credential, as a request does. */
static void errand_free(struct errand *errand)
{
    http_request_release(&errand->request);
    memory_free_wiped((void *)(uintptr_t)errand->reply.headers);
    memory_free_wiped((void *)(uintptr_t)errand->reply.body);
    memory_free(errand->origin);
    memory_free(errand);
}

static void append(struct errands *list, struct errand *errand)
{
    errand->next = NULL;
    *list->end = errand;
    list->end = &errand->next;
}

static struct errand *take_all(struct http_thread *thread, struct errands *list)
{
    (void)pthread_mutex_lock(&thread->mutex); /* fails for a wrong mutex only, as all of these */
    struct errand *first = list->first;
    *list = (struct errands){.end = &list->first};
    (void)pthread_mutex_unlock(&thread->mutex);
    return first;
}

static void hand_over(struct http_thread *thread, struct errands *list, struct errand *errand,
                      uv_async_t *wake)
{
    (void)pthread_mutex_lock(&thread->mutex);
    append(list, errand);
    (void)pthread_mutex_unlock(&thread->mutex);
    loop_must(uv_async_send(wake), "cannot wake a thread");
}

/* --- in the thread --------------------------------------------------------------------------- */

static void go_about(struct errand *errand)
{
    struct http_thread *thread = errand->thread;

    errand->behind = thread->about;
    if (thread->about)
        thread->about->before = errand;
    thread->about = errand;
}

static void leave_off(struct errand *errand)
{
    if (errand->before)
        errand->before->behind = errand->behind;
    else
        errand->thread->about = errand->behind;
    if (errand->behind)
        errand->behind->before = errand->before;
}

static char *copy(const char *bytes, size_t size_bytes)
{
    char *made = memory_take(size_bytes + 1);
    memcpy(made, bytes, size_bytes);
    made[size_bytes] = '\0';
    return made;
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct errand *errand = context;
    struct http_thread *thread = errand->thread;

    leave_off(errand);
    if (reply) {
        errand->is_answered = true;
        errand->reply = *reply;
        errand->reply.headers = copy(reply->headers, strlen(reply->headers));
        errand->reply.body = copy(reply->body, reply->body_size);
    } else if (failure) {
        errand->has_failed = true;
        errand->failure = *failure;
    }
    errand->connections_opened = http_lane_connections_opened(thread->lane);
    hand_over(thread, &thread->over, errand, thread->answered);
}

static void on_known(void *context, const char *origin, enum host_protocol protocol,
                     int64_t certified_until_unix_ms)
{
    struct http_thread *thread = context;
    struct errand *notice = errand_new(thread, ERRAND_HOST_KNOWN, origin);

    notice->protocol = protocol;
    notice->certified_until_unix_ms = certified_until_unix_ms;
    hand_over(thread, &thread->over, notice, thread->answered);
}

static void drop_all(struct http_thread *thread)
{
    http_lane_drop_all(thread->lane);
    while (thread->about) {
        struct errand *errand = thread->about;
        leave_off(errand);
        errand_free(errand);
    }
}

static void tell_obeyed(struct http_thread *thread)
{
    (void)pthread_mutex_lock(&thread->mutex);
    thread->obeyed++;
    (void)pthread_cond_signal(&thread->has_obeyed);
    (void)pthread_mutex_unlock(&thread->mutex);
}

static void run_errand(struct http_thread *thread, struct errand *errand)
{
    switch (errand->kind) {
    case ERRAND_SEND:
        go_about(errand);
        http_lane_send(thread->lane, errand->origin, &errand->request, on_done, errand);
        http_request_release(&errand->request); /* the lane has its own */
        http_request_init(&errand->request);
        return;
    case ERRAND_CONNECT:
        go_about(errand);
        http_lane_connect(thread->lane, errand->origin, on_done, errand);
        return;
    case ERRAND_LIMIT:
        http_lane_limit(thread->lane, errand->connections_max);
        break;
    case ERRAND_CANCEL_UNSENT:
        http_lane_cancel_unsent(thread->lane);
        tell_obeyed(thread);
        break;
    case ERRAND_DROP_ALL:
        drop_all(thread);
        tell_obeyed(thread);
        break;
    case ERRAND_END:
        loop_stop(thread->loop);
        break;
    case ERRAND_HOST_KNOWN:
        break; /* never in this direction */
    }
    errand_free(errand);
}

static void on_called(uv_async_t *called)
{
    struct http_thread *thread = called->data;
    struct errand *next;

    for (struct errand *errand = take_all(thread, &thread->to_run); errand; errand = next) {
        next = errand->next;
        run_errand(thread, errand);
    }
}

static void *run(void *context)
{
    struct http_thread *thread = context;

    (void)pthread_setname_np(pthread_self(), "crisis-net"); /* for top(1); short enough */
    kept_blocks_begin();
    loop_run(thread->loop);
    drop_all(thread);
    http_lane_free(thread->lane);
    uv_close((uv_handle_t *)&thread->called, NULL);
    loop_free(thread->loop);
    kept_blocks_end();
    return NULL;
}

/* --- in the caller's ------------------------------------------------------------------------- */

/* What somebody waits for keeps the loop running. */
static void expect(struct http_thread *thread)
{
    if (thread->outstanding++ == 0)
        uv_ref((uv_handle_t *)thread->answered);
}

static void take_answer(struct http_thread *thread, struct errand *errand)
{
    if (errand->kind == ERRAND_HOST_KNOWN) {
        thread->listener.on_known(thread->listener.context, errand->origin, errand->protocol,
                                  errand->certified_until_unix_ms);
        return;
    }
    thread->connections_opened = errand->connections_opened;
    if (--thread->outstanding == 0)
        uv_unref((uv_handle_t *)thread->answered);
    errand->done(errand->context, errand->is_answered ? &errand->reply : NULL,
                 errand->has_failed ? &errand->failure : NULL);
}

static void take_answers(struct http_thread *thread)
{
    struct errand *next;

    for (struct errand *errand = take_all(thread, &thread->over); errand; errand = next) {
        next = errand->next;
        take_answer(thread, errand);
        errand_free(errand);
    }
}

static void on_answered(uv_async_t *answered)
{
    take_answers(answered->data);
}

/* All signals are for the caller's thread. */
static int start(struct http_thread *thread)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* fails for a wrong argument only */
    int result = pthread_create(&thread->id, NULL, run, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result == 0 ? 0 : -1;
}

static void free_handle(uv_handle_t *handle)
{
    memory_free(handle);
}

/* Its loop and its lane are gone, or never were used by it. */
static void release(struct http_thread *thread)
{
    struct errand *next;

    for (struct errand *errand = take_all(thread, &thread->over); errand; errand = next) {
        next = errand->next;
        errand_free(errand);
    }
    uv_close((uv_handle_t *)thread->answered, free_handle);
    (void)pthread_cond_destroy(&thread->has_obeyed);
    (void)pthread_mutex_destroy(&thread->mutex);
    memory_free(thread);
}

struct http_thread *http_thread_new(struct loop *loop, const struct http_settings *settings,
                                    const struct http_listener *listener)
{
    struct http_thread *thread = memory_alloc(sizeof(*thread));
    const struct http_listener own = {.on_known = on_known, .context = thread};

    loop_must(-pthread_mutex_init(&thread->mutex, NULL), "cannot make a lock");
    loop_must(-pthread_cond_init(&thread->has_obeyed, NULL), "cannot make a lock");
    thread->to_run.end = &thread->to_run.first;
    thread->over.end = &thread->over.first;
    thread->listener = *listener;
    thread->answered = memory_alloc(sizeof(*thread->answered));
    loop_must(uv_async_init(loop_handle(loop), thread->answered, on_answered),
              "cannot make an event loop");
    thread->answered->data = thread;
    uv_unref((uv_handle_t *)thread->answered);
    thread->loop = loop_new();
    loop_must(uv_async_init(loop_handle(thread->loop), &thread->called, on_called),
              "cannot make an event loop");
    thread->called.data = thread;
    thread->lane = http_lane_new(thread->loop, settings, &own);
    if (start(thread) == 0)
        return thread;
    http_lane_free(thread->lane);
    uv_close((uv_handle_t *)&thread->called, NULL);
    loop_free(thread->loop);
    release(thread);
    return NULL;
}

static void call(struct http_thread *thread, struct errand *errand)
{
    hand_over(thread, &thread->to_run, errand, &thread->called);
}

void http_thread_send(struct http_thread *thread, const char *origin, struct http_request *request,
                      http_done *done, void *context)
{
    struct errand *errand = errand_new(thread, ERRAND_SEND, origin);

    errand->request = *request;
    http_request_init(request);
    errand->done = done;
    errand->context = context;
    expect(thread);
    call(thread, errand);
}

void http_thread_connect(struct http_thread *thread, const char *origin, http_done *done,
                         void *context)
{
    struct errand *errand = errand_new(thread, ERRAND_CONNECT, origin);

    errand->done = done;
    errand->context = context;
    expect(thread);
    call(thread, errand);
}

void http_thread_limit(struct http_thread *thread, size_t connections_max)
{
    struct errand *errand = errand_new(thread, ERRAND_LIMIT, NULL);

    errand->connections_max = connections_max;
    call(thread, errand);
}

/* Orders come after what was called for before: nothing is on its way to the thread any more. */
static void order(struct http_thread *thread, enum errand_kind kind)
{
    uint64_t number = ++thread->ordered;

    call(thread, errand_new(thread, kind, NULL));
    (void)pthread_mutex_lock(&thread->mutex);
    while (thread->obeyed < number)
        (void)pthread_cond_wait(&thread->has_obeyed, &thread->mutex);
    (void)pthread_mutex_unlock(&thread->mutex);
}

void http_thread_cancel_unsent(struct http_thread *thread)
{
    order(thread, ERRAND_CANCEL_UNSENT);
    take_answers(thread);
}

void http_thread_drop_all(struct http_thread *thread)
{
    struct errand *next;

    order(thread, ERRAND_DROP_ALL);
    for (struct errand *errand = take_all(thread, &thread->over); errand; errand = next) {
        next = errand->next;
        if (errand->kind == ERRAND_HOST_KNOWN)
            take_answer(thread, errand);
        else
            thread->connections_opened = errand->connections_opened;
        errand_free(errand);
    }
    thread->outstanding = 0;
    uv_unref((uv_handle_t *)thread->answered);
}

uint64_t http_thread_connections_opened(const struct http_thread *thread)
{
    return thread->connections_opened;
}

/* The caller's loop runs its part of the closing in its next turn. */
void http_thread_free(struct http_thread *thread)
{
    call(thread, errand_new(thread, ERRAND_END, NULL));
    (void)pthread_join(thread->id, NULL); /* it was made, and nobody else waits for it */
    release(thread);
}
