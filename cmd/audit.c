/* `audit log` and `audit verify`: reads the audit log, and recomputes it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/merkle.h"
#include "base/encode.h"
#include "wire/json.h"

#include "cmd/audit_verify.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"

enum { VALUE_MAX_BYTES = 70000 };

/* --- audit log ------------------------------------------------------------------------------- */

struct log_view {
    const char *run; /* only entries of this run; NULL: all */
    bool matches;
    struct json_line line;
    struct text value;
    struct text posts, urls; /* keys that may stand more than once */
    struct text words;       /* the entry as one line of text */
};

static bool is_key(const char *key, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

static void add_to_list(struct text *list, const char *value)
{
    text_add(list, list->length ? "," : "");
    json_add_string(list, value);
}

static void on_field(void *context, const char *key, size_t key_length, const char *value,
                     size_t value_length)
{
    struct log_view *view = context;

    text_reset(&view->value);
    text_add_bytes(&view->value, value, value_length);
    if (is_key(key, key_length, "run") && view->run)
        view->matches = strcmp(view->value.bytes, view->run) == 0;
    text_addf(&view->words, "%s%.*s=%s", view->words.length ? " " : "", (int)key_length, key,
              view->value.bytes);
    if (is_key(key, key_length, "post")) {
        add_to_list(&view->posts, view->value.bytes);
    } else if (is_key(key, key_length, "url")) {
        add_to_list(&view->urls, view->value.bytes);
    } else {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)key_length, key);
        json_line_text(&view->line, name, view->value.bytes);
    }
}

static bool print_entry(void *context, const struct stored_entry *entry)
{
    struct log_view *view = context;
    const char *body;
    size_t body_size;

    view->matches = view->run == NULL;
    text_reset(&view->posts);
    text_reset(&view->urls);
    text_reset(&view->words);
    json_line_begin(&view->line, NULL);
    if (!entry_read(entry->bytes, entry->size_bytes, on_field, view, &body, &body_size)) {
        output_warning("entry %" PRIu64 " is not readable: crisis audit verify", entry->sequence);
        text_release(&view->line.text);
        return true;
    }
    if (!view->matches) {
        text_release(&view->line.text);
        return true;
    }
    if (!output_is_json()) {
        output_line("%s", view->words.bytes);
        text_release(&view->line.text);
        return true;
    }
    if (view->posts.length > 0) {
        json_add_name(&view->line.text, "posts");
        text_addf(&view->line.text, "[%s]", view->posts.bytes);
    }
    if (view->urls.length > 0) {
        json_add_name(&view->line.text, "urls");
        text_addf(&view->line.text, "[%s]", view->urls.bytes);
    }
    if (body) {
        text_reset(&view->value);
        text_add_bytes(&view->value, body, body_size);
        json_line_text(&view->line, "text", view->value.bytes);
    }
    json_line_end(&view->line);
    return true;
}

static int demand_run(struct context *context, const char *id, struct error *error)
{
    struct run_record run;
    bool found;
    if (store_run_find(context->store, context->arena, id, &run, &found, error) < 0)
        return -1;
    if (found)
        return 0;
    error_set(error, ERROR_USAGE, "there is no run '%s'", id);
    return error_next(error, "crisis runs lists them");
}

static int print_log(struct context *context, const char *run, struct error *error)
{
    struct log_view view = {.run = run};

    if (run && demand_run(context, run, error) < 0)
        return -1;
    text_init(&view.value, VALUE_MAX_BYTES);
    text_init(&view.posts, VALUE_MAX_BYTES);
    text_init(&view.urls, VALUE_MAX_BYTES);
    text_init(&view.words, 2 * VALUE_MAX_BYTES);
    int result = store_entries(context->store, 0, print_entry, &view, error);
    text_release(&view.words);
    text_release(&view.urls);
    text_release(&view.posts);
    text_release(&view.value);
    return result;
}

/* --- audit verify ---------------------------------------------------------------------------- */

static int verify(struct context *context, struct error *error)
{
    struct audit_verification found;
    struct text root;

    if (audit_verify(context->store, &found, error) < 0)
        return -1;
    text_init(&root, 128);
    base64_add(&root, found.root, sizeof(found.root));
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "verified");
        json_line_number(&line, "entries", (int64_t)found.entry_count);
        json_line_number(&line, "heads", (int64_t)found.head_count);
        json_line_text(&line, "root", root.bytes);
        json_line_end(&line);
    } else {
        output_styled(STYLE_GOOD, "%" PRIu64 " entries verify against %" PRIu64 " tree heads.",
                      found.entry_count, found.head_count);
        output_line("root: %s", root.bytes);
    }
    text_release(&root);
    return 0;
}

static int run_audit(struct invocation *invocation, struct error *error)
{
    struct context context;
    const char *action = argument_at(invocation, 0);
    int result = -1;

    context_init(&context, invocation);
    bool is_log = strcmp(action, "log") == 0;
    if (!is_log && (strcmp(action, "verify") != 0 || argument_at(invocation, 1))) {
        error_set(error, ERROR_USAGE, "audit cannot '%s%s%s'", action,
                  argument_at(invocation, 1) ? " " : "",
                  argument_at(invocation, 1) ? argument_at(invocation, 1) : "");
        error_next(error, "crisis audit log [RUN], or crisis audit verify");
        goto out;
    }
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, STORE_READ, error) < 0)
        goto out;
    result =
        is_log ? print_log(&context, argument_at(invocation, 1), error) : verify(&context, error);
out:
    context_release(&context);
    return result;
}

const struct command command_audit = {
    .name = "audit",
    .arguments = "log [RUN] | verify",
    .summary = "Reads and verifies the audit log",
    .details = "log prints the entries, all or those of one run. verify recomputes the Merkle tree "
               "from the\nentries and compares it with every tree head that was recorded; exit "
               "code 7 when it does not fit.",
    .arguments_least = 1,
    .arguments_most = 2,
    .run = run_audit,
};
