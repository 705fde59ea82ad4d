/* A receiver of Standard Webhooks 1.0.0: https://www.standardwebhooks.com */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/ed25519.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "sandbox/network.h"

enum {
    WEBHOOK_ID_MAX_BYTES = 255,
    SIGNATURES_MAX = 8,
    SEARCH_DEPTH_MAX = 6,
    TOLERANCE_SECONDS = 300,
};

static bool webhook_say(struct exchange *exchange, unsigned status, const char *message)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json");
    text_add(&exchange->answer.body, "{\"error\":");
    sandbox_json_add(&exchange->answer.body, message, JSON_UTF8);
    text_add(&exchange->answer.body, "}");
    return false;
}

static void webhook_trouble(struct world *world, struct exchange *exchange,
                            enum network_trouble trouble, const struct account *account,
                            int64_t seconds)
{
    static const struct {
        unsigned status;
        const char *message;
    } answers[] = {
        [TROUBLE_SERVER] = {500, "internal error"},
        [TROUBLE_UNAVAILABLE] = {503, "unavailable"},
        [TROUBLE_LIMIT] = {429, "too many requests"},
        [TROUBLE_EXPIRED] = {401, "no matching signature"},
        [TROUBLE_DUPLICATE] = {409, "already received"},
        [TROUBLE_FULL] = {507, "the sandbox keeps no more posts"},
        [TROUBLE_NOT_FOUND] = {404, "not found"},
        [TROUBLE_BODY] = {413, "the body is too large"},
        [TROUBLE_HEAD] = {431, "the headers are too large"},
    };

    (void)world;
    (void)account;
    if (trouble == TROUBLE_LIMIT || trouble == TROUBLE_UNAVAILABLE)
        sandbox_answer_header(&exchange->answer, "retry-after", "%lld", (long long)seconds);
    webhook_say(exchange, answers[trouble].status, answers[trouble].message);
}

/* Any status of an error: receivers have no codes of their own. */
static bool webhook_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    if (code < 300 || code > 599)
        return false;
    webhook_say(exchange, (unsigned)code, "refused");
    return true;
}

static struct account *webhook_identify(const struct world *world, const struct request *request,
                                        const struct path_parts *path)
{
    (void)request;
    return path->count == 1 ? sandbox_account_by_key(world, CHANNEL_WEBHOOK, path->items[0]) : NULL;
}

static bool webhook_id_is_formed(const char *id)
{
    size_t length = id != NULL ? strlen(id) : 0;

    if (length == 0 || length > WEBHOOK_ID_MAX_BYTES)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (id[i] <= ' ' || id[i] > '~' || id[i] == '.')
            return false;
    }
    return true;
}

static bool signature_decode(const char *entry, size_t length, const char *scheme, size_t size,
                             unsigned char *out)
{
    size_t scheme_length = strlen(scheme);
    struct text decoded;
    bool fine;

    if (length < scheme_length || strncmp(entry, scheme, scheme_length) != 0)
        return false;
    text_init(&decoded, size);
    fine = base64_decode(&decoded, entry + scheme_length, length - scheme_length) &&
           decoded.length == size;
    if (fine)
        memcpy(out, decoded.bytes, size);
    text_release(&decoded);
    return fine;
}

/* Does the entry sign the content with what this receiver knows of its sender? Where it knows
 * nothing, anything that is well formed does. */
static bool webhook_v1_matches(const struct account *account, const struct text *content,
                               const unsigned char *digest)
{
    unsigned char expected[SHA256_SIZE];

    if (account->secret == NULL)
        return true;
    hmac_sha256(account->secret, account->secret_size, content->bytes, content->length, expected);
    return equal_constant_time(digest, expected, SHA256_SIZE);
}

static bool webhook_v1a_matches(const struct account *account, const struct text *content,
                                const unsigned char *signature)
{
    return account->public_key == NULL ||
           ed25519_verify(account->public_key, content->bytes, content->length, signature);
}

/* Every entry is well formed; one of them is a v1 that matches, and one a v1a that does where the
 * receiver has a public key. */
static bool webhook_check_signature(struct exchange *exchange, const struct account *account,
                                    const char *signatures, const struct text *content)
{
    unsigned char bytes[ED25519_SIGNATURE_SIZE];
    size_t count = 0;
    bool any_v1 = false, v1_matches = false;
    bool v1a_matches = account->public_key == NULL;

    for (const char *at = signatures; *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (signature_decode(at, length, "v1,", SHA256_SIZE, bytes)) {
            any_v1 = true;
            v1_matches = v1_matches || webhook_v1_matches(account, content, bytes);
        } else if (signature_decode(at, length, "v1a,", ED25519_SIGNATURE_SIZE, bytes)) {
            v1a_matches = v1a_matches || webhook_v1a_matches(account, content, bytes);
        } else {
            return webhook_say(exchange, 400, "webhook-signature is not well formed");
        }
        if (++count > SIGNATURES_MAX)
            return webhook_say(exchange, 400, "webhook-signature has too many entries");
        at += length;
        at += *at == ' ';
    }
    if (!any_v1)
        return webhook_say(exchange, 400, "webhook-signature has no v1 entry");
    if (!v1_matches || !v1a_matches)
        return webhook_say(exchange, 401, "no matching signature");
    return true;
}

static bool webhook_check_headers(struct world *world, struct exchange *exchange,
                                  const struct account *account)
{
    const struct request *request = &exchange->request;
    const char *id = sandbox_request_value(request, "webhook-id");
    const char *timestamp = sandbox_request_value(request, "webhook-timestamp");
    const char *signature = sandbox_request_value(request, "webhook-signature");
    struct text content;
    int64_t seconds;
    bool fine;

    if (id == NULL || timestamp == NULL || signature == NULL)
        return webhook_say(exchange, 400,
                           "webhook-id, webhook-timestamp and webhook-signature "
                           "are required, once each");
    if (!webhook_id_is_formed(id))
        return webhook_say(exchange, 400, "webhook-id is not well formed");
    if (strlen(timestamp) > 12 || !sandbox_is_number(timestamp))
        return webhook_say(exchange, 400, "webhook-timestamp is not a number of seconds");
    seconds = (int64_t)strtoll(timestamp, NULL, 10) - world->now_ms / 1000;
    if (seconds > TOLERANCE_SECONDS || seconds < -TOLERANCE_SECONDS)
        return webhook_say(exchange, 400, "webhook-timestamp is too old or too new");
    text_init(&content, SANDBOX_BODY_MAX_BYTES + SANDBOX_HEAD_MAX_BYTES);
    text_addf(&content, "%s.%s.", id, timestamp);
    text_add_bytes(&content, request->body.bytes, request->body.length);
    fine = webhook_check_signature(exchange, account, signature, &content);
    text_release(&content);
    return fine;
}

/* A text, or the parts of one; false: it is neither. */
static bool add_if_text(struct text *out, json_t *value)
{
    json_t *part;
    size_t index;

    if (json_is_string(value)) {
        text_add(out, json_string_value(value));
        return json_string_length(value) > 0;
    }
    json_array_foreach(value, index, part)
    {
        if (!json_is_string(part))
            return false;
        text_add(out, index > 0 ? "\n\n" : "");
        text_add(out, json_string_value(part));
    }
    return json_array_size(value) > 0;
}

/* What people would read: under one of these names, nearest to the root. */
static bool find_text(struct text *out, json_t *value, int depth)
{
    static const char *const names[] = {"text",     "long",  "short",  "texts",
                                        "headline", "title", "message"};
    const char *key;
    json_t *child;
    size_t index;

    if (depth == SEARCH_DEPTH_MAX)
        return false;
    for (size_t i = 0; json_is_object(value) && i < sizeof(names) / sizeof(names[0]); i++) {
        if (add_if_text(out, json_object_get(value, names[i])))
            return true;
        text_reset(out);
    }
    json_object_foreach(value, key, child)
    {
        if (find_text(out, child, depth + 1))
            return true;
    }
    json_array_foreach(value, index, child)
    {
        if (find_text(out, child, depth + 1))
            return true;
    }
    return false;
}

/* A post of this receiver that one of the strings names by its id. */
static struct post *find_named_post(const struct world *world, const struct account *account,
                                    json_t *value, int depth)
{
    struct post *found = NULL;
    const char *key;
    json_t *child;
    size_t index;

    if (depth == SEARCH_DEPTH_MAX)
        return NULL;
    if (json_is_string(value))
        return sandbox_post_by_id(world, CHANNEL_WEBHOOK, account, json_string_value(value));
    if (json_is_array(value)) {
        json_array_foreach(value, index, child)
        {
            if (found == NULL)
                found = find_named_post(world, account, child, depth + 1);
        }
    } else if (json_is_object(value)) {
        json_object_foreach(value, key, child)
        {
            if (found == NULL)
                found = find_named_post(world, account, child, depth + 1);
        }
    }
    return found;
}

static bool is_retraction(json_t *root)
{
    return strstr(json_string_value(json_object_get(root, "type")), "retract") != NULL;
}

/* An event that takes back a post of this receiver is no post itself. */
static bool webhook_retract(struct world *world, struct outcome *outcome, json_t *root,
                            const char *id)
{
    char key[SANDBOX_KEY_MAX_BYTES + WEBHOOK_ID_MAX_BYTES + 2];
    struct post *named;

    snprintf(key, sizeof(key), "%s:%s", outcome->account->key, id);
    outcome->post = sandbox_table_get(&world->retractions, key);
    if (outcome->post != NULL) {
        outcome->repeated = true;
        world->counts.repeats++;
        return true;
    }
    if (!is_retraction(root))
        return false;
    named = find_named_post(world, outcome->account, json_object_get(root, "data"), 0);
    if (named == NULL)
        return false;
    sandbox_table_put(&world->retractions, key, named);
    sandbox_post_delete(world, named);
    outcome->post = named;
    outcome->acted = true;
    return true;
}

static bool webhook_keep(struct world *world, struct exchange *exchange, struct outcome *outcome,
                         json_t *root, const char *id)
{
    const struct request *request = &exchange->request;
    json_t *data = json_object_get(root, "data");
    const char *type = json_string_value(json_object_get(root, "type"));
    const char *language = json_string_value(json_object_get(data, "language"));
    struct text text;
    /* Before the new one is there, which may name itself. */
    struct post *named = find_named_post(world, outcome->account, data, 0);
    struct post *post;

    text_init(&text, SANDBOX_BODY_MAX_BYTES);
    if (!find_text(&text, data, 0))
        text_add(&text, type);
    post = sandbox_post_new(world, outcome->account, id, text.bytes, request->body.length);
    text_release(&text);
    if (post == NULL) {
        webhook_trouble(world, exchange, TROUBLE_FULL, NULL, 0);
        return false;
    }
    post->raw = memory_strdup(request->body.bytes);
    if (language != NULL)
        post->language = memory_strdup(language);
    post->reply_to = named;
    outcome->post = post;
    outcome->acted = true;
    return true;
}

static bool webhook_check_body(struct exchange *exchange, json_t *root)
{
    const char *type = json_string_value(json_object_get(root, "type"));

    if (!json_is_object(root))
        return webhook_say(exchange, 400, "the body is not a JSON object");
    if (type == NULL || *type == '\0' ||
        json_string_value(json_object_get(root, "timestamp")) == NULL ||
        !json_is_object(json_object_get(root, "data")))
        return webhook_say(exchange, 400, "the body needs type, timestamp and data");
    return true;
}

/* The receiver of this name; made when it is new and no accounts were given. */
static struct account *webhook_receiver(struct world *world, struct exchange *exchange,
                                        const char *name)
{
    struct account *account = sandbox_account_by_key(world, CHANNEL_WEBHOOK, name);

    if (account == NULL && !world->strict_accounts) {
        account = sandbox_account_new(world, CHANNEL_WEBHOOK);
        if (account != NULL)
            sandbox_account_set_key(world, account, name);
    }
    if (account == NULL)
        webhook_trouble(world, exchange, world->strict_accounts ? TROUBLE_NOT_FOUND : TROUBLE_FULL,
                        NULL, 0);
    return account;
}

static void webhook_receive(struct world *world, struct exchange *exchange, const char *name,
                            struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    const char *id;
    json_t *root = NULL;

    outcome->account = webhook_receiver(world, exchange, name);
    if (outcome->account == NULL || !webhook_check_headers(world, exchange, outcome->account))
        return;
    id = sandbox_request_value(request, "webhook-id");
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (!webhook_check_body(exchange, root))
        goto out;
    outcome->post = sandbox_post_by_id(world, CHANNEL_WEBHOOK, outcome->account, id);
    if (outcome->post != NULL) {
        outcome->repeated = true;
        world->counts.repeats++;
    } else if (!webhook_retract(world, outcome, root, id) &&
               !webhook_keep(world, exchange, outcome, root, id)) {
        goto out;
    }
    exchange->answer.status = 204;
out:
    json_decref(root);
}

static void webhook_handle(struct world *world, struct exchange *exchange,
                           const struct path_parts *path, struct outcome *outcome)
{
    const char *name = path->count == 1 ? path->items[0] : "";

    if (*name == '\0' || strlen(name) > SANDBOX_KEY_MAX_BYTES) {
        webhook_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
    } else if (strcmp(exchange->request.method, "POST") != 0) {
        sandbox_answer_header(&exchange->answer, "allow", "POST");
        webhook_say(exchange, 405, "only POST");
    } else if (!sandbox_request_is_type(&exchange->request, "application/json")) {
        webhook_say(exchange, 415, "the content type must be application/json");
    } else if (*exchange->request.query != '\0') {
        webhook_say(exchange, 400, "there are no query parameters here");
    } else {
        webhook_receive(world, exchange, name, outcome);
    }
}

const struct network sandbox_webhook = {
    .prefix = "/webhook",
    .identify = webhook_identify,
    .handle = webhook_handle,
    .trouble = webhook_trouble,
    .refuse = webhook_refuse,
};
