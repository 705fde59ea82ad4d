/* `invite`: one-time codes with which municipalities register. */
#include "trust/invite.h"
#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/encode.h"
#include "net/loop.h"
#include "plan/formats.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"

enum { INVITES_MAX = 10000 };

static const int64_t expires_default_ms = INT64_C(7) * 24 * 60 * 60 * 1000;

static int check_municipalities(const struct invocation *invocation, struct error *error)
{
    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *fault = number_fault(invocation->arguments[i]);
        if (fault)
            return error_set(error, ERROR_USAGE, "the municipality '%s' %s",
                             invocation->arguments[i], fault);
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
    output_line("%s  %s  until %s", invite->municipality, code->bytes, time);
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

static int run_invite(struct invocation *invocation, struct error *error)
{
    struct context context;
    int64_t expires_ms;

    context_init(&context, invocation);
    int result = option_duration(invocation, "expires", expires_default_ms, &expires_ms, error);
    if (result == 0)
        result = check_municipalities(invocation, error);
    if (result == 0)
        result = context_open_workspace(&context, error);
    if (result == 0)
        result = context_open_store(&context, STORE_WRITE, error);
    if (result == 0)
        result = invite_all(&context, expires_ms, error);
    if (result == 0 && !output_is_json())
        output_note("Each code is shown this once. Give it to the municipality, which writes it "
                    "into its registration file as 'invite'.");
    context_release(&context);
    return result;
}

static const struct option invite_options[] = {
    {"expires", 0, "TIME", false, "until when it can be used: 12h, 7d (7d)"},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_invite = {
    .name = "invite",
    .arguments = "MUNICIPALITY…",
    .summary = "Makes one-time codes with which municipalities register",
    .details = "A sealed registration file is taken in only with such a code for its municipality.",
    .arguments_least = 1,
    .arguments_most = INVITES_MAX,
    .options = invite_options,
    .run = run_invite,
};
