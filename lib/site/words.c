#include "site/words.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Sámi languages have no row: a wrong word on a page of this kind does more harm than Bokmål. */
static const struct row {
    const char *words[WORD_COUNT];
    const char *kinds[SITE_KIND_COUNT];
    const char *statuses[SITE_STATUS_COUNT];
} rows[] = {
    {
        {
            [WORD_LANGUAGE] = "nb",
            [WORD_ALL_MUNICIPALITIES] = "Alle kommuner",
            [WORD_EXERCISE_BANNER] = "Dette er en øvelse, ikke en virkelig hendelse.",
            [WORD_EXERCISE] = "Øvelse",
            [WORD_KIND] = "Type",
            [WORD_STATUS] = "Status",
            [WORD_ISSUER] = "Avsender",
            [WORD_AREA] = "Område",
            [WORD_SENT] = "Sendt",
            [WORD_EXPIRES] = "Gjelder til",
            [WORD_HISTORY] = "Alle meldinger i denne saken",
            [WORD_THIS] = "denne meldingen",
            [WORD_VERIFY] = "Slik sjekker du at en melding er ekte",
            [WORD_VERIFY_SHORT] = "Er meldingen ekte?",
            [WORD_MESSAGE_ID] = "Meldingens nummer",
            [WORD_MACHINES] = "For maskiner",
            [WORD_CURRENT] = "Siste meldinger",
            [WORD_NONE] = "Ingen meldinger gjelder nå.",
            [WORD_EARLIER] = "Tidligere meldinger",
            [WORD_EXERCISES] = "Øvelser",
            [WORD_SUBSCRIBE] = "Abonner",
            [WORD_MUNICIPALITIES] = "Kommuner",
            [WORD_MESSAGES_OF] = "Krisemeldinger:",
            [WORD_RETRACTED_NOTE] = "Denne meldingen er trukket tilbake:",
            [WORD_NEWEST] = "Les den nyeste meldingen:",
        },
        {"Varsel", "Oppdatering", "Rettelse", "Avlysning", "Faren er over", "Informasjon",
         "Trukket tilbake"},
        {"Gjelder", "Utløpt", "Oppdatert av en nyere melding", "Rettet av en nyere melding",
         "Avlyst", "Faren er over", "Trukket tilbake"},
    },
    {
        {
            [WORD_LANGUAGE] = "nn",
            [WORD_ALL_MUNICIPALITIES] = "Alle kommunar",
            [WORD_EXERCISE_BANNER] = "Dette er ei øving, ikkje ei verkeleg hending.",
            [WORD_EXERCISE] = "Øving",
            [WORD_KIND] = "Type",
            [WORD_STATUS] = "Status",
            [WORD_ISSUER] = "Avsendar",
            [WORD_AREA] = "Område",
            [WORD_SENT] = "Sendt",
            [WORD_EXPIRES] = "Gjeld til",
            [WORD_HISTORY] = "Alle meldingar i denne saka",
            [WORD_THIS] = "denne meldinga",
            [WORD_VERIFY] = "Slik sjekkar du at ei melding er ekte",
            [WORD_VERIFY_SHORT] = "Er meldinga ekte?",
            [WORD_MESSAGE_ID] = "Nummeret til meldinga",
            [WORD_MACHINES] = "For maskiner",
            [WORD_CURRENT] = "Siste meldingar",
            [WORD_NONE] = "Ingen meldingar gjeld no.",
            [WORD_EARLIER] = "Tidlegare meldingar",
            [WORD_EXERCISES] = "Øvingar",
            [WORD_SUBSCRIBE] = "Abonner",
            [WORD_MUNICIPALITIES] = "Kommunar",
            [WORD_MESSAGES_OF] = "Krisemeldingar:",
            [WORD_RETRACTED_NOTE] = "Denne meldinga er trekt tilbake:",
            [WORD_NEWEST] = "Les den nyaste meldinga:",
        },
        {"Varsel", "Oppdatering", "Retting", "Avlysing", "Faren er over", "Informasjon",
         "Trekt tilbake"},
        {"Gjeld", "Gått ut", "Oppdatert av ei nyare melding", "Retta av ei nyare melding", "Avlyst",
         "Faren er over", "Trekt tilbake"},
    },
    {
        {
            [WORD_LANGUAGE] = "en",
            [WORD_ALL_MUNICIPALITIES] = "All municipalities",
            [WORD_EXERCISE_BANNER] = "This is an exercise, not a real event.",
            [WORD_EXERCISE] = "Exercise",
            [WORD_KIND] = "Kind",
            [WORD_STATUS] = "Status",
            [WORD_ISSUER] = "Sender",
            [WORD_AREA] = "Area",
            [WORD_SENT] = "Sent",
            [WORD_EXPIRES] = "In force until",
            [WORD_HISTORY] = "All messages of this incident",
            [WORD_THIS] = "this message",
            [WORD_VERIFY] = "How to check that a message is genuine",
            [WORD_VERIFY_SHORT] = "Is this message genuine?",
            [WORD_MESSAGE_ID] = "Number of the message",
            [WORD_MACHINES] = "For machines",
            [WORD_CURRENT] = "Latest messages",
            [WORD_NONE] = "No message is in force now.",
            [WORD_EARLIER] = "Earlier messages",
            [WORD_EXERCISES] = "Exercises",
            [WORD_SUBSCRIBE] = "Subscribe",
            [WORD_MUNICIPALITIES] = "Municipalities",
            [WORD_MESSAGES_OF] = "Crisis messages:",
            [WORD_RETRACTED_NOTE] = "This message was withdrawn:",
            [WORD_NEWEST] = "Read the latest message:",
        },
        {"Alert", "Update", "Correction", "Cancellation", "All clear", "Information", "Withdrawn"},
        {"In force", "Expired", "Updated by a later message", "Corrected by a later message",
         "Cancelled", "The danger is over", "Withdrawn"},
    },
};

static const struct {
    const char *tag, *name;
} names[] = {
    {"nb", "Bokmål"},
    {"nn", "Nynorsk"},
    {"no", "Norsk"},
    {"en", "English"},
    {"se", "Davvisámegiella"},
    {"sma", "Åarjelsaemien"},
    {"smj", "Julevsámegiella"},
    {"sv", "Svenska"},
    {"da", "Dansk"},
    {"fi", "Suomi"},
    {"de", "Deutsch"},
    {"fr", "Français"},
    {"es", "Español"},
    {"pl", "Polski"},
    {"uk", "Українська"},
};

static bool is_of(const char *language, const char *tag)
{
    size_t length = strlen(tag);

    return strncasecmp(language, tag, length) == 0 &&
           (language[length] == '\0' || language[length] == '-');
}

static const struct row *row_of(const char *language)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (is_of(language, rows[i].words[WORD_LANGUAGE]))
            return &rows[i];
    return &rows[0];
}

const char *site_word(const char *language, enum site_word word)
{
    return row_of(language)->words[word];
}

const char *site_kind_word(const char *language, enum site_kind kind)
{
    return row_of(language)->kinds[kind];
}

const char *site_status_word(const char *language, enum site_status status)
{
    return row_of(language)->statuses[status];
}

const char *site_language_name(const char *language)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (is_of(language, names[i].tag))
            return names[i].name;
    return language;
}
