/*
 * From a plan to the exact texts that go out: message × municipalities × accounts × languages in a
 * mode. The same input gives the same bytes every time. Nothing is left out silently: what cannot
 * be rendered is an error among the problems.
 *
 *     if (render_message(arena, &request, &problems, &rendering) < 0) …
 *
 * Media are those that media_load() has filled in. What a channel does not take is left out and
 * told as a warning, and so are deliveries on a channel that shows films only when the message has
 * none. A channel that shows pictures only gets a text card then, which whoever calls draws.
 *
 * Each language of a municipality is one delivery for each of its accounts; a channel that carries
 * a document gets one delivery with all languages. Where the message lacks a language, the plan's
 * first one serves, once for each account. Deliveries whose texts are the same share a draft.
 *
 * Deliveries stand in the order of the audience; within a municipality the web channels come first
 * (they are its own, and the page that the others link to), then as the channels were given, then
 * by the account's label, then in the order of the municipality's languages.
 */
#ifndef CRISIS_PLAN_RENDER_H
#define CRISIS_PLAN_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/civil_time.h"
#include "base/problems.h"
#include "model/account.h"
#include "model/card.h"
#include "model/delivery.h"
#include "model/draft.h"
#include "model/text_limits.h"

#include "plan/plan.h"
#include "plan/values.h"

/* What rendering must know of a channel. */
struct channel_shape {
    const char *name;
    struct text_limits limits;
    bool document; /* carries draft.document: one delivery with all languages */
    bool web;      /* one of the kinds that `web` names */
    struct media_limits media;
    const char *limit_setting; /* of an account: its server's own limit; NULL: there is none */
};

struct render_request {
    const struct plan *plan;
    const struct message *message;
    const struct run_values *values;
    enum run_mode mode;
    const char *run;         /* its id */
    int64_t sent_unix_ms;    /* the start of the run */
    struct civil_time when;  /* the same, as clocks in the audience show it */
    const char *coordinator; /* the coordinator's name */
    const char *site_url;    /* of the public site, which has the media; NULL: there is none */
    const struct channel_shape *channels;
    size_t channel_count;
    bool as_signed; /* for approvals: what differs from run to run (date, time, run) stays a tag */
    const struct account *accounts; /* those to use; of municipalities outside the audience: none */
    size_t account_count;
};

struct rendered_delivery {
    const struct audience_member *member;
    const struct account *account;
    const char *language; /* of its text; of a document: the first one */
    size_t draft;         /* index into drafts */
};

/* How a draft counts on its channel. */
struct draft_measure {
    const struct channel_shape *channel;
    const size_t *lengths;   /* one per part, in the channel's unit */
    struct place place;      /* of the text in the plan */
    const struct card *card; /* to be drawn, and put among the draft's media, before it is sent;
                                NULL: none */
};

struct rendering {
    struct draft *drafts;
    struct draft_measure *measures; /* one per draft */
    size_t draft_count;
    struct rendered_delivery *deliveries;
    size_t delivery_count;
    size_t unrendered_count; /* deliveries left out, because of an error among the problems */
};

/* Returns -1 when an error was added to `problems`; *out then holds what could be rendered, if the
 * message's templates could be read, else it is NULL. Everything lives in the arena. */
int render_message(struct arena *arena, const struct render_request *request,
                   struct problems *problems, struct rendering **out);

/* One text, exactly as it would be posted, on a channel among request->channels (accounts are not
 * looked at). language NULL: the municipality's first. Returns -1 and NULL when the municipality is
 * not in the audience, does not speak the language, or errors were found: `problems` has them. */
int render_text(struct arena *arena, const struct render_request *request, const char *municipality,
                const char *channel, const char *language, struct problems *problems,
                const struct draft **out);

/* A distinct text as `preview` shows it. */
struct preview_text {
    const struct audience_member *member; /* the first one that gets it */
    size_t delivery_count;                /* how many deliveries share it */
    const struct draft *draft;
    const struct draft_measure *measure;
};

/* The distinct texts of a rendering, in the order of their first delivery; one per draft. */
const struct preview_text *render_preview(struct arena *arena, const struct rendering *rendering);

/* As if every municipality of the audience had one account ("default") on each of the channels that
 * the plan uses: for `check` and `preview`, which look at no registry. */
const struct account *render_accounts(struct arena *arena, const struct plan *plan,
                                      const struct channel_shape *channels, size_t channel_count,
                                      size_t *count);

#endif
