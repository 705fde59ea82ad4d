#include "base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/language.h"

/* Processes that die with this one may still be writing: so often, this long apart. */
enum { REMOVALS_MAX = 50, REMOVALS_APART_NS = 100 * 1000 * 1000 };

static int make(const char *name, struct temporary_folder *out, struct error *error)
{
    const char *base = secure_getenv("TMPDIR");
    int length = snprintf(out->path, sizeof(out->path), "%s/%s-XXXXXX",
                          base && base[0] == '/' ? base : "/tmp", name);

    if (length > 0 && (size_t)length < sizeof(out->path) && mkdtemp(out->path))
        return 0;
    out->path[0] = '\0';
    error_set(error, ERROR_SYSTEM, _("cannot make a folder for temporary files: %s"),
              error_errno(errno));
    return error_next(error, _("TMPDIR may name a folder where this user may write"));
}

/* In the keeper: no descriptor of its parent's stays open, and what ends its parent from a terminal
 * does not end it. */
static _Noreturn void keep(const char *path, int alive)
{
    sigset_t all;
    char nothing;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)setsid();
    if (dup2(alive, STDIN_FILENO) < 0)
        _exit(1);
    (void)close_range(STDIN_FILENO + 1, ~0U, 0);
    while (read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR)
        continue;
    for (int i = 0; i < REMOVALS_MAX && folder_remove(path) < 0; i++) {
        const struct timespec apart = {.tv_nsec = REMOVALS_APART_NS};
        (void)nanosleep(&apart, NULL);
    }
    _exit(0);
}

int temporary_folder_new(const char *name, struct temporary_folder *out, struct error *error)
{
    int ends[2];

    *out = (struct temporary_folder){.alive = -1};
    if (make(name, out, error) < 0)
        return -1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        goto fail;
    out->keeper = fork();
    if (out->keeper == 0)
        keep(out->path, ends[0]); /* its copy of the other end is closed there */
    if (out->keeper < 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        goto fail;
    }
    (void)close(ends[0]);
    out->alive = ends[1];
    return 0;
fail:
    error_set(error, ERROR_SYSTEM, _("cannot watch over a folder for temporary files: %s"),
              error_errno(errno));
    (void)folder_remove(out->path);
    out->path[0] = '\0';
    return -1;
}

void temporary_folder_remove(struct temporary_folder *folder)
{
    if (!folder->path[0])
        return;
    (void)folder_remove(folder->path); /* what cannot be removed now the keeper tries again */
    folder->path[0] = '\0';
    (void)close(folder->alive);
    while (waitpid(folder->keeper, NULL, 0) < 0 && errno == EINTR)
        continue;
}
