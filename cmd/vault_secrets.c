#include "cmd/vault_secrets.h"

#include <string.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"
#include "plan/formats.h"
#include "trust/vault.h"
#include "wire/json.h"

#include "cmd/app_secrets.h"
#include "cmd/asking.h"
#include "cmd/output.h"
#include "cmd/registering.h"

enum { USES_MAX_BYTES = 4096 };

static const char actor[] = "coordinator";

/* --- which settings of crisis.yaml name a secret --------------------------------------------- */

/* Calls each() for every setting that does, until it returns false. name NULL: any secret. */
static void each_use(const struct config *config, const char *name,
                     bool (*each)(void *context, const struct network *network,
                                  const struct setting *secret),
                     void *context)
{
    for (size_t i = 0; i < config->network_count; i++) {
        const struct network *network = &config->networks[i];
        for (size_t j = 0; j < network->secret_count; j++)
            if ((!name || strcmp(network->secrets[j].value, name) == 0) &&
                !each(context, network, &network->secrets[j]))
                return;
    }
}

static bool add_for_people(void *context, const struct network *network,
                           const struct setting *secret)
{
    struct text *uses = context;
    text_add(uses, uses->length > 0 ? ", " : "");
    text_addf(uses, _("%s of %s"), secret->name, network->channel);
    return true;
}

static bool add_as_json(void *context, const struct network *network, const struct setting *secret)
{
    struct text *uses = context;
    text_addf(uses, "%s{", uses->length > 1 ? "," : "");
    json_add_member(uses, "channel", network->channel);
    json_add_member(uses, "setting", secret->name);
    text_add_char(uses, '}');
    return true;
}

/* "app-secret of facebook, …"; empty when nothing does. *uses is initialised here. */
static void describe_uses(const struct context *context, const char *name, struct text *uses)
{
    text_init(uses, USES_MAX_BYTES);
    each_use(context->workspace->config, name, add_for_people, uses);
}

/* --- put ------------------------------------------------------------------------------------- */

static int check_name(const char *name, struct error *error)
{
    const char *fault = identifier_fault(name);
    return fault ? error_set(error, ERROR_USAGE, _("the name '%s' %s"), name, translated(fault))
                 : 0;
}

/* The end of the line is no part of it. */
static void trim(struct text *value)
{
    if (value->length > 0 && value->bytes[value->length - 1] == '\n')
        text_truncate(value, value->length - 1);
    if (value->length > 0 && value->bytes[value->length - 1] == '\r')
        text_truncate(value, value->length - 1);
}

/* What came by mistake (a whole file, a page of a web site) is found here, and not by a network. */
static int check_value(const char *name, const struct text *value, struct error *error)
{
    if (value->length == 0)
        return error_set(error, ERROR_INPUT, _("the secret '%s' is empty"), name);
    if (value->length > APP_SECRET_MAX_BYTES)
        return error_set(error, ERROR_INPUT, _("the secret '%s' is larger than %d bytes"), name,
                         APP_SECRET_MAX_BYTES);
    for (size_t i = 0; i < value->length; i++)
        if (value->bytes[i] <= ' ' || value->bytes[i] > '~')
            return error_set(
                error, ERROR_INPUT,
                _("the secret '%s' holds a space, a line feed or another character that "
                  "none has"),
                name);
    return 0;
}

static int read_value(const struct context *context, const char *name, struct text *value,
                      struct error *error)
{
    const char *path = option_value(context->invocation, "file");
    int result;

    if (!path && isatty(STDIN_FILENO)) {
        text_init_secret(value, APP_SECRET_MAX_BYTES);
        result = output_ask_hidden(arena_printf(context->arena, _("the secret '%s'"), name), value,
                                   error);
    } else {
        result = registering_read(path, value, error);
    }
    trim(value);
    return result < 0 ? -1 : check_value(name, value, error);
}

static int seal_and_store(struct context *context, const char *name, const struct text *value,
                          struct error *error)
{
    struct stored_secret secret = {.name = name, .stored_unix_ms = clock_unix_ms()};
    struct text sealed, entry;

    text_init(&sealed, VAULT_SEALED_MAX_BYTES);
    entry_begin(&entry, ENTRY_SECRET_STORED, actor, secret.stored_unix_ms);
    entry_add(&entry, "secret", name);
    int result = vault_seal_secret(context->vault, name, value, &sealed, error);
    if (result == 0) {
        secret.sealed = sealed.bytes;
        secret.sealed_size_bytes = sealed.length;
        result = store_secret_put(context->store, &secret, &entry, error);
    }
    text_release(&entry);
    text_release(&sealed);
    return result;
}

static void tell_stored(const struct context *context, const char *name)
{
    struct text uses;

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "secret-stored");
        json_line_text(&line, "name", name);
        json_line_end(&line);
        return;
    }
    describe_uses(context, name, &uses);
    output_line(_("The secret '%s' is in the vault."), name);
    if (uses.length == 0)
        output_note(_("Nothing in crisis.yaml uses it yet: write {vault: %s} there."), name);
    else
        output_note(_("It is the %s."), uses.bytes);
    text_release(&uses);
}

int vault_put(struct context *context, struct error *error)
{
    const char *name = argument_at(context->invocation, 1);
    struct text value = {0};
    int result = -1;

    if (check_name(name, error) == 0 && context_open_workspace(context, error) == 0 &&
        context_open_store(context, STORE_WRITE, error) == 0 &&
        context_open_vault(context, error) == 0 && read_value(context, name, &value, error) == 0)
        result = seal_and_store(context, name, &value, error);
    text_release(&value);
    if (result == 0)
        tell_stored(context, name);
    return result;
}

/* --- list ------------------------------------------------------------------------------------ */

/* stored_unix_ms 0: it is not in the vault. */
static void list_one(const struct context *context, const char *name, int64_t stored_unix_ms)
{
    char stored[RFC3339_SIZE];
    struct text uses;

    if (output_is_json()) {
        struct json_line line;
        text_init(&uses, USES_MAX_BYTES);
        text_add_char(&uses, '[');
        each_use(context->workspace->config, name, add_as_json, &uses);
        text_add_char(&uses, ']');
        json_line_begin(&line, NULL);
        json_line_text(&line, "name", name);
        json_line_bool(&line, "missing", stored_unix_ms == 0);
        json_line_time(&line, "stored", stored_unix_ms);
        json_line_raw(&line, "uses", uses.bytes);
        json_line_end(&line);
        text_release(&uses);
        return;
    }
    describe_uses(context, name, &uses);
    rfc3339_format_seconds(stored_unix_ms, stored);
    output_styled(stored_unix_ms ? STYLE_PLAIN : STYLE_BAD, "%-24s %s  %s", name,
                  stored_unix_ms ? arena_printf(context->arena, _("stored %s"), stored)
                                 : _("not in the vault"),
                  uses.length > 0 ? uses.bytes : _("used by nothing in crisis.yaml"));
    text_release(&uses);
}

struct missing_list {
    const struct context *context;
    const struct app_secrets *secrets;
};

/* The first setting that names `wanted`. */
static bool keep_first(void *context, const struct network *network, const struct setting *secret)
{
    const struct setting **first = context;
    (void)network;
    *first = secret;
    return false;
}

/* Once for each name, however many settings have it. */
static bool list_missing(void *context, const struct network *network, const struct setting *secret)
{
    const struct missing_list *list = context;
    const struct setting *first = NULL;

    (void)network;
    each_use(list->context->workspace->config, secret->value, keep_first, &first);
    if (first == secret && !app_secrets_find(list->secrets, secret->value))
        list_one(list->context, secret->value, 0);
    return true;
}

int vault_list(struct context *context, struct error *error)
{
    struct app_secrets secrets;

    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_READ, error) < 0 ||
        app_secrets_load(context, &secrets, error) < 0)
        return -1;
    for (size_t i = 0; i < secrets.count; i++)
        list_one(context, secrets.all[i].name, secrets.all[i].stored_unix_ms);
    struct missing_list list = {context, &secrets};
    each_use(context->workspace->config, NULL, list_missing, &list);
    return 0;
}

/* --- remove ---------------------------------------------------------------------------------- */

static void tell_removed(const struct context *context, const char *name)
{
    struct text uses;

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "secret-removed");
        json_line_text(&line, "name", name);
        json_line_end(&line);
    } else {
        output_line(_("The secret '%s' is removed from the vault and destroyed."), name);
    }
    describe_uses(context, name, &uses);
    if (uses.length > 0)
        output_warning(_("crisis.yaml still names it (%s): nothing is sent there without it."),
                       uses.bytes);
    text_release(&uses);
}

static int ask_to_remove(struct context *context, const char *name, struct error *error)
{
    struct text uses;

    describe_uses(context, name, &uses);
    int result =
        uses.length > 0
            ? asking_lightly(context, name, error,
                             _("The secret '%s' is removed from the vault and destroyed. In "
                               "crisis.yaml it is used as %s."),
                             name, uses.bytes)
            : asking_lightly(context, name, error,
                             _("The secret '%s' is removed from the vault and destroyed. In "
                               "crisis.yaml it is used by nothing."),
                             name);
    text_release(&uses);
    return result;
}

int vault_remove(struct context *context, struct error *error)
{
    const char *name = argument_at(context->invocation, 1);
    struct text entry;
    bool removed;

    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        ask_to_remove(context, name, error) < 0)
        return -1;
    entry_begin(&entry, ENTRY_SECRET_REMOVED, actor, clock_unix_ms());
    entry_add(&entry, "secret", name);
    int result = store_secret_remove(context->store, name, &entry, &removed, error);
    text_release(&entry);
    if (result == 0 && !removed) {
        error_set(error, ERROR_INPUT, _("the vault has no secret '%s'"), name);
        return error_next(error, "crisis vault list");
    }
    if (result == 0)
        tell_removed(context, name);
    return result;
}
