/* When a network last refused an account's credential: the store knows when each was proven, the
 * audit log when one was not. */
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "dispatch/dispatch.h"

#include "cmd/doctor_parts.h"

enum { VALUE_SIZE = 256 };

enum value_name { VALUE_TIME, VALUE_MUNICIPALITY, VALUE_CHANNEL, VALUE_ACCOUNT, VALUE_FAILURE };

static const char *const value_keys[] = {
    [VALUE_TIME] = "time",       [VALUE_MUNICIPALITY] = "municipality", [VALUE_CHANNEL] = "channel",
    [VALUE_ACCOUNT] = "account", [VALUE_FAILURE] = "failure",
};

enum { VALUE_COUNT = sizeof(value_keys) / sizeof(value_keys[0]) };

struct refusal_reading {
    struct doctor *doctor;
    struct dispatch_options accounts;     /* to find one by its names */
    char values[VALUE_COUNT][VALUE_SIZE]; /* of the entry that is read; empty: it has none */
};

static void on_field(void *context, const char *key, size_t key_length, const char *value,
                     size_t value_length)
{
    struct refusal_reading *reading = context;

    for (size_t i = 0; i < VALUE_COUNT; i++)
        if (key_length == strlen(value_keys[i]) && memcmp(key, value_keys[i], key_length) == 0)
            snprintf(reading->values[i], VALUE_SIZE, "%.*s", (int)value_length, value);
}

/* Whatever else a post fails for is no fault of the credential. */
static bool is_of_credential(const char *failure)
{
    return strcmp(failure, failure_kind_name(FAILURE_CREDENTIAL)) == 0 ||
           strcmp(failure, failure_kind_name(FAILURE_PERMISSION)) == 0;
}

static bool look_at(void *context, const struct stored_entry *entry)
{
    static const char sign[] = "\nfailure "; /* most entries have none */
    struct refusal_reading *reading = context;
    const char *body;
    size_t body_size;
    int64_t unix_ms;

    if (!memmem(entry->bytes, entry->size_bytes, sign, sizeof(sign) - 1))
        return true;
    memset(reading->values, 0, sizeof(reading->values));
    if (!entry_read(entry->bytes, entry->size_bytes, on_field, reading, &body, &body_size) ||
        !is_of_credential(reading->values[VALUE_FAILURE]) ||
        !rfc3339_parse(reading->values[VALUE_TIME], &unix_ms))
        return true;
    const struct delivery_record names = {
        .municipality = reading->values[VALUE_MUNICIPALITY],
        .channel = reading->values[VALUE_CHANNEL],
        .account = reading->values[VALUE_ACCOUNT],
    };
    const struct stored_account *found = dispatch_find_account(&reading->accounts, &names);
    if (found)
        reading->doctor->facts[found - reading->doctor->accounts].refused_unix_ms = unix_ms;
    return true;
}

int doctor_read_refusals(struct doctor *doctor, struct error *error)
{
    struct refusal_reading reading = {
        .doctor = doctor,
        .accounts = {.accounts = doctor->accounts, .account_count = doctor->account_count},
    };

    return store_entries(doctor->context.store, 0, look_at, &reading, error);
}
