#include "cmd/diagnosis.h"

#include <stdarg.h>

/* The gravest first. */
static const enum error_kind kinds[] = {ERROR_SYSTEM, ERROR_VERIFICATION, ERROR_INPUT,
                                        ERROR_NOT_APPROVED, ERROR_SOME_FAILED};

#define NAMED_VALUE(value, name) name,
static const char *const level_names[] = {FINDING_LEVELS(NAMED_VALUE)};
#undef NAMED_VALUE

const char *finding_level_name(enum finding_level level)
{
    return level_names[level];
}

void diagnosis_init(struct diagnosis *diagnosis, struct arena *arena)
{
    *diagnosis = (struct diagnosis){.arena = arena};
}

static void add(struct diagnosis *diagnosis, const char *check, enum finding_level level,
                enum error_kind kind, const char *message)
{
    diagnosis->items = arena_grow(diagnosis->arena, diagnosis->items, diagnosis->count,
                                  &diagnosis->capacity, sizeof(*diagnosis->items));
    diagnosis->items[diagnosis->count++] = (struct finding){
        .level = level,
        .kind = kind,
        .check = check,
        .message = message,
    };
    diagnosis->level_counts[level]++;
}

void diagnosis_ok(struct diagnosis *diagnosis, const char *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diagnosis, check, FINDING_OK, ERROR_NONE,
        arena_vprintf(diagnosis->arena, format, arguments));
    va_end(arguments);
}

void diagnosis_warning(struct diagnosis *diagnosis, const char *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diagnosis, check, FINDING_WARNING, ERROR_NONE,
        arena_vprintf(diagnosis->arena, format, arguments));
    va_end(arguments);
}

void diagnosis_problem(struct diagnosis *diagnosis, const char *check, enum error_kind kind,
                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diagnosis, check, FINDING_PROBLEM, kind,
        arena_vprintf(diagnosis->arena, format, arguments));
    va_end(arguments);
}

void diagnosis_error(struct diagnosis *diagnosis, const char *check, enum finding_level level,
                     const struct error *error)
{
    add(diagnosis, check, level, level == FINDING_PROBLEM ? error->kind : ERROR_NONE,
        arena_strdup(diagnosis->arena, error->message));
    if (error->next[0])
        diagnosis_next(diagnosis, "%s", error->next);
}

void diagnosis_next(struct diagnosis *diagnosis, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diagnosis->items[diagnosis->count - 1].next =
        arena_vprintf(diagnosis->arena, format, arguments);
    va_end(arguments);
}

enum error_kind diagnosis_kind(const struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (size_t j = 0; j < diagnosis->count; j++)
            if (diagnosis->items[j].level == FINDING_PROBLEM &&
                diagnosis->items[j].kind == kinds[i])
                return kinds[i];
    return diagnosis->level_counts[FINDING_PROBLEM] > 0 ? ERROR_SYSTEM : ERROR_NONE;
}
