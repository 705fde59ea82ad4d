/* Bytes as a directory file: municipalities that are whole, once each, or problems. */
#include "base/utf8.h"
#include "plan/directory.h"
#include "plan/formats.h"
#include "plan/select.h"

#include "fuzz.h"

static void check_municipality(const struct municipality *municipality)
{
    require(!number_fault(municipality->id), "an id can be part of a file's name");
    require(municipality->name_count > 0, "a municipality has a name");
    for (size_t i = 0; i < municipality->name_count; i++)
        require(municipality->names[i].name[0] && !utf8_find_forbidden(municipality->names[i].name),
                "a name can be shown");
    for (size_t i = 0; i < municipality->language_count; i++)
        require(!language_fault(municipality->languages[i]), "a language is a tag");
    require(!municipality->website || !url_fault(municipality->website, URL_LINK),
            "a website is an address");
    require(!municipality->phone || !phone_fault(municipality->phone), "a phone has a number");
    require(municipality->population >= -1, "nobody is counted twice");
    require(!municipality->has_location ||
                (municipality->latitude >= -90 && municipality->latitude <= 90 &&
                 municipality->longitude >= -180 && municipality->longitude <= 180),
            "a location is on the Earth");
}

static void check_order(const struct directory *directory)
{
    for (size_t i = 0; i < directory->count; i++) {
        const char *id = directory->sorted[i]->id;
        require(i == 0 || strcmp(directory->sorted[i - 1]->id, id) < 0, "each stands in it once");
        require(municipalities_find(directory->sorted, directory->count, id) == (long)i,
                "each is found");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct problems problems;
    struct directory *directory;
    struct selector selector;

    problems_init(&problems, arena);
    const int result =
        directory_parse(arena, "d.yaml", (const char *)data, size, &problems, &directory);
    require((result == 0) == (problems.error_count == 0), "refused, then a problem");
    require((result == 0) == (directory != NULL), "a result is a directory");
    if (directory) {
        require(directory->count > 0, "a directory has a municipality");
        for (size_t i = 0; i < directory->count; i++)
            check_municipality(&directory->items[i]);
        check_order(directory);
        require(selector_parse(arena, directory->items[0].id, &selector, &error) == 0 &&
                    selector_matches_municipality(&selector, &directory->items[0], "nb"),
                "an id selects its municipality");
    }
    arena_free(arena);
    return 0;
}
