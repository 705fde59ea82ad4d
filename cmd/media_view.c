#include "cmd/media_view.h"

#include <stdio.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "card/words.h"
#include "wire/json.h"

enum { HASH_SHOWN = 12 };

void media_view_describe(const struct media *media, char out[MEDIA_WORDS_SIZE])
{
    char measures[32] = "", size[32];

    if (media->width > 0 && media->height > 0)
        snprintf(measures, sizeof(measures), " · %u×%u", media->width, media->height);
    if (media->size_bytes < 1024)
        snprintf(size, sizeof(size), "%zu bytes", media->size_bytes);
    else if (media->size_bytes < (size_t)1024 * 1024)
        snprintf(size, sizeof(size), "%.1f KiB", (double)media->size_bytes / 1024);
    else
        snprintf(size, sizeof(size), "%.1f MiB", (double)media->size_bytes / 1024 / 1024);
    snprintf(out, MEDIA_WORDS_SIZE, "%s · %s%s · %s", media->file_name, media->type, measures,
             size);
}

static void print_card(const struct card *card)
{
    struct text alt;

    text_init(&alt, MEDIA_ALT_MAX_BYTES);
    card_add_alt(&alt, card, utf8_count(card->text) > CARD_TEXT_MAX_CHARACTERS);
    output_line(_("[text card]\n%s\n"), alt.bytes);
    text_release(&alt);
}

void media_view_print(const struct draft *draft, const struct card *card)
{
    char words[MEDIA_WORDS_SIZE];

    if (card && draft->media_count == 0)
        print_card(card);

    for (size_t i = 0; i < draft->media_count; i++) {
        media_view_describe(&draft->media[i], words);
        output_line("[%s] %s%s", words, draft->media[i].alt,
                    i + 1 == draft->media_count ? "\n" : "");
    }
}

void media_view_note(const struct draft *draft)
{
    char words[MEDIA_WORDS_SIZE];

    for (size_t i = 0; i < draft->media_count; i++) {
        media_view_describe(&draft->media[i], words);
        output_note("[%s] %s", words, draft->media[i].alt);
    }
}

void media_view_print_files(const struct message *message)
{
    char words[MEDIA_WORDS_SIZE];

    for (size_t i = 0; i < message->media_count; i++) {
        const struct media *media = &message->media[i].content;
        media_view_describe(media, words);
        output_line(_("Media: %s · sha256 %.*s…"), words, HASH_SHOWN, media->sha256);
    }
}

static void add_number(struct text *out, const char *name, size_t number)
{
    json_add_name(out, name);
    text_addf(out, "%zu", number);
}

static void add_medium(struct text *out, const struct media *media)
{
    text_add_char(out, '{');
    json_add_member(out, "file", media->file_name);
    json_add_member(out, "type", media->type);
    add_number(out, "bytes", media->size_bytes);
    if (media->width > 0 && media->height > 0) {
        add_number(out, "width", media->width);
        add_number(out, "height", media->height);
    }
    json_add_member(out, "sha256", media->sha256);
    json_add_member(out, "alt", media->alt);
    if (media->url)
        json_add_member(out, "url", media->url);
    text_add_char(out, '}');
}

void media_view_add_json(struct json_line *line, const struct draft *draft)
{
    if (draft->media_count == 0)
        return;
    json_add_name(&line->text, "media");
    text_add_char(&line->text, '[');
    for (size_t i = 0; i < draft->media_count; i++) {
        if (i > 0)
            text_add_char(&line->text, ',');
        add_medium(&line->text, &draft->media[i]);
    }
    text_add_char(&line->text, ']');
}

void media_view_add_card(struct json_line *line, const struct card *card)
{
    struct text alt;

    if (!card)
        return;
    text_init(&alt, MEDIA_ALT_MAX_BYTES);
    card_add_alt(&alt, card, utf8_count(card->text) > CARD_TEXT_MAX_CHARACTERS);
    json_line_text(line, "card", alt.bytes);
    text_release(&alt);
}
