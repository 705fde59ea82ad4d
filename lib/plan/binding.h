/*
 * What an approval binds of a message: its audience and its texts, as two hashes that anyone can
 * compute again (docs/approvals.md).
 *
 * The audience is one line "MUNICIPALITY LANGUAGE CHANNEL" for each account and each language that
 * the municipality speaks in the plan, each line once, sorted by bytes. It is the same for every
 * message of a plan.
 * The texts are, for each delivery sorted by municipality, channel, account and language, a line of
 * these four words, then the headline, each part, and the document of channels that carry one, each
 * as a line with its length in bytes, the bytes, and a line feed; then for each of its media a line
 * "media" with the hash of the file's bytes, and what it shows, in the same form; or, where a text
 * card is drawn, a line "card" and what stands on it: issuer, municipality, the plan's title,
 * headline, text, time, link and mark, each in the same form, empty where there is none. Date, time
 * and run, which differ from run to run, stand in them as the tags {{date}}, {{time}} and {{run}}.
 */
#ifndef CRISIS_PLAN_BINDING_H
#define CRISIS_PLAN_BINDING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/problems.h"

#include "plan/render.h"

struct plan_binding {
    unsigned char audience_sha256[SHA256_SIZE];
    unsigned char texts_sha256[SHA256_SIZE];
    size_t municipality_count, delivery_count;
};

/* Of the same request that would be rendered for a run. -1 when an error was added to `problems`.
 */
int binding_make(struct arena *arena, const struct render_request *request,
                 struct problems *problems, struct plan_binding *out);

#endif
