#include "cmd/overlap.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/follow.h"
#include "net/loop.h"

#include "cmd/output.h"
#include "cmd/wrap.h"

enum {
    RECENT_MS = 6 * 60 * 60 * 1000,
    NAMES_MAX = 8,
    RUNS_MAX = 10,
    WORDS_MAX_BYTES = 8 * 1024,
};

static int tell_same_message(const struct sending *sending, int64_t now, struct error *error)
{
    struct run_record recent;
    bool found;
    char ago[32];

    if (store_run_latest_of(sending->context.store, sending->context.arena, sending->plan->id,
                            sending->message->name, sending->mode, now - RECENT_MS, &recent, &found,
                            error) < 0)
        return -1;
    if (found) {
        duration_format(now - recent.started_unix_ms, ago);
        output_warning(_("This message already went out %s ago (%s); this is a new run."), ago,
                       recent.id);
    }
    return 0;
}

/* --- the same municipalities ----------------------------------------------------------------- */

/* The municipalities of this send that one other run reached. */
struct common {
    const struct plan *plan;
    const struct run_record *run;
    const bool *meant; /* of the plan's audience */
    const struct audience_member *last;
    struct text names;
    size_t count;
};

static bool add_municipality(void *context, const struct delivery_record *delivery)
{
    struct common *common = context;
    const struct audience_member *member =
        plan_find_municipality(common->plan, delivery->municipality);

    /* Deliveries of a municipality stand together. */
    if (!member || member == common->last || !common->meant[member - common->plan->audience] ||
        !follow_is_reached(common->run, delivery))
        return true;
    common->last = member;
    if (common->count++ < NAMES_MAX)
        text_addf(&common->names, "%s%s %.40s", common->count > 1 ? ", " : "",
                  delivery->municipality, delivery->municipality_name);
    return true;
}

static void print_common(const struct sending *sending, struct common *common, int64_t now)
{
    const struct run_record *run = common->run;
    size_t all = sending->chosen.municipality_count;
    struct text words;
    char ago[32];

    if (common->count > NAMES_MAX)
        text_addf(&common->names, _(" and %zu more"), common->count - NAMES_MAX);
    duration_format(now - run->started_unix_ms, ago);
    text_init(&words, WORDS_MAX_BYTES);
    if (all == 1)
        text_addf(&words, _("%s of %s went out LIVE %s ago to this municipality: %s (%s)"),
                  run->message, run->plan, ago, common->names.bytes, run->id);
    else if (common->count == all)
        text_addf(&words,
                  _("%s of %s went out LIVE %s ago to all of these %zu municipalities: %s (%s)"),
                  run->message, run->plan, ago, all, common->names.bytes, run->id);
    else
        text_addf(&words,
                  _("%s of %s went out LIVE %s ago to %zu of these %zu municipalities: %s (%s)"),
                  run->message, run->plan, ago, common->count, all, common->names.bytes, run->id);
    wrap_warning(words.bytes);
    text_release(&words);
}

/* False: nobody of these heard of it. */
static int tell_common(const struct sending *sending, const struct run_record *run,
                       const bool *meant, int64_t now, bool *out_told, struct error *error)
{
    struct common common = {.plan = sending->plan, .run = run, .meant = meant};

    text_init(&common.names, WORDS_MAX_BYTES);
    int result =
        store_deliveries(sending->context.store, run->row, add_municipality, &common, error);
    *out_told = result == 0 && common.count > 0;
    if (*out_told)
        print_common(sending, &common, now);
    text_release(&common.names);
    return result;
}

static bool is_word_of(const char *word, const char *words)
{
    size_t length = strlen(word);

    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t used = strcspn(at, " ");
        if (used == length && memcmp(at, word, length) == 0)
            return true;
        at += used;
    }
    return false;
}

/* A live run of another matter, or of another message, that is no older than that. */
static bool is_beside(const struct sending *sending, const struct run_record *run,
                      const char *followed, int64_t now)
{
    int64_t latest =
        run->finished_unix_ms > run->started_unix_ms ? run->finished_unix_ms : run->started_unix_ms;

    if (run->mode != MODE_LIVE || latest < now - RECENT_MS)
        return false;
    if (strcmp(run->plan, sending->plan->id) != 0)
        return true;
    if (strcmp(run->message, sending->message->name) == 0)
        return sending->mode != MODE_LIVE; /* else it is told as the same message */
    return !is_word_of(run->message, followed);
}

static const bool *find_meant(const struct sending *sending, struct arena *arena)
{
    const struct plan *plan = sending->plan;
    bool *meant = arena_alloc_array(arena, plan->audience_count + 1, sizeof(*meant));

    for (size_t i = 0; i < sending->chosen.count; i++) {
        const struct audience_member *member =
            plan_find_municipality(plan, sending->chosen.accounts[i].municipality);
        if (member)
            meant[member - plan->audience] = true;
    }
    return meant;
}

int overlap_tell(struct sending *sending, struct error *error)
{
    const struct context making = sending_making(sending);
    int64_t now = clock_unix_ms();
    struct run_record *runs;
    size_t count, told = 0;

    if (sending->mode == MODE_DRY_RUN)
        return 0;
    if (tell_same_message(sending, now, error) < 0 ||
        store_runs(making.store, making.arena, &runs, &count, error) < 0)
        return -1;
    const char *followed = follow_names(making.arena, sending->plan, sending->message);
    const bool *meant = find_meant(sending, making.arena);
    for (size_t i = 0; i < count && told < RUNS_MAX; i++) {
        bool is_told = false;
        if (is_beside(sending, &runs[i], followed, now) &&
            tell_common(sending, &runs[i], meant, now, &is_told, error) < 0)
            return -1;
        told += is_told;
    }
    if (told == RUNS_MAX)
        output_warning(_("There may be more: crisis runs lists them."));
    return 0;
}
