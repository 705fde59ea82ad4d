/* X's errors, in the four shapes that occur. */
#include <inttypes.h>
#include <stdio.h>

#include "sandbox/x.h"

enum { CREATE_LIMIT = 100 };
#define PROBLEM "https://api.x.com/2/problems/"

struct x_problem {
    int code; /* for refuse:code=; legacy codes have their own shape */
    unsigned status;
    bool legacy;
    const char *title, *type, *detail;
};

static const struct x_problem problems[] = {
    {400, 400, false, "Invalid Request", PROBLEM "invalid-request",
     "One or more parameters to your request was invalid."},
    {401, 401, false, "Unauthorized", BLANK, "Unauthorized"},
    {402, 402, false, "CreditsDepleted", PROBLEM "credits",
     "Your enrolled account [1] does not have any credits to fulfill this request."},
    {403, 403, false, "Forbidden", BLANK, "You are not permitted to perform this action."},
    {404, 404, false, "Not Found Error", PROBLEM "resource-not-found", "Could not find it."},
    {429, 429, false, "Too Many Requests", BLANK, "Too Many Requests"},
    {500, 500, false, "Internal Server Error", BLANK, "Something is broken."},
    {503, 503, false, "Service Unavailable", BLANK, "Service Unavailable"},
    {32, 401, true, NULL, NULL, "Could not authenticate you."},
    {64, 403, true, NULL, NULL,
     "Your account is suspended and is not permitted to access this "
     "feature."},
    {88, 429, true, NULL, NULL, "Rate limit exceeded"},
    {89, 401, true, NULL, NULL, "Invalid or expired token."},
    {130, 503, true, NULL, NULL, "Over capacity"},
    {131, 500, true, NULL, NULL, "Internal error"},
    {185, 403, true, NULL, NULL, "User is over daily status update limit."},
    {186, 403, true, NULL, NULL, "Tweet needs to be a bit shorter."},
    {187, 403, true, NULL, NULL, "Status is a duplicate."},
    {226, 403, true, NULL, NULL, "This request looks like it might be automated."},
    {261, 403, true, NULL, NULL, "Application cannot perform write actions."},
    {326, 403, true, NULL, NULL,
     "To protect our users from spam and other malicious activity, "
     "this account is temporarily locked."},
};

void sandbox_x_headers(struct exchange *exchange)
{
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
}

bool sandbox_x_problem(struct exchange *exchange, unsigned status, const char *title,
                       const char *type, const char *detail)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type",
                          "application/problem+json; charset=utf-8");
    text_add(body, "{\"title\":");
    sandbox_json_add(body, title, JSON_UTF8);
    text_add(body, ",\"detail\":");
    sandbox_json_add(body, detail, JSON_UTF8);
    text_addf(body, ",\"type\":\"%s\",\"status\":%u}", type, status);
    return false;
}

bool sandbox_x_refuse(struct world *world, struct exchange *exchange, int code)
{
    const struct x_problem *problem = NULL;

    (void)world;
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]) && problem == NULL; i++) {
        if (problems[i].code == code)
            problem = &problems[i];
    }
    if (problem == NULL)
        return false;
    if (problem->legacy) {
        exchange->answer.status = problem->status;
        sandbox_x_headers(exchange);
        text_addf(&exchange->answer.body, "{\"errors\":[{\"code\":%d,\"message\":\"%s\"}]}",
                  problem->code, problem->detail);
    } else {
        sandbox_x_problem(exchange, problem->status, problem->title, problem->type,
                          problem->detail);
    }
    return true;
}

/* 400, naming the parameter. */
bool sandbox_x_invalid(struct exchange *exchange, const char *parameter, const char *value,
                       const char *message)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = 400;
    sandbox_x_headers(exchange);
    text_add(body, "{\"errors\":[{\"parameters\":{");
    if (parameter != NULL) {
        sandbox_json_add(body, parameter, JSON_UTF8);
        text_add(body, ":[");
        sandbox_json_add(body, value, JSON_UTF8);
        text_add(body, "]");
    }
    text_add(body, "},\"message\":");
    sandbox_json_add(body, message, JSON_UTF8);
    text_add(body, "}],\"title\":\"Invalid Request\",\"detail\":\"One or more parameters to your "
                   "request was invalid.\",\"type\":\"" PROBLEM "invalid-request\"}");
    return false;
}

bool sandbox_x_not_found(struct exchange *exchange, const char *what, const char *id)
{
    char detail[200];

    snprintf(detail, sizeof(detail), "Could not find %s with id: [%.40s].", what, id);
    return sandbox_x_problem(exchange, 404, "Not Found Error", PROBLEM "resource-not-found",
                             detail);
}

void sandbox_x_rate_headers(struct exchange *exchange, unsigned limit, unsigned used,
                            int64_t reset_ms)
{
    sandbox_answer_header(&exchange->answer, "x-rate-limit-limit", "%u", limit);
    sandbox_answer_header(&exchange->answer, "x-rate-limit-remaining", "%u",
                          used < limit ? limit - used : 0);
    sandbox_answer_header(&exchange->answer, "x-rate-limit-reset", "%" PRId64,
                          (reset_ms + 999) / 1000);
}

void sandbox_x_trouble(struct world *world, struct exchange *exchange, enum network_trouble trouble,
                       const struct account *account, int64_t seconds)
{
    (void)account;
    switch (trouble) {
    case TROUBLE_SERVER:
        sandbox_x_refuse(world, exchange, 500);
        break;
    case TROUBLE_UNAVAILABLE:
        sandbox_x_refuse(world, exchange, 503);
        break;
    case TROUBLE_LIMIT:
        sandbox_x_rate_headers(exchange, CREATE_LIMIT, CREATE_LIMIT,
                               world->now_ms + seconds * 1000);
        sandbox_x_refuse(world, exchange, 429);
        break;
    case TROUBLE_EXPIRED:
        sandbox_x_refuse(world, exchange, 401);
        break;
    case TROUBLE_DUPLICATE:
        sandbox_x_problem(exchange, 403, "Forbidden", BLANK,
                          "You are not allowed to create a Tweet with duplicate content.");
        break;
    case TROUBLE_FULL:
        sandbox_x_problem(exchange, 507, "Insufficient Storage", BLANK,
                          "The sandbox keeps no more posts");
        break;
    case TROUBLE_BODY:
        sandbox_x_problem(exchange, 413, "Payload Too Large", BLANK, "Payload Too Large");
        break;
    case TROUBLE_HEAD:
        sandbox_x_problem(exchange, 431, "Request Header Fields Too Large", BLANK,
                          "Request Header Fields Too Large");
        break;
    case TROUBLE_NOT_FOUND:
        sandbox_x_problem(exchange, 404, "Not Found", BLANK, "Not Found");
        break;
    }
}
