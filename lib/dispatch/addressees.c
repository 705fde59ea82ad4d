#include "dispatch/addressees.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#include "dispatch/delivery.h"

enum { BUCKETS = 16384 };

void addressees_init(struct addressees *addressees)
{
    addressees->buckets = memory_alloc_array(BUCKETS, sizeof(struct addressee *));
}

static size_t add_to_hash(size_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u; /* FNV-1a */
    return hash * 1099511628211u;
}

static struct addressee **bucket_of(const struct addressees *addressees, const char *municipality,
                                    const char *channel, const char *label)
{
    size_t hash = add_to_hash(14695981039346656037u, municipality);
    hash = add_to_hash(hash, channel);
    return &addressees->buckets[add_to_hash(hash, label) % BUCKETS];
}

static struct addressee *find(struct addressee *in_bucket, const struct delivery_record *record)
{
    for (struct addressee *at = in_bucket; at; at = at->next) {
        const struct account *account = &at->stored->account;
        if (strcmp(account->label, record->account) == 0 &&
            strcmp(account->municipality, record->municipality) == 0 &&
            strcmp(account->channel, record->channel) == 0)
            return at;
    }
    return NULL;
}

static void free_addressee(struct addressee *addressee)
{
    memory_free(addressee->renewed);
    arena_free(addressee->arena); /* it is in there itself */
}

/* An account that was removed since keeps a nameplate, so that its deliveries can be told of. */
static void put_up_nameplate(struct addressee *addressee, const struct delivery_record *record)
{
    struct account *account = &addressee->stored->account;

    *addressee->stored = (struct stored_account){0};
    account->municipality = arena_strdup(addressee->arena, record->municipality);
    account->channel = arena_strdup(addressee->arena, record->channel);
    account->label = arena_strdup(addressee->arena, record->account);
}

static struct addressee *read_addressee(struct store *store, const struct delivery_record *record,
                                        struct error *error)
{
    struct arena *arena = arena_new_small();
    struct addressee *addressee = arena_alloc(arena, sizeof(*addressee));
    bool is_found;

    addressee->arena = arena;
    addressee->stored = arena_alloc(arena, sizeof(*addressee->stored));
    if (store_account(store, arena, record->municipality, record->channel, record->account,
                      addressee->stored, &is_found, error) < 0) {
        arena_free(arena);
        return NULL;
    }
    if (!is_found)
        put_up_nameplate(addressee, record);
    addressee->municipality_name = arena_strdup(arena, record->municipality_name);
    addressee->sealed = addressee->stored->sealed;
    addressee->sealed_size_bytes = addressee->stored->sealed_size_bytes;
    return addressee;
}

struct addressee *addressees_take(struct addressees *addressees, struct store *store,
                                  const struct delivery_record *record, bool *out_is_new,
                                  struct error *error)
{
    struct addressee **bucket =
        bucket_of(addressees, record->municipality, record->channel, record->account);
    struct addressee *addressee = find(*bucket, record);

    *out_is_new = !addressee;
    if (!addressee) {
        addressee = read_addressee(store, record, error);
        if (!addressee)
            return NULL;
        addressee->next = *bucket;
        *bucket = addressee;
    }
    addressee->delivery_count++;
    return addressee;
}

/* What its next delivery would not find in the store. */
static bool is_worth_keeping(const struct addressee *addressee, int64_t now_ms)
{
    return addressee->delivery_count > 0 || addressee->under_way > 0 || addressee->renewal ||
           addressee->was_renewed || addressee->renewed_at_ms > 0 ||
           addressee->not_before_ms > now_ms;
}

void addressees_put(struct addressees *addressees, struct addressee *addressee, int64_t now_ms)
{
    const struct account *account = &addressee->stored->account;

    addressee->delivery_count--;
    if (is_worth_keeping(addressee, now_ms))
        return;
    struct addressee **at =
        bucket_of(addressees, account->municipality, account->channel, account->label);
    while (*at != addressee)
        at = &(*at)->next;
    *at = addressee->next;
    free_addressee(addressee);
}

void addressees_each(const struct addressees *addressees,
                     void (*each)(void *context, struct addressee *addressee), void *context)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct addressee *at = addressees->buckets[i]; at; at = at->next)
            each(context, at);
}

void addressees_release(struct addressees *addressees)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct addressee *at = addressees->buckets[i]; at;) {
            struct addressee *next = at->next;
            free_addressee(at);
            at = next;
        }
    memory_free(addressees->buckets);
    addressees->buckets = NULL;
}
