#include "plan/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"

#include "plan/renderer.h"

/* X forbids identical posts from many accounts. */
static const char identical_posts_channel[] = "x";

enum { OWN_LIMIT_DIGITS_MAX = 6 };

/* An account with its place in the order of deliveries. */
struct job {
    const struct account *account; /* its place in the list keeps the order total */
    uint32_t member;               /* index into the audience */
    uint16_t rank;                 /* of its channel: web first */
    uint16_t channel;              /* index into the channels */
};

struct output {
    struct arena *arena;
    struct rendering *rendering;
    size_t capacity;
};

/* --- order ----------------------------------------------------------------------------------- */

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_jobs(const void *a_pointer, const void *b_pointer)
{
    const struct job *a = a_pointer, *b = b_pointer;
    int order = compare_sizes(a->member, b->member);

    if (order == 0)
        order = compare_sizes(a->rank, b->rank);
    if (order == 0)
        order = strcmp(a->account->label, b->account->label);
    return order != 0 ? order : (a->account > b->account) - (a->account < b->account);
}

static size_t find_channel(const struct render_request *request, const char *name)
{
    for (size_t i = 0; i < request->channel_count; i++)
        if (strcmp(request->channels[i].name, name) == 0)
            return i;
    return request->channel_count;
}

static size_t channel_rank(const struct render_request *request, size_t channel)
{
    return request->channels[channel].web ? channel : request->channel_count + channel;
}

static void note_unknown_channel(struct findings *findings, const struct account *account,
                                 const struct audience_member *member)
{
    struct finding finding = {.kind = FINDING_UNKNOWN_CHANNEL,
                              .channel = account->channel,
                              .municipality = member->municipality};

    findings_add(findings, &finding);
}

/* --- limits of an account's own -------------------------------------------------------------- */

/* 0: it has none, or what it says is no limit. */
static size_t own_limit(const struct channel_shape *shape, const struct account *account)
{
    const char *value =
        shape->limit_setting ? account_setting(account, shape->limit_setting) : NULL;
    size_t digits = value ? strspn(value, "0123456789") : 0;

    if (digits == 0 || digits > OWN_LIMIT_DIGITS_MAX || value[digits] != '\0')
        return 0;
    return strtoul(value, NULL, 10);
}

/* The channel of an account: one of the same name with the limit that its server has. */
static size_t find_own_channel(const struct render_request *request, const struct account *account)
{
    size_t channel = find_channel(request, account->channel);
    size_t limit =
        channel < request->channel_count ? own_limit(&request->channels[channel], account) : 0;

    for (size_t i = channel; limit > 0 && i < request->channel_count; i++)
        if (strcmp(request->channels[i].name, account->channel) == 0 &&
            request->channels[i].limits.limit == limit)
            return i;
    return channel;
}

/* The request with one more channel for each limit that some account's server has: texts are made
 * once for each of them. */
static const struct render_request *with_own_limits(struct arena *arena,
                                                    const struct render_request *request)
{
    struct render_request *own = arena_memdup(arena, request, sizeof(*own));
    struct channel_shape *channels =
        arena_memdup(arena, request->channels, request->channel_count * sizeof(*channels));
    size_t capacity = request->channel_count;

    own->channels = channels;
    for (size_t i = 0; i < request->account_count; i++) {
        size_t channel = find_own_channel(own, &request->accounts[i]);
        size_t limit =
            channel < own->channel_count ? own_limit(&channels[channel], &request->accounts[i]) : 0;
        if (limit == 0 || channels[channel].limits.limit == limit)
            continue;
        channels = arena_grow(arena, channels, own->channel_count, &capacity, sizeof(*channels));
        channels[own->channel_count] = channels[channel];
        channels[own->channel_count++].limits.limit = limit;
        own->channels = channels;
    }
    return own;
}

/* The request for a message that follows another: where the address of the earlier post goes behind
 * the text, the text has less room. */
static const struct render_request *with_room_for_links(struct arena *arena,
                                                        const struct render_request *request)
{
    if (!request->message->follows)
        return request;
    struct render_request *roomy = arena_memdup(arena, request, sizeof(*roomy));
    struct channel_shape *channels =
        arena_memdup(arena, request->channels, request->channel_count * sizeof(*channels));

    for (size_t i = 0; i < request->channel_count; i++)
        if (channels[i].limits.limit > channels[i].limits.link_back)
            channels[i].limits.limit -= channels[i].limits.link_back;
    roomy->channels = channels;
    return roomy;
}

/* The accounts of the audience, in the order of their deliveries; on the heap. */
static struct job *collect_jobs(const struct render_request *request, struct findings *findings,
                                size_t *count)
{
    struct job *jobs = memory_alloc_array(request->account_count, sizeof(*jobs));

    *count = 0;
    for (size_t i = 0; i < request->account_count; i++) {
        const struct account *account = &request->accounts[i];
        const struct audience_member *member =
            plan_find_municipality(request->plan, account->municipality);
        if (!member)
            continue;
        size_t channel = find_own_channel(request, account);
        if (channel == request->channel_count) {
            note_unknown_channel(findings, account, member);
            continue;
        }
        jobs[(*count)++] = (struct job){
            .account = account,
            .member = (uint32_t)(member - request->plan->audience),
            .rank = (uint16_t)channel_rank(request, find_channel(request, account->channel)),
            .channel = (uint16_t)channel,
        };
    }
    if (*count > 0)
        qsort(jobs, *count, sizeof(*jobs), compare_jobs);
    return jobs;
}

/* --- deliveries ------------------------------------------------------------------------------ */

static void add_deliveries(struct output *output, const struct render_request *request,
                           const struct job *job, const struct made_draft *made, size_t count)
{
    struct rendering *rendering = output->rendering;

    for (size_t i = 0; i < count; i++) {
        if (made[i].draft == DRAFT_NONE) {
            rendering->unrendered_count++;
            continue;
        }
        rendering->deliveries =
            arena_grow(output->arena, rendering->deliveries, rendering->delivery_count,
                       &output->capacity, sizeof(*rendering->deliveries));
        rendering->deliveries[rendering->delivery_count++] = (struct rendered_delivery){
            .member = &request->plan->audience[job->member],
            .account = job->account,
            .language = request->plan->languages[made[i].language].text,
            .draft = made[i].draft,
        };
    }
}

/* As many deliveries as there can be. */
static void make_room(const struct render_request *request, const struct job *jobs, size_t count,
                      struct output *output)
{
    for (size_t i = 0; i < count; i++)
        output->capacity += request->channels[jobs[i].channel].document
                                ? 1
                                : request->plan->audience[jobs[i].member].language_count;
    output->rendering->deliveries =
        arena_alloc_array(output->arena, output->capacity, sizeof(*output->rendering->deliveries));
}

/* Texts are made once for each municipality and channel, whatever the number of its accounts. */
static void run_jobs(struct renderer *renderer, const struct render_request *request,
                     const struct job *jobs, size_t count, struct output *output)
{
    struct made_draft *made =
        arena_alloc_array(output->arena, request->plan->language_count, sizeof(*made));
    size_t made_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct job *job = &jobs[i];
        bool same_member = i > 0 && job[-1].member == job->member;
        if (!same_member)
            renderer_begin_member(renderer, &request->plan->audience[job->member]);
        if (!same_member || job[-1].channel != job->channel)
            made_count = renderer_make(renderer, job->channel, made);
        add_deliveries(output, request, job, made, made_count);
    }
}

static void note_same_texts(struct arena *arena, const struct render_request *request,
                            const struct rendering *rendering, struct findings *findings)
{
    struct {
        const struct audience_member *last;
        size_t members;
    } *uses = arena_alloc_array(arena, rendering->draft_count, sizeof(*uses));

    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct rendered_delivery *delivery = &rendering->deliveries[i];
        uses[delivery->draft].members += uses[delivery->draft].last != delivery->member;
        uses[delivery->draft].last = delivery->member;
    }
    for (size_t i = 0; i < rendering->draft_count; i++) {
        const struct draft *draft = &rendering->drafts[i];
        if (uses[i].members < 2 || strcmp(draft->channel, identical_posts_channel) != 0)
            continue;
        struct finding finding = {.kind = FINDING_SAME_TEXT,
                                  .place = rendering->measures[i].place,
                                  .channel = draft->channel,
                                  .language = draft->language,
                                  .amount = uses[i].members,
                                  .in_exercise = request->mode == MODE_EXERCISE};
        findings_add(findings, &finding);
    }
}

void render_into(struct arena *arena, const struct render_request *asked,
                 enum render_purpose purpose, struct findings *findings, struct problems *problems,
                 struct rendering **out)
{
    const struct render_request *request =
        with_room_for_links(arena, with_own_limits(arena, asked));
    struct renderer *renderer = renderer_new(arena, request, purpose, findings, problems);
    size_t job_count;

    *out = NULL;
    if (!renderer)
        return;
    struct job *jobs = collect_jobs(request, findings, &job_count);
    struct rendering *rendering = arena_alloc(arena, sizeof(*rendering));
    struct output output = {.arena = arena, .rendering = rendering};

    make_room(request, jobs, job_count, &output);
    run_jobs(renderer, request, jobs, job_count, &output);
    memory_free(jobs);
    const struct draft_table *drafts = renderer_drafts(renderer);
    rendering->drafts = drafts->drafts;
    rendering->measures = drafts->measures;
    rendering->draft_count = drafts->count;
    note_same_texts(arena, request, rendering, findings);
    *out = rendering;
}

int render_message(struct arena *arena, const struct render_request *request,
                   struct problems *problems, struct rendering **out)
{
    struct findings findings;
    size_t errors_before = problems->error_count;

    findings_init(&findings, arena);
    render_into(arena, request, RENDER_TO_SEND, &findings, problems, out);
    findings_report(&findings, problems);
    bool failed = !*out || findings.error_count > 0 || problems->error_count > errors_before;
    return failed ? -1 : 0;
}

/* --- one text -------------------------------------------------------------------------------- */

static const struct place no_place;

/* A list of the tags, for people. */
static const char *member_languages(struct arena *arena, const struct plan *plan,
                                    const struct audience_member *member)
{
    const char *list = "";

    for (size_t i = 0; i < member->language_count; i++)
        list = arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ",
                            plan->languages[member->languages[i]].text);
    return list;
}

/* The municipality as if it spoke the one language that was asked for; NULL, and a problem, when it
 * does not speak it. */
static const struct audience_member *narrow(struct arena *arena, const struct plan *plan,
                                            const struct audience_member *member,
                                            const char *language, struct problems *problems)
{
    int index = plan_language_index(plan, language);

    for (size_t i = 0; index >= 0 && i < member->language_count; i++) {
        if (member->languages[i] != (unsigned)index)
            continue;
        struct audience_member *narrowed = arena_memdup(arena, member, sizeof(*member));
        narrowed->languages = &member->languages[i];
        narrowed->language_count = 1;
        return narrowed;
    }
    problems_add(problems, SEVERITY_ERROR, no_place,
                 _("municipality %s %s gets no text in '%s': its languages in this plan are %s"),
                 member->municipality->id, municipality_name(member->municipality, language),
                 language, member_languages(arena, plan, member));
    return NULL;
}

/* Whom the text is for; NULL, and a problem, when that does not go. */
static const struct audience_member *find_member(struct arena *arena,
                                                 const struct render_request *request,
                                                 size_t channel, const char *municipality,
                                                 const char *language, struct problems *problems)
{
    const struct audience_member *member = plan_find_municipality(request->plan, municipality);

    if (!member) {
        problems_add(problems, SEVERITY_ERROR, no_place,
                     _("municipality '%s' is not in the audience of the plan"), municipality);
        return NULL;
    }
    if (!language)
        return member;
    const struct audience_member *narrowed =
        narrow(arena, request->plan, member, language, problems);
    return narrowed && request->channels[channel].document ? member : narrowed;
}

int render_text(struct arena *arena, const struct render_request *request, const char *municipality,
                const char *channel_name, const char *language, struct problems *problems,
                const struct draft **out)
{
    struct findings findings;
    size_t channel = find_channel(request, channel_name);

    *out = NULL;
    findings_init(&findings, arena);
    if (channel == request->channel_count) {
        problems_add(problems, SEVERITY_ERROR, no_place, _("there is no channel '%s'"),
                     channel_name);
        return -1;
    }
    request = with_room_for_links(arena, request);
    struct renderer *renderer = renderer_new(arena, request, RENDER_TO_SEND, &findings, problems);
    const struct audience_member *member =
        find_member(arena, request, channel, municipality, language, problems);
    if (!renderer || !member)
        return -1;
    struct made_draft *made =
        arena_alloc_array(arena, request->plan->language_count, sizeof(*made));
    renderer_begin_member(renderer, member);
    size_t count = renderer_make(renderer, channel, made);
    findings_report(&findings, problems);
    if (count == 0 || made[0].draft == DRAFT_NONE || findings.error_count > 0)
        return -1;
    *out = &renderer_drafts(renderer)->drafts[made[0].draft];
    return 0;
}

/* --- without a registry ---------------------------------------------------------------------- */

const struct preview_text *render_preview(struct arena *arena, const struct rendering *rendering)
{
    struct preview_text *texts = arena_alloc_array(arena, rendering->draft_count, sizeof(*texts));

    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct rendered_delivery *delivery = &rendering->deliveries[i];
        struct preview_text *text = &texts[delivery->draft];
        if (text->delivery_count++ > 0)
            continue;
        text->member = delivery->member;
        text->draft = &rendering->drafts[delivery->draft];
        text->measure = &rendering->measures[delivery->draft];
    }
    return texts;
}

const struct account *render_accounts(struct arena *arena, const struct plan *plan,
                                      const struct channel_shape *channels, size_t channel_count,
                                      size_t *count)
{
    struct account *accounts =
        arena_alloc_array(arena, plan->audience_count * channel_count, sizeof(*accounts));

    *count = 0;
    for (size_t i = 0; i < channel_count; i++) {
        if (!plan_uses_channel(plan, channels[i].name))
            continue;
        for (size_t j = 0; j < plan->audience_count; j++)
            accounts[(*count)++] = (struct account){
                .municipality = plan->audience[j].municipality->id,
                .channel = channels[i].name,
                .label = "default",
            };
    }
    return accounts;
}
