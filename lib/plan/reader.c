#include "plan/reader.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <yaml.h>

#include "base/limits.h"
#include "base/memory.h"

#include "plan/characters.h"
#include "plan/node_tree.h"
#include "plan/syntax.h"

enum {
    ANCHORS_MAX = 1000,
    KEY_SHOWN_MAX = 60, /* bytes of a key in a message */
};

const struct reader_limits reader_plan_limits = {
    .size_max_bytes = YAML_SIZE_MAX_BYTES,
    .depth_max = YAML_DEPTH_MAX,
    .nodes_max = YAML_NODES_MAX,
    .documents_max = 1,
};

const struct reader_limits reader_registration_limits = {
    .size_max_bytes = REGISTRATION_SIZE_MAX_BYTES,
    .depth_max = YAML_DEPTH_MAX,
    .nodes_max = REGISTRATION_NODES_MAX,
    .documents_max = REGISTRATION_NODES_MAX,
};

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

struct reader {
    struct arena *arena;
    struct problems *problems;
    const struct reader_limits *limits;
    const char *file;
    struct frame *frames;
    size_t depth;
    size_t nodes;
    struct anchor *anchors; /* sorted by name, of this document */
    size_t anchor_count;
    const struct node *root;
    struct yaml_document *documents;
    size_t document_count, document_capacity;
    bool text_was_refused; /* forbidden characters were reported already */
    bool failed;           /* an error was added */
    bool stopped;          /* and nothing after it can be read */
};

static struct place place_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct place){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static void refuse(struct reader *reader, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct reader *reader, struct place place, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *message = arena_vprintf(reader->arena, format, arguments);
    va_end(arguments);
    problems_add(reader->problems, SEVERITY_ERROR, place, "%s", message);
    reader->failed = true;
}

static void stop(struct reader *reader, struct place place, const char *message)
{
    refuse(reader, place, "%s", message);
    reader->stopped = true;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static bool count_nodes(struct reader *reader, size_t more, struct place place)
{
    reader->nodes += more;
    if (reader->nodes <= reader->limits->nodes_max)
        return true;
    refuse(reader, place, "more than %zu values (aliases count as what they stand for)",
           reader->limits->nodes_max);
    reader->stopped = true;
    return false;
}

static struct node *new_node(struct reader *reader, enum node_kind kind, struct place place)
{
    struct node *node = arena_alloc(reader->arena, sizeof(*node));

    node->file = place.file;
    node->line = place.line;
    node->column = place.column;
    node->kind = (uint8_t)kind;
    node->weight = 1;
    return node;
}

static struct node *missing_node(struct reader *reader, struct place place)
{
    struct node *node = new_node(reader, NODE_TEXT, place);

    node->text = "";
    node->missing = true;
    return node;
}

static struct frame *top(struct reader *reader)
{
    return reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;
}

static bool is_key_place(const struct frame *frame)
{
    return frame && frame->node->kind == NODE_MAP && !frame->expects_value;
}

/* A value has been read: gives it to the list, key or document that waits for it. */
static void attach(struct reader *reader, const struct node *node)
{
    struct frame *frame = top(reader);

    if (!frame) {
        reader->root = node;
        return;
    }
    struct node *parent = frame->node;
    if (parent->kind == NODE_LIST) {
        parent->items = arena_grow(reader->arena, parent->items, parent->count, &frame->capacity,
                                   sizeof(struct node *));
        parent->items[parent->count++] = node;
    } else if (frame->key) {
        parent->pairs = arena_grow(reader->arena, parent->pairs, parent->count, &frame->capacity,
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
static void refuse_key(struct reader *reader, struct frame *frame, struct place place,
                       const char *message)
{
    refuse(reader, place, "%s", message);
    frame->key = NULL;
    frame->expects_value = true;
}

static void close_map(struct reader *reader, struct node *map)
{
    node_sort_keys(reader->arena, map);
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
        refuse(reader, place, "duplicate key '%.*s', first given on line %u", KEY_SHOWN_MAX,
               pair->key, first->line);
    }
}

/* --- anchors ---------------------------------------------------------------------------------- */

/* Where the anchor is, or where it belongs. */
static size_t anchor_position(const struct reader *reader, const char *name)
{
    size_t low = 0, high = reader->anchor_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(reader->anchors[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_anchor_at(const struct reader *reader, size_t position, const char *name)
{
    return position < reader->anchor_count && strcmp(reader->anchors[position].name, name) == 0;
}

static void define_anchor(struct reader *reader, const yaml_char_t *anchor, const struct node *node)
{
    const char *name = (const char *)anchor;

    if (!name)
        return;
    size_t position = anchor_position(reader, name);
    if (has_anchor_at(reader, position, name)) { /* YAML lets the later one count from here on */
        reader->anchors[position].node = node;
        return;
    }
    if (reader->anchor_count == ANCHORS_MAX) {
        refuse(reader, node_place(node), "more than %d anchors ('&…')", ANCHORS_MAX);
        reader->stopped = true;
        return;
    }
    if (!reader->anchors)
        reader->anchors = arena_alloc_array(reader->arena, ANCHORS_MAX, sizeof(struct anchor));
    memmove(&reader->anchors[position + 1], &reader->anchors[position],
            (reader->anchor_count - position) * sizeof(struct anchor));
    reader->anchors[position] = (struct anchor){arena_strdup(reader->arena, name), node};
    reader->anchor_count++;
}

/* --- events ----------------------------------------------------------------------------------- */

static bool check_depth(struct reader *reader, size_t levels, struct place place)
{
    if (levels <= reader->limits->depth_max)
        return true;
    refuse(reader, place, "more than %zu levels", reader->limits->depth_max);
    reader->stopped = true;
    return false;
}

static void on_alias(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct place place = place_of(reader, event->start_mark);
    size_t position = anchor_position(reader, name);
    struct frame *frame = top(reader);
    const struct node *node = NULL;

    if (is_key_place(frame)) {
        if (count_nodes(reader, 1, place))
            refuse_key(reader, frame, place, "a key must be written out, not be an alias ('*…')");
        return;
    }
    if (!has_anchor_at(reader, position, name))
        refuse(reader, place, "the alias '*%.*s' names no anchor ('&%.*s') before it",
               KEY_SHOWN_MAX, name, KEY_SHOWN_MAX, name);
    else if (reader->anchors[position].node->open)
        refuse(reader, place, "the anchor '&%.*s' refers to itself", KEY_SHOWN_MAX, name);
    else
        node = reader->anchors[position].node;
    if (!node)
        node = missing_node(reader, place);
    if (count_nodes(reader, node->weight, place) &&
        check_depth(reader, reader->depth + node->height, place))
        attach(reader, node);
}

static void check_tag(struct reader *reader, const yaml_event_t *event, const yaml_char_t *tag,
                      const char *allowed)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *name = (const char *)tag;

    if (!name || strcmp(name, allowed) == 0)
        return;
    bool standard = strncmp(name, prefix, strlen(prefix)) == 0;
    refuse(reader, place_of(reader, event->start_mark),
           "the tag '%s%.*s' is not allowed: every value is read as the text that is written",
           standard ? "!!" : "", KEY_SHOWN_MAX, standard ? name + strlen(prefix) : name);
}

/* What escapes in double quotes wrote; the file's own characters were checked before. */
static void check_escapes(struct reader *reader, struct place place, const char *text,
                          size_t length)
{
    uint32_t code_point;

    if (!reader->text_was_refused && characters_find_refused(text, length, &code_point))
        refuse(reader, place,
               "an escape in this text stands for the character U+%04X, which is not allowed: "
               "remove it",
               (unsigned)code_point);
}

static void take_key(struct reader *reader, struct frame *frame, const struct node *node,
                     bool is_plain)
{
    struct place place = node_place(node);

    if (is_plain && strcmp(node->text, "<<") == 0) {
        refuse_key(reader, frame, place, "merge keys ('<<') are not supported: write the keys out");
    } else if (node->text[0] == '\0') {
        refuse_key(reader, frame, place, "a key is missing before ':'");
    } else {
        frame->key = node->text;
        frame->key_place = place;
        frame->expects_value = true;
    }
}

static void on_text(struct reader *reader, const yaml_event_t *event)
{
    struct place place = place_of(reader, event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct frame *frame = top(reader);

    if (!count_nodes(reader, 1, place))
        return;
    check_tag(reader, event, event->data.scalar.tag, YAML_STR_TAG);
    if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        check_escapes(reader, place, value, length);

    struct node *node = new_node(reader, NODE_TEXT, place);
    node->text = arena_strndup(reader->arena, value, length);
    node->missing = is_plain && length == 0;
    define_anchor(reader, event->data.scalar.anchor, node);
    if (is_key_place(frame))
        take_key(reader, frame, node, is_plain);
    else
        attach(reader, node);
}

static void on_open(struct reader *reader, const yaml_event_t *event, enum node_kind kind)
{
    struct place place = place_of(reader, event->start_mark);
    bool is_map = kind == NODE_MAP;
    bool dropped = is_key_place(top(reader));

    if (!count_nodes(reader, 1, place) || !check_depth(reader, reader->depth + 1, place))
        return;
    if (dropped)
        refuse_key(reader, top(reader), place,
                   is_map ? "a key must be a text, not a map: put it in quotes"
                          : "a key must be a text, not a list: put it in quotes");
    check_tag(reader, event,
              is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag,
              is_map ? YAML_MAP_TAG : YAML_SEQ_TAG);
    struct node *node = new_node(reader, kind, place);
    node->open = true;
    node->height = 1;
    define_anchor(reader,
                  is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
                  node);
    reader->frames[reader->depth++] = (struct frame){.node = node, .dropped = dropped};
}

static void on_close(struct reader *reader)
{
    struct frame frame = reader->frames[--reader->depth];

    frame.node->open = false;
    if (frame.node->kind == NODE_MAP)
        close_map(reader, frame.node);
    if (!frame.dropped)
        attach(reader, frame.node);
}

static void on_document(struct reader *reader, const yaml_event_t *event)
{
    if (reader->document_count == reader->limits->documents_max) {
        stop(reader, place_of(reader, event->start_mark),
             "a second document begins here: only one is expected, remove '---'");
        return;
    }
    reader->root = NULL;
    reader->anchor_count = 0;
}

static void on_document_end(struct reader *reader)
{
    const struct node *root = reader->root;

    if (root->missing) {
        stop(reader, node_place(root), "the document is empty");
        return;
    }
    reader->documents = arena_grow(reader->arena, reader->documents, reader->document_count,
                                   &reader->document_capacity, sizeof(*reader->documents));
    reader->documents[reader->document_count++] = (struct yaml_document){root};
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        on_document(reader, event);
        break;
    case YAML_DOCUMENT_END_EVENT:
        on_document_end(reader);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(reader, event);
        break;
    case YAML_SCALAR_EVENT:
        on_text(reader, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_open(reader, event, NODE_LIST);
        break;
    case YAML_MAPPING_START_EVENT:
        on_open(reader, event, NODE_MAP);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(reader);
        break;
    default:
        break;
    }
}

static void report_syntax_error(struct reader *reader, const yaml_parser_t *parser,
                                const char *bytes, size_t size)
{
    if (parser->error == YAML_MEMORY_ERROR)
        memory_exhausted();
    reader->stopped = true;
    if (parser->error == YAML_READER_ERROR && reader->text_was_refused)
        return; /* the very characters reported before */
    struct place problem = place_of(reader, parser->problem_mark);
    struct place start = place_of(reader, parser->context_mark);
    struct syntax_explanation explanation = syntax_explain(
        parser->problem, parser->context, characters_at(bytes, size, problem.line, problem.column));
    if (explanation.place == SYNTAX_BOTH)
        refuse(reader, problem, "%s on line %u", explanation.words, start.line);
    else
        stop(reader, explanation.place == SYNTAX_AT_START ? start : problem, explanation.words);
}

static void read_events(struct reader *reader, const char *bytes, size_t size)
{
    yaml_parser_t parser;
    bool at_end = false;

    if (!yaml_parser_initialize(&parser))
        memory_exhausted();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
    while (!at_end && !reader->stopped) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_syntax_error(reader, &parser, bytes, size);
            break;
        }
        take_event(reader, &event);
        at_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static void read_all(struct reader *reader, const char *bytes, size_t size)
{
    struct place whole = {reader->file, 0, 0};

    if (size > reader->limits->size_max_bytes) {
        refuse(reader, whole, "larger than %zu MiB",
               reader->limits->size_max_bytes / (1024 * 1024));
        return;
    }
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        bytes += 3;
        size -= 3;
    }
    switch (characters_check(reader->file, bytes, size, reader->problems)) {
    case CHARACTERS_FINE:
        break;
    case CHARACTERS_REFUSED:
        reader->failed = reader->text_was_refused = true;
        break;
    case CHARACTERS_UNREADABLE:
        reader->failed = true;
        return;
    }
    read_events(reader, bytes, size);
    if (reader->document_count == 0 && !reader->stopped && !reader->text_was_refused)
        refuse(reader, whole, "the file is empty");
}

int reader_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                 const struct reader_limits *limits, struct problems *problems,
                 struct yaml_document **out, size_t *count)
{
    struct reader reader = {
        .arena = arena,
        .problems = problems,
        .limits = limits,
        .file = file_name,
        .frames = arena_alloc_array(arena, limits->depth_max, sizeof(struct frame)),
    };

    *out = NULL;
    *count = 0;
    read_all(&reader, bytes, size);
    if (reader.failed)
        return -1;
    *out = reader.documents;
    *count = reader.document_count;
    return 0;
}
