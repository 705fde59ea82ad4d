#include "cmd/register_check.h"

#include <string.h>

#include "base/language.h"
#include "base/suggest.h"
#include "channels/channel.h"
#include "wire/http_message.h"

enum { NAMES_MAX = 64 };

static void check_channel(const struct registration_account *account, struct problems *problems)
{
    const char *names[NAMES_MAX + 1];
    const char *channel = account->account.channel;
    const char *refusal = channel_refusal(channel);
    size_t count = 0;

    if (refusal) {
        problems_add(problems, SEVERITY_ERROR, account->place, _("channel '%s': %s"), channel,
                     translated(refusal));
        return;
    }
    for (; channel_all()[count] && count < NAMES_MAX; count++)
        names[count] = channel_all()[count]->name;
    names[count] = NULL;
    problems_add(problems, SEVERITY_ERROR, account->place, _("unknown channel '%s'%s"), channel,
                 suggest_hint(problems->arena, channel, names));
}

static const struct account_field *find_field(const struct channel_driver *driver, const char *name,
                                              bool secret)
{
    for (const struct account_field *field = driver->fields; field->name; field++)
        if (field->secret == secret && strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

/* The driver's names of settings, or of secrets, for a hint. */
static const char *hint(const struct channel_driver *driver, const char *name, bool secret,
                        struct problems *problems)
{
    const char *names[NAMES_MAX + 1];
    size_t count = 0;
    for (const struct account_field *field = driver->fields; field->name && count < NAMES_MAX;
         field++)
        if (field->secret == secret)
            names[count++] = field->name;
    names[count] = NULL;
    return suggest_hint(problems->arena, name, names);
}

static void refuse_setting(const struct registration_account *account,
                           const struct channel_driver *driver, const char *name,
                           struct problems *problems)
{
    if (find_field(driver, name, true))
        problems_add(problems, SEVERITY_ERROR, account->place,
                     _("%s has no setting '%s': it belongs under `credential`"), driver->name,
                     name);
    else
        problems_add(problems, SEVERITY_ERROR, account->place, _("%s has no setting '%s'%s"),
                     driver->name, name, hint(driver, name, false, problems));
}

static void check_settings(const struct registration_account *account,
                           const struct channel_driver *driver, struct problems *problems)
{
    for (size_t i = 0; i < account->account.setting_count; i++) {
        const struct setting *setting = &account->account.settings[i];
        const struct account_field *field = find_field(driver, setting->name, false);
        if (!field) {
            refuse_setting(account, driver, setting->name, problems);
        } else if (field->is_url && !url_is_acceptable(setting->value)) {
            problems_add(problems, SEVERITY_ERROR, account->place,
                         _("%s: '%s' must be an https: address (http: for loopback only)"),
                         setting->name, setting->value);
        } else if (field->is_url && strncmp(setting->value, "http:", 5) == 0) {
            problems_add(problems, SEVERITY_WARNING, account->place,
                         _("%s: '%s' is not encrypted; that is accepted for loopback only"),
                         setting->name, setting->value);
        }
    }
    const char *fault = driver->account_fault ? driver->account_fault(&account->account) : NULL;
    if (fault)
        problems_add(problems, SEVERITY_ERROR, account->place, "%s: %s", driver->name,
                     translated(fault));
    for (const struct account_field *field = driver->fields; field->name; field++)
        if (!field->secret && field->required && !account_setting(&account->account, field->name))
            problems_add(problems, SEVERITY_ERROR, account->place,
                         _("%s needs the setting '%s' (%s)"), driver->name, field->name,
                         translated(field->meaning));
}

static bool has_secret(const struct registration_account *account, const char *name)
{
    struct credential credential = {account->pairs.bytes, account->pairs.length};
    return account->pairs.length > 0 && credential_find(&credential, name) != NULL;
}

static bool form_is_whole(const struct registration_account *account,
                          const struct credential_form *form)
{
    for (size_t i = 0; form->names[i]; i++)
        if (!has_secret(account, form->names[i]))
            return false;
    return true;
}

static bool form_has(const struct credential_form *form, const char *name)
{
    for (size_t i = 0; form->names[i]; i++)
        if (strcmp(form->names[i], name) == 0)
            return true;
    return false;
}

/* A part of another form beside a whole one: which of them is meant cannot be known. */
static bool form_takes_all(const struct registration_account *account,
                           const struct credential_form *form, const struct credential_form *forms)
{
    const char *end = account->pairs.bytes + account->pairs.length;
    for (const char *name = account->pairs.bytes; name < end;) {
        bool is_of_a_form = false;
        for (const struct credential_form *other = forms; other->title; other++)
            is_of_a_form |= form_has(other, name);
        if (is_of_a_form && !form_has(form, name))
            return false;
        name += strlen(name) + 1;
        name += strlen(name) + 1; /* its value */
    }
    return true;
}

static void demand_form(const struct registration_account *account,
                        const struct channel_driver *driver, struct problems *problems)
{
    struct text forms;

    for (const struct credential_form *form = driver->forms; form->title; form++)
        if (form_is_whole(account, form) && form_takes_all(account, form, driver->forms))
            return;
    text_init(&forms, 1024);
    for (const struct credential_form *form = driver->forms; form->title; form++) {
        text_add(&forms, form == driver->forms ? "" : _(", or "));
        text_addf(&forms, "%s (", translated(form->title));
        for (size_t i = 0; form->names[i]; i++)
            text_addf(&forms, "%s%s", i ? ", " : "", form->names[i]);
        text_add(&forms, ")");
    }
    problems_add(problems, SEVERITY_ERROR, account->place,
                 _("%s needs one whole credential and nothing beside it: %s"), driver->name,
                 forms.bytes);
    text_release(&forms);
}

static void check_credential(const struct registration_account *account,
                             const struct channel_driver *driver, struct problems *problems)
{
    const char *end = account->pairs.bytes + account->pairs.length;
    for (const char *name = account->pairs.bytes; name < end;) {
        if (!find_field(driver, name, true))
            problems_add(problems, SEVERITY_ERROR, account->place, _("%s has no credential '%s'%s"),
                         driver->name, name, hint(driver, name, true, problems));
        name += strlen(name) + 1;
        name += strlen(name) + 1; /* its value */
    }
    if (driver->forms) {
        demand_form(account, driver, problems);
        return;
    }
    for (const struct account_field *field = driver->fields; field->name; field++)
        if (field->secret && field->required && !has_secret(account, field->name))
            problems_add(problems, SEVERITY_ERROR, account->place,
                         _("%s has no credential: it needs '%s' (%s)"), driver->name, field->name,
                         translated(field->meaning));
}

/* Of a credential that is whole. */
static void check_form(const struct registration_account *account,
                       const struct channel_driver *driver, struct problems *problems)
{
    const struct credential credential = {account->pairs.bytes, account->pairs.length};
    const char *fault = driver->credential_fault ? driver->credential_fault(&credential) : NULL;

    if (fault)
        problems_add(problems, SEVERITY_ERROR, account->place, "%s: %s", driver->name,
                     translated(fault));
}

void register_check(const struct registration_account *account, struct problems *problems)
{
    const struct channel_driver *driver = channel_find(account->account.channel);
    const size_t errors = problems->error_count;

    if (!driver) {
        check_channel(account, problems);
        return;
    }
    check_settings(account, driver, problems);
    check_credential(account, driver, problems);
    if (problems->error_count == errors)
        check_form(account, driver, problems);
}

void register_check_address(const struct account *account, const struct network *network,
                            const struct address_policy *policy, struct place place,
                            struct problems *problems)
{
    const struct channel_driver *driver = channel_find(account->channel);
    const char *url = driver ? channel_address(driver, account, network) : NULL;
    const char *kind = url ? address_policy_refusal(policy, url) : NULL;
    char origin[URL_ORIGIN_SIZE];

    if (kind && url_origin(url, origin, sizeof(origin)))
        problems_add(
            problems, SEVERITY_WARNING, place,
            _("%s of %s: '%s' is an internal address (%s), and nothing is sent there unless "
              "`internal-addresses` in crisis.yaml allows it"),
            account->channel, account->municipality, origin, translated(kind));
}
