#include "sandbox/latency.h"

#include <stdbool.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"

static bool read_times(char *words, struct spread *out)
{
    char *most = words;
    char *half = strsep(&most, "/");

    if (!duration_parse(half, &out->half_ms))
        return false;
    out->most_ms = out->half_ms;
    return most == NULL || (duration_parse(most, &out->most_ms) && out->most_ms >= out->half_ms);
}

int sandbox_latency_read(struct latencies *latencies, const char *specification,
                         struct error *error)
{
    char *copy = memory_strdup(specification), *times = copy;
    enum channel channel = CHANNEL_NONE;
    struct spread spread;
    int result = 0;

    if (strchr(copy, '=') != NULL)
        channel = sandbox_channel_find(strsep(&times, "="));
    if ((times != copy && channel == CHANNEL_NONE) || !read_times(times, &spread)) {
        error_set(error, ERROR_USAGE, _("'%s' is no latency"), specification);
        result = error_next(error, _("write 150ms, x=150ms, or x=300ms/1200ms: half of the answers "
                                     "within the first, 95 of 100 within the second"));
    }
    for (size_t i = 0; result == 0 && i < CHANNEL_COUNT; i++)
        if (channel == CHANNEL_NONE || channel == (enum channel)i)
            latencies->of[i] = spread;
    memory_free(copy);
    return result;
}

int64_t sandbox_latency_next_ms(struct latencies *latencies, enum channel channel)
{
    const struct spread *spread = &latencies->of[channel];

    if (spread->most_ms <= spread->half_ms)
        return spread->half_ms;
    return spread_at(spread, sandbox_random(&latencies->random));
}
