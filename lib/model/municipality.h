/* A municipality, as a directory file or a plan describes it. Strings live as long as its arena. */
#ifndef CRISIS_MODEL_MUNICIPALITY_H
#define CRISIS_MODEL_MUNICIPALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include "base/problems.h"

struct municipality_name {
    const char *language; /* NULL: the one name, whatever the language */
    const char *name;
};

struct municipality {
    const char *id;                        /* its official number, "0301": text, its zero counts */
    const struct municipality_name *names; /* at least one, in the order of the file */
    size_t name_count;
    const char *county_id, *county_name; /* NULL when not given */
    const char *const *languages;        /* as the file says; none: the plan's first language */
    size_t language_count;
    const char *website, *phone, *email; /* NULL when not given */
    int64_t population;                  /* -1 when not given */
    bool has_location;
    double latitude, longitude; /* degrees, WGS 84 */
    const char *const *groups;
    size_t group_count;
    struct place place;
};

/* The name in a language (a BCP 47 tag, case does not count), else the first one. */
static inline const char *municipality_name(const struct municipality *municipality,
                                            const char *language)
{
    for (size_t i = 0; i < municipality->name_count; i++) {
        const char *own = municipality->names[i].language;

        if (own != NULL && language != NULL && strcasecmp(own, language) == 0)
            return municipality->names[i].name;
    }
    return municipality->name_count > 0 ? municipality->names[0].name : municipality->id;
}

#endif
