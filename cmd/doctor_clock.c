#include "cmd/doctor_clock.h"

#include <stdlib.h>

#include "base/civil_time.h"
#include "base/language.h"

enum {
    /* Servers tell whole seconds, and an answer takes a while. */
    DOUBTFUL_MS = 30 * 1000,
    /* What is signed with a time (webhooks, OAuth 1.0a) is mostly refused beyond this. */
    WRONG_MS = 5 * 60 * 1000,
};

static const char check[] = "clock";
static const char set_it[] = N_("have the clock set by the network: timedatectl set-ntp true");

void doctor_judge_log_time(struct diagnosis *diagnosis, int64_t last_entry_unix_ms,
                           int64_t now_unix_ms)
{
    int64_t behind_ms = last_entry_unix_ms - now_unix_ms;
    char time[RFC3339_SIZE], distance[32];

    if (last_entry_unix_ms == 0)
        return;
    rfc3339_format_seconds(last_entry_unix_ms, time);
    if (behind_ms < DOUBTFUL_MS) {
        diagnosis_ok(diagnosis, check, _("it goes on from the last entry of the audit log, %s"),
                     time);
        return;
    }
    duration_format(behind_ms, distance);
    diagnosis_problem(diagnosis, check, ERROR_SYSTEM,
                      _("it is %s behind the last entry of the audit log, %s"), distance, time);
    diagnosis_next(diagnosis, "%s", translated(set_it));
}

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

void doctor_judge_server_times(struct diagnosis *diagnosis, int64_t *ahead_ms, size_t count)
{
    char distance[32];

    if (count == 0)
        return;
    qsort(ahead_ms, count, sizeof(*ahead_ms), compare);
    int64_t middle_ms = ahead_ms[(count - 1) / 2];
    int64_t distance_ms = middle_ms < 0 ? -middle_ms : middle_ms;
    duration_format(distance_ms, distance);
    if (distance_ms < DOUBTFUL_MS) {
        diagnosis_ok(diagnosis, check, "%s",
                     ngettext("it goes with that of the server that told the time",
                              "it goes with those of the servers that told the time", count));
        return;
    }
    const char *words = arena_printf(
        diagnosis->arena,
        middle_ms < 0 ? ngettext("it is %s ahead of that of the server that told the time",
                                 "it is %s ahead of those of the servers that told the time", count)
                      : ngettext("it is %s behind that of the server that told the time",
                                 "it is %s behind those of the servers that told the time", count),
        distance);
    if (distance_ms < WRONG_MS)
        diagnosis_warning(diagnosis, check, "%s", words);
    else
        diagnosis_problem(diagnosis, check, ERROR_SYSTEM, "%s", words);
    diagnosis_next(diagnosis, "%s", translated(set_it));
}
