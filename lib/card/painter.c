#include "card/painter.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include "base/language.h"
#include "base/memory.h"

#include "card/jpeg_writer.h"
#include "card/layout.h"
#include "card/leaks.h"

struct colour {
    double red, green, blue;
};

#define COLOUR(hex)                                                                                \
    {                                                                                              \
        ((hex) >> 16 & 0xff) / 255.0, ((hex) >> 8 & 0xff) / 255.0, ((hex)&0xff) / 255.0            \
    }

/* Contrast by WCAG 2.2: ink on paper 17.2:1, ink on the pale mark of an exercise 12.9:1, paper on
 * the header 14.8:1, ink on the band 12.9:1; the least that is asked for is 7:1. */
static const struct colour ink = COLOUR(0x0b1620), paper = COLOUR(0xffffff),
                           header = COLOUR(0x0a2a43), band = COLOUR(0xffd400),
                           pale = COLOUR(0xe2e6ea);

static const char *const dejavu_files[] = {CARD_FONTS "/dejavu/DejaVuSans.ttf",
                                           CARD_FONTS "/dejavu/DejaVuSans-Bold.ttf"};
static const char noto_folder[] = CARD_FONTS "/noto";

struct card_painter {
    FcConfig *fonts;
    PangoFontMap *map;
    PangoContext *context;
    cairo_surface_t *surface;
    cairo_t *cairo;
    bool has_noto;
};

/* --- fonts ----------------------------------------------------------------------------------- */

/* File by file: of a whole folder fontconfig would want to write a cache. */
static bool add_font(struct card_painter *painter, const char *path)
{
    return FcConfigAppFontAddFile(painter->fonts, (const FcChar8 *)path);
}

/* Layouts do not depend on the screen: no hinting, grey edges. */
static void set_font_options(PangoContext *context)
{
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
}

/* A font map finds the fonts that are there when it is made. */
static bool make_context(struct card_painter *painter)
{
    g_clear_object(&painter->context);
    g_clear_object(&painter->map);
    painter->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    if (!painter->map)
        return false;
    painter->context = pango_font_map_create_context(painter->map);
    set_font_options(painter->context);
    return true;
}

/* Takes the place of the fonts that the user or the system has set up. */
static bool begin_fonts(struct card_painter *painter, struct error *error)
{
    painter->fonts = FcConfigCreate();
    if (!painter->fonts || !FcConfigSetCurrent(painter->fonts)) {
        error_set(error, ERROR_SYSTEM, _("cannot prepare the fonts of text cards"));
        return false;
    }
    for (size_t i = 0; i < sizeof(dejavu_files) / sizeof(dejavu_files[0]); i++) {
        if (add_font(painter, dejavu_files[i]))
            continue;
        error_set(error, ERROR_SYSTEM, _("cannot draw text cards: the font '%s' is not there"),
                  dejavu_files[i]);
        error_next(error, _("install it: apt install fonts-dejavu-core"));
        return false;
    }
    return true;
}

struct card_painter *card_painter_new(struct error *error)
{
    struct card_painter *painter = memory_alloc(sizeof(*painter));

    painter->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, CARD_WIDTH, CARD_HEIGHT);
    painter->cairo = cairo_create(painter->surface);
    if (!begin_fonts(painter, error))
        goto failed;
    if (!make_context(painter) || cairo_status(painter->cairo) != CAIRO_STATUS_SUCCESS) {
        error_set(error, ERROR_SYSTEM, _("cannot prepare to draw text cards"));
        goto failed;
    }
    return painter;
failed:
    card_painter_free(painter);
    return NULL;
}

void card_painter_free(struct card_painter *painter)
{
    if (!painter)
        return;
    g_clear_object(&painter->context);
    g_clear_object(&painter->map);
    cairo_destroy(painter->cairo);
    cairo_surface_destroy(painter->surface);
    if (painter->fonts)
        FcConfigDestroy(painter->fonts);
    FcConfigSetCurrent(NULL);
    memory_free(painter);
}

static bool is_noto(const char *name)
{
    size_t length = strlen(name);
    static const char *const ends[] = {"-Regular.ttf", "-Bold.ttf"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strncmp(name, "NotoSans", strlen("NotoSans")) == 0 && length > strlen(ends[i]) &&
            strcmp(name + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* Hundreds of files, which take a moment to be read: only where DejaVu lacks a character. */
static bool add_noto(struct card_painter *painter)
{
    if (painter->has_noto)
        return false;
    painter->has_noto = true;
    DIR *folder = opendir(noto_folder);
    if (!folder)
        return false;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof(path), "%s/%s", noto_folder, entry->d_name);
        if (is_noto(entry->d_name) && length > 0 && (size_t)length < sizeof(path))
            (void)add_font(painter, path); /* one that cannot be read is one less */
    }
    closedir(folder);
    return make_context(painter);
}

/* --- drawing --------------------------------------------------------------------------------- */

static void set_colour(cairo_t *cairo, const struct colour *colour)
{
    cairo_set_source_rgb(cairo, colour->red, colour->green, colour->blue);
}

static void fill(cairo_t *cairo, const struct colour *colour, int x, int y, int width, int height)
{
    set_colour(cairo, colour);
    cairo_rectangle(cairo, x, y, width, height);
    cairo_fill(cairo);
}

static void show(cairo_t *cairo, const struct block *block, const struct colour *colour)
{
    if (!block->layout)
        return;
    set_colour(cairo, colour);
    cairo_move_to(cairo, block->x, block->y);
    pango_cairo_show_layout(cairo, block->layout);
}

static PangoLayout *mark_layout(const struct card_painter *painter, const char *mark, int size)
{
    PangoLayout *layout = pango_layout_new(painter->context);
    PangoFontDescription *font = pango_font_description_new();

    pango_font_description_set_family_static(font, "DejaVu Sans,Noto Sans");
    pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, mark, -1);
    pango_font_description_free(font);
    return layout;
}

/* The mark of an exercise: a band at the top and one at the bottom with the word in the middle,
 * and the word across the paper, under the text. */
static void draw_band(struct card_painter *painter, const char *mark, int y)
{
    PangoLayout *layout = mark_layout(painter, mark, 54);
    struct block block = {.layout = layout};
    int width;

    fill(painter->cairo, &band, 0, y, CARD_WIDTH, CARD_BAND_HEIGHT);
    pango_layout_get_pixel_size(layout, &width, &block.height);
    block.x = (CARD_WIDTH - width) / 2;
    block.y = y + (CARD_BAND_HEIGHT - block.height) / 2;
    show(painter->cairo, &block, &ink);
    g_object_unref(layout);
}

static void draw_across(struct card_painter *painter, const char *mark)
{
    enum { SIZE = 200, DIAGONAL = 1300 };
    cairo_t *cairo = painter->cairo;
    PangoLayout *layout = mark_layout(painter, mark, SIZE);
    int width, height;

    pango_layout_get_pixel_size(layout, &width, &height);
    double scale = width > 0 ? (double)DIAGONAL / width : 1;
    cairo_save(cairo);
    cairo_translate(cairo, CARD_WIDTH / 2.0, CARD_HEIGHT / 2.0);
    cairo_rotate(cairo, -0.9);
    cairo_scale(cairo, scale, scale);
    cairo_move_to(cairo, -width / 2.0, -height / 2.0);
    set_colour(cairo, &pale);
    pango_cairo_show_layout(cairo, layout);
    cairo_restore(cairo);
    g_object_unref(layout);
}

/* Square modules on white, with the quiet zone of four that readers need (ISO/IEC 18004). Medium
 * correction: 15 % of it may be lost. */
static void draw_code(cairo_t *cairo, const QRcode *code, int right, int bottom)
{
    enum { QUIET = 4 };
    int side = code->width + 2 * QUIET, module = CARD_CODE_SIZE / side;
    int size = module * side, x = right - size, y = bottom - size;

    fill(cairo, &paper, x, y, size, size);
    set_colour(cairo, &ink);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            if (code->data[row * code->width + column] & 1)
                cairo_rectangle(cairo, x + (column + QUIET) * module, y + (row + QUIET) * module,
                                module, module);
    cairo_fill(cairo);
}

/* A code does not say which letters its bytes are: those beyond ASCII are written as %XX, which is
 * the same address (RFC 3987, 3.1). */
static void add_ascii(struct text *out, const char *link)
{
    for (; *link; link++)
        if ((unsigned char)*link < 0x80)
            text_add_char(out, *link);
        else
            text_addf(out, "%%%02X", (unsigned char)*link);
}

/* None for an address whose modules would be too small for a telephone: it is there in letters. */
static void draw_link(struct card_painter *painter, const char *link,
                      const struct card_layout *layout)
{
    QRcode *code = NULL;
    struct text address;

    text_init(&address, CARD_CODE_LONGEST_BYTES);
    add_ascii(&address, link);
    if (!address.overflowed)
        code = QRcode_encodeString8bit(address.bytes, 0, QR_ECLEVEL_M);
    if (code)
        draw_code(painter->cairo, code, CARD_WIDTH - CARD_MARGIN, layout->bottom);
    QRcode_free(code);
    text_release(&address);
}

static void draw(struct card_painter *painter, const struct card *card,
                 const struct card_layout *layout)
{
    cairo_t *cairo = painter->cairo;

    fill(cairo, &paper, 0, 0, CARD_WIDTH, CARD_HEIGHT);
    if (card->mark) {
        draw_across(painter, card->mark);
        draw_band(painter, card->mark, 0);
        draw_band(painter, card->mark, CARD_HEIGHT - CARD_BAND_HEIGHT);
    }
    fill(cairo, &header, 0, layout->header_top, CARD_WIDTH,
         layout->header_bottom - layout->header_top);
    show(cairo, &layout->municipality, &paper);
    show(cairo, &layout->issuer, &paper);
    show(cairo, &layout->headline, &ink);
    show(cairo, &layout->text, &ink);
    show(cairo, &layout->link, &ink);
    show(cairo, &layout->time, &ink);
}

int card_paint(struct card_painter *painter, const struct card *card, struct text *jpeg,
               struct card_finding *out, struct error *error)
{
    struct card_layout layout;
    int result = -1;

    bool fits = card_layout_make(painter->context, card, &layout);
    if (layout.unknown_count > 0 && add_noto(painter)) {
        card_layout_release(&layout);
        fits = card_layout_make(painter->context, card, &layout);
    }
    *out = (struct card_finding){layout.is_short, layout.unknown_count};
    if (!fits) {
        error_set(error, ERROR_INPUT, _("the headline and the link do not fit"));
        goto out;
    }
    draw(painter, card, &layout);
    if (card->link)
        draw_link(painter, card->link, &layout);
    cairo_surface_flush(painter->surface);
    result = jpeg_write(cairo_image_surface_get_data(painter->surface), CARD_WIDTH, CARD_HEIGHT,
                        (size_t)cairo_image_surface_get_stride(painter->surface), jpeg);
    if (cairo_status(painter->cairo) != CAIRO_STATUS_SUCCESS)
        result = -1;
    if (result < 0)
        error_set(error, ERROR_SYSTEM, _("cannot draw a text card: %s"),
                  cairo_status_to_string(cairo_status(painter->cairo)));
out:
    card_layout_release(&layout);
    return result;
}
