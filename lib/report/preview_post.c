/* A post as its network will show it, and to whom it goes. */
#include <string.h>

#include "base/encode.h"
#include "base/language.h"
#include "model/municipality.h"
#include "plan/links.h"
#include "site/words.h"
#include "wire/html.h"

#include "report/page_parts.h"
#include "report/preview_parts.h"

enum { PICTURE_WIDTH = 1200, PICTURE_HEIGHT = 675 /* of one whose size is not known */ };

/* --- texts ----------------------------------------------------------------------------------- */

static void add_in_language(struct text *out, const char *element, const char *class,
                            const char *language)
{
    text_addf(out, "<%s class=\"%s\" lang=\"", element, class);
    html_add(out, language);
    text_add(out, "\" dir=\"auto\">");
}

/* With links where networks make some. */
static void add_words(struct text *out, const char *words)
{
    size_t length;

    for (const char *link; (link = link_find(words, &length)); words = link + length) {
        html_add_bytes(out, words, (size_t)(link - words));
        text_add(out, "<a rel=\"noreferrer\" href=\"");
        html_add_bytes(out, link, length);
        text_add(out, "\">");
        html_add_bytes(out, link, length);
        text_add(out, "</a>");
    }
    html_add(out, words);
}

static void add_length(struct text *out, const struct preview_variant *variant, size_t part)
{
    const struct text_limits *limits = &variant->measure->channel->limits;
    const size_t length = variant->measure->lengths[part];

    text_addf(out,
              "<p class=\"length\"><meter aria-label=\"%s\" min=\"0\" max=\"%zu\" "
              "value=\"%zu\"></meter> ",
              _("Length"), limits->limit, length);
    report_page_add_words(out, _("%zu of %zu %s"), length, limits->limit, variant->unit);
    if (limits->limit_bytes > 0)
        text_addf(out, _(", %zu of %zu bytes"), strlen(variant->draft->parts[part]),
                  limits->limit_bytes);
    text_add(out, "</p>\n");
}

/* --- pictures and films ---------------------------------------------------------------------- */

/* The first time all of the picture, later a reference to it. */
static void add_image(struct text *out, const struct media *media,
                      struct preview_pictures *pictures)
{
    const unsigned width = media->width > 0 ? media->width : PICTURE_WIDTH;
    const unsigned height = media->height > 0 ? media->height : PICTURE_HEIGHT;
    size_t number = 0;

    text_addf(out, "<svg class=\"picture\" role=\"img\" viewBox=\"0 0 %u %u\" aria-label=\"", width,
              height);
    html_add(out, media->alt);
    while (number < pictures->count && strcmp(pictures->sha256[number], media->sha256) != 0)
        number++;
    if (number < pictures->count) {
        text_addf(out, "\"><use href=\"#picture-%zu\"/></svg>\n", number + 1);
        return;
    }
    pictures->sha256[pictures->count++] = media->sha256;
    text_addf(out, "\"><image id=\"picture-%zu\" width=\"%u\" height=\"%u\" href=\"data:%s;base64,",
              number + 1, width, height, media->type);
    base64_add(out, media->bytes, media->size_bytes);
    text_add(out, "\"/></svg>\n");
}

static void add_media(struct text *out, const struct preview_variant *variant,
                      struct preview_pictures *pictures)
{
    const struct draft *draft = variant->draft;

    for (size_t i = 0; i < draft->media_count; i++) {
        const struct media *media = &draft->media[i];
        text_add(out, "<figure>\n");
        if (media->kind == MEDIA_IMAGE)
            add_image(out, media, pictures);
        text_add(out, "<figcaption>");
        report_page_add_words(out,
                              media->kind == MEDIA_IMAGE ? _("Picture: %s")
                                                         : _("Film, which is not shown here: %s"),
                              variant->media_words[i]);
        text_addf(out, "<br>%s ", _("Alt text:"));
        add_in_language(out, "span", "alt", draft->language);
        html_add(out, media->alt);
        text_add(out, "</span></figcaption>\n</figure>\n");
    }
}

/* --- the post -------------------------------------------------------------------------------- */

static void add_headline(struct text *out, const struct preview_variant *variant,
                         const char *headline, const char *language)
{
    if (!variant->has_headline || !headline[0])
        return;
    add_in_language(out, "p", "headline", language);
    html_add(out, headline);
    text_add(out, "</p>\n");
}

static void add_text(struct text *out, const char *words, const char *language)
{
    add_in_language(out, "p", "text", language);
    add_words(out, words);
    text_add(out, "</p>\n");
}

static void add_part(struct text *out, const struct preview_variant *variant, size_t part,
                     struct preview_pictures *pictures)
{
    const struct draft *draft = variant->draft;

    text_add(out, "<div class=\"post\">\n<p class=\"account\"><b>");
    html_add(out, variant->account);
    text_add(out, "</b>");
    if (variant->handle) {
        text_add(out, " <span>");
        html_add(out, variant->handle);
        text_add(out, "</span>");
    }
    if (draft->part_count > 1) {
        text_add(out, " <span>");
        text_addf(out, _("post %zu of %zu"), part + 1, draft->part_count);
        text_add(out, "</span>");
    }
    text_add(out, "</p>\n");
    if (part == 0)
        add_headline(out, variant, draft->headline, draft->language);
    add_text(out, draft->parts[part], draft->language);
    if (part == 0)
        add_media(out, variant, pictures);
    add_length(out, variant, part);
    text_add(out, "</div>\n");
}

static void add_parts(struct text *out, const struct preview_variant *variant,
                      struct preview_pictures *pictures)
{
    const bool is_thread = variant->draft->part_count > 1;

    text_add(out, is_thread ? "<ol class=\"thread\">\n" : "");
    for (size_t i = 0; i < variant->draft->part_count; i++) {
        text_add(out, is_thread ? "<li>\n" : "");
        add_part(out, variant, i, pictures);
        text_add(out, is_thread ? "</li>\n" : "");
    }
    text_add(out, is_thread ? "</ol>\n" : "");
    for (size_t i = 0; i < variant->other_count; i++) {
        const struct preview_version *other = &variant->others[i];
        text_add(out, "<div class=\"post\">\n");
        add_headline(out, variant, other->headline, other->language);
        add_text(out, other->text, other->language);
        text_add(out, "</div>\n");
    }
}

/* --- around it ------------------------------------------------------------------------------- */

static bool same_place(struct place a, struct place b)
{
    return a.line == b.line && a.column == b.column && a.line > 0;
}

static void add_differences(struct text *out, const struct preview *preview,
                            const struct preview_variant *variant)
{
    for (size_t i = 0; i < preview->difference_count; i++) {
        const struct difference *difference = &preview->differences[i];
        if (!same_place(difference->text_place, variant->measure->place))
            continue;
        text_addf(out, "<p class=\"note\"><strong>%s</strong> ", _("Look here:"));
        html_add(out, difference->words);
        text_add(out, ".</p>\n");
    }
}

static void add_municipality(struct text *out, const struct municipality *municipality,
                             const char *language)
{
    html_add(out, municipality->id);
    text_add_char(out, ' ');
    html_add(out, municipality_name(municipality, language));
}

static void add_who(struct text *out, const struct preview_variant *variant)
{
    const struct municipality *first = variant->members[0]->municipality;
    const char *name = municipality_name(first, variant->draft->language);

    text_add(out, "<p>");
    if (variant->member_count > 1)
        report_page_add_words(out,
                              _("%zu municipalities, %zu deliveries, each with its own names and "
                                "addresses; shown as %s %s gets it."),
                              variant->member_count, variant->delivery_count, first->id, name);
    else
        report_page_add_words(
            out,
            ngettext("%s %s, %zu delivery.", "%s %s, %zu deliveries.", variant->delivery_count),
            first->id, name, variant->delivery_count);
    if (variant->other_count > 0)
        text_addf(out, " %s", _("One delivery carries all of its languages."));
    text_add(out, "</p>\n");
}

static void add_municipalities(struct text *out, const struct preview_variant *variant)
{
    if (variant->member_count < 2)
        return;
    text_add(out, "<details>\n<summary>");
    text_addf(out, _("The %zu municipalities"), variant->member_count);
    text_add(out, "</summary>\n<ul class=\"places\">\n");
    for (size_t i = 0; i < variant->member_count; i++) {
        text_add(out, "<li>");
        add_municipality(out, variant->members[i]->municipality, variant->draft->language);
        text_add(out, "</li>\n");
    }
    text_add(out, "</ul>\n</details>\n");
}

static void add_language(struct text *out, const char *language)
{
    html_add(out, site_language_name(language));
    text_add(out, " (");
    html_add(out, language);
    text_add(out, ")");
}

void preview_add_variant(struct text *out, const struct preview *preview,
                         const struct preview_variant *variant, size_t number,
                         struct preview_pictures *pictures)
{
    text_addf(out, "<article aria-labelledby=\"variant-%zu\">\n<h3 id=\"variant-%zu\">%zu. ",
              number, number, number);
    add_language(out, variant->draft->language);
    for (size_t i = 0; i < variant->other_count; i++) {
        text_add(out, ", ");
        add_language(out, variant->others[i].language);
    }
    text_add(out, "</h3>\n");
    add_who(out, variant);
    add_differences(out, preview, variant);
    add_parts(out, variant, pictures);
    add_municipalities(out, variant);
    text_add(out, "</article>\n");
}
