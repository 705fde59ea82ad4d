/* `verify`: one SSHSIG over one file, for scripts and the curious. */
#include "base/civil_time.h"
#include "base/file.h"
#include "base/language.h"
#include "net/loop.h"
#include "trust/signers.h"
#include "trust/sshsig.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"

enum { FILE_MAX_BYTES = 64 * 1024 * 1024 };

/* Is the signature by one of those who are named? */
static int check_signer(struct context *context, const struct sshsig *signature,
                        const char *namespace_name, int64_t unix_ms, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *key_file = option_value(invocation, "key");
    const char *path = key_file ? key_file : option_value(invocation, "approvers");
    const char *principal = option_value(invocation, "as");
    const struct signers *signers;
    const struct signer *signer;
    struct problems problems;
    struct text bytes;
    struct ssh_key key;
    int result = file_read(path, SIGNERS_FILE_MAX_BYTES, &bytes, error);

    problems_init(&problems, context->arena);
    if (result == 0 && key_file) {
        result = ssh_key_from_line(bytes.bytes, bytes.length, &key, error);
        if (result == 0 && !ssh_key_equal(&key, &signature->key))
            result = error_set(error, ERROR_VERIFICATION, _("it is signed with another key"));
    } else if (result == 0) {
        result = signers_read(context->arena, path, bytes.bytes, bytes.length, &problems, &signers);
        output_problems(&problems, false);
        if (result < 0)
            context_problems_error(&problems, path, error);
        else
            result = signers_check(signers, principal, &signature->key, namespace_name, unix_ms,
                                   &signer, error);
        if (error->kind == ERROR_NOT_APPROVED)
            error->kind = ERROR_VERIFICATION;
    }
    text_release(&bytes);
    return result;
}

static int check_options(const struct invocation *invocation, int64_t *unix_ms, struct error *error)
{
    const char *at = option_value(invocation, "at");
    bool by_key = option_is_given(invocation, "key");
    bool by_list = option_is_given(invocation, "approvers") && option_is_given(invocation, "as");

    *unix_ms = clock_unix_ms();
    if (!option_is_given(invocation, "signature") || !option_is_given(invocation, "namespace") ||
        by_key == by_list) {
        error_set(error, ERROR_USAGE,
                  _("verify needs --signature, --namespace, and either --key or "
                    "--approvers with --as"));
        return error_next(error, "crisis help verify");
    }
    if (at && !rfc3339_parse(at, unix_ms))
        return error_set(error, ERROR_USAGE, _("--at '%s' is no time like 2026-11-23T03:00:00Z"),
                         at);
    return 0;
}

static int verify(struct context *context, int64_t unix_ms, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *namespace_name = option_value(invocation, "namespace");
    size_t origin_count;
    const char *const *origins = option_values(invocation, "origin", &origin_count);
    const struct sshsig_policy policy = {.origins = origins, .origin_count = origin_count};
    const struct sshsig *signature;
    struct text message, armour;
    int result = -1;

    text_init(&armour, 0);
    if (file_read(argument_at(invocation, 0), FILE_MAX_BYTES, &message, error) == 0 &&
        file_read(option_value(invocation, "signature"), SSHSIG_ARMOUR_MAX_BYTES, &armour, error) ==
            0 &&
        sshsig_parse(context->arena, armour.bytes, armour.length, &signature, error) == 0 &&
        sshsig_verify(signature, namespace_name, message.bytes, message.length, &policy, error) ==
            0 &&
        check_signer(context, signature, namespace_name, unix_ms, error) == 0) {
        char fingerprint[SSH_FINGERPRINT_SIZE];
        ssh_key_fingerprint(&signature->key, fingerprint);
        if (output_is_json()) {
            struct json_line line;
            json_line_begin(&line, NULL);
            json_line_bool(&line, "valid", true);
            json_line_text(&line, "key", fingerprint);
            json_line_end(&line);
        } else {
            output_line(_("Good signature with %s %s"), ssh_key_kind_name(signature->key.kind),
                        fingerprint);
        }
        result = 0;
    }
    text_release(&armour);
    text_release(&message);
    return result;
}

static int run_verify(struct invocation *invocation, struct error *error)
{
    struct context context;
    int64_t unix_ms;
    int result = -1;

    context_init(&context, invocation);
    if (check_options(invocation, &unix_ms, error) == 0)
        result = verify(&context, unix_ms, error);
    if (result < 0 && error->kind == ERROR_VERIFICATION && output_is_json()) {
        struct json_line line;
        json_line_begin(&line, NULL);
        json_line_bool(&line, "valid", false);
        json_line_text(&line, "reason", error->message);
        json_line_end(&line);
    }
    context_release(&context);
    return result;
}

static const struct option options[] = {
    {"signature", 0, "FILE", false, N_("the signature, as `ssh-keygen -Y sign` writes it")},
    {"namespace", 0, "NAMESPACE", false, N_("what it must be made for: crisis-approval@v1")},
    {"key", 0, "FILE", false, N_("the public key it must be made with")},
    {"approvers", 0, "FILE", false,
     N_("the list that says whose keys are whose (allowed_signers)")},
    {"as", 0, "PRINCIPAL", false, N_("with --approvers: who must have signed")},
    {"at", 0, "TIME", false, N_("when the key must have been valid; else now")},
    {"origin", 0, "ORIGIN", true, N_("where a passkey may have been used")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_verify = {
    .name = "verify",
    .arguments = "FILE",
    .summary = N_("Verifies one SSH signature over one file, and says why not"),
    .details =
        N_("Exit code 0 or 7. It needs no workspace. Whatever it accepts, `ssh-keygen -Y verify` "
           "accepts too."),
    .arguments_least = 1,
    .arguments_most = 1,
    .options = options,
    .run = run_verify,
};
