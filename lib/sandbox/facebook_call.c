/* What every call of the Graph API has to have: parameters, a token, a page that is the token's. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"

#include "sandbox/facebook.h"

const char *sandbox_graph_get(const struct graph_call *call, const char *name)
{
    return sandbox_parameters_get(&call->parameters, name);
}

bool sandbox_graph_read(struct graph_call *call, const char *const *known)
{
    struct exchange *exchange = call->exchange;
    const struct request *request = &exchange->request;
    bool is_post = strcmp(request->method, "POST") == 0;
    const char *unknown;
    int parsed;

    if (is_post && *request->query != '\0')
        return sandbox_graph_say(call->world, exchange, 400, 100, 0,
                                 "(#100) A POST takes its parameters in the body");
    if (is_post && !sandbox_request_is_type(request, "application/x-www-form-urlencoded"))
        return sandbox_graph_say(call->world, exchange, 400, 100, 0,
                                 "(#100) The body must be application/x-www-form-urlencoded");
    if (!is_post && request->body.length > 0)
        return sandbox_graph_say(call->world, exchange, 400, 100, 0,
                                 "(#100) A %s takes its parameters in the query", request->method);
    parsed =
        is_post
            ? sandbox_parameters_parse(&call->parameters, request->body.bytes, request->body.length)
            : sandbox_parameters_parse(&call->parameters, request->query, strlen(request->query));
    if (parsed < 0)
        return sandbox_graph_say(call->world, exchange, 400, 100, 0,
                                 "(#100) The parameters are not well formed");
    if (call->parameters.repeated != NULL)
        return sandbox_graph_say(call->world, exchange, 400, 100, 0,
                                 "(#100) Param %.100s comes twice", call->parameters.repeated);
    unknown = sandbox_parameters_unknown(&call->parameters, known);
    if (unknown != NULL)
        return sandbox_graph_say(call->world, exchange, 400, 100, 0,
                                 "(#100) Param %.100s is unknown here", unknown);
    return true;
}

bool sandbox_graph_read_file(struct graph_call *call, const char *const *known)
{
    struct parameters *parameters = &call->parameters;
    const char *unknown;

    if (!sandbox_form_parse(&call->form, &call->exchange->request))
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                 "(#100) The body must be multipart/form-data");
    unknown = sandbox_form_unknown(&call->form, known);
    if (unknown != NULL)
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                                 "(#100) Param %.100s is unknown here", unknown);
    for (size_t i = 0; i < call->form.count; i++) {
        const struct form_part *part = &call->form.parts[i];
        if (part->file_name == NULL)
            parameters->items[parameters->count++] = (struct parameter){part->name, part->bytes};
    }
    return true;
}

void sandbox_graph_release(struct graph_call *call)
{
    sandbox_parameters_release(&call->parameters);
    sandbox_form_release(&call->form);
}

bool sandbox_graph_check_token(struct graph_call *call)
{
    call->token = sandbox_graph_get(call, "access_token");
    if (call->token == NULL || *call->token == '\0')
        return sandbox_graph_say(call->world, call->exchange, 400, 104, 0,
                                 "An access token is required to request this resource.");
    if (!sandbox_token_is_formed(call->token))
        return sandbox_graph_say(call->world, call->exchange, 400, 190, 0,
                                 "Invalid OAuth access token - Cannot parse access token");
    call->account = sandbox_account_by_token(call->world, call->channel, call->token);
    if (call->account == NULL && call->world->strict_accounts)
        return sandbox_graph_say(call->world, call->exchange, 400, 190, 0,
                                 "Invalid OAuth access token - Cannot parse access token");
    return true;
}

bool sandbox_graph_check_proof(const struct graph_call *call)
{
    const char *proof = sandbox_graph_get(call, "appsecret_proof");
    unsigned char digest[SHA256_SIZE];
    struct text expected;
    bool fine = true;

    if (proof == NULL && call->account != NULL && call->account->app_secret != NULL)
        return sandbox_graph_say(call->world, call->exchange, 400, 104, 0,
                                 "API calls from the server require an appsecret_proof argument");
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
        sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                          "Invalid appsecret_proof provided in the API argument");
    return fine;
}

/* The page is the token's own; binds a token that is new to a page that is new. */
bool sandbox_graph_check_page(struct graph_call *call, const char *page)
{
    struct account *owner = sandbox_account_by_key(call->world, call->channel, page);

    if (owner == NULL && (call->world->strict_accounts || !sandbox_is_number(page)))
        return sandbox_graph_say(call->world, call->exchange, 400, 100, 33,
                                 "Unsupported %s request. Object with ID '%.60s' does not exist",
                                 call->exchange->request.method, page);
    if (call->account == NULL && owner != NULL)
        return sandbox_graph_say(call->world, call->exchange, 400, 190, 467,
                                 "Error validating access token: it is no longer valid");
    if (call->account == NULL) {
        call->account = sandbox_account_new(call->world, call->channel);
        if (call->account == NULL) {
            sandbox_graph_trouble(call->world, call->exchange, TROUBLE_FULL, NULL, 0);
            return false;
        }
        sandbox_account_set_key(call->world, call->account, page);
        sandbox_account_set_token(call->world, call->account, call->token);
    } else if (call->account != owner) {
        return sandbox_graph_say(call->world, call->exchange, 403, 200, 0,
                                 "(#200) The token's user has no rights on %.30s", page);
    }
    call->outcome->account = call->account;
    return true;
}

bool sandbox_graph_number(const struct graph_call *call, const char *name, uint64_t standard,
                          uint64_t min, uint64_t max, uint64_t *out)
{
    const char *value = sandbox_graph_get(call, name);

    *out = standard;
    if (value == NULL)
        return true;
    if (sandbox_is_number(value)) {
        *out = strtoull(value, NULL, 10);
        if (*out >= min && *out <= max)
            return true;
    }
    return sandbox_graph_say(call->world, call->exchange, 400, 100, 0,
                             "(#100) Param %s must be a number from %" PRIu64 " to %" PRIu64, name,
                             min, max);
}
