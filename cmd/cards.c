#include "cmd/cards.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "card/painter.h"
#include "card/words.h"
#include "plan/attach.h"

#include "cmd/output.h"

struct drawing {
    const struct context *context;
    struct card_painter *painter;
    struct text picture, alt;
    size_t short_count, unknown_count;
};

/* What stands on the card; where the network takes fewer characters, its headline and link. */
static const char *alt_of(struct drawing *drawing, const struct draft_measure *measure,
                          bool is_short)
{
    unsigned most = measure->channel->media.alt_max;

    text_reset(&drawing->alt);
    card_add_alt(&drawing->alt, measure->card, is_short);
    if (most > 0 && !is_short && utf8_count(drawing->alt.bytes) > most) {
        text_reset(&drawing->alt);
        card_add_alt(&drawing->alt, measure->card, true);
    }
    bool fits = !drawing->alt.overflowed && (most == 0 || utf8_count(drawing->alt.bytes) <= most);
    return fits ? arena_strdup(drawing->context->arena, drawing->alt.bytes) : NULL;
}

static const char *hash_words(struct arena *arena, const struct text *bytes)
{
    unsigned char hash[SHA256_SIZE];
    struct text hex;

    sha256(bytes->bytes, bytes->length, hash);
    text_init(&hex, sizeof(hash) * 2);
    hex_add(&hex, hash, sizeof(hash));
    const char *words = arena_strdup(arena, hex.bytes);
    text_release(&hex);
    return words;
}

static int refuse(const struct draft_measure *measure, const char *why, struct error *error)
{
    error_set(error, ERROR_INPUT, _("%s:%u:%u: the text card of %s for %s cannot be made: %s"),
              measure->place.file, measure->place.line, measure->place.column,
              measure->card->municipality, measure->channel->name, why);
    return error_next(error,
                      _("shorten the headline, add a picture, or leave the channel out: "
                        "--except channel=%s"),
                      measure->channel->name);
}

static int draw_one(struct drawing *drawing, struct draft *draft,
                    const struct draft_measure *measure, struct error *error)
{
    struct arena *arena = drawing->context->arena;
    struct card_finding finding;
    struct error painted = {0};

    text_reset(&drawing->picture);
    if (card_paint(drawing->painter, measure->card, &drawing->picture, &finding, &painted) < 0)
        return refuse(measure, painted.message, error);
    const char *alt = alt_of(drawing, measure, finding.is_short);
    if (!alt)
        return refuse(measure, _("what stands on it is too long for an alt text there"), error);
    struct media *media = arena_alloc(arena, sizeof(*media));
    *media = (struct media){
        .kind = MEDIA_IMAGE,
        .type = "image/jpeg",
        .file_name = "card.jpg",
        .alt = alt,
        .sha256 = hash_words(arena, &drawing->picture),
        .bytes = arena_memdup(arena, drawing->picture.bytes, drawing->picture.length),
        .size_bytes = drawing->picture.length,
        .width = CARD_WIDTH,
        .height = CARD_HEIGHT,
    };
    media->url = attach_url(arena, context_site_url(drawing->context), media);
    const char *refusal = attach_refusal(arena, &measure->channel->media, media);
    if (refusal)
        return refuse(measure, arena_printf(arena, "%s %s", measure->channel->name, refusal),
                      error);
    draft->media = media;
    draft->media_count = 1;
    drawing->short_count += finding.is_short;
    drawing->unknown_count += finding.unknown_count;
    return 0;
}

static void warn(const struct drawing *drawing)
{
    if (drawing->short_count > 0)
        output_warning(
            ngettext("%zu text card shows the headline and where to read more: its text is too "
                     "long",
                     "%zu text cards show the headline and where to read more: their text is too "
                     "long",
                     drawing->short_count),
            drawing->short_count);
    if (drawing->unknown_count > 0)
        output_warning(
            ngettext("the text cards lack %zu character that no font here has: apt install "
                     "fonts-noto-core",
                     "the text cards lack %zu characters that no font here has: apt install "
                     "fonts-noto-core",
                     drawing->unknown_count),
            drawing->unknown_count);
}

static bool any_card(const struct rendering *rendering)
{
    for (size_t i = 0; i < rendering->draft_count; i++)
        if (rendering->measures[i].card)
            return true;
    return false;
}

int cards_draw(const struct context *context, struct rendering *rendering, struct error *error)
{
    struct drawing drawing = {.context = context};
    int result = 0;

    if (!any_card(rendering))
        return 0;
    text_init(&drawing.picture, CARD_MAX_BYTES);
    text_init(&drawing.alt, MEDIA_ALT_MAX_BYTES);
    drawing.painter = card_painter_new(error);
    if (!drawing.painter)
        result = -1;
    for (size_t i = 0; i < rendering->draft_count && result == 0; i++)
        if (rendering->measures[i].card)
            result = draw_one(&drawing, &rendering->drafts[i], &rendering->measures[i], error);
    if (result == 0)
        warn(&drawing);
    card_painter_free(drawing.painter);
    text_release(&drawing.alt);
    text_release(&drawing.picture);
    return result;
}

int cards_write(const struct context *context, const struct rendering *rendering,
                const char *folder, struct error *error)
{
    const struct preview_text *texts = render_preview(context->arena, rendering);

    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), folder,
                         error_errno(errno));
    for (size_t i = 0; i < rendering->draft_count; i++) {
        const struct draft *draft = &rendering->drafts[i];
        if (!rendering->measures[i].card || !texts[i].member)
            continue;
        const char *path =
            arena_printf(context->arena, "%s/%s-%s-%s.jpg", folder,
                         texts[i].member->municipality->id, draft->channel, draft->language);
        if (file_replace(path, draft->media[0].bytes, draft->media[0].size_bytes, 0644, error) < 0)
            return -1;
    }
    return 0;
}
