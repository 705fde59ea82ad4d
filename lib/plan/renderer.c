#include "plan/renderer.h"

#include "plan/card.h"
#include "plan/document.h"
#include "plan/fit.h"
#include "plan/links.h"
#include "plan/renderer_parts.h"

/* --- fitting --------------------------------------------------------------------------------- */

static struct place place_of(const struct choice *choice, const struct fit *fit)
{
    return fit->is_short ? choice->short_place : choice->long_place;
}

static void note_fit(struct renderer *renderer, const struct channel_state *channel,
                     const struct choice *choice, size_t language, const struct fit *fit)
{
    static const enum finding_kind kinds[] = {
        [FIT_PARTS] = FINDING_THREAD,
        [FIT_TOO_LONG] = FINDING_TOO_LONG,
        [FIT_WORD_TOO_LONG] = FINDING_WORD_TOO_LONG,
        [FIT_TOO_MANY] = FINDING_TOO_MANY_PARTS,
    };

    if (fit->end == FIT_WHOLE)
        return;
    struct finding finding = finding_of(renderer, kinds[fit->end], place_of(choice, fit), language);
    finding.channel = channel->shape->name;
    finding.amount = fit->end == FIT_TOO_LONG ? fit->over : fit->part_count;
    finding.limit = fit->limit;
    finding.in_bytes = fit->in_bytes;
    finding.link_back = renderer->request->message->follows ? channel->shape->limits.link_back : 0;
    findings_add(renderer->findings, &finding);
}

/* Channels short of room get the mark as one word; others as a line, when there is room for it. */
static void fit_marked(struct renderer *renderer, const struct channel_state *channel,
                       const struct choice *choice, size_t language, struct fit *out)
{
    const struct exercise_mark *mark = &renderer->languages[language].mark;
    struct fit_request request = {
        .limits = &channel->shape->limits,
        .short_text = choice->short_text,
        .long_text = choice->long_text,
    };

    if (is_exercise(renderer))
        request.mark = channel->shape->limits.threads ? mark->word : mark->line;
    fit_text(renderer->arena, &request, out);
    if (out->end != FIT_TOO_LONG || !request.mark)
        return;
    request.mark = mark->word;
    fit_text(renderer->arena, &request, out);
}

/* False when the message has no text to choose from, or none that fits. */
static bool fit_choice(struct renderer *renderer, const struct channel_state *channel,
                       const struct choice *choice, size_t language, struct fit *out)
{
    if (choice->has_fault || (!choice->short_text && !choice->long_text))
        return false;
    fit_marked(renderer, channel, choice, language, out);
    note_fit(renderer, channel, choice, language, out);
    return out->end == FIT_WHOLE || out->end == FIT_PARTS;
}

static size_t add_draft(struct renderer *renderer, struct channel_state *channel,
                        const struct choice *choice, size_t language, const struct fit *fit,
                        const char *document)
{
    struct draft draft = {
        .channel = channel->shape->name,
        .language = renderer->languages[language].tag,
        .headline = choice->headline ? choice->headline : "",
        .parts = fit->parts,
        .part_count = fit->part_count,
        .media =
            attach_in_language(renderer->arena, renderer->request, &channel->attachments, language),
        .media_count = channel->attachments.count,
        .document = document,
    };
    struct draft_measure measure = {
        .channel = channel->shape, .lengths = fit->lengths, .place = place_of(choice, fit)};

    for (size_t i = 0; i < fit->part_count && !draft.link; i++) {
        size_t length;
        const char *link = link_find(fit->parts[i], &length);
        if (link)
            draft.link = arena_strndup(renderer->arena, link, length);
    }
    if (channel->attachments.needs_card)
        measure.card = card_make(renderer, channel, choice, language, draft.link);
    return draft_table_add(&renderer->drafts, &draft, &measure);
}

static size_t make_one(struct renderer *renderer, struct channel_state *channel, size_t language)
{
    struct choice choice = choose_texts(renderer, channel, language);
    struct fit fit;

    if (!fit_choice(renderer, channel, &choice, language, &fit))
        return DRAFT_NONE;
    return add_draft(renderer, channel, &choice, language, &fit, NULL);
}

/* --- documents ------------------------------------------------------------------------------- */

static const char *marked(struct renderer *renderer, const char *text, size_t language)
{
    if (!text || !is_exercise(renderer))
        return text;
    return fit_add_marks(renderer->arena, text, renderer->languages[language].mark.line);
}

/* NULL when it is too large. */
static const char *write_document(struct renderer *renderer, const struct document_texts *texts,
                                  size_t count, const char *text)
{
    if (renderer->purpose == RENDER_TO_CHECK && document_is_small(renderer->request, texts, count))
        return "{}";
    return document_write(renderer->arena, renderer->request, renderer->member, texts, count, text);
}

static size_t make_document(struct renderer *renderer, struct channel_state *channel,
                            const struct made_draft *languages, size_t count)
{
    struct document_texts *texts = arena_alloc_array(renderer->arena, count, sizeof(*texts));
    struct choice first = {0};
    struct fit fit;
    bool has_fault = false;

    for (size_t i = 0; i < count; i++) {
        size_t language = languages[i].language;
        struct choice choice = choose_texts(renderer, channel, language);
        has_fault |= choice.has_fault;
        if (i == 0)
            first = choice;
        texts[i] = (struct document_texts){
            .language = renderer->languages[language].tag,
            .index = language,
            .headline = choice.headline,
            .short_text = marked(renderer, choice.short_text, language),
            .long_text = marked(renderer, choice.long_text, language),
        };
    }
    size_t language = languages[0].language;
    if (has_fault || !fit_choice(renderer, channel, &first, language, &fit))
        return DRAFT_NONE;
    const char *document = write_document(renderer, texts, count, fit.parts[0]);
    if (document)
        return add_draft(renderer, channel, &first, language, &fit, document);
    struct finding finding =
        finding_of(renderer, FINDING_DOCUMENT_TOO_LARGE, place_of(&first, &fit), language);
    finding.channel = channel->shape->name;
    findings_add(renderer->findings, &finding);
    return DRAFT_NONE;
}

/* --- a municipality on a channel ------------------------------------------------------------- */

/* Which of the plan's languages serves for one of the municipality's; language_count: none. */
static size_t resolve_language(struct renderer *renderer, const struct channel_state *channel,
                               size_t wanted)
{
    const struct plan *plan = renderer->request->plan;
    const struct message *message = renderer->request->message;
    size_t found = texts_language(renderer->texts, channel->own, wanted);

    if (found == plan->language_count) {
        struct finding finding = finding_of(renderer, FINDING_NO_TEXT, message->place, wanted);
        finding.channel = channel->shape->name;
        findings_add(renderer->findings, &finding);
    } else if (found != wanted) {
        struct finding finding =
            finding_of(renderer, FINDING_OTHER_LANGUAGE, message->place, wanted);
        finding.words = renderer->languages[found].tag;
        findings_add(renderer->findings, &finding);
    }
    return found;
}

static void note_mark(struct renderer *renderer, size_t language)
{
    const struct language_state *state = &renderer->languages[language];

    if (!is_exercise(renderer) || state->mark.own)
        return;
    struct finding finding = finding_of(
        renderer, FINDING_NO_MARK, renderer->request->plan->languages[language].place, language);
    finding.words = state->mark.word;
    findings_add(renderer->findings, &finding);
}

static bool has_language(const struct made_draft *made, size_t count, size_t language)
{
    for (size_t i = 0; i < count; i++)
        if (made[i].language == language)
            return true;
    return false;
}

/* The languages of the municipality's texts on a channel, each once; those with a text first. */
static size_t collect_languages(struct renderer *renderer, const struct channel_state *channel,
                                struct made_draft *out, size_t *with_text)
{
    const struct audience_member *member = renderer->member;
    size_t none = renderer->request->plan->language_count;
    size_t count = 0;

    for (size_t i = 0; i < member->language_count; i++) {
        size_t language = resolve_language(renderer, channel, member->languages[i]);
        if (language == none || has_language(out, count, language))
            continue;
        out[count++] = (struct made_draft){language, DRAFT_NONE};
        note_mark(renderer, language);
    }
    *with_text = count;
    for (size_t i = 0; i < member->language_count; i++)
        if (texts_language(renderer->texts, channel->own, member->languages[i]) == none)
            out[count++] = (struct made_draft){member->languages[i], DRAFT_NONE};
    return count;
}

/* A check looks at media with the accounts that there are: check_media(). */
static void attach(struct renderer *renderer, struct channel_state *channel)
{
    struct findings *left_out = renderer->purpose == RENDER_TO_SEND ? renderer->findings : NULL;

    attach_choose(renderer->arena, renderer->request, channel->shape, left_out,
                  &channel->attachments);
    attach_check_alts(renderer->request, channel->shape, &channel->attachments, renderer->findings);
}

/* A post that the network would refuse is not tried. */
static void note_unreached(struct renderer *renderer, const struct channel_state *channel)
{
    struct finding finding = {.kind = FINDING_UNREACHED,
                              .place = renderer->request->message->place,
                              .channel = channel->shape->name,
                              .municipality = renderer->member->municipality,
                              .words = channel->attachments.missing};
    findings_add(renderer->findings, &finding);
}

size_t renderer_make(struct renderer *renderer, size_t channel_index, struct made_draft *out)
{
    struct channel_state *channel = &renderer->channels[channel_index];
    size_t with_text;

    if (!channel->attachments.by_language)
        attach(renderer, channel);
    if (channel->attachments.missing) {
        if (renderer->purpose == RENDER_TO_SEND)
            note_unreached(renderer, channel);
        return 0;
    }
    size_t count = collect_languages(renderer, channel, out, &with_text);

    if (channel->shape->document) {
        if (with_text > 0)
            out[0].draft = make_document(renderer, channel, out, with_text);
        return 1;
    }
    for (size_t i = 0; i < with_text; i++)
        out[i].draft = make_one(renderer, channel, out[i].language);
    return count;
}

void renderer_begin_member(struct renderer *renderer, const struct audience_member *member)
{
    renderer->member = member;
}

const struct draft_table *renderer_drafts(const struct renderer *renderer)
{
    return &renderer->drafts;
}

static void begin_languages(struct renderer *renderer)
{
    const struct plan *plan = renderer->request->plan;

    renderer->languages =
        arena_alloc_array(renderer->arena, plan->language_count, sizeof(*renderer->languages));
    for (size_t i = 0; i < plan->language_count; i++) {
        const char *tag = plan->languages[i].text;
        renderer->languages[i] = (struct language_state){.tag = tag, .mark = exercise_mark(tag)};
    }
}

static void begin_channels(struct renderer *renderer)
{
    const struct render_request *request = renderer->request;

    renderer->channels =
        arena_alloc_array(renderer->arena, request->channel_count, sizeof(*renderer->channels));
    for (size_t i = 0; i < request->channel_count; i++) {
        const struct channel_shape *shape = &request->channels[i];
        struct channel_state *channel = &renderer->channels[i];
        *channel = (struct channel_state){.shape = shape,
                                          .own = plan_channel_text(request->message, shape->name)};
    }
}

struct renderer *renderer_new(struct arena *arena, const struct render_request *request,
                              enum render_purpose purpose, struct findings *findings,
                              struct problems *problems)
{
    struct run_facts facts = {request->values, request->run, request->coordinator, request->when,
                              request->as_signed};
    struct renderer *renderer = arena_alloc(arena, sizeof(*renderer));

    *renderer = (struct renderer){
        .arena = arena, .request = request, .purpose = purpose, .findings = findings};
    renderer->texts = texts_parse(arena, request->plan, request->message, problems);
    if (!renderer->texts)
        return NULL;
    texts_begin(renderer->texts, &facts);
    begin_languages(renderer);
    begin_channels(renderer);
    draft_table_init(&renderer->drafts, arena);
    return renderer;
}
