#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/ed25519.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"

#include "sandbox/network.h"
#include "sandbox/world.h"

enum { LOOKUP_KEY_BYTES = SANDBOX_TOKEN_MAX_BYTES + 16 };

static void *account_find(const struct table *table, enum channel channel, const char *string)
{
    char key[LOOKUP_KEY_BYTES];

    if (strlen(string) > SANDBOX_TOKEN_MAX_BYTES)
        return NULL;
    snprintf(key, sizeof(key), "%u:%s", (unsigned)channel, string);
    return sandbox_table_get(table, key);
}

static void account_put(struct table *table, enum channel channel, const char *string,
                        struct account *account)
{
    char key[LOOKUP_KEY_BYTES];

    if (strlen(string) > SANDBOX_TOKEN_MAX_BYTES)
        return;
    snprintf(key, sizeof(key), "%u:%s", (unsigned)channel, string);
    sandbox_table_put(table, key, account);
}

static void account_note(struct table *table, struct account *account, const char *string)
{
    account_put(table, account->channel, string, account);
}

struct account *sandbox_account_by_key(const struct world *world, enum channel channel,
                                       const char *key)
{
    return account_find(&world->by_key, channel, key);
}

struct account *sandbox_account_by_token(const struct world *world, enum channel channel,
                                         const char *token)
{
    return account_find(&world->by_token, channel, token);
}

/* One more name for the account: X users get one made up and may be known by another as well. */
void sandbox_account_set_key(struct world *world, struct account *account, const char *key)
{
    if (account->key == NULL)
        account->key = memory_strdup(key);
    account_note(&world->by_key, account, key);
}

void sandbox_account_set_token(struct world *world, struct account *account, const char *token)
{
    if (account->token != NULL)
        account_put(&world->by_token, account->channel, account->token, NULL);
    memory_free(account->token);
    account->token = memory_strdup(token);
    account_note(&world->by_token, account, token);
}

void sandbox_account_add_token(struct world *world, struct account *account, const char *token)
{
    account_note(&world->by_token, account, token);
}

const char *sandbox_account_place(const struct account *account)
{
    if (account->municipality != NULL)
        return account->municipality;
    return account->key != NULL ? account->key : "";
}

struct account *sandbox_account_new(struct world *world, enum channel channel)
{
    struct account *account;

    if (world->account_count == SANDBOX_ACCOUNTS_MAX)
        return NULL;
    if (world->account_count == world->account_capacity) {
        world->account_capacity = world->account_capacity == 0 ? 256 : world->account_capacity * 2;
        world->accounts =
            memory_resize(world->accounts, world->account_capacity * sizeof(*world->accounts));
    }
    account = memory_alloc(sizeof(*account));
    account->channel = channel;
    account->number = world->account_count;
    world->accounts[world->account_count++] = account;
    return account;
}

static void account_free(struct account *account)
{
    char *strings[] = {
        account->municipality,  account->name,          account->label,     account->key,
        account->token,         account->app_secret,    account->api_key,   account->api_secret,
        account->access_secret, account->refresh_token, account->client_id, account->password,
        account->did,           account->user,
    };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        memory_free(strings[i]);
    memory_free(account->secret);
    memory_free(account->public_key);
    memory_free(account);
}

/* Accounts that were not given go; those that were lose what happened to them. The posts are
 * forgotten by the caller. */
void sandbox_accounts_forget_bindings(struct world *world)
{
    for (size_t i = world->given_count; i < world->account_count; i++)
        account_free(world->accounts[i]);
    world->account_count = world->given_count;
    sandbox_table_release(&world->by_key);
    sandbox_table_release(&world->by_token);
    for (size_t i = 0; i < world->account_count; i++) {
        struct account *account = world->accounts[i];
        account->limited_until_ms = 0;
        memset(account->windows, 0, sizeof(account->windows));
        account->newest = NULL;
        account->post_count = account->deleted_count = 0;
        account->session_count = account->session_expired = 0;
        if (account->did != NULL)
            account_note(&world->by_key, account, account->did);
        account_note(&world->by_key, account, account->key);
        if (account->token != NULL)
            account_note(&world->by_token, account, account->token);
    }
}

/* Reading the file: problems are gathered in one message, so that all of them are heard at once. */
struct accounts_reader {
    struct world *world;
    struct text problems;
    size_t problem_count;
    size_t index;
};

enum { PROBLEMS_TEXT_MAX_BYTES = 900 };

static void reader_complain(struct accounts_reader *reader, const char *what)
{
    reader->problem_count++;
    text_add(&reader->problems, reader->problem_count > 1 ? "; " : "");
    text_addf(&reader->problems, _("account %zu: %s"), reader->index + 1, what);
}

static char *reader_string(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL && *value != '\0' ? memory_strdup(value) : NULL;
}

static void reader_facebook(struct accounts_reader *reader, struct account *account,
                            const json_t *settings, const json_t *credential)
{
    account->key = reader_string(settings, "page");
    account->token = reader_string(credential, "access-token");
    account->app_secret = reader_string(credential, "app-secret");
    if (account->key == NULL)
        reader_complain(reader, _("settings need 'page'"));
    if (account->token == NULL)
        reader_complain(reader, _("credential needs 'access-token'"));
}

static void reader_x(struct accounts_reader *reader, struct account *account,
                     const json_t *settings, const json_t *credential)
{
    bool oauth1;
    char made_up[SANDBOX_KEY_MAX_BYTES];
    char user[24];

    account->key = reader_string(settings, "user");
    account->token = reader_string(credential, "access-token");
    account->api_key = reader_string(credential, "api-key");
    account->api_secret = reader_string(credential, "api-secret");
    account->access_secret = reader_string(credential, "access-secret");
    account->refresh_token = reader_string(credential, "refresh-token");
    account->client_id = reader_string(credential, "client-id");
    if (account->token == NULL)
        reader_complain(reader, _("credential needs 'access-token'"));
    oauth1 =
        account->api_key != NULL || account->api_secret != NULL || account->access_secret != NULL;
    if (oauth1 &&
        (account->api_key == NULL || account->api_secret == NULL || account->access_secret == NULL))
        reader_complain(reader, _("OAuth 1.0a needs 'api-key', 'api-secret' and 'access-secret'"));
    if (account->key == NULL) {
        snprintf(made_up, sizeof(made_up), "x:%.200s:%.200s", account->municipality,
                 account->label);
        snprintf(user, sizeof(user), "%llu",
                 (unsigned long long)(sandbox_hash(made_up) % 900000000000000000ULL +
                                      100000000000000000ULL));
        account->key = memory_strdup(user);
    }
}

/* Its number is made up: the accounts file does not have it. */
static void reader_mastodon(struct accounts_reader *reader, struct account *account,
                            const json_t *settings, const json_t *credential)
{
    char *limit = reader_string(settings, "max-characters");
    char made_up[SANDBOX_KEY_MAX_BYTES], number[24];

    account->text_limit = limit != NULL ? strtoul(limit, NULL, 10) : 0;
    memory_free(limit);
    account->token = reader_string(credential, "access-token");
    if (account->token == NULL)
        reader_complain(reader, _("credential needs 'access-token'"));
    snprintf(made_up, sizeof(made_up), "mastodon:%.200s:%.200s", account->municipality,
             account->label);
    snprintf(
        number, sizeof(number), "%llu",
        (unsigned long long)(sandbox_hash(made_up) % 900000000000000ULL + 110000000000000000ULL));
    account->key = memory_strdup(number);
}

static void reader_bluesky(struct accounts_reader *reader, struct account *account,
                           const json_t *settings, const json_t *credential)
{
    account->key = reader_string(settings, "handle");
    account->password = reader_string(credential, "app-password");
    if (account->key == NULL)
        reader_complain(reader, _("settings need 'handle'"));
    else
        sandbox_bluesky_choose_did(reader->world, account);
    if (account->password == NULL)
        reader_complain(reader, _("credential needs 'app-password'"));
}

static void reader_telegram(struct accounts_reader *reader, struct account *account,
                            const json_t *settings, const json_t *credential)
{
    account->key = reader_string(settings, "chat");
    account->token = reader_string(credential, "bot-token");
    if (account->key == NULL)
        reader_complain(reader, _("settings need 'chat'"));
    if (account->token == NULL)
        reader_complain(reader, _("credential needs 'bot-token'"));
}

/* Its channel is made up where the accounts file does not have it. */
static void reader_youtube(struct accounts_reader *reader, struct account *account,
                           const json_t *settings, const json_t *credential)
{
    char made_up[SANDBOX_KEY_MAX_BYTES], channel[40];

    account->key = reader_string(settings, "channel-id");
    account->refresh_token = reader_string(credential, "refresh-token");
    account->token = reader_string(credential, "access-token");
    if (account->refresh_token == NULL)
        reader_complain(reader, _("credential needs 'refresh-token'"));
    if (account->key != NULL)
        return;
    snprintf(made_up, sizeof(made_up), "youtube:%.200s:%.200s", account->municipality,
             account->label);
    snprintf(channel, sizeof(channel), "UC%020llu", (unsigned long long)sandbox_hash(made_up));
    account->key = memory_strdup(channel);
}

/* "https://127.0.0.1:8443/webhook/0301?x", "/webhook/" → "0301". */
static char *name_in_url(const char *url, const char *prefix)
{
    const char *at = url != NULL ? strstr(url, prefix) : NULL;
    char *receiver;
    size_t length;

    if (at == NULL)
        return NULL;
    at += strlen(prefix);
    length = strcspn(at, "?#/");
    if (length == 0 || (at[length] == '/' && at[length + 1] != '\0'))
        return NULL;
    receiver = memory_alloc(length + 1);
    memcpy(receiver, at, length);
    return receiver;
}

/* What the account's receiver would be told of its sender's key: the public half. */
static void reader_signing_key(struct accounts_reader *reader, struct account *account,
                               const char *written)
{
    static const char prefix[] = "whsk_";
    struct ed25519_key *key = NULL;
    struct error error;
    struct text decoded;

    text_init(&decoded, 2 * ED25519_SEED_SIZE);
    if (strncmp(written, prefix, strlen(prefix)) != 0 ||
        !base64_decode(&decoded, written + strlen(prefix), strlen(written + strlen(prefix))) ||
        (decoded.length != ED25519_SEED_SIZE && decoded.length != 2 * ED25519_SEED_SIZE) ||
        ed25519_key_new((const unsigned char *)decoded.bytes, &key, &error) < 0) {
        reader_complain(reader, _("the credential's 'signing-key' is not whsk_ and base64"));
    } else {
        account->public_key = memory_alloc(ED25519_PUBLIC_SIZE);
        ed25519_key_public(key, account->public_key);
    }
    ed25519_key_free(key);
    text_release(&decoded);
}

static void reader_webhook(struct accounts_reader *reader, struct account *account,
                           const json_t *settings, const json_t *credential)
{
    const char *secret = json_string_value(json_object_get(credential, "secret"));
    const char *signing_key = json_string_value(json_object_get(credential, "signing-key"));
    char *receiver = name_in_url(json_string_value(json_object_get(settings, "url")), "/webhook/");
    struct text decoded;

    text_init(&decoded, 256);
    if (receiver == NULL)
        reader_complain(reader, _("settings need 'url', ending in /webhook/NAME"));
    account->key = receiver;
    if (secret == NULL || strncmp(secret, "whsec_", 6) != 0 ||
        !base64_decode(&decoded, secret + 6, strlen(secret + 6)) || decoded.length < 24 ||
        decoded.length > 64) {
        reader_complain(reader,
                        _("credential needs 'secret': whsec_ and 24 to 64 bytes in base64"));
    } else {
        account->secret = memory_alloc(decoded.length);
        memcpy(account->secret, decoded.bytes, decoded.length);
        account->secret_size = decoded.length;
    }
    text_release(&decoded);
    if (signing_key != NULL)
        reader_signing_key(reader, account, signing_key);
}

/* Instagram and Threads. */
static void reader_professional(struct accounts_reader *reader, struct account *account,
                                const json_t *settings, const json_t *credential)
{
    account->key = reader_string(settings, "account");
    account->token = reader_string(credential, "access-token");
    account->app_secret = reader_string(credential, "app-secret");
    if (account->key == NULL)
        reader_complain(reader, _("settings need 'account'"));
    if (account->token == NULL)
        reader_complain(reader, _("credential needs 'access-token'"));
}

static void reader_wordpress(struct accounts_reader *reader, struct account *account,
                             const json_t *settings, const json_t *credential)
{
    account->key = name_in_url(json_string_value(json_object_get(settings, "site")), "/wordpress/");
    account->user = reader_string(credential, "user");
    account->password = reader_string(credential, "application-password");
    if (account->key == NULL)
        reader_complain(reader, _("settings need 'site', ending in /wordpress/NAME"));
    if (account->user == NULL || account->password == NULL)
        reader_complain(reader, _("credential needs 'user' and 'application-password'"));
}

static void reader_micropub(struct accounts_reader *reader, struct account *account,
                            const json_t *settings, const json_t *credential)
{
    account->key = name_in_url(json_string_value(json_object_get(settings, "site")), "/micropub/");
    account->token = reader_string(credential, "access-token");
    if (account->key == NULL)
        reader_complain(reader, _("settings need 'site', ending in /micropub/NAME"));
    if (account->token == NULL)
        reader_complain(reader, _("credential needs 'access-token'"));
}

static void reader_check(struct accounts_reader *reader, const struct account *account)
{
    const struct world *world = reader->world;

    if (account->key == NULL)
        return;
    if ((account->channel == CHANNEL_FACEBOOK || account->channel == CHANNEL_X ||
         account->channel == CHANNEL_INSTAGRAM || account->channel == CHANNEL_THREADS) &&
        !sandbox_is_number(account->key))
        reader_complain(reader, _("a page or user is a number of up to 19 digits"));
    if (strlen(account->key) > SANDBOX_KEY_MAX_BYTES)
        reader_complain(reader, _("the page, user or receiver is too long"));
    if (account->did == NULL &&
        sandbox_account_by_key(world, account->channel, account->key) != NULL)
        reader_complain(reader, _("its page, user or receiver is another account's"));
    if (account->token != NULL) {
        if (!sandbox_token_is_formed(account->token))
            reader_complain(reader, _("the access token has blanks, quotes or is too long"));
        /* One Telegram bot may serve many chats. */
        if (account->channel != CHANNEL_TELEGRAM &&
            sandbox_account_by_token(world, account->channel, account->token) != NULL)
            reader_complain(reader, _("its access token is another account's"));
    }
}

static void reader_account(struct accounts_reader *reader, const json_t *item)
{
    const char *channel_name = json_string_value(json_object_get(item, "channel"));
    const json_t *settings = json_object_get(item, "settings");
    const json_t *credential = json_object_get(item, "credential");
    enum channel channel;
    struct account *account;

    if (channel_name == NULL || json_string_value(json_object_get(item, "municipality")) == NULL) {
        reader_complain(reader, _("needs 'municipality' and 'channel', both text"));
        return;
    }
    channel = sandbox_channel_find(channel_name);
    if (channel == CHANNEL_NONE)
        return;
    account = sandbox_account_new(reader->world, channel);
    if (account == NULL) {
        reader_complain(reader, _("there are too many accounts"));
        return;
    }
    account->given = true;
    account->municipality = reader_string(item, "municipality");
    if (account->municipality == NULL)
        reader_complain(reader, _("'municipality' is empty"));
    account->name = reader_string(item, "name");
    account->label = reader_string(item, "label");
    if (account->label == NULL)
        account->label = memory_strdup("default");
    if (channel == CHANNEL_FACEBOOK)
        reader_facebook(reader, account, settings, credential);
    else if (channel == CHANNEL_X)
        reader_x(reader, account, settings, credential);
    else if (channel == CHANNEL_MASTODON)
        reader_mastodon(reader, account, settings, credential);
    else if (channel == CHANNEL_BLUESKY)
        reader_bluesky(reader, account, settings, credential);
    else if (channel == CHANNEL_TELEGRAM)
        reader_telegram(reader, account, settings, credential);
    else if (channel == CHANNEL_INSTAGRAM || channel == CHANNEL_THREADS)
        reader_professional(reader, account, settings, credential);
    else if (channel == CHANNEL_YOUTUBE)
        reader_youtube(reader, account, settings, credential);
    else if (channel == CHANNEL_WORDPRESS)
        reader_wordpress(reader, account, settings, credential);
    else if (channel == CHANNEL_MICROPUB)
        reader_micropub(reader, account, settings, credential);
    else
        reader_webhook(reader, account, settings, credential);
    reader_check(reader, account);
    if (account->key != NULL)
        account_note(&reader->world->by_key, account, account->key);
    if (account->token != NULL)
        account_note(&reader->world->by_token, account, account->token);
}

int sandbox_accounts_read(struct world *world, const char *json, size_t length, struct error *error)
{
    struct accounts_reader reader = {.world = world};
    json_error_t problem;
    json_t *array = NULL;
    int result = -1;

    text_init(&reader.problems, PROBLEMS_TEXT_MAX_BYTES);
    if (length > SANDBOX_ACCOUNTS_FILE_MAX_BYTES) {
        error_set(error, ERROR_INPUT, _("the accounts file is too large"));
        goto out;
    }
    array = json_loadb(json, length, JSON_REJECT_DUPLICATES, &problem);
    if (array == NULL) {
        error_set(error, ERROR_INPUT, _("the accounts file is not JSON: line %d, column %d: %s"),
                  problem.line, problem.column, problem.text);
        goto out;
    }
    if (!json_is_array(array)) {
        error_set(error, ERROR_INPUT, _("the accounts file is not a JSON array"));
        goto out;
    }
    for (reader.index = 0; reader.index < json_array_size(array); reader.index++)
        reader_account(&reader, json_array_get(array, reader.index));
    if (reader.problem_count > 0) {
        error_set(error, ERROR_INPUT,
                  ngettext("the accounts file has %zu problem: %s%s",
                           "the accounts file has %zu problems: %s%s", reader.problem_count),
                  reader.problem_count, reader.problems.bytes,
                  reader.problems.overflowed ? "; …" : "");
        goto out;
    }
    world->given_count = world->account_count;
    world->strict_accounts = true;
    result = 0;
out:
    json_decref(array);
    text_release(&reader.problems);
    return result;
}
