/* The head of an HTTP/1.1 request: its request line and headers (RFC 9112, sections 3 and 5). */
#include <string.h>

#include "sandbox/server.h"

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
            return false;
    }
    return length > 0;
}

static bool is_field_value(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_target(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] <= ' ' || bytes[i] > '~' || bytes[i] == '#')
            return false;
    }
    return length > 0 && bytes[0] == '/';
}

/* 0, or the status of the refusal. */
static unsigned read_request_line(struct request *request, const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    const char *target, *end;

    if (space == NULL || !is_token(line, (size_t)(space - line)))
        return 400;
    target = space + 1;
    end = memchr(target, ' ', length - (size_t)(target - line));
    if (end == NULL || !is_target(target, (size_t)(end - target)))
        return 400;
    if (length - (size_t)(end - line) != 9 || memcmp(end + 1, "HTTP/1.1", 8) != 0)
        return 505;
    sandbox_request_method(request, line, (size_t)(space - line));
    sandbox_request_target(request, target, (size_t)(end - target));
    return 0;
}

static bool read_header_line(struct request *request, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    char name[256];
    size_t name_length;
    const char *value;
    size_t value_length;

    if (colon == NULL)
        return false;
    name_length = (size_t)(colon - line);
    if (!is_token(line, name_length) || name_length >= sizeof(name))
        return false;
    for (size_t i = 0; i < name_length; i++)
        name[i] = line[i] >= 'A' && line[i] <= 'Z' ? (char)(line[i] - 'A' + 'a') : line[i];
    value = colon + 1;
    value_length = length - name_length - 1;
    while (value_length > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        value_length--;
    }
    while (value_length > 0 && (value[value_length - 1] == ' ' || value[value_length - 1] == '\t'))
        value_length--;
    if (!is_field_value(value, value_length))
        return false;
    sandbox_request_header(request, name, name_length, value, value_length);
    return true;
}

unsigned sandbox_http1_read_head(struct request *request, const char *head, size_t length)
{
    const char *end = head + length;
    bool first = true;

    while (head < end) {
        const char *line_end = memmem(head, (size_t)(end - head), "\r\n", 2);
        size_t line_length;
        if (line_end == NULL)
            return 400;
        line_length = (size_t)(line_end - head);
        if (first) {
            unsigned status = read_request_line(request, head, line_length);
            if (status != 0)
                return status;
            first = false;
        } else if (!read_header_line(request, head, line_length)) {
            return 400;
        }
        head = line_end + 2;
    }
    return first ? 400 : 0;
}
