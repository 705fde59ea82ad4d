#include "cmd/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "plan/select.h"

struct selectors {
    struct selector *items;
    size_t *matched; /* how often each one did */
    size_t count;
};

static int parse_selectors(struct context *context, const char *option, struct selectors *out,
                           struct error *error)
{
    size_t count;
    const char *const *expressions = option_values(context->invocation, option, &count);
    out->items = arena_alloc_array(context->arena, count, sizeof(*out->items));
    out->matched = arena_alloc_array(context->arena, count, sizeof(*out->matched));
    out->count = count;
    for (size_t i = 0; i < count; i++)
        if (selector_parse(context->arena, expressions[i], &out->items[i], error) < 0)
            return -1;
    return 0;
}

/* Channel selectors narrow the others: `--only county=34 --only channel=x` is X in that county. */
static bool matches(struct selectors *selectors, const struct plan *plan,
                    const struct municipality *municipality, const char *channel)
{
    bool any_place = false, place = false, any_channel = false, on_channel = false;

    for (size_t i = 0; i < selectors->count; i++) {
        const struct selector *selector = &selectors->items[i];
        bool match =
            selector_matches_account(selector, municipality, plan->languages[0].text, channel);
        selectors->matched[i] += match;
        if (selector->kind == SELECT_CHANNEL) {
            any_channel = true;
            on_channel |= match;
        } else {
            any_place = true;
            place |= match;
        }
    }
    return (!any_place || place) && (!any_channel || on_channel);
}

static bool is_excepted(struct selectors *selectors, const struct plan *plan,
                        const struct municipality *municipality, const char *channel)
{
    bool excepted = false;
    for (size_t i = 0; i < selectors->count; i++) {
        bool match = selector_matches_account(&selectors->items[i], municipality,
                                              plan->languages[0].text, channel);
        selectors->matched[i] += match;
        excepted |= match;
    }
    return excepted;
}

static int check_matched(const struct selectors *selectors, const char *option, struct error *error)
{
    for (size_t i = 0; i < selectors->count; i++) {
        if (selectors->matched[i] > 0)
            continue;
        error_set(error, ERROR_USAGE, "--%s '%s' matches no account of this plan", option,
                  selectors->items[i].expression);
        return error_next(error, "crisis channels lists the accounts; an empty selection never "
                                 "means all");
    }
    return 0;
}

/* Municipalities that the run means but has no account for. */
static void find_unreachable(struct context *context, const struct plan *plan,
                             struct selectors *only, struct selectors *except, const bool *reached,
                             struct chosen_accounts *out)
{
    out->unreachable =
        arena_alloc_array(context->arena, plan->audience_count, sizeof(*out->unreachable));
    for (size_t i = 0; i < plan->audience_count; i++) {
        const struct municipality *municipality = plan->audience[i].municipality;
        bool meant = only->count == 0, excepted = false;
        for (size_t j = 0; j < only->count; j++)
            meant |= only->items[j].kind == SELECT_CHANNEL ||
                     selector_matches_municipality(&only->items[j], municipality,
                                                   plan->languages[0].text);
        for (size_t j = 0; j < except->count; j++)
            excepted |= selector_matches_municipality(&except->items[j], municipality,
                                                      plan->languages[0].text);
        out->municipality_count += reached[i];
        if (meant && !excepted && !reached[i])
            out->unreachable[out->unreachable_count++] = municipality->id;
    }
}

/* Keeps what is chosen of `from`, and marks the municipalities that are reached. */
static int choose(const struct plan *plan, struct selectors *only, struct selectors *except,
                  const struct account *from, size_t from_count, size_t stride, bool *reached,
                  struct account *out, size_t *out_count, struct error *error)
{
    for (size_t i = 0; i < from_count; i++) {
        const struct account *account =
            (const struct account *)(const void *)((const char *)from + i * stride);
        const struct audience_member *member = plan_find_municipality(plan, account->municipality);
        if (!member || !plan_uses_channel(plan, account->channel))
            continue;
        bool chosen = matches(only, plan, member->municipality, account->channel);
        if (is_excepted(except, plan, member->municipality, account->channel) || !chosen)
            continue;
        out[(*out_count)++] = *account;
        reached[member - plan->audience] = true;
    }
    if (check_matched(only, "only", error) < 0 || check_matched(except, "except", error) < 0)
        return -1;
    return 0;
}

int accounts_choose(struct context *context, const struct plan *plan, struct chosen_accounts *out,
                    struct error *error)
{
    struct selectors only, except;
    struct stored_account *stored;

    *out = (struct chosen_accounts){0};
    if (parse_selectors(context, "only", &only, error) < 0 ||
        parse_selectors(context, "except", &except, error) < 0 ||
        store_accounts(context->store, context->arena, &stored, &out->all_count, error) < 0)
        return -1;
    out->all = stored;
    out->accounts = arena_alloc_array(context->arena, out->all_count, sizeof(*out->accounts));
    bool *reached = arena_alloc_array(context->arena, plan->audience_count, sizeof(*reached));
    if (out->all_count > 0 &&
        choose(plan, &only, &except, &stored[0].account, out->all_count, sizeof(*stored), reached,
               out->accounts, &out->count, error) < 0)
        return -1;
    find_unreachable(context, plan, &only, &except, reached, out);
    return 0;
}

int accounts_narrow(struct context *context, const struct plan *plan,
                    const struct account **accounts, size_t *count, struct error *error)
{
    struct selectors only, except;
    size_t kept_count = 0;

    if (parse_selectors(context, "only", &only, error) < 0 ||
        parse_selectors(context, "except", &except, error) < 0)
        return -1;
    struct account *kept = arena_alloc_array(context->arena, *count, sizeof(*kept));
    bool *reached = arena_alloc_array(context->arena, plan->audience_count, sizeof(*reached));
    int result = choose(plan, &only, &except, *accounts, *count, sizeof(**accounts), reached, kept,
                        &kept_count, error);
    *accounts = kept;
    *count = kept_count;
    return result;
}
