#include "base/confine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "base/text.h"

#include "base/confine_internal.h"

/*
 * What libraries read while requests go out. /etc: the resolver, OpenSSL, the system's
 * certificates. /usr and /lib: modules of the resolver and of OpenSSL, time zones. The rest:
 * randomness for SQLite, and how many processors there are, for malloc.
 */
static const char *const read_by_libraries[] = {
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/dev/urandom",
    "/dev/random",
    "/sys/devices/system/cpu",
#if CONFINE_FOR_SANITIZER
    "/proc",
    "/proc/self/exe",
#endif
};

/* These often are links that lead out of /etc, and are written anew when the machine comes into
 * another network: the whole folder that they are in may be read. */
static const char *const followed[] = {
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs/ca-certificates.crt",
};

enum {
    READ_COUNT = sizeof(read_by_libraries) / sizeof(read_by_libraries[0]),
    FOLLOWED_COUNT = sizeof(followed) / sizeof(followed[0]),
    DESCRIPTION_MAX_BYTES = 256,
};

static void allow_folder_of(struct confine_ruleset *ruleset, const char *path)
{
    char *target = realpath(path, NULL);
    char *slash = target ? strrchr(target, '/') : NULL;

    if (slash && slash != target) { /* never the whole system */
        *slash = '\0';
        confine_landlock_allow(ruleset, target, CONFINE_READ);
    }
    free(target);
}

static int confine_files(const struct confine_path *paths, size_t count)
{
    struct confine_ruleset ruleset;

    confine_landlock_begin(&ruleset);
    for (size_t i = 0; i < READ_COUNT; i++)
        confine_landlock_allow(&ruleset, read_by_libraries[i], CONFINE_READ);
    for (size_t i = 0; i < FOLLOWED_COUNT; i++)
        allow_folder_of(&ruleset, followed[i]);
    for (size_t i = 0; i < count; i++)
        confine_landlock_allow(&ruleset, paths[i].path, paths[i].access);
    return confine_landlock_end(&ruleset);
}

struct confinement confine_available(void)
{
    struct confinement available = {.is_built_in = CRISIS_CONFINEMENT};

    if (available.is_built_in) {
        available.no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
        available.system_calls = confine_filter_is_available();
        available.landlock_abi = confine_landlock_abi();
    }
    return available;
}

struct confinement confine_process(const struct confine_path *paths, size_t count)
{
    struct confinement holds = {.is_built_in = CRISIS_CONFINEMENT};
    struct text description;

    if (holds.is_built_in) {
        /* The others ask for it: else a program with more rights could be misled by them. */
        holds.no_new_privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
        holds.landlock_abi = confine_files(paths, count);
        holds.system_calls = confine_filter_start();
    }
    if (log_enabled(LOG_CONFINE)) {
        text_init(&description, DESCRIPTION_MAX_BYTES);
        confinement_describe(&holds, &description);
        log_debug(LOG_CONFINE, "%s", description.bytes);
        text_release(&description);
    }
    return holds;
}

static void add_part(struct text *out, const char *part)
{
    if (out->length > 0 && out->bytes[out->length - 1] != ' ')
        text_add(out, ", ");
    text_add(out, part);
}

void confinement_describe(const struct confinement *confinement, struct text *out)
{
    const bool has_landlock = confinement->landlock_abi > 0;

    if (!confinement->is_built_in) {
        text_add(out, "not built in");
        return;
    }
    if (confinement->no_new_privileges)
        add_part(out, "no new privileges");
    if (confinement->system_calls)
        add_part(out, "system call filter");
    if (has_landlock) {
        add_part(out, "Landlock ABI ");
        text_addf(out, "%d", confinement->landlock_abi);
    }
    if (confinement->no_new_privileges && confinement->system_calls && has_landlock)
        return;
    text_add(out, out->length > 0 ? "; not on this kernel: " : "not on this kernel: ");
    if (!confinement->no_new_privileges)
        add_part(out, "no new privileges");
    if (!confinement->system_calls)
        add_part(out, "system call filter");
    if (!has_landlock)
        add_part(out, "Landlock");
}
