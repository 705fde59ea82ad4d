#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/language.h"
#include "base/limits.h"

#include "store/sqlite.h"

/*
 * The file PATH-lock. The lock of a run is on the byte at offset row, that of a message on a byte
 * far behind. A lock belongs to our open file, so it also holds against another store of this
 * process, and the system lets go of it when the process ends, however it ends: a file that is left
 * over means nothing.
 *
 * Asking the system who has such a lock gives no process number, so there is a record for each run
 * at offset row * RECORD_SIZE, numbers little-endian:
 *
 *      0  the process that took the run last
 *      8  how often somebody has asked to stop it: a process that has the run sees this rise
 *     16  what that number was when the process that has it began nothing new any more
 *     24  the machine of that process, up to the first NUL
 */
enum {
    NUMBER_SIZE = 8,
    PROCESS_AT = 0,
    STOPS_AT = 8,
    HALTED_AT = 16,
    HOST_AT = 24,
    RECORD_SIZE = 128,
};

/* Rows are far below: the file would be 128 times as long. */
static const int64_t lockable_rows = INT64_C(1) << 40;
static const int64_t first_message = INT64_C(1) << 60;

_Static_assert(HOST_AT + RUN_HOLDER_HOST_SIZE <= RECORD_SIZE, "the machine's name fits its record");

/* --- the file -------------------------------------------------------------------------------- */

static struct flock byte_at(int64_t offset)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
}

static int open_lock_file(const struct store *store, int flags)
{
    char name[4096];
    int length = snprintf(name, sizeof(name), "%s-lock", store->path);

    if (length < 0 || (size_t)length >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(name, flags | O_CLOEXEC, 0600);
}

static bool is_lockable(int64_t run_row)
{
    return run_row >= 0 && run_row < lockable_rows;
}

static bool write_number(int descriptor, int64_t run_row, int64_t at, uint64_t number)
{
    unsigned char bytes[NUMBER_SIZE];

    for (unsigned i = 0; i < NUMBER_SIZE; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    return pwrite(descriptor, bytes, sizeof(bytes), run_row * RECORD_SIZE + at) == NUMBER_SIZE;
}

/* 0 for what was never written. */
static uint64_t read_number(int descriptor, int64_t run_row, int64_t at)
{
    unsigned char bytes[NUMBER_SIZE];
    uint64_t number = 0;

    if (pread(descriptor, bytes, sizeof(bytes), run_row * RECORD_SIZE + at) != NUMBER_SIZE)
        return 0;
    for (unsigned i = 0; i < NUMBER_SIZE; i++)
        number |= (uint64_t)bytes[i] << (8 * i);
    return number;
}

static void write_holder(int descriptor, int64_t run_row)
{
    char host[RUN_HOLDER_HOST_SIZE] = "";

    if (gethostname(host, sizeof(host) - 1) < 0)
        host[0] = '\0';
    /* They only serve a message: the lock holds without them. */
    if (!write_number(descriptor, run_row, PROCESS_AT, (uint64_t)getpid()) ||
        pwrite(descriptor, host, sizeof(host), run_row * RECORD_SIZE + HOST_AT) < 0)
        return;
}

static void read_holder(int descriptor, int64_t run_row, struct run_holder *out)
{
    uint64_t process = read_number(descriptor, run_row, PROCESS_AT);

    *out = (struct run_holder){.process = process > INT32_MAX ? 0 : (int64_t)process};
    if (pread(descriptor, out->host, sizeof(out->host) - 1, run_row * RECORD_SIZE + HOST_AT) < 0)
        out->host[0] = '\0';
    uint64_t stops = read_number(descriptor, run_row, STOPS_AT);
    out->has_halted = stops > 0 && read_number(descriptor, run_row, HALTED_AT) == stops;
}

static int cannot_open(const struct store *store, struct error *error)
{
    return error_set(error, ERROR_SYSTEM, _("cannot open '%s-lock': %s"), store->path,
                     error_errno(errno));
}

int store_prepare_locks(struct store *store, struct error *error)
{
    if (store->lock_file < 0)
        store->lock_file = open_lock_file(store, O_RDWR | O_CREAT);
    return store->lock_file < 0 ? cannot_open(store, error) : 0;
}

/* --- taking ---------------------------------------------------------------------------------- */

void run_holder_describe(const struct run_holder *holder, char out[RUN_HOLDER_WORDS_SIZE])
{
    if (holder->process > 0 && holder->host[0])
        snprintf(out, RUN_HOLDER_WORDS_SIZE, _("process %lld on %s"), (long long)holder->process,
                 holder->host);
    else if (holder->process > 0)
        snprintf(out, RUN_HOLDER_WORDS_SIZE, _("process %lld"), (long long)holder->process);
    else
        snprintf(out, RUN_HOLDER_WORDS_SIZE, "%s", _("another process"));
}

static int refuse_second(struct store *store, int64_t run_row, struct error *error)
{
    struct run_holder holder;
    char words[RUN_HOLDER_WORDS_SIZE];

    read_holder(store->lock_file, run_row, &holder);
    run_holder_describe(&holder, words);
    error_set(error, ERROR_SYSTEM, _("this run is being worked on by %s"), words);
    return error_next(error,
                      _("crisis watch shows how it goes, crisis stop stops it; resume it when "
                        "that process has ended"));
}

/* 1, or 0 when another has it, or -1. */
static int take(struct store *store, int64_t offset, struct error *error)
{
    struct flock lock = byte_at(offset);

    if (fcntl(store->lock_file, F_OFD_SETLK, &lock) == 0)
        return 1;
    return errno == EAGAIN || errno == EACCES
               ? 0
               : error_set(error, ERROR_SYSTEM, _("cannot lock '%s-lock': %s"), store->path,
                           error_errno(errno));
}

int store_run_lock(struct store *store, int64_t run_row, struct error *error)
{
    if (!is_lockable(run_row))
        return error_set(error, ERROR_SYSTEM, _("there is no run %lld"), (long long)run_row);
    if (store_prepare_locks(store, error) < 0)
        return -1;
    /* Before it is taken: who sees it taken and then asks for a stop is heard. */
    uint64_t stops = read_number(store->lock_file, run_row, STOPS_AT);
    int taken = take(store, run_row, error);
    if (taken < 0)
        return -1;
    if (taken == 0)
        return refuse_second(store, run_row, error);
    write_holder(store->lock_file, run_row);
    store->stops_when_locked = stops;
    return 0;
}

int store_message_lock(struct store *store, const char *plan, const char *message,
                       enum run_mode mode, bool *out_taken, struct error *error)
{
    unsigned char hash[SHA256_SIZE];
    struct text name;
    int64_t offset = first_message;

    *out_taken = false;
    if (store_prepare_locks(store, error) < 0)
        return -1;
    text_init(&name, AUDIT_ENTRY_MAX_BYTES);
    text_addf(&name, "%s\n%s\n%s", plan, message, run_mode_name(mode));
    sha256(name.bytes, name.length, hash);
    text_release(&name);
    for (unsigned i = 0; i < 5; i++)
        offset += (int64_t)hash[i] << (8 * i);
    int taken = take(store, offset, error);
    *out_taken = taken == 1;
    return taken < 0 ? -1 : 0;
}

void store_unlock(struct store *store)
{
    if (store->lock_file >= 0)
        (void)close(store->lock_file);
    store->lock_file = -1;
}

/* --- looking --------------------------------------------------------------------------------- */

bool store_run_holder(struct store *store, int64_t run_row, struct run_holder *out)
{
    struct flock lock = byte_at(run_row);

    *out = (struct run_holder){0};
    if (!is_lockable(run_row))
        return false;
    /* An open file of its own, for which a lock of this very store counts too. */
    int descriptor = open_lock_file(store, O_RDONLY);
    if (descriptor < 0)
        return false;
    bool locked = fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (locked)
        read_holder(descriptor, run_row, out);
    (void)close(descriptor);
    return locked;
}

bool store_run_is_locked(struct store *store, int64_t run_row)
{
    struct run_holder holder;
    return store_run_holder(store, run_row, &holder);
}

/* --- stopping -------------------------------------------------------------------------------- */

int store_run_ask_stop(struct store *store, int64_t run_row, struct error *error)
{
    if (!is_lockable(run_row))
        return error_set(error, ERROR_SYSTEM, _("there is no run %lld"), (long long)run_row);
    /* A file of its own: closing ours would let go of its locks. */
    int descriptor = open_lock_file(store, O_RDWR);
    if (descriptor < 0 && errno == ENOENT)
        return 0; /* nobody has ever taken a run */
    if (descriptor < 0)
        return cannot_open(store, error);
    /* Two who ask at once may write the same number: it has risen for both. */
    bool is_written =
        write_number(descriptor, run_row, STOPS_AT, read_number(descriptor, run_row, STOPS_AT) + 1);
    int result = is_written ? 0
                            : error_set(error, ERROR_SYSTEM, _("cannot write to '%s-lock': %s"),
                                        store->path, error_errno(errno));
    (void)close(descriptor);
    return result;
}

bool store_run_stop_is_asked(const struct store *store, int64_t run_row)
{
    return store->lock_file >= 0 &&
           read_number(store->lock_file, run_row, STOPS_AT) != store->stops_when_locked;
}

void store_run_tell_halted(const struct store *store, int64_t run_row)
{
    uint64_t stops;

    if (store->lock_file < 0)
        return;
    stops = read_number(store->lock_file, run_row, STOPS_AT);
    /* Who asked only hears a little later: when the run is let go. */
    if (!write_number(store->lock_file, run_row, HALTED_AT, stops))
        return;
}
