#include "cmd/rehearsal_accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "channels/channel.h"
#include "sandbox/sandbox.h"
#include "wire/http_message.h"
#include "wire/json.h"

enum { VALUE_MAX_BYTES = 512, HOST_BYTES = 4, TOKEN_BYTES = 24, GROUP = 4 };

/* How what a channel asks for is made up. */
enum form {
    FORM_NUMBER,   /* "100000000000012" */
    FORM_HANDLE,   /* "account-12.example" */
    FORM_CHAT,     /* "@crisis_12" */
    FORM_CHANNEL,  /* "UC" and 22 characters */
    FORM_WORD,     /* "crisis" */
    FORM_PLACE,    /* its address at the sandbox */
    FORM_TOKEN,    /* 48 hexadecimal digits */
    FORM_BOT,      /* "123456:" and 35 characters, the same for all: one bot serves many chats */
    FORM_PASSWORD, /* four groups of four, with hyphens */
    FORM_GROUPS,   /* six groups of four, with spaces */
    FORM_SECRET,   /* "whsec_" and 32 bytes in base64 */
};

static const struct made_up {
    const char *channel, *name;
    bool is_secret;
    enum form form;
} made_up[] = {
    {"facebook", "page", false, FORM_NUMBER},
    {"facebook", "access-token", true, FORM_TOKEN},
    {"x", "user", false, FORM_NUMBER},
    {"x", "access-token", true, FORM_TOKEN},
    {"instagram", "account", false, FORM_NUMBER},
    {"instagram", "access-token", true, FORM_TOKEN},
    {"threads", "account", false, FORM_NUMBER},
    {"threads", "access-token", true, FORM_TOKEN},
    {"youtube", "channel-id", false, FORM_CHANNEL},
    {"youtube", "refresh-token", true, FORM_TOKEN},
    {"mastodon", "server", false, FORM_PLACE},
    {"mastodon", "access-token", true, FORM_TOKEN},
    {"bluesky", "handle", false, FORM_HANDLE},
    {"bluesky", "server", false, FORM_PLACE},
    {"bluesky", "app-password", true, FORM_PASSWORD},
    {"telegram", "chat", false, FORM_CHAT},
    {"telegram", "bot-token", true, FORM_BOT},
    {"wordpress", "site", false, FORM_PLACE},
    {"wordpress", "user", true, FORM_WORD},
    {"wordpress", "application-password", true, FORM_GROUPS},
    {"micropub", "site", false, FORM_PLACE},
    {"micropub", "access-token", true, FORM_TOKEN},
    {"webhook", "url", false, FORM_PLACE},
    {"webhook", "secret", true, FORM_SECRET},
};

/* --- one value ------------------------------------------------------------------------------- */

struct place {
    const struct account *account;
    const unsigned char *key;
    size_t index;
    const char *port;
};

/* Accounts that share a server in earnest share one here: each has connections of its own. */
static void add_address(const struct place *place, const char *name, struct text *out)
{
    const struct account *account = place->account;
    const struct channel_driver *driver = channel_find(account->channel);
    const char *real = account_setting(account, name);
    unsigned char hash[SHA256_SIZE];
    char origin[URL_ORIGIN_SIZE];

    if (!real)
        real = driver->endpoint ? driver->endpoint : "";
    if (!url_origin(real, origin, sizeof(origin)))
        snprintf(origin, sizeof(origin), "%s %zu", account->channel, place->index);
    sha256(origin, strlen(origin), hash);
    text_add(out, "https://h");
    hex_add(out, hash, HOST_BYTES);
    text_addf(out, ".sandbox.localhost:%s%s", place->port, sandbox_path(account->channel));
    if (driver->features & FEATURE_OWN_URL)
        text_addf(out, "/a%zu", place->index);
}

/* Bytes that nobody can guess, and that are the same each time. */
static void make_secret(const struct place *place, const char *name, unsigned char out[SHA256_SIZE])
{
    char subject[VALUE_MAX_BYTES];
    int length = snprintf(subject, sizeof(subject), "%zu %s", place->index, name);

    hmac_sha256(place->key, REHEARSAL_KEY_SIZE, subject, (size_t)length, out);
}

static void add_groups(const struct place *place, const char *name, size_t groups, char between,
                       struct text *out)
{
    unsigned char secret[SHA256_SIZE];
    struct text digits;

    text_init(&digits, 2 * SHA256_SIZE);
    make_secret(place, name, secret);
    hex_add(&digits, secret, sizeof(secret));
    for (size_t i = 0; i < groups; i++) {
        if (i > 0)
            text_add_char(out, between);
        text_add_bytes(out, digits.bytes + i * GROUP, GROUP);
    }
    text_release(&digits);
}

static void add_value(const struct place *place, const struct made_up *wanted, struct text *out)
{
    unsigned char secret[SHA256_SIZE];

    make_secret(place, wanted->name, secret);
    switch (wanted->form) {
    case FORM_NUMBER:
        text_addf(out, "%zu", (size_t)100000000000000 + place->index);
        break;
    case FORM_HANDLE:
        text_addf(out, "account-%zu.example", place->index);
        break;
    case FORM_CHAT:
        text_addf(out, "@crisis_%zu", place->index);
        break;
    case FORM_CHANNEL:
        text_addf(out, "UC%022zu", place->index);
        break;
    case FORM_WORD:
        text_add(out, "crisis");
        break;
    case FORM_PLACE:
        add_address(place, wanted->name, out);
        break;
    case FORM_TOKEN:
        hex_add(out, secret, TOKEN_BYTES);
        break;
    case FORM_BOT:
        text_add(out, "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        break;
    case FORM_PASSWORD:
        add_groups(place, wanted->name, 4, '-', out);
        break;
    case FORM_GROUPS:
        add_groups(place, wanted->name, 6, ' ', out);
        break;
    case FORM_SECRET:
        text_add(out, "whsec_");
        base64_add(out, secret, sizeof(secret));
        break;
    }
}

bool rehearsal_accounts_have_address(const char *channel)
{
    bool has_address = false;

    for (size_t i = 0; i < sizeof(made_up) / sizeof(made_up[0]); i++)
        has_address |= made_up[i].form == FORM_PLACE && strcmp(made_up[i].channel, channel) == 0;
    return has_address;
}

/* --- accounts -------------------------------------------------------------------------------- */

static void add_made_up(const struct place *place, bool is_secret, struct text *out)
{
    struct text value;

    for (size_t i = 0; i < sizeof(made_up) / sizeof(made_up[0]); i++) {
        if (made_up[i].is_secret != is_secret ||
            strcmp(made_up[i].channel, place->account->channel) != 0)
            continue;
        text_init(&value, VALUE_MAX_BYTES);
        add_value(place, &made_up[i], &value);
        json_add_member(out, made_up[i].name, value.bytes);
        text_release(&value);
    }
}

/* What a text must fit, and where it lies on the public site. */
static void add_kept(const struct account *account, struct text *out)
{
    const struct channel_driver *driver = channel_find(account->channel);
    const char *limit = driver->limit_setting;
    const char *value = limit ? account_setting(account, limit) : NULL;

    if (value)
        json_add_member(out, limit, value);
    for (size_t i = 0; driver->features & FEATURE_LOCAL && i < account->setting_count; i++)
        json_add_member(out, account->settings[i].name, account->settings[i].value);
}

static void add_account(const struct place *place, struct text *out)
{
    json_add_member(out, "channel", place->account->channel);
    json_add_member(out, "label", place->account->label);
    json_add_name(out, "settings");
    text_add_char(out, '{');
    add_made_up(place, false, out);
    add_kept(place->account, out);
    text_add(out, "}");
    json_add_name(out, "credential");
    text_add_char(out, '{');
    add_made_up(place, true, out);
    text_add(out, "}");
}

void rehearsal_accounts_for_sandbox(const struct rehearsal_accounts *accounts, struct text *out)
{
    text_add_char(out, '[');
    for (size_t i = 0; i < accounts->count; i++) {
        const struct place place = {&accounts->accounts[i], accounts->key, i, "1"};
        text_add(out, i > 0 ? ",\n{" : "{");
        json_add_member(out, "municipality", place.account->municipality);
        add_account(&place, out);
        text_add_char(out, '}');
    }
    text_add(out, "]\n");
}

void rehearsal_accounts_to_register(const struct rehearsal_accounts *accounts, const char *url,
                                    struct text *out)
{
    const char *colon = strrchr(url, ':');
    const char *before = "";

    text_add_char(out, '[');
    for (size_t i = 0; i < accounts->count; i++) {
        const struct place place = {&accounts->accounts[i], accounts->key, i,
                                    colon ? colon + 1 : ""};
        const char *municipality = place.account->municipality;
        if (strcmp(municipality, before) == 0) {
            text_add(out, ",\n");
        } else {
            text_add(out, i > 0 ? "]},\n{" : "{");
            json_add_member(out, "municipality", municipality);
            json_add_name(out, "accounts");
            text_add_char(out, '[');
        }
        text_add_char(out, '{');
        add_account(&place, out);
        text_add_char(out, '}');
        before = municipality;
    }
    text_add(out, accounts->count > 0 ? "]}]\n" : "]\n");
}
