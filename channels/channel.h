/*
 * The interface of a channel driver: a network as a pure state machine. The engine calls step()
 * with the last reply (NULL on the first call and after a restart) and does what it says: send a
 * request, wait, or take the outcome. A driver opens no socket, reads no clock, keeps nothing
 * outside `progress`, logs nothing; so any reply can be fed to it by a test or a fuzzer.
 *
 *     progress = {0};
 *     reply = NULL;
 *     for (;;) {
 *         switch (driver->step(&job, &progress, reply, &action)) {
 *         case NEXT_SEND:  make progress durable; reply = send action.request; break;
 *         case NEXT_PAUSE: make progress durable; wait action.pause_ms; reply = NULL; break;
 *         case NEXT_RENEW: run TASK_RENEW, make what it gave durable; reply = NULL; break;
 *         case NEXT_DONE:  action.outcome is the end; return;
 *         }
 *     }
 *
 * docs/drivers.md tells how to add one.
 */
#ifndef CRISIS_CHANNELS_CHANNEL_H
#define CRISIS_CHANNELS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/spread.h"
#include "model/account.h"
#include "model/credential.h"
#include "model/delivery.h"
#include "model/draft.h"
#include "model/media.h"
#include "model/post.h"
#include "model/text_limits.h"
#include "wire/http_message.h"

enum channel_task {
    TASK_POST,    /* publish the draft */
    TASK_FIND,    /* is it there? for a delivery in doubt */
    TASK_RETRACT, /* delete progress.posts; where none are known, what is there by the key */
    TASK_CHECK,   /* may this credential post here? without posting */
    TASK_RENEW,   /* make the secrets that posting needs anew, from the lasting ones */
};

/* RENEW: the secrets of the moment have run out, or there are none yet; nothing was done. Never
 * from TASK_RENEW, and from drivers with FEATURE_RENEW only. With action.is_early they still work:
 * should the renewal fail, the same step goes on with them. */
enum channel_next { NEXT_SEND, NEXT_PAUSE, NEXT_RENEW, NEXT_DONE };

struct channel_job {
    enum channel_task task;
    const struct account *account;
    const struct network *network; /* endpoint and the coordinator's app there */
    const struct credential *credential;
    const struct credential *app; /* secrets of the coordinator's app; pairs may be NULL */
    const struct draft *draft;    /* POST, FIND */
    const char *key;              /* the delivery's key, base64url of 16 bytes */
    /* FIND: ids of posts that other deliveries made on this account; never ours. */
    const char *const *known_ids;
    size_t known_id_count;
    const struct post *reply_to; /* post under the post of an earlier message, or NULL */
    int64_t now_unix_ms;         /* of this call: for signatures */
    int64_t first_sent_unix_ms;  /* FIND: when the request in doubt left */
    unsigned char nonce[16];     /* fresh random bytes for each call: for signatures */
    /* RETRACT: the account was registered anew since the posts were made, maybe at another place.
     */
    bool is_registered_since;
    bool was_renewed; /* an early renewal was tried already, and may have failed: none is asked for
                       */
};

/* Everything a driver may remember. The journal stores it before each request and after each reply
 * that changed something, so that a restart goes on where it was.
 *
 * A task begins with stage 0; posts and part are kept from the task before: FIND and RETRACT need
 * the posts that POST made, and POST goes on at `part` after a FIND that found only some. Stages of
 * different tasks never share a number, so a stage left over from another task is taken for 0. With
 * reply NULL a driver builds the request that progress stands at; it never guesses that one was
 * answered. */
struct channel_progress {
    unsigned stage; /* the driver's own, 0 at the start; named in driver->stages */
    unsigned part;  /* threads: the part being posted; RETRACT: the post being deleted */
    unsigned polls;
    unsigned post_count; /* posts known to exist */
    char handle[1024];   /* what a network gave us to go on with */
    char media[1024]; /* ids of the draft's media that were uploaded, in order, space-separated */
    struct post posts[THREAD_PARTS_MAX];
};

/* What a task can end in:
 *     POST     POSTED, RETRY, UNCLEAR (only after a request of EFFECT_ONCE), DUPLICATE, FAILED
 *     FIND     POSTED, ABSENT, UNKNOWN; never FAILED: a look-up that is refused says nothing
 *     RETRACT  RETRACTED, RETRY, FAILED
 *     CHECK    CHECKED, RETRY, FAILED
 *     RENEW    RENEWED, RETRY, FAILED */
enum outcome_result {
    OUTCOME_POSTED,  /* POST: progress.posts exist. FIND: they were found */
    OUTCOME_ABSENT,  /* FIND: what is not in progress.posts is known not to be there. Of a thread
                        the first `part` parts may have been found: POST goes on after them */
    OUTCOME_UNKNOWN, /* FIND: this network cannot tell, or not yet; failure may say why, and
                        retry_after_ms when to ask again */
    OUTCOME_RETRY,   /* not done, known not to be there; again after retry_after_ms (or back-off) */
    OUTCOME_UNCLEAR, /* the answer leaves open whether it was done */
    OUTCOME_DUPLICATE, /* the network says that it has it: look it up */
    OUTCOME_FAILED,    /* for good; failure says why */
    OUTCOME_CHECKED,   /* CHECK: the credential works and may post */
    OUTCOME_RETRACTED, /* RETRACT: gone */
    OUTCOME_RENEWED,   /* RENEW: action.renewed has the new secrets */
};

struct channel_outcome {
    enum outcome_result result;
    struct failure failure;  /* for RETRY, UNCLEAR, DUPLICATE, FAILED; UNKNOWN: may be empty */
    int64_t retry_after_ms;  /* RETRY, UNKNOWN: what the network asked for; -1: it did not say */
    int http_status;         /* of the reply that decided; 0: none */
    char identity[256];      /* CHECK: who the network says this is ("Oslo kommune (0301)") */
    char learnt_setting[32]; /* CHECK: a setting the check found out ("user"), and its value */
    char learnt_value[128];
    int64_t expires_unix_ms; /* CHECK, RENEW: when the credential ends for good; 0: never, or it
                                does not say */
};

/* What to do next. The engine owns it; init and release as a request's. */
struct channel_action {
    struct http_request request;    /* NEXT_SEND */
    int64_t pause_ms;               /* NEXT_PAUSE */
    bool is_early;                  /* NEXT_RENEW; false before each step */
    struct channel_outcome outcome; /* NEXT_DONE */
    struct text renewed; /* RENEWED: secret; pairs (model/credential.h) that take the place of the
                            account's pairs of the same names; the others stay */
};

/* What a reply says about how fast one may go on. Any value may be unknown. */
struct pace_hint {
    int64_t account_wait_ms; /* this account must wait so long before its next request; 0: no */
    int64_t app_wait_ms;     /* every account of this network and app must wait so long; 0: no */
};

/* What `register` asks for. */
struct account_field {
    const char *name;
    bool secret; /* part of the credential, else of the settings */
    bool required;
    bool is_url;
    const char *meaning; /* one phrase for help and errors */
};

/* Ways to fill in a credential, when there are several (X: OAuth 2, OAuth 1.0a): NULL-ended names.
 */
struct credential_form {
    const char *title;
    const char *const *names;
};

enum channel_feature {
    FEATURE_THREADS = 1 << 0, /* several parts, each a reply to the one before */
    FEATURE_FIND = 1 << 1,    /* a delivery in doubt can be looked up */
    FEATURE_RETRACT = 1 << 2,
    FEATURE_CHECK = 1 << 3,
    FEATURE_DOCUMENT = 1 << 4,   /* carries draft.document; one delivery with all languages */
    FEATURE_WEB = 1 << 5,        /* one of the kinds that `web` names */
    FEATURE_REPEATABLE = 1 << 6, /* posting again with the same key is harmless */
    FEATURE_RENEW = 1 << 7,   /* the secrets of the moment are made from lasting ones: TASK_RENEW */
    FEATURE_OWN_URL = 1 << 8, /* an account's address is a whole URL: crisis.yaml has no other */
    FEATURE_LOCAL = 1 << 9    /* files of the public site: its requests, whose URLs are names below
                                 public/, go to the local outlet (dispatch/outlet.h), not to a network;
                                 its endpoint, where the site is, is the coordinator's url */
};

/* What the post of a message that follows another has to do with the earlier message's post, where
 * that is known (channel_job.reply_to). */
enum channel_following {
    FOLLOWS_NOT,   /* nothing: the network has no way to say it */
    FOLLOWS_REPLY, /* it is a reply to it */
    FOLLOWS_LINK,  /* it has the earlier post's address behind its text (link_back.h, web_text.h) */
    FOLLOWS_DATA,  /* its data name the earlier one */
};

/* A limit that a network publishes: so many posts in so long. For forecasts; what is kept to at run
 * time is learnt from the network's answers. */
struct channel_quota {
    unsigned posts; /* 0 ends a list */
    int64_t window_ms;
    bool per_app; /* of the coordinator's app, else of each account */
};

/* How fast a network usually answers, as we have come to expect it: nothing is promised. For
 * forecasts and rehearsals. */
struct channel_answers {
    struct spread time;
    unsigned requests; /* one after the other, until a post is out */
};

struct channel_driver {
    const char *name;  /* "facebook" */
    const char *title; /* "Facebook page" */
    unsigned features; /* enum channel_feature */
    enum channel_following following;
    const char *endpoint; /* where the network is unless crisis.yaml says otherwise, or NULL */
    const char *address;  /* the setting with an account's own address, where each has one ("url",
                             "server"); it counts unless crisis.yaml says otherwise. Or NULL */
    struct text_limits limits;
    const char *limit_setting; /* of an account: the limit that its own server has, found out by the
                                  check; NULL: all have the same */
    struct media_limits media;
    const struct account_field *fields;  /* ends with a NULL name */
    const struct credential_form *forms; /* ends with a NULL title; NULL: all required fields */
    /* What is wrong with the form of a credential, for people ("the secret is not …"); NULL:
     * nothing. It never shows any of it. `register` asks, so that no send is the first to find out.
     * May be NULL. */
    const char *(*credential_fault)(const struct credential *credential);
    /* The same of an account's settings, beyond what `fields` say. May be NULL. */
    const char *(*account_fault)(const struct account *account);
    const char *const *stages; /* names of progress.stage, for logs and reports */
    enum channel_next (*step)(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action);
    void (*pace)(const struct http_reply *reply, struct pace_hint *out); /* may be NULL */
    const struct channel_quota *quotas;                                  /* NULL: none known */
    struct channel_answers answers;
};

/* Where an account's requests go: what crisis.yaml says of the network, else the account's own
 * address, else the driver's endpoint; NULL: nowhere. */
const char *channel_address(const struct channel_driver *driver, const struct account *account,
                            const struct network *network);

/* How many of the draft's media a driver has left out, because the network would not take them. */
size_t channel_left_out_count(const struct channel_progress *progress);

void channel_action_init(struct channel_action *action);
void channel_action_release(struct channel_action *action);

/* The table of drivers: NULL when there is none of that name. */
const struct channel_driver *channel_find(const char *name);
/* All of them, web kinds first (they are the municipality's own page, which the others link to);
 * ends with NULL. */
const struct channel_driver *const *channel_all(void);
/* True for a driver's name and for `web`. */
bool channel_is_known(const char *name);
/* Does the channel `name` of a plan or selector (a kind, or `web`) name this driver? */
bool channel_is_named(const struct channel_driver *driver, const char *name);

/* Why there is no such channel, for people, after "channel 'google-plus': …". NULL when there is
 * one, and for a name that nobody knows. */
const char *channel_refusal(const char *name);

#endif
