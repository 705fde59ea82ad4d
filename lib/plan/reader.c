#include "plan/reader.h"

#include <string.h>

#include <yaml.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"

#include "plan/builder.h"
#include "plan/characters.h"
#include "plan/syntax.h"

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

struct source {
    const char *file;
    const char *bytes;
    size_t size;
};

/* libyaml's mark counts from 0. */
static struct place place_of(const struct source *source, yaml_mark_t mark)
{
    return (struct place){source->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static enum builder_style style_of(yaml_scalar_style_t style)
{
    if (style == YAML_PLAIN_SCALAR_STYLE)
        return STYLE_PLAIN;
    return style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ? STYLE_DOUBLE_QUOTED : STYLE_OTHER;
}

static void take_event(struct builder *builder, struct place place, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        builder_begin_document(builder, place);
        break;
    case YAML_DOCUMENT_END_EVENT:
        builder_end_document(builder);
        break;
    case YAML_ALIAS_EVENT:
        builder_alias(builder, place, (const char *)event->data.alias.anchor);
        break;
    case YAML_SCALAR_EVENT:
        builder_text(builder, place, (const char *)event->data.scalar.value,
                     event->data.scalar.length, style_of(event->data.scalar.style),
                     (const char *)event->data.scalar.anchor, (const char *)event->data.scalar.tag);
        break;
    case YAML_SEQUENCE_START_EVENT:
        builder_open(builder, place, NODE_LIST, (const char *)event->data.sequence_start.anchor,
                     (const char *)event->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        builder_open(builder, place, NODE_MAP, (const char *)event->data.mapping_start.anchor,
                     (const char *)event->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder_close(builder);
        break;
    default:
        break;
    }
}

static void report_syntax_error(struct builder *builder, const struct source *source,
                                const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        memory_exhausted();
    builder->stopped = true;
    if (parser->error == YAML_READER_ERROR && builder->text_was_refused)
        return; /* the very characters reported before */
    struct place problem = place_of(source, parser->problem_mark);
    struct place start = place_of(source, parser->context_mark);
    struct syntax_explanation explanation =
        syntax_explain(parser->problem, parser->context,
                       characters_at(source->bytes, source->size, problem.line, problem.column));
    if (explanation.place == SYNTAX_BOTH)
        builder_refuse(builder, problem, _("%s on line %u"), translated(explanation.words),
                       start.line);
    else
        builder_stop(builder, explanation.place == SYNTAX_AT_START ? start : problem,
                     translated(explanation.words));
}

static void read_events(struct builder *builder, const struct source *source)
{
    yaml_parser_t parser;
    bool at_end = false;

    if (!yaml_parser_initialize(&parser))
        memory_exhausted();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->bytes, source->size);
    while (!at_end && !builder->stopped) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_syntax_error(builder, source, &parser);
            break;
        }
        take_event(builder, place_of(source, event.start_mark), &event);
        at_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static void read_all(struct builder *builder, struct source source)
{
    struct place whole = {source.file, 0, 0};

    if (source.size > builder->limits->size_max_bytes) {
        builder_refuse(builder, whole, _("larger than %zu MiB"),
                       builder->limits->size_max_bytes / (1024 * 1024));
        return;
    }
    if (source.size >= 3 && memcmp(source.bytes, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        source.bytes += 3;
        source.size -= 3;
    }
    switch (characters_check(source.file, source.bytes, source.size, builder->problems)) {
    case CHARACTERS_FINE:
        break;
    case CHARACTERS_REFUSED:
        builder->failed = builder->text_was_refused = true;
        break;
    case CHARACTERS_UNREADABLE:
        builder->failed = true;
        return;
    }
    read_events(builder, &source);
    if (builder->document_count == 0 && !builder->stopped && !builder->text_was_refused)
        builder_refuse(builder, whole, _("the file is empty"));
}

int reader_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                 const struct reader_limits *limits, struct problems *problems,
                 struct yaml_document **out, size_t *count)
{
    struct builder builder;

    *out = NULL;
    *count = 0;
    builder_init(&builder, arena, problems, limits);
    read_all(&builder, (struct source){file_name, bytes, size});
    if (builder.failed)
        return -1;
    *out = builder.documents;
    *count = builder.document_count;
    return 0;
}

const char *reader_yaml_version(void)
{
    return yaml_get_version_string();
}
