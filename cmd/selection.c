#include "cmd/selection.h"

#include <string.h>

#include "base/language.h"

int selectors_read(struct context *context, const char *option, struct selectors *out,
                   struct error *error)
{
    size_t count;
    const char *const *expressions = option_values(context->invocation, option, &count);

    out->items = arena_alloc_array(context->arena, count, sizeof(*out->items));
    out->matched = arena_alloc_array(context->arena, count, sizeof(*out->matched));
    out->count = count;
    for (size_t i = 0; i < count; i++)
        if (selector_parse(context->arena, expressions[i], &out->items[i], error) < 0)
            return -1;
    return 0;
}

static bool matches(struct selectors *selectors, size_t index, selector_test *test,
                    const void *thing)
{
    bool match = test(&selectors->items[index], thing);
    selectors->matched[index] += match;
    return match;
}

bool selectors_mean(struct selectors *selectors, selector_test *test, const void *thing)
{
    bool any_place = false, place = false, any_channel = false, on_channel = false;

    for (size_t i = 0; i < selectors->count; i++) {
        bool match = matches(selectors, i, test, thing);
        bool is_channel = selectors->items[i].kind == SELECT_CHANNEL;
        any_channel |= is_channel;
        any_place |= !is_channel;
        on_channel |= is_channel && match;
        place |= !is_channel && match;
    }
    return (!any_place || place) && (!any_channel || on_channel);
}

bool selectors_name(struct selectors *selectors, selector_test *test, const void *thing)
{
    bool named = false;

    for (size_t i = 0; i < selectors->count; i++)
        named |= matches(selectors, i, test, thing);
    return named;
}

int selectors_check(const struct selectors *selectors, const char *option,
                    enum selectors_subject subject, struct error *error)
{
    for (size_t i = 0; i < selectors->count; i++) {
        if (selectors->matched[i] > 0)
            continue;
        error_set(error, ERROR_USAGE,
                  subject == SELECTORS_OF_PLAN ? _("--%s '%s' matches no account of this plan")
                                               : _("--%s '%s' matches no delivery of this run"),
                  option, selectors->items[i].expression);
        return error_next(error, _("crisis channels lists the accounts; an empty selection never "
                                   "means all"));
    }
    return 0;
}

bool selector_names_place(const struct selector *selector, const char *municipality,
                          const char *channel)
{
    switch (selector->kind) {
    case SELECT_ALL:
        return true;
    case SELECT_ID:
        return strcmp(municipality, selector->value) == 0;
    case SELECT_CHANNEL:
        return channel_word_covers(selector->value, channel);
    case SELECT_COUNTY:
        return strncmp(municipality, selector->value, strlen(selector->value)) == 0;
    case SELECT_GROUP:
    case SELECT_LANGUAGE:
        break;
    }
    return false;
}
