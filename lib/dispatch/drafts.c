#include "dispatch/drafts.h"

#include "base/arena.h"

#include "dispatch/dispatch.h"

struct shared_draft {
    struct draft draft; /* first: what is given out points here */
    int64_t row;
    unsigned uses; /* being kept is one */
    struct arena *arena;
    struct shared_draft *next;
};

void drafts_init(struct drafts *drafts)
{
    *drafts = (struct drafts){0};
}

static struct shared_draft **find(struct drafts *drafts, int64_t row)
{
    struct shared_draft **at = &drafts->buckets[(uint64_t)row % DRAFT_BUCKETS];

    while (*at && (*at)->row != row)
        at = &(*at)->next;
    return at;
}

static void end_use(struct drafts *drafts, struct shared_draft *shared)
{
    if (!shared || --shared->uses > 0)
        return;
    *find(drafts, shared->row) = shared->next;
    arena_free(shared->arena); /* it is in there itself */
}

static void keep(struct drafts *drafts, struct shared_draft *shared)
{
    struct shared_draft **place = &drafts->kept[drafts->next_kept];

    drafts->next_kept = (drafts->next_kept + 1) % DRAFTS_KEPT;
    end_use(drafts, *place);
    *place = shared;
    shared->uses++;
}

const struct draft *drafts_get(struct drafts *drafts, const struct dispatch_options *options,
                               int64_t row, struct error *error)
{
    struct shared_draft **place = find(drafts, row);
    struct shared_draft *shared = *place;

    if (!shared) {
        struct arena *arena = arena_new_small();
        shared = arena_alloc(arena, sizeof(*shared));
        shared->row = row;
        shared->arena = arena;
        if (dispatch_draft(options, arena, row, &shared->draft, error) < 0) {
            arena_free(arena);
            return NULL;
        }
        *place = shared;
        keep(drafts, shared);
    }
    shared->uses++;
    return &shared->draft;
}

void drafts_put(struct drafts *drafts, const struct draft *draft)
{
    /* It was made above, and is not const there. */
    end_use(drafts, (struct shared_draft *)(uintptr_t)draft);
}

void drafts_release(struct drafts *drafts)
{
    for (size_t i = 0; i < DRAFTS_KEPT; i++)
        end_use(drafts, drafts->kept[i]);
    drafts_init(drafts);
}
