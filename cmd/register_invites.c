#include "cmd/register_invites.h"

#include <string.h>

#include "base/language.h"
#include "net/loop.h"

static const char *const faults[] = {
    [INVITE_UNKNOWN] = N_("is not known here"),
    [INVITE_ELSEWHERE] = N_("is for another municipality"),
    [INVITE_USED] = N_("has been used already"),
    [INVITE_WITHDRAWN] = N_("has been withdrawn"),
    [INVITE_EXPIRED] = N_("has expired"),
};

static int check_invite(struct context *context, struct registration_part *part,
                        const char *municipality, enum severity severity, int64_t unix_ms,
                        struct problems *problems, struct error *error)
{
    struct stored_invite invite = {.municipality = municipality};
    enum invite_state state;

    memcpy(invite.code_sha256, part->invite_sha256, SHA256_SIZE);
    if (store_invite_check(context->store, &invite, unix_ms, &state, error) < 0)
        return -1;
    part->invite_is_valid = state == INVITE_VALID;
    if (!part->invite_is_valid)
        problems_add(problems, severity, part->invite_place,
                     _("the invitation of %s %s: `crisis invite %s` makes a new one"), municipality,
                     translated(faults[state]), municipality);
    return 0;
}

int register_invites(struct context *context, struct registration *registration,
                     struct problems *problems, struct error *error)
{
    const bool without = option_is_given(context->invocation, "without-invite");
    const enum severity severity = without ? SEVERITY_WARNING : SEVERITY_ERROR;
    const int64_t now = clock_unix_ms();
    const struct registration_part *last = NULL;

    for (size_t i = 0; i < registration->count; i++) {
        const struct registration_account *from = &registration->accounts[i];
        const char *municipality = from->account.municipality;
        if (from->part == last || municipality[0] == '\0')
            continue;
        last = from->part;
        if (from->part->has_invite) {
            if (check_invite(context, from->part, municipality, severity, now, problems, error) < 0)
                return -1;
        } else if (from->was_sealed && !without) {
            problems_add(problems, SEVERITY_ERROR, from->part->place,
                         _("a sealed file must carry an 'invite' for %s: `crisis invite %s` makes "
                           "one; or vouch for the file with --without-invite"),
                         municipality, municipality);
        }
    }
    return 0;
}
