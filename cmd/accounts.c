#include "cmd/accounts.h"

#include <string.h>

#include "model/credential.h"
#include "plan/select.h"
#include "wire/http_message.h"

#include "cmd/selection.h"

/* What --only and --except make of a plan's accounts. */
struct narrowing {
    const struct plan *plan;
    struct selectors only, except;
};

/* One account. */
struct candidate {
    const struct narrowing *narrowing;
    const struct municipality *municipality;
    const char *channel;
};

static bool names(const struct selector *selector, const void *thing)
{
    const struct candidate *candidate = thing;

    return selector_matches_account(selector, candidate->municipality,
                                    candidate->narrowing->plan->languages[0].text,
                                    candidate->channel);
}

static int begin(struct context *context, const struct plan *plan, struct narrowing *out,
                 struct error *error)
{
    out->plan = plan;
    if (selectors_read(context, "only", &out->only, error) < 0)
        return -1;
    return selectors_read(context, "except", &out->except, error);
}

/* Keeps what is chosen, in place. Nothing to choose from is no fault of a selector. */
static int narrow(struct narrowing *narrowing, struct account *accounts, size_t *count,
                  struct error *error)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        const char *channel = accounts[i].channel;
        const struct audience_member *member =
            plan_find_municipality(narrowing->plan, accounts[i].municipality);
        if (!member || !plan_uses_channel(narrowing->plan, channel))
            continue;
        const struct candidate candidate = {narrowing, member->municipality, channel};
        bool excepted = selectors_name(&narrowing->except, names, &candidate);
        if (selectors_mean(&narrowing->only, names, &candidate) && !excepted)
            accounts[kept++] = accounts[i];
    }
    bool any = *count > 0;
    *count = kept;
    if (any && (selectors_check(&narrowing->only, "only", SELECTORS_OF_PLAN, error) < 0 ||
                selectors_check(&narrowing->except, "except", SELECTORS_OF_PLAN, error) < 0))
        return -1;
    return 0;
}

/* Is the municipality as such among those that --only and --except leave? */
static bool is_place_meant(const struct narrowing *narrowing,
                           const struct municipality *municipality)
{
    const char *language = narrowing->plan->languages[0].text;
    const struct selectors *only = &narrowing->only, *except = &narrowing->except;
    bool meant = only->count == 0;

    for (size_t i = 0; i < only->count; i++)
        meant |= only->items[i].kind == SELECT_CHANNEL ||
                 selector_matches_municipality(&only->items[i], municipality, language);
    for (size_t i = 0; i < except->count; i++)
        meant &= !selector_matches_municipality(&except->items[i], municipality, language);
    return meant;
}

static size_t count_municipalities(struct arena *arena, const struct plan *plan,
                                   const struct chosen_accounts *chosen)
{
    bool *reached = arena_alloc_array(arena, plan->audience_count, sizeof(*reached));
    size_t count = 0;

    for (size_t i = 0; i < chosen->count; i++) {
        bool *one = &reached[plan_find_municipality(plan, chosen->accounts[i].municipality) -
                             plan->audience];
        count += !*one;
        *one = true;
    }
    return count;
}

/* Municipalities that the run means but has no account for. */
static void find_unreachable(struct context *context, const struct narrowing *narrowing,
                             struct chosen_accounts *out)
{
    const struct plan *plan = narrowing->plan;
    bool *reached = arena_alloc_array(context->arena, plan->audience_count, sizeof(*reached));

    for (size_t i = 0; i < out->count; i++)
        reached[plan_find_municipality(plan, out->accounts[i].municipality) - plan->audience] =
            true;
    out->unreachable =
        arena_alloc_array(context->arena, plan->audience_count, sizeof(*out->unreachable));
    for (size_t i = 0; i < plan->audience_count; i++) {
        const struct municipality *municipality = plan->audience[i].municipality;
        out->municipality_count += reached[i];
        if (!reached[i] && is_place_meant(narrowing, municipality))
            out->unreachable[out->unreachable_count++] = municipality->id;
    }
}

/* A send asks for the limit of an account's server, when its credential ends, and which host it is
 * at; what is at that host is read again when the delivery's turn comes. */
static char *keep_to_send(const char *channel, const char *name, char *value)
{
    const struct channel_driver *driver = channel_find(channel);
    char origin[URL_ORIGIN_SIZE];

    if (!driver || strcmp(name, CREDENTIAL_EXPIRES) == 0 ||
        (driver->limit_setting && strcmp(name, driver->limit_setting) == 0))
        return value;
    if (!driver->address || strcmp(name, driver->address) != 0)
        return NULL;
    if (url_origin(value, origin, sizeof(origin)) && strlen(origin) <= strlen(value))
        memcpy(value, origin, strlen(origin) + 1);
    return value;
}

static int choose(struct context *context, const struct plan *plan, store_keep_setting *keep,
                  struct chosen_accounts *out, struct error *error)
{
    struct narrowing narrowing;

    *out = (struct chosen_accounts){0};
    if (begin(context, plan, &narrowing, error) < 0 ||
        store_account_list(context->store, context->arena, keep, &out->accounts, &out->count,
                           error) < 0)
        return -1;
    if (narrow(&narrowing, out->accounts, &out->count, error) < 0)
        return -1;
    find_unreachable(context, &narrowing, out);
    out->meant = out->accounts;
    out->meant_count = out->count;
    return 0;
}

int accounts_choose(struct context *context, const struct plan *plan, struct chosen_accounts *out,
                    struct error *error)
{
    return choose(context, plan, NULL, out, error);
}

int accounts_choose_to_send(struct context *context, const struct plan *plan,
                            struct chosen_accounts *out, struct error *error)
{
    return choose(context, plan, keep_to_send, out, error);
}

void accounts_keep_reached(struct context *context, const struct plan *plan, const bool *reached,
                           struct chosen_accounts *chosen)
{
    struct account *kept =
        arena_alloc_array(context->arena, chosen->count + 1, sizeof(*chosen->accounts));
    size_t count = 0;

    for (size_t i = 0; i < chosen->count; i++)
        if (reached[i])
            kept[count++] = chosen->accounts[i];
    chosen->accounts = kept;
    chosen->count = count;
    chosen->municipality_count = count_municipalities(context->arena, plan, chosen);
    chosen->unreachable_count = 0; /* they were not reached before, and are not meant now */
}

int accounts_mark(struct context *context, const struct plan *plan, const char *option,
                  const struct account *accounts, size_t count, bool *marked, struct error *error)
{
    struct narrowing narrowing = {.plan = plan};

    if (selectors_read(context, option, &narrowing.only, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct audience_member *member =
            plan_find_municipality(plan, accounts[i].municipality);
        const struct candidate candidate = {&narrowing, member ? member->municipality : NULL,
                                            accounts[i].channel};
        marked[i] = member && selectors_mean(&narrowing.only, names, &candidate);
    }
    return selectors_check(&narrowing.only, option, SELECTORS_OF_PLAN, error);
}

int accounts_narrow(struct context *context, const struct plan *plan,
                    const struct account **accounts, size_t *count, struct error *error)
{
    struct narrowing narrowing;

    if (begin(context, plan, &narrowing, error) < 0)
        return -1;
    struct account *kept = arena_memdup(context->arena, *accounts, *count * sizeof(*kept));
    *accounts = kept;
    return narrow(&narrowing, kept, count, error);
}
