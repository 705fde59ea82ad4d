#include "cmd/gate_record.h"

#include <string.h>

#include "base/language.h"
#include "wire/json.h"

enum { WINDOW_MS = 1000 };

static void add_list(struct text *out, const char *name, const char *const *items, size_t count)
{
    json_add_name(out, name);
    text_add_char(out, '[');
    for (size_t i = 0; i < count; i++)
        json_add_string(out, items[i]);
    text_add_char(out, ']');
}

static void add_flag(struct text *out, const char *name, bool value)
{
    json_add_name(out, name);
    text_add(out, value ? "true" : "false");
}

int gate_record_write(const struct approval_request *request, struct text *out, struct error *error)
{
    struct text statement;
    int result = 0;

    text_init(&statement, STATEMENT_MAX_BYTES);
    if (request->wanted) {
        struct statement wanted = *request->wanted;
        /* A statement has a window; this one's is never looked at. */
        wanted.not_before_unix_ms = 0;
        wanted.not_after_unix_ms = WINDOW_MS;
        result = statement_add(&statement, &wanted, error);
    }
    text_addf(out, "{\"threshold\":%u", request->plan_threshold);
    json_add_member(out, "wanted", statement.bytes);
    add_list(out, "follows", request->follows, request->follows_count);
    add_list(out, "approvers", request->approvers, request->approver_count);
    add_flag(out, "specific", request->specific_only);
    add_list(out, "emergency", request->emergency_approvers, request->emergency_approver_count);
    add_flag(out, "emergency-severity", request->is_emergency_severity);
    text_add_char(out, '}');
    text_release(&statement);
    if (result == 0 && out->overflowed)
        result =
            error_set(error, ERROR_INPUT, _("the plan's approval part is too long to be kept"));
    return result;
}

static const char *const *read_list(struct arena *arena, const struct json *root, const char *name,
                                    size_t *count)
{
    const struct json *list = json_get(root, name, NULL);
    size_t all = json_count(list);
    const char **out = arena_alloc_array(arena, all, sizeof(*out));

    *count = 0;
    for (size_t i = 0; i < all; i++) {
        const char *item = json_text(json_item(list, i), NULL);
        if (item)
            out[(*count)++] = arena_strdup(arena, item);
    }
    return out;
}

int gate_record_read(struct arena *arena, const char *json, struct approval_request *out,
                     struct error *error)
{
    struct json *root = json ? json_parse(json, strlen(json)) : NULL;
    const char *wanted = json_text(root, "wanted", NULL);
    int64_t threshold;
    int result = -1;

    *out = (struct approval_request){0};
    if (!wanted || !json_whole(root, &threshold, "threshold", NULL) || threshold < 0) {
        error_set(error, ERROR_SYSTEM, _("what the run says of its approval is not readable"));
        error_next(error, _("crisis audit verify; then send again as a new run"));
        goto out;
    }
    out->plan_threshold = (unsigned)threshold;
    out->follows = read_list(arena, root, "follows", &out->follows_count);
    out->approvers = read_list(arena, root, "approvers", &out->approver_count);
    out->specific_only = json_is_true(root, "specific", NULL);
    out->emergency_approvers = read_list(arena, root, "emergency", &out->emergency_approver_count);
    out->is_emergency_severity = json_is_true(root, "emergency-severity", NULL);
    if (wanted[0] && statement_read(arena, wanted, strlen(wanted), &out->wanted, error) < 0)
        goto out;
    result = 0;
out:
    json_free(root);
    return result;
}
