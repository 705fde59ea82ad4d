#include "plan/builder.h"

#include <stdarg.h>
#include <string.h>

#include "base/language.h"

#include "plan/characters.h"
#include "plan/formats.h"
#include "plan/node_tree.h"

enum { ANCHORS_MAX = 1000 };

/* A list or map that is being read. */
struct frame {
    struct node *node;
    size_t capacity;
    const char *key; /* of the value to come; NULL: the value is dropped */
    struct place key_place;
    bool expects_value;
    bool dropped; /* belongs to nothing: it stood where a key must */
};

struct anchor {
    const char *name;
    const struct node *node;
};

void builder_init(struct builder *builder, struct arena *arena, struct problems *problems,
                  const struct reader_limits *limits)
{
    *builder = (struct builder){
        .arena = arena,
        .problems = problems,
        .limits = limits,
        .frames = arena_alloc_array(arena, limits->depth_max, sizeof(struct frame)),
    };
}

void builder_refuse(struct builder *builder, struct place place, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *message = arena_vprintf(builder->arena, format, arguments);
    va_end(arguments);
    problems_add(builder->problems, SEVERITY_ERROR, place, "%s", message);
    builder->failed = true;
}

void builder_stop(struct builder *builder, struct place place, const char *message)
{
    builder_refuse(builder, place, "%s", message);
    builder->stopped = true;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static bool count_nodes(struct builder *builder, size_t more, struct place place)
{
    builder->nodes += more;
    if (builder->nodes <= builder->limits->nodes_max)
        return true;
    builder_refuse(builder, place, _("more than %zu values (aliases count as what they stand for)"),
                   builder->limits->nodes_max);
    builder->stopped = true;
    return false;
}

static struct node *new_node(struct builder *builder, enum node_kind kind, struct place place)
{
    struct node *node = arena_alloc(builder->arena, sizeof(*node));

    node->file = place.file;
    node->line = place.line;
    node->column = place.column;
    node->kind = (uint8_t)kind;
    node->weight = 1;
    return node;
}

static struct node *missing_node(struct builder *builder, struct place place)
{
    struct node *node = new_node(builder, NODE_TEXT, place);

    node->text = "";
    node->missing = true;
    return node;
}

static struct frame *top(struct builder *builder)
{
    return builder->depth > 0 ? &builder->frames[builder->depth - 1] : NULL;
}

static bool is_key_place(const struct frame *frame)
{
    return frame && frame->node->kind == NODE_MAP && !frame->expects_value;
}

/* A value has been read: gives it to the list, key or document that waits for it. */
static void attach(struct builder *builder, const struct node *node)
{
    struct frame *frame = top(builder);

    if (!frame) {
        builder->root = node;
        return;
    }
    struct node *parent = frame->node;
    if (parent->kind == NODE_LIST) {
        parent->items = arena_grow(builder->arena, parent->items, parent->count, &frame->capacity,
                                   sizeof(struct node *));
        parent->items[parent->count++] = node;
    } else if (frame->key) {
        parent->pairs = arena_grow(builder->arena, parent->pairs, parent->count, &frame->capacity,
                                   sizeof(struct pair));
        parent->pairs[parent->count++] =
            (struct pair){frame->key, node, frame->key_place.line, frame->key_place.column};
        parent->weight++; /* the key */
    }
    parent->weight += node->weight;
    if (node->height >= parent->height)
        parent->height = (uint16_t)(node->height + 1);
    frame->expects_value = false;
    frame->key = NULL;
}

/* Something other than a text stands where a key must: its value is read and dropped. */
static void refuse_key(struct builder *builder, struct frame *frame, struct place place,
                       const char *message)
{
    builder_refuse(builder, place, "%s", message);
    frame->key = NULL;
    frame->expects_value = true;
}

static void close_map(struct builder *builder, struct node *map)
{
    node_sort_keys(builder->arena, map);
    if (map->count == 0)
        return;
    const struct pair *first = map->sorted[0];
    for (uint32_t i = 1; i < map->count; i++) {
        const struct pair *pair = map->sorted[i];
        if (strcmp(pair->key, first->key) != 0) {
            first = pair;
            continue;
        }
        struct place place = {map->file, pair->line, pair->column};
        builder_refuse(builder, place, _("duplicate key '%s', first given on line %u"),
                       shown(builder->arena, pair->key), first->line);
    }
}

/* --- anchors --------------------------------------------------------------------------------- */

/* Where the anchor is, or where it belongs. */
static size_t anchor_position(const struct builder *builder, const char *name)
{
    size_t low = 0, high = builder->anchor_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(builder->anchors[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_anchor_at(const struct builder *builder, size_t position, const char *name)
{
    return position < builder->anchor_count && strcmp(builder->anchors[position].name, name) == 0;
}

static void define_anchor(struct builder *builder, const char *name, const struct node *node)
{
    if (!name)
        return;
    size_t position = anchor_position(builder, name);
    if (has_anchor_at(builder, position, name)) { /* YAML lets the later one count from here on */
        builder->anchors[position].node = node;
        return;
    }
    if (builder->anchor_count == ANCHORS_MAX) {
        builder_refuse(builder, node_place(node), _("more than %d anchors ('&…')"), ANCHORS_MAX);
        builder->stopped = true;
        return;
    }
    if (!builder->anchors)
        builder->anchors = arena_alloc_array(builder->arena, ANCHORS_MAX, sizeof(struct anchor));
    memmove(&builder->anchors[position + 1], &builder->anchors[position],
            (builder->anchor_count - position) * sizeof(struct anchor));
    builder->anchors[position] = (struct anchor){arena_strdup(builder->arena, name), node};
    builder->anchor_count++;
}

/* --- events ---------------------------------------------------------------------------------- */

static bool check_depth(struct builder *builder, size_t levels, struct place place)
{
    if (levels <= builder->limits->depth_max)
        return true;
    builder_refuse(builder, place, _("more than %zu levels"), builder->limits->depth_max);
    builder->stopped = true;
    return false;
}

void builder_alias(struct builder *builder, struct place place, const char *name)
{
    size_t position = anchor_position(builder, name);
    struct frame *frame = top(builder);
    const struct node *node = NULL;

    if (is_key_place(frame)) {
        if (count_nodes(builder, 1, place))
            refuse_key(builder, frame, place,
                       _("a key must be written out, not be an alias ('*…')"));
        return;
    }
    if (!has_anchor_at(builder, position, name))
        builder_refuse(builder, place, _("the alias '*%s' names no anchor ('&%s') before it"),
                       shown(builder->arena, name), shown(builder->arena, name));
    else if (builder->anchors[position].node->open)
        builder_refuse(builder, place, _("the anchor '&%s' refers to itself"),
                       shown(builder->arena, name));
    else
        node = builder->anchors[position].node;
    if (!node)
        node = missing_node(builder, place);
    if (count_nodes(builder, node->weight, place) &&
        check_depth(builder, builder->depth + node->height, place))
        attach(builder, node);
}

/* libyaml resolves '!!' and leaves other tags as they are written. */
static void check_tag(struct builder *builder, struct place place, const char *tag,
                      const char *allowed)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    bool is_standard = tag && strncmp(tag, prefix, strlen(prefix)) == 0;

    if (!tag || (is_standard && strcmp(tag + strlen(prefix), allowed) == 0))
        return;
    builder_refuse(
        builder, place,
        _("the tag '%s%s' is not allowed: every value is read as the text that is written"),
        is_standard ? "!!" : "", shown(builder->arena, is_standard ? tag + strlen(prefix) : tag));
}

/* What escapes in double quotes wrote; the file's own characters were checked before. */
static void check_escapes(struct builder *builder, struct place place, const char *text,
                          size_t length)
{
    uint32_t code_point;

    if (!builder->text_was_refused && characters_find_refused(text, length, &code_point))
        builder_refuse(
            builder, place,
            _("an escape in this text stands for the character U+%04X, which is not allowed: "
              "remove it"),
            (unsigned)code_point);
}

static void take_key(struct builder *builder, struct frame *frame, const struct node *node,
                     bool is_plain)
{
    struct place place = node_place(node);

    if (is_plain && strcmp(node->text, "<<") == 0) {
        refuse_key(builder, frame, place,
                   _("merge keys ('<<') are not supported: write the keys out"));
    } else if (node->text[0] == '\0') {
        refuse_key(builder, frame, place, _("a key is missing before ':'"));
    } else {
        frame->key = node->text;
        frame->key_place = place;
        frame->expects_value = true;
    }
}

void builder_text(struct builder *builder, struct place place, const char *value, size_t length,
                  enum builder_style style, const char *anchor, const char *tag)
{
    bool is_plain = style == STYLE_PLAIN;
    struct frame *frame = top(builder);

    if (!count_nodes(builder, 1, place))
        return;
    check_tag(builder, place, tag, "str");
    if (style == STYLE_DOUBLE_QUOTED)
        check_escapes(builder, place, value, length);

    struct node *node = new_node(builder, NODE_TEXT, place);
    node->text = arena_strndup(builder->arena, value, length);
    node->missing = is_plain && length == 0;
    define_anchor(builder, anchor, node);
    if (is_key_place(frame))
        take_key(builder, frame, node, is_plain);
    else
        attach(builder, node);
}

void builder_open(struct builder *builder, struct place place, enum node_kind kind,
                  const char *anchor, const char *tag)
{
    bool is_map = kind == NODE_MAP;
    bool dropped = is_key_place(top(builder));

    if (!count_nodes(builder, 1, place) || !check_depth(builder, builder->depth + 1, place))
        return;
    if (dropped)
        refuse_key(builder, top(builder), place,
                   is_map ? _("a key must be a text, not a map: put it in quotes")
                          : _("a key must be a text, not a list: put it in quotes"));
    check_tag(builder, place, tag, is_map ? "map" : "seq");
    struct node *node = new_node(builder, kind, place);
    node->open = true;
    node->height = 1;
    define_anchor(builder, anchor, node);
    builder->frames[builder->depth++] = (struct frame){.node = node, .dropped = dropped};
}

void builder_close(struct builder *builder)
{
    struct frame frame = builder->frames[--builder->depth];

    frame.node->open = false;
    if (frame.node->kind == NODE_MAP)
        close_map(builder, frame.node);
    if (!frame.dropped)
        attach(builder, frame.node);
}

void builder_begin_document(struct builder *builder, struct place place)
{
    if (builder->document_count == builder->limits->documents_max) {
        builder_stop(builder, place,
                     _("a second document begins here: only one is expected, remove '---'"));
        return;
    }
    builder->root = NULL;
    builder->anchor_count = 0;
}

void builder_end_document(struct builder *builder)
{
    const struct node *root = builder->root;

    if (root->missing) {
        builder_stop(builder, node_place(root), _("the document is empty"));
        return;
    }
    builder->documents = arena_grow(builder->arena, builder->documents, builder->document_count,
                                    &builder->document_capacity, sizeof(*builder->documents));
    builder->documents[builder->document_count++] = (struct yaml_document){root};
}
