/*
 * Makes system calls fail, for the end-to-end tests: LD_PRELOAD=fault_preload.so and
 *
 *     CRISIS_FAULTS        fault;fault;…  where a fault is  CALL,CALL…[:KEY=VALUE]…
 *         error=NAME       the call fails with this error (ENOSPC, EIO, …); the default is EIO
 *         hangs=1          instead: the call never returns
 *         short=BYTES      instead: a write or read moves at most so many bytes
 *         path=PATTERN     only calls on a file whose whole path, or for a host whose whole name,
 * fits the pattern, as in fnmatch(3) nth=N            only the N-th of the calls that fit (the
 * first is 1) from=N           that one and all after it every=N          each N-th
 *     CRISIS_FAULT_COUNTS  a file: the number of calls that fitted, one uint64_t for each fault
 *     CRISIS_CLOCK         a file with an int64_t: seconds by which the wall clock is wrong. It is
 *                          mapped, so the clock jumps when the file is written.
 *     CRISIS_ALARM_US      a signal, whose handler does not restart calls, comes so often
 *
 * Without nth, from and every, each call that fits fails. Calls count from the start of main().
 * CALL is the name of a function that is defined below, without a 64 at its end. The environment is
 * read once, when the library is loaded. A mistake in it ends the process with exit code 99, so
 * that no test passes by a typing error.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { FAULTS_MAX = 8, TEXT_MAX = 4096, EXIT_MISTAKE = 99 };

enum call {
    CALL_OPEN,
    CALL_MKOSTEMP,
    CALL_READ,
    CALL_PREAD,
    CALL_WRITE,
    CALL_PWRITE,
    CALL_FSYNC,
    CALL_FDATASYNC,
    CALL_FTRUNCATE,
    CALL_RENAME,
    CALL_MKDIR,
    CALL_MMAP,
    CALL_SOCKET,
    CALL_EVENTFD,
    CALL_EPOLL_CREATE,
    CALL_EPOLL_CTL,
    CALL_GETADDRINFO,
    CALL_GETRANDOM,
    CALL_PTHREAD_CREATE,
    CALL_MALLOC,
    CALL_CALLOC,
    CALL_REALLOC,
    CALL_COUNT,
};

static const char *const call_names[CALL_COUNT] = {
    [CALL_OPEN] = "open",
    [CALL_MKOSTEMP] = "mkostemp",
    [CALL_READ] = "read",
    [CALL_PREAD] = "pread",
    [CALL_WRITE] = "write",
    [CALL_PWRITE] = "pwrite",
    [CALL_FSYNC] = "fsync",
    [CALL_FDATASYNC] = "fdatasync",
    [CALL_FTRUNCATE] = "ftruncate",
    [CALL_RENAME] = "rename",
    [CALL_MKDIR] = "mkdir",
    [CALL_MMAP] = "mmap",
    [CALL_SOCKET] = "socket",
    [CALL_EVENTFD] = "eventfd",
    [CALL_EPOLL_CREATE] = "epoll_create1",
    [CALL_EPOLL_CTL] = "epoll_ctl",
    [CALL_GETADDRINFO] = "getaddrinfo",
    [CALL_GETRANDOM] = "getrandom",
    [CALL_PTHREAD_CREATE] = "pthread_create",
    [CALL_MALLOC] = "malloc",
    [CALL_CALLOC] = "calloc",
    [CALL_REALLOC] = "realloc",
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS},
    {"EINTR", EINTR},   {"ENOMEM", ENOMEM}, {"EMFILE", EMFILE}, {"ENFILE", ENFILE},
    {"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"ENOSYS", ENOSYS}, {"EPERM", EPERM},
};

struct fault {
    uint32_t calls; /* a bit for each */
    int error;
    bool hangs;
    size_t short_bytes; /* 0: not shortened */
    const char *path;   /* NULL: any, or none */
    uint64_t nth, from, every;
};

static char text[TEXT_MAX]; /* CRISIS_FAULTS, cut into words */
static struct fault faults[FAULTS_MAX];
static size_t fault_count;
static _Atomic uint64_t own_counts[FAULTS_MAX];
static _Atomic uint64_t *counts = own_counts;
static const volatile int64_t *clock_error_s;
static bool is_ready; /* before, every call is let through */

/* --- the environment ------------------------------------------------------------------------- */

static _Noreturn void refuse(const char *what)
{
    dprintf(STDERR_FILENO, "fault_preload: %s\n", what);
    _exit(EXIT_MISTAKE);
}

static uint64_t read_number(const char *word)
{
    char *end;
    unsigned long long number = strtoull(word, &end, 10);

    if (*end || number == 0)
        refuse("a number from 1 on is expected");
    return number;
}

static uint32_t read_calls(char *names)
{
    uint32_t calls = 0;

    for (char *name; (name = strsep(&names, ","));) {
        int found = 0;
        while (found < CALL_COUNT && strcmp(call_names[found], name) != 0)
            found++;
        if (found == CALL_COUNT)
            refuse("CRISIS_FAULTS: no such call");
        calls |= (uint32_t)1 << found;
    }
    return calls;
}

static int read_error(const char *name)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].number;
    refuse("CRISIS_FAULTS: no such error");
}

static void read_key(struct fault *fault, char *word)
{
    char *value = strchr(word, '=');

    if (!value)
        refuse("CRISIS_FAULTS: KEY=VALUE is expected");
    *value++ = '\0';
    if (strcmp(word, "error") == 0)
        fault->error = read_error(value);
    else if (strcmp(word, "hangs") == 0)
        fault->hangs = read_number(value) == 1;
    else if (strcmp(word, "short") == 0)
        fault->short_bytes = read_number(value);
    else if (strcmp(word, "path") == 0)
        fault->path = value;
    else if (strcmp(word, "nth") == 0)
        fault->nth = read_number(value);
    else if (strcmp(word, "from") == 0)
        fault->from = read_number(value);
    else if (strcmp(word, "every") == 0)
        fault->every = read_number(value);
    else
        refuse("CRISIS_FAULTS: no such key");
}

static void read_faults(const char *given)
{
    char *rest = text;

    if (strlen(given) >= sizeof(text))
        refuse("CRISIS_FAULTS is too long");
    memcpy(text, given, strlen(given) + 1);
    for (char *one; (one = strsep(&rest, ";"));) {
        if (fault_count == FAULTS_MAX)
            refuse("CRISIS_FAULTS: too many");
        struct fault *fault = &faults[fault_count++];
        fault->error = EIO;
        fault->calls = read_calls(strsep(&one, ":"));
        for (char *word; (word = strsep(&one, ":"));)
            read_key(fault, word);
    }
}

static void *map_file(const char *path, size_t size, int protection)
{
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    void *memory = MAP_FAILED;

    if (descriptor >= 0)
        memory =
            (void *)syscall(SYS_mmap, NULL, size, protection, MAP_SHARED, descriptor, (off_t)0);
    if (memory == MAP_FAILED)
        refuse("a file of CRISIS_FAULT_COUNTS or CRISIS_CLOCK cannot be mapped");
    (void)close(descriptor);
    return memory;
}

static void on_alarm(int number)
{
    (void)number;
}

static void start_alarms(uint64_t every_us)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_interval.tv_usec = (suseconds_t)every_us,
                              .it_value.tv_usec = (suseconds_t)every_us};

    if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &timer, NULL) < 0)
        refuse("CRISIS_ALARM_US: no timer can be set");
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *given = getenv("CRISIS_FAULTS");
    const char *counts_path = getenv("CRISIS_FAULT_COUNTS");
    const char *clock_path = getenv("CRISIS_CLOCK");
    const char *alarm = getenv("CRISIS_ALARM_US");

    if (given)
        read_faults(given);
    if (counts_path)
        counts = map_file(counts_path, sizeof(own_counts), PROT_READ | PROT_WRITE);
    if (clock_path)
        clock_error_s = map_file(clock_path, sizeof(*clock_error_s), PROT_READ);
    if (alarm)
        start_alarms(read_number(alarm));
}

/* Faults begin with main(): what libraries do while they are loaded is not the program's affair. */
static int (*program_main)(int argc, char **argv, char **environment);

static int start_main(int argc, char **argv, char **environment)
{
    is_ready = true;
    return program_main(argc, argv, environment);
}

typedef int start_function(int (*main)(int, char **, char **), int argc, char **argv,
                           void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
                           void *stack_end);
extern start_function __libc_start_main;

EXPORT int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
                             void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
                             void *stack_end)
{
    start_function *next;

    *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
    program_main = main;
    return next(start_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* --- which call fails ------------------------------------------------------------------------ */

static bool fits_path(const struct fault *fault, const char *path, int descriptor)
{
    char link[64], target[PATH_MAX];

    if (!fault->path)
        return true;
    if (!path && descriptor >= 0) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
        ssize_t length = readlink(link, target, sizeof(target) - 1);
        if (length < 0)
            return false;
        target[length] = '\0';
        path = target;
    }
    return path && fnmatch(fault->path, path, 0) == 0;
}

static bool is_its_turn(const struct fault *fault, uint64_t number)
{
    if (fault->nth)
        return number == fault->nth;
    if (fault->from)
        return number >= fault->from;
    return !fault->every || number % fault->every == 0;
}

/* The fault that this call is to suffer, or NULL. errno is left alone. */
static const struct fault *find_fault(enum call call, const char *path, int descriptor)
{
    const struct fault *found = NULL;
    int kept = errno;

    for (size_t i = 0; is_ready && i < fault_count; i++) {
        const struct fault *fault = &faults[i];
        if (!(fault->calls & (uint32_t)1 << call) || !fits_path(fault, path, descriptor))
            continue;
        uint64_t number = atomic_fetch_add(&counts[i], 1) + 1;
        if (!found && is_its_turn(fault, number))
            found = fault;
    }
    errno = kept;
    return found;
}

static bool fails(enum call call, const char *path, int descriptor)
{
    const struct fault *fault = find_fault(call, path, descriptor);

    if (!fault)
        return false;
    while (fault->hangs)
        (void)pause();
    errno = fault->error;
    return true;
}

/* Whether a call that moves bytes fails; else how many it may move. */
static bool fails_to_move(enum call call, int descriptor, size_t *size)
{
    const struct fault *fault = find_fault(call, NULL, descriptor);

    if (!fault)
        return false;
    if (fault->short_bytes) {
        *size = *size < fault->short_bytes ? *size : fault->short_bytes;
        return false;
    }
    errno = fault->error;
    return true;
}

/* The function of that name behind this one. */
static void *next_one(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        refuse("a function is missing in the C library");
    return found;
}

/* --- memory ---------------------------------------------------------------------------------- */

/* dlsym allocates: the C library's own names for these are used. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static bool fails_to_allocate(enum call call)
{
    if (!fails(call, NULL, -1))
        return false;
    errno = ENOMEM;
    return true;
}

EXPORT void *malloc(size_t size)
{
    return fails_to_allocate(CALL_MALLOC) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fails_to_allocate(CALL_CALLOC) ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
    return fails_to_allocate(CALL_REALLOC) ? NULL : __libc_realloc(block, size);
}

EXPORT void *mmap(void *address, size_t size, int protection, int flags, int descriptor,
                  off_t offset)
{
    if (fails(CALL_MMAP, NULL, descriptor))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
}

EXPORT void *mmap64(void *address, size_t size, int protection, int flags, int descriptor,
                    off64_t offset)
{
    return mmap(address, size, protection, flags, descriptor, offset);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *context), void *context)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (fails(CALL_PTHREAD_CREATE, NULL, -1))
        return errno;
    *(void **)&next = next_one("pthread_create");
    return next(thread, attributes, start, context);
}

/* --- files ----------------------------------------------------------------------------------- */

static int open_at(int folder, const char *path, int flags, va_list arguments)
{
    unsigned mode = 0;

    if (flags & (O_CREAT | O_TMPFILE))
        mode = va_arg(arguments, unsigned);
    if (fails(CALL_OPEN, path, -1))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(name)                                                                                 \
    EXPORT int name(const char *path, int flags, ...)                                              \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        int result = open_at(AT_FDCWD, path, flags, arguments);                                    \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }

#define OPENAT(name)                                                                               \
    EXPORT int name(int folder, const char *path, int flags, ...)                                  \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        int result = open_at(folder, path, flags, arguments);                                      \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

EXPORT int mkostemp(char *path, int flags)
{
    int (*next)(char *, int);

    if (fails(CALL_MKOSTEMP, path, -1))
        return -1;
    *(void **)&next = next_one("mkostemp");
    return next(path, flags);
}

EXPORT int mkostemp64(char *path, int flags)
{
    return mkostemp(path, flags);
}

EXPORT ssize_t read(int descriptor, void *bytes, size_t size)
{
    return fails_to_move(CALL_READ, descriptor, &size) ? -1
                                                       : syscall(SYS_read, descriptor, bytes, size);
}

EXPORT ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset)
{
    return fails_to_move(CALL_PREAD, descriptor, &size)
               ? -1
               : syscall(SYS_pread64, descriptor, bytes, size, offset);
}

EXPORT ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t offset)
{
    return pread(descriptor, bytes, size, offset);
}

EXPORT ssize_t write(int descriptor, const void *bytes, size_t size)
{
    return fails_to_move(CALL_WRITE, descriptor, &size)
               ? -1
               : syscall(SYS_write, descriptor, bytes, size);
}

EXPORT ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    return fails_to_move(CALL_PWRITE, descriptor, &size)
               ? -1
               : syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

EXPORT ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset)
{
    return pwrite(descriptor, bytes, size, offset);
}

EXPORT int fsync(int descriptor)
{
    return fails(CALL_FSYNC, NULL, descriptor) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

EXPORT int fdatasync(int descriptor)
{
    return fails(CALL_FDATASYNC, NULL, descriptor) ? -1 : (int)syscall(SYS_fdatasync, descriptor);
}

EXPORT int ftruncate(int descriptor, off_t size)
{
    return fails(CALL_FTRUNCATE, NULL, descriptor) ? -1
                                                   : (int)syscall(SYS_ftruncate, descriptor, size);
}

EXPORT int ftruncate64(int descriptor, off64_t size)
{
    return ftruncate(descriptor, size);
}

EXPORT int rename(const char *from, const char *to)
{
    return fails(CALL_RENAME, to, -1) ? -1 : (int)syscall(SYS_rename, from, to);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    return fails(CALL_MKDIR, path, -1) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

EXPORT ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    return fails(CALL_GETRANDOM, NULL, -1) ? -1 : syscall(SYS_getrandom, bytes, size, flags);
}

/* --- sockets --------------------------------------------------------------------------------- */

EXPORT int socket(int domain, int type, int protocol)
{
    return fails(CALL_SOCKET, NULL, -1) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

EXPORT int eventfd(unsigned value, int flags)
{
    return fails(CALL_EVENTFD, NULL, -1) ? -1 : (int)syscall(SYS_eventfd2, value, flags);
}

EXPORT int epoll_create1(int flags)
{
    return fails(CALL_EPOLL_CREATE, NULL, -1) ? -1 : (int)syscall(SYS_epoll_create1, flags);
}

EXPORT int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event)
{
    return fails(CALL_EPOLL_CTL, NULL, -1)
               ? -1
               : (int)syscall(SYS_epoll_ctl, epoll, operation, descriptor, event);
}

EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **result)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    if (fails(CALL_GETADDRINFO, node, -1))
        return errno == ENOMEM ? EAI_MEMORY : errno == EAGAIN ? EAI_AGAIN : EAI_SYSTEM;
    *(void **)&next = next_one("getaddrinfo");
    return next(node, service, hints, result);
}

/* --- the wall clock -------------------------------------------------------------------------- */

static int64_t wrong_by_s(void)
{
    return clock_error_s ? *clock_error_s : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += wrong_by_s();
    return result;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) < 0)
        return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

EXPORT time_t time(time_t *out)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* fails for no clock that there is */
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
