#include "store/registration.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"
#include "plan/fields.h"
#include "plan/formats.h"
#include "plan/reader.h"
#include "trust/invite.h"
#include "trust/vault.h"

enum {
    SETTINGS_MAX = 32,
    SETTING_MAX_BYTES = 2048,
    CREDENTIAL_PAIRS_MAX = 16,
    CREDENTIAL_VALUE_MAX_BYTES = 8 * 1024,
};

static const char default_label[] = "default";

struct reading {
    struct arena *arena;
    struct problems *problems;
    struct registration *registration;
};

static void refuse(const struct reading *reading, struct place place, const char *message)
{
    problems_add(reading->problems, SEVERITY_ERROR, place, "%s", message);
}

/* --- what is kept ---------------------------------------------------------------------------- */

/* Doubles the array whenever its count is a power of two. */
static struct registration_account *add_account(struct registration *registration)
{
    size_t count = registration->count;

    if ((count & (count - 1)) == 0)
        registration->accounts = memory_resize(
            registration->accounts, (count == 0 ? 1 : 2 * count) * sizeof(*registration->accounts));
    struct registration_account *added = &registration->accounts[registration->count++];
    *added = (struct registration_account){0};
    text_init_secret(&added->pairs, VAULT_CREDENTIAL_MAX_BYTES);
    return added;
}

static void cut_back(struct registration *registration, size_t count)
{
    while (registration->count > count)
        text_release(&registration->accounts[--registration->count].pairs);
}

void registration_release(struct registration *registration)
{
    cut_back(registration, 0);
    memory_free(registration->accounts);
    registration->accounts = NULL;
}

/* --- settings -------------------------------------------------------------------------------- */

static bool has_control_character(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return true;
    return false;
}

static bool read_setting(const struct reading *reading, const struct node *map, size_t index,
                         struct setting *out)
{
    const char *name = node_key(map, index);
    const struct node *node = node_value(map, index);
    const char *fault = identifier_fault(name), *value;

    if (fault) {
        refuse(reading, node_key_place(map, index),
               arena_printf(reading->arena, _("the name of a setting %s"), translated(fault)));
        return false;
    }
    if (!value_text(reading->problems, node, arena_printf(reading->arena, "'%s'", name), &value))
        return false;
    if (strlen(value) > SETTING_MAX_BYTES || has_control_character(value)) {
        refuse(reading, node_place(node),
               arena_printf(reading->arena,
                            _("'%s' holds a line break or another control character, or is longer "
                              "than %d bytes"),
                            name, SETTING_MAX_BYTES));
        return false;
    }
    /* Copied: the node may be an alias of a credential, which is wiped. */
    *out =
        (struct setting){arena_strdup(reading->arena, name), arena_strdup(reading->arena, value)};
    return true;
}

static void read_settings(const struct reading *reading, const struct node *node,
                          struct account *account)
{
    if (!value_is_map(reading->problems, node, "'settings'"))
        return;
    if (node_count(node) > SETTINGS_MAX) {
        refuse(reading, node_place(node),
               arena_printf(reading->arena, _("more than %d settings"), SETTINGS_MAX));
        return;
    }
    struct setting *settings =
        arena_alloc_array(reading->arena, node_count(node) + 1, sizeof(*settings));
    for (size_t i = 0; i < node_count(node); i++)
        if (read_setting(reading, node, i, &settings[account->setting_count]))
            account->setting_count++;
    account->settings = settings;
}

/* --- credentials ----------------------------------------------------------------------------- */

/* What is wrong with a secret, in words that follow its name; never the secret. */
static const char *secret_fault(const struct node *node)
{
    const char *value = node_text(node);

    if (node_kind(node) != NODE_TEXT)
        return _("must be a text");
    if (value[strspn(value, " \t\r\n")] == '\0')
        return _("is empty: nothing empty ever replaces a secret");
    if (strlen(value) > CREDENTIAL_VALUE_MAX_BYTES)
        return _("is longer than 8 KiB");
    if (has_control_character(value))
        return _("holds a line break or another control character");
    return NULL;
}

static void read_credential(const struct reading *reading, const struct node *node,
                            struct text *pairs)
{
    if (!value_is_map(reading->problems, node, "'credential'"))
        return;
    if (node_count(node) > CREDENTIAL_PAIRS_MAX) {
        refuse(reading, node_place(node),
               arena_printf(reading->arena, _("more than %d secrets in one credential"),
                            CREDENTIAL_PAIRS_MAX));
        return;
    }
    for (size_t i = 0; i < node_count(node); i++) {
        const char *name = node_key(node, i);
        const struct node *value = node_value(node, i);
        const char *fault = identifier_fault(name);
        /* A name that is none may be a secret in the wrong place, and is not shown. */
        if (fault) {
            refuse(reading, node_key_place(node, i),
                   arena_printf(reading->arena, _("the name of a secret %s"), translated(fault)));
            continue;
        }
        fault = secret_fault(value);
        if (fault) {
            refuse(reading, node_place(value),
                   arena_printf(reading->arena, _("the credential's '%s' %s"), name, fault));
            continue;
        }
        text_add_bytes(pairs, name, strlen(name) + 1);
        text_add_bytes(pairs, node_text(value), strlen(node_text(value)) + 1);
    }
    if (pairs->overflowed)
        refuse(reading, node_place(node),
               arena_printf(reading->arena, _("the credential is larger than %d bytes in all"),
                            VAULT_CREDENTIAL_MAX_BYTES));
}

/* The reader's copies of secrets are in ordinary memory. The depth was limited by the reader. */
static void wipe_texts(const struct node *node)
{
    if (node_kind(node) == NODE_TEXT) {
        char *text = (char *)(uintptr_t)node_text(node);
        secret_wipe(text, strlen(text));
        return;
    }
    for (size_t i = 0; i < node_count(node); i++)
        wipe_texts(node_value(node, i));
}

static void wipe_secrets_of(const struct node *municipality)
{
    const struct node *accounts = node_find(municipality, "accounts");
    const struct node *invite = node_find(municipality, "invite");

    if (invite)
        wipe_texts(invite);
    if (!accounts || node_kind(accounts) != NODE_LIST)
        return;
    for (size_t i = 0; i < node_count(accounts); i++) {
        const struct node *credential = node_find(node_value(accounts, i), "credential");
        if (credential)
            wipe_texts(credential);
    }
}

/* --- accounts -------------------------------------------------------------------------------- */

/* A small name under a key; *out stays as it is when there is none. */
static void read_name(const struct reading *reading, const struct fields *fields, const char *key,
                      const char *(*fault_of)(const char *), const char **out)
{
    const char *text;

    if (!field_text(fields, key, &text))
        return;
    const char *fault = fault_of(text);
    if (fault)
        refuse(reading, node_place(field_find(fields, key)),
               arena_printf(reading->arena, _("'%s' %s"), key, translated(fault)));
    else
        *out = arena_strdup(reading->arena, text);
}

static void read_account(const struct reading *reading, const struct node *node,
                         const char *municipality, struct registration_part *part)
{
    static const char *const known[] = {"channel", "label", "settings", "credential", NULL};
    struct fields fields;

    if (!fields_begin(&fields, reading->arena, reading->problems, node, _("the account"), known))
        return;
    struct registration_account *added = add_account(reading->registration);
    added->place = node_place(node);
    added->account.municipality = municipality;
    added->part = part;
    added->account.channel = "";
    added->account.label = default_label;
    field_require(&fields, "channel");
    read_name(reading, &fields, "channel", identifier_fault, &added->account.channel);
    read_name(reading, &fields, "label", identifier_fault, &added->account.label);
    if (field_find(&fields, "settings"))
        read_settings(reading, field_find(&fields, "settings"), &added->account);
    if (field_find(&fields, "credential"))
        read_credential(reading, field_find(&fields, "credential"), &added->pairs);
}

/* The code is never shown, not even when it is none: it may be a secret in the wrong place. */
static void read_invite(const struct reading *reading, const struct node *node,
                        struct registration_part *part)
{
    part->invite_place = node_place(node);
    part->has_invite =
        node_kind(node) == NODE_TEXT && invite_hash(node_text(node), part->invite_sha256);
    if (!part->has_invite)
        refuse(reading, part->invite_place,
               _("'invite' is not the code of an invitation: crisis-invite- and 32 digits, as "
                 "`crisis invite` prints it"));
}

static void read_municipality(const struct reading *reading, const struct node *node)
{
    static const char *const known[] = {"municipality", "invite", "accounts", NULL};
    struct registration_part *part = arena_alloc(reading->arena, sizeof(*part));
    const char *municipality = "";
    struct fields fields;

    if (!fields_begin(&fields, reading->arena, reading->problems, node, _("the registration"),
                      known))
        return;
    field_require(&fields, "municipality");
    field_require(&fields, "accounts");
    read_name(reading, &fields, "municipality", number_fault, &municipality);
    part->place = node_place(node);
    if (field_find(&fields, "invite"))
        read_invite(reading, field_find(&fields, "invite"), part);
    const struct node *accounts = field_find(&fields, "accounts");
    if (!accounts || !value_is_list(reading->problems, accounts, "'accounts'"))
        return;
    if (node_count(accounts) == 0)
        refuse(reading, node_place(accounts), _("'accounts' is empty"));
    for (size_t i = 0; i < node_count(accounts); i++)
        read_account(reading, node_value(accounts, i), municipality, part);
}

/* A document is one municipality, or a list of them. */
static void for_each_municipality(const struct reading *reading, const struct node *root,
                                  void (*act)(const struct reading *, const struct node *))
{
    if (node_kind(root) != NODE_LIST) {
        act(reading, root);
        return;
    }
    for (size_t i = 0; i < node_count(root); i++)
        act(reading, node_value(root, i));
}

static void wipe_municipality(const struct reading *reading, const struct node *node)
{
    (void)reading;
    wipe_secrets_of(node);
}

/* --- doubles --------------------------------------------------------------------------------- */

static int compare_accounts(const void *a, const void *b)
{
    const struct registration_account *left = *(const struct registration_account *const *)a;
    const struct registration_account *right = *(const struct registration_account *const *)b;
    int order = strcmp(left->account.municipality, right->account.municipality);

    if (order == 0)
        order = strcmp(left->account.channel, right->account.channel);
    if (order == 0)
        order = strcmp(left->account.label, right->account.label);
    return order;
}

/* Equal accounts in the order in which they were read. */
static int compare_and_place(const void *a, const void *b)
{
    const struct registration_account *left = *(const struct registration_account *const *)a;
    const struct registration_account *right = *(const struct registration_account *const *)b;
    int order = compare_accounts(a, b);

    if (order != 0)
        return order;
    return left < right ? -1 : left > right;
}

static void find_doubles(const struct reading *reading)
{
    const struct registration *registration = reading->registration;
    const struct registration_account **sorted =
        memory_alloc_array(registration->count + 1, sizeof(*sorted));

    for (size_t i = 0; i < registration->count; i++)
        sorted[i] = &registration->accounts[i];
    qsort(sorted, registration->count, sizeof(*sorted), compare_and_place);
    for (size_t i = 1; i < registration->count; i++) {
        const struct registration_account *first = sorted[i - 1], *again = sorted[i];
        if (compare_accounts(&sorted[i - 1], &sorted[i]) != 0 ||
            again->account.municipality[0] == '\0' || again->account.channel[0] == '\0')
            continue;
        problems_add(
            reading->problems, SEVERITY_ERROR, again->place,
            _("the account %s %s '%s' is given twice: first at %s:%u:%u; give each a 'label' "
              "of its own"),
            again->account.municipality, again->account.channel, again->account.label,
            first->place.file, first->place.line, first->place.column);
    }
    memory_free(sorted);
}

/* --- the file -------------------------------------------------------------------------------- */

/* A secret that is not in quotes may begin with what YAML takes for an alias, an anchor or a tag;
 * the reader names those, in the quotes of the reader's language. */
static bool may_show_secret(const char *message)
{
    return strpbrk(message, "*&!") != NULL;
}

static int parse_quietly(const struct reading *reading, const char *file_name, const char *bytes,
                         size_t size, struct yaml_document **documents, size_t *count)
{
    struct problems *own = arena_alloc(reading->arena, sizeof(*own));

    problems_init(own, reading->arena);
    int result = reader_parse(reading->arena, file_name, bytes, size, &reader_registration_limits,
                              own, documents, count);
    for (size_t i = 0; i < own->count; i++) {
        const struct problem *problem = &own->items[i];
        problems_add(reading->problems, problem->severity, problem->place, "%s",
                     may_show_secret(problem->message)
                         ? _("a value that begins with '*', '&' or '!' must be put in quotes")
                         : problem->message);
    }
    return result;
}

int registration_read(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                      struct problems *problems, struct registration *out)
{
    const struct reading reading = {arena, problems, out};
    const size_t count_before = out->count, errors_before = problems->error_count;
    struct yaml_document *documents;
    size_t document_count;

    if (parse_quietly(&reading, file_name, bytes, size, &documents, &document_count) < 0)
        return -1;
    for (size_t i = 0; i < document_count; i++)
        for_each_municipality(&reading, documents[i].root, read_municipality);
    /* Last: one text may serve several accounts, by an alias. */
    for (size_t i = 0; i < document_count; i++)
        for_each_municipality(&reading, documents[i].root, wipe_municipality);
    find_doubles(&reading);
    if (problems->error_count == errors_before)
        return 0;
    cut_back(out, count_before);
    return -1;
}
