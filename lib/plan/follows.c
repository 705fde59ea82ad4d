/* Which message follows which. */
#include <string.h>

#include "base/language.h"
#include "base/suggest.h"

#include "plan/plan_parts.h"

static void resolve_follows(const struct plan_reading *reading, const struct node *node,
                            struct message *message, const char *const *names)
{
    const struct node *follows = node_kind(node) == NODE_MAP ? node_find(node, "follows") : NULL;
    const char *name;

    if (!follows || !value_text(reading->problems, follows, "'follows'", &name))
        return;
    message->follows_place = node_place(follows);
    message->follows = plan_find_message(reading->plan, name);
    if (!message->follows) {
        plan_error(reading, message->follows_place, _("unknown message '%s'%s"),
                   shown(reading->arena, name), suggest_hint(reading->arena, name, names));
    } else if (message->follows == message) {
        plan_error(reading, message->follows_place, _("the message '%s' follows itself"), name);
        message->follows = NULL;
    }
}

/* Walks each chain once: marks hold the number of the walk that passed. A chain that meets its own
 * walk is a circle; it is cut there, so that later walks end. */
static void check_circles(const struct plan_reading *reading)
{
    const struct plan *plan = reading->plan;
    size_t *marks = arena_alloc_array(reading->arena, plan->message_count + 1, sizeof(*marks));

    for (size_t walk = 1; walk <= plan->message_count; walk++) {
        struct message *message = &plan->messages[walk - 1];
        while (message && marks[message - plan->messages] == 0) {
            marks[message - plan->messages] = walk;
            const struct message *next = message->follows;
            if (next && marks[next - plan->messages] == walk) {
                plan_error(reading, message->follows_place,
                           _("the message '%s' follows '%s', which follows it in turn"),
                           message->name, next->name);
                message->follows = next = NULL;
            }
            message = next ? &plan->messages[next - plan->messages] : NULL;
        }
    }
}

void plan_resolve_follows(const struct plan_reading *reading, const struct node *map)
{
    struct plan *plan = reading->plan;
    const char **names = arena_alloc_array(reading->arena, plan->message_count + 1, sizeof(*names));

    for (size_t i = 0; i < plan->message_count; i++)
        names[i] = plan->messages[i].name;
    for (size_t i = 0; i < plan->message_count; i++)
        resolve_follows(reading, node_value(map, i), &plan->messages[i], names);
    check_circles(reading);
}

bool message_is_reversal(const struct message *message)
{
    return message->kind == MESSAGE_CORRECTION || message->kind == MESSAGE_CANCEL ||
           message->kind == MESSAGE_ALL_CLEAR;
}

const char *plan_missing_reversal(const struct plan *plan, const struct message *message)
{
    bool has_withdrawal = false, has_all_clear = false;

    if (message->kind != MESSAGE_ALERT)
        return NULL;
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct message *other = &plan->messages[i];
        if (other->follows != message)
            continue;
        if (other->kind == MESSAGE_CORRECTION || other->kind == MESSAGE_CANCEL)
            has_withdrawal = true;
        if (other->kind == MESSAGE_ALL_CLEAR)
            has_all_clear = true;
    }
    if (has_withdrawal)
        return has_all_clear ? NULL : N_("an all-clear");
    return has_all_clear ? N_("a correction or cancel")
                         : N_("a correction or cancel, and an all-clear");
}
