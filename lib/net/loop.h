/*
 * The event loop: timers, signals, a pool for blocking work, and the only clock. One thread runs
 * it; every callback comes on that thread.
 */
#ifndef CRISIS_NET_LOOP_H
#define CRISIS_NET_LOOP_H

#include <stdint.h>

struct loop;
struct loop_timer;

/* Never NULL: a system that cannot give a loop ends the process, with a line on standard error and
 * exit code 1; so does one that lets libuv abort, for want of a thread for example. */
struct loop *loop_new(void);
void loop_free(struct loop *loop); /* everything on it must have been stopped; NULL is fine */
/* Waits for the threads of the pool to end; there is no loop any more. Left to the end of the
 * process they outlive OpenSSL, which then does not free what it holds for each of them. */
void loop_end_threads(void);

/* Runs until loop_stop, or until nothing is left that could call back. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Runs until something can be read from a terminal or a pipe, or it has ended. */
void loop_run_until_readable(struct loop *loop, int descriptor);
/* Waits for one thing to happen, and lets it. */
void loop_turn(struct loop *loop);

/* Monotonic time for waiting; it does not jump when somebody sets the clock. */
int64_t loop_now_ms(const struct loop *loop);
/* The wall clock. */
int64_t clock_unix_ms(void);
/* Monotonic, without a loop, since an arbitrary start. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
/* What the threads of this process have taken of the processors' time. */
int64_t clock_worked_us(void);

/* A timer that calls back once, `in_ms` from now; setting it again moves it. 0 is the next turn of
 * the loop, when whatever else is due has been heard. */
struct loop_timer *loop_timer_new(struct loop *loop, void (*callback)(void *context),
                                  void *context);
void loop_timer_set(struct loop_timer *timer, int64_t in_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* NULL is fine */

/* Runs work() on the pool, then done() on the loop. Both get the context. */
void loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context),
               void *context);

/* Calls back each time SIGINT, SIGTERM or SIGHUP arrives, until it is set to NULL: then signals do
 * again what they did before. A SIGHUP that was ignored stays so. It does not keep the loop
 * running. */
void loop_on_interrupt(struct loop *loop, void (*callback)(void *context), void *context);

/* For lib/net only: ends the process when status, which libuv returned, says that something could
 * not be done. It has run out of memory or descriptors then. */
void loop_must(int status, const char *what);

/* For lib/net only: the uv_loop_t. */
void *loop_handle(struct loop *loop);

#endif
