#include "plan/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_deliveries(const void *a_pointer, const void *b_pointer)
{
    const struct rendered_delivery *a = a_pointer, *b = b_pointer;
    int order = strcmp(a->account->municipality, b->account->municipality);
    if (order == 0)
        order = strcmp(a->account->channel, b->account->channel);
    if (order == 0)
        order = strcmp(a->account->label, b->account->label);
    return order ? order : strcmp(a->language, b->language);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t count_lines(const struct render_request *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->account_count; i++) {
        const struct audience_member *member =
            plan_find_municipality(request->plan, request->accounts[i].municipality);
        count += member ? member->language_count : 0;
    }
    return count;
}

static void hash_audience(struct arena *arena, const struct render_request *request,
                          struct plan_binding *out)
{
    size_t count = 0, capacity = count_lines(request);
    const char **lines = arena_alloc_array(arena, capacity, sizeof(*lines));
    struct sha256 *hash = sha256_new();

    for (size_t i = 0; i < request->account_count; i++) {
        const struct account *account = &request->accounts[i];
        const struct audience_member *member =
            plan_find_municipality(request->plan, account->municipality);
        for (size_t j = 0; member && j < member->language_count; j++)
            lines[count++] =
                arena_printf(arena, "%s %s %s\n", account->municipality,
                             request->plan->languages[member->languages[j]].text, account->channel);
    }
    if (count > 0)
        qsort(lines, count, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
            sha256_add(hash, lines[i], strlen(lines[i]));
    sha256_finish(hash, out->audience_sha256);
    sha256_free(hash);
}

static void hash_bytes(struct sha256 *hash, const char *bytes)
{
    char length[32];
    size_t size = strlen(bytes);
    int digits = snprintf(length, sizeof(length), "%zu\n", size);
    sha256_add(hash, length, (size_t)digits);
    sha256_add(hash, bytes, size);
    sha256_add(hash, "\n", 1);
}

static void hash_medium(struct arena *arena, struct sha256 *hash, const struct media *media)
{
    const char *line = arena_printf(arena, "media %s\n", media->sha256);

    sha256_add(hash, line, strlen(line));
    hash_bytes(hash, media->alt);
}

/* What it says, and not its pixels: these differ from one release of the libraries that draw it to
 * the next, and approvers work on machines of their own. */
static void hash_card(struct sha256 *hash, const struct card *card)
{
    const char *const lines[] = {card->issuer, card->municipality, card->title, card->headline,
                                 card->text,   card->time,         card->link,  card->mark};

    sha256_add(hash, "card\n", strlen("card\n"));
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        hash_bytes(hash, lines[i] ? lines[i] : "");
}

static void hash_texts(struct arena *arena, const struct rendering *rendering,
                       const struct rendered_delivery *sorted, struct plan_binding *out)
{
    struct sha256 *hash = sha256_new();

    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct rendered_delivery *delivery = &sorted[i];
        const struct draft *draft = &rendering->drafts[delivery->draft];
        const char *line =
            arena_printf(arena, "%s %s %s %s\n", delivery->account->municipality,
                         delivery->account->channel, delivery->account->label, delivery->language);
        sha256_add(hash, line, strlen(line));
        hash_bytes(hash, draft->headline ? draft->headline : "");
        for (size_t j = 0; j < draft->part_count; j++)
            hash_bytes(hash, draft->parts[j]);
        if (draft->document)
            hash_bytes(hash, draft->document);
        for (size_t j = 0; j < draft->media_count; j++)
            hash_medium(arena, hash, &draft->media[j]);
        if (rendering->measures[delivery->draft].card)
            hash_card(hash, rendering->measures[delivery->draft].card);
    }
    sha256_finish(hash, out->texts_sha256);
    sha256_free(hash);
}

int binding_make(struct arena *arena, const struct render_request *request,
                 struct problems *problems, struct plan_binding *out)
{
    struct render_request signed_request = *request;
    struct rendering *rendering;

    *out = (struct plan_binding){0};
    signed_request.as_signed = true;
    signed_request.run = "{{run}}";
    signed_request.sent_unix_ms = 0;
    signed_request.when = (struct civil_time){0};
    if (render_message(arena, &signed_request, problems, &rendering) < 0)
        return -1;

    size_t count = rendering->delivery_count;
    struct rendered_delivery *sorted =
        arena_memdup(arena, rendering->deliveries, count * sizeof(*sorted));
    if (count > 0)
        qsort(sorted, count, sizeof(*sorted), compare_deliveries);
    const char *last = "";
    for (size_t i = 0; i < count; i++) {
        out->municipality_count += strcmp(sorted[i].account->municipality, last) != 0;
        last = sorted[i].account->municipality;
    }
    out->delivery_count = count;
    hash_audience(arena, request, out);
    hash_texts(arena, rendering, sorted, out);
    return 0;
}
