/* Telegram's Bot API, as far as messages to channels need it: https://core.telegram.org/bots/api.
 * One bot may post in many chats, so an account is found by its chat, which is in the body. */
#include "sandbox/telegram.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/memory.h"

enum { CHAT_SIZE = 128 };

static const struct {
    int code;
    const char *description;
} errors[] = {
    {400, "Bad Request: chat not found"},
    {401, "Unauthorized"},
    {403, "Forbidden: bot is not a member of the channel chat"},
    {404, "Not Found"},
    {413, "Request Entity Too Large"},
    {421, "Misdirected Request: unallowed token specified"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error: restart"},
    {503, "Service Unavailable"},
    {507, "Insufficient Storage: the sandbox keeps no more posts"},
};

bool sandbox_telegram_say(struct exchange *exchange, int code, const char *description)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = (unsigned)code;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json");
    text_addf(body, "{\"ok\":false,\"error_code\":%d,\"description\":", code);
    sandbox_json_add(body, description, JSON_UTF8);
    text_add_char(body, '}');
    return false;
}

bool sandbox_telegram_slow_down(struct exchange *exchange, int64_t seconds)
{
    exchange->answer.status = 429;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json");
    sandbox_answer_header(&exchange->answer, "retry-after", "%" PRId64, seconds);
    text_addf(&exchange->answer.body,
              "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after "
              "%" PRId64 "\",\"parameters\":{\"retry_after\":%" PRId64 "}}",
              seconds, seconds);
    return false;
}

bool sandbox_telegram_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    if (code == 429)
        return !sandbox_telegram_slow_down(exchange, 1);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return !sandbox_telegram_say(exchange, code, errors[i].description);
    }
    return false;
}

static void telegram_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds)
{
    static const int codes[] = {
        [TROUBLE_SERVER] = 500, [TROUBLE_UNAVAILABLE] = 503, [TROUBLE_EXPIRED] = 401,
        [TROUBLE_FULL] = 507,   [TROUBLE_NOT_FOUND] = 404,   [TROUBLE_BODY] = 413,
        [TROUBLE_HEAD] = 431,
    };

    (void)account;
    if (trouble == TROUBLE_LIMIT)
        sandbox_telegram_slow_down(exchange, seconds);
    else if (trouble == TROUBLE_DUPLICATE) /* it has no such refusal */
        sandbox_telegram_say(exchange, 400, "Bad Request: message is not modified");
    else
        sandbox_telegram_refuse(world, exchange, codes[trouble]);
}

/* "bot123:abc" → "123:abc"; NULL when it is formed otherwise. */
static const char *token_of(const struct path_parts *path)
{
    const char *token;
    size_t digits;

    if (path->count != 2 || strncmp(path->items[0], "bot", 3) != 0)
        return NULL;
    token = path->items[0] + 3;
    digits = strspn(token, "0123456789");
    if (digits == 0 || token[digits] != ':' || token[digits + 1] == '\0' ||
        !sandbox_token_is_formed(token))
        return NULL;
    return token;
}

static bool chat_of(const json_t *root, char out[CHAT_SIZE])
{
    const json_t *chat = json_object_get(root, "chat_id");

    out[0] = '\0';
    if (json_is_integer(chat))
        snprintf(out, CHAT_SIZE, "%" PRId64, (int64_t)json_integer_value(chat));
    else if (json_is_string(chat) && strlen(json_string_value(chat)) < CHAT_SIZE)
        snprintf(out, CHAT_SIZE, "%s", json_string_value(chat));
    return out[0] == '@' || out[0] == '-' || isdigit((unsigned char)out[0]);
}

/* The parameters of a call, as JSON: a form with a file has some of them as JSON in its fields.
 * NULL: they are not readable. */
static json_t *read_parameters(const struct request *request, struct form *form)
{
    json_t *root = NULL;

    *form = (struct form){0};
    if (sandbox_request_is_type(request, "application/json"))
        return json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (!sandbox_form_parse(form, request))
        return NULL;
    root = json_object();
    for (size_t i = 0; i < form->count; i++) {
        const struct form_part *part = &form->parts[i];
        json_t *value = NULL;
        if (part->file_name != NULL)
            continue;
        if (strcmp(part->name, "reply_parameters") == 0 || part->bytes[0] == '-')
            value = json_loads(part->bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
        json_object_set_new(root, part->name, value != NULL ? value : json_string(part->bytes));
    }
    return root;
}

static struct account *telegram_identify(const struct world *world, const struct request *request,
                                         const struct path_parts *path)
{
    struct form form;
    json_t *root = read_parameters(request, &form);
    struct account *account = NULL;
    char chat[CHAT_SIZE];

    if (chat_of(root, chat))
        account = sandbox_account_by_key(world, CHANNEL_TELEGRAM, chat);
    else if (token_of(path) != NULL)
        account = sandbox_account_by_token(world, CHANNEL_TELEGRAM, token_of(path));
    json_decref(root);
    sandbox_form_release(&form);
    return account;
}

/* A chat heard of for the first time, where no accounts were given, is this bot's. */
static struct account *telegram_bind(struct world *world, const char *chat, const char *token)
{
    struct account *account = sandbox_account_new(world, CHANNEL_TELEGRAM);

    if (account == NULL)
        return NULL;
    sandbox_account_set_key(world, account, chat);
    sandbox_account_set_token(world, account, token);
    return account;
}

static bool telegram_find_chat(struct world *world, struct exchange *exchange, const json_t *root,
                               const char *token, struct outcome *outcome)
{
    char chat[CHAT_SIZE];

    if (!chat_of(root, chat))
        return sandbox_telegram_say(exchange, 400, "Bad Request: chat_id is empty");
    if (outcome->account == NULL && !world->strict_accounts)
        outcome->account = telegram_bind(world, chat, token);
    if (outcome->account == NULL)
        return sandbox_telegram_refuse(world, exchange, 400) && false;
    if (strcmp(outcome->account->token, token) != 0)
        return sandbox_telegram_refuse(world, exchange, 403) && false;
    return true;
}

void sandbox_telegram_answer_ok(struct exchange *exchange)
{
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json");
    text_add(&exchange->answer.body, "{\"ok\":true,\"result\":");
}

void sandbox_telegram_add_chat(struct text *body, const struct account *account)
{
    bool is_public = account->key[0] == '@';
    int64_t id = is_public
                     ? -INT64_C(1000000000000) - (int64_t)(sandbox_hash(account->key) % 2000000000)
                     : strtoll(account->key, NULL, 10);

    text_addf(body, "{\"id\":%" PRId64 ",\"title\":", id);
    sandbox_json_add(body, account->name != NULL ? account->name : "Sandbox channel", JSON_UTF8);
    if (is_public)
        text_addf(body, ",\"username\":\"%s\"", account->key + 1);
    text_add(body, ",\"type\":\"channel\"}");
}

struct post *sandbox_telegram_find_message(const struct world *world, const struct account *account,
                                           const json_t *number)
{
    char id[24];
    struct post *post;

    snprintf(id, sizeof(id), "%" PRId64, (int64_t)json_integer_value(number));
    post = sandbox_post_by_id(world, CHANNEL_TELEGRAM, account, id);
    return post != NULL && post->deleted_ms == 0 ? post : NULL;
}

bool sandbox_telegram_check_names(struct exchange *exchange, json_t *root, const char *const *known)
{
    const char *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            return sandbox_telegram_say(exchange, 400,
                                        "Bad Request: unknown parameter for the sandbox");
    }
    return true;
}

static void telegram_delete(struct world *world, struct exchange *exchange, json_t *root,
                            struct outcome *outcome)
{
    struct post *post =
        sandbox_telegram_find_message(world, outcome->account, json_object_get(root, "message_id"));

    if (post == NULL) {
        sandbox_telegram_say(exchange, 400, "Bad Request: message to delete not found");
        return;
    }
    sandbox_post_delete(world, post);
    outcome->post = post;
    outcome->acted = true;
    sandbox_telegram_answer_ok(exchange);
    text_add(&exchange->answer.body, "true}");
}

static void add_bot(struct text *body, const char *token)
{
    text_addf(body,
              "{\"id\":%.*s,\"is_bot\":true,\"first_name\":\"Sandbox\","
              "\"username\":\"sandbox_bot\"}",
              (int)strspn(token, "0123456789"), token);
}

static void telegram_member(struct exchange *exchange, json_t *root, const char *token)
{
    struct text *body = &exchange->answer.body;

    if (json_integer_value(json_object_get(root, "user_id")) != strtoll(token, NULL, 10)) {
        sandbox_telegram_say(exchange, 400, "Bad Request: PARTICIPANT_ID_INVALID");
        return;
    }
    sandbox_telegram_answer_ok(exchange);
    text_add(body, "{\"status\":\"administrator\",\"user\":");
    add_bot(body, token);
    text_add(body, ",\"can_post_messages\":true,\"can_delete_messages\":true}}");
}

static void telegram_chat(struct exchange *exchange, const struct account *account)
{
    sandbox_telegram_answer_ok(exchange);
    sandbox_telegram_add_chat(&exchange->answer.body, account);
    text_add_char(&exchange->answer.body, '}');
}

static void telegram_call(struct world *world, struct exchange *exchange, const char *method,
                          const char *token, struct outcome *outcome)
{
    struct form form;
    json_t *root = read_parameters(&exchange->request, &form);

    if (!json_is_object(root)) {
        sandbox_telegram_say(exchange, 400, "Bad Request: can't parse JSON object");
    } else if (strcasecmp(method, "getMe") == 0) {
        sandbox_telegram_answer_ok(exchange);
        add_bot(&exchange->answer.body, token);
        text_add_char(&exchange->answer.body, '}');
    } else if (telegram_find_chat(world, exchange, root, token, outcome)) {
        if (strcasecmp(method, "sendMessage") == 0)
            sandbox_telegram_send(world, exchange, root, outcome);
        else if (strcasecmp(method, "sendPhoto") == 0)
            sandbox_telegram_send_photo(world, exchange, root, &form, outcome);
        else if (strcasecmp(method, "deleteMessage") == 0)
            telegram_delete(world, exchange, root, outcome);
        else if (strcasecmp(method, "getChat") == 0)
            telegram_chat(exchange, outcome->account);
        else if (strcasecmp(method, "getChatMember") == 0)
            telegram_member(exchange, root, token);
        else
            sandbox_telegram_say(exchange, 404, "Not Found: method not found");
    }
    json_decref(root);
    sandbox_form_release(&form);
}

static void telegram_handle(struct world *world, struct exchange *exchange,
                            const struct path_parts *path, struct outcome *outcome)
{
    const char *token = token_of(path);

    if (token == NULL)
        sandbox_telegram_refuse(world, exchange, 404);
    else if (world->strict_accounts &&
             sandbox_account_by_token(world, CHANNEL_TELEGRAM, token) == NULL)
        sandbox_telegram_refuse(world, exchange, 401);
    else if (strcmp(exchange->request.method, "POST") != 0)
        sandbox_telegram_say(exchange, 400, "Bad Request: the sandbox takes POST");
    else
        telegram_call(world, exchange, path->items[1], token, outcome);
}

/* All of its requests are POST. */
static const char *telegram_does(const struct path_parts *path)
{
    const char *method = path->count == 2 ? path->items[1] : "";

    if (strcasecmp(method, "sendMessage") == 0 || strcasecmp(method, "sendPhoto") == 0)
        return "POST";
    return strcasecmp(method, "deleteMessage") == 0 ? "DELETE" : "GET";
}

const struct network sandbox_telegram = {
    .prefix = "/telegram",
    .identify = telegram_identify,
    .handle = telegram_handle,
    .trouble = telegram_trouble,
    .refuse = sandbox_telegram_refuse,
    .does = telegram_does,
};
