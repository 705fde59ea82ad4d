#include "report/sink.h"

#include "base/language.h"

/* One row is at most a delivery with all posts of a thread, or a text with all its parts. */
enum { PIECE_BYTES = 64 * 1024, PIECE_MAX_BYTES = 64 * 1024 * 1024 };

void sink_init(struct sink *sink,
               int (*write)(void *context, const char *bytes, size_t size, struct error *error),
               void *context)
{
    *sink = (struct sink){.write = write, .context = context};
    text_init(&sink->piece, PIECE_MAX_BYTES);
}

static void pass_on(struct sink *sink, struct error *error)
{
    if (sink->result == 0 && sink->piece.overflowed)
        sink->result = error_set(error, ERROR_SYSTEM, _("a part of the report is too large"));
    if (sink->result == 0 && sink->piece.length > 0)
        sink->result = sink->write(sink->context, sink->piece.bytes, sink->piece.length, error);
    text_reset(&sink->piece);
}

void sink_settle(struct sink *sink, struct error *error)
{
    if (sink->result < 0 || sink->piece.overflowed || sink->piece.length >= PIECE_BYTES)
        pass_on(sink, error);
}

int sink_finish(struct sink *sink, struct error *error)
{
    pass_on(sink, error);
    return sink->result;
}

void sink_release(struct sink *sink)
{
    text_release(&sink->piece);
}
