/*
 * The record of a post on Bluesky: its key, its bytes, what it replies to.
 *
 * progress.handle has all that must be the same on every attempt, words with one space between:
 * key of the first part, time of creation, and once there is something to reply to: the root's key
 * and cid, the parent's key and cid (both the account's own posts). The key of part n is the first
 * one's plus n.
 */
#ifndef CRISIS_CHANNELS_BLUESKY_RECORD_H
#define CRISIS_CHANNELS_BLUESKY_RECORD_H

#include <stdbool.h>

#include "base/text.h"

#include "channels/channel.h"

#define BLUESKY_COLLECTION "app.bsky.feed.post"

enum { BLUESKY_KEY_SIZE = 14 };

/* at://REPOSITORY/app.bsky.feed.post/KEY. */
struct bluesky_uri {
    char repository[160];
    char key[BLUESKY_KEY_SIZE];
};
bool bluesky_uri_read(const char *uri, struct bluesky_uri *out);

/* Chooses keys and time of a new post, by the job's time and nonce. */
void bluesky_keys_choose(const struct channel_job *job, struct channel_progress *progress);
/* The key of the part that progress stands at; false when none were chosen yet. */
bool bluesky_keys_read(const struct channel_progress *progress, char out[BLUESKY_KEY_SIZE]);
/* Makes the post a reply to one of the account's own; root: what that one's thread began with, NULL
 * when it is no reply itself. Nothing changes when one of them is not the account's own. */
void bluesky_keys_reply(const struct channel_job *job, struct channel_progress *progress,
                        const char *uri, const char *cid, const char *root_uri,
                        const char *root_cid);
/* The part at uri is there: the next one replies to it. False when it does not fit. */
bool bluesky_keys_next(struct channel_progress *progress, const char *uri, const char *cid);

/* putRecord's body for the part that progress stands at. False when progress.handle is unreadable.
 */
bool bluesky_record_add(const struct channel_job *job, const struct channel_progress *progress,
                        struct text *body);

#endif
