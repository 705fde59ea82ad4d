#include "plan/copy.h"

#include <string.h>

#include "base/language.h"
#include "wire/json.h"

#include "plan/reader.h"

struct copying {
    struct arena *arena;
    const struct plan *plan;
    struct text *out;
};

const char *plan_copy_directory_name(struct arena *arena, size_t index)
{
    return arena_printf(arena, "directory-%zu.yaml", index + 1);
}

/* JSON is YAML, and every scalar of a plan is text: so is every value here. */
static void copy_node(const struct copying *copying, const struct node *node);

static void copy_list(const struct copying *copying, const struct node *list)
{
    text_add_char(copying->out, '[');
    for (size_t i = 0; i < node_count(list); i++) {
        text_add(copying->out, i > 0 ? "," : "");
        copy_node(copying, node_value(list, i));
    }
    text_add_char(copying->out, ']');
}

/* A key that has no value at all is left out: that says the same. */
static void copy_map(const struct copying *copying, const struct node *map)
{
    text_add_char(copying->out, '{');
    for (size_t i = 0; i < node_count(map); i++) {
        if (node_is_missing(node_value(map, i)))
            continue;
        json_add_name(copying->out, node_key(map, i));
        copy_node(copying, node_value(map, i));
    }
    text_add_char(copying->out, '}');
}

static void copy_node(const struct copying *copying, const struct node *node)
{
    switch (node_kind(node)) {
    case NODE_TEXT:
        json_add_string(copying->out, node_text(node));
        break;
    case NODE_LIST:
        copy_list(copying, node);
        break;
    case NODE_MAP:
        copy_map(copying, node);
        break;
    }
}

/* An entry of `municipalities`: where its directory file lies is another name here. */
static void copy_source(const struct copying *copying, const struct node *source)
{
    const struct plan *plan = copying->plan;
    struct text *out = copying->out;

    text_add_char(out, '{');
    for (size_t i = 0; i < node_count(source); i++) {
        const struct node *value = node_value(source, i);
        if (node_is_missing(value))
            continue;
        json_add_name(out, node_key(source, i));
        size_t at = plan->directory_count;
        if (strcmp(node_key(source, i), "from") == 0)
            for (at = 0; at < plan->directory_count; at++)
                if (strcmp(plan->directories[at].file, node_text(value)) == 0)
                    break;
        if (at < plan->directory_count)
            json_add_string(out, plan_copy_directory_name(copying->arena, at));
        else
            copy_node(copying, value);
    }
    text_add_char(out, '}');
}

static void copy_sources(const struct copying *copying, const struct node *list)
{
    text_add_char(copying->out, '[');
    for (size_t i = 0; i < node_count(list); i++) {
        text_add(copying->out, i > 0 ? "," : "");
        copy_source(copying, node_value(list, i));
    }
    text_add_char(copying->out, ']');
}

static void copy_plan(const struct copying *copying, const struct node *root)
{
    struct text *out = copying->out;

    text_add(out, "{\"approval\":{\"threshold\":\"0\"}");
    for (size_t i = 0; i < node_count(root); i++) {
        const char *key = node_key(root, i);
        if (strcmp(key, "approval") == 0 || node_is_missing(node_value(root, i)))
            continue;
        json_add_name(out, key);
        if (strcmp(key, "municipalities") == 0)
            copy_sources(copying, node_value(root, i));
        else
            copy_node(copying, node_value(root, i));
    }
    text_add(out, "}\n");
}

int plan_copy_write(const struct plan *plan, const char *bytes, size_t size, struct text *out,
                    struct error *error)
{
    struct copying copying = {arena_new(), plan, out};
    struct yaml_document *document;
    struct problems problems;
    unsigned char hash[SHA256_SIZE];
    size_t documents;
    int result = -1;

    problems_init(&problems, copying.arena);
    sha256(bytes, size, hash);
    if (memcmp(hash, plan->sha256, sizeof(hash)) != 0 ||
        reader_parse(copying.arena, plan->file, bytes, size, &reader_plan_limits, &problems,
                     &document, &documents) < 0) {
        error_set(error, ERROR_INPUT, _("'%s' has been changed meanwhile"), plan->file);
        goto out;
    }
    copy_plan(&copying, document[0].root);
    if (out->overflowed) {
        error_set(error, ERROR_INPUT, _("'%s' is too large to be copied"), plan->file);
        error_next(error, _("its aliases stand for too much: write less of them"));
        goto out;
    }
    result = 0;
out:
    arena_free(copying.arena);
    return result;
}
