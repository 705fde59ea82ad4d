/* `media` of a message: names of files, and what they show. The files are another room's. */
#include <string.h>

#include "base/language.h"
#include "base/limits.h"

#include "plan/plan_parts.h"

static const char *const media_keys[] = {"file", "alt", NULL};

/* Why a name cannot be used, in words that follow it. It becomes part of requests as it is. */
static const char *name_fault(const char *file)
{
    if (file[0] == '/')
        return N_("is a path from the root: media lie beside the plan, or in a folder below it");
    if (strlen(file) > MEDIA_NAME_MAX_BYTES)
        return N_("is longer than 200 bytes");
    for (const char *at = file; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            return N_("has a character that networks do not take in a file's name: use letters of "
                      "English, digits, '-', '_' and '.'");
    for (const char *part = file; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        if (length == 0 || (length <= 2 && strncmp(part, "..", length) == 0))
            return N_("is not written as FILE or FOLDER/FILE: media lie beside the plan, or in a "
                      "folder below it");
    }
    return NULL;
}

static void check_name(const struct plan_reading *reading, const struct placed_text *file)
{
    const char *fault = file->text ? name_fault(file->text) : NULL;

    if (fault)
        plan_error(reading, file->place, _("'%s' %s"), shown(reading->arena, file->text),
                   translated(fault));
}

static bool speaks(const struct message *message, size_t language)
{
    if (message->texts[language].place.line > 0)
        return true;
    for (size_t i = 0; i < message->channel_text_count; i++)
        if (message->channel_texts[i].texts[language].text)
            return true;
    return false;
}

/* Who does not see a picture must hear what it shows, in each language that is spoken. */
static void check_alts(const struct plan_reading *reading, const struct message *message,
                       const struct placed_text *alts, struct place place)
{
    const struct plan *plan = reading->plan;

    for (size_t i = 0; i < plan->language_count; i++) {
        const char *alt = alts[i].text;
        if (!alt && i == 0)
            plan_error(reading, place, _("'alt' lacks '%s', the plan's first language"),
                       plan->languages[i].text);
        else if (!alt && speaks(message, i))
            plan_error(reading, place, _("'alt' lacks '%s', in which the message has a text"),
                       plan->languages[i].text);
        else if (alt && strlen(alt) > MEDIA_ALT_MAX_BYTES)
            plan_error(reading, alts[i].place, _("'alt' in '%s' is longer than %d KiB"),
                       plan->languages[i].text, MEDIA_ALT_MAX_BYTES / 1024);
        else if (alt && strstr(alt, "{{"))
            plan_error(reading, alts[i].place,
                       _("'alt' in '%s' has '{{': it is posted as it is written, and says what the "
                         "file shows, for everybody"),
                       plan->languages[i].text);
    }
}

static void read_medium(const struct plan_reading *reading, const struct node *node,
                        const struct message *message, struct message_media *media)
{
    struct fields fields;

    media->alts = plan_new_texts(reading);
    if (!fields_begin(&fields, reading->arena, reading->problems, node, _("an item of 'media'"),
                      media_keys))
        return;
    field_require(&fields, "file");
    field_placed_text(&fields, "file", &media->file);
    check_name(reading, &media->file);
    if (!field_require(&fields, "alt"))
        return;
    const struct node *alt = field_find(&fields, "alt");
    if (!value_is_map(reading->problems, alt, "'alt'"))
        return;
    plan_read_by_language(reading, alt, "'alt'", NULL, media->alts);
    check_alts(reading, message, media->alts, node_place(alt));
}

void plan_read_media(const struct plan_reading *reading, const struct node *list,
                     struct message *message)
{
    if (!list || !value_is_list(reading->problems, list, "'media'"))
        return;
    size_t count = node_count(list);
    if (count > MEDIA_PER_MESSAGE_MAX) {
        plan_error(reading, node_place(list), _("a message has at most %d media, not %zu"),
                   MEDIA_PER_MESSAGE_MAX, count);
        return;
    }
    message->media = arena_alloc_array(reading->arena, count + 1, sizeof(*message->media));
    message->media_count = count;
    for (size_t i = 0; i < count; i++)
        read_medium(reading, node_value(list, i), message, &message->media[i]);
}
