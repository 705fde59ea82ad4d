#include "count/split.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#include "count/breaks.h"
#include "count/count.h"

enum {
    NUMBER_MAX_BYTES = sizeof(" (999/999)"),
    TOTAL_DIGITS_MAX = 3,
};

struct splitter {
    const struct text_limits *limits;
    const char *text;
    const char *prefix_mark, *suffix_mark;
    struct text_breaks breaks;
    struct text part;         /* the part being tried */
    struct split_part *parts; /* SPLIT_PARTS_SHOWN_MAX */
    size_t count;
    bool complete; /* all of the text is in parts */
};

/* Builds the part with the stretch [start, end) of the text; number 0: without one. */
static void build(struct splitter *splitter, size_t start, size_t end, size_t number, size_t total)
{
    struct text *part = &splitter->part;

    text_reset(part);
    if (splitter->prefix_mark != NULL) {
        text_add(part, splitter->prefix_mark);
        text_add_char(part, '\n');
    }
    text_add_bytes(part, splitter->text + start, end - start);
    if (number > 0)
        text_addf(part, " (%zu/%zu)", number, total);
    if (splitter->suffix_mark != NULL) {
        text_add_char(part, '\n');
        text_add(part, splitter->suffix_mark);
    }
}

/* Whether the part from `start` to a break is within limits. */
static bool fits(struct splitter *splitter, const struct text_limits *limits, size_t start,
                 size_t at, size_t total)
{
    build(splitter, start, splitter->breaks.items[at].end, splitter->count + 1, total);
    return count_fits(limits, splitter->part.bytes, splitter->part.length);
}

/* The last break up to which a part fits that begins at `start`; `first` is known to fit. The
 * length never falls as words are added, so the search can leap. */
static size_t find_last(struct splitter *splitter, size_t start, size_t first, size_t total)
{
    size_t low = first, high = splitter->breaks.count, leap = 1;

    while (low + leap < high) {
        if (!fits(splitter, splitter->limits, start, low + leap, total)) {
            high = low + leap;
            break;
        }
        low += leap;
        leap *= 2;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (fits(splitter, splitter->limits, start, middle, total))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The last sentence end in the last half of the part, else `last`. */
static size_t prefer_sentence(struct splitter *splitter, size_t start, size_t first, size_t last,
                              size_t total)
{
    struct text_limits half = *splitter->limits;
    size_t at = last;

    half.limit /= 2;
    half.limit_bytes /= 2;
    while (at > first && !splitter->breaks.items[at].sentence)
        at--;
    if (!splitter->breaks.items[at].sentence || fits(splitter, &half, start, at, total))
        return last;
    return at;
}

/* Divides the text into parts whose numbers are as long as those of `total` parts. */
static enum split_status divide(struct splitter *splitter, size_t total, struct count_span *word)
{
    const struct text_breaks *breaks = &splitter->breaks;
    size_t start = breaks->start, first = 0;

    splitter->count = 0;
    while (first < breaks->count && splitter->count < total) {
        size_t last;

        if (!fits(splitter, splitter->limits, start, first, total)) {
            *word = (struct count_span){start, breaks->items[first].end};
            return SPLIT_WORD_TOO_LONG;
        }
        last = find_last(splitter, start, first, total);
        if (last + 1 < breaks->count)
            last = prefer_sentence(splitter, start, first, last, total);
        splitter->parts[splitter->count++] =
            (struct split_part){.content_start = start, .content_end = breaks->items[last].end};
        start = breaks->items[last].next;
        first = last + 1;
    }
    splitter->complete = first == breaks->count;
    return SPLIT_DONE;
}

/* Takes the shortest numbers with which the parts can be counted. */
static enum split_status divide_all(struct splitter *splitter, struct count_span *word)
{
    size_t total = 0;

    for (int digits = 1; digits <= TOTAL_DIGITS_MAX; digits++) {
        enum split_status status;

        total = total * 10 + 9;
        status = divide(splitter, total, word);
        if (status != SPLIT_DONE)
            return status;
        if (splitter->complete)
            break;
    }
    return splitter->count > THREAD_PARTS_MAX || !splitter->complete ? SPLIT_TOO_MANY : SPLIT_DONE;
}

/* Keeps the part that was built last. */
static void keep(const struct splitter *splitter, struct arena *arena, struct split_part *part)
{
    part->text = arena_strndup(arena, splitter->part.bytes, splitter->part.length);
    part->length = count_text(splitter->limits->unit, splitter->part.bytes, splitter->part.length);
}

static enum split_status make_parts(struct splitter *splitter, struct arena *arena,
                                    struct split_result *out)
{
    struct count_span word = {0, 0};
    enum split_status status = divide_all(splitter, &word);

    if (status == SPLIT_WORD_TOO_LONG) {
        out->word = arena_strndup(arena, splitter->text + word.start, word.end - word.start);
        return status;
    }
    for (size_t i = 0; i < splitter->count; i++) {
        struct split_part *part = &splitter->parts[i];

        build(splitter, part->content_start, part->content_end, i + 1, splitter->count);
        keep(splitter, arena, part);
    }
    out->count = splitter->count;
    out->parts = arena_memdup(arena, splitter->parts, splitter->count * sizeof(*out->parts));
    return status;
}

static enum split_status split_long(struct splitter *splitter, struct arena *arena, size_t length,
                                    struct split_result *out)
{
    struct arena *scratch = arena_new();
    enum split_status status = SPLIT_DONE;

    splitter->parts = arena_alloc_array(scratch, SPLIT_PARTS_SHOWN_MAX, sizeof(*splitter->parts));
    breaks_find(scratch, splitter->text, length, &splitter->breaks);
    if (splitter->breaks.count > 0)
        status = make_parts(splitter, arena, out);
    arena_free(scratch);
    return status;
}

int split_thread(struct arena *arena, const struct text_limits *limits, const char *text,
                 const char *prefix_mark, const char *suffix_mark, struct split_result *out)
{
    size_t length = strlen(text);
    size_t marks = (prefix_mark != NULL ? strlen(prefix_mark) + 1 : 0) +
                   (suffix_mark != NULL ? strlen(suffix_mark) + 1 : 0);
    struct splitter splitter = {
        .limits = limits, .text = text, .prefix_mark = prefix_mark, .suffix_mark = suffix_mark};
    enum split_status status = SPLIT_DONE;
    bool is_short;

    *out = (struct split_result){0};
    text_init(&splitter.part, length + marks + NUMBER_MAX_BYTES);
    build(&splitter, 0, length, 0, 0);
    is_short = count_fits(limits, splitter.part.bytes, splitter.part.length);
    if (is_short || !limits->threads) {
        out->count = 1;
        out->parts = arena_alloc(arena, sizeof(*out->parts));
        out->parts[0].content_end = length;
        keep(&splitter, arena, &out->parts[0]);
        status = is_short ? SPLIT_DONE : SPLIT_NOT_ALLOWED;
    } else {
        status = split_long(&splitter, arena, length, out);
    }
    text_release(&splitter.part);
    return (int)status;
}
