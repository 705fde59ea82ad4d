/*
 * While a send is under way, what is printed is written by a thread of its own: whoever does not
 * read (a pager, a terminal held with Ctrl-S, a full pipe) must not hold the messages up.
 */
#ifndef CRISIS_CMD_OUTPUT_THREAD_H
#define CRISIS_CMD_OUTPUT_THREAD_H

#include <stdbool.h>

/* From now on what is printed is kept, up to 16 MiB of it; then printing waits. */
void output_thread_hold(void);

/* A thread writes what is kept, in order, from now on; holds first if need be. Where there is no
 * thread to be had, printing waits for its reader as it did before. */
void output_thread_start(void);

/* Waits until all is written, and all is as before. false: something for standard output could not
 * be written. Where nothing is held it does nothing, and is true. */
bool output_thread_end(void);

#endif
