/* How WordPress answers and refuses: https://developer.wordpress.org/rest-api; and its media. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "sandbox/media.h"
#include "sandbox/wordpress.h"

static const struct {
    int code;
    const char *word, *message;
} errors[] = {
    {400, "rest_invalid_param", "Invalid parameter(s)"},
    {401, "rest_cannot_create", "Sorry, you are not allowed to create posts as this user."},
    {403, "rest_cannot_publish", "Sorry, you are not allowed to publish posts in this post type."},
    {404, "rest_no_route", "No route was found matching the URL and request method."},
    {410, "rest_already_trashed", "The post has already been deleted."},
    {413, "rest_upload_file_too_big", "This file is too big."},
    {429, "too_many_requests", "Too many requests."},
    {431, "too_large", "The request headers are too large."},
    {500, "internal_server_error", "There has been a critical error on this website."},
    {507, "full", "The sandbox keeps no more posts."},
};

bool sandbox_wordpress_say(struct exchange *exchange, unsigned status, const char *code,
                           const char *message)
{
    struct text *body = &exchange->answer.body;

    sandbox_wordpress_begin(exchange, status);
    text_add(body, "{\"code\":");
    sandbox_json_add(body, code, JSON_ASCII);
    text_add(body, ",\"message\":");
    sandbox_json_add(body, message, JSON_ASCII);
    text_addf(body, ",\"data\":{\"status\":%u}}", status);
    return false;
}

void sandbox_wordpress_begin(struct exchange *exchange, unsigned status)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=UTF-8");
}

/* The page that WordPress shows while it is updated is no JSON. */
static bool say_maintenance(struct exchange *exchange, int64_t seconds)
{
    exchange->answer.status = 503;
    sandbox_answer_header(&exchange->answer, "content-type", "text/html; charset=UTF-8");
    sandbox_answer_header(&exchange->answer, "retry-after", "%" PRId64, seconds);
    text_add(&exchange->answer.body,
             "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Briefly "
             "unavailable for scheduled maintenance.</h1></body></html>");
    return false;
}

bool sandbox_wordpress_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    if (code == 503)
        return !say_maintenance(exchange, 600);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return !sandbox_wordpress_say(exchange, (unsigned)code, errors[i].word,
                                          errors[i].message);
    }
    return false;
}

void sandbox_wordpress_trouble(struct world *world, struct exchange *exchange,
                               enum network_trouble trouble, const struct account *account,
                               int64_t seconds)
{
    static const int codes[] = {
        [TROUBLE_SERVER] = 500, [TROUBLE_LIMIT] = 429,     [TROUBLE_EXPIRED] = 401,
        [TROUBLE_FULL] = 507,   [TROUBLE_NOT_FOUND] = 404, [TROUBLE_BODY] = 413,
        [TROUBLE_HEAD] = 431,   [TROUBLE_DUPLICATE] = 400, /* it has no such refusal */
    };

    (void)account;
    if (trouble == TROUBLE_UNAVAILABLE) {
        say_maintenance(exchange, seconds);
        return;
    }
    if (trouble == TROUBLE_LIMIT)
        sandbox_answer_header(&exchange->answer, "retry-after", "%" PRId64, seconds);
    sandbox_wordpress_refuse(world, exchange, codes[trouble]);
}

void sandbox_wordpress_add_post(struct text *body, const struct post *post)
{
    text_addf(body, "{\"id\":%s,\"slug\":", post->id);
    sandbox_json_add(body, post->slug, JSON_ASCII);
    text_add(body, ",\"status\":\"publish\",\"link\":");
    sandbox_json_add(body, post->url, JSON_ASCII);
    text_add_char(body, '}');
}

/* --- media ----------------------------------------------------------------------------------- */

struct upload *sandbox_wordpress_media(const struct world *world, const struct account *account,
                                       int64_t number)
{
    char id[24];
    struct upload *upload;

    snprintf(id, sizeof(id), "%" PRId64, number);
    upload = sandbox_upload_by_id(world, CHANNEL_WORDPRESS, id);
    return upload != NULL && upload->account == account ? upload : NULL;
}

void sandbox_wordpress_attach(const struct world *world, struct post *post, const char *content)
{
    static const char gallery[] = "[gallery ids=\"";
    const char *at = strstr(content, gallery);

    if (at == NULL)
        return;
    for (at += strlen(gallery); *at >= '0' && *at <= '9';) {
        char *end;
        struct upload *upload =
            sandbox_wordpress_media(world, post->account, strtoll(at, &end, 10));
        if (upload != NULL)
            sandbox_post_attach(post, upload);
        at = *end == ',' ? end + 1 : end;
    }
}

static bool check_disposition(struct exchange *exchange)
{
    static const char beginning[] = "attachment; filename=\"";
    const char *value = sandbox_request_value(&exchange->request, "content-disposition");
    const char *end = value != NULL ? strrchr(value, '"') : NULL;

    if (value == NULL)
        return sandbox_wordpress_say(exchange, 400, "rest_upload_no_content_disposition",
                                     "No Content-Disposition supplied.");
    if (strncmp(value, beginning, strlen(beginning)) != 0 || end <= value + strlen(beginning) ||
        end[1] != '\0')
        return sandbox_wordpress_say(exchange, 400, "rest_upload_invalid_disposition",
                                     "Invalid Content-Disposition supplied.");
    return true;
}

/* What the picture shows comes with it; NULL: it does not, and the answer says so. */
static char *read_alt(struct exchange *exchange)
{
    static const char *const known[] = {"alt_text", "_fields", NULL};
    struct parameters parameters = {.count = 0};
    const char *query = exchange->request.query;
    const char *alt = NULL;
    char *kept = NULL;

    if (sandbox_parameters_parse(&parameters, query, strlen(query)) == 0 &&
        parameters.repeated == NULL && sandbox_parameters_unknown(&parameters, known) == NULL)
        alt = sandbox_parameters_get(&parameters, "alt_text");
    if (alt != NULL && *alt != '\0')
        kept = memory_strdup(alt);
    else
        sandbox_wordpress_say(exchange, 400, "rest_invalid_param",
                              "The sandbox wants alt_text with every picture.");
    sandbox_parameters_release(&parameters);
    return kept;
}

static bool check_picture(struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    const char *said = sandbox_request_value(request, "content-type");
    const char *type = sandbox_media_type(request->body.bytes, request->body.length);

    if (said == NULL)
        return sandbox_wordpress_say(exchange, 400, "rest_upload_no_content_type",
                                     "No Content-Type supplied.");
    if (type == NULL || strncmp(type, "image/", 6) != 0 || strcmp(type, said) != 0)
        return sandbox_wordpress_say(exchange, 500, "rest_upload_sideload_error",
                                     "Sorry, you are not allowed to upload this file type.");
    return true;
}

void sandbox_wordpress_upload(struct world *world, struct exchange *exchange,
                              struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    char *alt = check_disposition(exchange) && check_picture(exchange) ? read_alt(exchange) : NULL;
    char id[24];

    if (alt == NULL)
        return;
    snprintf(id, sizeof(id), "%" PRId64, ++world->last_wordpress_id);
    if (sandbox_upload_new(world, outcome->account, id, request->body.bytes, request->body.length,
                           alt) != NULL) {
        outcome->acted = true;
        sandbox_wordpress_begin(exchange, 201);
        text_addf(&exchange->answer.body, "{\"id\":%s}", id);
    } else {
        sandbox_wordpress_trouble(world, exchange, TROUBLE_FULL, outcome->account, 0);
    }
    memory_free(alt);
}
