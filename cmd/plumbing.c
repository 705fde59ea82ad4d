/* `measure` and `render`: for scripts, independent checks and the curious. They read what is named
 * and need no workspace. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "channels/channel.h"
#include "count/count.h"
#include "count/split.h"
#include "net/loop.h"
#include "plan/values.h"
#include "wire/json.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/media_view.h"
#include "cmd/output.h"

enum { INPUT_MAX_BYTES = 16 * 1024 * 1024, CHANNEL_NAMES_MAX = 64 };

static int unknown_channel(struct arena *arena, const char *channel, struct error *error)
{
    const char *names[CHANNEL_NAMES_MAX + 1];
    const char *refusal = channel_refusal(channel);
    size_t count = 0;

    if (refusal)
        return error_set(error, ERROR_USAGE, _("channel '%s': %s"), channel, refusal);
    for (; channel_all()[count] && count < CHANNEL_NAMES_MAX; count++)
        names[count] = channel_all()[count]->name;
    names[count] = NULL;
    return error_set(error, ERROR_USAGE, _("unknown channel '%s'%s"), channel,
                     suggest_hint(arena, channel, names));
}

/* --- measure --------------------------------------------------------------------------------- */

static int read_input(struct text *out, struct error *error)
{
    char buffer[65536];
    ssize_t size;

    text_init(out, INPUT_MAX_BYTES);
    while ((size = file_read_whole(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
        text_add_bytes(out, buffer, (size_t)size);
    if (size < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot read the standard input"));
    if (out->overflowed)
        return error_set(error, ERROR_INPUT, _("the input is larger than %d bytes"),
                         INPUT_MAX_BYTES);
    size_t valid = utf8_valid_prefix(out->bytes, out->length);
    if (valid != out->length)
        return error_set(error, ERROR_INPUT, _("the input is not UTF-8 (byte %zu)"), valid + 1);
    return 0;
}

static void print_measure(struct arena *arena, const struct text_limits *limits, const char *text,
                          size_t length, bool as_json)
{
    size_t counted = count_text(limits->unit, text, length);
    bool fits = count_fits(limits, text, length);
    struct split_result split = {0};

    split_thread(arena, limits, text, NULL, NULL, &split);
    if (!as_json) {
        output_line(fits ? _("%zu of %zu") : _("%zu of %zu: too long"), counted, limits->limit);
        for (size_t i = 0; split.count > 1 && i < split.count; i++)
            output_line("--- %zu (%zu)\n%s", i + 1, split.parts[i].length, split.parts[i].text);
        return;
    }
    struct json_line line;
    json_line_begin(&line, NULL);
    json_line_number(&line, "length", (int64_t)counted);
    json_line_number(&line, "limit", (int64_t)limits->limit);
    json_line_bool(&line, "fits", fits);
    json_add_name(&line.text, "parts");
    text_add_char(&line.text, '[');
    for (size_t i = 0; i < split.count; i++) {
        text_add(&line.text, i ? ",{" : "{");
        json_line_text(&line, "text", split.parts[i].text);
        json_line_number(&line, "length", (int64_t)split.parts[i].length);
        text_add_char(&line.text, '}');
    }
    text_add_char(&line.text, ']');
    json_line_end(&line);
}

/* One JSON string per line; Jansson reads arrays and objects, so each is put into an array. */
static int measure_json_lines(const struct text_limits *limits, const struct text *input,
                              struct error *error)
{
    size_t number = 0;
    for (const char *at = input->bytes; *at;) {
        size_t length = strcspn(at, "\n");
        struct arena *arena = arena_new();
        const char *wrapped = arena_printf(arena, "[%.*s]", (int)length, at);
        struct json *root = json_parse(wrapped, strlen(wrapped));
        const char *text = json_text(json_item(root, 0), NULL);
        number++;
        if (text && json_count(root) == 1)
            print_measure(arena, limits, text, strlen(text), true);
        else
            error_set(error, ERROR_INPUT, _("line %zu of the input is no JSON string"), number);
        bool bad = !text || json_count(root) != 1;
        json_free(root);
        arena_free(arena);
        if (bad)
            return -1;
        at += length;
        at += *at == '\n';
    }
    return 0;
}

static int run_measure(struct invocation *invocation, struct error *error)
{
    const char *channel = argument_at(invocation, 0);
    const struct channel_driver *driver = channel_find(channel);
    struct text input;
    int result = -1;

    text_init(&input, 0);
    if (!driver) {
        unknown_channel(invocation->arena, channel, error);
        goto out;
    }
    if (read_input(&input, error) < 0)
        goto out;
    if (option_is_given(invocation, "json-lines")) {
        result = measure_json_lines(&driver->limits, &input, error);
    } else {
        print_measure(invocation->arena, &driver->limits, input.bytes, input.length,
                      output_is_json());
        result = 0;
    }
out:
    text_release(&input);
    return result;
}

static const struct option measure_options[] = {
    {"json-lines", 0, NULL, false,
     N_("one JSON string per input line, one object per output line")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_measure = {
    .name = "measure",
    .arguments = "CHANNEL",
    .summary = N_("Counts a text on standard input as a channel counts it"),
    .details = N_("Prints its length, the limit, and the parts that it would be split into."),
    .arguments_least = 1,
    .arguments_most = 1,
    .options = measure_options,
    .run = run_measure,
};

/* --- render ---------------------------------------------------------------------------------- */

static void print_parts(const struct draft *draft)
{
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, NULL);
        json_line_text(&line, "language", draft->language);
        json_add_name(&line.text, "parts");
        text_add_char(&line.text, '[');
        for (size_t i = 0; i < draft->part_count; i++)
            json_add_string(&line.text, draft->parts[i]);
        text_add_char(&line.text, ']');
        media_view_add_json(&line, draft);
        json_line_end(&line);
        return;
    }
    media_view_note(draft);
    for (size_t i = 0; i < draft->part_count; i++) {
        if (i > 0)
            output_bytes("\n\n", 2);
        output_bytes(draft->parts[i], strlen(draft->parts[i]));
    }
}

static int run_render(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct problems problems;
    struct plan *plan;
    const struct message *message;
    const struct run_values *values;
    const struct draft *draft;
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);
    const char *municipality = option_value(invocation, "municipality");
    const char *channel = option_value(invocation, "channel");
    enum run_mode mode = option_is_given(invocation, "exercise") ? MODE_EXERCISE : MODE_LIVE;
    int result = -1;

    context_init(&context, invocation);
    problems_init(&problems, context.arena);
    if (!municipality || !channel) {
        error_set(error, ERROR_USAGE, _("render needs --municipality and --channel"));
        goto out;
    }
    if (!channel_find(channel)) {
        unknown_channel(context.arena, channel, error);
        goto out;
    }
    if (context_find_workspace(&context, error) < 0 ||
        context_load_plan(&context, argument_at(invocation, 0), false, &problems, &plan, error) <
            0 ||
        context_message(plan, argument_at(invocation, 1), &message, error) < 0)
        goto out;
    if (values_collect(context.arena, plan, sets, set_count, VALUES_TO_SEND, &problems, &values) ==
        0) {
        struct render_request request =
            context_render_request(&context, plan, message, values, mode, clock_unix_ms());
        result = render_text(context.arena, &request, municipality, channel,
                             option_value(invocation, "language"), &problems, &draft);
    }
    if (result < 0) {
        output_problems(&problems, false);
        context_problems_error(&problems, plan->file, error);
        goto out;
    }
    print_parts(draft);
out:
    context_release(&context);
    return result;
}

static const struct option render_options[] = {
    {"municipality", 0, "ID", false, N_("whose text")},
    {"channel", 0, "CHANNEL", false, N_("on which channel")},
    {"language", 0, "TAG", false, N_("in which language; else the municipality's first")},
    {"set", 0, "NAME=VALUE", true, N_("a variable's value")},
    {"exercise", 0, NULL, false, N_("as in an exercise")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_render = {
    .name = "render",
    .arguments = "PLAN MESSAGE",
    .summary = N_("Prints one text exactly as it would be posted, and nothing else"),
    .arguments_least = 2,
    .arguments_most = 2,
    .options = render_options,
    .run = run_render,
};
