#include "cmd/endpoints.h"

#include <string.h>

#include "base/memory.h"
#include "dispatch/account_reader.h"
#include "dispatch/dispatch.h"
#include "wire/http_message.h"

#include "cmd/app_secrets.h"

/* Open addressing, never more than half full. */
struct origins {
    const char **slots;
    size_t count, capacity; /* a power of two, or 0 */
    const char **all;       /* in the order in which they came, in the context's arena */
    size_t all_capacity;
};

static const char **find_origin(const char **slots, size_t capacity, const char *origin)
{
    size_t hash = 14695981039346656037u; /* FNV-1a */

    for (const char *at = origin; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    while (slots[hash & (capacity - 1)] && strcmp(slots[hash & (capacity - 1)], origin) != 0)
        hash++;
    return &slots[hash & (capacity - 1)];
}

static void grow_origins(struct origins *origins)
{
    size_t capacity = origins->capacity ? origins->capacity * 2 : 64;
    const char **slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < origins->capacity; i++)
        if (origins->slots[i])
            *find_origin(slots, capacity, origins->slots[i]) = origins->slots[i];
    memory_free(origins->slots);
    origins->slots = slots;
    origins->capacity = capacity;
}

static void add_origin(struct origins *origins, struct context *context,
                       const struct account *account)
{
    const struct network *network = context_network(context, account->channel);
    char origin[URL_ORIGIN_SIZE];

    if (!network || !dispatch_origin(account, network, origin, sizeof(origin)))
        return;
    if (origins->count * 2 >= origins->capacity)
        grow_origins(origins);
    const char **place = find_origin(origins->slots, origins->capacity, origin);
    if (*place)
        return;
    *place = arena_strdup(context->arena, origin);
    origins->all = arena_grow(context->arena, origins->all, origins->count, &origins->all_capacity,
                              sizeof(*origins->all));
    origins->all[origins->count++] = *place;
}

const char **endpoints_of(struct sending *sending, const struct account *accounts, size_t count,
                          size_t *out_count)
{
    struct origins origins = {0};

    for (size_t i = 0; i < count; i++)
        add_origin(&origins, &sending->context, &accounts[i]);
    memory_free(origins.slots);
    *out_count = origins.count;
    return origins.all;
}

/* --- of a run -------------------------------------------------------------------------------- */

struct naming {
    struct context *context;
    bool (*is_meant)(void *context, const struct delivery_record *delivery);
    void *meant_context;
    struct account_reader reader;
    struct origins origins;
    struct account *channels; /* one account of each channel, of which only that is known */
    size_t channel_count;
    struct error *error;
    int result;
};

static void note_channel(struct naming *naming, const char *channel)
{
    for (size_t i = 0; i < naming->channel_count; i++)
        if (strcmp(naming->channels[i].channel, channel) == 0)
            return;
    if (naming->channel_count < naming->context->channel_count)
        naming->channels[naming->channel_count++].channel =
            arena_strdup(naming->context->arena, channel);
}

static bool name_account(void *context, const struct delivery_record *delivery)
{
    struct naming *naming = context;
    const struct stored_account *stored;
    bool is_new;

    if (!naming->is_meant(naming->meant_context, delivery))
        return true;
    naming->result =
        account_reader_take(&naming->reader, delivery, &stored, &is_new, naming->error);
    if (naming->result == 0 && stored && is_new) {
        add_origin(&naming->origins, naming->context, &stored->account);
        note_channel(naming, stored->account.channel);
    }
    return naming->result == 0;
}

int endpoints_of_run(struct sending *sending, const struct run_record *run,
                     bool (*is_meant)(void *context, const struct delivery_record *delivery),
                     void *meant_context, const char *const **out, size_t *out_count,
                     struct error *error)
{
    struct context *context = &sending->context;
    struct naming naming = {
        .context = context,
        .is_meant = is_meant,
        .meant_context = meant_context,
        .reader = {.store = context->store},
        .channels =
            arena_alloc_array(context->arena, context->channel_count, sizeof(*naming.channels)),
        .error = error,
    };

    int result = store_deliveries(context->store, run->row, name_account, &naming, error);
    if (result == 0)
        result = naming.result;
    if (result == 0)
        result = sending_load_app_secrets(sending, naming.channels, naming.channel_count, error);
    *out = naming.origins.all;
    *out_count = naming.origins.count;
    memory_free(naming.origins.slots);
    account_reader_release(&naming.reader);
    return result;
}
