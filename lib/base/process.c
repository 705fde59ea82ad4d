#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"

enum {
    READ_BYTES = 64 * 1024,
    NOT_STARTED = 127,
    ITS_OUTPUT = 1, /* the other process's standard output */
};

/* --- signals --------------------------------------------------------------------------------- */

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int supervisor_begin(struct supervisor *supervisor, struct error *error)
{
    sigset_t wanted;

    *supervisor = (struct supervisor){.signals = -1};
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGTERM);
    if (!is_ignored(SIGHUP))
        (void)sigaddset(&wanted, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &wanted, &supervisor->before) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot watch signals: %s"), error_errno(errno));
    supervisor->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signals >= 0)
        return 0;
    error_set(error, ERROR_SYSTEM, _("cannot watch signals: %s"), error_errno(errno));
    (void)sigprocmask(SIG_SETMASK, &supervisor->before, NULL);
    return -1;
}

/* What has come and was not read yet is read: it has been obeyed by ending. */
static bool is_interrupted(struct supervisor *supervisor)
{
    struct signalfd_siginfo signal;

    while (read(supervisor->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
        supervisor->interrupted = true;
    return supervisor->interrupted;
}

void supervisor_end(struct supervisor *supervisor)
{
    if (supervisor->signals < 0)
        return;
    (void)is_interrupted(supervisor);
    (void)close(supervisor->signals);
    supervisor->signals = -1;
    (void)sigprocmask(SIG_SETMASK, &supervisor->before, NULL);
}

/* --- starting -------------------------------------------------------------------------------- */

/* In the new process. The parent may have ended before the kernel was asked to tell of it. */
static _Noreturn void become(const struct supervisor *supervisor, const char *program,
                             const char *const *arguments, pid_t parent, int output)
{
    int nothing = open("/dev/null", O_RDWR);

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && nothing >= 0 &&
        dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0 &&
        dup2(output, ITS_OUTPUT) >= 0 && sigprocmask(SIG_SETMASK, &supervisor->before, NULL) == 0)
        (void)execv(program, (char *const *)(uintptr_t)arguments); /* it changes none of them */
    _exit(NOT_STARTED);
}

int process_start(struct supervisor *supervisor, const char *program, const char *const *arguments,
                  struct process *out, struct error *error)
{
    int ends[2];

    *out = (struct process){.supervisor = supervisor, .output = -1};
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot start a process: %s"), error_errno(errno));
    pid_t parent = getpid();
    pid_t id = fork();
    if (id == 0)
        become(supervisor, program, arguments, parent, ends[1]);
    if (id < 0)
        error_set(error, ERROR_SYSTEM, _("cannot start a process: %s"), error_errno(errno));
    (void)close(ends[1]);
    if (id < 0) {
        (void)close(ends[0]);
        return -1;
    }
    out->id = id;
    out->output = ends[0];
    text_init(&out->rest, PROCESS_LINE_MAX_BYTES + READ_BYTES);
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Moves the first line of what was read, or all of it when it is too long, to *line. */
static bool take_line(struct process *process, struct text *line)
{
    struct text *rest = &process->rest;
    const char *end = memchr(rest->bytes, '\n', rest->length);
    size_t length = end ? (size_t)(end - rest->bytes) : rest->length;

    if (!end && length < PROCESS_LINE_MAX_BYTES)
        return false;
    text_reset(line);
    text_add_bytes(line, rest->bytes, length);
    size_t used = length + (end ? 1 : 0);
    memmove(rest->bytes, rest->bytes + used, rest->length - used + 1);
    rest->length -= used;
    return true;
}

/* False: there is nothing more to come. */
static bool read_more(struct process *process)
{
    char bytes[READ_BYTES];
    ssize_t size;

    do
        size = read(process->output, bytes, sizeof(bytes));
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return false;
    text_add_bytes(&process->rest, bytes, (size_t)size);
    return true;
}

enum process_event process_read_line(struct process *process, struct text *line)
{
    struct pollfd watched[] = {{.fd = process->output, .events = POLLIN},
                               {.fd = process->supervisor->signals, .events = POLLIN}};

    for (;;) {
        if (is_interrupted(process->supervisor))
            return PROCESS_INTERRUPTED;
        if (take_line(process, line))
            return PROCESS_LINE;
        if (poll(watched, 2, -1) < 0 && errno != EINTR)
            return PROCESS_SILENT;
        if (watched[0].revents && !read_more(process))
            return PROCESS_SILENT;
    }
}

/* --- ending ---------------------------------------------------------------------------------- */

int process_end(struct process *process)
{
    int status = 0;
    pid_t ended;

    if (process->id == 0)
        return -1;
    do
        ended = waitpid(process->id, &status, 0);
    while (ended < 0 && errno == EINTR);
    process->id = 0;
    (void)close(process->output);
    text_release(&process->rest);
    if (ended < 0)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void process_kill(struct process *process)
{
    if (process->id != 0)
        (void)kill(process->id, SIGKILL);
    (void)process_end(process);
}
