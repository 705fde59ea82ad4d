#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "base/memory.h"

enum { INTERRUPT_SIGNALS = 3 };

struct loop {
    uv_loop_t uv;
    uv_signal_t signals[INTERRUPT_SIGNALS];
    void (*on_interrupt)(void *context);
    void *interrupt_context;
    struct loop_timer *soon_first, *soon_last; /* timers that are due at once */
    uint64_t turn;
    uv_idle_t keeps_turning; /* while there are any: the loop does not wait */
    uv_check_t after_waiting;
};

struct loop_timer {
    uv_timer_t uv;
    bool is_soon; /* in the loop's list; uv is not active */
    uint64_t set_in_turn;
    struct loop_timer *soon_previous, *soon_next;
    void (*callback)(void *context);
    void *context;
};

struct work {
    uv_work_t uv;
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
};

/* --- when the system has run out of something ------------------------------------------------- */

/* Ends the process as memory_exhausted() does, and for the same reason: work on the pool may be
 * under way, so nothing is unwound, and what stdio holds is not written either. */
static _Noreturn void end(const char *what, const char *why)
{
    dprintf(STDERR_FILENO, "crisis: %s: %s; nothing is lost, `crisis resume` goes on\n", what, why);
    _exit(1);
}

void loop_must(int status, const char *what)
{
    if (status != 0)
        end(what, uv_strerror(status));
}

static void on_abort(int number)
{
    static const char line[] =
        "crisis: a library gave up, most likely for want of threads, memory or "
        "descriptors; nothing is lost, `crisis resume` goes on\n";

    (void)number;
    ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)written; /* there is nobody left to tell */
    _exit(1);
}

/* libuv has no way to say that a thread of its pool cannot be started, or that a socket cannot be
 * watched: it calls abort(). */
static void prepare_libuv(void)
{
    loop_must(uv_replace_allocator(memory_take, memory_resize, memory_alloc_array, memory_free),
              "cannot set the event loop's memory");
    (void)signal(SIGABRT, on_abort); /* a number that is there, and may be handled */
}

/* --- the loop --------------------------------------------------------------------------------- */

static void turn_on(uv_idle_t *idle)
{
    (void)idle;
}

static void run_soon(uv_check_t *check);

static void init_soon(struct loop *loop)
{
    loop->uv.data = loop;
    uv_idle_init(&loop->uv, &loop->keeps_turning); /* these three cannot fail */
    uv_check_init(&loop->uv, &loop->after_waiting);
    uv_check_start(&loop->after_waiting, run_soon);
    loop->after_waiting.data = loop;
    uv_unref((uv_handle_t *)&loop->after_waiting);
}

struct loop *loop_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, prepare_libuv); /* fails for no value that it is given */
    struct loop *loop = memory_alloc(sizeof(*loop));
    loop_must(uv_loop_init(&loop->uv), "cannot make an event loop");
    for (int i = 0; i < INTERRUPT_SIGNALS; i++) {
        loop_must(uv_signal_init(&loop->uv, &loop->signals[i]), "cannot watch signals");
        loop->signals[i].data = loop;
        uv_unref((uv_handle_t *)&loop->signals[i]);
    }
    init_soon(loop);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (int i = 0; i < INTERRUPT_SIGNALS; i++)
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    uv_close((uv_handle_t *)&loop->keeps_turning, NULL);
    uv_close((uv_handle_t *)&loop->after_waiting, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT); /* lets closed handles finish */
    loop_must(uv_loop_close(&loop->uv), "event loop closed while in use");
    memory_free(loop);
}

void loop_end_threads(void)
{
    uv_library_shutdown();
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

struct reading {
    uv_poll_t uv;
    bool is_over;
};

static void reading_over(uv_handle_t *handle)
{
    struct reading *reading = handle->data;
    reading->is_over = true;
}

/* Whatever has happened: whoever reads learns what it was. */
static void on_readable(uv_poll_t *uv, int status, int events)
{
    (void)status;
    (void)events;
    uv_close((uv_handle_t *)uv, reading_over);
}

void loop_run_until_readable(struct loop *loop, int descriptor)
{
    struct reading reading = {.is_over = false};

    if (uv_poll_init(&loop->uv, &reading.uv, descriptor) != 0)
        return; /* a file, which can be read at once */
    reading.uv.data = &reading;
    loop_must(uv_poll_start(&reading.uv, UV_READABLE | UV_DISCONNECT, on_readable),
              "cannot watch the terminal");
    while (!reading.is_over)
        uv_run(&loop->uv, UV_RUN_ONCE);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_unix_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_us() / 1000;
}

int64_t clock_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_worked_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*callback)(void *context), void *context)
{
    struct loop_timer *timer = memory_alloc(sizeof(*timer));
    timer->callback = callback;
    timer->context = context;
    loop_must(uv_timer_init(&loop->uv, &timer->uv), "cannot make a timer");
    timer->uv.data = timer;
    return timer;
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    timer->callback(timer->context);
}

/* libuv 1.44 would call a timer that is set to 0 in a timer's callback in the same turn, before it
 * looks at any socket: what always has more to do would keep everybody else waiting. So such a
 * timer is none of libuv's, and comes after the sockets. */
static void set_soon(struct loop_timer *timer)
{
    struct loop *loop = timer->uv.loop->data;

    if (timer->is_soon)
        return;
    if (!loop->soon_first)
        uv_idle_start(&loop->keeps_turning, turn_on);
    timer->is_soon = true;
    timer->set_in_turn = loop->turn;
    timer->soon_next = NULL;
    timer->soon_previous = loop->soon_last;
    if (loop->soon_last)
        loop->soon_last->soon_next = timer;
    else
        loop->soon_first = timer;
    loop->soon_last = timer;
}

static void unset_soon(struct loop_timer *timer)
{
    struct loop *loop = timer->uv.loop->data;

    if (!timer->is_soon)
        return;
    timer->is_soon = false;
    if (timer->soon_previous)
        timer->soon_previous->soon_next = timer->soon_next;
    else
        loop->soon_first = timer->soon_next;
    if (timer->soon_next)
        timer->soon_next->soon_previous = timer->soon_previous;
    else
        loop->soon_last = timer->soon_previous;
    if (!loop->soon_first)
        uv_idle_stop(&loop->keeps_turning);
}

/* What is set meanwhile has its turn in the next. */
static void run_soon(uv_check_t *check)
{
    struct loop *loop = check->data;

    loop->turn++;
    while (loop->soon_first && loop->soon_first->set_in_turn < loop->turn) {
        struct loop_timer *timer = loop->soon_first;
        unset_soon(timer);
        timer->callback(timer->context);
    }
}

void loop_timer_set(struct loop_timer *timer, int64_t in_ms)
{
    if (in_ms <= 0) {
        uv_timer_stop(&timer->uv);
        set_soon(timer);
        return;
    }
    unset_soon(timer);
    uv_update_time(timer->uv.loop);
    loop_must(uv_timer_start(&timer->uv, on_timer, (uint64_t)in_ms, 0), "cannot start a timer");
}

void loop_timer_stop(struct loop_timer *timer)
{
    unset_soon(timer);
    uv_timer_stop(&timer->uv);
}

static void free_timer(uv_handle_t *handle)
{
    memory_free(handle->data);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    unset_soon(timer);
    uv_close((uv_handle_t *)&timer->uv, free_timer);
}

static void run_work(uv_work_t *uv)
{
    struct work *work = uv->data;
    work->work(work->context);
}

static void work_done(uv_work_t *uv, int status)
{
    (void)status; /* nobody cancels */
    struct work *work = uv->data;
    work->done(work->context);
    memory_free(work);
}

void loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context),
               void *context)
{
    struct work *item = memory_alloc(sizeof(*item));
    item->work = work;
    item->done = done;
    item->context = context;
    item->uv.data = item;
    loop_must(uv_queue_work(&loop->uv, &item->uv, run_work, work_done), "cannot queue work");
}

/* nohup(1) asks for a hang-up not to be heard. */
static bool is_to_be_ignored(int number)
{
    struct sigaction now;
    return number == SIGHUP && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void on_signal(uv_signal_t *uv, int number)
{
    (void)number;
    struct loop *loop = uv->data;
    loop->on_interrupt(loop->interrupt_context);
}

void loop_on_interrupt(struct loop *loop, void (*callback)(void *context), void *context)
{
    static const int numbers[INTERRUPT_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

    loop->on_interrupt = callback;
    loop->interrupt_context = context;
    for (int i = 0; i < INTERRUPT_SIGNALS; i++) {
        if (!callback)
            uv_signal_stop(&loop->signals[i]);
        else if (!is_to_be_ignored(numbers[i]))
            loop_must(uv_signal_start(&loop->signals[i], on_signal, numbers[i]),
                      "cannot watch signals");
    }
}

void *loop_handle(struct loop *loop)
{
    return &loop->uv;
}
