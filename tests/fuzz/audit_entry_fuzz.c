/* Entries of the audit log: any bytes are read safely, and a value of any bytes stays on its line.
 */
#include "audit/entry.h"
#include "base/limits.h"

#include "fuzz.h"

static void count_field(void *context, const char *key, size_t key_length, const char *value,
                        size_t value_length)
{
    require(key_length > 0 && value_length > 0, "a field has a key and a value");
    require(!memchr(key, '\n', key_length) && !memchr(value, '\n', value_length),
            "a field is one line");
    ++*(size_t *)context;
}

static void read_any(const char *bytes, size_t size)
{
    const char *body;
    size_t body_size, fields = 0;

    bool is_entry = entry_read(bytes, size, count_field, &fields, &body, &body_size);
    require(is_entry == (fields > 0), "an entry has its sequence");
    if (is_entry && body)
        require(body + body_size == bytes + size, "the body is the rest");
}

static void write_any(const char *value, const char *text)
{
    struct text draft, entry;
    const char *body;
    size_t body_size, fields = 0;

    entry_begin(&draft, ENTRY_REFUSED, "coordinator", 0);
    text_init(&entry, AUDIT_ENTRY_MAX_BYTES);
    entry_add(&draft, "value", value);
    entry_add_body(&draft, text);
    if (entry_finish(&draft, 7, &entry)) {
        require(entry_read(entry.bytes, entry.length, count_field, &fields, &body, &body_size),
                "what is written is an entry");
        require(fields == (value[0] ? 5u : 4u), "a value makes one field");
        require(body && body_size == strlen(text) && memcmp(body, text, body_size) == 0,
                "the body is kept as it is");
    } else {
        require(strlen(value) + strlen(text) > AUDIT_ENTRY_MAX_BYTES / 4, "only much is too much");
    }
    text_release(&draft);
    text_release(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = malloc(size + 1);

    if (!string)
        return 0;
    if (size > 0)
        memcpy(string, data, size);
    string[size] = '\0';
    read_any(string, size);
    write_any(string, string + size / 2 * (strlen(string) == size));
    free(string);
    return 0;
}
