/*
 * The filter of system calls, seccomp(2). It is a list of what is refused, not of what is allowed:
 * the libraries' next version may make a call that this one does not, and a message that was
 * approved must not fail for it. What is refused answers EPERM, as a system without the right
 * would.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/confine_internal.h"

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#ifdef THIS_ARCHITECTURE

enum {
    X32_BIT = 0x40000000, /* the same calls under other numbers */
    /* mseal, of Linux 6.10. What came later is not there, as on an older kernel: nobody can tell
     * today what it will be able to do. */
    NEWEST_CALL = 462,
    INSTRUCTIONS_MAX = 512,
    VALUES_MAX = 4,
};

static const int refused[] = {
    /* Another program in the place of this one, or beside it. */
    SYS_execve,
    SYS_execveat,
    /* Other processes. */
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_getfd,
    SYS_kcmp,
    SYS_perf_event_open,
    /* Being served. bind() stays: the resolver binds its netlink socket to ask for addresses.
     * Landlock refuses it for TCP. */
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    /* Another user, another root, other mounts. */
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_setgroups,
    SYS_capset,
    SYS_chroot,
    SYS_pivot_root,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_mount_setattr,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_open_by_handle_at, /* past the folders */
    SYS_mknodat,
    SYS_fanotify_init,
    SYS_quotactl,
    SYS_quotactl_fd,
    /* The kernel itself, and its less trodden ways. */
    SYS_bpf,
    SYS_userfaultfd,
    SYS_io_uring_setup, /* would go round this filter; libuv does without */
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_personality,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef __x86_64__
    SYS_mknod,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_uselib,
    SYS_ustat,
#endif
#if !CONFINE_FOR_SANITIZER
    SYS_ptrace,
#ifdef __x86_64__
    SYS_fork,
    SYS_vfork,
#endif
#endif
};

/* What one argument may be, or may not. Only its lower 32 bits count, for the kernel too. */
struct argument_rule {
    int call;
    unsigned argument;
    bool has_bits;   /* any bit of a value counts, not the value */
    bool is_allowed; /* these are allowed and no others; else these are refused */
    unsigned value_count;
    uint32_t values[VALUES_MAX];
};

static const struct argument_rule argument_rules[] = {
    /* To the networks, and to the services that find hosts. */
    {SYS_socket, 0, false, true, 4, {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}},
    /* Keys put into the terminal would be run by its shell afterwards. */
    {SYS_ioctl, 1, false, false, 2, {TIOCSTI, TIOCLINUX}},
#if !CONFINE_FOR_SANITIZER
    {SYS_clone, 0, true, true, 1, {CLONE_THREAD}},
#endif
};

struct filter {
    struct sock_filter instructions[INSTRUCTIONS_MAX];
    unsigned short count;
};

static void add(struct filter *filter, unsigned code, uint32_t operand, unsigned if_true,
                unsigned if_false)
{
    /* The tables have a known size: filter_fits below. */
    filter->instructions[filter->count++] =
        (struct sock_filter){(uint16_t)code, (uint8_t)if_true, (uint8_t)if_false, operand};
}

static void load(struct filter *filter, size_t offset)
{
    add(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct filter *filter, int error)
{
    add(filter, BPF_RET | BPF_K,
        error ? SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA) : SECCOMP_RET_ALLOW, 0, 0);
}

/* If what was loaded compares so, that is the answer; else the next instruction. */
static void answer_if(struct filter *filter, unsigned comparison, uint32_t operand, int error)
{
    add(filter, BPF_JMP | comparison | BPF_K, operand, 0, 1);
    answer(filter, error);
}

static void add_argument_rule(struct filter *filter, const struct argument_rule *rule)
{
    const unsigned length = 1 + 2 * rule->value_count + 1;

    add(filter, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->call, 0, length);
    load(filter, offsetof(struct seccomp_data, args) + rule->argument * sizeof(uint64_t));
    for (unsigned i = 0; i < rule->value_count; i++)
        answer_if(filter, rule->has_bits ? BPF_JSET : BPF_JEQ, rule->values[i],
                  rule->is_allowed ? 0 : EPERM);
    answer(filter, rule->is_allowed ? EPERM : 0);
}

enum {
    REFUSED_COUNT = sizeof(refused) / sizeof(refused[0]),
    ARGUMENT_RULE_COUNT = sizeof(argument_rules) / sizeof(argument_rules[0])
};

_Static_assert(10 + 2 * REFUSED_COUNT + (3 + 2 * VALUES_MAX) * ARGUMENT_RULE_COUNT <
                   INSTRUCTIONS_MAX,
               "the filter does not fit");

static void build(struct filter *filter)
{
    load(filter, offsetof(struct seccomp_data, arch));
    add(filter, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0);
    answer(filter, EPERM);
    load(filter, offsetof(struct seccomp_data, nr));
    answer_if(filter, BPF_JSET, X32_BIT, EPERM);
    answer_if(filter, BPF_JGT, NEWEST_CALL, ENOSYS);
#if !CONFINE_FOR_SANITIZER
    /* Its flags are in memory, where a filter cannot look: libc then takes clone(). */
    answer_if(filter, BPF_JEQ, SYS_clone3, ENOSYS);
#endif
    for (size_t i = 0; i < REFUSED_COUNT; i++)
        answer_if(filter, BPF_JEQ, (uint32_t)refused[i], EPERM);
    for (size_t i = 0; i < ARGUMENT_RULE_COUNT; i++)
        add_argument_rule(filter, &argument_rules[i]);
    answer(filter, 0);
}

bool confine_filter_is_available(void)
{
    const uint32_t action = SECCOMP_RET_ERRNO;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool confine_filter_start(void)
{
    struct filter filter = {.count = 0};

    build(&filter);
    const struct sock_fprog program = {filter.count, filter.instructions};
    /* A positive answer is a thread that could not be brought along. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

#else

bool confine_filter_is_available(void)
{
    return false;
}

bool confine_filter_start(void)
{
    return false;
}

#endif
