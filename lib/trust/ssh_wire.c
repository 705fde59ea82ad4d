#include "trust/ssh_wire.h"

#include <string.h>

static const unsigned char nothing[1];

void ssh_reader_init(struct ssh_reader *reader, const void *bytes, size_t size)
{
    *reader = (struct ssh_reader){.at = size ? bytes : nothing, .left = size};
}

bool ssh_reader_done(const struct ssh_reader *reader)
{
    return !reader->failed && reader->left == 0;
}

static struct ssh_bytes fail(struct ssh_reader *reader)
{
    reader->failed = true;
    reader->left = 0;
    return (struct ssh_bytes){nothing, 0};
}

struct ssh_bytes ssh_read_raw(struct ssh_reader *reader, size_t size)
{
    if (reader->failed || size > reader->left)
        return fail(reader);
    struct ssh_bytes taken = {reader->at, size};
    reader->at += size;
    reader->left -= size;
    return taken;
}

uint8_t ssh_read_byte(struct ssh_reader *reader)
{
    struct ssh_bytes taken = ssh_read_raw(reader, 1);
    return taken.size == 1 ? taken.bytes[0] : 0;
}

uint32_t ssh_read_uint32(struct ssh_reader *reader)
{
    struct ssh_bytes taken = ssh_read_raw(reader, 4);
    const unsigned char *b = taken.bytes;

    if (taken.size != 4)
        return 0;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct ssh_bytes ssh_read_string(struct ssh_reader *reader)
{
    uint32_t size = ssh_read_uint32(reader);
    return ssh_read_raw(reader, size);
}

struct ssh_bytes ssh_read_mpint(struct ssh_reader *reader)
{
    struct ssh_bytes number = ssh_read_string(reader);

    if (number.size == 0 || (number.bytes[0] & 0x80) != 0)
        return fail(reader);
    if (number.bytes[0] != 0)
        return number;
    /* A leading zero is there only where the number would look negative without it. */
    if (number.size == 1 || (number.bytes[1] & 0x80) == 0)
        return fail(reader);
    return (struct ssh_bytes){number.bytes + 1, number.size - 1};
}

bool ssh_bytes_equal(struct ssh_bytes bytes, const char *string)
{
    return bytes.size == strlen(string) && memcmp(bytes.bytes, string, bytes.size) == 0;
}

bool ssh_bytes_printable(struct ssh_bytes bytes)
{
    if (bytes.size == 0 || bytes.bytes[0] == ' ' || bytes.bytes[bytes.size - 1] == ' ')
        return false;
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.bytes[i] < 0x20 || bytes.bytes[i] > 0x7e)
            return false;
    return true;
}

void ssh_add_byte(struct text *out, uint8_t value)
{
    text_add_bytes(out, &value, 1);
}

void ssh_add_uint32(struct text *out, uint32_t value)
{
    unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                              (unsigned char)(value >> 8), (unsigned char)value};
    text_add_bytes(out, bytes, sizeof(bytes));
}

void ssh_add_string(struct text *out, const void *bytes, size_t size)
{
    if (size > UINT32_MAX) {
        out->overflowed = true;
        return;
    }
    ssh_add_uint32(out, (uint32_t)size);
    text_add_bytes(out, bytes, size);
}

void ssh_add_cstring(struct text *out, const char *string)
{
    ssh_add_string(out, string, strlen(string));
}

void ssh_add_mpint(struct text *out, const unsigned char *bytes, size_t size)
{
    while (size > 0 && bytes[0] == 0) {
        bytes++;
        size--;
    }
    bool looks_negative = size > 0 && (bytes[0] & 0x80) != 0;
    ssh_add_uint32(out, (uint32_t)(size + looks_negative));
    if (looks_negative)
        ssh_add_byte(out, 0);
    text_add_bytes(out, bytes, size);
}
