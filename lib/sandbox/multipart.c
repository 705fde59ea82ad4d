#include "sandbox/multipart.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { BOUNDARY_MAX = 70, HEADERS_MAX_BYTES = 1024 };

static const char type_prefix[] = "multipart/form-data; boundary=";

/* What is left of the body, and memory for the strings of its parts. */
struct reader {
    const char *at, *end;
    char delimiter[BOUNDARY_MAX + 5]; /* CR LF -- and the boundary */
    char *write;
};

static const char *keep(struct reader *reader, const char *bytes, size_t length)
{
    char *kept = reader->write;

    memcpy(kept, bytes, length);
    kept[length] = '\0';
    reader->write += length + 1;
    return kept;
}

static bool read_boundary(const struct request *request, struct reader *reader)
{
    const char *type = sandbox_request_value(request, "content-type");
    const char *boundary;

    if (type == NULL || strncasecmp(type, type_prefix, sizeof(type_prefix) - 1) != 0)
        return false;
    boundary = type + sizeof(type_prefix) - 1;
    if (boundary[0] == '\0' || strlen(boundary) > BOUNDARY_MAX || strpbrk(boundary, " ;\"") != NULL)
        return false;
    snprintf(reader->delimiter, sizeof(reader->delimiter), "\r\n--%s", boundary);
    return true;
}

static bool skip(struct reader *reader, const char *string)
{
    size_t length = strlen(string);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, string, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool is_line(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)bytes[i] < 0x20)
            return false;
    }
    return true;
}

/* name="value" behind "; ". */
static bool read_parameter(struct reader *reader, const char *name, const char *end,
                           const char **out)
{
    const char *close;

    if (!skip(reader, "; ") || !skip(reader, name) || !skip(reader, "=\""))
        return false;
    close = memchr(reader->at, '"', (size_t)(end - reader->at));
    if (close == NULL || close == reader->at || !is_line(reader->at, (size_t)(close - reader->at)))
        return false;
    *out = keep(reader, reader->at, (size_t)(close - reader->at));
    reader->at = close + 1;
    return true;
}

/* The headers, up to the empty line. */
static bool read_headers(struct reader *reader, struct form_part *part)
{
    size_t there = (size_t)(reader->end - reader->at);
    const char *end =
        memmem(reader->at, there < HEADERS_MAX_BYTES ? there : HEADERS_MAX_BYTES, "\r\n\r\n", 4);
    const char *line_end;

    if (end == NULL || !skip(reader, "Content-Disposition: form-data") ||
        !read_parameter(reader, "name", end, &part->name))
        return false;
    if (*reader->at == ';' && !read_parameter(reader, "filename", end, &part->file_name))
        return false;
    if (reader->at < end && skip(reader, "\r\nContent-Type: ")) {
        line_end = memmem(reader->at, (size_t)(end + 2 - reader->at), "\r\n", 2);
        if (!is_line(reader->at, (size_t)(line_end - reader->at)))
            return false;
        part->type = keep(reader, reader->at, (size_t)(line_end - reader->at));
        reader->at = line_end;
    }
    return skip(reader, "\r\n\r\n");
}

static bool read_content(struct reader *reader, struct form_part *part)
{
    const char *end = memmem(reader->at, (size_t)(reader->end - reader->at), reader->delimiter,
                             strlen(reader->delimiter));

    if (end == NULL)
        return false;
    part->size = (size_t)(end - reader->at);
    part->bytes = reader->at;
    if (part->file_name == NULL) {
        if (utf8_valid_prefix(reader->at, part->size) != part->size ||
            memchr(reader->at, '\0', part->size) != NULL)
            return false;
        part->bytes = keep(reader, reader->at, part->size);
    }
    reader->at = end + strlen(reader->delimiter);
    return true;
}

static const struct form_part *find(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->parts[i].name, name) == 0)
            return &form->parts[i];
    }
    return NULL;
}

static bool read_parts(struct form *out, struct reader *reader)
{
    if (!skip(reader, reader->delimiter + 2))
        return false;
    while (!skip(reader, "--\r\n")) {
        struct form_part part = {0};
        if (out->count == SANDBOX_FORM_PARTS_MAX || !skip(reader, "\r\n") ||
            !read_headers(reader, &part) || !read_content(reader, &part) ||
            find(out, part.name) != NULL)
            return false;
        out->parts[out->count++] = part;
    }
    return reader->at == reader->end && out->count > 0;
}

bool sandbox_form_parse(struct form *out, const struct request *request)
{
    struct reader reader = {.at = request->body.bytes,
                            .end = request->body.bytes + request->body.length};

    *out = (struct form){0};
    if (!read_boundary(request, &reader))
        return false;
    /* Every string that is kept has its own bytes in the body, and at least two more around it. */
    out->memory = memory_alloc(request->body.length + 1);
    reader.write = out->memory;
    return read_parts(out, &reader);
}

void sandbox_form_release(struct form *form)
{
    memory_free(form->memory);
    *form = (struct form){0};
}

const char *sandbox_form_get(const struct form *form, const char *name)
{
    const struct form_part *part = find(form, name);

    return part != NULL && part->file_name == NULL ? part->bytes : NULL;
}

const struct form_part *sandbox_form_file(const struct form *form, const char *name)
{
    const struct form_part *part = find(form, name);

    return part != NULL && part->file_name != NULL ? part : NULL;
}

const char *sandbox_form_unknown(const struct form *form, const char *const *known)
{
    for (size_t i = 0; i < form->count; i++) {
        size_t k = 0;
        while (known[k] != NULL && strcmp(known[k], form->parts[i].name) != 0)
            k++;
        if (known[k] == NULL)
            return form->parts[i].name;
    }
    return NULL;
}
