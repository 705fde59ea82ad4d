/* `audit`: reads the audit log out; the table of what else it can do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "base/suggest.h"
#include "wire/json.h"

#include "cmd/audit_actions.h"
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
        output_warning(_("entry %" PRIu64 " is not readable: crisis audit verify"),
                       entry->sequence);
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
    error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
    return error_next(error, _("crisis runs lists them"));
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

/* --- the command ----------------------------------------------------------------------------- */

static int read_log(struct context *context, struct error *error)
{
    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_READ, error) < 0)
        return -1;
    return print_log(context, argument_at(context->invocation, 1), error);
}

/* What comes after the action's name, and the options that it takes. */
static const struct action {
    const char *name;
    int (*run)(struct context *context, struct error *error);
    unsigned least, most;
    const char *options[3];
} actions[] = {
    {"log", read_log, 0, 1, {NULL}},
    {"verify", audit_check, 0, 0, {"from", "key", NULL}},
    {"publish", audit_publish, 0, 0, {NULL}},
    {"prove", audit_prove, 1, 1, {"output", NULL}},
    {"check-proof", audit_check_proof, 1, 1, {"entry", "key", NULL}},
    {"check-note", audit_check_note, 1, 1, {"key", NULL}},
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

static const struct option audit_options[] = {
    {"from", 0, "URL|DIR", false, N_("verify: this published log, not the workspace's")},
    {"key", 0, "VKEY", true, N_("whose signature is wanted: a verifier key")},
    {"output", 0, "DIR", false, N_("prove: where the files go (the current folder)")},
    {"entry", 0, "FILE", false, N_("check-proof: the entry (FILE with .entry)")},
    {NULL, 0, NULL, false, NULL},
};

static const struct action *find_action(const struct invocation *invocation, struct error *error)
{
    const char *name = argument_at(invocation, 0);
    const char *names[ACTION_COUNT + 1] = {NULL};

    for (size_t i = 0; i < ACTION_COUNT; i++) {
        names[i] = actions[i].name;
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    const char *near = suggest_word(name, names);
    error_set(error, ERROR_USAGE, _("audit cannot '%s'"), name);
    if (near)
        error_next(error, _("did you mean 'audit %s'?"), near);
    else
        error_next(error, _("it can log, verify, publish, prove, check-proof and check-note"));
    return NULL;
}

static int check_words(const struct action *action, const struct invocation *invocation,
                       struct error *error)
{
    size_t given = invocation->argument_count - 1;

    for (const struct option *option = audit_options; option->name; option++) {
        bool is_taken = false;
        for (size_t i = 0; action->options[i]; i++)
            is_taken |= strcmp(action->options[i], option->name) == 0;
        if (!is_taken && option_is_given(invocation, option->name))
            return error_set(error, ERROR_USAGE, _("audit %s takes no --%s"), action->name,
                             option->name);
    }
    if (given >= action->least && given <= action->most)
        return 0;
    if (given > action->most)
        error_set(error, ERROR_USAGE, _("audit %s does not take '%s'"), action->name,
                  argument_at(invocation, action->most + 1));
    else
        error_set(error, ERROR_USAGE, _("audit %s needs to be told of what"), action->name);
    return error_next(error, "crisis help audit");
}

static int run_audit(struct invocation *invocation, struct error *error)
{
    const struct action *action = find_action(invocation, error);
    struct context context;

    if (!action || check_words(action, invocation, error) < 0)
        return -1;
    context_init(&context, invocation);
    int result = action->run(&context, error);
    context_release(&context);
    return result;
}

const struct command command_audit = {
    .name = "audit",
    .arguments = "log [RUN]|verify|publish|prove DELIVERY|check-proof|check-note FILE",
    .summary = N_("Reads, verifies and proves the audit log"),
    .details = N_(
        "log prints the entries, all or those of one run. verify recomputes the Merkle tree from "
        "the\nentries and compares it with every recorded tree head, with the runs and deliveries, "
        "and with the\npublished log; --from reads another published log. publish writes every "
        "file "
        "of the published log\nanew. prove writes the entries of a delivery with proof files that "
        "stand alone; check-proof checks\none, check-note a signed note or checkpoint. Exit code 7 "
        "when it does not fit."),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = audit_options,
    .run = run_audit,
};
