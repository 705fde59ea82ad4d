/* What the published log asks of the disk, and a crash or a failure at each of its steps. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "log_folder.h"
#include "property.h"

/* --- what the program asks of the disk ------------------------------------------------------- */

enum step_kind { STEP_WRITE, STEP_RENAME, STEP_SYNC, STEP_FOLDER, STEP_REMOVE };

struct step {
    enum step_kind kind;
    char path[LOG_PATH_SIZE];
};

/* These take the place of the C library's for the program's own code, not for SQLite. */
static struct {
    bool is_on;
    long fail_at; /* the step that fails or ends the process; -1: none */
    bool dies;
    long count;
    struct step *steps; /* NULL: not noted */
} disk = {.fail_at = -1};

enum { DIED = 99, STEPS_MAX = 4000 };

static bool step_works(enum step_kind kind, const char *path)
{
    if (!disk.is_on)
        return true;
    if (disk.steps && disk.count < STEPS_MAX) {
        disk.steps[disk.count].kind = kind;
        (void)snprintf(disk.steps[disk.count].path, LOG_PATH_SIZE, "%s", path);
    }
    if (disk.count++ != disk.fail_at)
        return true;
    if (disk.dies)
        _exit(DIED);
    errno = EIO;
    return false;
}

int rename(const char *old, const char *new)
{
    return step_works(STEP_RENAME, new) ? renameat(AT_FDCWD, old, AT_FDCWD, new) : -1;
}

static void path_of(int fd, char out[LOG_PATH_SIZE])
{
    char name[64];

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, out, LOG_PATH_SIZE - 1);
    out[length > 0 ? length : 0] = '\0';
}

int fsync(int fd)
{
    char path[LOG_PATH_SIZE];

    path_of(fd, path);
    return step_works(STEP_SYNC, path) ? 0 : -1; /* no test here cuts the power */
}

/* Half of the bytes are there when it fails or dies. */
ssize_t write(int fd, const void *bytes, size_t size)
{
    char path[LOG_PATH_SIZE];

    if (!disk.is_on)
        return syscall(SYS_write, fd, bytes, size);
    path_of(fd, path);
    if (disk.count == disk.fail_at && syscall(SYS_write, fd, bytes, size / 2) < 0)
        return -1;
    return step_works(STEP_WRITE, path) ? syscall(SYS_write, fd, bytes, size) : -1;
}

int unlink(const char *path)
{
    return step_works(STEP_REMOVE, path) ? (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0) : -1;
}

int mkdir(const char *path, mode_t mode)
{
    return step_works(STEP_FOLDER, path) ? mkdirat(AT_FDCWD, path, mode) : -1;
}

int unlinkat(int fd, const char *name, int flag)
{
    return step_works(STEP_REMOVE, name) ? (int)syscall(SYS_unlinkat, fd, name, flag) : -1;
}

int rmdir(const char *path)
{
    return step_works(STEP_REMOVE, path) ? (int)syscall(SYS_rmdir, path) : -1;
}

static void watch_disk(long fail_at, bool dies, struct step *steps)
{
    disk.is_on = true;
    disk.fail_at = fail_at;
    disk.dies = dies;
    disk.count = 0;
    disk.steps = steps;
}

static void leave_disk(void)
{
    disk.is_on = false;
    disk.steps = NULL;
}

static void nothing_new_writes_nothing(void **state)
{
    struct log_folder *log = *state;
    struct step *steps = calloc(STEPS_MAX, sizeof(*steps));

    log_grow(log, 300);
    watch_disk(-1, false, steps);
    assert_int_equal(log_update(log), 0);
    leave_disk();
    for (long i = 0; i < disk.count; i++)
        assert_true(steps[i].kind != STEP_WRITE && steps[i].kind != STEP_RENAME &&
                    steps[i].kind != STEP_REMOVE && steps[i].kind != STEP_SYNC);
    free(steps);
}

/* --- durable, and in order ------------------------------------------------------------------- */

static bool is_synced_between(const struct step *steps, long from, long to, const char *path)
{
    for (long i = from; i < to; i++)
        if (steps[i].kind == STEP_SYNC && strcmp(steps[i].path, path) == 0)
            return true;
    return false;
}

static void folder_of(const char *path, char out[LOG_PATH_SIZE])
{
    (void)snprintf(out, LOG_PATH_SIZE, "%s", path);
    *strrchr(out, '/') = '\0';
}

/* When the checkpoint takes its name, all that was written before is durable, with its names; what
 * is taken away goes after that is durable too. */
static void the_checkpoint_comes_last(void **state)
{
    struct log_folder *log = *state;
    struct step *steps = calloc(STEPS_MAX, sizeof(*steps));
    char checkpoint[LOG_PATH_SIZE], folder[LOG_PATH_SIZE];
    long last = -1;

    log_grow(log, 250);
    log_append(log, 300);
    watch_disk(-1, false, steps);
    assert_int_equal(log_update(log), 0);
    leave_disk();
    assert_true(disk.count < STEPS_MAX);
    log_path(log, "checkpoint", checkpoint);
    for (long i = 0; i < disk.count; i++)
        if (steps[i].kind == STEP_RENAME && strcmp(steps[i].path, checkpoint) == 0)
            last = i;
    assert_true(last > 0);
    for (long i = 0; i < disk.count; i++) {
        if (steps[i].kind == STEP_REMOVE) {
            assert_true(is_synced_between(steps, last, i, log->path));
            continue;
        }
        folder_of(steps[i].path, folder);
        if (steps[i].kind == STEP_FOLDER)
            assert_true(is_synced_between(steps, i, last, folder));
        if (steps[i].kind != STEP_RENAME)
            continue;
        assert_true(i > 0 && i <= last && steps[i - 1].kind == STEP_SYNC); /* of its bytes */
        assert_true(is_synced_between(steps, i, i == last ? disk.count : last, folder));
    }
    free(steps);
}

/* From then on the folder's name need not be synced any more. */
static void the_first_checkpoint_comes_after_the_folder(void **state)
{
    struct log_folder *log = *state;
    struct step *steps = calloc(STEPS_MAX, sizeof(*steps));
    char checkpoint[LOG_PATH_SIZE], outside[LOG_PATH_SIZE];
    long last = -1;

    assert_true(mkdir(log->path, 0700) == 0 || errno == EEXIST); /* by one that died then */
    log_append(log, 3);
    watch_disk(-1, false, steps);
    assert_int_equal(log_update(log), 0);
    leave_disk();
    log_path(log, "checkpoint", checkpoint);
    folder_of(log->path, outside);
    for (long i = 0; i < disk.count && i < STEPS_MAX; i++)
        if (steps[i].kind == STEP_RENAME && strcmp(steps[i].path, checkpoint) == 0)
            last = i;
    assert_true(last > 0 && is_synced_between(steps, 0, last, outside));
    free(steps);
}

/* --- crashes --------------------------------------------------------------------------------- */

/* What a process does that dies. */
typedef int (*deed_function)(struct published_log *log, struct store *store, struct error *error);

static int do_in_child(struct log_folder *log, deed_function deed, long die_at)
{
    int status;

    pid_t child = fork();
    if (child == 0) {
        struct published_log *own;
        struct store *store;
        struct error error = {0};
        int result = store_open(log->store_path, STORE_READ, &store, &error);
        result =
            result < 0 ? -1 : published_log_open(log->path, log_origin, log_seed, &own, &error);
        watch_disk(die_at, true, NULL);
        if (result == 0)
            result = deed(own, store, &error);
        _exit(result == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int publish_in_child(struct log_folder *log, long die_at)
{
    return do_in_child(log, published_log_update, die_at);
}

/* `old` entries are published; the update to `size` dies before each step in turn. */
static void die_everywhere(struct log_folder *log, uint64_t old, uint64_t size)
{
    char base[LOG_PATH_SIZE];
    struct log_reading reading;
    long step = 0, deaths = 0;
    int result = DIED;
    uint64_t random = old;

    test_folder_file(&log->folder, "base", base);
    if (old > 0) {
        log_grow(log, old);
        log_copy(log->path, base);
    }
    log_append(log, size - old);
    store_close(log->store); /* SQLite's locks do not survive a fork */
    log->store = NULL;
    for (; result == DIED; step++) {
        if (old > 0)
            log_copy(base, log->path);
        else
            (void)nftw(log->path, test_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
        result = publish_in_child(log, step);
        deaths += result == DIED;
        if (old > 0 || is_there(log, "checkpoint")) {
            error_clear(&log->error);
            assert_int_equal(log_reader_verify(log->path, &log->key, &reading, &log->error), 0);
            assert_true(reading.checkpoint.size == old || reading.checkpoint.size == size);
        }
        if (step % 3 == 0) { /* once more, somewhere else */
            int again = publish_in_child(log, (long)property_below(&random, 40));
            assert_true(again == DIED || again == 0);
        }
        assert_int_equal(publish_in_child(log, -1), 0);
        assert_int_equal(log_reader_verify(log->path, &log->key, &reading, &log->error), 0);
        assert_int_equal(reading.checkpoint.size, size);
        assert_files(log, size);
    }
    assert_int_equal(store_open(log->store_path, STORE_READ, &log->store, &log->error), 0);
    assert_published(log, size);
    assert_int_equal(result, 0);
    assert_true(deaths > 8);
}

static void a_crash_at_the_first_publication(void **state)
{
    die_everywhere(*state, 0, 3);
}

static void a_crash_while_partial_tiles_grow(void **state)
{
    die_everywhere(*state, 5, 9);
}

static void a_crash_while_tiles_become_full(void **state)
{
    die_everywhere(*state, 254, 258);
}

/* The store has entries, and the process that appended them died before it published any. */
static void a_crash_between_entry_and_tile(void **state)
{
    struct log_folder *log = *state;
    struct log_reading reading;

    log_grow(log, 100);
    for (int i = 0; i < 3; i++)
        log_append(log, 77);
    assert_int_equal(log_compare(log, &reading), 0);
    assert_int_equal(reading.checkpoint.size, 100);
    assert_int_equal(reading.unpublished, 231);
    assert_int_equal(log_update(log), 0);
    assert_published(log, 331);
    assert_files(log, 331);
}

/* All files are written anew, over those that are there and beside one that is damaged. */
static void a_crash_while_all_is_written_anew(void **state)
{
    struct log_folder *log = *state;
    char base[LOG_PATH_SIZE], path[LOG_PATH_SIZE];
    struct log_reading reading;
    int result = DIED;
    long deaths = 0;

    test_folder_file(&log->folder, "base", base);
    log_grow(log, 3);
    log_grow(log, 256);
    log_write(log_path(log, "tile/0/000", path), "x", 1);
    log_copy(log->path, base);
    log_append(log, 5);
    store_close(log->store);
    log->store = NULL;
    for (long step = 0; result == DIED; step++) {
        log_copy(base, log->path);
        result = do_in_child(log, published_log_rebuild, step);
        deaths += result == DIED;
        error_clear(&log->error);
        /* What is whole by then stays whole; another try makes it so. */
        assert_int_equal(do_in_child(log, published_log_rebuild, -1), 0);
        assert_int_equal(log_reader_verify(log->path, &log->key, &reading, &log->error), 0);
        assert_int_equal(reading.checkpoint.size, 264);
        assert_files(log, 264);
    }
    assert_int_equal(result, 0);
    assert_true(deaths > 8);
    assert_int_equal(store_open(log->store_path, STORE_READ, &log->store, &log->error), 0);
    assert_published(log, 264);
}

static int cosign(struct published_log *log, struct store *store, struct error *error)
{
    const unsigned char seed[ED25519_SEED_SIZE] = {5};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct ed25519_key *key;
    struct note_vkey witness;
    struct text bytes, lines;

    (void)store;
    text_init(&bytes, NOTE_MAX_BYTES);
    text_init(&lines, NOTE_MAX_BYTES);
    if (ed25519_key_new(seed, &key, error) < 0)
        return -1;
    ed25519_key_public(key, public_key);
    if (note_vkey_init(&witness, "w.example", NOTE_COSIGNATURE, public_key, error) < 0 ||
        published_log_checkpoint(log, &bytes, NULL, error) < 0)
        return -1;
    const size_t text_size = (size_t)(strstr(bytes.bytes, "\n\n") - bytes.bytes) + 1;
    if (note_add_signature(&lines, bytes.bytes, text_size, &witness, key, 7, error) < 0)
        return -1;
    return published_log_add_cosignatures(log, bytes.bytes, text_size, lines.bytes, lines.length,
                                          error);
}

static void a_crash_while_cosignatures_join(void **state)
{
    struct log_folder *log = *state;
    char path[LOG_PATH_SIZE];
    struct log_reading reading;
    struct text checkpoint;
    int result = DIED;

    log_grow(log, 20);
    store_close(log->store);
    log->store = NULL;
    for (long step = 0; result == DIED; step++) {
        result = do_in_child(log, cosign, step);
        assert_int_equal(log_reader_verify(log->path, &log->key, &reading, &log->error), 0);
        assert_int_equal(reading.checkpoint.size, 20);
        assert_int_equal(publish_in_child(log, -1), 0);
    }
    assert_int_equal(result, 0);
    log_read(log_path(log, "checkpoint", path), &checkpoint);
    assert_non_null(strstr(checkpoint.bytes, "w.example"));
    text_release(&checkpoint);
    assert_files(log, 20);
}

static int stop(struct published_log *log, struct store *store, struct error *error)
{
    const struct log_fork fork = {
        .origin = "krise.example.no/audit", .witness = "w.example", .remembered = 30, .size = 20};

    (void)store;
    return published_log_stop(log, &fork, error) < 0 ? 0 : -1;
}

/* Stopped, or not yet: never something in between. */
static void a_crash_while_a_log_is_stopped(void **state)
{
    struct log_folder *log = *state;
    int result = DIED;
    bool was_stopped = false;

    log_grow(log, 20);
    store_close(log->store);
    log->store = NULL;
    for (long step = 0; result == DIED; step++) {
        result = do_in_child(log, stop, step);
        error_clear(&log->error);
        bool is_stopped = published_log_check_stopped(log->path, &log->error) < 0;
        assert_true(is_stopped || !was_stopped);
        assert_true(!is_stopped || strstr(log->error.message, "remembers 30 entries"));
        assert_int_equal(publish_in_child(log, -1), is_stopped ? 1 : 0);
        was_stopped = is_stopped;
    }
    assert_int_equal(result, 0);
    assert_true(was_stopped);
    assert_int_equal(log_verify(log), 0);
}

/* A disk that fails at any step: an error, a log that still verifies, and the next update works. */
static void a_disk_that_fails_at_any_step(void **state)
{
    struct log_folder *log = *state;
    char base[LOG_PATH_SIZE];
    struct log_reading reading;
    long failures = 0;

    test_folder_file(&log->folder, "base", base);
    log_grow(log, 250);
    log_copy(log->path, base);
    log_append(log, 10);
    for (long step = 0;; step++) {
        log_copy(base, log->path);
        watch_disk(step, false, NULL);
        int result = log_update(log);
        leave_disk();
        if (disk.count <= step)
            break; /* it never came that far */
        assert_true(result == 0 || log->error.kind == ERROR_SYSTEM);
        failures += result < 0;
        assert_int_equal(log_compare(log, &reading), 0);
        assert_int_equal(log_update(log), 0);
        assert_published(log, 260);
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(nothing_new_writes_nothing),
        LOG_TEST(the_checkpoint_comes_last),
        LOG_TEST(the_first_checkpoint_comes_after_the_folder),
        LOG_TEST(a_crash_at_the_first_publication),
        LOG_TEST(a_crash_while_partial_tiles_grow),
        LOG_TEST(a_crash_while_tiles_become_full),
        LOG_TEST(a_crash_between_entry_and_tile),
        LOG_TEST(a_crash_while_all_is_written_anew),
        LOG_TEST(a_crash_while_cosignatures_join),
        LOG_TEST(a_crash_while_a_log_is_stopped),
        LOG_TEST(a_disk_that_fails_at_any_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
