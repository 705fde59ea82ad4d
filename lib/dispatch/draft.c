#include "dispatch/dispatch.h"

#include <stdlib.h>
#include <string.h>

static int compare_hash(const void *key, const void *element)
{
    const struct media *media = element;
    return strcmp(key, media->sha256);
}

int dispatch_draft(const struct dispatch_options *options, struct arena *arena, int64_t draft_row,
                   struct draft *out, struct error *error)
{
    if (store_draft(options->reader, arena, draft_row, out, error) < 0)
        return -1;
    if (out->media_count == 0)
        return 0;
    struct media *media = arena_memdup(arena, out->media, out->media_count * sizeof(*media));
    for (size_t i = 0; i < out->media_count; i++) {
        const struct media *stored =
            options->media_count == 0
                ? NULL
                : bsearch(media[i].sha256, options->media, options->media_count,
                          sizeof(*options->media), compare_hash);
        if (!stored)
            return error_set(error, ERROR_SYSTEM, "a picture or film of the run is not loaded: %s",
                             media[i].sha256);
        media[i].bytes = stored->bytes;
        media[i].size_bytes = stored->size_bytes;
    }
    out->media = media;
    return 0;
}
