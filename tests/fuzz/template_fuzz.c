/* Feeds any text to the template reader and fills what it accepts; what comes out goes on to the
 * places that look at filled texts. */
#include "base/limits.h"
#include "base/text.h"
#include "base/utf8.h"
#include "plan/exercise.h"
#include "plan/fit.h"
#include "plan/links.h"
#include "plan/template.h"

#include "fuzz.h"

static const char *const names[] = {"river", "phone", "empty", "municipality.name"};
static const char *const values[] = {"Glomma {{river}}", "02000", "", "https://oslo.example/"};
enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

static void look_at(struct arena *arena, const char *text)
{
    static const struct text_limits limits = {TEXT_UNIT_X_WEIGHTED, 60, true, 0, 0};
    struct fit_request request = {&limits, text, NULL, "ØVELSE"};
    char words[EXERCISE_DENIAL_SIZE];
    struct fit fit;

    exercise_find_denial(text, words);
    exercise_begins_with_mark(text);
    link_omit_all(arena, text);
    if (text[0] != '\0')
        fit_text(arena, &request, &fit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct placed_text source = {arena_strndup(arena, (const char *)data, size), {"f", 3, 7}};

    problems_init(&problems, arena);
    if (utf8_valid_prefix(source.text, strlen(source.text)) == strlen(source.text)) {
        const struct template_names *list = template_names_new(arena, names, NAME_COUNT);
        const struct template *template = template_parse(arena, &source, list, &problems);
        struct text out;
        text_init(&out, TEXT_MAX_BYTES);
        if (template)
            template_fill(template, values, &out);
        if (!out.overflowed)
            look_at(arena, out.bytes);
        text_release(&out);
    }
    arena_free(arena);
    return 0;
}
