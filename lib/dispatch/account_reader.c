#include "dispatch/account_reader.h"

#include <string.h>

#include "base/arena.h"

static bool is_of_last(const struct account_reader *reader, const struct delivery_record *record)
{
    const struct account *last = &reader->stored.account;

    return reader->arena && strcmp(last->municipality, record->municipality) == 0 &&
           strcmp(last->channel, record->channel) == 0 && strcmp(last->label, record->account) == 0;
}

int account_reader_take(struct account_reader *reader, const struct delivery_record *record,
                        const struct stored_account **out, bool *is_new, struct error *error)
{
    struct account *account = &reader->stored.account;
    int result = 0;

    *is_new = !is_of_last(reader, record);
    if (*is_new) {
        account_reader_release(reader);
        reader->arena = arena_new_small();
        result = store_account(reader->store, reader->arena, record->municipality, record->channel,
                               record->account, &reader->stored, &reader->is_found, error);
    }
    if (*is_new && !reader->is_found) { /* what the next delivery is compared with */
        account->municipality = arena_strdup(reader->arena, record->municipality);
        account->channel = arena_strdup(reader->arena, record->channel);
        account->label = arena_strdup(reader->arena, record->account);
    }
    *out = reader->is_found ? &reader->stored : NULL;
    return result;
}

void account_reader_release(struct account_reader *reader)
{
    arena_free(reader->arena);
    *reader = (struct account_reader){.store = reader->store};
}
