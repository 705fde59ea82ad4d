#include "cmd/context.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/suggest.h"
#include "media/load.h"
#include "store/vault_file.h"
#include "trust/vault.h"

#include "cmd/output.h"
#include "cmd/publishing.h"

enum { MESSAGE_NAMES_MAX = 256 };

static void make_channels(struct context *context)
{
    const struct channel_driver *const *drivers = channel_all();
    while (drivers[context->channel_count])
        context->channel_count++;
    context->networks =
        arena_alloc_array(context->arena, context->channel_count, sizeof(*context->networks));
    context->shapes =
        arena_alloc_array(context->arena, context->channel_count, sizeof(*context->shapes));
    for (size_t i = 0; i < context->channel_count; i++) {
        context->networks[i] = (struct network){
            .channel = drivers[i]->name,
            /* Where each account has its own, the driver's counts last: channel_address(). */
            .endpoint = drivers[i]->address ? NULL : drivers[i]->endpoint,
        };
        context->shapes[i] = (struct channel_shape){
            .name = drivers[i]->name,
            .limits = drivers[i]->limits,
            .limit_setting = drivers[i]->limit_setting,
            .media = drivers[i]->media,
            .document = drivers[i]->features & FEATURE_DOCUMENT,
            .web = drivers[i]->features & FEATURE_WEB,
        };
    }
}

void context_init(struct context *context, const struct invocation *invocation)
{
    *context =
        (struct context){.invocation = invocation, .arena = invocation->arena, .vault_lock = -1};
    make_channels(context);
}

void context_release(struct context *context)
{
    vault_close(context->vault);
    if (context->vault_lock >= 0)
        (void)close(context->vault_lock); /* it was never written to */
    age_identities_free(context->identities);
    store_close(context->second_store);
    if (context->publishing)
        publishing_finish(context->publishing, context->store, !context->stays_offline);
    publishing_close(context->publishing);
    store_close(context->store);
}

/* --- the workspace --------------------------------------------------------------------------- */

static void configure_channels(struct context *context)
{
    const struct config *config = context->workspace->config;
    for (size_t i = 0; i < config->network_count; i++)
        for (size_t j = 0; j < context->channel_count; j++) {
            if (strcmp(config->networks[i].channel, context->networks[j].channel) != 0)
                continue;
            const char *built_in = context->networks[j].endpoint;
            context->networks[j] = config->networks[i];
            if (!context->networks[j].endpoint)
                context->networks[j].endpoint = built_in;
        }
    /* The public site is where the coordinator is, unless `networks` says otherwise. */
    for (size_t j = 0; j < context->channel_count; j++)
        if (channel_all()[j]->features & FEATURE_LOCAL && !context->networks[j].endpoint)
            context->networks[j].endpoint = config->coordinator_url;
}

static bool is_channel(const char *name)
{
    return channel_find(name) != NULL;
}

int context_open_workspace(struct context *context, struct error *error)
{
    struct problems problems;

    problems_init(&problems, context->arena);
    int result = workspace_open(context->arena, option_value(context->invocation, "directory"),
                                getenv("CRISIS_WORKSPACE"), is_channel, &problems,
                                &context->workspace, error);
    output_problems(&problems, false);
    if (result < 0)
        return -1;
    configure_channels(context);
    return civil_time_set_zone(context->workspace->config->time_zone, error);
}

int context_find_workspace(struct context *context, struct error *error)
{
    const char *environment = getenv("CRISIS_WORKSPACE");
    if (option_value(context->invocation, "directory") || (environment && environment[0]) ||
        workspace_is_near(context->arena))
        return context_open_workspace(context, error);
    return civil_time_set_zone("Europe/Oslo", error);
}

int context_open_store(struct context *context, enum store_access access, struct error *error)
{
    if (workspace_store(context->workspace, access, &context->store, error) < 0)
        return -1;
    if (access == STORE_READ)
        return 0;
    return publishing_open(context->workspace, context->store, &context->publishing, error);
}

int context_open_identities(struct context *context, struct error *error)
{
    static const struct passphrase_source terminal = {output_ask_secret};

    if (context->identities)
        return 0;
    return workspace_identities(context->workspace, &terminal, &context->identities, error);
}

int context_lock_vault(struct context *context, bool alone, struct error *error)
{
    return vault_lock(context->workspace, alone, &context->vault_lock, error);
}

/* The passphrase first: nobody waits for the lock while a person types. */
int context_open_vault(struct context *context, struct error *error)
{
    if (context_open_identities(context, error) < 0 ||
        context_lock_vault(context, false, error) < 0)
        return -1;
    return workspace_vault(context->workspace, context->identities, &context->vault, error);
}

const struct network *context_network(void *pointer, const char *channel)
{
    const struct context *context = pointer;
    for (size_t i = 0; i < context->channel_count; i++)
        if (strcmp(context->networks[i].channel, channel) == 0)
            return &context->networks[i];
    return NULL;
}

struct address_policy context_addresses(const struct context *context, bool is_rehearsal)
{
    struct address_policy policy = {.loopback = is_rehearsal};

    if (!context->workspace)
        return policy;
    const struct config *config = context->workspace->config;
    policy.blocks = config->internal_addresses;
    policy.block_count = config->internal_address_count;
    for (size_t i = 0; i < config->network_count; i++)
        address_policy_trust(&policy, context->arena, config->networks[i].endpoint);
    return policy;
}

/* --- the plan -------------------------------------------------------------------------------- */

int context_problems_error(const struct problems *problems, const char *what, struct error *error)
{
    return error_set(error, ERROR_INPUT,
                     ngettext("%s: %zu error", "%s: %zu errors", problems->error_count), what,
                     problems->error_count);
}

int context_load_plan(struct context *context, const char *path, bool as_result,
                      struct problems *problems, struct plan **out, struct error *error)
{
    int result = plan_load(context->arena, path, channel_is_known, problems, out, error);

    if (result == 0 && media_load(context->arena, *out, problems) < 0)
        result = context_problems_error(problems, path, error);
    if (result < 0)
        output_problems(problems, as_result);
    return result;
}

const struct plan *context_find_plan(const struct context *context, const char *path)
{
    struct problems problems;
    struct error ignored = {0};
    struct plan *plan = NULL;

    problems_init(&problems, context->arena);
    if (plan_load(context->arena, path, channel_is_known, &problems, &plan, &ignored) < 0)
        return NULL;
    return plan;
}

const char *context_coordinator(const struct context *context, const struct plan *plan)
{
    if (context->workspace)
        return context->workspace->config->coordinator_name;
    return plan->issuer.text ? plan->issuer.text : plan->title;
}

const char *context_site_url(const struct context *context)
{
    return context->workspace ? context->workspace->config->coordinator_url : NULL;
}

int context_message(const struct plan *plan, const char *name, const struct message **out,
                    struct error *error)
{
    const char *names[MESSAGE_NAMES_MAX + 1];
    size_t count = 0;

    if (!name) {
        *out = &plan->messages[0];
        return 0;
    }
    *out = plan_find_message(plan, name);
    if (*out)
        return 0;
    for (; count < plan->message_count && count < MESSAGE_NAMES_MAX; count++)
        names[count] = plan->messages[count].name;
    names[count] = NULL;
    const char *near = suggest_word(name, names);
    error_set(error, ERROR_USAGE, _("the plan '%s' has no message '%s'"), plan->id, name);
    if (near)
        return error_next(error, _("did you mean '%s'?"), near);
    return error_next(error, _("crisis check %s names its messages"), plan->file);
}

int context_end(enum error_kind kind, struct error *error)
{
    if (kind == ERROR_NONE)
        return 0;
    return error_set(error, kind, "%s", "");
}

struct render_request context_render_request(const struct context *context, const struct plan *plan,
                                             const struct message *message,
                                             const struct run_values *values, enum run_mode mode,
                                             int64_t unix_ms)
{
    return (struct render_request){
        .plan = plan,
        .message = message,
        .values = values,
        .mode = mode,
        .run = "preview",
        .sent_unix_ms = unix_ms,
        .when = civil_time_local(unix_ms),
        .coordinator = context_coordinator(context, plan),
        .site_url = context_site_url(context),
        .channels = context->shapes,
        .channel_count = context->channel_count,
    };
}
