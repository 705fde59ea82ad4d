#include "cmd/rehearsal_faults.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/digest.h"
#include "channels/channel.h"
#include "model/credential.h"

/* The sandbox takes 256 rules: where that would not do for all accounts, each has less of a chance.
 */
enum { FAULTS_MAX = 250, ACCOUNTS_USUAL = 4000, SUBJECT_SIZE = 512, SHARES = 10000 };

/* Of 10,000 accounts, how many have which trouble in the evening of a crisis. These are no
 * measurements: they are often enough that each kind is met by a national run. All but the first
 * are over after one request. What is waited for longest is left out, so that a rehearsal is short:
 * requests that are lost on the way are looked for during 20 seconds, and Facebook's networks are
 * left alone for a minute when they throttle. Whoever wants these too asks for them (--faults). */
static const struct trouble {
    unsigned share;
    const char *fault, *conditions;
    const char *not_on; /* channels, with a space between; NULL: on all */
} troubles[] = {
    {60, "expired-token", "", NULL},               /* the credential has run out, unnoticed */
    {100, "stream-reset-after", ":times=1", NULL}, /* posted, and the answer is lost */
    {80, "500-after", ":times=1", NULL}, /* posted, and the network says that it was not */
    {60, "html", ":times=1", NULL},      /* an error page of something in between */
    {80, "429", ":seconds=2:times=1", "facebook instagram threads"}, /* throttled for a while */
    {120, "slow", ":ms=4000:times=1", NULL}, /* answers long after the others */
};

static unsigned chance_of(const struct account *account, uint64_t seed)
{
    unsigned char hash[SHA256_SIZE];
    char subject[SUBJECT_SIZE];
    int length =
        snprintf(subject, sizeof(subject), "%llu %.64s %.64s %.256s", (unsigned long long)seed,
                 account->municipality, account->channel, account->label);

    sha256(subject, (size_t)length, hash);
    return (((unsigned)hash[0] << 16) | ((unsigned)hash[1] << 8) | hash[2]) % SHARES;
}

static bool has_run_out(const struct account *account, int64_t unix_ms)
{
    const char *end = account_setting(account, CREDENTIAL_EXPIRES);
    int64_t end_ms;

    return end && rfc3339_parse(end, &end_ms) && end_ms <= unix_ms;
}

static bool is_on(const struct trouble *trouble, const char *channel)
{
    return !trouble->not_on || !strstr(trouble->not_on, channel);
}

static const struct trouble *trouble_of(const struct account *account, size_t count, uint64_t seed,
                                        int64_t unix_ms)
{
    unsigned chance = chance_of(account, seed), below = 0;

    if (has_run_out(account, unix_ms))
        return &troubles[0];
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        below += count > ACCOUNTS_USUAL
                     ? (unsigned)(troubles[i].share * (size_t)ACCOUNTS_USUAL / count)
                     : troubles[i].share;
        if (chance < below)
            return is_on(&troubles[i], account->channel) ? &troubles[i] : NULL;
    }
    return NULL;
}

const char **rehearsal_faults(struct arena *arena, const struct account *accounts, size_t count,
                              uint64_t seed, int64_t unix_ms, size_t *out_count)
{
    const char **faults = arena_alloc_array(arena, FAULTS_MAX, sizeof(*faults));
    size_t used = 0;

    for (size_t i = 0; i < count && used < FAULTS_MAX; i++) {
        const struct account *account = &accounts[i];
        const struct trouble *trouble = trouble_of(account, count, seed, unix_ms);
        /* The public site is this machine: no network troubles it. */
        if (trouble && !(channel_find(account->channel)->features & FEATURE_LOCAL))
            faults[used++] =
                arena_printf(arena, "%s:channel=%s:municipality=%s%s", trouble->fault,
                             account->channel, account->municipality, trouble->conditions);
    }
    *out_count = used;
    return faults;
}
