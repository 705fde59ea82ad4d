#include "plan/characters.h"

#include <string.h>

#include "base/language.h"
#include "base/utf8.h"

/* The line separators are refused too: libyaml takes them for line breaks, no editor does. */
static bool is_line_separator(uint32_t code_point)
{
    return code_point == 0x85 || code_point == 0x2028 || code_point == 0x2029;
}

static bool is_refused(uint32_t code_point)
{
    return utf8_is_forbidden(code_point) || is_line_separator(code_point);
}

static void refuse_character(struct problems *problems, struct place place, uint32_t code_point)
{
    const char *hint = _("remove it");

    if (is_line_separator(code_point))
        hint = _("use a line break");
    else if (code_point >= 0x202A && code_point <= 0x2069)
        hint = _("it changes the order in which text is shown; remove it");
    problems_add(problems, SEVERITY_ERROR, place, _("the character U+%04X is not allowed: %s"),
                 (unsigned)code_point, hint);
}

static void refuse_byte(struct problems *problems, struct place place, const char *bytes,
                        size_t left)
{
    bool at_start = place.line == 1 && place.column == 1;
    bool is_utf16 = at_start && left >= 2 &&
                    (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);

    problems_add(problems, SEVERITY_ERROR, place, _("byte 0x%02X is not UTF-8: %s"),
                 (unsigned)(unsigned char)*bytes,
                 is_utf16 ? _("the file is UTF-16, save it as UTF-8")
                          : _("save the file as UTF-8"));
}

/* LF, or a CR that no LF follows. */
static bool ends_line(const char *bytes, size_t size, size_t offset)
{
    if (bytes[offset] == '\r')
        return offset + 1 == size || bytes[offset + 1] != '\n';
    return bytes[offset] == '\n';
}

enum characters_result characters_check(const char *file_name, const char *bytes, size_t size,
                                        struct problems *problems)
{
    struct place place = {file_name, 1, 1};
    size_t refused = 0, separators = 0;

    for (size_t offset = 0; offset < size && refused < PROBLEMS_MAX;) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(bytes + offset, size - offset, &code_point);
        if (length == 0) {
            refuse_byte(problems, place, bytes + offset, size - offset);
            return CHARACTERS_UNREADABLE;
        }
        offset += length;
        if (ends_line(bytes, size, offset - length)) {
            place.line++;
            place.column = 1;
            continue;
        }
        if (code_point != '\r' && is_refused(code_point)) {
            refuse_character(problems, place, code_point);
            refused++;
            separators += is_line_separator(code_point);
        }
        place.column++;
    }
    if (separators > 0 || refused == PROBLEMS_MAX)
        return CHARACTERS_UNREADABLE;
    return refused > 0 ? CHARACTERS_REFUSED : CHARACTERS_FINE;
}

char characters_at(const char *bytes, size_t size, unsigned line, unsigned column)
{
    size_t offset = 0;

    for (; line > 1 && offset < size; offset++)
        if (ends_line(bytes, size, offset))
            line--;
    for (; column > 1 && offset < size; column--) {
        uint32_t code_point;
        size_t length = utf8_decode(bytes + offset, size - offset, &code_point);
        offset += length > 0 ? length : 1;
    }
    return offset < size ? bytes[offset] : '\0';
}

bool characters_find_refused(const char *text, size_t length, uint32_t *code_point)
{
    *code_point = 0xFFFD; /* should it not even be UTF-8 */
    for (size_t offset = 0; offset < length;) {
        size_t used = utf8_decode(text + offset, length - offset, code_point);
        if (used == 0 || is_refused(*code_point))
            return true;
        offset += used;
    }
    return false;
}
