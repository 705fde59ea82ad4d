/* `doctor`: whether this workspace could send now. It looks at everything that a send needs, and
 * changes nothing. */
#include <string.h>

#include "base/language.h"
#include "base/utf8.h"
#include "net/loop.h"
#include "report/counted.h"

#include "cmd/commands.h"
#include "cmd/doctor_parts.h"
#include "cmd/output.h"

static void examine(struct doctor *doctor)
{
    doctor_look_at_store(doctor);
    doctor_look_at_disk(doctor);
    doctor_look_at_log(doctor);
    doctor_look_at_vault(doctor);
    doctor_look_at_approvers(doctor);
    doctor_look_at_credentials(doctor);
    doctor_look_at_limits(doctor);
    doctor_look_at_plans(doctor);
    doctor_look_at_rehearsals(doctor);
    doctor_look_at_cap_signature(doctor);
    doctor_look_at_authorities(doctor);
    if (!option_is_given(doctor->context.invocation, "offline"))
        doctor_look_at_networks(doctor);
}

/* --- telling --------------------------------------------------------------------------------- */

/* The widest of the words, which is not the same in every language. */
static int level_columns(void)
{
    size_t widest = 0;

    for (int level = 0; level < FINDING_LEVEL_COUNT; level++) {
        size_t columns = utf8_count(translated(finding_level_name((enum finding_level)level)));
        if (columns > widest)
            widest = columns;
    }
    return (int)widest;
}

static void print_finding(const struct finding *finding)
{
    static const enum output_style styles[] = {
        [FINDING_OK] = STYLE_GOOD,
        [FINDING_WARNING] = STYLE_WARN,
        [FINDING_PROBLEM] = STYLE_BAD,
    };

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "finding");
        json_line_text(&line, "check", finding->check);
        json_line_text(&line, "level", finding_level_name(finding->level));
        json_line_text(&line, "message", finding->message);
        if (finding->next)
            json_line_text(&line, "next", finding->next);
        json_line_end(&line);
        return;
    }
    if (finding->level == FINDING_OK && output_is_quiet())
        return;
    const char *level = translated(finding_level_name(finding->level));
    output_line("%s%-*s%s %-12s %s", output_style_begin(styles[finding->level]),
                utf8_field(level, level_columns()), level, output_style_end(styles[finding->level]),
                finding->check, finding->message);
    if (finding->next)
        output_line("  → %s", finding->next);
}

static void print_readiness(const struct readiness_channel *channel)
{
    struct json_line line;

    if (!output_is_json()) {
        size_t ready = readiness_ready(channel);
        output_styled(ready == channel->total ? STYLE_GOOD : STYLE_WARN,
                      _("%zu of %zu ready on %s"), ready, channel->total, channel->channel);
        return;
    }
    json_line_begin(&line, "readiness");
    json_line_text(&line, "channel", channel->channel);
    json_line_number(&line, "accounts", (int64_t)channel->total);
    for (int i = 0; i < READINESS_STATE_COUNT; i++) {
        enum readiness_state state = (enum readiness_state)i;
        size_t count = state == ACCOUNT_READY ? readiness_ready(channel) : channel->counts[state];
        json_line_number(&line, readiness_state_name(state), (int64_t)count);
    }
    json_line_end(&line);
}

static const char *verdict(enum error_kind kind)
{
    if (kind == ERROR_NONE)
        return _("This workspace could send now");
    return kind == ERROR_SOME_FAILED
               ? _("This workspace could send now, but not everything would arrive")
               : _("This workspace could not send now");
}

static void print_summary(const struct diagnosis *diagnosis)
{
    enum error_kind kind = diagnosis_kind(diagnosis);
    size_t problems = diagnosis->level_counts[FINDING_PROBLEM];
    size_t warnings = diagnosis->level_counts[FINDING_WARNING];

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "summary");
        json_line_bool(&line, "could_send", kind == ERROR_NONE || kind == ERROR_SOME_FAILED);
        json_line_number(&line, "problems", (int64_t)problems);
        json_line_number(&line, "warnings", (int64_t)warnings);
        json_line_end(&line);
        return;
    }
    output_styled(kind == ERROR_NONE ? STYLE_GOOD : STYLE_BAD, "%s: %s, %s", verdict(kind),
                  counted_problems(problems).words, counted_warnings(warnings).words);
}

static int run_doctor(struct invocation *invocation, struct error *error)
{
    struct doctor doctor = {.now_unix_ms = clock_unix_ms()};
    int result = -1;

    context_init(&doctor.context, invocation);
    diagnosis_init(&doctor.diagnosis, doctor.context.arena);
    doctor.context.stays_offline = option_is_given(invocation, "offline");
    if (context_open_workspace(&doctor.context, error) < 0)
        goto out;
    examine(&doctor);
    for (size_t i = 0; i < doctor.diagnosis.count; i++)
        print_finding(&doctor.diagnosis.items[i]);
    for (size_t i = 0; i < doctor.readiness.count; i++)
        print_readiness(&doctor.readiness.channels[i]);
    print_summary(&doctor.diagnosis);
    result = context_end(diagnosis_kind(&doctor.diagnosis), error);
out:
    context_release(&doctor.context);
    return result;
}

static const struct option options[] = {
    {"offline", 0, NULL, false, N_("connect to nothing")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "[PLAN]…",
    .summary = N_("Says whether this workspace could send now"),
    .details =
        N_("Looks at keys, approvers, credentials, disk, clock, names, certificates, networks, "
           "limits, plans\nand rehearsals, and changes nothing. Each finding is ok, a warning "
           "or a problem, with the next step."),
    .arguments_most = 1000,
    .options = options,
    .run = run_doctor,
};
