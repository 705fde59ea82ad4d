/* What the files of the preview share. For them only. */
#ifndef CRISIS_REPORT_PREVIEW_PARTS_H
#define CRISIS_REPORT_PREVIEW_PARTS_H

#include "report/preview.h"

/* Pictures that stand in the page already: each is there once, however many posts have it. */
struct preview_pictures {
    const char **sha256; /* room for all of the page */
    size_t count;
};

/* One variant: <article> with the posts, and the municipalities that get them. `number` is its own
 * in the page. */
void preview_add_variant(struct text *out, const struct preview *preview,
                         const struct preview_variant *variant, size_t number,
                         struct preview_pictures *pictures);

#endif
