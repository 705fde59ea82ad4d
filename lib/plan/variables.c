#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/text.h"
#include "base/utf8.h"

#include "plan/characters.h"
#include "plan/formats.h"
#include "plan/plan_parts.h"

enum {
    NAME_MAX_BYTES = 63,
    CHARACTERS_MAX = 10000,
    LIST_MAX_BYTES = 1024, /* of allowed values in a message */
};

const char *const plan_builtin_names[] = {
    "municipality.name",
    "municipality.id",
    "municipality.phone",
    "municipality.website",
    "county.name",
    "coordinator.name",
    "date",
    "time",
    "run",
    NULL,
};

static const char *const variable_keys[] = {"required", "max", "one-of", "type", "default", NULL};
static const char *const type_names[] = {"text", "url", "phone", "number", "time", NULL};

const char *variable_type_name(enum variable_type type)
{
    return type_names[type];
}

bool plan_is_builtin(const char *name)
{
    for (size_t i = 0; plan_builtin_names[i]; i++)
        if (strcmp(plan_builtin_names[i], name) == 0)
            return true;
    return false;
}

/* --- values ---------------------------------------------------------------------------------- */

static const char *number_value_fault(const char *value)
{
    static const char fault[] = N_("is no number: write digits, such as '12' or '2,5'");
    const char *c = value + (*value == '-' || *value == '+');
    size_t digits = strspn(c, "0123456789");

    c += digits;
    if (digits == 0)
        return fault;
    if (*c == '.' || *c == ',') {
        size_t decimals = strspn(c + 1, "0123456789");
        if (decimals == 0)
            return fault;
        c += 1 + decimals;
    }
    return *c == '\0' ? NULL : fault;
}

static bool is_clock_time(const char *value)
{
    if (strlen(value) != strlen("03:04") || strspn(value, "0123456789") != 2 ||
        !strchr(":.", value[2]) || strspn(value + 3, "0123456789") != 2)
        return false;
    int hour = (value[0] - '0') * 10 + (value[1] - '0');
    return hour <= 23 && value[3] <= '5';
}

static const char *type_fault(enum variable_type type, const char *value)
{
    int64_t unix_ms;

    switch (type) {
    case VARIABLE_TEXT:
        return NULL;
    case VARIABLE_URL:
        return url_fault(value, URL_LINK);
    case VARIABLE_PHONE:
        return phone_fault(value);
    case VARIABLE_NUMBER:
        return number_value_fault(value);
    case VARIABLE_TIME:
        if (is_clock_time(value) || rfc3339_parse(value, &unix_ms))
            return NULL;
        return N_("is no time: write '14:30' or '2026-11-23T14:30:00+01:00'");
    }
    return NULL;
}

static const char *characters_fault(struct arena *arena, const char *value)
{
    size_t length = strlen(value);
    uint32_t code_point;

    if (utf8_valid_prefix(value, length) < length)
        return _("is not UTF-8");
    if (strpbrk(value, "\n\t"))
        return _("holds a line break or a tab: write it on one line, with spaces");
    if (characters_find_refused(value, length, &code_point))
        return arena_printf(arena, _("holds the character U+%04X, which is not allowed"),
                            (unsigned)code_point);
    return NULL;
}

/* All bounds but one-of. */
static const char *bounds_fault(struct arena *arena, const struct variable *variable,
                                const char *value)
{
    const char *fault = characters_fault(arena, value);

    if (fault)
        return fault;
    size_t characters = utf8_count(value);
    if (variable->max_characters > 0 && characters > variable->max_characters)
        return arena_printf(arena, _("is %zu characters long: at most %zu are allowed"), characters,
                            variable->max_characters);
    return translated(type_fault(variable->type, value));
}

static const char *one_of_fault(struct arena *arena, const struct variable *variable)
{
    struct text list;

    text_init(&list, LIST_MAX_BYTES);
    for (size_t i = 0; i < variable->one_of_count && !list.overflowed; i++)
        text_addf(&list, "%s'%s'", i == 0 ? "" : ", ", variable->one_of[i].text);
    const char *fault =
        arena_printf(arena, _("is not one of %s%s"), list.bytes, list.overflowed ? ", …" : "");
    text_release(&list);
    return fault;
}

const char *plan_variable_refusal(struct arena *arena, const struct variable *variable,
                                  const char *value)
{
    if (value[0] == '\0')
        return variable->required ? _("is empty, and a value is required") : NULL;
    const char *fault = bounds_fault(arena, variable, value);
    if (fault || variable->one_of_count == 0)
        return fault;
    for (size_t i = 0; i < variable->one_of_count; i++)
        if (strcmp(variable->one_of[i].text, value) == 0)
            return NULL;
    return one_of_fault(arena, variable);
}

/* --- declarations ---------------------------------------------------------------------------- */

static const char *name_fault(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (strlen(name) > NAME_MAX_BYTES)
        return _("is longer than 63 characters");
    if (!strchr(letters, name[0]))
        return _("does not begin with a letter (a-z, A-Z)");
    const char *rest = name + strspn(name, letters);
    for (; *rest; rest++)
        if (!strchr(letters, *rest) && !strchr("0123456789_-", *rest))
            return _("holds something other than letters (a-z, A-Z), digits, '_' and '-'");
    return NULL;
}

static void check_name(const struct plan_reading *reading, const char *name, struct place place)
{
    if (plan_is_builtin(name)) {
        plan_error(reading, place,
                   _("the variable '%s' has the name of a built-in: choose another"), name);
        return;
    }
    const char *fault = name_fault(name);
    if (fault)
        plan_error(reading, place, _("the variable name '%s' %s"), shown(reading->arena, name),
                   fault);
}

static void check_values(const struct plan_reading *reading, const struct variable *variable)
{
    for (size_t i = 0; i < variable->one_of_count; i++) {
        const struct placed_text *value = &variable->one_of[i];
        const char *fault = bounds_fault(reading->arena, variable, value->text);
        if (fault)
            plan_error(reading, value->place, _("'%s' %s"), shown(reading->arena, value->text),
                       fault);
    }
    const struct placed_text *value = &variable->default_value;
    if (!value->text || value->text[0] == '\0')
        return;
    const char *fault = plan_variable_refusal(reading->arena, variable, value->text);
    if (fault)
        plan_error(reading, value->place, _("the default '%s' %s"),
                   shown(reading->arena, value->text), fault);
}

static void read_variable(const struct plan_reading *reading, const struct node *node,
                          struct variable *variable)
{
    struct fields fields;
    size_t type;
    int64_t characters;

    if (!fields_begin(&fields, reading->arena, reading->problems, node,
                      arena_printf(reading->arena, _("the variable '%s'"),
                                   shown(reading->arena, variable->name)),
                      variable_keys))
        return;
    field_bool(&fields, "required", &variable->required);
    if (field_integer(&fields, "max", 1, CHARACTERS_MAX, &characters))
        variable->max_characters = (size_t)characters;
    if (field_word(&fields, "type", type_names, &type))
        variable->type = (enum variable_type)type;
    field_texts(&fields, "one-of", &variable->one_of, &variable->one_of_count);
    const struct node *value = field_find(&fields, "default");
    if (value &&
        value_text_or_empty(reading->problems, value, "'default'", &variable->default_value.text))
        variable->default_value.place = node_place(value);
    check_values(reading, variable);
}

void plan_read_variables(const struct plan_reading *reading, const struct node *map)
{
    struct plan *plan = reading->plan;

    if (!map || !value_is_map(reading->problems, map, "'variables'"))
        return;
    plan->variable_count = node_count(map);
    plan->variables =
        arena_alloc_array(reading->arena, plan->variable_count + 1, sizeof(*plan->variables));
    for (size_t i = 0; i < plan->variable_count; i++) {
        struct variable *variable = &plan->variables[i];
        variable->name = node_key(map, i);
        variable->place = node_key_place(map, i);
        check_name(reading, variable->name, variable->place);
        read_variable(reading, node_value(map, i), variable);
    }
}

const struct variable *plan_find_variable(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->variable_count; i++)
        if (strcmp(plan->variables[i].name, name) == 0)
            return &plan->variables[i];
    return NULL;
}
