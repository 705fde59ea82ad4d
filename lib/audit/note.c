#include "audit/note.h"

#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/utf8.h"

#include "audit/lines.h"

static const char line_start[] = "\xe2\x80\x94 "; /* an em dash and a space */
static const char cosignature_start[] = "cosignature/v1\ntime ";

/* --- keys ------------------------------------------------------------------------------------ */

/* White space as Unicode has it. */
static bool is_space(uint32_t code_point)
{
    return (code_point >= 0x09 && code_point <= 0x0d) || code_point == 0x20 || code_point == 0x85 ||
           code_point == 0xa0 || code_point == 0x1680 ||
           (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 ||
           code_point == 0x2029 || code_point == 0x202f || code_point == 0x205f ||
           code_point == 0x3000;
}

bool note_name_is_valid(const char *name, size_t length)
{
    if (length == 0 || length > NOTE_NAME_MAX_BYTES)
        return false;
    while (length > 0) {
        uint32_t code_point;
        size_t used = utf8_decode(name, length, &code_point);
        if (used == 0 || code_point < 0x20 || code_point == 0x7f || code_point == '+' ||
            is_space(code_point))
            return false;
        name += used;
        length -= used;
    }
    return true;
}

static void compute_id(struct note_vkey *vkey)
{
    const unsigned char type = (unsigned char)vkey->type;
    unsigned char hash[SHA256_SIZE];
    struct sha256 *state = sha256_new();

    sha256_add(state, vkey->name, strlen(vkey->name));
    sha256_add(state, "\n", 1);
    sha256_add(state, &type, 1);
    sha256_add(state, vkey->public_key, sizeof(vkey->public_key));
    sha256_finish(state, hash);
    sha256_free(state);
    memcpy(vkey->id, hash, sizeof(vkey->id));
}

static int vkey_set(struct note_vkey *vkey, const char *name, size_t name_length,
                    enum note_key_type type, const unsigned char *public_key, struct error *error)
{
    memset(vkey, 0, sizeof(*vkey));
    if (!note_name_is_valid(name, name_length))
        return error_set(error, ERROR_INPUT,
                         _("the name of a log key is 1 to %d bytes without spaces and '+'"),
                         NOTE_NAME_MAX_BYTES);
    if (ed25519_is_low_order(public_key))
        return error_set(error, ERROR_INPUT,
                         _("the public key of '%.*s' is one that anybody can "
                           "sign for"),
                         (int)name_length, name);
    memcpy(vkey->name, name, name_length);
    vkey->type = type;
    memcpy(vkey->public_key, public_key, sizeof(vkey->public_key));
    compute_id(vkey);
    return 0;
}

int note_vkey_init(struct note_vkey *vkey, const char *name, enum note_key_type type,
                   const unsigned char public_key[ED25519_PUBLIC_SIZE], struct error *error)
{
    return vkey_set(vkey, name, strlen(name), type, public_key, error);
}

/* Takes off what stands before the next plus sign. The base64 at the end may have more of them. */
static bool take_part(struct line *rest, struct line *out)
{
    const char *plus = rest->length > 0 ? memchr(rest->bytes, '+', rest->length) : NULL;

    if (!plus)
        return false;
    *out = (struct line){rest->bytes, (size_t)(plus - rest->bytes)};
    *rest = (struct line){plus + 1, rest->length - out->length - 1};
    return true;
}

int note_vkey_parse(const char *bytes, size_t length, struct note_vkey *out, struct error *error)
{
    struct line rest = {bytes, length}, name, id;
    unsigned char key[1 + ED25519_PUBLIC_SIZE];
    struct text id_hex;

    memset(out, 0, sizeof(*out));
    if (length > NOTE_VKEY_MAX_BYTES || !take_part(&rest, &name) || !take_part(&rest, &id) ||
        !line_base64(&rest, key, sizeof(key)))
        return error_set(
            error, ERROR_INPUT,
            _("this is no key of a log: a name, '+', 8 hexadecimal digits, '+' and the "
              "base64 of a key of 33 bytes"));
    if (key[0] != NOTE_ED25519 && key[0] != NOTE_COSIGNATURE)
        return error_set(error, ERROR_INPUT,
                         _("the key is of type 0x%02x; 0x01 and 0x04 (Ed25519) are known"), key[0]);
    if (vkey_set(out, name.bytes, name.length, (enum note_key_type)key[0], key + 1, error) < 0)
        return -1;
    text_init(&id_hex, (size_t)2 * NOTE_KEY_ID_SIZE);
    hex_add(&id_hex, out->id, sizeof(out->id));
    bool fits = line_is(&id, id_hex.bytes);
    if (!fits)
        error_set(error, ERROR_INPUT, _("the key of '%s' has the id %s, and '%.*s' stands there"),
                  out->name, id_hex.bytes, (int)(id.length < 16 ? id.length : 16), id.bytes);
    text_release(&id_hex);
    return fits ? 0 : -1;
}

void note_vkey_add(struct text *out, const struct note_vkey *vkey)
{
    unsigned char key[1 + ED25519_PUBLIC_SIZE] = {(unsigned char)vkey->type};

    memcpy(key + 1, vkey->public_key, sizeof(vkey->public_key));
    text_addf(out, "%s+", vkey->name);
    hex_add(out, vkey->id, sizeof(vkey->id));
    text_add_char(out, '+');
    base64_add(out, key, sizeof(key));
}

bool note_vkey_equal(const struct note_vkey *a, const struct note_vkey *b)
{
    return strcmp(a->name, b->name) == 0 && a->type == b->type &&
           memcmp(a->public_key, b->public_key, sizeof(a->public_key)) == 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static int no_note(struct error *error, const char *why)
{
    return error_set(error, ERROR_VERIFICATION, _("this is no signed note: %s"), why);
}

static const char *find_text_fault(const char *text, size_t size)
{
    if (size == 0 || text[size - 1] != '\n')
        return _("the text does not end in a line feed");
    if (utf8_valid_prefix(text, size) != size)
        return _("it is not UTF-8");
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n')
            return _("it has a control character");
    return NULL;
}

/* The size of the text: up to the last empty line. 0: there is none. */
static size_t find_text_size(const char *bytes, size_t size)
{
    for (size_t at = size; at >= 2; at--)
        if (bytes[at - 1] == '\n' && bytes[at - 2] == '\n')
            return at - 1;
    return 0;
}

static bool decode_signature(const struct line *base64, struct note_signature *out)
{
    struct text decoded;

    text_init(&decoded, LINE_BASE64_MAX_BYTES);
    bool fits =
        base64_decode(&decoded, base64->bytes, base64->length) && decoded.length > NOTE_KEY_ID_SIZE;
    if (fits) {
        out->size = decoded.length - NOTE_KEY_ID_SIZE;
        memcpy(out->key_id, decoded.bytes, NOTE_KEY_ID_SIZE);
        if (out->size <= sizeof(out->bytes))
            memcpy(out->bytes, decoded.bytes + NOTE_KEY_ID_SIZE, out->size);
    }
    text_release(&decoded);
    return fits;
}

static bool parse_signature(const struct line *line, struct note_signature *out)
{
    struct line rest;

    *out = (struct note_signature){.line = line->bytes, .line_length = line->length + 1};
    if (!line_after(line, line_start, &rest))
        return false;
    const char *space = rest.length > 0 ? memchr(rest.bytes, ' ', rest.length) : NULL;
    if (!space)
        return false;
    out->name = rest.bytes;
    out->name_length = (size_t)(space - rest.bytes);
    struct line base64 = {space + 1, rest.length - out->name_length - 1};
    return note_name_is_valid(out->name, out->name_length) && decode_signature(&base64, out);
}

int note_parse_lines(const char *lines, size_t size, const char *text, size_t text_size,
                     struct note *out, struct error *error)
{
    struct lines rest = {lines, size};
    struct line line;

    out->text = text;
    out->text_size = text_size;
    out->signature_count = 0;
    if (size > NOTE_MAX_BYTES)
        return no_note(error, _("it is too large"));
    while (lines_take(&rest, &line)) {
        if (out->signature_count == NOTE_SIGNATURES_MAX)
            return no_note(error, _("it has too many signatures"));
        if (!parse_signature(&line, &out->signatures[out->signature_count]))
            return error_set(error, ERROR_VERIFICATION,
                             _("this is no signed note: signature line %zu is not one"),
                             out->signature_count + 1);
        out->signature_count++;
    }
    if (rest.left > 0)
        return no_note(error, _("it does not end in a line feed"));
    if (out->signature_count == 0)
        return no_note(error, _("it has no signature"));
    return 0;
}

int note_parse(const char *bytes, size_t size, struct note *out, struct error *error)
{
    out->signature_count = 0;
    if (size > NOTE_MAX_BYTES)
        return no_note(error, _("it is too large"));
    const char *fault = find_text_fault(bytes, size);
    if (fault)
        return no_note(error, fault);
    size_t text_size = find_text_size(bytes, size);
    if (text_size == 0)
        return no_note(error, _("no empty line stands before the signatures"));
    return note_parse_lines(bytes + text_size + 1, size - text_size - 1, bytes, text_size, out,
                            error);
}

static bool is_of_key(const struct note_signature *signature, const struct note_vkey *key)
{
    return signature->name_length == strlen(key->name) &&
           memcmp(signature->name, key->name, signature->name_length) == 0 &&
           memcmp(signature->key_id, key->id, NOTE_KEY_ID_SIZE) == 0;
}

static bool cosignature_fits(const struct note *note, const struct note_signature *signature,
                             const struct note_vkey *key, struct note_check *check)
{
    uint64_t unix_seconds = 0;
    struct text message;

    for (size_t i = 0; i < NOTE_TIME_SIZE; i++)
        unix_seconds = unix_seconds << 8 | signature->bytes[i];
    if (unix_seconds > INT64_MAX)
        return false;
    text_init(&message, NOTE_MAX_BYTES + sizeof(cosignature_start) + 32);
    note_cosignature_message(&message, note->text, note->text_size, unix_seconds);
    bool fits =
        !message.overflowed && ed25519_verify(key->public_key, message.bytes, message.length,
                                              signature->bytes + NOTE_TIME_SIZE);
    text_release(&message);
    if (fits && unix_seconds > check->unix_seconds)
        check->unix_seconds = unix_seconds;
    return fits;
}

static bool signature_fits(const struct note *note, const struct note_signature *signature,
                           const struct note_vkey *key, struct note_check *check)
{
    if (key->type == NOTE_COSIGNATURE)
        return signature->size == NOTE_SIGNATURE_MAX_BYTES &&
               cosignature_fits(note, signature, key, check);
    return signature->size == ED25519_SIGNATURE_SIZE &&
           ed25519_verify(key->public_key, note->text, note->text_size, signature->bytes);
}

static int check_key(const struct note *note, const struct note_vkey *key, struct note_check *out,
                     struct error *error)
{
    *out = (struct note_check){0};
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        if (!is_of_key(signature, key))
            continue;
        if (!signature_fits(note, signature, key, out))
            return error_set(error, ERROR_VERIFICATION, _("the signature of '%s' does not fit"),
                             key->name);
        out->is_signed = true;
    }
    return 0;
}

int note_verify(const struct note *note, const struct note_vkey *keys, size_t key_count,
                struct note_check *out, struct error *error)
{
    bool any = false;

    for (size_t i = 0; i < key_count; i++) {
        struct note_check check;
        if (check_key(note, &keys[i], &check, error) < 0)
            return -1;
        any = any || check.is_signed;
        if (out)
            out[i] = check;
    }
    if (any)
        return 0;
    if (key_count == 1)
        return error_set(error, ERROR_VERIFICATION, _("it is not signed by '%s'"), keys[0].name);
    return error_set(error, ERROR_VERIFICATION, _("it is signed by none of the known keys"));
}

/* --- signing --------------------------------------------------------------------------------- */

void note_cosignature_message(struct text *out, const char *text, size_t text_size,
                              uint64_t unix_seconds)
{
    text_addf(out, "%s%" PRIu64 "\n", cosignature_start, unix_seconds);
    text_add_bytes(out, text, text_size);
}

static int make_cosignature(const char *text, size_t text_size, const struct ed25519_key *key,
                            uint64_t unix_seconds, unsigned char out[NOTE_SIGNATURE_MAX_BYTES],
                            struct error *error)
{
    struct text message;

    for (size_t i = 0; i < NOTE_TIME_SIZE; i++)
        out[i] = (unsigned char)(unix_seconds >> (8 * (NOTE_TIME_SIZE - 1 - i)));
    text_init(&message, NOTE_MAX_BYTES + sizeof(cosignature_start) + 32);
    note_cosignature_message(&message, text, text_size, unix_seconds);
    int result = ed25519_sign(key, message.bytes, message.length, out + NOTE_TIME_SIZE, error);
    text_release(&message);
    return result;
}

int note_add_signature(struct text *out, const char *text, size_t text_size,
                       const struct note_vkey *vkey, const struct ed25519_key *key,
                       uint64_t unix_seconds, struct error *error)
{
    unsigned char bytes[NOTE_KEY_ID_SIZE + NOTE_SIGNATURE_MAX_BYTES];
    const bool with_time = vkey->type == NOTE_COSIGNATURE;
    const char *fault = find_text_fault(text, text_size);

    if (fault || text_size > NOTE_MAX_BYTES / 2)
        return error_set(error, ERROR_INPUT, _("a note cannot hold this text: %s"),
                         fault ? fault : _("it is too large"));
    memcpy(bytes, vkey->id, NOTE_KEY_ID_SIZE);
    int result = with_time ? make_cosignature(text, text_size, key, unix_seconds,
                                              bytes + NOTE_KEY_ID_SIZE, error)
                           : ed25519_sign(key, text, text_size, bytes + NOTE_KEY_ID_SIZE, error);
    if (result < 0)
        return -1;
    text_addf(out, "%s%s ", line_start, vkey->name);
    base64_add(out, bytes,
               NOTE_KEY_ID_SIZE + (with_time ? NOTE_SIGNATURE_MAX_BYTES : ED25519_SIGNATURE_SIZE));
    text_add_char(out, '\n');
    return 0;
}

int note_sign(struct text *out, const char *text, size_t text_size, const struct note_vkey *vkey,
              const struct ed25519_key *key, struct error *error)
{
    text_add_bytes(out, text, text_size);
    text_add_char(out, '\n');
    return note_add_signature(out, text, text_size, vkey, key, 0, error);
}
