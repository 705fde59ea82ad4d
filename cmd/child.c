#include "cmd/child.h"

#include <string.h>

#include "base/memory.h"

static const char own_program[] = "/proc/self/exe";

int child_start(struct supervisor *supervisor, const char *const *words, struct process *out,
                struct error *error)
{
    size_t count = 0;

    while (words[count])
        count++;
    const char **arguments = memory_alloc_array(count + 3, sizeof(*arguments));
    arguments[0] = "crisis";
    arguments[1] = "--json";
    memcpy(arguments + 2, words, count * sizeof(*arguments));
    int result = process_start(supervisor, own_program, arguments, out, error);
    memory_free(arguments);
    return result;
}

struct json *child_next_event(struct process *child)
{
    struct json *event = NULL;
    struct text line;

    text_init(&line, PROCESS_LINE_MAX_BYTES);
    while (!event && process_read_line(child, &line) == PROCESS_LINE)
        event = json_parse(line.bytes, line.length);
    text_release(&line);
    return event;
}

static void note_error(const struct json *event, struct error *said)
{
    const char *message = json_text(event, "message", NULL), *next = json_text(event, "next", NULL);
    int64_t code;

    if (!message || !json_whole(event, &code, "exit", NULL))
        return;
    error_set(said, (enum error_kind)code, "%s", message);
    if (next)
        error_next(said, "%s", next);
}

int child_run(struct supervisor *supervisor, const char *const *words,
              void (*each)(void *context, const char *name, const struct json *event),
              void *context, struct error *said, struct error *error)
{
    struct process child;
    struct json *event;

    *said = (struct error){0};
    if (child_start(supervisor, words, &child, error) < 0)
        return -1;
    while ((event = child_next_event(&child)) != NULL) {
        const char *name = json_text(event, "event", NULL);
        if (name && strcmp(name, "error") == 0)
            note_error(event, said);
        else if (name && each)
            each(context, name, event);
        json_free(event);
    }
    if (supervisor->interrupted) {
        process_kill(&child);
        return error_set(error, ERROR_INTERRUPTED, "%s", "");
    }
    return process_end(&child);
}
