#include "cmd/export_text.h"

#include <string.h>

#include "base/language.h"
#include "model/credential.h"
#include "trust/vault.h"

/* A double-quoted text of YAML 1.1, made in place: a secret must not pass through other memory.
 * What YAML takes for a line break, or refuses, is escaped. */
static void add_quoted(struct text *out, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;

    text_add_char(out, '"');
    for (; *at; at++) {
        if (*at == '"' || *at == '\\') {
            text_add_char(out, '\\');
            text_add_char(out, (char)*at);
        } else if (*at < ' ' || *at == 0x7f) {
            text_addf(out, "\\x%02x", *at);
        } else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) {
            text_addf(out, "\\x%02x", *++at);
        } else if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9)) {
            text_add(out, at[2] == 0xa8 ? "\\u2028" : "\\u2029");
            at += 2;
        } else if (at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf) {
            text_add(out, "\\ufeff");
            at += 2;
        } else {
            text_add_char(out, (char)*at);
        }
    }
    text_add_char(out, '"');
}

static void add_pair(struct text *out, const char *name, const char *value, bool is_first)
{
    text_add(out, is_first ? "" : ", ");
    add_quoted(out, name);
    text_add(out, ": ");
    add_quoted(out, value);
}

static int add_credential(struct vault *vault, const struct stored_account *stored,
                          struct text *opened, struct text *out, struct error *error)
{
    if (!stored->sealed)
        return 0;
    if (vault_unseal(vault, &stored->account, stored->sealed, stored->sealed_size_bytes, opened,
                     error) < 0)
        return -1;
    text_add(out, ", credential: {");
    for (const char *at = opened->bytes; at < opened->bytes + opened->length;) {
        const char *value = at + strlen(at) + 1;
        add_pair(out, at, value, at == opened->bytes);
        at = value + strlen(value) + 1;
    }
    text_add_char(out, '}');
    return 0;
}

static int add_account(struct vault *vault, const struct stored_account *stored,
                       struct text *opened, struct text *out, struct error *error)
{
    const struct account *account = &stored->account;

    text_add(out, "    - {channel: ");
    add_quoted(out, account->channel);
    text_add(out, ", label: ");
    add_quoted(out, account->label);
    if (account->setting_count > 0) {
        text_add(out, ", settings: {");
        for (size_t i = 0; i < account->setting_count; i++)
            add_pair(out, account->settings[i].name, account->settings[i].value, i == 0);
        text_add_char(out, '}');
    }
    int result = add_credential(vault, stored, opened, out, error);
    text_add(out, "}\n");
    return result;
}

int export_text(struct vault *vault, const struct stored_account *accounts, size_t count,
                struct text *out, struct error *error)
{
    const char *municipality = "";
    struct text opened;
    int result = 0;

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (strcmp(accounts[i].account.municipality, municipality) != 0) {
            municipality = accounts[i].account.municipality;
            text_add(out, "- municipality: ");
            add_quoted(out, municipality);
            text_add(out, "\n  accounts:\n");
        }
        result = add_account(vault, &accounts[i], &opened, out, error);
    }
    if (result == 0 && out->overflowed)
        result = error_set(error, ERROR_INPUT,
                           _("the registry is larger than one file may be (%zu "
                             "bytes)"),
                           out->ceiling);
    text_release(&opened);
    return result;
}
