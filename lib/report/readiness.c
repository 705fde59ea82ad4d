#include "report/readiness.h"

#include <string.h>

#include "base/civil_time.h"
#include "model/credential.h"

#define NAMED_VALUE(value, name) name,
static const char *const state_names[] = {READINESS_STATES(NAMED_VALUE)};
#undef NAMED_VALUE

const char *readiness_state_name(enum readiness_state state)
{
    return state_names[state];
}

int64_t readiness_end_unix_ms(const struct account *account)
{
    const char *end = account_setting(account, CREDENTIAL_EXPIRES);
    int64_t unix_ms;

    return end && rfc3339_parse(end, &unix_ms) ? unix_ms : 0;
}

/* One that was registered again after it was refused is another one. */
static bool is_refused(const struct stored_account *stored, const struct readiness_facts *facts)
{
    return facts->refused_unix_ms > stored->proven_unix_ms &&
           facts->refused_unix_ms >= stored->registered_unix_ms;
}

enum readiness_state readiness_of(const struct stored_account *stored,
                                  const struct readiness_facts *facts, int64_t now_unix_ms)
{
    int64_t end_ms = readiness_end_unix_ms(&stored->account);

    if (facts->is_unreadable)
        return ACCOUNT_UNREADABLE;
    if (end_ms != 0 && end_ms <= now_unix_ms)
        return ACCOUNT_ENDED;
    if (is_refused(stored, facts))
        return ACCOUNT_REFUSED;
    if (facts->needs_proof && stored->proven_unix_ms < stored->registered_unix_ms)
        return ACCOUNT_UNPROVEN;
    if (facts->needs_proof && now_unix_ms - stored->proven_unix_ms > READINESS_PROOF_HOLDS_MS)
        return ACCOUNT_PROOF_OLD;
    if (end_ms != 0 && end_ms - now_unix_ms < READINESS_ENDS_SOON_MS)
        return ACCOUNT_ENDING;
    return ACCOUNT_READY;
}

static struct readiness_channel *channel_of(struct readiness *readiness, struct arena *arena,
                                            const char *channel)
{
    for (size_t i = 0; i < readiness->count; i++)
        if (strcmp(readiness->channels[i].channel, channel) == 0)
            return &readiness->channels[i];
    readiness->channels = arena_grow(arena, readiness->channels, readiness->count,
                                     &readiness->capacity, sizeof(*readiness->channels));
    struct readiness_channel *added = &readiness->channels[readiness->count++];
    *added = (struct readiness_channel){.channel = channel};
    return added;
}

void readiness_add(struct readiness *readiness, struct arena *arena,
                   const struct stored_account *stored, const struct readiness_facts *facts,
                   int64_t now_unix_ms)
{
    struct readiness_channel *channel = channel_of(readiness, arena, stored->account.channel);
    enum readiness_state state = readiness_of(stored, facts, now_unix_ms);
    int64_t proven_ms = stored->proven_unix_ms;

    channel->total++;
    if (channel->counts[state]++ == 0)
        channel->first[state] = &stored->account;
    if (facts->needs_proof && (state == ACCOUNT_READY || state == ACCOUNT_ENDING) &&
        (channel->oldest_proof_unix_ms == 0 || proven_ms < channel->oldest_proof_unix_ms))
        channel->oldest_proof_unix_ms = proven_ms;
}

size_t readiness_ready(const struct readiness_channel *channel)
{
    return channel->counts[ACCOUNT_READY] + channel->counts[ACCOUNT_ENDING];
}
