#include "dispatch/renewal.h"

#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "model/failure_forms.h"
#include "net/loop.h"

#include "dispatch/journal.h"
#include "dispatch/pace.h"
#include "dispatch/renewing.h"

/* New secrets that are refused within this time were never any good. */
enum { REFUSED_AGAIN_MS = 5 * 60 * 1000 };

struct renewal {
    struct dispatcher *dispatcher;
    struct addressee *addressee;
    struct renewing *renewing; /* NULL: between two tries, or being recorded */
    struct loop_timer *again;
    unsigned tries;
    bool is_needed; /* the old secrets do not work any more */
    int64_t expires_unix_ms;
    void *sealed; /* on its way to the disk */
    size_t sealed_size_bytes;
};

static void start(void *context);

bool renewal_is_worth_it(const struct dispatcher *dispatcher, const struct delivery *delivery,
                         int64_t began_ms, struct failure *failure)
{
    const struct addressee *addressee = delivery->addressee;
    const struct account *account = &addressee->stored->account;
    int64_t now_ms = loop_now_ms(dispatcher->options->loop);

    if (addressee->renewed_at_ms == 0 || began_ms < addressee->renewed_at_ms ||
        now_ms - addressee->renewed_at_ms > REFUSED_AGAIN_MS)
        return true;
    *failure = (struct failure){.kind = FAILURE_CREDENTIAL};
    snprintf(failure->message, sizeof(failure->message),
             N_("the network refuses the token that it gave a moment ago"));
    snprintf(failure->next, sizeof(failure->next), FORM_CONNECT_AGAIN, account->municipality,
             account->channel, account->municipality, account->channel);
    return false;
}

/* --- the end --------------------------------------------------------------------------------- */

static void free_renewal(struct renewal *renewal)
{
    renewal->addressee->renewal = NULL;
    if (renewal->renewing)
        renewing_drop(renewal->renewing);
    loop_timer_free(renewal->again);
    memory_free(renewal->sealed);
    memory_free(renewal);
}

/* Frees the renewal, and lets those that waited go on, or fail with it where they need it. */
static void end(struct renewal *renewal, const struct failure *failure)
{
    struct dispatcher *dispatcher = renewal->dispatcher;
    struct delivery *delivery = renewal->addressee->waiting;

    if (!renewal->is_needed)
        failure = NULL;
    renewal->addressee->was_renewed = true;
    renewal->addressee->waiting = NULL;
    dispatcher->in_flight--;
    dispatcher->unanswered--;
    free_renewal(renewal);
    while (delivery) {
        struct delivery *next = delivery->next;
        delivery->next = NULL;
        if (failure)
            attempt_give_up(dispatcher, delivery, failure);
        else
            schedule_ready(&dispatcher->schedule, delivery);
        delivery = next;
    }
    dispatcher_pump_soon(dispatcher);
}

static void write_entry(const struct renewal *renewal, const struct failure *failure,
                        struct text *entry)
{
    const struct account *account = &renewal->addressee->stored->account;

    entry_begin(entry, ENTRY_RENEWED, "dispatcher", clock_unix_ms());
    entry_add(entry, "run", renewal->dispatcher->options->run->id);
    entry_add(entry, "municipality", account->municipality);
    entry_add(entry, "channel", account->channel);
    entry_add(entry, "account", account->label);
    entry_add(entry, "result", failure ? "failed" : "ok");
    if (failure) {
        entry_add(entry, "failure", failure_kind_name(failure->kind));
        entry_add(entry, "code", failure->code);
    }
}

/* On disk: from here on it is used. */
static void on_durable(void *context)
{
    struct renewal *renewal = context;
    struct addressee *addressee = renewal->addressee;

    memory_free(addressee->renewed);
    addressee->renewed = renewal->sealed;
    addressee->sealed = addressee->renewed;
    addressee->sealed_size_bytes = renewal->sealed_size_bytes;
    addressee->renewed_at_ms = loop_now_ms(renewal->dispatcher->options->loop);
    renewal->sealed = NULL;
    end(renewal, NULL);
}

static void record(struct renewal *renewal, struct text *sealed)
{
    struct journal_change change = {
        .resealed_account = renewal->addressee->stored,
        .was_sealed = renewal->addressee->sealed,
        .was_sealed_size_bytes = renewal->addressee->sealed_size_bytes,
        .expires_unix_ms = renewal->expires_unix_ms,
        .durable = on_durable,
        .context = renewal,
    };
    renewal->sealed = memory_alloc(sealed->length);
    memcpy(renewal->sealed, sealed->bytes, sealed->length);
    renewal->sealed_size_bytes = sealed->length;
    change.sealed = renewal->sealed;
    change.sealed_size_bytes = renewal->sealed_size_bytes;
    write_entry(renewal, NULL, &change.entry);
    journal_record(renewal->dispatcher->journal, &change);
}

static void fail(struct renewal *renewal, const struct failure *failure)
{
    struct journal_change change = {0};
    write_entry(renewal, failure, &change.entry);
    journal_record(renewal->dispatcher->journal, &change);
    end(renewal, failure);
}

static void on_done(void *context, const struct channel_outcome *outcome, struct text *sealed)
{
    struct renewal *renewal = context;
    struct dispatcher *dispatcher = renewal->dispatcher;

    renewal->renewing = NULL; /* it frees itself */
    if (outcome->result == OUTCOME_RENEWED) {
        renewal->expires_unix_ms = outcome->expires_unix_ms;
        record(renewal, sealed);
    } else if (outcome->result != OUTCOME_RETRY || !renewal->is_needed) {
        fail(renewal, &outcome->failure);
    } else if (dispatcher->stopping) {
        end(renewal, NULL); /* what waited is left for `resume` */
    } else {
        int64_t asked = outcome->retry_after_ms;
        loop_timer_set(
            renewal->again,
            asked >= 0 ? asked : pace_backoff_ms(renewal->tries++, dispatcher_random(dispatcher)));
    }
}

/* --- the beginning --------------------------------------------------------------------------- */

static void start(void *context)
{
    struct renewal *renewal = context;
    const struct dispatch_options *options = renewal->dispatcher->options;
    const struct addressee *addressee = renewal->addressee;
    struct renewing_request request = {
        .loop = options->loop,
        .http = options->http,
        .vault = options->vault,
        .app_secrets = &options->app_secrets,
        .account = &addressee->stored->account,
        .driver = addressee->network->driver,
        .network = addressee->network->network,
        .sealed = addressee->sealed,
        .sealed_size_bytes = addressee->sealed_size_bytes,
        .done = on_done,
        .context = renewal,
    };

    if (renewal->dispatcher->stopping)
        end(renewal, NULL);
    else
        renewal->renewing = renewing_start(&request);
}

void renewal_wait(struct dispatcher *dispatcher, struct delivery *delivery, int64_t began_ms,
                  bool is_early)
{
    struct addressee *addressee = delivery->addressee;

    if (!addressee->renewal && began_ms < addressee->renewed_at_ms) {
        schedule_ready(&dispatcher->schedule, delivery);
        return;
    }
    delivery->next = addressee->waiting;
    addressee->waiting = delivery;
    if (addressee->renewal) {
        addressee->renewal->is_needed |= !is_early;
        return;
    }
    struct renewal *renewal = memory_alloc(sizeof(*renewal));
    renewal->dispatcher = dispatcher;
    renewal->addressee = addressee;
    renewal->is_needed = !is_early;
    renewal->again = loop_timer_new(dispatcher->options->loop, start, renewal);
    addressee->renewal = renewal;
    dispatcher->in_flight++;
    dispatcher->unanswered++;
    start(renewal);
}

static void drop(void *context, struct addressee *addressee)
{
    (void)context;
    if (addressee->renewal)
        free_renewal(addressee->renewal);
}

void renewals_drop(struct dispatcher *dispatcher)
{
    addressees_each(&dispatcher->addressees, drop, NULL);
}
