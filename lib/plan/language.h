/* Language tags (BCP 47) as tables of words need them. */
#ifndef CRISIS_PLAN_LANGUAGE_H
#define CRISIS_PLAN_LANGUAGE_H

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Whether a tag's first subtag is `primary`: "en-GB" is "en"; case does not count. */
static inline bool language_is(const char *tag, const char *primary)
{
    size_t length = strcspn(tag, "-");

    return strlen(primary) == length && strncasecmp(tag, primary, length) == 0;
}

#endif
