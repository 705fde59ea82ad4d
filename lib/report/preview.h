/*
 * The preview of a message as one HTML page that a person can look through before it is sent: what
 * each network will show, in each language, with its length and its limit, its pictures and what
 * they say, and to whom it goes. It needs nothing else: no script, no request, pictures and style
 * inside; printable on A4. Values in, bytes out.
 *
 *     preview_write(&sink, &preview, error);
 */
#ifndef CRISIS_REPORT_PREVIEW_H
#define CRISIS_REPORT_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problems.h"
#include "model/delivery.h"
#include "model/draft.h"
#include "plan/differences.h"
#include "plan/plan.h"
#include "plan/render.h"
#include "plan/values.h"

#include "report/sink.h"

/* A text in a language more, of a channel that carries all of them in one delivery. */
struct preview_version {
    const char *language, *headline, *text; /* the headline may be empty */
};

/* Texts for one channel in one language that differ in nothing but the municipality's own name and
 * addresses: shown once, as the first of them has it. */
struct preview_variant {
    const struct draft *draft; /* the first one's, with its text card drawn */
    const struct draft_measure *measure;
    const struct preview_version *others; /* beside the draft's own language */
    size_t other_count;
    const char *title;              /* of the channel: "Facebook page" */
    const char *unit;               /* of its lengths: "UTF-16 units" */
    const char *account;            /* the first one's: "Oslo", "Oslo, second" */
    const char *handle;             /* how people find it there: "@oslo"; NULL: not known */
    const char *const *media_words; /* one per medium of the draft: "kart.png · image/png · …" */
    bool has_headline;              /* the channel shows it */
    const struct audience_member *const *members; /* that get one of the texts, each once */
    size_t member_count;
    size_t delivery_count;
};

struct preview {
    const struct plan *plan;
    const struct message *message;
    enum run_mode mode;
    const struct run_values *values;
    const struct preview_variant *variants; /* by channel, then in the order of the languages */
    size_t variant_count;
    const struct difference *differences; /* between the languages */
    size_t difference_count;
    const struct problems *problems; /* what is wrong, those differences among it */
    const char *program;             /* "crisis 0.1.0" */
    int64_t made_unix_ms;
};

/* -1 with an error when the sink fails. */
int preview_write(struct sink *sink, const struct preview *preview, struct error *error);

#endif
