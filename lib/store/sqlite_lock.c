#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"

#include "store/sqlite.h"

/*
 * The file PATH-lock holds, at offset row * 8, the process that took a run last (little-endian),
 * and the lock itself is on the byte at offset row. The lock belongs to our open file, so it also
 * holds against another store of this process, and the system lets go of it when the process ends.
 * Asking the system who has it gives no process number for such locks, hence the number in the
 * file.
 */
enum { HOLDER_SIZE = 8 };

/* Rows are far below: the file would be 8 times as long. */
static const int64_t lockable_rows = INT64_C(1) << 40;

static struct flock byte_of(int64_t run_row)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = run_row, .l_len = 1};
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

static void write_holder(int descriptor, int64_t run_row)
{
    uint64_t process = (uint64_t)getpid();
    unsigned char bytes[HOLDER_SIZE];

    for (unsigned i = 0; i < HOLDER_SIZE; i++)
        bytes[i] = (unsigned char)(process >> (8 * i));
    /* The number only serves a message: the lock holds without it. */
    if (pwrite(descriptor, bytes, sizeof(bytes), run_row * HOLDER_SIZE) < 0)
        return;
}

static int64_t read_holder(int descriptor, int64_t run_row)
{
    unsigned char bytes[HOLDER_SIZE];
    uint64_t process = 0;

    if (pread(descriptor, bytes, sizeof(bytes), run_row * HOLDER_SIZE) != HOLDER_SIZE)
        return 0;
    for (unsigned i = 0; i < HOLDER_SIZE; i++)
        process |= (uint64_t)bytes[i] << (8 * i);
    return process > INT32_MAX ? 0 : (int64_t)process;
}

static int refuse_second(struct store *store, int64_t run_row, struct error *error)
{
    int64_t process = read_holder(store->lock_file, run_row);

    if (process > 0)
        error_set(error, ERROR_SYSTEM, "this run is being worked on by process %lld",
                  (long long)process);
    else
        error_set(error, ERROR_SYSTEM, "this run is being worked on by another process");
    return error_next(error,
                      "crisis status shows how it goes; resume it when that process has ended");
}

int store_run_lock(struct store *store, int64_t run_row, struct error *error)
{
    struct flock lock = byte_of(run_row);

    if (run_row < 0 || run_row >= lockable_rows)
        return error_set(error, ERROR_SYSTEM, "there is no run %lld", (long long)run_row);
    if (store->lock_file < 0)
        store->lock_file = open_lock_file(store, O_RDWR | O_CREAT);
    if (store->lock_file < 0)
        return error_set(error, ERROR_SYSTEM, "cannot open '%s-lock': %s", store->path,
                         error_errno(errno));
    if (fcntl(store->lock_file, F_OFD_SETLK, &lock) < 0) {
        if (errno == EAGAIN || errno == EACCES)
            return refuse_second(store, run_row, error);
        return error_set(error, ERROR_SYSTEM, "cannot lock '%s-lock': %s", store->path,
                         error_errno(errno));
    }
    write_holder(store->lock_file, run_row);
    return 0;
}

bool store_run_is_locked(struct store *store, int64_t run_row)
{
    struct flock lock = byte_of(run_row);

    if (run_row < 0 || run_row >= lockable_rows)
        return false;
    /* An open file of its own, for which a lock of this very store counts too. */
    int descriptor = open_lock_file(store, O_RDONLY);
    if (descriptor < 0)
        return false;
    bool locked = fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)close(descriptor);
    return locked;
}
