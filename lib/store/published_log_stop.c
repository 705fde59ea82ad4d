/* A log that a witness has shown to be a fork, and that nothing is published to any more. */
#include "store/published_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"

#include "store/log_files.h"
#include "store/log_writer.h"
#include "store/published_log_internal.h"

enum { MARK_MAX_BYTES = 2048 };

static const char mark_name[] = ".stopped";
static const char first_line[] = "crisis-log-stopped/v1\n";

static int refuse(const char *folder, const struct log_fork *fork, struct error *error)
{
    if (fork->remembered > fork->size)
        error_set(error, ERROR_VERIFICATION,
                  _("the witness '%s' remembers %" PRIu64
                    " entries of the log '%s', which has %" PRIu64
                    " here: nothing more is written to it"),
                  fork->witness, fork->remembered, fork->origin, fork->size);
    else
        error_set(error, ERROR_VERIFICATION,
                  _("the first %" PRIu64 " entries that the witness '%s' remembers of the log '%s' "
                    "are not those that it has here: nothing more is written to it"),
                  fork->remembered, fork->witness, fork->origin);
    return error_next(
        error,
        _("if this workspace was restored from a backup, put the newer one back. Else "
          "begin a new log: keep '%s' under another name and give crisis.yaml another "
          "log origin. Only if the witness is wrong: take it out of crisis.yaml, and "
          "remove '%s/%s'"),
        folder, folder, mark_name);
}

/* --- the mark -------------------------------------------------------------------------------- */

static void write_mark(const struct log_fork *fork, struct text *out)
{
    text_init(out, MARK_MAX_BYTES);
    text_addf(out, "%sorigin %s\nwitness %s\nremembers %" PRIu64 "\nhas %" PRIu64 "\n", first_line,
              fork->origin, fork->witness, fork->remembered, fork->size);
}

static bool read_mark(const char *bytes, struct log_fork *out)
{
    const size_t length = strlen(first_line);

    return strncmp(bytes, first_line, length) == 0 &&
           sscanf(bytes + length, "origin %255s witness %255s remembers %" SCNu64 " has %" SCNu64,
                  out->origin, out->witness, &out->remembered, &out->size) == 4;
}

int published_log_check_stopped(const char *folder, struct error *error)
{
    struct error cause = {0};
    struct log_fork fork = {0};
    struct text bytes;
    int result = -1;

    if (!log_file_is_there(folder, mark_name))
        return 0;
    if (log_file_read(folder, mark_name, MARK_MAX_BYTES, &bytes, &cause) < 0 ||
        !read_mark(bytes.bytes, &fork)) {
        error_set(error, ERROR_VERIFICATION,
                  _("the log in '%s' was stopped, and '%s' there does not say why"), folder,
                  mark_name);
        error_next(error,
                   _("ask a witness of the log what it knows; then begin a new log: keep '%s' "
                     "under another name and give crisis.yaml another log origin"),
                   folder);
    } else {
        result = refuse(folder, &fork, error);
    }
    text_release(&bytes);
    return result;
}

/* --- stopping -------------------------------------------------------------------------------- */

static int stop(struct published_log *log, const struct log_fork *fork, struct error *error)
{
    struct text bytes;

    write_mark(fork, &bytes);
    int result = log_writer_file(&log->writer, mark_name, bytes.bytes, bytes.length, error);
    text_release(&bytes);
    return result;
}

int published_log_stop(struct published_log *log, const struct log_fork *fork, struct error *error)
{
    struct error fault = {0};
    int descriptor = -1;
    int result = -1;

    if (log_writer_init(&log->writer, log->path, &fault) == 0)
        descriptor = published_log_lock(log, &fault);
    if (descriptor >= 0) {
        result = stop(log, fork, &fault);
        (void)close(descriptor);
    }
    refuse(log->path, fork, error);
    if (result < 0) /* the next command that asks the witness finds the same */
        error_next(error, "%s", fault.message);
    return -1;
}
