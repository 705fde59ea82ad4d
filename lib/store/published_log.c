#include "store/published_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/language.h"
#include "base/memory.h"

#include "store/log_files.h"
#include "store/published_log_internal.h"

enum { BUSY_PAUSE_MS = 20 };

static const char lock_name[] = ".lock";

/* --- open and close -------------------------------------------------------------------------- */

int published_log_open(const char *path, const char *origin,
                       const unsigned char seed[ED25519_SEED_SIZE], struct published_log **out,
                       struct error *error)
{
    struct published_log *log = memory_alloc(sizeof(*log));
    unsigned char public_key[ED25519_PUBLIC_SIZE];

    *out = NULL;
    log->path = memory_strdup(path);
    if (ed25519_key_new(seed, &log->key, error) < 0)
        goto out;
    ed25519_key_public(log->key, public_key);
    if (note_vkey_init(&log->vkey, origin, NOTE_ED25519, public_key, error) < 0)
        goto out;
    *out = log;
    return 0;
out:
    published_log_close(log);
    return -1;
}

void published_log_close(struct published_log *log)
{
    if (!log)
        return;
    ed25519_key_free(log->key);
    memory_free(log->path);
    memory_free(log);
}

int published_log_make_folder(struct published_log *log, struct error *error)
{
    return log_writer_init(&log->writer, log->path, error);
}

/* --- one process at a time ------------------------------------------------------------------- */

static int wait_for_lock(struct published_log *log, int descriptor, struct error *error)
{
    const struct timespec pause = {0, BUSY_PAUSE_MS * 1000000L};

    for (int waited_ms = 0;; waited_ms += BUSY_PAUSE_MS) {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_set(error, ERROR_SYSTEM, _("cannot lock the folder '%s': %s"), log->path,
                             error_errno(errno));
        if (waited_ms >= PUBLISHED_LOG_BUSY_TIMEOUT_MS) {
            error_set(error, ERROR_SYSTEM,
                      _("another process has been publishing the log in '%s' for %d s"), log->path,
                      PUBLISHED_LOG_BUSY_TIMEOUT_MS / 1000);
            return error_next(error, _("the entries are safe in the store: publish them later"));
        }
        (void)nanosleep(&pause, NULL);
    }
}

/* flock, not fcntl: the lock is this descriptor's, whatever else is closed. */
int published_log_lock(struct published_log *log, struct error *error)
{
    struct text path;

    log_file_path(log->path, lock_name, &path);
    int descriptor = open(path.bytes, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    text_release(&path);
    if (descriptor < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot lock the folder '%s': %s"), log->path,
                         error_errno(errno));
    if (wait_for_lock(log, descriptor, error) == 0)
        return descriptor;
    (void)close(descriptor);
    return -1;
}

/* --- for witnesses --------------------------------------------------------------------------- */

int published_log_checkpoint(struct published_log *log, struct text *out,
                             struct checkpoint *checkpoint, struct error *error)
{
    struct text bytes;
    struct note note;
    struct checkpoint read;

    int result = log_checkpoint_read(log->path, &log->vkey, &bytes, &note, &read, error);
    if (result == 0) {
        text_add_bytes(out, bytes.bytes, bytes.length);
        if (checkpoint)
            *checkpoint = read;
    }
    text_release(&bytes);
    return result;
}

/* Makes the proof, and checks it as the witness will: it fails for damaged tiles, not there. */
static int make_consistency(const struct hash_source *source, uint64_t old_size,
                            const struct checkpoint *checkpoint, struct proof *out,
                            struct error *error)
{
    unsigned char old_root[SHA256_SIZE];

    if (proof_root(source, old_size, old_root, error) < 0 ||
        proof_consistency(source, old_size, checkpoint->size, out, error) < 0)
        return -1;
    if (proof_consistency_holds(out, old_size, old_root, checkpoint->size, checkpoint->root))
        return 0;
    error_set(error, ERROR_VERIFICATION, _("the published tiles do not fit the checkpoint"));
    return error_next(error,
                      _("crisis audit verify says where; crisis audit publish writes them anew"));
}

int published_log_consistency(struct published_log *log, uint64_t old_size, struct proof *out,
                              uint64_t *size, struct error *error)
{
    struct text bytes;
    struct note note;
    struct checkpoint checkpoint;
    struct log_tiles tiles;

    int result = log_checkpoint_read(log->path, &log->vkey, &bytes, &note, &checkpoint, error);
    if (result == 0) {
        log_tiles_init(&tiles, log->path, checkpoint.size);
        struct hash_source source = log_tiles_source(&tiles);
        result = make_consistency(&source, old_size, &checkpoint, out, error);
        log_tiles_release(&tiles);
        *size = checkpoint.size;
    }
    text_release(&bytes);
    return result;
}

/* Whether the note has a line of the same key. */
static bool has_key(const struct note *note, const struct note_signature *wanted)
{
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *line = &note->signatures[i];
        if (line->name_length == wanted->name_length &&
            memcmp(line->name, wanted->name, line->name_length) == 0 &&
            memcmp(line->key_id, wanted->key_id, sizeof(line->key_id)) == 0)
            return true;
    }
    return false;
}

/* The checkpoint with the lines added; a witness's line takes the place of its older one. */
static void join_lines(const struct note *note, const struct note *added, struct text *out)
{
    text_add_bytes(out, note->text, note->text_size);
    text_add_char(out, '\n');
    for (size_t i = 0; i < note->signature_count; i++)
        if (!has_key(added, &note->signatures[i]))
            text_add_bytes(out, note->signatures[i].line, note->signatures[i].line_length);
    for (size_t i = 0; i < added->signature_count; i++)
        text_add_bytes(out, added->signatures[i].line, added->signatures[i].line_length);
}

static int add_lines(struct published_log *log, const char *text, size_t text_size,
                     const char *lines, size_t lines_size, struct error *error)
{
    struct text bytes, next;
    struct note note, added;
    struct checkpoint checkpoint;

    text_init(&next, NOTE_MAX_BYTES);
    int result = log_checkpoint_read(log->path, &log->vkey, &bytes, &note, &checkpoint, error);
    if (result < 0 || note.text_size != text_size || memcmp(note.text, text, text_size) != 0)
        goto out; /* another checkpoint stands there: the lines are not for it */
    result = note_parse_lines(lines, lines_size, text, text_size, &added, error);
    if (result < 0)
        goto out;
    join_lines(&note, &added, &next);
    if (next.overflowed)
        result = error_set(error, ERROR_VERIFICATION, _("the witnesses' signatures are too long"));
    /* What could not be read again must not take the place of what can. */
    if (result == 0)
        result = checkpoint_open(next.bytes, next.length, &log->vkey, &added, &checkpoint, error);
    if (result == 0)
        result = log_writer_file(&log->writer, log_checkpoint_name, next.bytes, next.length, error);
out:
    text_release(&bytes);
    text_release(&next);
    return result;
}

int published_log_add_cosignatures(struct published_log *log, const char *text, size_t text_size,
                                   const char *lines, size_t lines_size, struct error *error)
{
    if (log_writer_init(&log->writer, log->path, error) < 0)
        return -1;
    int descriptor = published_log_lock(log, error);
    if (descriptor < 0)
        return -1;
    int result = add_lines(log, text, text_size, lines, lines_size, error);
    (void)close(descriptor);
    return result;
}
