#include "plan/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/suggest.h"

enum { SHOWN_MAX_BYTES = 60 };

struct template_names {
    const char *const *names; /* NULL-terminated */
    size_t count;
    const char *const **sorted; /* pointers into names, by name */
};

enum op_kind { OP_TEXT, OP_VALUE, OP_SECTION, OP_INVERTED };

struct op {
    enum op_kind kind;
    const char *bytes; /* OP_TEXT */
    size_t length;
    size_t name; /* all others */
    size_t end;  /* sections: the first operation behind it */
};

struct template
{
    const struct op *ops;
    size_t count;
};

struct tag {
    const char *start, *end; /* with the braces */
    char sigil;              /* '#', '^', '/', or 0 */
    const char *name;
    size_t name_length;
};

struct parser {
    struct arena *arena;
    const struct placed_text *source;
    const struct template_names *names;
    struct problems *problems;
    struct op *ops;
    size_t count, capacity;
    struct open_section {
        size_t op;
        struct tag tag;
    } open[TEMPLATE_DEPTH_MAX];
    size_t depth;
    bool too_deep;
    bool failed;
};

/* --- names ----------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(**(const char *const *const *)a, **(const char *const *const *)b);
}

const struct template_names *template_names_new(struct arena *arena, const char *const *names,
                                                size_t count)
{
    struct template_names *list = arena_alloc(arena, sizeof(*list));
    const char **copy = arena_alloc_array(arena, count + 1, sizeof(*copy));

    list->sorted = arena_alloc_array(arena, count + 1, sizeof(*list->sorted));
    for (size_t i = 0; i < count; i++) {
        copy[i] = names[i];
        list->sorted[i] = &copy[i];
    }
    list->names = copy;
    list->count = count;
    qsort(list->sorted, count, sizeof(*list->sorted), compare_names);
    return list;
}

size_t template_names_count(const struct template_names *names)
{
    return names->count;
}

size_t template_names_find(const struct template_names *names, const char *name)
{
    const char *const *key = &name;
    const char *const **found =
        bsearch(&key, names->sorted, names->count, sizeof(*names->sorted), compare_names);

    return found ? (size_t)(*found - names->names) : names->count;
}

/* --- parsing --------------------------------------------------------------------------------- */

/* At most so many bytes that a message stays readable, and no character halved. */
static int shown_length(const char *bytes, size_t length)
{
    if (length <= SHOWN_MAX_BYTES)
        return (int)length;
    size_t shown = SHOWN_MAX_BYTES;
    while (shown > 0 && ((unsigned char)bytes[shown] & 0xC0) == 0x80)
        shown--;
    return (int)shown;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct parser *parser, const char *at,
                                                         const char *format, ...)
{
    va_list arguments;

    parser->failed = true;
    va_start(arguments, format);
    const char *message = arena_vprintf(parser->arena, format, arguments);
    va_end(arguments);
    problems_add(parser->problems, SEVERITY_ERROR, placed_text_at(parser->source, at), "%s",
                 message);
}

static struct op *add_op(struct parser *parser, enum op_kind kind)
{
    parser->ops = arena_grow(parser->arena, parser->ops, parser->count, &parser->capacity,
                             sizeof(*parser->ops));
    struct op *op = &parser->ops[parser->count++];
    *op = (struct op){.kind = kind};
    return op;
}

static void add_text(struct parser *parser, const char *from, const char *to)
{
    if (to <= from)
        return;
    struct op *op = add_op(parser, OP_TEXT);
    op->bytes = from;
    op->length = (size_t)(to - from);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
}

/* Reads the tag at `start`, which begins with "{{". False, and a problem, when it is none. */
static bool read_tag(struct parser *parser, const char *start, struct tag *out)
{
    const char *inside = start + 2;
    size_t line_length = strcspn(inside, "\n");
    const char *end = memmem(inside, line_length, "}}", 2);
    const char *other = memmem(inside, line_length, "{{", 2);

    if (!end || (other && other < end && *inside != '{')) {
        size_t length = other ? (size_t)(other - start) : line_length + 2;
        refuse(parser, start, _("'%.*s' is not closed: '}}' is missing"),
               shown_length(start, length), start);
        return false;
    }
    *out = (struct tag){.start = start, .end = end + 2};
    while (is_blank(*inside))
        inside++;
    if (*inside == '#' || *inside == '^' || *inside == '/')
        out->sigil = *inside++;
    while (is_blank(*inside))
        inside++;
    out->name = inside;
    while (is_name_byte(*inside))
        inside++;
    out->name_length = (size_t)(inside - out->name);
    while (is_blank(*inside))
        inside++;
    if (inside == end && out->name_length > 0)
        return true;
    size_t length = (size_t)(end + 2 - start);
    refuse(
        parser, start,
        _("'%.*s' is none of {{name}}, {{#name}}, {{^name}} and {{/name}}, and '{{' can stand for "
          "nothing else"),
        shown_length(start, length), start);
    return false;
}

/* The index of the tag's name; the number of names, and a problem, when there is none such. */
static size_t resolve(struct parser *parser, const struct tag *tag)
{
    const char *name = arena_strndup(parser->arena, tag->name, tag->name_length);
    size_t index = template_names_find(parser->names, name);

    if (index < parser->names->count)
        return index;
    bool is_full = parser->problems->error_count >= PROBLEMS_MAX; /* a hint nobody would see */
    refuse(parser, tag->start, _("unknown name '%.*s' in '%.*s'%s"),
           shown_length(name, tag->name_length), name,
           shown_length(tag->start, (size_t)(tag->end - tag->start)), tag->start,
           is_full ? "" : suggest_hint(parser->arena, name, parser->names->names));
    return parser->names->count;
}

static void open_section(struct parser *parser, const struct tag *tag)
{
    if (parser->depth == TEMPLATE_DEPTH_MAX) {
        if (!parser->too_deep)
            refuse(parser, tag->start, _("more than %d sections inside each other"),
                   TEMPLATE_DEPTH_MAX);
        parser->too_deep = true; /* what closes what is not known from here on */
        return;
    }
    size_t name = resolve(parser, tag);
    parser->open[parser->depth++] = (struct open_section){parser->count, *tag};
    add_op(parser, tag->sigil == '#' ? OP_SECTION : OP_INVERTED)->name = name;
}

static void close_section(struct parser *parser, const struct tag *tag)
{
    if (parser->too_deep)
        return;
    if (parser->depth == 0) {
        refuse(parser, tag->start, _("'{{/%.*s}}' closes nothing that is open"),
               shown_length(tag->name, tag->name_length), tag->name);
        return;
    }
    const struct open_section *last = &parser->open[--parser->depth];
    parser->ops[last->op].end = parser->count;
    if (last->tag.name_length == tag->name_length &&
        memcmp(last->tag.name, tag->name, tag->name_length) == 0)
        return;
    refuse(parser, tag->start, _("'{{/%.*s}}' stands where '{{/%.*s}}' is expected"),
           shown_length(tag->name, tag->name_length), tag->name,
           shown_length(last->tag.name, last->tag.name_length), last->tag.name);
}

static void take_tag(struct parser *parser, const struct tag *tag)
{
    if (tag->sigil == '/') {
        close_section(parser, tag);
    } else if (tag->sigil != 0) {
        open_section(parser, tag);
    } else {
        size_t name = resolve(parser, tag);
        add_op(parser, OP_VALUE)->name = name;
    }
}

/* A section tag with nothing but blanks around it takes its line: widens it to the whole line. */
static void widen_to_line(const struct parser *parser, struct tag *tag)
{
    const char *first = tag->start, *last = tag->end;

    if (tag->sigil == 0)
        return;
    while (first > parser->source->text && is_blank(first[-1]))
        first--;
    while (is_blank(*last))
        last++;
    if ((first > parser->source->text && first[-1] != '\n') || (*last != '\n' && *last != '\0'))
        return;
    tag->start = first;
    tag->end = *last == '\n' ? last + 1 : last;
}

static void parse(struct parser *parser)
{
    const char *at = parser->source->text;

    for (;;) {
        struct tag tag;
        const char *start = strstr(at, "{{");
        if (!start)
            break;
        if (!read_tag(parser, start, &tag)) {
            at = start + 2 + strspn(start + 2, "{");
            continue;
        }
        struct tag widened = tag;
        widen_to_line(parser, &widened);
        add_text(parser, at, widened.start);
        take_tag(parser, &tag);
        at = widened.end;
    }
    add_text(parser, at, at + strlen(at));
    for (size_t i = 0; i < parser->depth && !parser->too_deep; i++) {
        const struct tag *tag = &parser->open[i].tag;
        int shown = shown_length(tag->name, tag->name_length);
        refuse(parser, tag->start, _("'{{%c%.*s}}' is not closed: '{{/%.*s}}' is missing"),
               tag->sigil, shown, tag->name, shown, tag->name);
    }
}

const struct template *template_parse(struct arena *arena, const struct placed_text *source,
                                      const struct template_names *names, struct problems *problems)
{
    struct parser parser = {.arena = arena, .source = source, .names = names, .problems = problems};

    parse(&parser);
    if (parser.failed)
        return NULL;
    struct template *template = arena_alloc(arena, sizeof(*template));
    template->ops = parser.ops;
    template->count = parser.count;
    return template;
}

/* --- filling --------------------------------------------------------------------------------- */

void template_fill(const struct template *template, const char *const *values, struct text *out)
{
    for (size_t i = 0; i < template->count;) {
        const struct op *op = &template->ops[i];
        bool is_inside = true;
        switch (op->kind) {
        case OP_TEXT:
            text_add_bytes(out, op->bytes, op->length);
            break;
        case OP_VALUE:
            text_add(out, values[op->name]);
            break;
        case OP_SECTION:
            is_inside = values[op->name][0] != '\0';
            break;
        case OP_INVERTED:
            is_inside = values[op->name][0] == '\0';
            break;
        }
        i = is_inside ? i + 1 : op->end;
    }
}

bool template_uses(const struct template *template, size_t name)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->ops[i].kind != OP_TEXT && template->ops[i].name == name)
            return true;
    return false;
}
