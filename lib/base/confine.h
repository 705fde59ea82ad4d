/*
 * Gives up, for the rest of the process, what it does not need any more: new privileges, system
 * calls, files and listening sockets. It holds for this thread and those it starts: call it before
 * the first thread, and after everything else is open. There is no way back.
 *
 * What the kernel does not have is left out: a message must go out from an old machine too.
 */
#ifndef CRISIS_BASE_CONFINE_H
#define CRISIS_BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

struct text;

enum confine_access {
    CONFINE_LIST,  /* a folder may be opened and read, but no file below it */
    CONFINE_READ,  /* the file, or everything below the folder */
    CONFINE_WRITE, /* and written, made, renamed and removed */
};

struct confine_path {
    const char *path;
    enum confine_access access;
};

struct confinement {
    bool is_built_in;
    bool no_new_privileges;
    bool system_calls; /* the seccomp filter */
    int landlock_abi;  /* files and listening: the version of Landlock; 0: none */
};

/* What this program and this kernel have. */
struct confinement confine_available(void);

/* Leaves the paths (one that is not there is skipped), and what libraries read to find a host, to
 * verify a certificate and to tell the time of a zone. Returns what holds now. */
struct confinement confine_process(const struct confine_path *paths, size_t count);

/* "no new privileges, system call filter, Landlock ABI 7", and what is missing. */
void confinement_describe(const struct confinement *confinement, struct text *out);

#endif
