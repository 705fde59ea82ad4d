#include "card/words.h"

#include <string.h>
#include <strings.h>

/* By the first subtag. */
static const struct {
    const char *language, *more;
} words[] = {
    {"nb", "Les hele meldingen her:"},      {"no", "Les hele meldingen her:"},
    {"nn", "Les heile meldinga her:"},      {"se", "Loga olles dieđu dás:"},
    {"da", "Læs hele meddelelsen her:"},    {"sv", "Läs hela meddelandet här:"},
    {"fi", "Lue koko tiedote täältä:"},     {"de", "Die ganze Mitteilung steht hier:"},
    {"en", "Read the whole message here:"},
};

const char *card_more_words(const char *language)
{
    enum { COUNT = sizeof(words) / sizeof(words[0]) };
    size_t length = strcspn(language, "-");

    for (size_t i = 0; i < COUNT; i++)
        if (strlen(words[i].language) == length &&
            strncasecmp(words[i].language, language, length) == 0)
            return words[i].more;
    return words[COUNT - 1].more;
}

const char *card_short_headline(const struct card *card)
{
    return card->headline[0] ? card->headline : card->title;
}

static void add_line(struct text *out, const char *line)
{
    if (line && line[0])
        text_addf(out, "%s%s", out->length > 0 ? "\n" : "", line);
}

void card_add_alt(struct text *out, const struct card *card, bool is_short)
{
    bool shows_link = card->link && (is_short || !strstr(card->text, card->link));

    add_line(out, card->mark);
    add_line(out, card->issuer);
    add_line(out, card->municipality);
    add_line(out, is_short ? card_short_headline(card) : card->headline);
    add_line(out, is_short ? card_more_words(card->language) : card->text);
    add_line(out, shows_link ? card->link : NULL);
    add_line(out, card->time);
    add_line(out, card->mark);
}
