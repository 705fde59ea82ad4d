#include "cmd/report_file.h"

#include "dispatch/progress.h"
#include "report/csv.h"
#include "report/page.h"
#include "report/sink.h"

#include "cmd/output_file.h"

struct writing {
    struct store *store;
    const struct report *report;
    enum report_form form;
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
                  _("the posts of a delivery (%s of %s) are not readable"), record->channel,
                  record->municipality);
        error_next(writing->error, _("crisis audit verify"));
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

static int write_form(void *context, struct sink *sink, struct error *error)
{
    struct writing *writing = context;

    writing->sink = sink;
    writing->error = error;
    int result = writing->form == REPORT_CSV ? add_csv(writing) : add_page(writing);
    if (result == 0)
        result = sink_finish(sink, error);
    return result;
}

int report_file_write(struct store *store, const struct report *report, enum report_form form,
                      const char *path, bool is_replaced, struct error *error)
{
    struct writing writing = {.store = store, .report = report, .form = form};

    return output_file_write(path, is_replaced, write_form, &writing, error);
}
