#include "card/module.h"

extern const struct card_module crisis_card_module;

__attribute__((visibility("default"))) const struct card_module crisis_card_module = {
    .version = CRISIS_VERSION,
    .painter_new = card_painter_new,
    .painter_free = card_painter_free,
    .paint = card_paint,
};
