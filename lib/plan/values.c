#include "plan/values.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    SAMPLE_CHARACTERS = 40, /* where a variable has no bound of its own */
    SAMPLE_WORD = 10,       /* a space after so many characters, the space included */
    SAMPLE_MAX_BYTES = 64 * 1024,
    VALUE_SHOWN_MAX_BYTES = 80,
};

static const struct place no_place;

struct collector {
    struct arena *arena;
    const struct plan *plan;
    const char **values; /* one per variable; NULL: not set */
    struct problems *problems;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct collector *collector,
                                                         const char *format, ...)
{
    va_list arguments;

    collector->failed = true;
    va_start(arguments, format);
    const char *message = arena_vprintf(collector->arena, format, arguments);
    va_end(arguments);
    problems_add(collector->problems, SEVERITY_ERROR, no_place, "%s", message);
}

/* As much of what was given as can be shown: nothing of it when it would steer a terminal. */
static const char *quoted_value(struct arena *arena, const char *value)
{
    size_t length = strlen(value);

    if (utf8_find_forbidden(value) != 0 || strpbrk(value, "\n\t"))
        return _("the value");
    if (length > VALUE_SHOWN_MAX_BYTES) {
        length = VALUE_SHOWN_MAX_BYTES;
        while (length > 0 && ((unsigned char)value[length] & 0xC0) == 0x80)
            length--;
        return arena_printf(arena, "'%.*s…'", (int)length, value);
    }
    return arena_printf(arena, "'%s'", value);
}

static const char *const *variable_names(struct arena *arena, const struct plan *plan)
{
    const char **names = arena_alloc_array(arena, plan->variable_count + 1, sizeof(*names));

    for (size_t i = 0; i < plan->variable_count; i++)
        names[i] = plan->variables[i].name;
    return names;
}

static void refuse_name(struct collector *collector, const char *name)
{
    const char *quoted = quoted_value(collector->arena, name);

    if (plan_is_builtin(name))
        refuse(collector, _("--set: %s is built in and cannot be set"), quoted);
    else if (collector->plan->variable_count == 0)
        refuse(collector, _("--set: unknown variable %s: the plan has none"), quoted);
    else
        refuse(collector, _("--set: unknown variable %s%s"), quoted,
               suggest_hint(collector->arena, name,
                            variable_names(collector->arena, collector->plan)));
}

static void take(struct collector *collector, const char *assignment)
{
    const char *equals = strchr(assignment, '=');

    if (utf8_valid_prefix(assignment, strlen(assignment)) != strlen(assignment)) {
        refuse(collector, _("--set: the value is not UTF-8"));
        return;
    }
    if (!equals || equals == assignment) {
        refuse(collector, _("--set: NAME=VALUE is expected, not %s"),
               quoted_value(collector->arena, assignment));
        return;
    }
    const char *name = arena_strndup(collector->arena, assignment, (size_t)(equals - assignment));
    const struct variable *variable = plan_find_variable(collector->plan, name);
    if (!variable) {
        refuse_name(collector, name);
        return;
    }
    const char **value = &collector->values[variable - collector->plan->variables];
    if (*value)
        refuse(collector, _("--set %s: the variable is set twice"), name);
    else
        *value = arena_strdup(collector->arena, equals + 1);
}

static const char *sample_words(struct arena *arena, size_t characters)
{
    struct text words;

    text_init(&words, SAMPLE_MAX_BYTES);
    for (size_t i = 1; i <= characters && !words.overflowed; i++)
        text_add_char(&words, i % SAMPLE_WORD == 0 && i < characters ? ' ' : 'x');
    const char *sample = arena_strdup(arena, words.bytes);
    text_release(&words);
    return sample;
}

/* A value of the variable's type and as long as it may be. */
static const char *sample_of(struct arena *arena, const struct variable *variable)
{
    const char *longest = NULL;

    for (size_t i = 0; i < variable->one_of_count; i++)
        if (!longest || utf8_count(variable->one_of[i].text) > utf8_count(longest))
            longest = variable->one_of[i].text;
    if (longest)
        return longest;
    switch (variable->type) {
    case VARIABLE_URL:
        return "https://www.example.org/";
    case VARIABLE_PHONE:
        return "+47 00 00 00 00";
    case VARIABLE_NUMBER:
        return "1000";
    case VARIABLE_TIME:
        return "00:00";
    case VARIABLE_TEXT:
        break;
    }
    return sample_words(arena,
                        variable->max_characters ? variable->max_characters : SAMPLE_CHARACTERS);
}

static int compare_settings(const void *a, const void *b)
{
    return strcmp(((const struct setting *)a)->name, ((const struct setting *)b)->name);
}

static const struct run_values *finish(struct arena *arena, const struct plan *plan,
                                       const char *const *values)
{
    struct run_values *out = arena_alloc(arena, sizeof(*out));
    struct setting *sorted = arena_alloc_array(arena, plan->variable_count, sizeof(*sorted));

    for (size_t i = 0; i < plan->variable_count; i++)
        sorted[i] = (struct setting){plan->variables[i].name, values[i]};
    if (plan->variable_count > 0)
        qsort(sorted, plan->variable_count, sizeof(*sorted), compare_settings);
    *out = (struct run_values){values, sorted, plan->variable_count};
    return out;
}

/* What a variable has when nobody set it. */
static const char *unset_value(struct arena *arena, const struct variable *variable,
                               enum values_purpose purpose)
{
    const char *value = variable->default_value.text;

    if (value && value[0] != '\0')
        return value;
    return variable->required && purpose == VALUES_TO_SHOW ? sample_of(arena, variable) : "";
}

int values_collect(struct arena *arena, const struct plan *plan, const char *const *assignments,
                   size_t assignment_count, enum values_purpose purpose, struct problems *problems,
                   const struct run_values **out)
{
    struct collector collector = {
        .arena = arena,
        .plan = plan,
        .values = arena_alloc_array(arena, plan->variable_count, sizeof(const char *)),
        .problems = problems,
    };

    *out = NULL;
    for (size_t i = 0; i < assignment_count; i++)
        take(&collector, assignments[i]);
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *variable = &plan->variables[i];
        if (!collector.values[i]) {
            const char *value = unset_value(arena, variable, purpose);
            collector.values[i] = value;
            if (variable->required && value[0] == '\0')
                refuse(&collector, _("variable '%s' must be given: --set %s=…"), variable->name,
                       variable->name);
            continue;
        }
        const char *refusal = plan_variable_refusal(arena, variable, collector.values[i]);
        if (refusal)
            refuse(&collector, _("--set %s: %s %s"), variable->name,
                   quoted_value(arena, collector.values[i]), refusal);
    }
    if (collector.failed)
        return -1;
    *out = finish(arena, plan, collector.values);
    return 0;
}

const struct run_values *values_sample(struct arena *arena, const struct plan *plan)
{
    const char **values = arena_alloc_array(arena, plan->variable_count, sizeof(*values));

    for (size_t i = 0; i < plan->variable_count; i++)
        values[i] = unset_value(arena, &plan->variables[i], VALUES_TO_SHOW);
    return finish(arena, plan, values);
}
