#include <string.h>

#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"

#include "plan/directory.h"
#include "plan/plan_parts.h"
#include "plan/select.h"

static const char *const source_keys[] = {"from", "select", "except", NULL};

/* A directory file, and which of its municipalities the plan has chosen so far. */
struct loaded {
    struct directory *directory; /* NULL: could not be read */
    bool *chosen;
};

/* --- entries of the plan --------------------------------------------------------------------- */

static void read_choice(const struct plan_reading *reading, const struct node *node,
                        struct plan_source *source)
{
    struct fields fields;

    if (!fields_begin(&fields, reading->arena, reading->problems, node,
                      _("the entry of 'municipalities'"), source_keys))
        return;
    field_require(&fields, "from");
    field_placed_text(&fields, "from", &source->from);
    if (field_find(&fields, "select"))
        field_texts(&fields, "select", &source->select, &source->select_count);
    else
        plan_error(
            reading, node_place(node),
            _("the entry of 'municipalities' lacks 'select': write 'select: [all]' for all of "
              "them"));
    field_texts(&fields, "except", &source->except, &source->except_count);
}

static void read_source(const struct plan_reading *reading, const struct node *node,
                        struct plan_source *source)
{
    source->place = node_place(node);
    if (node_find(node, "from") || node_find(node, "select")) {
        read_choice(reading, node, source);
        return;
    }
    struct municipality *municipality = arena_alloc(reading->arena, sizeof(*municipality));
    if (municipality_parse(reading->arena, reading->problems, node, municipality))
        source->in_place = municipality;
}

void plan_read_sources(const struct plan_reading *reading, const struct node *list)
{
    if (!list || !value_is_list(reading->problems, list, "'municipalities'"))
        return;
    size_t count = node_count(list);
    struct plan_source *sources = arena_alloc_array(reading->arena, count + 1, sizeof(*sources));
    if (count == 0)
        plan_error(reading, node_place(list), _("'municipalities' is empty"));
    for (size_t i = 0; i < count; i++)
        read_source(reading, node_value(list, i), &sources[i]);
    reading->plan->sources = sources;
    reading->plan->source_count = count;
}

/* --- directory files ------------------------------------------------------------------------- */

static const char *path_beside(struct arena *arena, const char *plan_path, const char *name)
{
    const char *slash = strrchr(plan_path, '/');

    if (name[0] == '/' || !slash)
        return name;
    return arena_printf(arena, "%.*s/%s", (int)(slash - plan_path), plan_path, name);
}

static void load(const struct plan_reading *reading, const struct placed_text *from,
                 struct plan_directory *entry, struct loaded *loaded, struct sha256 *all_bytes)
{
    struct error error = {.kind = ERROR_NONE};
    struct text bytes;

    if (file_read(entry->path, YAML_SIZE_MAX_BYTES, &bytes, &error) < 0) {
        plan_error(reading, from->place, "%s", error.message);
    } else if (directory_parse(reading->arena, entry->path, bytes.bytes, bytes.length,
                               reading->problems, &loaded->directory) == 0) {
        memcpy(entry->sha256, loaded->directory->sha256, sizeof(entry->sha256));
        sha256_add(all_bytes, bytes.bytes, bytes.length);
        loaded->chosen = arena_alloc_array(reading->arena, loaded->directory->count, sizeof(bool));
    }
    text_release(&bytes);
}

/* The file that an entry names, loaded once however often it is named. */
static struct loaded *find_or_load(const struct plan_reading *reading,
                                   const struct placed_text *from,
                                   struct plan_directory *directories, struct loaded *all,
                                   struct sha256 *all_bytes)
{
    struct plan *plan = reading->plan;

    for (size_t i = 0; i < plan->directory_count; i++)
        if (strcmp(directories[i].file, from->text) == 0)
            return &all[i];
    size_t index = plan->directory_count++;
    directories[index].file = from->text;
    directories[index].path = path_beside(reading->arena, plan->file, from->text);
    load(reading, from, &directories[index], &all[index], all_bytes);
    return &all[index];
}

static void choose(const struct plan_reading *reading, const struct plan_source *source,
                   struct loaded *loaded)
{
    const struct directory *directory = loaded->directory;
    const struct plan *plan = reading->plan;
    const char *first_language = plan->language_count > 0 ? plan->languages[0].text : NULL;

    if (!directory || source->select_count == 0)
        return;
    bool *chosen = arena_alloc_array(reading->arena, directory->count, sizeof(bool));
    const struct selection selection = {
        .select = source->select,
        .except = source->except,
        .select_count = source->select_count,
        .except_count = source->except_count,
        .default_language = first_language,
        .whole = source->place,
    };
    select_from(reading->arena, reading->problems, directory->sorted, directory->count, &selection,
                chosen);
    for (size_t i = 0; i < directory->count; i++)
        loaded->chosen[i] |= chosen[i];
}

/* --- the audience ---------------------------------------------------------------------------- */

static void set_languages(const struct plan_reading *reading, struct audience_member *member)
{
    const struct municipality *municipality = member->municipality;
    unsigned *languages =
        arena_alloc_array(reading->arena, municipality->language_count + 1, sizeof(*languages));
    size_t count = 0;

    for (size_t i = 0; i < municipality->language_count; i++) {
        int index = plan_language_index(reading->plan, municipality->languages[i]);
        if (index >= 0)
            languages[count++] = (unsigned)index;
    }
    if (count == 0)
        languages[count++] = 0;
    member->languages = languages;
    member->language_count = count;
}

static void set_audience(const struct plan_reading *reading,
                         const struct municipality **municipalities, size_t count)
{
    struct audience_member *audience =
        arena_alloc_array(reading->arena, count + 1, sizeof(*audience));

    municipalities_sort(reading->problems, municipalities, count);
    for (size_t i = 0; i < count; i++) {
        audience[i].municipality = municipalities[i];
        set_languages(reading, &audience[i]);
    }
    reading->plan->audience = audience;
    reading->plan->audience_count = count;
}

static size_t count_chosen(const struct plan *plan, const struct loaded *all)
{
    size_t count = plan->source_count;

    for (size_t i = 0; i < plan->directory_count; i++)
        count += all[i].directory ? all[i].directory->count : 0;
    return count;
}

void plan_resolve_audience(const struct plan_reading *reading, struct place place)
{
    struct plan *plan = reading->plan;
    struct arena *arena = reading->arena;
    struct plan_directory *directories =
        arena_alloc_array(arena, plan->source_count + 1, sizeof(*directories));
    struct loaded *all = arena_alloc_array(arena, plan->source_count + 1, sizeof(*all));
    struct sha256 *all_bytes = sha256_new();

    for (size_t i = 0; i < plan->source_count; i++)
        if (plan->sources[i].from.text)
            choose(reading, &plan->sources[i],
                   find_or_load(reading, &plan->sources[i].from, directories, all, all_bytes));
    plan->directories = directories;
    sha256_finish(all_bytes, plan->directories_sha256);
    sha256_free(all_bytes);

    size_t count = 0;
    const struct municipality **municipalities =
        arena_alloc_array(arena, count_chosen(plan, all) + 1, sizeof(*municipalities));
    for (size_t i = 0; i < plan->source_count; i++)
        if (plan->sources[i].in_place)
            municipalities[count++] = plan->sources[i].in_place;
    for (size_t i = 0; i < plan->directory_count; i++)
        for (size_t j = 0; all[i].directory && j < all[i].directory->count; j++)
            if (all[i].chosen[j])
                municipalities[count++] = all[i].directory->sorted[j];
    if (count == 0 && !problems_any_error(reading->problems))
        plan_error(reading, place, _("the plan reaches no municipality"));
    set_audience(reading, municipalities, count);
}

const struct audience_member *plan_find_municipality(const struct plan *plan, const char *id)
{
    size_t low = 0, high = plan->audience_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(plan->audience[middle].municipality->id, id);
        if (order == 0)
            return &plan->audience[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
