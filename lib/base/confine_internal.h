/* The parts of the confinement: confine_filter.c (system calls), confine_landlock.c (files). */
#ifndef CRISIS_BASE_CONFINE_INTERNAL_H
#define CRISIS_BASE_CONFINE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/confine.h"

/* LeakSanitizer stops the threads of a process at its end from a clone of it, with ptrace, and
 * reports read the program's own file: a build with it keeps these. */
#if defined(__SANITIZE_ADDRESS__)
#define CONFINE_FOR_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONFINE_FOR_SANITIZER 1
#endif
#endif
#ifndef CONFINE_FOR_SANITIZER
#define CONFINE_FOR_SANITIZER 0
#endif

bool confine_filter_is_available(void);
/* Refuses system calls with EPERM, in all threads. False: the kernel did not take the filter. */
bool confine_filter_start(void);

struct confine_ruleset {
    int descriptor; /* -1: none */
    int abi;
    bool failed; /* a rule could not be added: what it allows would be missed */
};

int confine_landlock_abi(void); /* 0: none */
void confine_landlock_begin(struct confine_ruleset *ruleset);
void confine_landlock_allow(struct confine_ruleset *ruleset, const char *path,
                            enum confine_access access);
/* Makes the rules hold, and closes the ruleset. Returns the ABI, 0: they do not hold. */
int confine_landlock_end(struct confine_ruleset *ruleset);

#endif
