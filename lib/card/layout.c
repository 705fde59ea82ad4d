#include "card/layout.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#include "card/painter.h"
#include "card/words.h"

static const char font_family[] = "DejaVu Sans,Noto Sans";

enum {
    TEXT_WIDTH = CARD_WIDTH - 2 * CARD_MARGIN,
    FOOTER_WIDTH = TEXT_WIDTH - CARD_CODE_SIZE - CARD_GAP,
    ISSUER_SIZE = 34,
    MUNICIPALITY_SIZE = 50,
    FOOTER_SIZE = CARD_TEXT_LEAST,
    PADDING = 26,
    STEPS = 24, /* from the largest letters to the smallest */
};

/* --- blocks ---------------------------------------------------------------------------------- */

static PangoLayout *lay_out(PangoContext *context, const char *words, const char *language,
                            int size, bool bold, int width)
{
    PangoLayout *layout = pango_layout_new(context);
    PangoFontDescription *font = pango_font_description_new();
    PangoAttrList *attributes = pango_attr_list_new();

    pango_font_description_set_family_static(font, font_family);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_attr_list_insert(attributes,
                           pango_attr_language_new(pango_language_from_string(language)));
    pango_layout_set_attributes(layout, attributes);
    pango_layout_set_width(layout, width * PANGO_SCALE);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout, 1.12F);
    pango_layout_set_text(layout, words, -1);
    pango_attr_list_unref(attributes);
    pango_font_description_free(font);
    return layout;
}

static void block_set(struct block *block, PangoLayout *layout)
{
    g_clear_object(&block->layout);
    block->layout = layout;
    block->height = 0;
    if (layout)
        pango_layout_get_pixel_size(layout, NULL, &block->height);
}

static void block_make(struct block *block, PangoContext *context, const char *words,
                       const struct card *card, int size, bool bold, int width)
{
    bool is_empty = !words || !words[0];

    block_set(block, is_empty ? NULL : lay_out(context, words, card->language, size, bold, width));
}

/* --- fitting --------------------------------------------------------------------------------- */

static int height_with_gap(const struct block *above, const struct block *below)
{
    int gap = above->layout && below->layout ? CARD_GAP : 0;
    return above->height + gap + below->height;
}

/* Headline and text shrink together, until both fit between header and footer. */
static bool fit_middle(PangoContext *context, const struct card *card, const char *headline,
                       const char *text, struct card_layout *out)
{
    enum { HEADLINE_MOST = 84, HEADLINE_LEAST = 44, TEXT_MOST = 56 };
    int room = out->footer_top - out->header_bottom - 2 * CARD_GAP;

    for (int step = 0; step <= STEPS; step++) {
        int headline_size = HEADLINE_MOST - (HEADLINE_MOST - HEADLINE_LEAST) * step / STEPS;
        int text_size = TEXT_MOST - (TEXT_MOST - CARD_TEXT_LEAST) * step / STEPS;
        block_make(&out->headline, context, headline, card, headline_size, true, TEXT_WIDTH);
        block_make(&out->text, context, text, card, text_size, false, TEXT_WIDTH);
        if (height_with_gap(&out->headline, &out->text) <= room)
            return true;
    }
    return false;
}

static void make_header(PangoContext *context, const struct card *card, struct card_layout *out)
{
    out->header_top = card->mark ? CARD_BAND_HEIGHT : 0;
    block_make(&out->issuer, context, card->issuer, card, ISSUER_SIZE, false, TEXT_WIDTH);
    block_make(&out->municipality, context, card->municipality, card, MUNICIPALITY_SIZE, true,
               TEXT_WIDTH);
    out->municipality.y = out->header_top + PADDING;
    out->issuer.y = out->municipality.y + out->municipality.height + PADDING / 3;
    out->header_bottom = out->issuer.y + out->issuer.height + PADDING;
    out->municipality.x = out->issuer.x = CARD_MARGIN;
}

static void make_footer(PangoContext *context, const struct card *card, struct card_layout *out)
{
    out->bottom = CARD_HEIGHT - (card->mark ? CARD_BAND_HEIGHT : 0) - CARD_MARGIN / 2;
    block_make(&out->link, context, card->link, card, FOOTER_SIZE, true, FOOTER_WIDTH);
    block_make(&out->time, context, card->time, card, FOOTER_SIZE, false, FOOTER_WIDTH);
    int height = height_with_gap(&out->link, &out->time);
    if (card->link && height < CARD_CODE_SIZE)
        height = CARD_CODE_SIZE;
    out->footer_top = out->bottom - height;
    out->link.x = out->time.x = CARD_MARGIN;
    out->link.y = out->footer_top;
    out->time.y = out->bottom - out->time.height;
}

static void place_middle(struct card_layout *out)
{
    out->headline.x = out->text.x = CARD_MARGIN;
    out->headline.y = out->header_bottom + CARD_GAP;
    out->text.y = out->headline.y + out->headline.height + (out->headline.layout ? CARD_GAP : 0);
}

static size_t count_unknown(const struct card_layout *out)
{
    const struct block *blocks[] = {&out->issuer, &out->municipality, &out->headline,
                                    &out->text,   &out->link,         &out->time};
    size_t count = 0;

    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        if (blocks[i]->layout)
            count += (size_t)pango_layout_get_unknown_glyphs_count(blocks[i]->layout);
    return count;
}

bool card_layout_make(PangoContext *context, const struct card *card, struct card_layout *out)
{
    *out = (struct card_layout){0};
    make_header(context, card, out);
    make_footer(context, card, out);
    out->is_short = utf8_count(card->text) > CARD_TEXT_MAX_CHARACTERS ||
                    !fit_middle(context, card, card->headline, card->text, out);
    bool fits = !out->is_short || fit_middle(context, card, card_short_headline(card),
                                             card_more_words(card->language), out);
    place_middle(out);
    out->unknown_count = count_unknown(out);
    return fits;
}

void card_layout_release(struct card_layout *layout)
{
    struct block *blocks[] = {&layout->issuer, &layout->municipality, &layout->headline,
                              &layout->text,   &layout->link,         &layout->time};

    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        block_set(blocks[i], NULL);
}
