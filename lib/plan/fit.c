#include "plan/fit.h"

#include <string.h>

#include "count/count.h"
#include "count/split.h"

enum { CANDIDATES = 2 };

struct candidate {
    const char *text; /* NULL: there is none */
    bool is_short;
    const char *marked; /* as it would be posted; NULL: not measured */
    size_t marked_bytes;
    size_t length; /* in the channel's unit */
    bool fits;
};

/* --- one post -------------------------------------------------------------------------------- */

const char *fit_add_marks(struct arena *arena, const char *text, const char *mark)
{
    return mark ? arena_printf(arena, "%s\n%s\n%s", mark, text, mark) : text;
}

/* Whether a text is over a limit for certain in any unit, found in one pass that ends early: counts
 * the ASCII characters of all words without a full stop. Only a link counts less than its letters,
 * and it has one. */
static bool is_surely_over(const char *text, size_t limit)
{
    size_t least = 0, word = 0;
    bool has_stop = false;

    for (const char *p = text; *p && least <= limit; p++) {
        if (*p == ' ' || *p == '\n' || *p == '\t') {
            least += 1 + (has_stop ? 0 : word);
            word = 0;
            has_stop = false;
        } else if (*p == '.') {
            has_stop = true;
        } else {
            word += ((unsigned char)*p & 0x80) == 0;
        }
    }
    return least + (has_stop ? 0 : word) > limit;
}

static bool has_limit(const struct text_limits *limits)
{
    return limits->limit > 0;
}

static bool is_over_by_far(const struct text_limits *limits, const char *text)
{
    return has_limit(limits) && strlen(text) > limits->limit && is_surely_over(text, limits->limit);
}

static void measure(struct arena *arena, const struct fit_request *request,
                    struct candidate *candidate)
{
    const struct text_limits *limits = request->limits;

    candidate->marked = fit_add_marks(arena, candidate->text, request->mark);
    candidate->marked_bytes = strlen(candidate->marked);
    candidate->length = count_text(limits->unit, candidate->marked, candidate->marked_bytes);
    candidate->fits = (!has_limit(limits) || candidate->length <= limits->limit) &&
                      (limits->limit_bytes == 0 || candidate->marked_bytes <= limits->limit_bytes);
}

/* The long variant is not measured when it is over by far and there is another one. */
static void measure_both(struct arena *arena, const struct fit_request *request,
                         struct candidate candidates[CANDIDATES])
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        struct candidate *candidate = &candidates[i];
        bool is_only = !candidates[CANDIDATES - 1 - i].text;
        if (!candidate->text)
            continue;
        if (is_only || candidate->is_short || !is_over_by_far(request->limits, candidate->text))
            measure(arena, request, candidate);
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

static void take_whole(struct arena *arena, const struct candidate *candidate, struct fit *out)
{
    out->end = FIT_WHOLE;
    out->parts = arena_memdup(arena, &candidate->marked, sizeof(candidate->marked));
    out->lengths = arena_memdup(arena, &candidate->length, sizeof(candidate->length));
    out->part_count = 1;
}

/* --- several posts, or none ------------------------------------------------------------------ */

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

static void tell_how_far_over(const struct text_limits *limits, const struct candidate *candidate,
                              struct fit *out)
{
    out->end = FIT_TOO_LONG;
    out->in_bytes = !has_limit(limits) || candidate->length <= limits->limit;
    out->limit = out->in_bytes ? limits->limit_bytes : limits->limit;
    out->over = (out->in_bytes ? candidate->marked_bytes : candidate->length) - out->limit;
}

void fit_text(struct arena *arena, const struct fit_request *request, struct fit *out)
{
    struct candidate candidates[CANDIDATES] = {
        {.text = request->short_text, .is_short = true},
        {.text = request->long_text},
    };
    const struct candidate *last = &candidates[request->short_text ? 0 : 1];

    *out = (struct fit){.limit = request->limits->limit};
    measure_both(arena, request, candidates);
    const struct candidate *best = longest_that_fits(candidates);
    out->is_short = best ? best->is_short : last->is_short;
    if (best)
        take_whole(arena, best, out);
    else if (request->limits->threads)
        split(arena, request, last->text, out);
    else
        tell_how_far_over(request->limits, last, out);
}
