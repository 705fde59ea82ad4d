#include "sandbox/exchange.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/utf8.h"

enum {
    KEPT_BUFFER_BYTES = 64 * 1024, /* a larger buffer is given back when an exchange ends */
    ANSWER_VALUES_MAX_BYTES = 8 * 1024,
};

void sandbox_exchange_init(struct exchange *exchange)
{
    *exchange = (struct exchange){0};
    text_init(&exchange->request.head, SANDBOX_HEAD_MAX_BYTES);
    text_init(&exchange->request.body, SANDBOX_BODY_MAX_BYTES);
    text_init(&exchange->answer.values, ANSWER_VALUES_MAX_BYTES);
    text_init(&exchange->answer.body, SANDBOX_ANSWER_MAX_BYTES);
}

void sandbox_exchange_release(struct exchange *exchange)
{
    text_release(&exchange->request.head);
    text_release(&exchange->request.body);
    text_release(&exchange->answer.values);
    text_release(&exchange->answer.body);
}

static void exchange_empty(struct text *text, size_t ceiling)
{
    if (text->capacity > KEPT_BUFFER_BYTES) {
        text_release(text);
        text_init(text, ceiling);
    } else {
        text_reset(text);
    }
}

void sandbox_exchange_reset(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct answer *answer = &exchange->answer;

    exchange_empty(&request->head, SANDBOX_HEAD_MAX_BYTES);
    exchange_empty(&request->body, SANDBOX_BODY_MAX_BYTES);
    exchange_empty(&answer->values, ANSWER_VALUES_MAX_BYTES);
    exchange_empty(&answer->body, SANDBOX_ANSWER_MAX_BYTES);
    text_add_char(&request->head, '\0'); /* offset 0 is the empty string */
    request->header_count = 0;
    request->method_at = request->target_at = request->authority_at = 0;
    request->head_too_large = request->body_too_large = false;
    answer->status = 0;
    answer->style = ANSWER_WHOLE;
    answer->delay_ms = answer->outage_ms = 0;
    answer->header_count = 0;
}

static uint32_t request_keep(struct request *request, const char *bytes, size_t length)
{
    uint32_t at = (uint32_t)request->head.length;

    if (request->head.length + length + 1 > SANDBOX_HEAD_MAX_BYTES) {
        request->head_too_large = true;
        return 0;
    }
    text_add_bytes(&request->head, bytes, length);
    text_add_char(&request->head, '\0');
    return at;
}

void sandbox_request_method(struct request *request, const char *bytes, size_t length)
{
    request->method_at = request_keep(request, bytes, length);
}

void sandbox_request_target(struct request *request, const char *bytes, size_t length)
{
    request->target_at = request_keep(request, bytes, length);
}

void sandbox_request_authority(struct request *request, const char *bytes, size_t length)
{
    request->authority_at = request_keep(request, bytes, length);
}

void sandbox_request_header(struct request *request, const char *name, size_t name_length,
                            const char *value, size_t value_length)
{
    struct header_place *place;

    if (request->header_count == SANDBOX_HEADERS_MAX) {
        request->head_too_large = true;
        return;
    }
    place = &request->headers[request->header_count++];
    place->name = request_keep(request, name, name_length);
    place->value = request_keep(request, value, value_length);
}

void sandbox_request_body(struct request *request, const void *bytes, size_t length)
{
    if (request->body.length + length > SANDBOX_BODY_MAX_BYTES)
        request->body_too_large = true;
    else
        text_add_bytes(&request->body, bytes, length);
}

void sandbox_request_finish(struct request *request)
{
    char *base = request->head.bytes;
    char *mark = strchr(base + request->target_at, '?');

    request->method = base + request->method_at;
    request->path = base + request->target_at;
    request->authority = base + request->authority_at;
    request->query = "";
    if (request->authority_at == 0 && sandbox_request_value(request, "host") != NULL)
        request->authority = sandbox_request_value(request, "host");
    if (mark != NULL) {
        *mark = '\0';
        request->query = mark + 1;
    }
}

const char *sandbox_request_value(const struct request *request, const char *name)
{
    const char *found = NULL;

    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->head.bytes + request->headers[i].name, name) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = request->head.bytes + request->headers[i].value;
    }
    return found;
}

bool sandbox_request_is_type(const struct request *request, const char *type)
{
    const char *value = sandbox_request_value(request, "content-type");
    size_t length = strlen(type);

    if (value == NULL || strncasecmp(value, type, length) != 0)
        return false;
    value += length;
    value += strspn(value, " \t");
    return *value == '\0' || *value == ';';
}

void sandbox_answer_header(struct answer *answer, const char *name, const char *format, ...)
{
    va_list arguments;
    uint32_t at = (uint32_t)answer->values.length;

    if (answer->header_count == SANDBOX_ANSWER_HEADERS_MAX)
        return;
    va_start(arguments, format);
    text_addv(&answer->values, format, arguments);
    va_end(arguments);
    text_add_char(&answer->values, '\0');
    if (answer->values.overflowed)
        return;
    answer->names[answer->header_count] = name;
    answer->value_at[answer->header_count++] = at;
}

const char *sandbox_answer_value(const struct answer *answer, size_t index)
{
    return answer->values.bytes + answer->value_at[index];
}

size_t sandbox_body_size(const struct exchange *exchange)
{
    const struct request *request = &exchange->request;

    if (strcmp(request->head.bytes + request->method_at, "HEAD") == 0)
        return 0;
    return exchange->answer.body.length;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes from..end into *write, adds a NUL and moves *write behind it. */
static int percent_decode(char **write, const char *from, const char *end, bool plus_is_space)
{
    char *start = *write;
    char *to = start;
    size_t length;

    while (from < end) {
        char c = *from++;
        if (c == '%') {
            if (end - from < 2 || hex_value(from[0]) < 0 || hex_value(from[1]) < 0)
                return -1;
            c = (char)(hex_value(from[0]) * 16 + hex_value(from[1]));
            from += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return -1;
        *to++ = c;
    }
    length = (size_t)(to - start);
    *to++ = '\0';
    *write = to;
    return utf8_valid_prefix(start, length) == length ? 0 : -1;
}

static int parameters_add(struct parameters *out, char **write, const char *from, const char *end)
{
    const char *equals = memchr(from, '=', (size_t)(end - from));
    struct parameter *item;

    if (out->count == SANDBOX_PARAMETERS_MAX)
        return -1;
    item = &out->items[out->count];
    item->name = *write;
    if (percent_decode(write, from, equals != NULL ? equals : end, true) < 0)
        return -1;
    item->value = *write;
    if (percent_decode(write, equals != NULL ? equals + 1 : end, end, true) < 0)
        return -1;
    for (size_t i = 0; i < out->count && out->repeated == NULL; i++) {
        if (strcmp(out->items[i].name, item->name) == 0)
            out->repeated = item->name;
    }
    out->count++;
    return 0;
}

int sandbox_parameters_parse(struct parameters *out, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    const char *from = bytes;
    char *write;

    out->count = 0;
    out->repeated = NULL;
    /* A part of n bytes needs at most n + 2 with its two NULs, and brings its '&' or the end. */
    out->memory = memory_alloc(length + 2 * SANDBOX_PARAMETERS_MAX + 2);
    write = out->memory;
    while (from < end) {
        const char *stop = memchr(from, '&', (size_t)(end - from));
        if (stop == NULL)
            stop = end;
        if (stop > from && parameters_add(out, &write, from, stop) < 0)
            return -1;
        from = stop + 1;
    }
    return 0;
}

void sandbox_parameters_release(struct parameters *parameters)
{
    memory_free(parameters->memory);
    parameters->memory = NULL;
    parameters->count = 0;
}

const char *sandbox_parameters_get(const struct parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->items[i].name, name) == 0)
            return parameters->items[i].value;
    }
    return NULL;
}

const char *sandbox_parameters_unknown(const struct parameters *parameters,
                                       const char *const *known)
{
    for (size_t i = 0; i < parameters->count; i++) {
        size_t k = 0;
        while (known[k] != NULL && strcmp(known[k], parameters->items[i].name) != 0)
            k++;
        if (known[k] == NULL)
            return parameters->items[i].name;
    }
    return NULL;
}

bool sandbox_path_split(struct path_parts *out, const char *path)
{
    char *write = out->memory;

    out->count = 0;
    if (*path != '/' || strlen(path) + SANDBOX_PATH_PARTS_MAX + 1 > sizeof(out->memory))
        return false;
    while (*path == '/') {
        const char *end;
        path++;
        end = path + strcspn(path, "/");
        if (out->count == SANDBOX_PATH_PARTS_MAX)
            return false;
        out->items[out->count++] = write;
        if (percent_decode(&write, path, end, false) < 0)
            return false;
        path = end;
    }
    return true;
}
