#include "cmd/complete_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "channels/channel.h"
#include "plan/directory.h"
#include "plan/plan.h"
#include "store/store.h"
#include "store/workspace.h"
#include "trust/signers.h"

/* What is looked at; each is opened where it is needed. Why one cannot be is not told: whoever runs
 * the command hears it. */
struct view {
    struct candidates *candidates;
    const struct invocation *typed;
    struct arena *arena;
    struct workspace *workspace;
    struct store *store;
    struct plan *plan;
};

static bool open_workspace(struct view *view)
{
    struct problems problems;
    struct error ignored = {0};

    problems_init(&problems, view->arena);
    return view->workspace || workspace_open(view->arena, option_value(view->typed, "directory"),
                                             getenv("CRISIS_WORKSPACE"), channel_is_known,
                                             &problems, &view->workspace, &ignored) == 0;
}

static bool open_store(struct view *view)
{
    struct error ignored = {0};
    return view->store || (open_workspace(view) && workspace_store(view->workspace, STORE_READ,
                                                                   &view->store, &ignored) == 0);
}

/* The plan that the command line names, for commands that take one. */
static bool open_plan(struct view *view)
{
    struct problems problems;
    struct error ignored = {0};
    const char *path = argument_at(view->typed, 0);

    if (!path || !view->typed->command || strncmp(view->typed->command->arguments, "PLAN", 4) != 0)
        return false;
    problems_init(&problems, view->arena);
    return view->plan ||
           plan_load(view->arena, path, channel_is_known, &problems, &view->plan, &ignored) == 0;
}

/* --- of a plan ------------------------------------------------------------------------------- */

static void add_messages(struct view *view)
{
    for (size_t i = 0; open_plan(view) && i < view->plan->message_count; i++)
        candidates_add(view->candidates, view->plan->messages[i].name,
                       translated(message_kind_name(view->plan->messages[i].kind)));
}

static void add_variable(struct view *view, const struct variable *variable)
{
    const char *const name = arena_printf(view->arena, "%s=", variable->name);

    if (strncmp(view->candidates->typed, name, strlen(name)) != 0)
        candidates_add(view->candidates, name, variable_type_name(variable->type));
    else
        for (size_t i = 0; i < variable->one_of_count; i++)
            candidates_add(view->candidates,
                           arena_printf(view->arena, "%s%s", name, variable->one_of[i].text), "");
}

/* Of a plan its variables, of an account its settings; what is secret has no place there. */
static void add_sets(struct view *view)
{
    if (open_plan(view)) {
        for (size_t i = 0; i < view->plan->variable_count; i++)
            add_variable(view, &view->plan->variables[i]);
        return;
    }
    const char *channel = argument_at(view->typed, 1);
    const struct channel_driver *driver = channel ? channel_find(channel) : NULL;
    for (const struct account_field *field = driver ? driver->fields : NULL; field && field->name;
         field++)
        if (!field->secret)
            candidates_add(view->candidates, arena_printf(view->arena, "%s=", field->name),
                           field->meaning);
}

static void add_languages(struct view *view)
{
    for (size_t i = 0; open_plan(view) && i < view->plan->language_count; i++)
        candidates_add(view->candidates, view->plan->languages[i].text, "");
}

/* --- municipalities and channels ------------------------------------------------------------- */

static void add_municipality(struct view *view, const struct municipality *municipality)
{
    candidates_add_named(view->candidates, municipality->id, municipality_name(municipality, NULL));
}

static void add_accounts_municipalities(struct view *view)
{
    struct stored_account *accounts;
    struct error ignored = {0};
    size_t count;

    if (!open_store(view) ||
        store_accounts(view->store, view->arena, &accounts, &count, &ignored) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (i == 0 ||
            strcmp(accounts[i].account.municipality, accounts[i - 1].account.municipality) != 0)
            candidates_add(view->candidates, accounts[i].account.municipality, "");
}

/* Those of the plan; without one those of the workspace's directory, else those with accounts. */
static void add_municipalities(struct view *view)
{
    struct problems problems;
    struct directory *directory;
    struct error ignored = {0};

    problems_init(&problems, view->arena);
    if (open_plan(view)) {
        for (size_t i = 0; i < view->plan->audience_count; i++)
            add_municipality(view, view->plan->audience[i].municipality);
        return;
    }
    if (open_workspace(view) &&
        directory_load(view->arena,
                       workspace_file(view->workspace, view->arena, "municipalities.yaml"),
                       &problems, &directory, &ignored) == 0)
        for (size_t i = 0; i < directory->count; i++)
            add_municipality(view, directory->sorted[i]);
    else
        add_accounts_municipalities(view);
}

static void add_channels(struct view *view)
{
    for (size_t i = 0; channel_all()[i]; i++)
        candidates_add(view->candidates, channel_all()[i]->name, channel_all()[i]->title);
}

static void add_group(struct view *view, const char *group)
{
    candidates_add_once(view->candidates, arena_printf(view->arena, "group=%s", group), "");
}

/* "county=" first, and what may follow when it is there. */
static bool begins_with(struct view *view, const char *selector, const char *description)
{
    if (strncmp(view->candidates->typed, selector, strlen(selector)) == 0)
        return true;
    candidates_add(view->candidates, selector, description);
    return false;
}

static void add_selectors(struct view *view)
{
    struct candidates *out = view->candidates;
    const bool has_plan = open_plan(view);
    const size_t count = has_plan ? view->plan->audience_count : 0;

    candidates_add(out, "all", "");
    if (begins_with(view, "channel=", _("the accounts on a channel")))
        for (size_t i = 0; channel_all()[i]; i++)
            candidates_add(out, arena_printf(view->arena, "channel=%s", channel_all()[i]->name),
                           channel_all()[i]->title);
    if (has_plan && begins_with(view, "language=", _("who speaks a language")))
        for (size_t i = 0; i < view->plan->language_count; i++)
            candidates_add(
                out, arena_printf(view->arena, "language=%s", view->plan->languages[i].text), "");
    if (has_plan && begins_with(view, "county=", _("the municipalities of a county")))
        for (size_t i = 0; i < count; i++)
            if (view->plan->audience[i].municipality->county_id)
                candidates_add_once(out,
                                    arena_printf(view->arena, "county=%s",
                                                 view->plan->audience[i].municipality->county_id),
                                    view->plan->audience[i].municipality->county_name);
    if (has_plan && begins_with(view, "group=", _("the municipalities of a group")))
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < view->plan->audience[i].municipality->group_count; j++)
                add_group(view, view->plan->audience[i].municipality->groups[j]);
    if (!strchr(out->typed, '='))
        add_municipalities(view);
}

/* --- of the store ---------------------------------------------------------------------------- */

static void add_runs(struct view *view)
{
    struct run_record *runs;
    struct error ignored = {0};
    char started[RFC3339_SIZE];
    size_t count;

    if (!open_store(view) || store_runs(view->store, view->arena, &runs, &count, &ignored) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        rfc3339_format_seconds(runs[i].started_unix_ms, started);
        candidates_add(view->candidates, runs[i].id,
                       arena_printf(view->arena, "%s, %s, %s",
                                    translated(run_mode_name(runs[i].mode)),
                                    translated(run_state_name(runs[i].state)), started));
    }
}

static void add_labels(struct view *view)
{
    struct stored_account *accounts;
    struct error ignored = {0};
    size_t count;

    if (!open_store(view) ||
        store_accounts(view->store, view->arena, &accounts, &count, &ignored) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        candidates_add_once(view->candidates, accounts[i].account.label, "");
}

/* Names, never what is behind them. */
static void add_secrets(struct view *view)
{
    struct stored_secret *secrets;
    struct error ignored = {0};
    size_t count;

    if (!open_store(view) ||
        store_secrets(view->store, view->arena, &secrets, &count, &ignored) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        candidates_add(view->candidates, secrets[i].name, "");
}

static void add_approvers(struct view *view)
{
    struct stored_approvers stored;
    const struct signers *signers;
    struct problems problems;
    struct error ignored = {0};

    problems_init(&problems, view->arena);
    if (!open_store(view) || store_approvers(view->store, view->arena, &stored, &ignored) < 0 ||
        !stored.bytes ||
        signers_read(view->arena, "approvers", stored.bytes, stored.size, &problems, &signers) < 0)
        return;
    for (size_t i = 0; i < signers->count; i++)
        candidates_add_once(view->candidates, signers->items[i].principal, "");
}

/* --- the rest -------------------------------------------------------------------------------- */

static void add_modes(struct view *view)
{
    candidates_add(view->candidates, run_mode_name(MODE_LIVE), "");
    candidates_add(view->candidates, run_mode_name(MODE_EXERCISE), "");
}

static void add_commands(struct view *view)
{
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            candidates_add(view->candidates, commands[i]->name, translated(commands[i]->summary));
}

static void add_files(struct view *view)
{
    view->candidates->files = ":files";
}

static void add_folders(struct view *view)
{
    view->candidates->files = ":folders";
}

static void add_plans(struct view *view)
{
    view->candidates->files = ":plans";
}

static const struct {
    const char *name;
    void (*add)(struct view *view);
} kinds[] = {
    {"CHANNEL", add_channels},
    {"COMMAND", add_commands},
    {"DIR", add_folders},
    {"FILE", add_files},
    {"FOLDER", add_folders},
    {"ID", add_municipalities},
    {"KEYFILE", add_files},
    {"LABEL", add_labels},
    {"MESSAGE", add_messages},
    {"MODE", add_modes},
    {"MUNICIPALITY", add_municipalities},
    {"NAME", add_secrets},
    {"NAME=VALUE", add_sets},
    {"PLAN", add_plans},
    {"PRINCIPAL", add_approvers},
    {"RUN", add_runs},
    {"SELECTOR", add_selectors},
    {"TAG", add_languages},
};

void complete_value(struct candidates *candidates, const struct invocation *typed, const char *name)
{
    struct view view = {.candidates = candidates, .typed = typed, .arena = candidates->arena};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            kinds[i].add(&view);
    store_close(view.store);
}
