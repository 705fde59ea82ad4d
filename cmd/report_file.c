#include "cmd/report_file.h"

#include <string.h>
#include <sys/stat.h>

#include "dispatch/progress.h"
#include "report/csv.h"
#include "report/page.h"
#include "report/sink.h"
#include "store/file_writer.h"

#include "cmd/output.h"

enum { REPORT_FILE_MODE = 0644 };

struct writing {
    struct store *store;
    const struct report *report;
    struct sink *sink;
    struct error *error;
    void (*add)(struct text *out, const struct report *report,
                const struct report_delivery *delivery);
};

/* --- deliveries ------------------------------------------------------------------------------ */

static bool add_delivery(void *context, const struct delivery_record *record)
{
    struct writing *writing = context;
    struct post posts[THREAD_PARTS_MAX];
    struct report_delivery delivery = {.record = record, .posts = posts};

    if (!posts_read(record->posts, posts, &delivery.post_count)) {
        error_set(writing->error, ERROR_SYSTEM,
                  "the posts of a delivery (%s of %s) are not readable", record->channel,
                  record->municipality);
        error_next(writing->error, "crisis audit verify");
        writing->sink->result = -1;
        return false;
    }
    writing->add(&writing->sink->piece, writing->report, &delivery);
    sink_settle(writing->sink, writing->error);
    return writing->sink->result == 0;
}

static int add_deliveries(struct writing *writing,
                          void (*add)(struct text *out, const struct report *report,
                                      const struct report_delivery *delivery))
{
    writing->add = add;
    if (store_deliveries(writing->store, writing->report->run->row, add_delivery, writing,
                         writing->error) < 0)
        writing->sink->result = -1;
    return writing->sink->result;
}

/* --- forms ----------------------------------------------------------------------------------- */

static int add_csv(struct writing *writing)
{
    csv_add_header(&writing->sink->piece);
    return add_deliveries(writing, csv_add_delivery);
}

static int add_text(struct writing *writing, const struct said_text *said)
{
    struct arena *arena = arena_new();
    struct draft draft;

    int result = store_draft(writing->store, arena, said->draft_row, &draft, writing->error);
    if (result == 0) {
        report_page_add_text(&writing->sink->piece, said, &draft);
        sink_settle(writing->sink, writing->error);
        result = writing->sink->result;
    }
    arena_free(arena);
    return result;
}

static int add_page(struct writing *writing)
{
    const struct said_texts *texts = &writing->report->figures.texts;
    int result = 0;

    report_page_begin(writing->sink, writing->report, writing->error);
    for (size_t i = 0; result == 0 && i < texts->count; i++)
        result = add_text(writing, &texts->items[i]);
    if (result < 0)
        return -1;
    report_page_begin_deliveries(&writing->sink->piece);
    if (add_deliveries(writing, report_page_add_delivery) < 0)
        return -1;
    report_page_end(&writing->sink->piece, writing->report);
    return 0;
}

static int write_form(struct store *store, const struct report *report, enum report_form form,
                      struct sink *sink, struct error *error)
{
    struct writing writing = {.store = store, .report = report, .sink = sink, .error = error};

    int result = form == REPORT_CSV ? add_csv(&writing) : add_page(&writing);
    if (result == 0)
        result = sink_finish(sink, error);
    return result;
}

/* --- where it goes --------------------------------------------------------------------------- */

static int to_output(void *context, const char *bytes, size_t size, struct error *error)
{
    (void)context;
    (void)error; /* that it could not be written is told at the end of the program */
    output_bytes(bytes, size);
    return 0;
}

static int to_file(void *context, const char *bytes, size_t size, struct error *error)
{
    return file_writer_add(context, bytes, size, error);
}

int report_file_check(const char *path, bool is_replaced, struct error *error)
{
    struct stat status;

    if (strcmp(path, "-") == 0 || lstat(path, &status) < 0)
        return 0;
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_USAGE, "cannot write '%s': it is no regular file", path);
    if (is_replaced)
        return 0;
    error_set(error, ERROR_USAGE, "'%s' is there already", path);
    return error_next(error, "name another file, or add --force to replace it");
}

int report_file_write(struct store *store, const struct report *report, enum report_form form,
                      const char *path, bool is_replaced, struct error *error)
{
    const bool is_output = strcmp(path, "-") == 0;
    struct file_writer *writer = is_output ? NULL : file_writer_new(path, error);
    struct sink sink;
    int result = -1;

    if (!is_output && !writer)
        return -1;
    sink_init(&sink, is_output ? to_output : to_file, writer);
    result = write_form(store, report, form, &sink, error);
    if (result == 0 && writer)
        result = file_writer_finish(writer, is_replaced ? FILE_REPLACE : FILE_NEW, REPORT_FILE_MODE,
                                    error);
    sink_release(&sink);
    file_writer_free(writer);
    return result;
}
