#include "plan/attach.h"

#include <string.h>

#include "base/language.h"
#include "base/utf8.h"

#define MEBIBYTE ((size_t)1024 * 1024)

/* --- choosing -------------------------------------------------------------------------------- */

static bool is_word_of(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at && (at = strstr(at, word)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Is it too narrow or too wide for its height? */
static bool is_out_of_form(const struct media_limits *limits, const struct media *media)
{
    size_t width = (size_t)media->width * 100, height = media->height;

    return media->kind == MEDIA_IMAGE &&
           ((limits->width_percent_least > 0 && width < height * limits->width_percent_least) ||
            (limits->width_percent_most > 0 && width > height * limits->width_percent_most));
}

/* In words that follow "they". */
const char *attach_refusal(struct arena *arena, const struct media_limits *limits,
                           const struct media *media)
{
    bool is_image = media->kind == MEDIA_IMAGE;
    size_t most = is_image ? limits->image_max_bytes : limits->video_max_bytes;

    if ((is_image ? limits->images_max : limits->videos_max) == 0)
        return is_image ? _("take no pictures") : _("take no films");
    if (is_image && !is_word_of(limits->image_types, media->type))
        return arena_printf(arena, _("take no %s"), media->type);
    if (is_out_of_form(limits, media))
        return arena_printf(arena,
                            _("take pictures %.2f to %.2f times as wide as high, not %u by %u: cut "
                              "it to fit"),
                            limits->width_percent_least / 100.0, limits->width_percent_most / 100.0,
                            media->width, media->height);
    if (media->size_bytes <= most)
        return NULL;
    if (most >= MEBIBYTE)
        return arena_printf(arena, _("take files of %zu MiB"), most / MEBIBYTE);
    return arena_printf(arena, _("take files of %zu bytes"), most);
}

/* why: in words that follow the channel. findings NULL: nobody asks. */
static void note_left_out(struct findings *findings, const char *channel,
                          const struct message_media *media, const char *why)
{
    struct finding finding = {.kind = FINDING_MEDIA_LEFT_OUT,
                              .place = media->file.place,
                              .channel = channel,
                              .file = media->file.text,
                              .words = why};
    if (findings)
        findings_add(findings, &finding);
}

/* The kind that goes; false: none does. */
static bool choose_kind(struct arena *arena, const struct message *message,
                        const struct media_limits *limits, enum media_kind *out)
{
    bool found = false;

    for (size_t i = 0; i < message->media_count; i++) {
        const struct media *media = &message->media[i].content;
        bool is_needed = media->kind == MEDIA_IMAGE ? limits->needs_image : limits->needs_video;
        if (!media->bytes || attach_refusal(arena, limits, media) || (found && !is_needed))
            continue;
        *out = media->kind;
        found = true;
        if (is_needed)
            break;
    }
    return found;
}

static void choose(struct arena *arena, const struct render_request *request,
                   const struct channel_shape *channel, struct findings *findings,
                   struct attachments *out)
{
    const struct message *message = request->message;
    const struct media_limits *limits = &channel->media;
    bool is_out_of_reach = limits->by_url && !request->site_url;
    enum media_kind kind = MEDIA_IMAGE;

    (void)choose_kind(arena, message, limits, &kind);
    size_t most = kind == MEDIA_IMAGE ? limits->images_max : limits->videos_max;
    for (size_t i = 0; i < message->media_count; i++) {
        const struct message_media *media = &message->media[i];
        if (!media->content.bytes)
            continue; /* nobody has loaded it */
        const char *why = attach_refusal(arena, limits, &media->content);
        if (!why && media->content.kind != kind)
            why = _("do not show pictures and a film in one post");
        else if (!why && is_out_of_reach)
            why = _("need a public address to fetch it from, and there is none: set `url` of "
                    "`coordinator` in crisis.yaml");
        else if (!why && out->count == most)
            why = arena_printf(arena, _("take %zu of them"), most);
        if (why)
            note_left_out(findings, channel->name, media, why);
        else
            out->chosen[out->count++] = media;
    }
}

static const char *missing(const struct render_request *request, const struct media_limits *limits,
                           const struct attachments *attachments)
{
    if (limits->by_url && !request->site_url && (limits->needs_image || limits->needs_video))
        return _("fetches media from a public address, and there is none: set `url` of "
                 "`coordinator` in crisis.yaml");
    if (limits->needs_video &&
        (attachments->count == 0 || attachments->chosen[0]->content.kind != MEDIA_VIDEO))
        return _("shows films only, and the message has none that it takes");
    return NULL;
}

/* A document has links to all of them. */
static void link_all(const struct render_request *request, const struct channel_shape *channel,
                     struct findings *findings, struct attachments *out)
{
    const struct message *message = request->message;

    for (size_t i = 0; i < message->media_count; i++)
        if (message->media[i].content.bytes)
            out->chosen[out->count++] = &message->media[i];
    if (out->count > 0 && !request->site_url)
        note_left_out(
            findings, channel->name, out->chosen[0],
            _("get a link to it, and there is none: set `url` of `coordinator` in crisis.yaml"));
}

void attach_choose(struct arena *arena, const struct render_request *request,
                   const struct channel_shape *channel, struct findings *findings,
                   struct attachments *out)
{
    const struct message *message = request->message;

    *out = (struct attachments){
        .chosen = arena_alloc_array(arena, message->media_count, sizeof(*out->chosen)),
        .by_language =
            arena_alloc_array(arena, request->plan->language_count, sizeof(*out->by_language)),
    };
    if (channel->document) {
        link_all(request, channel, findings, out);
    } else {
        choose(arena, request, channel, findings, out);
        out->needs_card = channel->media.needs_image && out->count == 0;
        out->missing = missing(request, &channel->media, out);
    }
}

void attach_check_alts(const struct render_request *request, const struct channel_shape *channel,
                       const struct attachments *attachments, struct findings *findings)
{
    const struct plan *plan = request->plan;

    for (size_t i = 0; i < attachments->count && channel->media.alt_max > 0; i++)
        for (size_t j = 0; j < plan->language_count; j++) {
            const struct placed_text *alt = &attachments->chosen[i]->alts[j];
            struct finding finding = {.kind = FINDING_ALT_TOO_LONG,
                                      .place = alt->place,
                                      .channel = channel->name,
                                      .language = plan->languages[j].text,
                                      .amount = alt->text ? utf8_count(alt->text) : 0,
                                      .limit = channel->media.alt_max};
            if (finding.amount > finding.limit)
                findings_add(findings, &finding);
        }
}

/* --- what goes ------------------------------------------------------------------------------- */

const char *attach_alt(const struct message_media *media, size_t language)
{
    return media->alts[language].text ? media->alts[language].text : media->alts[0].text;
}

const char *attach_url(struct arena *arena, const char *site_url, const struct media *media)
{
    const char *kind = strrchr(media->type, '/') + 1; /* "png", "mp4" */

    if (!site_url)
        return NULL;
    size_t length = strlen(site_url);
    while (length > 0 && site_url[length - 1] == '/')
        length--;
    return arena_printf(arena, "%.*s/media/%s.%s", (int)length, site_url, media->sha256,
                        strcmp(kind, "jpeg") == 0 ? "jpg" : kind);
}

const struct media *attach_in_language(struct arena *arena, const struct render_request *request,
                                       struct attachments *attachments, size_t language)
{
    if (attachments->count == 0 || attachments->by_language[language])
        return attachments->by_language[language];
    struct media *list = arena_alloc_array(arena, attachments->count, sizeof(*list));
    for (size_t i = 0; i < attachments->count; i++) {
        list[i] = attachments->chosen[i]->content;
        list[i].alt = attach_alt(attachments->chosen[i], language);
        list[i].url = attach_url(arena, request->site_url, &list[i]);
    }
    attachments->by_language[language] = list;
    return list;
}
