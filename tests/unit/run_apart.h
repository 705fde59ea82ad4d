/* Limits, dump flags and confinements belong to a process, and there is no way back from them: what
 * is tried with them has a process of its own. */
#ifndef CRISIS_TESTS_UNIT_RUN_APART_H
#define CRISIS_TESTS_UNIT_RUN_APART_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns what `check` did: the number of the check that failed, 0 when all hold. */
static inline int run_apart(int (*check)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(check());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#endif
