#include "base/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void problems_init(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){.arena = arena};
}

static bool same_place(struct place a, struct place b)
{
    const char *a_file = a.file ? a.file : "";
    const char *b_file = b.file ? b.file : "";
    return a.line == b.line && a.column == b.column && strcmp(a_file, b_file) == 0;
}

static struct problem *find(struct problems *problems, struct place place, const char *message)
{
    for (size_t i = 0; i < problems->count; i++) {
        struct problem *item = &problems->items[i];
        if (same_place(item->place, place) && strcmp(item->message, message) == 0)
            return item;
    }
    return NULL;
}

/* The graver severity of two identical problems stands: an error is never lost. */
static void join(struct problems *problems, struct problem *known, enum severity severity)
{
    if (severity != SEVERITY_ERROR || known->severity == SEVERITY_ERROR)
        return;
    known->severity = SEVERITY_ERROR;
    problems->error_count++;
    problems->warning_count--;
}

static struct problem *last_warning(struct problems *problems)
{
    for (size_t i = problems->count; i-- > 0;)
        if (problems->items[i].severity == SEVERITY_WARNING)
            return &problems->items[i];
    return NULL;
}

void problems_add(struct problems *problems, enum severity severity, struct place place,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vprintf(problems->arena, format, arguments);
    va_end(arguments);
    struct problem *known = find(problems, place, message);
    if (known) {
        join(problems, known, severity);
        return;
    }

    if (severity == SEVERITY_ERROR)
        problems->error_count++;
    else
        problems->warning_count++;

    struct problem *slot = NULL;
    if (problems->count < PROBLEMS_MAX)
        slot = &problems->items[problems->count++];
    else if (severity == SEVERITY_ERROR)
        slot = last_warning(problems);
    if (slot)
        *slot = (struct problem){severity, place, message};
}

static int compare(const void *a_pointer, const void *b_pointer)
{
    const struct problem *a = a_pointer, *b = b_pointer;

    if (!a->place.file != !b->place.file)
        return a->place.file ? -1 : 1;
    int files = a->place.file ? strcmp(a->place.file, b->place.file) : 0;
    if (files)
        return files;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return strcmp(a->message, b->message);
}

void problems_sort(struct problems *problems)
{
    qsort(problems->items, problems->count, sizeof(problems->items[0]), compare);
}
