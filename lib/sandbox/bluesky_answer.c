/* How a Bluesky server answers and refuses. */
#include <inttypes.h>

#include "sandbox/bluesky.h"

bool sandbox_bluesky_say(struct exchange *exchange, unsigned status, const char *error,
                         const char *message)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    text_addf(&exchange->answer.body, "{\"error\":\"%s\",\"message\":", error);
    sandbox_json_add(&exchange->answer.body, message, JSON_UTF8);
    text_add_char(&exchange->answer.body, '}');
    return false;
}

void sandbox_bluesky_ok(struct exchange *exchange)
{
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
}

static const struct {
    int code;
    const char *error, *message;
} errors[] = {
    {400, "InvalidRequest", "Input is not valid"},
    {401, "AuthMissing", "Authentication Required"},
    {403, "AccountTakedown", "Account has been taken down"},
    {413, "PayloadTooLarge", "request entity too large"},
    {429, "RateLimitExceeded", "Rate Limit Exceeded"},
    {431, "InvalidRequest", "Request Header Fields Too Large"},
    {500, "InternalServerError", "Internal Server Error"},
    {502, "UpstreamFailure", "Upstream Failure"},
    {503, "UpstreamFailure", "Service Unavailable"},
    {507, "InternalServerError", "The sandbox keeps no more posts"},
};

bool sandbox_bluesky_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return !sandbox_bluesky_say(exchange, (unsigned)code, errors[i].error,
                                        errors[i].message);
    }
    return false;
}

void sandbox_bluesky_rate_headers(struct exchange *exchange, unsigned left, int64_t reset_ms)
{
    sandbox_answer_header(&exchange->answer, "ratelimit-limit", "%d", BLUESKY_POINTS_MAX);
    sandbox_answer_header(&exchange->answer, "ratelimit-remaining", "%u", left);
    sandbox_answer_header(&exchange->answer, "ratelimit-reset", "%" PRId64,
                          (reset_ms + 999) / 1000);
    sandbox_answer_header(&exchange->answer, "ratelimit-policy", "%d;w=3600", BLUESKY_POINTS_MAX);
}

void sandbox_bluesky_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds)
{
    static const int codes[] = {
        [TROUBLE_SERVER] = 500, [TROUBLE_UNAVAILABLE] = 503, [TROUBLE_LIMIT] = 429,
        [TROUBLE_FULL] = 507,   [TROUBLE_BODY] = 413,        [TROUBLE_HEAD] = 431,
    };

    (void)account;
    if (trouble == TROUBLE_LIMIT)
        sandbox_bluesky_rate_headers(exchange, 0, world->now_ms + seconds * 1000);
    if (trouble == TROUBLE_EXPIRED)
        sandbox_bluesky_say(exchange, 400, "ExpiredToken", "Token has expired");
    else if (trouble == TROUBLE_DUPLICATE)
        sandbox_bluesky_say(exchange, 400, "InvalidSwap", "Record was at bafyreidup");
    else if (trouble == TROUBLE_NOT_FOUND)
        sandbox_bluesky_say(exchange, 404, "XRPCNotSupported", "Not Found");
    else
        sandbox_bluesky_refuse(world, exchange, codes[trouble]);
}
