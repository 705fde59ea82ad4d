#include "plan/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"

#include "plan/fields.h"
#include "plan/reader.h"

static const int64_t population_max = 10LL * 1000 * 1000 * 1000;

static const char *const municipality_keys[] = {"id",       "name",   "county", "languages",
                                                "website",  "phone",  "email",  "population",
                                                "location", "groups", NULL};
static const char *const county_keys[] = {"id", "name", NULL};
static const char *const directory_keys[] = {"municipalities", NULL};

static bool read_number(const struct fields *fields, const char *key, const char **out)
{
    const char *text;

    if (!field_text(fields, key, &text))
        return false;
    const char *fault = number_fault(text);
    if (fault) {
        problems_add(fields->problems, SEVERITY_ERROR, node_place(field_find(fields, key)),
                     _("the id '%s' %s"), shown(fields->arena, text), translated(fault));
        return false;
    }
    *out = text;
    return true;
}

/* --- names ----------------------------------------------------------------------------------- */

static void read_names_by_language(const struct fields *fields, const struct node *map,
                                   struct municipality *out)
{
    struct municipality_name *names =
        arena_alloc_array(fields->arena, node_count(map) + 1, sizeof(*names));

    if (node_count(map) == 0)
        problems_add(fields->problems, SEVERITY_ERROR, node_place(map), _("'name' is empty"));
    for (size_t i = 0; i < node_count(map); i++) {
        const char *tag = node_key(map, i);
        const char *fault = language_fault(tag);
        if (fault)
            problems_add(fields->problems, SEVERITY_ERROR, node_key_place(map, i), _("'%s' %s"),
                         shown(fields->arena, tag), translated(fault));
        names[i].language = tag;
        value_text(fields->problems, node_value(map, i), _("the name"), &names[i].name);
    }
    out->names = names;
    out->name_count = node_count(map);
}

static void read_name(const struct fields *fields, struct municipality *out)
{
    const struct node *node;

    if (!field_require(fields, "name"))
        return;
    node = field_find(fields, "name");
    if (node_kind(node) == NODE_MAP) {
        read_names_by_language(fields, node, out);
        return;
    }
    struct municipality_name *name = arena_alloc(fields->arena, sizeof(*name));
    if (!field_text(fields, "name", &name->name))
        return;
    out->names = name;
    out->name_count = 1;
}

/* --- the rest -------------------------------------------------------------------------------- */

static void read_county(const struct fields *fields, struct municipality *out)
{
    const struct node *node = field_find(fields, "county");
    struct fields county;

    if (!node ||
        !fields_begin(&county, fields->arena, fields->problems, node, "'county'", county_keys))
        return;
    if (field_require(&county, "id"))
        read_number(&county, "id", &out->county_id);
    field_text(&county, "name", &out->county_name);
}

static const char *const *plain_texts(struct arena *arena, const struct placed_text *texts,
                                      size_t count)
{
    const char **plain = arena_alloc_array(arena, count, sizeof(*plain));

    for (size_t i = 0; i < count; i++)
        plain[i] = texts[i].text;
    return plain;
}

static void read_lists(const struct fields *fields, struct municipality *out)
{
    struct placed_text *texts;
    size_t count;

    if (field_languages(fields, "languages", &texts, &count)) {
        out->languages = plain_texts(fields->arena, texts, count);
        out->language_count = count;
    }
    if (field_texts(fields, "groups", &texts, &count)) {
        out->groups = plain_texts(fields->arena, texts, count);
        out->group_count = count;
    }
}

/* A decimal number, whatever the locale: "-12", "59.97723". */
static bool parse_decimal(const char *text, double *out)
{
    bool is_negative = text[0] == '-';
    const char *c = text + is_negative;
    size_t whole = strspn(c, "0123456789");
    double value = 0, scale = 1;

    if (whole == 0 || whole > 3)
        return false;
    for (size_t i = 0; i < whole; i++)
        value = value * 10 + (*c++ - '0');
    if (*c == '.') {
        size_t digits = strspn(++c, "0123456789");
        if (digits == 0 || digits > 15)
            return false;
        for (size_t i = 0; i < digits; i++) {
            value = value * 10 + (*c++ - '0');
            scale *= 10;
        }
    }
    value /= scale;
    *out = is_negative ? -value : value;
    return *c == '\0';
}

static bool read_degrees(const struct fields *fields, const struct node *node, const char *what,
                         int most, double *out)
{
    const char *text;
    double degrees;

    if (!value_text(fields->problems, node, what, &text))
        return false;
    if (parse_decimal(text, &degrees) && degrees >= -most && degrees <= most) {
        *out = degrees;
        return true;
    }
    problems_add(fields->problems, SEVERITY_ERROR, node_place(node),
                 _("'%s' is no %s: write a number from -%d to %d, such as '59.91'"),
                 shown(fields->arena, text), what, most, most);
    return false;
}

static void read_location(const struct fields *fields, struct municipality *out)
{
    const struct node *node = field_find(fields, "location");

    if (!node || !value_is_list(fields->problems, node, "'location'"))
        return;
    if (node_count(node) != 2) {
        problems_add(fields->problems, SEVERITY_ERROR, node_place(node),
                     _("'location' must hold two numbers: write [latitude, longitude]"));
        return;
    }
    bool has_latitude =
        read_degrees(fields, node_value(node, 0), _("latitude"), 90, &out->latitude);
    bool has_longitude =
        read_degrees(fields, node_value(node, 1), _("longitude"), 180, &out->longitude);
    out->has_location = has_latitude && has_longitude;
}

/* An address that can be shown and written to; the mail server decides the rest. */
static void read_email(const struct fields *fields, struct municipality *out)
{
    const char *text;

    if (!field_text(fields, "email", &text))
        return;
    const char *at = strchr(text, '@');
    if (at && at > text && strchr(at + 1, '.') && !strchr(at + 1, '@') &&
        !strpbrk(text, " \t\n<>,;"))
        out->email = text;
    else
        problems_add(fields->problems, SEVERITY_ERROR, node_place(field_find(fields, "email")),
                     _("'%s' is no e-mail address: write 'name@host'"), shown(fields->arena, text));
}

bool municipality_parse(struct arena *arena, struct problems *problems, const struct node *node,
                        struct municipality *out)
{
    size_t errors_before = problems->error_count;
    struct fields fields;

    *out = (struct municipality){.population = -1, .place = node_place(node)};
    if (!fields_begin(&fields, arena, problems, node, _("the municipality"), municipality_keys))
        return false;
    if (field_require(&fields, "id"))
        read_number(&fields, "id", &out->id);
    if (out->id)
        fields.what = arena_printf(arena, _("the municipality '%s'"), out->id);
    read_name(&fields, out);
    read_county(&fields, out);
    read_lists(&fields, out);
    field_url(&fields, "website", URL_LINK, &out->website);
    field_phone(&fields, "phone", &out->phone);
    read_email(&fields, out);
    field_integer(&fields, "population", 0, population_max, &out->population);
    read_location(&fields, out);
    return problems->error_count == errors_before && out->id;
}

/* --- the file -------------------------------------------------------------------------------- */

static int compare_places(struct place a, struct place b)
{
    int files = strcmp(a.file ? a.file : "", b.file ? b.file : "");

    if (files != 0)
        return files;
    if (a.line != b.line)
        return a.line < b.line ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

static int compare_ids(const void *a_pointer, const void *b_pointer)
{
    const struct municipality *a = *(const struct municipality *const *)a_pointer;
    const struct municipality *b = *(const struct municipality *const *)b_pointer;
    int order = strcmp(a->id, b->id);

    return order != 0 ? order : compare_places(a->place, b->place);
}

bool municipalities_sort(struct problems *problems, const struct municipality **municipalities,
                         size_t count)
{
    bool is_unique = true;

    if (count == 0)
        return true;
    qsort(municipalities, count, sizeof(*municipalities), compare_ids);
    const struct municipality *first = municipalities[0];
    for (size_t i = 1; i < count; i++) {
        const struct municipality *other = municipalities[i];
        if (strcmp(first->id, other->id) != 0) {
            first = other;
            continue;
        }
        problems_add(problems, SEVERITY_ERROR, other->place,
                     _("the municipality '%s' is given twice, first at %s:%u:%u"), other->id,
                     first->place.file, first->place.line, first->place.column);
        is_unique = false;
    }
    return is_unique;
}

static void read_municipalities(struct arena *arena, struct problems *problems,
                                const struct node *list, struct directory *directory)
{
    size_t count = node_count(list);
    struct municipality *items = arena_alloc_array(arena, count + 1, sizeof(*items));

    directory->items = items;
    directory->sorted = arena_alloc_array(arena, count + 1, sizeof(*directory->sorted));
    if (count == 0)
        problems_add(problems, SEVERITY_ERROR, node_place(list), _("'municipalities' is empty"));
    for (size_t i = 0; i < count; i++) {
        struct municipality *item = &items[i];
        municipality_parse(arena, problems, node_value(list, i), item);
        if (item->id) /* duplicates are reported beside other errors */
            directory->sorted[directory->count++] = item;
    }
    municipalities_sort(problems, directory->sorted, directory->count);
}

int directory_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                    struct problems *problems, struct directory **out)
{
    struct directory *directory = arena_alloc(arena, sizeof(*directory));
    size_t errors_before = problems->error_count, documents;
    struct yaml_document *document;
    struct fields fields;

    *out = NULL;
    directory->file = file_name;
    sha256(bytes, size, directory->sha256);
    if (reader_parse(arena, file_name, bytes, size, &reader_plan_limits, problems, &document,
                     &documents) < 0)
        return -1;
    if (!fields_begin(&fields, arena, problems, document[0].root, _("the directory file"),
                      directory_keys) ||
        !field_require(&fields, "municipalities"))
        return -1;
    const struct node *list = field_find(&fields, "municipalities");
    if (!value_is_list(problems, list, "'municipalities'"))
        return -1;
    read_municipalities(arena, problems, list, directory);
    if (problems->error_count != errors_before)
        return -1;
    *out = directory;
    return 0;
}

int directory_load(struct arena *arena, const char *path, struct problems *problems,
                   struct directory **out, struct error *error)
{
    size_t errors_before = problems->error_count;
    const char *file_name = arena_strdup(arena, path);
    struct text bytes;

    *out = NULL;
    int result = file_read(path, YAML_SIZE_MAX_BYTES, &bytes, error);
    if (result == 0) {
        result = directory_parse(arena, file_name, bytes.bytes, bytes.length, problems, out);
        if (result < 0)
            error_set(error, ERROR_INPUT,
                      ngettext("'%s' is not valid: %zu error", "'%s' is not valid: %zu errors",
                               problems->error_count - errors_before),
                      path, problems->error_count - errors_before);
    }
    text_release(&bytes);
    return result;
}
