/*
 * What all drivers share: ends of a task in words for people, with every secret masked; the meaning
 * of a status that a network's own table does not know; small checks.
 */
#ifndef CRISIS_CHANNELS_SHARED_H
#define CRISIS_CHANNELS_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels/channel.h"

/* What a reply means, before it is fitted to the task. Strings live until shared_end returns. */
struct verdict {
    enum outcome_result result;
    enum failure_kind kind;
    const char *code;       /* the network's own; NULL: "HTTP <status>" */
    const char *sentence;   /* what it means, in lower case, no final stop */
    const char *detail;     /* the network's own words, as they came; NULL: none */
    const char *next;       /* what a person does now; NULL: what the kind of failure suggests */
    int64_t retry_after_ms; /* -1: not said */
};

/* Ends the task: fills action->outcome from the verdict, with the results that a task cannot have
 * turned into those that it can (see enum outcome_result). Returns NEXT_DONE. reply may be NULL. */
enum channel_next shared_end(const struct channel_job *job, const struct http_reply *reply,
                             const struct verdict *verdict, struct channel_action *action);

/* Ends the task well, or with ABSENT or UNKNOWN. Returns NEXT_DONE. */
enum channel_next shared_end_well(const struct http_reply *reply, enum outcome_result result,
                                  struct channel_action *action);

/* Ends the task because the account lacks what a request needs; no request was made. */
enum channel_next shared_end_incomplete(const struct channel_job *job, const char *sentence,
                                        struct channel_action *action);

/* The same for what the coordinator lacks, and what to do about it. */
enum channel_next shared_end_unready(const struct channel_job *job, const char *sentence,
                                     const char *next, struct channel_action *action);

/* Ends the task because of what was found out: FAILED. reply may be NULL. */
enum channel_next shared_end_unfit(const struct channel_job *job, const struct http_reply *reply,
                                   enum failure_kind kind, const char *sentence,
                                   struct channel_action *action);

/* NEXT_SEND, or the end when the request did not fit into its ceilings. */
enum channel_next shared_send(const struct channel_job *job, struct channel_action *action);

/* By the status alone, for replies that a network's table does not explain. effect: of the request
 * that was answered. `detail` is left to the caller. */
struct verdict shared_verdict_of_status(const struct http_reply *reply, enum request_effect effect);

static inline bool shared_is_success(const struct http_reply *reply)
{
    return reply->status >= 200 && reply->status <= 299;
}

/* Not empty, and of these characters only. */
bool shared_consists_of(const char *string, const char *characters);

/* Printable ASCII without spaces: what a token in a header or query may be. */
bool shared_is_token(const char *string);

/* Has the draft one part and not more than `most`? True where the task needs no draft. */
bool shared_has_parts(const struct channel_job *job, size_t most);

/* The id of the post that the part at which progress stands follows: of the part before, else of
 * the earlier message; NULL: there is none. */
const char *shared_earlier_id(const struct channel_job *job,
                              const struct channel_progress *progress);

/* Copies a permalink if it is a web address and holds no secret; else *out is empty. */
void shared_copy_url(const struct channel_job *job, const char *url, char *out, size_t size);

/* Replaces each of the job's secrets, however escaped, also one cut off at the end, by "***". A
 * pair `user` is none by itself, but its base64 with the `application-password` is, as
 * shared_add_basic writes it. */
void shared_mask_secrets(const struct channel_job *job, char *text);

/* Copies a network's words into a line that is safe to print: at most 200 bytes, no control
 * characters, no secrets. */
void shared_copy_words(const struct channel_job *job, const char *words, char *out, size_t size);

/* CHECK: makes the outcome tell a setting that the check found out. A value in which one of the
 * job's secrets stands, or that is too long, is not learnt: settings are no place for secrets. */
void shared_learn(const struct channel_job *job, const char *setting, const char *value,
                  struct channel_outcome *outcome);

/* Until the time in a header, in Unix seconds or RFC 3339: in ms, at most a day; -1: there is none,
 * or it is over. */
int64_t shared_reset_wait_ms(const struct http_reply *reply, const char *reset_header);
/* The same, when the limit is used up: the reply is a 429, or nothing remains. */
int64_t shared_used_up_wait_ms(const struct http_reply *reply, const char *remaining_header,
                               const char *reset_header);

/* What follows "Basic " in an Authorization header (RFC 7617). Spaces in the password are left out:
 * they are there for people, and it is known under both spellings. */
void shared_add_basic(struct text *out, const char *user, const char *password);

/* The account's own secret of that name; NULL: it has none, or an empty one. */
const char *shared_own_secret(const struct channel_job *job, const char *name);
/* The account's secret of that name, else the one of the coordinator's app, else NULL. */
const char *shared_secret(const struct channel_job *job, const char *name);
/* The coordinator's app's own secret, or NULL. */
const char *shared_app_secret(const struct channel_job *job, const char *name);
/* A setting of the coordinator's app on this network, or NULL. */
const char *shared_network_setting(const struct channel_job *job, const char *name);

#endif
