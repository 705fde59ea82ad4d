/* Landlock, linux/landlock.h: what is not allowed by a rule is refused with EACCES. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/confine_internal.h"
#include "base/error.h"
#include "base/log.h"

/* As the kernel numbers them. Written out here because the system's headers may be older than the
 * kernel that the program runs on. */
enum {
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1,

    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_TRUNCATE = 1 << 14, /* ABI 3 */

    FS_ALL_ABI_1 = (1 << 13) - 1,
    FS_ALL_ABI_2 = (1 << 14) - 1, /* from another folder: REFER */
    FS_ALL_ABI_3 = (1 << 15) - 1, /* TRUNCATE */
    FS_ALL_ABI_5 = (1 << 16) - 1, /* IOCTL_DEV */

    NET_BIND_TCP = 1 << 0,               /* ABI 4 */
    SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, /* ABI 6 */
    SCOPE_SIGNAL = 1 << 1,

    FS_OF_A_FILE = FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE, /* the others are for folders */
};

/* Older kernels take the longer struct as long as what they do not know is zero. */
struct ruleset_attributes {
    uint64_t handled_files;
    uint64_t handled_network;
    uint64_t scoped;
};

struct path_attributes {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

static uint64_t all_files(int abi)
{
    if (abi >= 5)
        return FS_ALL_ABI_5;
    if (abi >= 3)
        return FS_ALL_ABI_3;
    return abi == 2 ? FS_ALL_ABI_2 : FS_ALL_ABI_1;
}

static uint64_t rights(enum confine_access access)
{
    switch (access) {
    case CONFINE_LIST:
        return FS_READ_DIR;
    case CONFINE_READ:
        return FS_READ_DIR | FS_READ_FILE;
    case CONFINE_WRITE:
        return FS_READ_DIR | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG |
               FS_MAKE_DIR | FS_REMOVE_FILE | FS_REMOVE_DIR;
    }
    return 0;
}

int confine_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

void confine_landlock_begin(struct confine_ruleset *ruleset)
{
    *ruleset = (struct confine_ruleset){.descriptor = -1, .abi = confine_landlock_abi()};
    if (ruleset->abi == 0)
        return;
    /* Any port may be connected to: accounts' web sites have theirs. None may be listened on. */
    const struct ruleset_attributes attributes = {
        .handled_files = all_files(ruleset->abi),
        .handled_network = ruleset->abi >= 4 ? NET_BIND_TCP : 0,
        .scoped = ruleset->abi >= 6 ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0,
    };
    ruleset->descriptor =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
}

void confine_landlock_allow(struct confine_ruleset *ruleset, const char *path,
                            enum confine_access access)
{
    struct stat status;

    if (ruleset->descriptor < 0)
        return;
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0)
        return;
    struct path_attributes attributes = {
        .allowed = rights(access) & all_files(ruleset->abi),
        .parent = descriptor,
    };
    if (fstat(descriptor, &status) == 0 && !S_ISDIR(status.st_mode))
        attributes.allowed &= FS_OF_A_FILE;
    if (attributes.allowed != 0 && syscall(SYS_landlock_add_rule, ruleset->descriptor,
                                           RULE_PATH_BENEATH, &attributes, 0) < 0) {
        log_debug(LOG_CONFINE, "no rule for %s: %s", path, error_errno(errno));
        ruleset->failed = true;
    }
    (void)close(descriptor); /* never read or written */
}

int confine_landlock_end(struct confine_ruleset *ruleset)
{
    if (ruleset->descriptor < 0)
        return 0;
    int abi = ruleset->abi;
    if (ruleset->failed || syscall(SYS_landlock_restrict_self, ruleset->descriptor, 0) < 0)
        abi = 0;
    (void)close(ruleset->descriptor); /* what holds, holds without it */
    ruleset->descriptor = -1;
    return abi;
}
