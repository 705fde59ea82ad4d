#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/confine.h"
#include "base/text.h"

#include "run_apart.h"
#include "test_folder.h"

/* A build with sanitizers keeps what they need to report: ptrace, processes and /proc. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITISED true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define IS_SANITISED true
#endif
#ifndef IS_SANITISED
#define IS_SANITISED false
#endif

static struct test_folder folder;
static struct confinement available;

static const char *file(const char *name)
{
    static char paths[8][TEST_PATH_SIZE + 64];
    static unsigned next;

    return test_folder_file(&folder, name, paths[next++ % 8]);
}

static int set_up(void **state)
{
    (void)state;
    available = confine_available();
    return test_folder_make(&folder) && mkdir(file("written"), 0700) == 0 &&
                   mkdir(file("read"), 0700) == 0 && mkdir(file("listed"), 0700) == 0 &&
                   test_folder_write(file("written/old"), "old") &&
                   test_folder_write(file("read/old"), "old") &&
                   test_folder_write(file("listed/old"), "old") &&
                   test_folder_write(file("one"), "one") && test_folder_write(file("two"), "two")
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_folder_remove(&folder);
    return 0;
}

static struct confinement confine(void)
{
    const struct confine_path paths[] = {
        {file("written"), CONFINE_WRITE},  {file("read"), CONFINE_READ},
        {file("listed"), CONFINE_LIST},    {file("one"), CONFINE_WRITE},
        {file("not there"), CONFINE_READ},
    };
    return confine_process(paths, sizeof(paths) / sizeof(paths[0]));
}

/* 0, or the error that it ended in. */
static int try_open(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return errno;
    close(descriptor);
    return 0;
}

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

/* --- what holds ------------------------------------------------------------------------------ */

static int check_what_it_says(void)
{
    struct confinement holds = confine();
    if (holds.is_built_in != available.is_built_in ||
        holds.no_new_privileges != available.no_new_privileges ||
        holds.system_calls != available.system_calls ||
        holds.landlock_abi != available.landlock_abi)
        return 1;
    if (holds.no_new_privileges && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 2;
    if (holds.system_calls && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2)
        return 3;
    /* Once more does no harm: a command may come by twice. */
    holds = confine();
    return holds.system_calls == available.system_calls &&
                   holds.landlock_abi == available.landlock_abi
               ? 0
               : 4;
}

static void it_says_what_holds(void **state)
{
    (void)state;
    assert_int_equal(run_apart(check_what_it_says), 0);
}

/* --- files ----------------------------------------------------------------------------------- */

static int check_files_allowed(void)
{
    confine();
    if (try_open(file("written/old"), O_RDWR | O_TRUNC) != 0 ||
        try_open(file("written/new"), O_RDWR | O_CREAT | O_EXCL) != 0)
        return 1;
    if (rename(file("written/new"), file("written/other")) < 0 || unlink(file("written/other")) < 0)
        return 2;
    if (mkdir(file("written/below"), 0700) < 0 ||
        try_open(file("written/below/new"), O_RDWR | O_CREAT) != 0 ||
        unlink(file("written/below/new")) < 0 || rmdir(file("written/below")) < 0)
        return 3;
    if (try_open(file("written"), O_RDONLY | O_DIRECTORY) != 0)
        return 4;
    if (try_open(file("read/old"), O_RDONLY) != 0 ||
        try_open(file("listed"), O_RDONLY | O_DIRECTORY) != 0)
        return 5;
    if (try_open(file("one"), O_RDWR) != 0)
        return 6;
    if (try_open("/etc/passwd", O_RDONLY) != 0 || try_open("/dev/urandom", O_RDONLY) != 0)
        return 7;
    return 0;
}

static int check_files_refused(void)
{
    const int outside = open(file("two"), O_RDWR | O_CLOEXEC);

    confine();
    if (try_open(file("two"), O_RDONLY) != EACCES || try_open(file("two"), O_WRONLY) != EACCES)
        return 1;
    if (try_open(file("listed/old"), O_RDONLY) != EACCES ||
        try_open(file("read/old"), O_RDWR) != EACCES)
        return 2;
    if (try_open(file("read/new"), O_RDWR | O_CREAT) != EACCES ||
        try_open(file("new"), O_RDWR | O_CREAT) != EACCES)
        return 3;
    if (error_of(unlink(file("two"))) != EACCES || error_of(mkdir(file("new"), 0700)) != EACCES ||
        error_of(rename(file("one"), file("three"))) != EACCES)
        return 4;
    if (error_of(symlink("/", file("written/link"))) != EACCES ||
        error_of(mkfifo(file("written/pipe"), 0600)) == 0)
        return 5;
    if (available.landlock_abi >= 3 && error_of(truncate(file("two"), 0)) != EACCES)
        return 6;
    if (try_open("/etc/passwd", O_RDWR) != EACCES || try_open("/tmp", O_RDONLY) != EACCES)
        return 7;
    /* What is open stays open: that is how the database and the terminal go on. */
    return write(outside, "2", 1) == 1 ? 0 : 8;
}

static void the_paths_that_were_given_stay(void **state)
{
    (void)state;
    assert_int_equal(run_apart(check_files_allowed), 0);
}

static void other_files_are_out_of_reach(void **state)
{
    (void)state;
    if (available.landlock_abi == 0)
        skip();
    assert_int_equal(run_apart(check_files_refused), 0);
}

static void *open_in_a_thread(void *path)
{
    return (void *)(intptr_t)try_open(path, O_RDONLY);
}

static int check_a_later_thread(void)
{
    pthread_t thread;
    void *found;

    confine();
    if (pthread_create(&thread, NULL, open_in_a_thread, (void *)(uintptr_t)file("two")) != 0)
        return 1; /* also: threads can be made */
    if (pthread_join(thread, &found) != 0)
        return 2;
    return available.landlock_abi == 0 || (intptr_t)found == EACCES ? 0 : 3;
}

static void it_holds_for_later_threads(void **state)
{
    (void)state;
    assert_int_equal(run_apart(check_a_later_thread), 0);
}

/* --- system calls ---------------------------------------------------------------------------- */

static int check_system_calls(void)
{
    static const int others[] = {SYS_mount,       SYS_setns,          SYS_bpf,
                                 SYS_userfaultfd, SYS_keyctl,         SYS_unshare,
                                 SYS_setuid,      SYS_io_uring_setup, SYS_chroot,
                                 SYS_pidfd_getfd, SYS_perf_event_open};
    char name[] = "true";
    char *const arguments[] = {name, NULL};

    confine();
    if (error_of(execv("/bin/true", arguments)) != EPERM)
        return 1;
    if (!IS_SANITISED &&
        (error_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) != EPERM || error_of(fork()) != EPERM))
        return 2;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (error_of(syscall(others[i], 0, 0, 0, 0, 0)) != EPERM)
            return 10 + (int)i;
    if (error_of(syscall(1000, 0)) != ENOSYS)
        return 3;
    char key = 'x';
    return error_of(ioctl(0, TIOCSTI, &key)) == EPERM ? 0 : 4;
}

#ifdef __x86_64__
/* The same call under the numbers of other architectures. */
static int check_other_numbers(void)
{
    long result;

    confine();
    if (error_of(syscall(0x40000000 | SYS_getpid)) != EPERM)
        return 1;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return result == -EPERM || result == -ENOSYS ? 0 : 2; /* getpid of 32 bits */
}
#endif

static void other_programs_and_processes_are_out_of_reach(void **state)
{
    (void)state;
    if (!available.system_calls)
        skip();
    assert_int_equal(run_apart(check_system_calls), 0);
#ifdef __x86_64__
    assert_int_equal(run_apart(check_other_numbers), 0);
#endif
}

/* --- sockets --------------------------------------------------------------------------------- */

static int try_socket(int family)
{
    int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return errno;
    close(descriptor);
    return 0;
}

static int check_sockets_refused(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int early = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    confine();
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (available.landlock_abi >= 4 &&
        (error_of(bind(early, (const void *)&address, sizeof(address))) != EACCES ||
         error_of(bind(late, (const void *)&address, sizeof(address))) != EACCES))
        return 1;
    if (!available.system_calls)
        return 0;
    if (error_of(listen(late, 1)) != EPERM || error_of(accept(late, NULL, NULL)) != EPERM)
        return 2;
    return try_socket(AF_PACKET) == EPERM && try_socket(AF_VSOCK) == EPERM &&
                   try_socket(AF_ALG) == EPERM
               ? 0
               : 3;
}

/* A server of the parent, to which the confined child connects. */
static uint16_t server_port;

static int check_sockets_allowed(void)
{
    struct addrinfo *found = NULL;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int pair[2];

    confine();
    int connected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connected, (const void *)&address, sizeof(address)) < 0)
        return 1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || try_socket(AF_UNIX) != 0 ||
        try_socket(AF_INET6) == EPERM)
        return 2;
    if (getaddrinfo("localhost", "https", NULL, &found) != 0)
        return 3;
    freeaddrinfo(found);
    return 0;
}

static void nobody_can_be_served(void **state)
{
    (void)state;
    assert_int_equal(run_apart(check_sockets_refused), 0);
}

static void servers_can_be_asked(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(server, (const void *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server, 8), 0);
    assert_int_equal(getsockname(server, (void *)&address, &size), 0);
    server_port = ntohs(address.sin_port);
    assert_int_equal(run_apart(check_sockets_allowed), 0);
    close(server);
}

/* The other process is asked whether it is there, no more: signal 0. */
static int check_scopes(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int hidden = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    int length =
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "crisis-%ld", (long)getpid());
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(hidden, (const void *)&address, size) < 0 || listen(hidden, 1) < 0)
        return 1;
    confine();
    int late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (error_of(connect(late, (const void *)&address, size)) != EPERM)
        return 2;
    if (error_of(kill(getppid(), 0)) != EPERM)
        return 3;
    return kill(getpid(), 0) == 0 ? 0 : 4;
}

static void other_processes_are_out_of_reach(void **state)
{
    (void)state;
    if (available.landlock_abi < 6)
        skip();
    assert_int_equal(run_apart(check_scopes), 0);
}

/* --- words ----------------------------------------------------------------------------------- */

static void assert_described(struct confinement confinement, const char *expected)
{
    struct text text;

    text_init(&text, 256);
    confinement_describe(&confinement, &text);
    assert_string_equal(text.bytes, expected);
    text_release(&text);
}

static void it_is_described(void **state)
{
    (void)state;
    assert_described((struct confinement){true, true, true, 7},
                     "no new privileges, system call filter, Landlock ABI 7");
    assert_described((struct confinement){true, true, true, 0},
                     "no new privileges, system call filter; not on this kernel: Landlock");
    assert_described((struct confinement){true, true, false, 0},
                     "no new privileges; not on this kernel: system call filter, Landlock");
    assert_described((struct confinement){.is_built_in = true},
                     "not on this kernel: no new privileges, system call filter, Landlock");
    assert_described((struct confinement){0}, "not built in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_holds),
        cmocka_unit_test(the_paths_that_were_given_stay),
        cmocka_unit_test(other_files_are_out_of_reach),
        cmocka_unit_test(it_holds_for_later_threads),
        cmocka_unit_test(other_programs_and_processes_are_out_of_reach),
        cmocka_unit_test(nobody_can_be_served),
        cmocka_unit_test(servers_can_be_asked),
        cmocka_unit_test(other_processes_are_out_of_reach),
        cmocka_unit_test(it_is_described),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
