/* `seal` and `unseal`: age files of registrations, for municipalities and for the curious. */
#include "base/language.h"
#include "base/problems.h"
#include "store/registration.h"
#include "trust/age.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/register_check.h"
#include "cmd/registering.h"
#include "cmd/sealing.h"

/* --- seal ------------------------------------------------------------------------------------ */

static bool lacks_invite(const struct registration *registration)
{
    for (size_t i = 0; i < registration->count; i++)
        if (!registration->accounts[i].part->has_invite)
            return true;
    return false;
}

/* A mistake is found here, by whoever can mend it, and not by the coordinator. */
static int check_registration(struct context *context, const char *path, const struct text *bytes,
                              size_t *out_count, struct error *error)
{
    struct registration registration = {0};
    struct problems problems;

    problems_init(&problems, context->arena);
    registration_read(context->arena, path, bytes->bytes, bytes->length, &problems, &registration);
    for (size_t i = 0; i < registration.count; i++)
        register_check(&registration.accounts[i], &problems);
    output_problems(&problems, false);
    if (lacks_invite(&registration))
        output_note(
            _("It carries no 'invite' for every municipality: the coordinator may refuse it."));
    *out_count = registration.count;
    registration_release(&registration);
    if (problems_any_error(&problems))
        return context_problems_error(&problems, _("nothing was sealed"), error);
    return 0;
}

static void tell_sealed(const char *output, size_t count)
{
    if (!output)
        return; /* the file itself is the result */
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "sealed");
        json_line_text(&line, "output", output);
        json_line_number(&line, "accounts", (int64_t)count);
        json_line_end(&line);
        return;
    }
    output_line(ngettext("%zu account sealed in %s.", "%zu accounts sealed in %s.", count), count,
                output);
}

static int run_seal(struct invocation *invocation, struct error *error)
{
    const char *path = argument_at(invocation, 0);
    struct context context;
    struct text bytes = {0};
    size_t count;

    context_init(&context, invocation);
    int result = sealing_check(invocation, error);
    if (result == 0)
        result = registering_read(path, &bytes, error);
    if (result == 0 && age_is_encrypted(bytes.bytes, bytes.length))
        result = error_set(error, ERROR_INPUT, _("'%s' is sealed already"), path);
    if (result == 0)
        result = check_registration(&context, path, &bytes, &count, error);
    if (result == 0)
        result = sealing_write(invocation, &bytes, error);
    if (result == 0)
        tell_sealed(option_value(invocation, "output"), count);
    text_release(&bytes);
    context_release(&context);
    return result;
}

static const struct option seal_options[] = {
    {"to", 0, "RECIPIENT", true, N_("age1…: who can open it, as the coordinator gives it out")},
    {"output", 0, "FILE", false, N_("writes there instead of to standard output")},
    {"armor", 0, NULL, false, N_("writes text, which survives mail")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_seal = {
    .name = "seal",
    .arguments = "FILE",
    .summary = N_("Seals a registration file so that only the coordinator can open it"),
    .details = N_("The file is checked first. It becomes an age file: the age program can do the "
                  "same."),
    .arguments_least = 1,
    .arguments_most = 1,
    .options = seal_options,
    .run = run_seal,
};

/* --- unseal ---------------------------------------------------------------------------------- */

static int run_unseal(struct invocation *invocation, struct error *error)
{
    struct age_identities *identities = NULL;
    struct text plain;
    int result = 0;

    text_init_secret(&plain, AGE_PLAIN_MAX_BYTES);
    if (!option_is_given(invocation, "identity")) {
        error_set(error, ERROR_USAGE, _("unseal needs --identity FILE"));
        result = error_next(error, "crisis help unseal");
    }
    if (result == 0)
        result = sealing_identities(invocation, &identities, error);
    if (result == 0)
        result = sealing_open(argument_at(invocation, 0), identities, &plain, error);
    if (result == 0)
        output_bytes(plain.bytes, plain.length);
    text_release(&plain);
    age_identities_free(identities);
    return result;
}

static const struct option unseal_options[] = {
    {"identity", 0, "FILE", true, N_("an age identity file, AGE-SECRET-KEY-1…")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_unseal = {
    .name = "unseal",
    .arguments = "FILE",
    .summary = N_("Decrypts an age file to standard output, whole or not at all"),
    .details = N_("Exit code 7 when the file was changed, damaged or cut off."),
    .arguments_least = 1,
    .arguments_most = 1,
    .options = unseal_options,
    .run = run_unseal,
};
