/* What people can do who doubt a message. */
#include "site/page.h"

#include "site/markup.h"

static const char *const norwegian[] = {
    "Slå opp meldingen her. Alt som er sendt, står på kommunens side, også det som er avlyst eller "
    "trukket tilbake. Står en melding ikke her, så spør kommunen før du stoler på den.",
    "Se på adressen. Denne siden ligger på adressen under. En side som ser lik ut på en annen "
    "adresse, er ikke ekte.",
    "En øvelse er alltid merket som øvelse, i overskriften og i teksten.",
    "Sammenlign meldingens nummer med det som står på siden. Hver melding har en post med dette "
    "nummeret i en åpen logg som ikke kan endres i ettertid. Hvem som helst kan kontrollere "
    "loggen.",
    "Er du i fare, ring nødnummeret. Vent ikke på svar her.",
};

static const char *const english[] = {
    "Look the message up here. Everything that was sent stands on the municipality's page, also "
    "what was cancelled or withdrawn. If a message is not here, ask the municipality before you "
    "trust it.",
    "Look at the address. This page is at the address below. A page that looks the same at "
    "another address is not genuine.",
    "An exercise is always marked as one, in its headline and in its text.",
    "Compare the number of the message with the one on its page. Each message has an entry with "
    "that number in an open log that cannot be changed afterwards. Anyone can check the log.",
    "If you are in danger, call the emergency number. Do not wait for an answer here.",
};

static void add_list(struct text *out, const char *const *items, size_t count)
{
    text_add(out, "<ol>\n");
    for (size_t i = 0; i < count; i++) {
        markup_element(out, "li", items[i]);
        text_add_char(out, '\n');
    }
    text_add(out, "</ol>\n");
}

void site_verify_page_write(const struct site_message *of, struct text *out)
{
    static const char title[] = "Slik sjekker du at en melding er ekte";
    struct page_frame frame = {"nb", title, "", NULL};

    page_begin(out, &frame);
    markup_element(out, "h1", title);
    add_list(out, norwegian, sizeof(norwegian) / sizeof(norwegian[0]));
    text_add(out, "<p><code>");
    markup_add(out, of->site);
    text_add(out, "/</code></p>\n<section lang=\"en\">\n"
                  "<h2>How to check that a message is genuine</h2>\n");
    add_list(out, english, sizeof(english) / sizeof(english[0]));
    text_add(out, "</section>\n");
    page_end(out, &frame);
}
