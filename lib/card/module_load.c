#include <dlfcn.h>
#include <string.h>

#include "base/beside.h"
#include "base/language.h"
#include "base/memory.h"

#include "card/module.h"

static const char file[] = "crisis-card.so";

struct card_painter {
    const struct card_module *module;
    struct card_painter *drawing; /* the module's own */
};

static int refuse(const char *why, struct error *error)
{
    error_set(error, ERROR_SYSTEM, _("cannot draw text cards: %s"), why);
    return error_next(error, _("install crisis again, with all of its files"));
}

/* It stays loaded until the process ends: GLib does not bear to be unloaded. */
static const struct card_module *load(struct error *error)
{
    char beside[BESIDE_PATH_SIZE];
    void *handle = dlopen(beside_program(file, beside) ? beside : CARD_MODULE_INSTALLED,
                          RTLD_NOW | RTLD_LOCAL);
    const struct card_module *module = handle ? dlsym(handle, CARD_MODULE_TABLE) : NULL;

    if (!module)
        refuse(dlerror(), error);
    else if (strcmp(module->version, CRISIS_VERSION) != 0)
        refuse(_("crisis-card.so is of another version"), error);
    else
        return module;
    return NULL;
}

struct card_painter *card_painter_new(struct error *error)
{
    const struct card_module *module = load(error);
    struct card_painter *drawing = module ? module->painter_new(error) : NULL;

    if (!drawing)
        return NULL;
    struct card_painter *painter = memory_alloc(sizeof(*painter));
    *painter = (struct card_painter){module, drawing};
    return painter;
}

void card_painter_free(struct card_painter *painter)
{
    if (!painter)
        return;
    painter->module->painter_free(painter->drawing);
    memory_free(painter);
}

int card_paint(struct card_painter *painter, const struct card *card, struct text *jpeg,
               struct card_finding *out, struct error *error)
{
    return painter->module->paint(painter->drawing, card, jpeg, out, error);
}
