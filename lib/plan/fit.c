#include "plan/fit.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "count/count.h"
#include "count/split.h"

enum {
    MARKED_MAX_BYTES = TEXT_MAX_BYTES + 1024, /* a text and two marks */
    CANDIDATES = 2,
};

struct candidate {
    const char *text; /* NULL: none, or it fits by no means */
    bool is_short;
    size_t length; /* in the channel's unit */
    bool fits;
};

/* --- one post ---------------------------------------------------------------------------------- */

static void add_marked(struct text *out, const char *text, const char *mark)
{
    if (mark)
        text_addf(out, "%s\n", mark);
    text_add(out, text);
    if (mark)
        text_addf(out, "\n%s", mark);
}

/* A length on X that a text reaches for certain, found in one pass: the ASCII characters of all
 * words without a full stop. What may be a link counts less than its letters, but has one. */
static size_t least_x_length(const char *text)
{
    size_t least = 0, word = 0;
    bool has_stop = false;

    for (const char *p = text; *p; p++) {
        if (*p == ' ' || *p == '\n' || *p == '\t') {
            least += 1 + (has_stop ? 0 : word);
            word = 0;
            has_stop = false;
        } else if (*p == '.') {
            has_stop = true;
        } else if (((unsigned char)*p & 0x80) == 0) {
            word++;
        }
    }
    return least + (has_stop ? 0 : word);
}

static bool is_over_by_far(const struct text_limits *limits, const char *text)
{
    return limits->unit == TEXT_UNIT_X_WEIGHTED && least_x_length(text) > limits->limit;
}

static bool has_limit(const struct text_limits *limits)
{
    return limits->limit > 0;
}

static void measure(const struct fit_request *request, struct text *scratch,
                    struct candidate *candidate)
{
    const struct text_limits *limits = request->limits;

    text_reset(scratch);
    add_marked(scratch, candidate->text, request->mark);
    candidate->length = count_text(limits->unit, scratch->bytes, scratch->length);
    candidate->fits = (!has_limit(limits) || candidate->length <= limits->limit) &&
                      (limits->limit_bytes == 0 || scratch->length <= limits->limit_bytes);
}

/* Of two variants the longer one first; the better one to fail with, short, last. */
static void measure_both(const struct fit_request *request, struct text *scratch,
                         struct candidate candidates[CANDIDATES])
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        struct candidate *candidate = &candidates[i];
        bool other_is_there = candidates[CANDIDATES - 1 - i].text != NULL;
        if (!candidate->text)
            continue;
        if (other_is_there && !candidate->is_short &&
            is_over_by_far(request->limits, candidate->text))
            continue;
        measure(request, scratch, candidate);
    }
}

static const struct candidate *longest_that_fits(const struct candidate candidates[CANDIDATES])
{
    const struct candidate *best = NULL;

    for (size_t i = 0; i < CANDIDATES; i++)
        if (candidates[i].fits && (!best || candidates[i].length > best->length))
            best = &candidates[i];
    return best;
}

static void take_whole(struct arena *arena, const struct fit_request *request,
                       const struct candidate *candidate, struct text *scratch, struct fit *out)
{
    const char **parts = arena_alloc_array(arena, 1, sizeof(*parts));

    text_reset(scratch);
    add_marked(scratch, candidate->text, request->mark);
    parts[0] = arena_strndup(arena, scratch->bytes, scratch->length);
    out->end = FIT_WHOLE;
    out->parts = parts;
    out->lengths = arena_memdup(arena, &candidate->length, sizeof(candidate->length));
    out->part_count = 1;
}

/* --- several posts, or none -------------------------------------------------------------------- */

static void take_parts(struct arena *arena, const struct split_result *split, struct fit *out)
{
    const char **parts = arena_alloc_array(arena, split->count, sizeof(*parts));
    size_t *lengths = arena_alloc_array(arena, split->count, sizeof(*lengths));

    for (size_t i = 0; i < split->count; i++) {
        parts[i] = split->parts[i].text;
        lengths[i] = split->parts[i].length;
    }
    out->end = FIT_PARTS;
    out->parts = parts;
    out->lengths = lengths;
    out->part_count = split->count;
}

static void split(struct arena *arena, const struct fit_request *request, const char *text,
                  struct fit *out)
{
    struct split_result result;

    switch (split_thread(arena, request->limits, text, request->mark, request->mark, &result)) {
    case SPLIT_DONE:
        take_parts(arena, &result, out);
        break;
    case SPLIT_TOO_MANY:
        out->end = FIT_TOO_MANY;
        out->part_count = result.count;
        break;
    default:
        out->end = FIT_WORD_TOO_LONG;
        break;
    }
}

static void tell_how_far_over(const struct fit_request *request, const struct candidate *candidate,
                              struct text *scratch, struct fit *out)
{
    const struct text_limits *limits = request->limits;

    text_reset(scratch);
    add_marked(scratch, candidate->text, request->mark);
    out->end = FIT_TOO_LONG;
    out->in_bytes = !has_limit(limits) || candidate->length <= limits->limit;
    out->limit = out->in_bytes ? limits->limit_bytes : limits->limit;
    out->over = (out->in_bytes ? scratch->length : candidate->length) - out->limit;
}

void fit_text(struct arena *arena, const struct fit_request *request, struct fit *out)
{
    struct candidate candidates[CANDIDATES] = {
        {.text = request->short_text, .is_short = true},
        {.text = request->long_text},
    };
    const struct candidate *last = &candidates[request->short_text ? 0 : 1];
    struct text scratch;

    text_init(&scratch, MARKED_MAX_BYTES);
    *out = (struct fit){.limit = request->limits->limit};
    measure_both(request, &scratch, candidates);
    const struct candidate *best = longest_that_fits(candidates);
    out->is_short = best ? best->is_short : last->is_short;
    if (best)
        take_whole(arena, request, best, &scratch, out);
    else if (request->limits->threads)
        split(arena, request, last->text, out);
    else
        tell_how_far_over(request, last, &scratch, out);
    text_release(&scratch);
}
