/* The sandbox's reader of forms: first on any bytes; then on what our writer makes of a field and a
 * file of any bytes, which must come out as they went in. */
#include "base/utf8.h"
#include "wire/multipart.h"

#include "sandbox/multipart.h"

#include "fuzz.h"

static const char type_prefix[] = "multipart/form-data; boundary=";

static void make_request(struct exchange *exchange, const char *boundary, const void *body,
                         size_t size)
{
    char type[sizeof(type_prefix) + 64];

    sandbox_exchange_init(exchange);
    sandbox_exchange_reset(exchange);
    snprintf(type, sizeof(type), "%s%.60s", type_prefix, boundary);
    sandbox_request_header(&exchange->request, "content-type", 12, type, strlen(type));
    sandbox_request_body(&exchange->request, body, size);
    sandbox_request_finish(&exchange->request);
}

static void read_any(const uint8_t *data, size_t size)
{
    struct exchange exchange;
    struct form form;

    make_request(&exchange, "b", data, size);
    const struct text *body = &exchange.request.body;
    const bool is_read = sandbox_form_parse(&form, &exchange.request);
    for (size_t i = 0; is_read && i < form.count; i++) {
        const struct form_part *part = &form.parts[i];
        require(part->name[0] != '\0', "a part has a name");
        if (part->file_name)
            require(part->bytes >= body->bytes &&
                        part->bytes + part->size <= body->bytes + body->length,
                    "a file lies in the body");
        else
            require(strlen(part->bytes) == part->size, "a field is a string");
        for (size_t j = 0; j < i; j++)
            require(strcmp(form.parts[j].name, part->name) != 0, "no name comes twice");
    }
    sandbox_form_release(&form);
    sandbox_exchange_release(&exchange);
}

static void write_and_read(const char *field, const uint8_t *file, size_t file_size)
{
    const unsigned char nonce[16] = "none has this";
    char boundary[MULTIPART_BOUNDARY_SIZE];
    struct http_request request;
    struct exchange exchange;
    struct form form;

    http_request_init(&request);
    multipart_boundary(nonce, boundary);
    multipart_begin(&request, boundary);
    multipart_field(&request, boundary, "description", field);
    multipart_file(&request, boundary, "file", "kart.png", "image/png", file, file_size);
    text_add_bytes(&request.body, (const char *)file, file_size);
    text_add(&request.body, request.tail.bytes);
    make_request(&exchange, boundary, request.body.bytes, request.body.length);
    if (!strstr(field, boundary) && !memmem(file, file_size, boundary, strlen(boundary))) {
        require(sandbox_form_parse(&form, &exchange.request), "what was written is read");
        const char *read = sandbox_form_get(&form, "description");
        const struct form_part *part = sandbox_form_file(&form, "file");
        require(read && strcmp(read, field) == 0, "a field is what it was");
        require(part && part->size == file_size && memcmp(part->bytes, file, file_size) == 0 &&
                    strcmp(part->type, "image/png") == 0,
                "a file is what it was");
        sandbox_form_release(&form);
    }
    sandbox_exchange_release(&exchange);
    http_request_release(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_any(data, size);
    char *field = fuzz_take_string(&data, &size);
    if (utf8_valid_prefix(field, strlen(field)) == strlen(field))
        write_and_read(field, data, size);
    free(field);
    return 0;
}
