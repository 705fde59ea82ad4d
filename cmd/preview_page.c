#include "cmd/preview_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "plan/differences.h"
#include "report/preview.h"
#include "wire/json.h"

#include "cmd/cards.h"
#include "cmd/kinds.h"
#include "cmd/media_view.h"
#include "cmd/output.h"
#include "cmd/output_file.h"
#include "cmd/text_groups.h"

/* A group with its place on the page. */
struct placed_group {
    const struct text_group *group;
    size_t channel, language, index; /* the last keeps the order total */
};

/* --- order ----------------------------------------------------------------------------------- */

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_places(const void *a_pointer, const void *b_pointer)
{
    const struct placed_group *a = a_pointer, *b = b_pointer;
    int order = compare_sizes(a->channel, b->channel);

    if (order == 0)
        order = compare_sizes(a->language, b->language);
    return order != 0 ? order : compare_sizes(a->index, b->index);
}

static size_t channel_index(const struct context *context, const char *name)
{
    size_t index = 0;

    while (index < context->channel_count && strcmp(context->shapes[index].name, name) != 0)
        index++;
    return index;
}

static struct placed_group *place_groups(const struct context *context, const struct plan *plan,
                                         const struct rendering *rendering, size_t *count)
{
    const struct text_group *groups = text_groups_make(context->arena, rendering, count);
    struct placed_group *placed = arena_alloc_array(context->arena, *count, sizeof(*placed));

    for (size_t i = 0; i < *count; i++) {
        const struct draft *draft = groups[i].first->draft;
        placed[i] = (struct placed_group){
            .group = &groups[i],
            .channel = channel_index(context, draft->channel),
            .language = (size_t)plan_language_index(plan, draft->language),
            .index = i,
        };
    }
    if (*count > 0)
        qsort(placed, *count, sizeof(*placed), compare_places);
    return placed;
}

/* --- variants -------------------------------------------------------------------------------- */

/* Each group's first draft, with its text card: no other one is shown. */
static int copy_drafts(const struct context *context, const struct placed_group *placed,
                       size_t count, struct rendering *out, struct error *error)
{
    out->drafts = arena_alloc_array(context->arena, count, sizeof(*out->drafts));
    out->measures = arena_alloc_array(context->arena, count, sizeof(*out->measures));
    out->draft_count = count;
    for (size_t i = 0; i < count; i++) {
        out->drafts[i] = *placed[i].group->first->draft;
        out->measures[i] = *placed[i].group->first->measure;
    }
    return cards_draw(context, out, error);
}

static const char *account_words(const struct context *context, const struct text_group *group)
{
    const char *name =
        municipality_name(group->first->member->municipality, group->first->draft->language);

    if (strcmp(group->account->label, "default") == 0)
        return name;
    return arena_printf(context->arena, "%s, %s", name, group->account->label);
}

/* Settings by which people know an account, where it has one of them. */
static const char *account_handle(const struct context *context, const struct account *account)
{
    static const struct {
        const char *setting, *before;
    } known[] = {{"username", "@"}, {"handle", "@"}, {"chat", ""}, {"site", ""}, {"server", ""}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const char *value = account_setting(account, known[i].setting);
        if (value && value[0])
            return arena_printf(context->arena, "%s%s", known[i].before, value);
    }
    return NULL;
}

static const char *const *media_words(struct arena *arena, const struct draft *draft)
{
    const char **words = arena_alloc_array(arena, draft->media_count, sizeof(*words));

    for (size_t i = 0; i < draft->media_count; i++) {
        char *described = arena_alloc(arena, MEDIA_WORDS_SIZE);
        media_view_describe(&draft->media[i], described);
        words[i] = described;
    }
    return words;
}

static const char *copy_text(struct arena *arena, const struct json *root, const char *language,
                             const char *name)
{
    const char *text = json_text(root, "texts", language, name, NULL);

    return text ? arena_strdup(arena, text) : NULL;
}

/* Of a document: what it says in languages beside the draft's own. */
static const struct preview_version *other_versions(struct arena *arena, const struct draft *draft,
                                                    size_t *count)
{
    struct json *root =
        draft->document ? json_parse(draft->document, strlen(draft->document)) : NULL;
    const struct json *languages = json_get(root, "languages", NULL);
    struct preview_version *versions =
        arena_alloc_array(arena, json_count(languages), sizeof(*versions));

    *count = 0;
    for (size_t i = 0; i < json_count(languages); i++) {
        const char *language = json_text(json_item(languages, i), NULL);
        if (!language || strcmp(language, draft->language) == 0)
            continue;
        const char *headline = copy_text(arena, root, language, "headline");
        const char *text = copy_text(arena, root, language, "long");
        text = text ? text : copy_text(arena, root, language, "short");
        versions[(*count)++] = (struct preview_version){arena_strdup(arena, language),
                                                        headline ? headline : "", text ? text : ""};
    }
    json_free(root);
    return versions;
}

static const struct preview_variant *make_variants(const struct context *context,
                                                   const struct placed_group *placed,
                                                   const struct rendering *drafts)
{
    const struct channel_driver *const *drivers = channel_all();
    struct preview_variant *variants =
        arena_alloc_array(context->arena, drafts->draft_count, sizeof(*variants));

    for (size_t i = 0; i < drafts->draft_count; i++) {
        const struct text_group *group = placed[i].group;
        const struct channel_shape *shape = drafts->measures[i].channel;
        variants[i] = (struct preview_variant){
            .draft = &drafts->drafts[i],
            .measure = &drafts->measures[i],
            .title = translated(drivers[placed[i].channel]->title),
            .unit = translated(kinds_unit_words(shape->limits.unit)),
            .account = account_words(context, group),
            .handle = account_handle(context, group->account),
            .media_words = media_words(context->arena, &drafts->drafts[i]),
            .has_headline = shape->web || shape->media.needs_video,
            .members = group->members,
            .member_count = group->member_count,
            .delivery_count = group->delivery_count,
        };
        variants[i].others =
            other_versions(context->arena, &drafts->drafts[i], &variants[i].other_count);
    }
    return variants;
}

/* --- the file -------------------------------------------------------------------------------- */

static void tell_written(const struct preview *preview, const char *path)
{
    if (strcmp(path, "-") == 0)
        return;
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "written");
        json_line_text(&line, "plan", preview->plan->id);
        json_line_text(&line, "message", preview->message->name);
        json_line_text(&line, "form", "html");
        json_line_text(&line, "output", path);
        json_line_end(&line);
        return;
    }
    output_line(_("Preview of %s of %s written to %s."), preview->message->name, preview->plan->id,
                path);
}

static int write_page(void *context, struct sink *sink, struct error *error)
{
    return preview_write(sink, context, error);
}

int preview_page_write(const struct context *context, const struct render_request *request,
                       const struct rendering *rendering, const struct problems *problems,
                       const char *path, bool is_replaced, struct error *error)
{
    struct rendering drafts = {0};
    struct preview preview = {
        .plan = request->plan,
        .message = request->message,
        .mode = request->mode,
        .values = request->values,
        .problems = problems,
        .program = "crisis " CRISIS_VERSION,
        .made_unix_ms = request->sent_unix_ms,
    };
    const struct placed_group *placed =
        place_groups(context, request->plan, rendering, &preview.variant_count);

    if (copy_drafts(context, placed, preview.variant_count, &drafts, error) < 0)
        return -1;
    preview.variants = make_variants(context, placed, &drafts);
    preview.differences = differences_find(context->arena, request->plan, request->message,
                                           &preview.difference_count);
    if (output_file_write(path, is_replaced, write_page, &preview, error) < 0)
        return -1;
    tell_written(&preview, path);
    return 0;
}
