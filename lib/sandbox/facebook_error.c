/* The Graph API's errors:
 * https://developers.facebook.com/docs/graph-api/guides/error-handling */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#include "sandbox/facebook.h"

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
    {368, 1390008, 403, false, OAUTH,
     "(#368) The action attempted has been deemed abusive or is "
     "otherwise disallowed"},
    {506, 0, 400, false, OAUTH, "(#506) Duplicate status message"},
    {613, 0, 403, true, OAUTH, "(#613) Calls to this api have exceeded the rate limit."},
    {80001, 0, 400, true, OAUTH, "(#80001) There have been too many calls to this Page account."},
    {1609005, 0, 400, false, OAUTH, "(#1609005) The link could not be scraped"},
};

/* Only the page's own limit is ever reached here, not the app's. Retry-After is more than the Graph
 * API promises; its own header counts in minutes. */
static void usage_headers(struct world *world, struct exchange *exchange,
                          const struct account *account, int64_t regain_seconds)
{
    struct answer *answer = &exchange->answer;
    int percent = regain_seconds > 0 ? 100 : 1;
    char trace[24];

    sandbox_trace_id(world, trace);
    sandbox_answer_header(answer, "x-fb-trace-id", "%s", trace);
    sandbox_answer_header(answer, "x-app-usage",
                          "{\"call_count\":1,\"total_time\":1,\"total_cputime\":0}");
    if (regain_seconds > 0)
        sandbox_answer_header(answer, "retry-after", "%" PRId64, regain_seconds);
    if (account != NULL && account->key != NULL)
        sandbox_answer_header(answer, "x-business-use-case-usage",
                              "{\"%s\":[{\"type\":\"pages\",\"call_count\":%d,\"total_cputime\":0,"
                              "\"total_time\":%d,\"estimated_time_to_regain_access\":%" PRId64
                              "}]}",
                              account->key, percent, percent, (regain_seconds + 59) / 60);
}

void sandbox_graph_headers(struct world *world, struct exchange *exchange,
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
    sandbox_graph_headers(world, exchange, account, regain_seconds);
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

bool sandbox_graph_refuse(struct world *world, struct exchange *exchange, int code)
{
    const struct graph_error *error = facebook_find(code);

    if (error == NULL)
        return false;
    facebook_error(world, exchange, error, NULL, 0);
    return true;
}

bool sandbox_graph_say(struct world *world, struct exchange *exchange, unsigned status, int code,
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

void sandbox_graph_trouble(struct world *world, struct exchange *exchange,
                           enum network_trouble trouble, const struct account *account,
                           int64_t seconds)
{
    static const struct graph_error after = {2,
                                             0,
                                             500,
                                             true,
                                             OAUTH,
                                             "An unexpected error has occurred. Please retry your "
                                             "request later."};
    static const struct graph_error full = {2,     0,     507,
                                            false, OAUTH, "The sandbox keeps no more posts"};

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
        sandbox_graph_say(world, exchange, 413, 1, 0, "Request Entity Too Large");
        break;
    case TROUBLE_HEAD:
        sandbox_graph_say(world, exchange, 431, 1, 0, "Request Header Fields Too Large");
        break;
    case TROUBLE_NOT_FOUND:
        sandbox_graph_say(world, exchange, 404, 2500, 0, "Unknown path components: %s",
                          exchange->request.path);
        break;
    }
}
