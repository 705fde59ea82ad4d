#include "plan/check.h"

#include <string.h>

#include "plan/attach.h"
#include "plan/differences.h"
#include "plan/findings.h"
#include "plan/renderer.h"
#include "plan/values.h"

/* A run that never was: its id and its day are as long as they get, since texts may contain them.
 */
static const char sample_time[] = "20260923T030412Z";
static const struct civil_time sample_civil_time = {2026, 9, 23, 3, 4, 12, 0};
static const int64_t sample_unix_ms = 1790132652000;

/* `scratch` is empty again afterwards. */
static void render_in(struct arena *scratch, const struct render_request *sample,
                      enum run_mode mode, struct findings *findings, struct problems *problems)
{
    struct render_request request = *sample;
    struct rendering *rendering;

    request.mode = mode;
    render_into(scratch, &request, RENDER_TO_CHECK, findings, problems, &rendering);
    arena_clear(scratch);
}

/* A text that has room enough with the marks of an exercise has it without them. Where it has not,
 * both modes are looked at, live first, so that the marks are named only where they are the
 * reason. */
static void check_message(struct arena *arena, struct arena *scratch,
                          const struct render_request *request, struct problems *problems)
{
    struct findings findings;

    findings_init(&findings, arena);
    render_in(scratch, request, MODE_EXERCISE, &findings, problems);
    if (findings.room_count > 0) {
        findings_init(&findings, arena);
        render_in(scratch, request, MODE_LIVE, &findings, problems);
        render_in(scratch, request, MODE_EXERCISE, &findings, problems);
    }
    findings_report(&findings, problems);
}

static void check_languages(struct arena *arena, const struct plan *plan,
                            const struct message *message, struct problems *problems)
{
    size_t count;
    const struct difference *differences = differences_find(arena, plan, message, &count);

    differences_report(differences, count, problems);
}

void check_texts(struct arena *arena, const struct plan *plan, const struct channel_shape *channels,
                 size_t channel_count, const char *coordinator, const char *site_url,
                 struct problems *problems)
{
    struct render_request request = {
        .plan = plan,
        .values = values_sample(arena, plan),
        .sent_unix_ms = sample_unix_ms,
        .when = sample_civil_time,
        .coordinator = coordinator,
        .site_url = site_url,
        .channels = channels,
        .channel_count = channel_count,
    };

    struct arena *scratch = arena_new();
    request.accounts =
        render_accounts(arena, plan, channels, channel_count, &request.account_count);
    for (size_t i = 0; i < plan->message_count; i++) {
        request.message = &plan->messages[i];
        request.run =
            arena_printf(arena, "%s.%s.%s.7f3a", plan->id, request.message->name, sample_time);
        check_message(arena, scratch, &request, problems);
        check_languages(arena, plan, request.message, problems);
    }
    arena_free(scratch);
}

/* --- media ----------------------------------------------------------------------------------- */

/* One channel with the accounts that are on it. */
static void check_channel(struct arena *arena, const struct render_request *request,
                          const struct channel_shape *channel, struct findings *findings)
{
    struct attachments attachments;
    bool is_chosen = false;

    for (size_t i = 0; i < request->account_count; i++) {
        const struct account *account = &request->accounts[i];
        if (strcmp(account->channel, channel->name) != 0)
            continue;
        const struct audience_member *member =
            plan_find_municipality(request->plan, account->municipality);
        if (!member)
            continue;
        if (!is_chosen)
            attach_choose(arena, request, channel, findings, &attachments);
        is_chosen = true;
        if (!attachments.missing)
            return;
        struct finding finding = {.kind = FINDING_UNREACHED,
                                  .place = request->message->place,
                                  .channel = channel->name,
                                  .municipality = member->municipality,
                                  .words = attachments.missing};
        findings_add(findings, &finding);
    }
}

void check_media(struct arena *arena, const struct plan *plan, const struct channel_shape *channels,
                 size_t channel_count, const char *site_url, const struct account *accounts,
                 size_t account_count, struct problems *problems)
{
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct render_request request = {
            .plan = plan,
            .message = &plan->messages[i],
            .site_url = site_url,
            .accounts = accounts,
            .account_count = account_count,
        };
        struct findings findings;
        findings_init(&findings, arena);
        for (size_t j = 0; j < channel_count; j++)
            check_channel(arena, &request, &channels[j], &findings);
        findings_report(&findings, problems);
    }
}
