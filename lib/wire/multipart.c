#include "wire/multipart.h"

#include <stdio.h>

void multipart_boundary(const unsigned char nonce[16], char out[MULTIPART_BOUNDARY_SIZE])
{
    int length = snprintf(out, MULTIPART_BOUNDARY_SIZE, "crisis-");
    for (int i = 0; i < 16; i++)
        length +=
            snprintf(out + length, MULTIPART_BOUNDARY_SIZE - (size_t)length, "%02x", nonce[i]);
}

void multipart_begin(struct http_request *request, const char *boundary)
{
    char type[MULTIPART_BOUNDARY_SIZE + 40];
    snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", boundary);
    http_request_header(request, "Content-Type", type);
}

/* RFC 7578 4.2 leaves open how a quote is escaped, and readers differ: there is none. */
static void add_quoted(struct http_request *request, const char *parameter, const char *value)
{
    for (const unsigned char *at = (const unsigned char *)value; *at; at++)
        if (*at < 0x20 || *at == 0x7f || *at == '"' || *at == '\\')
            request->body.overflowed = true;
    text_addf(&request->body, "; %s=\"%s\"", parameter, value);
}

static void add_delimiter(struct http_request *request, const char *boundary, const char *name)
{
    text_addf(&request->body, "--%s\r\nContent-Disposition: form-data", boundary);
    add_quoted(request, "name", name);
}

void multipart_field(struct http_request *request, const char *boundary, const char *name,
                     const char *value)
{
    add_delimiter(request, boundary, name);
    text_add(&request->body, "\r\n\r\n");
    text_add(&request->body, value);
    text_add(&request->body, "\r\n");
}

void multipart_file(struct http_request *request, const char *boundary, const char *name,
                    const char *file_name, const char *type, const void *bytes, size_t size_bytes)
{
    add_delimiter(request, boundary, name);
    add_quoted(request, "filename", file_name);
    text_addf(&request->body, "\r\nContent-Type: %s\r\n\r\n", type);
    request->file = bytes;
    request->file_size_bytes = size_bytes;
    text_addf(&request->tail, "\r\n--%s--\r\n", boundary);
}
