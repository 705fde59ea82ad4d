/* Whether the networks can be reached, what their certificates are worth, and what time it is
 * there. Each address is asked for its root once, without a credential; whatever it answers shows
 * that it is there. */
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"
#include "dispatch/dispatch.h"
#include "net/authorities.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "report/stored_words.h"
#include "wire/http_message.h"

#include "cmd/doctor_clock.h"
#include "cmd/doctor_parts.h"

enum { SHOWN_MAX = 3, SHOWN_MAX_BYTES = 4096 };

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define CERTIFICATE_ENDS_SOON_MS (14 * DAY_MS)

/* SILENT: a connection stands, and no whole answer came over it. */
enum probe_result { PROBE_MISSED, PROBE_SILENT, PROBE_ANSWERED };

/* One address of a channel; an address that several channels have is asked once for each. */
struct probe {
    const char *channel, *origin;
    enum probe_result result;
    bool has_told_time, name_not_found;
    int64_t ahead_ms; /* the server's clock, of ours */
    int64_t certified_until_unix_ms;
    const char *trouble;
    struct probing *probing;
};

struct probing {
    struct doctor *doctor;
    struct http_client *http;
    struct probe *probes;
    size_t count, capacity;
};

/* --- asking ---------------------------------------------------------------------------------- */

static void add_probe(struct probing *probing, const char *channel, const char *origin)
{
    struct arena *arena = probing->doctor->context.arena;

    /* Neighbours mostly share an address: look back. */
    for (size_t i = probing->count; i-- > 0;)
        if (strcmp(probing->probes[i].origin, origin) == 0 &&
            strcmp(probing->probes[i].channel, channel) == 0)
            return;
    probing->probes = arena_grow(arena, probing->probes, probing->count, &probing->capacity,
                                 sizeof(*probing->probes));
    probing->probes[probing->count++] = (struct probe){
        .channel = channel,
        .origin = arena_strdup(arena, origin),
        .probing = probing,
    };
}

static void list_probes(struct probing *probing)
{
    struct doctor *doctor = probing->doctor;
    char origin[URL_ORIGIN_SIZE];

    for (size_t i = 0; i < doctor->account_count; i++) {
        const struct account *account = &doctor->accounts[i].account;
        const struct channel_driver *driver = channel_find(account->channel);
        if (driver && !(driver->features & FEATURE_LOCAL) &&
            dispatch_origin(account, context_network(&doctor->context, account->channel), origin,
                            sizeof(origin)))
            add_probe(probing, account->channel, origin);
    }
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct probe *probe = context;
    struct arena *arena = probe->probing->doctor->context.arena;
    char date[64];

    probe->certified_until_unix_ms =
        http_client_host_certified_until_unix_ms(probe->probing->http, probe->origin);
    if (!reply) {
        probe->result = failure->kind == HTTP_NO_ANSWER ? PROBE_SILENT : PROBE_MISSED;
        probe->trouble = arena_strdup(arena, stored_in_words(failure->message).words);
        probe->name_not_found = failure->name_not_found;
        return;
    }
    probe->result = PROBE_ANSWERED;
    probe->has_told_time = http_reply_header(reply, "date", date, sizeof(date));
    probe->ahead_ms = http_reply_server_unix_ms(reply) - reply->received_unix_ms;
}

static void ask(struct probing *probing, struct loop *loop)
{
    struct http_request request;

    http_request_init(&request);
    for (size_t i = 0; i < probing->count; i++) {
        http_request_reset(&request, HTTP_HEAD, EFFECT_NONE);
        text_addf(&request.url, "%s/", probing->probes[i].origin);
        http_client_send(probing->http, &request, on_done, &probing->probes[i]);
    }
    http_request_release(&request);
    loop_run(loop);
}

/* --- what came of it ------------------------------------------------------------------------- */

/* How many of a channel's probes ended so; the first few are appended with what was the trouble. */
static size_t count_probes(const struct probing *probing, const char *channel,
                           enum probe_result result, struct text *troubles)
{
    size_t count = 0;

    for (size_t i = 0; i < probing->count; i++) {
        const struct probe *probe = &probing->probes[i];
        if (strcmp(probe->channel, channel) != 0 || probe->result != result)
            continue;
        if (count++ < SHOWN_MAX)
            text_addf(troubles, "%s%s (%s)", count > 1 ? ", " : "", probe->origin,
                      probe->trouble ? probe->trouble : _("no answer"));
    }
    if (count > SHOWN_MAX)
        text_addf(troubles, _(" and %zu more"), count - SHOWN_MAX);
    return count;
}

/* The probes of a channel, all together. */
static void tell_channel(struct probing *probing, const char *channel, bool any_reached)
{
    struct diagnosis *diagnosis = &probing->doctor->diagnosis;
    struct text answers, silences, misses;

    text_init(&answers, SHOWN_MAX_BYTES);
    text_init(&silences, SHOWN_MAX_BYTES);
    text_init(&misses, SHOWN_MAX_BYTES);
    size_t answered = count_probes(probing, channel, PROBE_ANSWERED, &answers);
    size_t silent = count_probes(probing, channel, PROBE_SILENT, &silences);
    size_t missed = count_probes(probing, channel, PROBE_MISSED, &misses);
    size_t total = answered + silent + missed;
    if (missed > 0) {
        diagnosis_problem(diagnosis, "network", any_reached ? ERROR_SOME_FAILED : ERROR_SYSTEM,
                          ngettext("%s is not reached at %zu of %zu address: %s",
                                   "%s is not reached at %zu of %zu addresses: %s", total),
                          channel, missed, total, misses.bytes);
        diagnosis_next(diagnosis, _("see whether it is down for others too; else look at this "
                                    "machine's connection, and at crisis.yaml"));
    }
    if (silent > 0) {
        diagnosis_warning(
            diagnosis, "network",
            ngettext("%s is reached, but answers nothing, at %zu of %zu address: %s",
                     "%s is reached, but answers nothing, at %zu of %zu addresses: %s", total),
            channel, silent, total, silences.bytes);
        diagnosis_next(diagnosis, _("crisis channels --check --only channel=%s asks it in earnest"),
                       channel);
    }
    if (answered == total)
        diagnosis_ok(diagnosis, "network",
                     ngettext("%s is reached at its %zu address",
                              "%s is reached at its %zu addresses", total),
                     channel, total);
    text_release(&misses);
    text_release(&silences);
    text_release(&answers);
}

static void tell_channels(struct probing *probing)
{
    const struct readiness *channels = &probing->doctor->readiness;
    bool any_reached = false;

    for (size_t i = 0; i < probing->count; i++)
        any_reached = any_reached || probing->probes[i].result != PROBE_MISSED;
    for (size_t i = 0; i < channels->count; i++)
        for (size_t j = 0; j < probing->count; j++)
            if (strcmp(probing->probes[j].channel, channels->channels[i].channel) == 0) {
                tell_channel(probing, channels->channels[i].channel, any_reached);
                break;
            }
}

static void tell_names(struct probing *probing)
{
    struct diagnosis *diagnosis = &probing->doctor->diagnosis;
    size_t missing = 0, names = 0;
    const char *first = "";

    for (size_t i = 0; i < probing->count; i++) {
        struct address address;
        const struct probe *probe = &probing->probes[i];
        names += !url_address(probe->origin, &address);
        if (probe->name_not_found && missing++ == 0)
            first = probe->origin;
    }
    if (missing > 0) {
        diagnosis_problem(diagnosis, "names",
                          missing == probing->count ? ERROR_SYSTEM : ERROR_SOME_FAILED,
                          ngettext("%zu of %zu name has no address (first: %s)",
                                   "%zu of %zu names have no address (first: %s)", names),
                          missing, names, first);
        diagnosis_next(diagnosis,
                       _("see whether the name is right, and whether the resolver of this "
                         "machine answers (/etc/resolv.conf)"));
    } else if (names > 0) {
        diagnosis_ok(diagnosis, "names",
                     ngettext("%zu name has an address", "%zu names have an address", names),
                     names);
    }
}

static void tell_certificates(struct probing *probing)
{
    struct doctor *doctor = probing->doctor;
    const struct probe *first = NULL;
    char end[RFC3339_SIZE];

    for (size_t i = 0; i < probing->count; i++) {
        const struct probe *probe = &probing->probes[i];
        if (probe->certified_until_unix_ms != 0 &&
            (!first || probe->certified_until_unix_ms < first->certified_until_unix_ms))
            first = probe;
    }
    if (!first)
        return;
    rfc3339_format_seconds(first->certified_until_unix_ms, end);
    int64_t left_ms = first->certified_until_unix_ms - doctor->now_unix_ms;
    const int left_days = (int)(left_ms / DAY_MS);
    if (left_ms < CERTIFICATE_ENDS_SOON_MS) {
        diagnosis_warning(&doctor->diagnosis, "certificates",
                          ngettext("that of %s ends in %d day, at %s",
                                   "that of %s ends in %d days, at %s", (unsigned long)left_days),
                          first->origin, left_days, end);
        diagnosis_next(&doctor->diagnosis, _("remind whoever runs it"));
    } else {
        diagnosis_ok(&doctor->diagnosis, "certificates",
                     _("the networks' are good; the first to end is that of %s, in %d days"),
                     first->origin, left_days);
    }
}

static void tell_clock(struct probing *probing)
{
    int64_t *ahead_ms =
        arena_alloc_array(probing->doctor->context.arena, probing->count, sizeof(*ahead_ms));
    size_t count = 0;

    for (size_t i = 0; i < probing->count; i++)
        if (probing->probes[i].has_told_time)
            ahead_ms[count++] = probing->probes[i].ahead_ms;
    doctor_judge_server_times(&probing->doctor->diagnosis, ahead_ms, count);
}

/* --- the whole ------------------------------------------------------------------------------- */

void doctor_look_at_authorities(struct doctor *doctor)
{
    const char *file = doctor->context.workspace->config->ca_file;
    struct authorities authorities;
    struct error error = {0};
    char end[RFC3339_SIZE];

    if (!file)
        return;
    if (authorities_read(file, &authorities, &error) < 0) {
        error.kind = ERROR_SYSTEM; /* nothing can be connected to */
        doctor->lacks_authorities = true;
        diagnosis_error(&doctor->diagnosis, "certificates", FINDING_PROBLEM, &error);
        return;
    }
    rfc3339_format_seconds(authorities.first_end_unix_ms, end);
    int64_t left_ms = authorities.first_end_unix_ms - doctor->now_unix_ms;
    if (left_ms <= 0) {
        diagnosis_problem(&doctor->diagnosis, "certificates", ERROR_SOME_FAILED,
                          _("an authority in '%s' ended at %s"), file, end);
    } else if (left_ms < CERTIFICATE_ENDS_SOON_MS) {
        diagnosis_warning(&doctor->diagnosis, "certificates", _("an authority in '%s' ends at %s"),
                          file, end);
    } else {
        diagnosis_ok(&doctor->diagnosis, "certificates",
                     _("%zu in '%s', good for %d days at least"), authorities.count, file,
                     (int)(left_ms / DAY_MS));
        return;
    }
    diagnosis_next(&doctor->diagnosis,
                   _("get its new certificate from whoever runs that authority"));
}

void doctor_look_at_networks(struct doctor *doctor)
{
    struct context *context = &doctor->context;
    const struct config *config = context->workspace->config;
    const struct address_policy policy =
        context_addresses(context, config->approval_threshold == 0);
    struct http_client_options options = {
        .ca_file = config->ca_file,
        .policy = &policy,
        .request_timeout_ms = CONNECT_TIMEOUT_MS,
    };
    struct probing probing = {.doctor = doctor};
    struct error error = {0};

    list_probes(&probing);
    if (probing.count == 0 || doctor->lacks_authorities)
        return;
    struct loop *loop = loop_new();
    if (http_client_new(loop, &options, &probing.http, &error) < 0) {
        diagnosis_error(&doctor->diagnosis, "certificates", FINDING_PROBLEM, &error);
    } else {
        (void)workspace_confine(context->workspace);
        ask(&probing, loop);
        tell_names(&probing);
        tell_channels(&probing);
        tell_certificates(&probing);
        tell_clock(&probing);
    }
    http_client_free(probing.http);
    loop_free(loop);
}
