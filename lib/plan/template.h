/*
 * Texts with names in them (spec: the plan file, "Texts"): `{{name}}` inserts a value,
 * `{{#name}}…{{/name}}` keeps its inside only where the value is not empty, `{{^name}}…{{/name}}`
 * only where it is. White space inside the braces is fine. A section tag alone on its line takes
 * the line with it, so that no empty line is left (Mustache's rule).
 *
 * A template is parsed once, and filled as often as there are municipalities. Names become indices
 * when it is parsed, so that filling looks nothing up. A value is inserted once: braces in it are
 * text.
 *
 *     names = template_names_new(arena, list, count);
 *     template = template_parse(arena, text, names, problems);       NULL: problems say why
 *     values[template_names_find(names, "river")] = "Glomma";
 *     template_fill(template, values, &out);
 */
#ifndef CRISIS_PLAN_TEMPLATE_H
#define CRISIS_PLAN_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"
#include "base/text.h"

#include "plan/plan.h"

enum { TEMPLATE_DEPTH_MAX = 16 /* sections in sections */ };

struct template_names;
struct template;

/* The names that texts may use; an index is a name's place in the list. The strings must outlive
 * the arena's use. */
const struct template_names *template_names_new(struct arena *arena, const char *const *names,
                                                size_t count);
size_t template_names_count(const struct template_names *names);
/* The index, or `count` when there is none of that name. */
size_t template_names_find(const struct template_names *names, const char *name);

/* Reads a text. Returns NULL when an error was added to `problems`: an unknown name, a section that
 * is not closed or closed in the wrong order, more than TEMPLATE_DEPTH_MAX levels, or '{{' that
 * begins none of the four forms. An error in a text of several lines names the line in the file as
 * a literal block ('|') has it. */
const struct template *template_parse(struct arena *arena, const struct placed_text *source,
                                      const struct template_names *names,
                                      struct problems *problems);

/* Appends the text with `values` (one per name, never NULL) to `out`, whose ceiling the caller
 * chose: see out->overflowed afterwards. */
void template_fill(const struct template *template, const char *const *values, struct text *out);

/* Whether filling can give different texts for different values of this name. */
bool template_uses(const struct template *template, size_t name);

#endif
