/* Facebook's Graph API, as far as a page's posts need it. Codes and shapes:
 * https://developers.facebook.com/docs/graph-api/guides/error-handling and .../pages-api/posts */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "sandbox/network.h"

enum {
    MESSAGE_MAX_UNITS = 63206, /* UTF-16 */
    LIST_DEFAULT = 25,
    LIST_MAX = 100,
    VERSION_OLDEST = 21, /* an older one is served as this one */
    VERSION_NEWEST = 27,
    VERSION_DEFAULT = 25,
    FIELDS_MAX_BYTES = 1024,
};
#define FIRST_POST_NUMBER UINT64_C(122100000000000000) /* beyond 2^53 */

struct graph_error {
    int code, subcode;
    unsigned status;
    bool transient;
    const char *type, *message;
};

#define OAUTH "OAuthException"
#define METHOD "GraphMethodException"

static const struct graph_error errors[] = {
    {1, 0, 500, true, OAUTH, "An unknown error has occurred."},
    {2, 0, 503, true, OAUTH, "Service temporarily unavailable"},
    {4, 0, 403, true, OAUTH, "(#4) Application request limit reached"},
    {10, 0, 403, false, OAUTH, "(#10) Application does not have permission for this action"},
    {17, 0, 400, true, OAUTH, "(#17) User request limit reached"},
    {32, 0, 403, true, OAUTH, "(#32) Page request limit reached"},
    {33, 0, 400, false, METHOD, "Unsupported request: the object does not exist"},
    {100, 0, 400, false, OAUTH, "(#100) Invalid parameter"},
    {102, 0, 401, false, OAUTH, "(#102) Session key invalid or no longer valid"},
    {104, 0, 400, false, OAUTH, "An access token is required to request this resource."},
    {190, 463, 400, false, OAUTH, "Error validating access token: Session has expired"},
    {200, 0, 403, false, OAUTH, "(#200) Permissions error"},
    {210, 0, 403, false, OAUTH, "(#210) User not visible"},
    {283, 0, 403, false, OAUTH, "(#283) Requires pages_manage_posts permission"},
    {341, 0, 403, true, OAUTH, "(#341) Feed action request limit reached"},
    {368, 1390008, 403, false, OAUTH, "(#368) The action attempted has been deemed abusive or is "
                                      "otherwise disallowed"},
    {506, 0, 400, false, OAUTH, "(#506) Duplicate status message"},
    {613, 0, 403, true, OAUTH, "(#613) Calls to this api have exceeded the rate limit."},
    {80001, 0, 400, true, OAUTH, "(#80001) There have been too many calls to this Page account."},
    {1609005, 0, 400, false, OAUTH, "(#1609005) The link could not be scraped"},
};

static void usage_headers(struct world *world, struct exchange *exchange,
                          const struct account *account, int64_t regain_seconds)
{
    struct answer *answer = &exchange->answer;
    int percent = regain_seconds > 0 ? 100 : 1;
    char trace[24];

    sandbox_trace_id(world, trace);
    sandbox_answer_header(answer, "x-fb-trace-id", "%s", trace);
    sandbox_answer_header(answer, "x-app-usage",
                          "{\"call_count\":%d,\"total_time\":%d,\"total_cputime\":0}", percent,
                          percent);
    if (account != NULL && account->key != NULL)
        sandbox_answer_header(answer, "x-business-use-case-usage",
                              "{\"%s\":[{\"type\":\"pages\",\"call_count\":%d,\"total_cputime\":0,"
                              "\"total_time\":%d,\"estimated_time_to_regain_access\":%" PRId64
                              "}]}",
                              account->key, percent, percent, (regain_seconds + 59) / 60);
}

static void facebook_headers(struct world *world, struct exchange *exchange,
                             const struct account *account, int64_t regain_seconds)
{
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=UTF-8");
    sandbox_answer_header(&exchange->answer, "cache-control", "private, no-cache, no-store");
    usage_headers(world, exchange, account, regain_seconds);
}

static void facebook_error(struct world *world, struct exchange *exchange,
                           const struct graph_error *error, const struct account *account,
                           int64_t regain_seconds)
{
    struct answer *answer = &exchange->answer;
    char trace[24];

    answer->status = error->status;
    facebook_headers(world, exchange, account, regain_seconds);
    if (error->code == 190 || error->code == 102)
        sandbox_answer_header(answer, "www-authenticate",
                              "OAuth \"Facebook Platform\" \"invalid_token\" \"%s\"",
                              error->message);
    sandbox_trace_id(world, trace);
    text_add(&answer->body, "{\"error\":{\"message\":");
    sandbox_json_add(&answer->body, error->message, JSON_ASCII);
    text_addf(&answer->body, ",\"type\":\"%s\",\"code\":%d", error->type, error->code);
    if (error->subcode != 0)
        text_addf(&answer->body, ",\"error_subcode\":%d", error->subcode);
    if (error->transient)
        text_add(&answer->body, ",\"is_transient\":true");
    text_addf(&answer->body, ",\"fbtrace_id\":\"%s\"}}", trace);
}

static const struct graph_error *facebook_find(int code)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return &errors[i];
    }
    return NULL;
}

static bool facebook_refuse(struct world *world, struct exchange *exchange, int code)
{
    const struct graph_error *error = facebook_find(code);

    if (error == NULL)
        return false;
    facebook_error(world, exchange, error, NULL, 0);
    return true;
}

/* An error with its own message; false, so that checks can return it. */
static bool facebook_say(struct world *world, struct exchange *exchange, unsigned status, int code,
                         int subcode, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

static bool facebook_say(struct world *world, struct exchange *exchange, unsigned status, int code,
                         int subcode, const char *format, ...)
{
    char message[512];
    va_list arguments;
    struct graph_error error = {code, subcode, status, false, OAUTH, message};

    if (code == 100 && subcode == 33)
        error.type = METHOD;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    /* A message that was cut may end inside a character. */
    message[utf8_valid_prefix(message, strlen(message))] = '\0';
    facebook_error(world, exchange, &error, NULL, 0);
    return false;
}

static void facebook_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds)
{
    static const struct graph_error after = {2, 0, 500, true, OAUTH,
                                             "An unexpected error has occurred. Please retry your "
                                             "request later."};
    static const struct graph_error full = {2, 0, 507, false, OAUTH,
                                            "The sandbox keeps no more posts"};

    switch (trouble) {
    case TROUBLE_SERVER:
        facebook_error(world, exchange, &after, account, 0);
        break;
    case TROUBLE_UNAVAILABLE:
        facebook_error(world, exchange, facebook_find(2), account, 0);
        break;
    case TROUBLE_LIMIT:
        facebook_error(world, exchange, facebook_find(80001), account, seconds > 0 ? seconds : 1);
        break;
    case TROUBLE_EXPIRED:
        facebook_error(world, exchange, facebook_find(190), account, 0);
        break;
    case TROUBLE_DUPLICATE:
        facebook_error(world, exchange, facebook_find(506), account, 0);
        break;
    case TROUBLE_FULL:
        facebook_error(world, exchange, &full, account, 0);
        break;
    case TROUBLE_BODY:
        facebook_say(world, exchange, 413, 1, 0, "Request Entity Too Large");
        break;
    case TROUBLE_HEAD:
        facebook_say(world, exchange, 431, 1, 0, "Request Header Fields Too Large");
        break;
    case TROUBLE_NOT_FOUND:
        facebook_say(world, exchange, 404, 2500, 0, "Unknown path components: %s",
                     exchange->request.path);
        break;
    }
}

/* A request for one page or post: what every handler needs. */
struct graph_call {
    struct world *world;
    struct exchange *exchange;
    struct outcome *outcome;
    struct parameters parameters;
    const char *token;
    struct account *account;
};

static const char *call_get(const struct graph_call *call, const char *name)
{
    return sandbox_parameters_get(&call->parameters, name);
}

static bool call_read_parameters(struct graph_call *call, const char *const *known)
{
    struct exchange *exchange = call->exchange;
    const struct request *request = &exchange->request;
    bool is_post = strcmp(request->method, "POST") == 0;
    const char *unknown;
    int parsed;

    if (is_post && *request->query != '\0')
        return facebook_say(call->world, exchange, 400, 100, 0,
                            "(#100) A POST takes its parameters in the body");
    if (is_post && !sandbox_request_is_type(request, "application/x-www-form-urlencoded"))
        return facebook_say(call->world, exchange, 400, 100, 0,
                            "(#100) The body must be application/x-www-form-urlencoded");
    if (!is_post && request->body.length > 0)
        return facebook_say(call->world, exchange, 400, 100, 0,
                            "(#100) A %s takes its parameters in the query", request->method);
    parsed = is_post ? sandbox_parameters_parse(&call->parameters, request->body.bytes,
                                                request->body.length)
                     : sandbox_parameters_parse(&call->parameters, request->query,
                                                strlen(request->query));
    if (parsed < 0)
        return facebook_say(call->world, exchange, 400, 100, 0,
                            "(#100) The parameters are not well formed");
    if (call->parameters.repeated != NULL)
        return facebook_say(call->world, exchange, 400, 100, 0, "(#100) Param %.100s comes twice",
                            call->parameters.repeated);
    unknown = sandbox_parameters_unknown(&call->parameters, known);
    if (unknown != NULL)
        return facebook_say(call->world, exchange, 400, 100, 0,
                            "(#100) Param %.100s is unknown here", unknown);
    return true;
}

static bool call_check_token(struct graph_call *call)
{
    call->token = call_get(call, "access_token");
    if (call->token == NULL || *call->token == '\0')
        return facebook_say(call->world, call->exchange, 400, 104, 0,
                            "An access token is required to request this resource.");
    if (!sandbox_token_is_formed(call->token))
        return facebook_say(call->world, call->exchange, 400, 190, 0,
                            "Invalid OAuth access token - Cannot parse access token");
    call->account = sandbox_account_by_token(call->world, CHANNEL_FACEBOOK, call->token);
    if (call->account == NULL && call->world->strict_accounts)
        return facebook_say(call->world, call->exchange, 400, 190, 0,
                            "Invalid OAuth access token - Cannot parse access token");
    return true;
}

static bool call_check_proof(const struct graph_call *call)
{
    const char *proof = call_get(call, "appsecret_proof");
    unsigned char digest[SHA256_SIZE];
    struct text expected;
    bool fine = true;

    if (proof == NULL)
        return true;
    text_init(&expected, 2 * SHA256_SIZE);
    if (call->account != NULL && call->account->app_secret != NULL) {
        hmac_sha256(call->account->app_secret, strlen(call->account->app_secret), call->token,
                    strlen(call->token), digest);
        hex_add(&expected, digest, sizeof(digest));
        fine = strcmp(expected.bytes, proof) == 0;
    } else {
        fine = strlen(proof) == 64 && strspn(proof, "0123456789abcdef") == 64;
    }
    text_release(&expected);
    if (!fine)
        facebook_say(call->world, call->exchange, 400, 100, 0,
                     "Invalid appsecret_proof provided in the API argument");
    return fine;
}

/* The page is the token's own; binds a token that is new to a page that is new. */
static bool call_check_page(struct graph_call *call, const char *page)
{
    struct account *owner = sandbox_account_by_key(call->world, CHANNEL_FACEBOOK, page);

    if (owner == NULL && (call->world->strict_accounts || !sandbox_is_number(page)))
        return facebook_say(call->world, call->exchange, 400, 100, 33,
                            "Unsupported %s request. Object with ID '%.60s' does not exist",
                            call->exchange->request.method, page);
    if (call->account == NULL && owner != NULL)
        return facebook_say(call->world, call->exchange, 400, 190, 467,
                            "Error validating access token: it is no longer valid");
    if (call->account == NULL) {
        call->account = sandbox_account_new(call->world, CHANNEL_FACEBOOK);
        if (call->account == NULL) {
            facebook_trouble(call->world, call->exchange, TROUBLE_FULL, NULL, 0);
            return false;
        }
        sandbox_account_set_key(call->world, call->account, page);
        sandbox_account_set_token(call->world, call->account, call->token);
    } else if (call->account != owner) {
        return facebook_say(call->world, call->exchange, 403, 200, 0,
                            "(#200) The token's user has no rights on page %.30s", page);
    }
    call->outcome->account = call->account;
    return true;
}

static void graph_time(int64_t unix_ms, char out[40])
{
    char rfc3339[RFC3339_SIZE];

    rfc3339_format_seconds(unix_ms, rfc3339);
    snprintf(out, 40, "%.19s+0000", rfc3339);
}

static const char *const page_fields[] = {
    "id", "name", "username", "is_published", "can_post",
    "has_transitioned_to_new_page_experience", "link", "category", NULL,
};
static const char *const post_fields[] = {
    "id", "message", "created_time", "permalink_url", "is_published", "application", NULL,
};

static void page_name(const struct account *account, char *out, size_t size)
{
    if (account->name != NULL)
        snprintf(out, size, "%s", account->name);
    else
        snprintf(out, size, "Page %s", account->key);
}

static void page_field(struct text *out, const struct account *account, const char *field)
{
    char string[512];

    if (strcmp(field, "id") == 0) {
        text_addf(out, "\"%s\"", account->key);
    } else if (strcmp(field, "name") == 0) {
        page_name(account, string, sizeof(string));
        sandbox_json_add(out, string, JSON_ASCII);
    } else if (strcmp(field, "username") == 0) {
        text_addf(out, "\"page%s\"", account->key);
    } else if (strcmp(field, "link") == 0) {
        snprintf(string, sizeof(string), "https://www.facebook.com/%s", account->key);
        sandbox_json_add(out, string, JSON_ASCII);
    } else if (strcmp(field, "category") == 0) {
        text_add(out, "\"Government Organization\"");
    } else {
        text_add(out, "true");
    }
}

/* Facebook drops blanks at the end of a message. */
static void post_message(struct text *out, const struct post *post)
{
    size_t length = strlen(post->text);
    char *trimmed;

    while (length > 0 && strchr(" \t\r\n", post->text[length - 1]) != NULL)
        length--;
    trimmed = memory_alloc(length + 1);
    memcpy(trimmed, post->text, length);
    sandbox_json_add(out, trimmed, JSON_ASCII);
    memory_free(trimmed);
}

static void post_field(struct text *out, const struct post *post, const char *field)
{
    char time[40];

    if (strcmp(field, "id") == 0) {
        text_addf(out, "\"%s\"", post->id);
    } else if (strcmp(field, "message") == 0) {
        post_message(out, post);
    } else if (strcmp(field, "created_time") == 0) {
        graph_time(post->created_ms, time);
        text_addf(out, "\"%s\"", time);
    } else if (strcmp(field, "permalink_url") == 0) {
        sandbox_json_add(out, post->url, JSON_ASCII);
    } else if (strcmp(field, "application") == 0) {
        text_add(out, "{\"name\":\"Sandbox\",\"id\":\"138483919580948\"}");
    } else {
        text_add(out, "true");
    }
}

/* The fields asked for, checked; false after an error. `out` is cut at its commas. */
static bool call_fields(const struct graph_call *call, const char *const *known,
                        const char *standard, char out[FIELDS_MAX_BYTES])
{
    const char *asked = call_get(call, "fields");
    const char *at;

    if (asked == NULL)
        asked = standard;
    if (strlen(asked) >= FIELDS_MAX_BYTES)
        return facebook_say(call->world, call->exchange, 400, 100, 0, "(#100) Too many fields");
    memcpy(out, asked, strlen(asked) + 1);
    for (at = asked; *at != '\0';) {
        size_t length = strcspn(at, ",");
        size_t k = 0;
        while (known[k] != NULL &&
               !(strlen(known[k]) == length && strncmp(known[k], at, length) == 0))
            k++;
        if (known[k] == NULL)
            return facebook_say(call->world, call->exchange, 400, 100, 0,
                                "(#100) Tried accessing nonexisting field (%.*s)",
                                (int)(length < 100 ? length : 100), at);
        at += length;
        at += *at == ',';
    }
    return true;
}

/* One object with the fields of a list; `id` is always there. */
static void object_add(struct text *out, const char *fields, const struct account *page,
                       const struct post *post)
{
    char field[FIELDS_MAX_BYTES];
    bool has_id = false;

    text_add_char(out, '{');
    for (const char *at = fields; *at != '\0';) {
        size_t length = strcspn(at, ",");
        memcpy(field, at, length);
        field[length] = '\0';
        has_id = has_id || strcmp(field, "id") == 0;
        /* A post with a link only has no message. */
        if (post == NULL || strcmp(field, "message") != 0 || *post->text != '\0') {
            text_addf(out, "\"%s\":", field);
            if (post != NULL)
                post_field(out, post, field);
            else
                page_field(out, page, field);
            text_add_char(out, ',');
        }
        at += length;
        at += *at == ',';
    }
    if (!has_id)
        text_addf(out, "\"id\":\"%s\",", post != NULL ? post->id : page->key);
    text_truncate(out, out->length - 1);
    text_add_char(out, '}');
}

static void call_succeed(struct graph_call *call)
{
    call->exchange->answer.status = 200;
    facebook_headers(call->world, call->exchange, call->account, 0);
}

static size_t utf16_units(const char *text)
{
    size_t units = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        units += (*at & 0xc0) != 0x80 ? (*at >= 0xf0 ? 2 : 1) : 0;
    return units;
}

static bool call_check_message(const struct graph_call *call, const char *message,
                               const char *link)
{
    const char *published = call_get(call, "published");
    const struct post *last;

    if (published != NULL && strcmp(published, "true") != 0 && strcmp(published, "1") != 0)
        return facebook_say(call->world, call->exchange, 400, 100, 0,
                            "(#100) The sandbox publishes at once; 'published' must be true");
    if (*message == '\0' && *link == '\0')
        return facebook_say(call->world, call->exchange, 400, 100, 0,
                            "(#100) The parameter message or link is required");
    if (utf16_units(message) > MESSAGE_MAX_UNITS)
        return facebook_say(call->world, call->exchange, 400, 100, 0,
                            "(#100) Param message must be at most %d characters",
                            MESSAGE_MAX_UNITS);
    if (*link != '\0' && strncmp(link, "https://", 8) != 0 && strncmp(link, "http://", 7) != 0)
        return facebook_say(call->world, call->exchange, 400, 100, 2061006,
                            "(#100) link URL is not properly formatted");
    last = call->account->newest;
    while (last != NULL && last->deleted_ms != 0)
        last = last->previous;
    if (last != NULL && !call->world->duplicates_allowed && *message != '\0' &&
        strcmp(last->text, message) == 0) {
        facebook_trouble(call->world, call->exchange, TROUBLE_DUPLICATE, call->account, 0);
        return false;
    }
    return true;
}

static struct post *call_make_post(struct graph_call *call, const char *message, const char *link)
{
    char id[64];
    char url[160];
    uint64_t number = FIRST_POST_NUMBER + (uint64_t)call->world->post_count * 3 +
                      call->world->seed % 1000000000;
    struct post *post;

    snprintf(id, sizeof(id), "%s_%" PRIu64, call->account->key, number);
    snprintf(url, sizeof(url), "https://www.facebook.com/%s/posts/%" PRIu64, call->account->key,
             number);
    post = sandbox_post_new(call->world, call->account, id, message, strlen(link));
    if (post == NULL) {
        facebook_trouble(call->world, call->exchange, TROUBLE_FULL, call->account, 0);
        return NULL;
    }
    post->url = memory_strdup(url);
    if (*link != '\0') {
        struct text raw;
        text_init(&raw, SANDBOX_BODY_MAX_BYTES * 6);
        text_add(&raw, "{\"link\":");
        sandbox_json_add(&raw, link, JSON_UTF8);
        text_add_char(&raw, '}');
        post->raw = memory_strdup(raw.bytes);
        text_release(&raw);
    }
    return post;
}

static void facebook_publish(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"message",         "link",  "published", "fields",
                                        "access_token", "appsecret_proof", NULL};
    char fields[FIELDS_MAX_BYTES];
    const char *message, *link;
    struct post *post;

    if (!call_read_parameters(call, known) || !call_check_token(call) ||
        !call_check_proof(call) || !call_check_page(call, page) ||
        !call_fields(call, post_fields, "id", fields))
        return;
    message = call_get(call, "message") != NULL ? call_get(call, "message") : "";
    link = call_get(call, "link") != NULL ? call_get(call, "link") : "";
    if (!call_check_message(call, message, link))
        return;
    post = call_make_post(call, message, link);
    if (post == NULL)
        return;
    call->outcome->post = post;
    call->outcome->acted = true;
    call_succeed(call);
    object_add(&call->exchange->answer.body, fields, NULL, post);
}

static bool call_number(const struct graph_call *call, const char *name, uint64_t standard,
                        uint64_t min, uint64_t max, uint64_t *out)
{
    const char *value = call_get(call, name);

    *out = standard;
    if (value == NULL)
        return true;
    if (sandbox_is_number(value)) {
        *out = strtoull(value, NULL, 10);
        if (*out >= min && *out <= max)
            return true;
    }
    return facebook_say(call->world, call->exchange, 400, 100, 0,
                        "(#100) Param %s must be a number from %" PRIu64 " to %" PRIu64, name, min,
                        max);
}

static void facebook_list(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"fields", "limit", "after", "since", "until",
                                        "access_token", "appsecret_proof", NULL};
    struct text *body = &call->exchange->answer.body;
    char fields[FIELDS_MAX_BYTES];
    uint64_t limit, after, since, until;
    uint64_t first = 0, last = 0, count = 0;
    bool more = false;

    if (!call_read_parameters(call, known) || !call_check_token(call) ||
        !call_check_proof(call) || !call_check_page(call, page) ||
        !call_fields(call, post_fields, "created_time,message,id", fields) ||
        !call_number(call, "limit", LIST_DEFAULT, 1, LIST_MAX, &limit) ||
        !call_number(call, "after", UINT64_MAX, 1, UINT64_MAX, &after) ||
        !call_number(call, "since", 0, 0, UINT32_MAX, &since) ||
        !call_number(call, "until", UINT32_MAX, 0, UINT32_MAX, &until))
        return;
    call_succeed(call);
    text_add(body, "{\"data\":[");
    for (const struct post *post = call->account->newest; post != NULL; post = post->previous) {
        uint64_t seconds = (uint64_t)post->created_ms / 1000;
        if (post->deleted_ms != 0 || post->number >= after || seconds < since || seconds > until)
            continue;
        more = count == limit;
        if (more)
            break;
        if (count++ > 0)
            text_add_char(body, ',');
        else
            first = post->number;
        last = post->number;
        object_add(body, fields, NULL, post);
    }
    text_add_char(body, ']');
    if (count > 0)
        text_addf(body, ",\"paging\":{\"cursors\":{\"before\":\"%" PRIu64 "\",\"after\":\"%" PRIu64
                        "\"}%s}",
                  first, last, more ? ",\"next\":\"https:\\/\\/graph.facebook.com\\/\"" : "");
    text_add_char(body, '}');
}

static void facebook_page(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"fields", "access_token", "appsecret_proof", NULL};
    struct account made_up = {.channel = CHANNEL_FACEBOOK};
    char fields[FIELDS_MAX_BYTES];
    char key[24];

    if (!call_read_parameters(call, known) || !call_check_token(call) || !call_check_proof(call))
        return;
    if (strcmp(page, "me") != 0 && !call_check_page(call, page))
        return;
    if (!call_fields(call, page_fields, "id,name", fields))
        return;
    if (call->account == NULL) {
        /* `me` with a token that no page has used yet: a page that nobody has. */
        snprintf(key, sizeof(key), "%" PRIu64,
                 UINT64_C(61000000000000) + sandbox_hash(call->token) % 1000000000000);
        made_up.key = key;
        call_succeed(call);
        object_add(&call->exchange->answer.body, fields, &made_up, NULL);
        return;
    }
    call->outcome->account = call->account;
    call_succeed(call);
    object_add(&call->exchange->answer.body, fields, call->account, NULL);
}

static void facebook_post(struct graph_call *call, const char *id, bool is_delete)
{
    static const char *const known[] = {"fields", "access_token", "appsecret_proof", NULL};
    char page[32];
    char fields[FIELDS_MAX_BYTES];
    struct post *post;

    snprintf(page, sizeof(page), "%.*s", (int)strcspn(id, "_"), id);
    if (!call_read_parameters(call, known) || !call_check_token(call) ||
        !call_check_proof(call) || !call_check_page(call, page) ||
        !call_fields(call, post_fields, "created_time,message,id", fields))
        return;
    post = sandbox_post_by_id(call->world, CHANNEL_FACEBOOK, NULL, id);
    if (post == NULL || post->deleted_ms != 0) {
        facebook_say(call->world, call->exchange, 400, 100, 33,
                     "Unsupported %s request. Object with ID '%.60s' does not exist",
                     is_delete ? "delete" : "get", id);
        return;
    }
    call->outcome->post = post;
    call_succeed(call);
    if (is_delete) {
        sandbox_post_delete(call->world, post);
        call->outcome->acted = true;
        text_add(&call->exchange->answer.body, "{\"success\":true}");
    } else {
        object_add(&call->exchange->answer.body, fields, NULL, post);
    }
}

static void facebook_debug_token(struct graph_call *call)
{
    static const char *const known[] = {"input_token", "access_token", "appsecret_proof", NULL};
    struct text *body = &call->exchange->answer.body;
    const struct account *account;
    const char *input;
    bool valid;

    if (!call_read_parameters(call, known))
        return;
    call->token = call_get(call, "access_token");
    input = call_get(call, "input_token");
    if (call->token == NULL || !sandbox_token_is_formed(call->token)) {
        facebook_say(call->world, call->exchange, 400, 104, 0,
                     "An access token is required to request this resource.");
        return;
    }
    if (input == NULL || *input == '\0') {
        facebook_say(call->world, call->exchange, 400, 100, 0,
                     "(#100) The parameter input_token is required");
        return;
    }
    account = sandbox_account_by_token(call->world, CHANNEL_FACEBOOK, input);
    valid = account != NULL || (!call->world->strict_accounts && sandbox_token_is_formed(input));
    call_succeed(call);
    if (!valid) {
        text_add(body, "{\"data\":{\"error\":{\"code\":190,\"message\":\"Invalid OAuth access "
                       "token.\"},\"is_valid\":false,\"scopes\":[]}}");
        return;
    }
    text_add(body, "{\"data\":{\"app_id\":\"138483919580948\",\"type\":\"PAGE\",\"application\":"
                   "\"Sandbox\",\"data_access_expires_at\":0,\"expires_at\":0,\"is_valid\":true,"
                   "\"scopes\":[\"pages_show_list\",\"pages_read_engagement\","
                   "\"pages_manage_posts\"]");
    if (account != NULL)
        text_addf(body, ",\"granular_scopes\":[{\"scope\":\"pages_manage_posts\",\"target_ids\":"
                        "[\"%s\"]}],\"profile_id\":\"%s\"",
                  account->key, account->key);
    text_add(body, "}}");
}

/* The version in front of a path: its number, 0 for none, -1 for one that does not exist. */
static int facebook_version(const struct path_parts *path)
{
    const char *part = path->count > 0 ? path->items[0] : "";
    char *end;
    long version;

    if (part[0] != 'v' || part[1] < '0' || part[1] > '9')
        return 0;
    version = strtol(part + 1, &end, 10);
    if (strcmp(end, ".0") != 0 || version < 1 || version > VERSION_NEWEST)
        return -1;
    return version < VERSION_OLDEST ? VERSION_OLDEST : (int)version;
}

static bool is_post_id(const char *part)
{
    const char *mark = strchr(part, '_');
    size_t page = strspn(part, "0123456789");

    return mark == part + page && page >= 1 && page <= 19 && sandbox_is_number(mark + 1);
}

static void facebook_dispatch(struct graph_call *call, const char *const *parts, size_t count)
{
    const char *method = call->exchange->request.method;
    bool is_get = strcmp(method, "GET") == 0;
    bool is_post = strcmp(method, "POST") == 0;
    bool is_delete = strcmp(method, "DELETE") == 0;
    bool is_feed = count == 2 && strcmp(parts[1], "feed") == 0;
    bool is_list = count == 2 && (is_feed || strcmp(parts[1], "published_posts") == 0 ||
                                  strcmp(parts[1], "posts") == 0);

    if (count == 1 && is_get && strcmp(parts[0], "debug_token") == 0)
        facebook_debug_token(call);
    else if (is_feed && is_post)
        facebook_publish(call, parts[0]);
    else if (is_list && is_get)
        facebook_list(call, parts[0]);
    else if (count == 1 && (is_get || is_delete) && is_post_id(parts[0]))
        facebook_post(call, parts[0], is_delete);
    else if (count == 1 && is_get && *parts[0] != '\0')
        facebook_page(call, parts[0]);
    else if (is_list || (count == 1 && *parts[0] != '\0'))
        facebook_say(call->world, call->exchange, 400, 100, 33, "Unsupported %.10s request.",
                     method);
    else
        facebook_trouble(call->world, call->exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

static void facebook_handle(struct world *world, struct exchange *exchange,
                            const struct path_parts *path, struct outcome *outcome)
{
    struct graph_call call = {.world = world, .exchange = exchange, .outcome = outcome};
    int version = facebook_version(path);
    size_t skip = version != 0 ? 1 : 0;

    if (version < 0 || path->count == skip) {
        facebook_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
        return;
    }
    sandbox_answer_header(&exchange->answer, "facebook-api-version", "v%d.0",
                          version != 0 ? version : VERSION_DEFAULT);
    facebook_dispatch(&call, path->items + skip, path->count - skip);
    sandbox_parameters_release(&call.parameters);
}

/* By the page in the path: a token is not looked at. */
static struct account *facebook_identify(const struct world *world, const struct request *request,
                                         const struct path_parts *path)
{
    size_t at = facebook_version(path) != 0 ? 1 : 0;
    char page[32];

    (void)request;
    if (path->count <= at)
        return NULL;
    snprintf(page, sizeof(page), "%.*s", (int)strcspn(path->items[at], "_"), path->items[at]);
    return sandbox_account_by_key(world, CHANNEL_FACEBOOK, page);
}

const struct network sandbox_facebook = {
    .prefix = "/facebook",
    .identify = facebook_identify,
    .handle = facebook_handle,
    .trouble = facebook_trouble,
    .refuse = facebook_refuse,
};
