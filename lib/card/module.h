/*
 * The painter as a module that is loaded when the first card is drawn (docs/decisions/0019): what
 * it needs, Pango and all that comes with it, takes longer to load than most commands run.
 *
 * painter.h is implemented twice. painter.c draws, and is in the module; module_load.c is in the
 * program, and hands on to the module. module_table.c is what the one finds in the other.
 */
#ifndef CRISIS_CARD_MODULE_H
#define CRISIS_CARD_MODULE_H

#include "card/painter.h"

#define CARD_MODULE_TABLE "crisis_card_module"

struct card_module {
    const char *version; /* of crisis: a program takes the module of its own version only */
    struct card_painter *(*painter_new)(struct error *error);
    void (*painter_free)(struct card_painter *painter);
    int (*paint)(struct card_painter *painter, const struct card *card, struct text *jpeg,
                 struct card_finding *out, struct error *error);
};

#endif
