#include "cmd/text_groups.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/language.h"
#include "base/limits.h"

#include "cmd/media_view.h"
#include "cmd/output.h"

enum { OWN_VALUES_MAX = 16 };

/* What is the municipality's own, longest first, so that a name inside a website is not taken
 * alone. */
struct own_values {
    const char *values[OWN_VALUES_MAX];
    size_t count;
};

static int compare_lengths(const void *a, const void *b)
{
    size_t left = strlen(*(const char *const *)a), right = strlen(*(const char *const *)b);
    return left < right ? 1 : left > right ? -1 : 0;
}

static void add_value(struct own_values *own, const char *value)
{
    if (value && value[0] && own->count < OWN_VALUES_MAX)
        own->values[own->count++] = value;
}

static struct own_values own_values_of(const struct municipality *municipality)
{
    struct own_values own = {0};

    for (size_t i = 0; i < municipality->name_count; i++)
        add_value(&own, municipality->names[i].name);
    add_value(&own, municipality->website);
    add_value(&own, municipality->phone);
    add_value(&own, municipality->county_name);
    add_value(&own, municipality->id);
    qsort(own.values, own.count, sizeof(own.values[0]), compare_lengths);
    return own;
}

static bool is_letter(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte & 0x80);
}

/* The text with the municipality's own values taken out: whole words only, for Hol is a
 * municipality, and "hold" is not. */
static void add_neutral(struct text *out, const char *text, const struct own_values *own)
{
    char before = ' ';
    while (*text) {
        size_t skipped = 0;
        for (size_t i = 0; i < own->count && skipped == 0 && !is_letter(before); i++) {
            size_t length = strlen(own->values[i]);
            if (strncmp(text, own->values[i], length) == 0 && !is_letter(text[length]))
                skipped = length;
        }
        before = skipped > 0 ? ' ' : *text;
        if (skipped > 0)
            text_add_char(out, '\x01');
        else
            text_add_char(out, *text);
        text += skipped > 0 ? skipped : 1;
    }
}

static void hash_neutral(const struct preview_text *text, unsigned char out[SHA256_SIZE])
{
    const struct draft *draft = text->draft;
    struct own_values own = own_values_of(text->member->municipality);
    struct text neutral;

    text_init(&neutral, DOCUMENT_MAX_BYTES);
    text_addf(&neutral, "%s %s", draft->channel, draft->language);
    for (size_t i = 0; draft->document && i < text->member->language_count; i++)
        text_addf(&neutral, " %u", text->member->languages[i]);
    text_add_char(&neutral, '\n');
    for (size_t i = 0; i < draft->part_count; i++) {
        add_neutral(&neutral, draft->parts[i], &own);
        text_add_char(&neutral, '\n');
    }
    sha256(neutral.bytes, neutral.length, out);
    text_release(&neutral);
}

/* Deliveries stand in the order of the audience, and so do the members. */
static void add_members(struct arena *arena, const struct rendering *rendering,
                        const size_t *group_of, struct text_group *groups, size_t count)
{
    struct list {
        const struct audience_member **members;
        size_t capacity;
    } *lists = arena_alloc_array(arena, count, sizeof(*lists));

    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct rendered_delivery *delivery = &rendering->deliveries[i];
        struct text_group *group = &groups[group_of[delivery->draft]];
        struct list *list = &lists[group - groups];
        if (!group->account)
            group->account = delivery->account;
        if (group->member_count > 0 && list->members[group->member_count - 1] == delivery->member)
            continue;
        list->members = arena_grow(arena, list->members, group->member_count, &list->capacity,
                                   sizeof(*list->members));
        list->members[group->member_count++] = delivery->member;
        group->members = list->members;
    }
}

struct text_group *text_groups_make(struct arena *arena, const struct rendering *rendering,
                                    size_t *out_count)
{
    const struct preview_text *texts = render_preview(arena, rendering);
    size_t count = rendering->draft_count, groups = 0;
    struct text_group *out = arena_alloc_array(arena, count, sizeof(*out));
    unsigned char(*hashes)[SHA256_SIZE] = arena_alloc_array(arena, count, SHA256_SIZE);
    size_t *group_of = arena_alloc_array(arena, count, sizeof(*group_of));

    for (size_t i = 0; i < count; i++) {
        unsigned char hash[SHA256_SIZE];
        size_t group = 0;
        hash_neutral(&texts[i], hash);
        while (group < groups && memcmp(hashes[group], hash, SHA256_SIZE) != 0)
            group++;
        if (group == groups) {
            memcpy(hashes[groups], hash, SHA256_SIZE);
            out[groups++].first = &texts[i];
        }
        out[group].text_count++;
        out[group].delivery_count += texts[i].delivery_count;
        group_of[i] = group;
    }
    add_members(arena, rendering, group_of, out, groups);
    *out_count = groups;
    return out;
}

/* Which text it is, how long, and whose is shown. */
static void print_title(const struct text_group *group, size_t part)
{
    const struct draft *draft = group->first->draft;
    const struct municipality *municipality = group->first->member->municipality;
    const char *name = municipality_name(municipality, draft->language);
    size_t length = group->first->measure->lengths[part];
    size_t limit = group->first->measure->channel->limits.limit;

    if (draft->part_count > 1)
        output_styled(STYLE_BOLD, _("%s · %s, part %zu of %zu · %zu of %zu · as %s %s gets it"),
                      draft->channel, draft->language, part + 1, draft->part_count, length, limit,
                      municipality->id, name);
    else
        output_styled(STYLE_BOLD, _("%s · %s · %zu of %zu · as %s %s gets it"), draft->channel,
                      draft->language, length, limit, municipality->id, name);
}

void text_groups_print(const struct text_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct text_group *group = &groups[i];
        const struct draft *draft = group->first->draft;
        for (size_t part = 0; part < draft->part_count; part++) {
            print_title(group, part);
            output_line("%s\n", draft->parts[part]);
            if (part == 0)
                media_view_print(draft, group->first->measure->card);
        }
        if (group->delivery_count > 1)
            output_line(_("(%zu deliveries get this text, with their own names and addresses)\n"),
                        group->delivery_count);
    }
}
