#include "cmd/confirm.h"

#include <string.h>

#include "cmd/media_view.h"
#include "cmd/output.h"

enum { ANSWER_SIZE = 128 };

static void show_counts(const struct context *context, const struct rendering *rendering)
{
    for (size_t i = 0; i < context->channel_count; i++) {
        size_t deliveries = 0, posts = 0;
        for (size_t j = 0; j < rendering->delivery_count; j++) {
            const struct rendered_delivery *delivery = &rendering->deliveries[j];
            if (strcmp(delivery->account->channel, context->shapes[i].name) != 0)
                continue;
            deliveries++;
            posts += rendering->drafts[delivery->draft].part_count;
        }
        if (deliveries > 0)
            output_note("  %-10s %zu deliveries, %zu posts", context->shapes[i].name, deliveries,
                        posts);
    }
}

static void show_unreachable(const struct chosen_accounts *chosen)
{
    if (chosen->unreachable_count > 0)
        output_warning("%zu municipalities have no account here and are not reached (first: %s)",
                       chosen->unreachable_count, chosen->unreachable[0]);
}

static void show_sample(const struct rendering *rendering)
{
    const struct rendered_delivery *delivery = &rendering->deliveries[0];
    const struct draft *draft = &rendering->drafts[delivery->draft];

    output_note("\nFor example, %s %s on %s (%s):", delivery->account->municipality,
                municipality_name(delivery->member->municipality, delivery->language),
                draft->channel, draft->language);
    for (size_t i = 0; i < draft->part_count; i++)
        output_note("%s", draft->parts[i]);
    media_view_note(draft);
    output_note("%s", "");
}

int confirm_send(struct context *context, const struct render_request *request,
                 const struct rendering *rendering, const struct chosen_accounts *chosen,
                 struct error *error)
{
    char answer[ANSWER_SIZE];
    bool is_live = request->mode == MODE_LIVE;

    if (option_is_given(context->invocation, "yes")) {
        show_unreachable(chosen);
        return 0;
    }
    if (!output_is_interactive()) {
        error_set(error, ERROR_USAGE, "without a terminal nobody can confirm this send");
        return error_next(error, "add --yes if it is meant, or --dry-run to see what it would do");
    }
    if (is_live)
        output_warning("LIVE: this is published to the public.");
    else
        output_note("EXERCISE: this is published, every text marked as an exercise.");
    output_note("Message '%s' of %s (%s), to %zu municipalities:", request->message->name,
                request->plan->id, request->plan->title, chosen->municipality_count);
    show_counts(context, rendering);
    show_unreachable(chosen);
    show_sample(rendering);
    const char *question = is_live ? "Type the plan's id to publish it LIVE: "
                                   : "Type the plan's id to publish this exercise: ";
    if (output_ask(question, answer, sizeof(answer)) && strcmp(answer, request->plan->id) == 0)
        return 0;
    error_set(error, ERROR_USAGE, "not confirmed: nothing was sent");
    return -1;
}
