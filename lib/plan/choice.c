#include "plan/renderer_parts.h"

#include "plan/links.h"

/* --- findings -------------------------------------------------------------------------------- */

struct finding finding_of(const struct renderer *renderer, enum finding_kind kind,
                          struct place place, size_t language)
{
    return (struct finding){.kind = kind,
                            .place = place,
                            .language = renderer->languages[language].tag,
                            .municipality = renderer->member->municipality,
                            .in_exercise = is_exercise(renderer)};
}

static void note(struct renderer *renderer, enum finding_kind kind, struct place place,
                 size_t language)
{
    struct finding finding = finding_of(renderer, kind, place, language);

    findings_add(renderer->findings, &finding);
}

static void note_denial(struct renderer *renderer, const struct filled_text *filled,
                        size_t language)
{
    struct finding finding = finding_of(renderer, FINDING_DENIES_EXERCISE, filled->place, language);
    char words[EXERCISE_DENIAL_SIZE];

    if (!exercise_find_denial(filled->text, words))
        return;
    finding.words = words;
    findings_add(renderer->findings, &finding);
}

/* What is wrong with a text whatever the channel. */
static void check_filled(struct renderer *renderer, const struct filled_text *filled,
                         size_t language)
{
    if (filled->fault == FILL_EMPTY)
        note(renderer, FINDING_EMPTY, filled->place, language);
    else if (filled->fault == FILL_TOO_LARGE)
        note(renderer, FINDING_TOO_LARGE, filled->place, language);
    if (!filled->text)
        return;
    bool is_check = renderer->purpose == RENDER_TO_CHECK;
    if (is_exercise(renderer) || is_check)
        note_denial(renderer, filled, language);
    if ((!is_exercise(renderer) || is_check) && exercise_begins_with_mark(filled->text))
        note(renderer, FINDING_LOOKS_LIKE_EXERCISE, filled->place, language);
}

/* --- filling --------------------------------------------------------------------------------- */

static const struct filled_variants *fill_variants(struct renderer *renderer, size_t language)
{
    struct language_state *state = &renderer->languages[language];

    if (state->filled_for == renderer->member)
        return &state->filled;
    texts_fill(renderer->texts, renderer->member, language, &state->filled);
    state->filled_for = renderer->member;
    state->headline = state->filled.headline.text;
    if (state->headline && is_exercise(renderer))
        state->headline =
            arena_printf(renderer->arena, "%s: %s", state->mark.word, state->headline);
    check_filled(renderer, &state->filled.headline, language);
    check_filled(renderer, &state->filled.short_text, language);
    check_filled(renderer, &state->filled.long_text, language);
    return &state->filled;
}

static const char *without_links(struct renderer *renderer, const char *text, struct place place,
                                 size_t language, struct choice *choice)
{
    if (!text)
        return NULL;
    const char *tidied = link_omit_all(renderer->arena, text);
    if (tidied[0] != '\0')
        return tidied;
    note(renderer, FINDING_EMPTY, place, language);
    choice->has_fault = true;
    return NULL;
}

struct choice choose_texts(struct renderer *renderer, const struct channel_state *channel,
                           size_t language)
{
    const struct filled_variants *filled = fill_variants(renderer, language);
    struct choice choice = {.headline = renderer->languages[language].headline,
                            .has_fault = filled->headline.fault != FILL_FINE};
    struct filled_text own = {0};

    if (channel->own)
        own = texts_fill_channel(renderer->texts, renderer->member, language, channel->own);
    if (own.text || own.fault != FILL_FINE) {
        check_filled(renderer, &own, language);
        choice.long_text = own.text;
        choice.long_place = own.place;
        choice.has_fault |= own.fault != FILL_FINE;
    } else {
        choice.short_text = filled->short_text.text;
        choice.short_place = filled->short_text.place;
        choice.long_text = filled->long_text.text;
        choice.long_place = filled->long_text.place;
        choice.has_fault |= filled->short_text.fault != FILL_FINE;
        choice.has_fault |= filled->long_text.fault != FILL_FINE;
    }
    if (channel->own && channel->own->omit_link) {
        choice.short_text =
            without_links(renderer, choice.short_text, choice.short_place, language, &choice);
        choice.long_text =
            without_links(renderer, choice.long_text, choice.long_place, language, &choice);
    }
    return choice;
}
