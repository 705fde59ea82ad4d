#include "plan/check.h"

#include "plan/findings.h"
#include "plan/renderer.h"
#include "plan/values.h"

/* A run that never was: its id and its day are as long as they get, since texts may contain them.
 */
static const char sample_time[] = "20260923T030412Z";
static const struct civil_time sample_civil_time = {2026, 9, 23, 3, 4, 12, 0};
static const int64_t sample_unix_ms = 1790132652000;

static void render_in(const struct render_request *sample, enum run_mode mode,
                      struct findings *findings, struct problems *problems)
{
    struct arena *arena = arena_new();
    struct render_request request = *sample;
    struct rendering *rendering;

    request.mode = mode;
    render_into(arena, &request, RENDER_TO_CHECK, findings, problems, &rendering);
    arena_free(arena);
}

/* A text that has room enough with the marks of an exercise has it without them. Where it has not,
 * both modes are looked at, live first, so that the marks are named only where they are the
 * reason. */
static void check_message(struct arena *arena, const struct render_request *request,
                          struct problems *problems)
{
    struct findings findings;

    findings_init(&findings, arena);
    render_in(request, MODE_EXERCISE, &findings, problems);
    if (findings.room_count > 0) {
        findings_init(&findings, arena);
        render_in(request, MODE_LIVE, &findings, problems);
        render_in(request, MODE_EXERCISE, &findings, problems);
    }
    findings_report(&findings, problems);
}

void check_texts(struct arena *arena, const struct plan *plan, const struct channel_shape *channels,
                 size_t channel_count, const char *coordinator, struct problems *problems)
{
    struct render_request request = {
        .plan = plan,
        .values = values_sample(arena, plan),
        .sent_unix_ms = sample_unix_ms,
        .when = sample_civil_time,
        .coordinator = coordinator,
        .channels = channels,
        .channel_count = channel_count,
    };

    request.accounts =
        render_accounts(arena, plan, channels, channel_count, &request.account_count);
    for (size_t i = 0; i < plan->message_count; i++) {
        request.message = &plan->messages[i];
        request.run =
            arena_printf(arena, "%s.%s.%s.7f3a", plan->id, request.message->name, sample_time);
        check_message(arena, &request, problems);
    }
}
