/* Which deliveries go first. */
#include <string.h>

#include "base/language.h"
#include "base/limits.h"
#include "report/counted.h"

#include "cmd/canary.h"
#include "cmd/output.h"

enum { NAMED_MAX = 6 };

static const char option_name[] = "canary";

int canary_read_options(struct sending *sending, struct error *error)
{
    return option_duration(sending->context.invocation, "canary-wait", -1, &sending->canary_wait_ms,
                           error);
}

int canary_demand_answer(const struct sending *sending, struct error *error)
{
    if (output_is_interactive() || sending->canary_wait_ms >= 0)
        return 0;
    error_set(error, ERROR_USAGE,
              _("without a terminal nobody can agree to what follows the canaries"));
    return error_next(error, _("add --canary-wait TIME: the rest goes out that long after all of "
                               "them are posted"));
}

/* --- a sample -------------------------------------------------------------------------------- */

/* What is taken for one channel and language. */
struct pick {
    const char *channel, *language;
    size_t delivery;
    bool is_fresh; /* of a municipality that no other pick is of */
};

struct sample {
    struct arena *arena;
    const struct rendering *rendering;
    struct pick *picks;
    size_t count, capacity;
};

static struct pick *find_pick(const struct sample *sample, const struct rendered_delivery *delivery)
{
    for (size_t i = 0; i < sample->count; i++)
        if (strcmp(sample->picks[i].channel, delivery->account->channel) == 0 &&
            strcmp(sample->picks[i].language, delivery->language) == 0)
            return &sample->picks[i];
    return NULL;
}

static bool is_picked(const struct sample *sample, const struct audience_member *member)
{
    for (size_t i = 0; i < sample->count; i++)
        if (sample->rendering->deliveries[sample->picks[i].delivery].member == member)
            return true;
    return false;
}

/* One for each channel and language, each at another municipality where there are enough: the first
 * ones in the order of the run, so that the same send has the same sample. */
static void add_to_sample(struct sample *sample, size_t index)
{
    const struct rendered_delivery *delivery = &sample->rendering->deliveries[index];
    struct pick *pick = find_pick(sample, delivery);

    if (pick && pick->is_fresh)
        return;
    bool is_fresh = !is_picked(sample, delivery->member);
    if (pick && !is_fresh)
        return;
    if (!pick) {
        sample->picks = arena_grow(sample->arena, sample->picks, sample->count, &sample->capacity,
                                   sizeof(*sample->picks));
        pick = &sample->picks[sample->count++];
    }
    *pick = (struct pick){delivery->account->channel, delivery->language, index, is_fresh};
}

static void keep_sample(struct arena *arena, const struct rendering *rendering, bool *canaries)
{
    struct sample sample = {.arena = arena, .rendering = rendering};

    for (size_t i = 0; i < rendering->delivery_count; i++)
        if (canaries[i])
            add_to_sample(&sample, i);
    memset(canaries, 0, rendering->delivery_count * sizeof(*canaries));
    for (size_t i = 0; i < sample.count; i++)
        canaries[sample.picks[i].delivery] = true;
}

/* --- choosing -------------------------------------------------------------------------------- */

static const char *words_of(struct arena *arena, const char *const *selectors, size_t count)
{
    struct text words;

    text_init(&words, AUDIT_ENTRY_MAX_BYTES);
    for (size_t i = 0; i < count; i++)
        text_addf(&words, "%s%s", i ? " " : "", selectors[i]);
    const char *copy = arena_strdup(arena, words.bytes);
    text_release(&words);
    return copy;
}

static bool is_sample(const char *const *selectors, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= strcmp(selectors[i], "all") == 0;
    return any;
}

static int mark(struct sending *sending, bool is_sampled, struct error *error)
{
    struct context making = sending_making(sending);
    const struct rendering *rendering = sending->rendering;
    const struct account *accounts = sending->chosen.accounts;
    bool *marked = arena_alloc_array(making.arena, sending->chosen.count + 1, sizeof(*marked));

    if (accounts_mark(&making, sending->plan, option_name, accounts, sending->chosen.count, marked,
                      error) < 0)
        return -1;
    sending->canaries =
        arena_alloc_array(making.arena, rendering->delivery_count + 1, sizeof(bool));
    for (size_t i = 0; i < rendering->delivery_count; i++)
        sending->canaries[i] = marked[rendering->deliveries[i].account - accounts];
    if (is_sampled)
        keep_sample(making.arena, rendering, sending->canaries);
    for (size_t i = 0; i < rendering->delivery_count; i++)
        sending->canary_count += sending->canaries[i];
    return 0;
}

int canary_choose(struct sending *sending, struct error *error)
{
    const struct invocation *invocation = sending->context.invocation;
    size_t selector_count;
    const char *const *selectors = option_values(invocation, option_name, &selector_count);
    struct error ignored = {0};

    sending->canary_count = 0;
    if (selector_count == 0) {
        if (sending->canary_wait_ms < 0)
            return 0;
        error_set(error, ERROR_USAGE, _("--canary-wait without --canary: nothing goes first"));
        return error_next(error, _("add --canary all, or name what is to go first"));
    }
    if (sending->mode != MODE_DRY_RUN && canary_demand_answer(sending, error) < 0)
        return -1;
    /* Of the places that are left to a reversal none need be among those that were named. */
    int result =
        mark(sending, is_sample(selectors, selector_count), sending->is_again ? &ignored : error);
    if (result < 0 && !sending->is_again)
        return -1;
    if (sending->canary_count == 0 && !sending->is_again) {
        error_set(error, ERROR_USAGE, _("--canary names nobody who gets this message"));
        return error_next(error, _("name others, or take a sample of everything: --canary all"));
    }
    sending->canary_words = words_of(sending->context.arena, selectors, selector_count);
    if (sending->canary_count == sending->rendering->delivery_count) {
        output_warning(_("All of it would go first: nothing is held back."));
        sending->canary_count = 0;
    }
    return 0;
}

void canary_note(const struct sending *sending)
{
    const struct rendering *rendering = sending->rendering;
    size_t told = 0;

    if (sending->canary_count == 0)
        return;
    output_note(ngettext("%zu of %s goes first; the rest is held back:",
                         "%zu of %s go first; the rest is held back:", sending->canary_count),
                sending->canary_count, counted_deliveries(rendering->delivery_count).words);
    for (size_t i = 0; i < rendering->delivery_count && told < NAMED_MAX; i++) {
        const struct rendered_delivery *delivery = &rendering->deliveries[i];
        if (!sending->canaries[i])
            continue;
        output_note(_("  %s %.40s on %s (%s)"), delivery->account->municipality,
                    municipality_name(delivery->member->municipality, delivery->language),
                    delivery->account->channel, delivery->language);
        told++;
    }
    if (told < sending->canary_count)
        output_note(_("  and %zu more"), sending->canary_count - told);
}
