#include "plan/card.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#include "plan/calendar.h"

/* In what is signed the moment is open. */
static const char *moment(const struct renderer *renderer, const char *language)
{
    const struct render_request *request = renderer->request;
    char date[CALENDAR_SIZE], time[CALENDAR_SIZE];

    if (request->as_signed)
        return "{{date}}, {{time}}";
    calendar_date(&request->when, language, date);
    calendar_time(&request->when, language, time);
    return arena_printf(renderer->arena, "%s, %s", date, time);
}

static void note_long(struct renderer *renderer, const struct channel_state *channel,
                      const struct choice *choice, size_t language, const char *text)
{
    size_t length = utf8_count(text);

    if (length <= CARD_TEXT_MAX_CHARACTERS)
        return;
    struct finding finding =
        finding_of(renderer, FINDING_CARD_SHORT,
                   choice->short_text ? choice->short_place : choice->long_place, language);
    finding.channel = channel->shape->name;
    finding.amount = length;
    finding.limit = CARD_TEXT_MAX_CHARACTERS;
    findings_add(renderer->findings, &finding);
}

const struct card *card_make(struct renderer *renderer, const struct channel_state *channel,
                             const struct choice *choice, size_t language, const char *link)
{
    const struct render_request *request = renderer->request;
    const struct plan *plan = request->plan;
    const struct language_state *state = &renderer->languages[language];
    const char *text = choice->short_text ? choice->short_text : choice->long_text;
    struct card *card = arena_alloc(renderer->arena, sizeof(*card));

    *card = (struct card){
        .language = state->tag,
        .issuer = plan->issuer.text ? plan->issuer.text : request->coordinator,
        .municipality = municipality_name(renderer->member->municipality, state->tag),
        .title = plan->title,
        .headline = choice->headline ? choice->headline : "",
        .text = text,
        .time = moment(renderer, state->tag),
        .link = link ? link : request->site_url,
        .mark = is_exercise(renderer) ? state->mark.word : NULL,
    };
    note_long(renderer, channel, choice, language, text);
    return card;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool card_is_same(const struct card *a, const struct card *b)
{
    if (!a || !b)
        return a == b;
    return same(a->language, b->language) && same(a->issuer, b->issuer) &&
           same(a->municipality, b->municipality) && same(a->title, b->title) &&
           same(a->headline, b->headline) && same(a->text, b->text) && same(a->time, b->time) &&
           same(a->link, b->link) && same(a->mark, b->mark);
}
