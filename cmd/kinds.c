#include "cmd/kinds.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/text.h"
#include "base/utf8.h"
#include "channels/channel.h"
#include "wire/json.h"

#include "cmd/output.h"

enum { WORDS_MAX_BYTES = 1024, SIZE_WORDS_SIZE = 32, NAME_COLUMNS = 11, MIB = 1024 * 1024 };

const char *kinds_unit_words(enum text_unit unit)
{
    switch (unit) {
    case TEXT_UNIT_X_WEIGHTED:
        return N_("characters as X weighs them");
    case TEXT_UNIT_UTF16:
        return N_("UTF-16 units");
    case TEXT_UNIT_BYTES:
        return N_("bytes");
    case TEXT_UNIT_CODE_POINTS:
        return N_("code points");
    case TEXT_UNIT_EMOJI_BYTES:
        return N_("characters, an emoji as its bytes");
    case TEXT_UNIT_GRAPHEMES:
        return N_("characters");
    case TEXT_UNIT_GRAPHEMES_LINKS:
        return N_("characters, a link as 23");
    }
    return "";
}

/* "unit" of --json. */
static const char *unit_name(enum text_unit unit)
{
    switch (unit) {
    case TEXT_UNIT_X_WEIGHTED:
        return "x-weighted";
    case TEXT_UNIT_UTF16:
        return "utf-16";
    case TEXT_UNIT_BYTES:
        return "bytes";
    case TEXT_UNIT_CODE_POINTS:
        return "code-points";
    case TEXT_UNIT_EMOJI_BYTES:
        return "emoji-bytes";
    case TEXT_UNIT_GRAPHEMES:
        return "graphemes";
    case TEXT_UNIT_GRAPHEMES_LINKS:
        return "graphemes-links-23";
    }
    return "";
}

static const struct {
    enum channel_feature feature;
    const char *name, *words;
} features[] = {
    {FEATURE_THREADS, "threads", N_("threads")},      {FEATURE_FIND, "find", N_("look-up")},
    {FEATURE_REPEATABLE, "repeatable", N_("repeat")}, {FEATURE_RETRACT, "retract", N_("retract")},
    {FEATURE_RENEW, "renew", N_("renewal")},          {FEATURE_CHECK, "check", N_("check")},
    {FEATURE_DOCUMENT, "document", N_("document")},   {FEATURE_WEB, "web", N_("web")},
};
enum { FEATURE_COUNT = sizeof(features) / sizeof(features[0]) };

static bool has(const struct channel_driver *driver, enum channel_feature feature)
{
    return (driver->features & (unsigned)feature) != 0;
}

static const struct {
    const char *name, *words;
} followings[] = {
    [FOLLOWS_NOT] = {"none", N_("not told: a post like any other")},
    [FOLLOWS_REPLY] = {"reply", N_("a reply to the earlier post")},
    [FOLLOWS_LINK] = {"link", N_("a link to the earlier post")},
    [FOLLOWS_DATA] = {"data", N_("named in the data")},
};

/* "1.5 MiB", "976 KiB" */
static void format_size(size_t size_bytes, char out[SIZE_WORDS_SIZE])
{
    if (size_bytes >= MIB)
        snprintf(out, SIZE_WORDS_SIZE, size_bytes % MIB ? "%.1f MiB" : "%.0f MiB",
                 (double)size_bytes / MIB);
    else
        snprintf(out, SIZE_WORDS_SIZE, "%zu KiB", size_bytes / 1024);
}

static void describe_images(const struct media_limits *media, struct text *out)
{
    char size[SIZE_WORDS_SIZE];

    format_size(media->image_max_bytes, size);
    if (media->image_max_bytes > 0)
        text_addf(out, ngettext("%u image of %s", "%u images of %s", media->images_max),
                  media->images_max, size);
    else
        text_addf(out, ngettext("%u image", "%u images", media->images_max), media->images_max);
    if (media->image_types)
        text_addf(out, " (%s)", media->image_types);
    if (media->width_percent_most > 0)
        text_addf(out, _(", %.2f to %.2f times as wide as high"),
                  media->width_percent_least / 100.0, media->width_percent_most / 100.0);
    if (media->alt_max > 0)
        text_addf(out, _(", alt text of %u characters"), media->alt_max);
}

static void describe_videos(const struct media_limits *media, struct text *out)
{
    char size[SIZE_WORDS_SIZE];

    format_size(media->video_max_bytes, size);
    if (media->video_max_bytes > 0)
        text_addf(out, ngettext("%u video of %s", "%u videos of %s", media->videos_max),
                  media->videos_max, size);
    else
        text_addf(out, ngettext("%u video", "%u videos", media->videos_max), media->videos_max);
}

static void describe_media(const struct media_limits *media, struct text *out)
{
    if (media->images_max > 0)
        describe_images(media, out);
    if (media->images_max > 0 && media->videos_max > 0)
        text_add(out, "; ");
    if (media->videos_max > 0)
        describe_videos(media, out);
    if (media->needs_image || media->needs_video)
        text_add(out, media->needs_image ? _("; no post without an image")
                                         : _("; no post without a video"));
    if (media->by_url)
        text_add(out, _("; fetched from the public site"));
}

static void describe_quotas(const struct channel_quota *quotas, struct text *out)
{
    for (const struct channel_quota *quota = quotas; quota && quota->posts > 0; quota++) {
        char window[32];
        duration_format(quota->window_ms, window);
        text_add(out, quota == quotas ? "" : "; ");
        text_addf(out, quota->per_app ? _("%u in %s for each app") : _("%u in %s for each account"),
                  quota->posts, window);
    }
}

static void describe_fields(const struct channel_driver *driver, bool is_secret, struct text *out)
{
    for (const struct account_field *field = driver->fields; field->name; field++) {
        if (field->secret != is_secret)
            continue;
        text_add(out, out->length > 0 ? ", " : "");
        text_addf(out, field->required ? "%s" : _("%s (optional)"), field->name);
    }
}

/* A line of the description; nothing where there is nothing to say. */
static void print_words(const char *label, struct text *words)
{
    if (words->length > 0)
        output_line("  %-*s %s", utf8_field(label, NAME_COLUMNS), label, words->bytes);
    text_reset(words);
}

static void print_kind(const struct channel_driver *driver)
{
    struct text words;

    text_init(&words, WORDS_MAX_BYTES);
    output_styled(STYLE_BOLD, "%s  %s", driver->name, translated(driver->title));
    text_addf(&words, "%zu %s", driver->limits.limit,
              translated(kinds_unit_words(driver->limits.unit)));
    if (driver->limits.limit_bytes > 0)
        text_addf(&words, _(", and %zu bytes"), driver->limits.limit_bytes);
    print_words(_("text"), &words);
    describe_media(&driver->media, &words);
    print_words(_("media"), &words);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (has(driver, features[i].feature))
            text_addf(&words, "%s%s", words.length > 0 ? ", " : "", translated(features[i].words));
    print_words(_("can"), &words);
    text_add(&words, translated(followings[driver->following].words));
    print_words(_("follow-up"), &words);
    describe_quotas(driver->quotas, &words);
    print_words(_("posts"), &words);
    describe_fields(driver, false, &words);
    print_words(_("settings"), &words);
    describe_fields(driver, true, &words);
    print_words(_("credential"), &words);
    text_release(&words);
}

static void add_quotas(struct text *out, const struct channel_quota *quotas)
{
    json_add_name(out, "quotas");
    text_add_char(out, '[');
    for (const struct channel_quota *quota = quotas; quota && quota->posts > 0; quota++)
        text_addf(out, "%s{\"posts\":%u,\"window_ms\":%lld,\"per\":\"%s\"}",
                  quota == quotas ? "" : ",", quota->posts, (long long)quota->window_ms,
                  quota->per_app ? "app" : "account");
    text_add_char(out, ']');
}

static void add_fields(struct text *out, const struct account_field *fields)
{
    json_add_name(out, "fields");
    text_add_char(out, '[');
    for (const struct account_field *field = fields; field->name; field++) {
        text_add(out, field == fields ? "{" : ",{");
        json_add_member(out, "name", field->name);
        text_addf(out, ",\"secret\":%s,\"required\":%s}", field->secret ? "true" : "false",
                  field->required ? "true" : "false");
    }
    text_add_char(out, ']');
}

static void print_kind_json(const struct channel_driver *driver)
{
    const struct media_limits *media = &driver->media;
    struct json_line line;

    json_line_begin(&line, NULL);
    json_line_text(&line, "channel", driver->name);
    json_line_text(&line, "title", driver->title);
    json_line_text(&line, "unit", unit_name(driver->limits.unit));
    json_line_number(&line, "limit", (int64_t)driver->limits.limit);
    if (driver->limits.limit_bytes > 0)
        json_line_number(&line, "limit_bytes", (int64_t)driver->limits.limit_bytes);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        json_line_bool(&line, features[i].name, has(driver, features[i].feature));
    json_line_text(&line, "follow_up", followings[driver->following].name);
    json_line_number(&line, "images", media->images_max);
    json_line_number(&line, "image_bytes", (int64_t)media->image_max_bytes);
    if (media->image_types)
        json_line_text(&line, "image_types", media->image_types);
    json_line_number(&line, "width_percent_least", media->width_percent_least);
    json_line_number(&line, "width_percent_most", media->width_percent_most);
    json_line_number(&line, "alt_characters", media->alt_max);
    json_line_number(&line, "videos", media->videos_max);
    json_line_number(&line, "video_bytes", (int64_t)media->video_max_bytes);
    json_line_bool(&line, "needs_image", media->needs_image);
    json_line_bool(&line, "needs_video", media->needs_video);
    json_line_bool(&line, "media_by_url", media->by_url);
    add_quotas(&line.text, driver->quotas);
    add_fields(&line.text, driver->fields);
    json_line_end(&line);
}

void kinds_print(void)
{
    const struct channel_driver *const *drivers = channel_all();

    for (size_t i = 0; drivers[i]; i++) {
        if (output_is_json())
            print_kind_json(drivers[i]);
        else
            print_kind(drivers[i]);
    }
}
