/* `vault`: the recipient that files are sealed to, and a new data key. */
#include <string.h>

#include "audit/entry.h"
#include "net/loop.h"
#include "store/vault_file.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"

static int print_recipient(struct context *context, struct error *error)
{
    struct text recipient;

    if (context_open_identities(context, error) < 0)
        return -1;
    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    for (size_t i = 0; i < age_identities_count(context->identities); i++) {
        text_reset(&recipient);
        age_identities_recipient(context->identities, i, &recipient);
        if (output_is_json()) {
            struct json_line line;
            json_line_begin(&line, NULL);
            json_line_text(&line, "recipient", recipient.bytes);
            json_line_end(&line);
        } else {
            output_line("%s", recipient.bytes);
        }
    }
    text_release(&recipient);
    return 0;
}

static void tell_rotated(size_t count)
{
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "vault-rotated");
        json_line_number(&line, "credentials", (int64_t)count);
        json_line_end(&line);
        return;
    }
    output_line("The vault has a new data key; %zu credential%s sealed under it.", count,
                count == 1 ? " is" : "s are");
    output_note("Back up vault.age again, together with crisis.db: older copies of one do not "
                "open newer ones of the other.");
}

static int rotate(struct context *context, struct error *error)
{
    struct text entry;
    size_t count;

    if (context_open_store(context, STORE_WRITE, error) < 0 ||
        context_open_identities(context, error) < 0 || context_lock_vault(context, true, error) < 0)
        return -1;
    entry_begin(&entry, ENTRY_VAULT_ROTATED, "coordinator", clock_unix_ms());
    int result = vault_rotate(context->workspace, context->identities, context->store, &entry,
                              &count, error);
    text_release(&entry);
    if (result == 0)
        tell_rotated(count);
    return result;
}

static int run_vault(struct invocation *invocation, struct error *error)
{
    const char *action = argument_at(invocation, 0);
    struct context context;
    int result = -1;

    context_init(&context, invocation);
    bool is_rotate = strcmp(action, "rotate") == 0;
    if (!is_rotate && strcmp(action, "recipient") != 0) {
        error_set(error, ERROR_USAGE, "vault cannot '%s'", action);
        error_next(error, "crisis vault recipient, or crisis vault rotate");
    } else if (context_open_workspace(&context, error) == 0) {
        result = is_rotate ? rotate(&context, error) : print_recipient(&context, error);
    }
    context_release(&context);
    return result;
}

const struct command command_vault = {
    .name = "vault",
    .arguments = "recipient | rotate",
    .summary = "Prints the recipient of sealed files; gives the vault a new data key",
    .details = "rotate seals every credential under a new key. It can be interrupted at any "
               "point: run it again.",
    .arguments_least = 1,
    .arguments_most = 1,
    .run = run_vault,
};
