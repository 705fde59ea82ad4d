#include "cmd/retract_choice.h"

#include <string.h>
#include <strings.h>

#include "base/language.h"
#include "dispatch/retraction.h"

static bool needs_plan(const struct selectors *selectors)
{
    for (size_t i = 0; i < selectors->count; i++)
        if (selectors->items[i].kind == SELECT_GROUP)
            return true;
    return false;
}

static int read_plan(struct context *context, const struct run_record *run, struct plan **out,
                     struct error *error)
{
    struct problems problems;

    problems_init(&problems, context->arena);
    if (context_load_plan(context, run->plan_file, false, &problems, out, error) < 0)
        return -1;
    if (memcmp((*out)->sha256, run->plan_sha256, SHA256_SIZE) == 0)
        return 0;
    error_set(error, ERROR_INPUT, _("%s is not the plan any more that this run was sent with"),
              run->plan_file);
    return error_next(error, _("name municipalities instead of a group"));
}

int retract_choice_read(struct context *context, const struct run_record *run,
                        struct retract_choice *out, struct error *error)
{
    struct plan *plan = NULL;

    *out = (struct retract_choice){.run = run, .arena = context->arena};
    if (selectors_read(context, "only", &out->only, error) < 0 ||
        selectors_read(context, "except", &out->except, error) < 0)
        return -1;
    if ((needs_plan(&out->only) || needs_plan(&out->except)) &&
        read_plan(context, run, &plan, error) < 0)
        return -1;
    out->plan = plan;
    return 0;
}

/* --- which ----------------------------------------------------------------------------------- */

struct candidate {
    const struct plan *plan;
    const struct delivery_record *delivery;
};

static bool names(const struct selector *selector, const void *thing)
{
    const struct candidate *candidate = thing;
    const struct delivery_record *delivery = candidate->delivery;

    if (selector->kind == SELECT_LANGUAGE)
        return strcasecmp(selector->value, delivery->language) == 0;
    if (selector->kind != SELECT_GROUP)
        return selector_names_place(selector, delivery->municipality, delivery->channel);
    const struct audience_member *member =
        plan_find_municipality(candidate->plan, delivery->municipality);
    return member && selector_matches_municipality(selector, member->municipality, NULL);
}

bool retract_is_meant(void *context, const struct delivery_record *delivery)
{
    struct retract_choice *choice = context;
    const struct candidate candidate = {choice->plan, delivery};
    bool is_excepted = selectors_name(&choice->except, names, &candidate);

    return selectors_mean(&choice->only, names, &candidate) && !is_excepted;
}

/* --- how many -------------------------------------------------------------------------------- */

static struct retract_channel *channel_of(struct retract_choice *choice, const char *channel)
{
    for (size_t i = 0; i < choice->channel_count; i++)
        if (strcmp(choice->channels[i].channel, channel) == 0)
            return &choice->channels[i];
    choice->channels = arena_grow(choice->arena, choice->channels, choice->channel_count,
                                  &choice->channel_capacity, sizeof(*choice->channels));
    struct retract_channel *added = &choice->channels[choice->channel_count++];
    *added = (struct retract_channel){.channel = arena_strdup(choice->arena, channel)};
    return added;
}

static bool count(void *context, const struct delivery_record *delivery)
{
    struct retract_choice *choice = context;

    if (!retract_is_meant(choice, delivery) || !retraction_is_due(delivery))
        return true;
    struct retract_channel *channel = channel_of(choice, delivery->channel);
    channel->deliveries++;
    channel->posts += retraction_post_count(delivery);
    channel->doubtful += retraction_is_doubtful(delivery);
    choice->delivery_count++;
    choice->post_count += retraction_post_count(delivery);
    if (!choice->municipality || strcmp(choice->municipality, delivery->municipality) != 0) {
        choice->municipality = arena_strdup(choice->arena, delivery->municipality);
        choice->municipality_count++;
    }
    return true;
}

int retract_choice_count(struct retract_choice *choice, struct store *store, struct error *error)
{
    choice->channel_count = choice->municipality_count = 0;
    choice->delivery_count = choice->post_count = 0;
    choice->municipality = NULL;
    if (store_deliveries(store, choice->run->row, count, choice, error) < 0 ||
        selectors_check(&choice->only, "only", SELECTORS_OF_RUN, error) < 0)
        return -1;
    return selectors_check(&choice->except, "except", SELECTORS_OF_RUN, error);
}
