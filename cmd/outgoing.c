#include "cmd/outgoing.h"

#include "base/language.h"
#include "dispatch/outlet.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/warm_up.h"
#include "trust/xml_signature.h"

#include "cmd/endpoints.h"
#include "cmd/output.h"
#include "cmd/sending.h"

/* --- opening and closing --------------------------------------------------------------------- */

/* An alert that is not signed is better than none. */
static struct xml_signer *cap_signer(const struct context *context)
{
    struct xml_signer *signer;
    struct error error = {0};

    if (workspace_cap_signer(context->workspace, &signer, &error) < 0)
        output_warning(_("%s: the CAP files of this run are not signed"), error.message);
    else if (signer && !xml_signer_is_valid(signer, clock_unix_ms()))
        output_warning(
            _("the certificate '%s' is not valid now: readers will not take the signature "
              "of CAP files for good"),
            context->workspace->config->cap_certificate);
    return signer;
}

int outgoing_open(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    struct outgoing *outgoing = &sending->outgoing;
    const struct http_client_options options = {
        .ca_file = context->workspace->config->ca_file,
        .policy = &outgoing->policy,
    };

    if (outgoing->loop)
        return 0;
    outgoing->policy = context_addresses(context, verified_run_threshold(sending->verified) == 0);
    outgoing->loop = loop_new();
    outgoing->outlet =
        outlet_new(outgoing->loop, workspace_public_folder(context->workspace, context->arena));
    outgoing->signer = cap_signer(context);
    outlet_sign_with(outgoing->outlet, outgoing->signer);
    if (http_client_new(outgoing->loop, &options, &outgoing->http, error) < 0 ||
        store_prepare_locks(context->store, error) < 0) {
        outgoing_close(sending);
        return -1;
    }
    /* Everything is open, nobody has been answered, and no thread has begun. */
    (void)workspace_confine(context->workspace);
    return 0;
}

bool outgoing_is_open(const struct sending *sending)
{
    return sending->outgoing.loop != NULL;
}

void outgoing_close(struct sending *sending)
{
    struct outgoing *outgoing = &sending->outgoing;

    if (!outgoing->loop)
        return;
    outlet_free(outgoing->outlet);
    xml_signer_free(outgoing->signer);
    warm_up_free(outgoing->warm_up);
    http_client_free(outgoing->http);
    loop_free(outgoing->loop);
    *outgoing = (struct outgoing){0};
}

/* --- greeting hosts ahead -------------------------------------------------------------------- */

/* The accounts that something goes to over the network, each once. */
static struct account *addressed_accounts(struct sending *sending, size_t *out_count)
{
    const struct rendering *rendering = sending->rendering;
    const struct account *last = NULL; /* deliveries of an account stand together */
    struct account *accounts =
        arena_alloc_array(sending_making(sending).arena, sending->chosen.count, sizeof(*accounts));

    *out_count = 0;
    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct account *account = rendering->deliveries[i].account;
        bool is_local = channel_find(account->channel)->features & FEATURE_LOCAL;
        if (account != last && !is_local)
            accounts[(*out_count)++] = *account;
        last = account;
    }
    return accounts;
}

int outgoing_warm_up(struct sending *sending, struct error *error)
{
    struct outgoing *outgoing = &sending->outgoing;
    size_t account_count, count;

    if (outgoing->warm_up)
        return 0;
    if (outgoing_open(sending, error) < 0)
        return -1;
    const struct account *accounts = addressed_accounts(sending, &account_count);
    const char *const *origins = endpoints_of(sending, accounts, account_count, &count);
    outgoing->warm_up = warm_up_new(outgoing->loop, outgoing->http, origins, count, 0);
    warm_up_begin(outgoing->warm_up);
    return 0;
}

void outgoing_warm_up_again(struct sending *sending)
{
    if (sending->outgoing.warm_up)
        warm_up_begin(sending->outgoing.warm_up);
}

void outgoing_cool_down(struct sending *sending)
{
    if (sending->outgoing.warm_up)
        warm_up_end(sending->outgoing.warm_up);
}

/* --- meanwhile ------------------------------------------------------------------------------- */

void outgoing_wait(struct sending *sending, int input)
{
    if (sending->outgoing.loop)
        loop_run_until_readable(sending->outgoing.loop, input);
}
