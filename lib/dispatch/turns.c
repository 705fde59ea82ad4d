#include "dispatch/turns.h"

bool turns_may_begin(const struct delivery *delivery)
{
    const struct addressee *addressee = delivery->addressee;
    return !addressee->is_looked_at && (!delivery->to_look_up || addressee->under_way == 0);
}

void turns_hold(struct delivery *delivery)
{
    delivery->next = delivery->addressee->held;
    delivery->addressee->held = delivery;
}

void turns_begin(struct delivery *delivery, bool is_look_up)
{
    delivery->addressee->under_way++;
    delivery->addressee->is_looked_at |= is_look_up;
}

void turns_end(struct dispatcher *dispatcher, struct delivery *delivery, bool is_look_up)
{
    struct addressee *addressee = delivery->addressee;
    struct delivery *held = addressee->held;

    addressee->under_way--;
    if (is_look_up)
        addressee->is_looked_at = false;
    addressee->held = NULL;
    while (held) {
        struct delivery *next = held->next;
        schedule_ready(&dispatcher->schedule, held);
        held = next;
    }
}
