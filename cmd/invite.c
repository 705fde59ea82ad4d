/* `invite`: one-time codes with which municipalities register. */
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/utf8.h"
#include "net/loop.h"
#include "plan/formats.h"
#include "trust/invite.h"

#include "cmd/asking.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/wrap.h"

enum { INVITES_MAX = 10000, STATE_COLUMNS = 9 };

static const int64_t expires_default_ms = INT64_C(7) * 24 * 60 * 60 * 1000;

/* --- making ---------------------------------------------------------------------------------- */

static int check_municipalities(const struct invocation *invocation, struct error *error)
{
    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *fault = number_fault(invocation->arguments[i]);
        if (fault)
            return error_set(error, ERROR_USAGE, _("the municipality '%s' %s"),
                             invocation->arguments[i], translated(fault));
    }
    return 0;
}

/* Makes a code. The log knows it by its hash. */
static void make_invite(const char *municipality, int64_t now, int64_t expires_ms,
                        struct text *code, struct stored_invite *invite, struct text *entry)
{
    char time[RFC3339_SIZE];
    struct text hash;

    *invite = (struct stored_invite){
        .municipality = municipality, .made_unix_ms = now, .expires_unix_ms = now + expires_ms};
    invite_new(code);
    (void)invite_hash(code->bytes, invite->code_sha256); /* it was made a moment ago */
    text_init(&hash, 2 * SHA256_SIZE);
    hex_add(&hash, invite->code_sha256, SHA256_SIZE);
    rfc3339_format(invite->expires_unix_ms, time);
    entry_begin(entry, ENTRY_INVITED, "coordinator", now);
    entry_add(entry, "municipality", municipality);
    entry_add(entry, "invitation-sha256", hash.bytes);
    entry_add(entry, "expires", time);
    text_release(&hash);
}

static void tell_invite(const struct stored_invite *invite, const struct text *code)
{
    char time[RFC3339_SIZE];

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "invited");
        json_line_text(&line, "municipality", invite->municipality);
        json_line_text(&line, "invite", code->bytes);
        json_line_time(&line, "expires", invite->expires_unix_ms);
        json_line_end(&line);
        return;
    }
    rfc3339_format_seconds(invite->expires_unix_ms, time);
    output_line(_("%s  %s  until %s"), invite->municipality, code->bytes, time);
}

static int invite_all(struct context *context, int64_t expires_ms, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const size_t count = invocation->argument_count;
    struct stored_invite *invites = arena_alloc_array(context->arena, count, sizeof(*invites));
    struct text *codes = arena_alloc_array(context->arena, count, sizeof(*codes));
    struct text *entries = arena_alloc_array(context->arena, count, sizeof(*entries));
    const int64_t now = clock_unix_ms();

    for (size_t i = 0; i < count; i++)
        make_invite(invocation->arguments[i], now, expires_ms, &codes[i], &invites[i], &entries[i]);
    int result = store_invites_add(context->store, invites, count, entries, error);
    for (size_t i = 0; i < count; i++) {
        if (result == 0)
            tell_invite(&invites[i], &codes[i]);
        text_release(&codes[i]);
        text_release(&entries[i]);
    }
    return result;
}

static int make(struct context *context, struct error *error)
{
    int64_t expires_ms;

    if (option_duration(context->invocation, "expires", expires_default_ms, &expires_ms, error) <
            0 ||
        context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        invite_all(context, expires_ms, error) < 0)
        return -1;
    if (!output_is_json())
        wrap_note("", 0, "%s",
                  _("Each code is shown this once. Give it to the municipality, which writes it "
                    "into its registration file as 'invite'."));
    return 0;
}

/* --- listing --------------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [INVITE_VALID] = N_("open"),
    [INVITE_USED] = N_("used"),
    [INVITE_WITHDRAWN] = N_("withdrawn"),
    [INVITE_EXPIRED] = N_("expired"),
};

/* No names: everybody. */
static bool is_asked_for(const struct invocation *invocation, const char *municipality)
{
    for (size_t i = 0; i < invocation->argument_count; i++)
        if (strcmp(invocation->arguments[i], municipality) == 0)
            return true;
    return invocation->argument_count == 0;
}

static void list_one(const struct stored_invite *invite, int64_t now)
{
    const char *state = state_names[stored_invite_state(invite, now)];
    char made[RFC3339_SIZE], expires[RFC3339_SIZE], end[RFC3339_SIZE];
    int64_t ended = invite->used_unix_ms + invite->withdrawn_unix_ms; /* one of them at most */

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, NULL);
        json_line_text(&line, "municipality", invite->municipality);
        json_line_text(&line, "state", state);
        json_line_time(&line, "made", invite->made_unix_ms);
        json_line_time(&line, "expires", invite->expires_unix_ms);
        json_line_time(&line, "used", invite->used_unix_ms);
        json_line_time(&line, "withdrawn", invite->withdrawn_unix_ms);
        json_line_end(&line);
        return;
    }
    rfc3339_format_seconds(invite->made_unix_ms, made);
    rfc3339_format_seconds(invite->expires_unix_ms, expires);
    rfc3339_format_seconds(ended, end);
    state = translated(state);
    if (ended)
        output_line(_("%s  %-*s  made %s  until %s  %s %s"), invite->municipality,
                    utf8_field(state, STATE_COLUMNS), state, made, expires, state, end);
    else
        output_line(_("%s  %-*s  made %s  until %s"), invite->municipality,
                    utf8_field(state, STATE_COLUMNS), state, made, expires);
}

static int list(struct context *context, struct error *error)
{
    struct stored_invite *invites;
    size_t count;
    int64_t now = clock_unix_ms();

    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_READ, error) < 0 ||
        store_invites(context->store, context->arena, &invites, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (is_asked_for(context->invocation, invites[i].municipality))
            list_one(&invites[i], now);
    return 0;
}

/* --- withdrawing ----------------------------------------------------------------------------- */

static void draft_withdrawal(const struct stored_invite *invite, int64_t now, struct text *entry)
{
    struct text hash;

    text_init(&hash, 2 * SHA256_SIZE);
    hex_add(&hash, invite->code_sha256, SHA256_SIZE);
    entry_begin(entry, ENTRY_INVITE_WITHDRAWN, "coordinator", now);
    entry_add(entry, "municipality", invite->municipality);
    entry_add(entry, "invitation-sha256", hash.bytes);
    text_release(&hash);
}

static void tell_withdrawal(const struct stored_invite *invite)
{
    char made[RFC3339_SIZE];

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "withdrawn");
        json_line_text(&line, "municipality", invite->municipality);
        json_line_time(&line, "made", invite->made_unix_ms);
        json_line_end(&line);
        return;
    }
    rfc3339_format_seconds(invite->made_unix_ms, made);
    output_line(_("The invitation of %s, made %s, is withdrawn."), invite->municipality, made);
}

/* The open ones of the municipalities that are named, moved to the front. Each must have one. */
static int choose_open(const struct invocation *invocation, struct stored_invite *invites,
                       size_t *count, int64_t now, struct error *error)
{
    size_t chosen = 0;

    for (size_t i = 0; i < *count; i++)
        if (is_asked_for(invocation, invites[i].municipality) &&
            stored_invite_state(&invites[i], now) == INVITE_VALID)
            invites[chosen++] = invites[i];
    *count = chosen;
    for (size_t i = 0; i < invocation->argument_count; i++) {
        size_t j = 0;
        while (j < chosen && strcmp(invites[j].municipality, invocation->arguments[i]) != 0)
            j++;
        if (j < chosen)
            continue;
        error_set(error, ERROR_USAGE, _("%s has no open invitation: nothing was withdrawn"),
                  invocation->arguments[i]);
        return error_next(error, _("crisis invite --list tells of all"));
    }
    return 0;
}

static int ask_to_withdraw(const struct context *context, const struct stored_invite *invites,
                           size_t count, struct error *error)
{
    return asking_lightly(
        context, "withdraw", error,
        ngettext("%zu open invitation is made void, the first of %s: files that were sealed with "
                 "such a code are not taken in any more.",
                 "%zu open invitations are made void, the first of %s: files that were sealed with "
                 "such a code are not taken in any more.",
                 count),
        count, invites[0].municipality);
}

static int withdraw(struct context *context, struct error *error)
{
    struct stored_invite *invites;
    size_t count;
    int64_t now = clock_unix_ms();

    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        store_invites(context->store, context->arena, &invites, &count, error) < 0 ||
        choose_open(context->invocation, invites, &count, now, error) < 0 ||
        ask_to_withdraw(context, invites, count, error) < 0)
        return -1;
    struct text *entries = arena_alloc_array(context->arena, count, sizeof(*entries));
    for (size_t i = 0; i < count; i++)
        draft_withdrawal(&invites[i], now, &entries[i]);
    int result = store_invites_withdraw(context->store, invites, count, now, entries, error);
    for (size_t i = 0; i < count; i++) {
        if (result == 0)
            tell_withdrawal(&invites[i]);
        text_release(&entries[i]);
    }
    return result;
}

/* --- the command ----------------------------------------------------------------------------- */

static int check_usage(const struct invocation *invocation, struct error *error)
{
    bool lists = option_is_given(invocation, "list");
    bool withdraws = option_is_given(invocation, "withdraw");
    bool has_end = option_is_given(invocation, "expires");

    if (lists + withdraws + has_end > 1)
        return error_set(error, ERROR_USAGE,
                         _("--list, --withdraw and --expires exclude each other"));
    if (!lists && invocation->argument_count == 0) {
        error_set(error, ERROR_USAGE, _("invite needs a MUNICIPALITY"));
        return error_next(error, "crisis help invite");
    }
    return check_municipalities(invocation, error);
}

static int run_invite(struct invocation *invocation, struct error *error)
{
    struct context context;
    int result = -1;

    context_init(&context, invocation);
    if (check_usage(invocation, error) < 0)
        goto out;
    if (option_is_given(invocation, "list"))
        result = list(&context, error);
    else if (option_is_given(invocation, "withdraw"))
        result = withdraw(&context, error);
    else
        result = make(&context, error);
out:
    context_release(&context);
    return result;
}

static const struct option invite_options[] = {
    {"expires", 0, "TIME", false, N_("until when it can be used: 12h, 7d (7d)")},
    {"list", 0, NULL, false, N_("tell of the invitations that were made, of all or of these")},
    {"withdraw", 0, NULL, false, N_("make the open invitations of these void")},
    ASKING_LIGHTLY_OPTION,
    {NULL, 0, NULL, false, NULL},
};

const struct command command_invite = {
    .name = "invite",
    .arguments = "[MUNICIPALITY…]",
    .summary =
        N_("Makes one-time codes with which municipalities register, lists and withdraws them"),
    .details =
        N_("A sealed registration file is taken in only with such a code for its municipality."),
    .arguments_most = INVITES_MAX,
    .options = invite_options,
    .run = run_invite,
};
