/* The states of a delivery, the kinds of failure, and their names in `--json` and in the store. */
#ifndef CRISIS_MODEL_DELIVERY_H
#define CRISIS_MODEL_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/language.h"

#define DELIVERY_STATES(X)                                                                         \
    X(DELIVERY_QUEUED, N_("queued"))                                                               \
    X(DELIVERY_SENDING, N_("sending"))                                                             \
    X(DELIVERY_WAITING, N_("waiting"))                                                             \
    X(DELIVERY_POSTED, N_("posted"))                                                               \
    X(DELIVERY_FAILED, N_("failed"))                                                               \
    X(DELIVERY_IN_DOUBT, N_("in-doubt"))                                                           \
    X(DELIVERY_SKIPPED, N_("skipped"))                                                             \
    X(DELIVERY_STOPPED, N_("stopped"))                                                             \
    X(DELIVERY_RETRACTED, N_("retracted"))                                                         \
    X(DELIVERY_WOULD_POST, N_("would-post"))

#define FAILURE_KINDS(X)                                                                           \
    X(FAILURE_NONE, "")                                                                            \
    X(FAILURE_CREDENTIAL, N_("credential"))                                                        \
    X(FAILURE_PERMISSION, N_("permission"))                                                        \
    X(FAILURE_CONTENT, N_("content"))                                                              \
    X(FAILURE_DUPLICATE, N_("duplicate"))                                                          \
    X(FAILURE_RATE_LIMIT, N_("rate-limit"))                                                        \
    X(FAILURE_NETWORK, N_("network"))                                                              \
    X(FAILURE_SERVER, N_("server"))                                                                \
    X(FAILURE_PROTOCOL, N_("protocol"))                                                            \
    X(FAILURE_EXPIRED, N_("expired"))

#define RUN_MODES(X)                                                                               \
    X(MODE_DRY_RUN, N_("dry-run"))                                                                 \
    X(MODE_EXERCISE, N_("exercise"))                                                               \
    X(MODE_LIVE, N_("live"))

#define NAMED_VALUE(value, name) value,
enum delivery_state { DELIVERY_STATES(NAMED_VALUE) DELIVERY_STATE_COUNT };
enum failure_kind { FAILURE_KINDS(NAMED_VALUE) FAILURE_KIND_COUNT };
enum run_mode { RUN_MODES(NAMED_VALUE) RUN_MODE_COUNT };
#undef NAMED_VALUE

#define NAMED_CASE(value, name)                                                                    \
    case value:                                                                                    \
        return name;

static inline const char *delivery_state_name(enum delivery_state state)
{
    switch (state) {
        DELIVERY_STATES(NAMED_CASE)
    case DELIVERY_STATE_COUNT:
        break;
    }
    return "";
}

static inline const char *failure_kind_name(enum failure_kind kind)
{
    switch (kind) {
        FAILURE_KINDS(NAMED_CASE)
    case FAILURE_KIND_COUNT:
        break;
    }
    return "";
}

static inline const char *run_mode_name(enum run_mode mode)
{
    switch (mode) {
        RUN_MODES(NAMED_CASE)
    case RUN_MODE_COUNT:
        break;
    }
    return "";
}
#undef NAMED_CASE

/* Value of a name; the _COUNT value when there is none of that name. */
static inline enum delivery_state delivery_state_of(const char *name)
{
    for (int i = 0; i < DELIVERY_STATE_COUNT; i++)
        if (strcmp(delivery_state_name((enum delivery_state)i), name) == 0)
            return (enum delivery_state)i;
    return DELIVERY_STATE_COUNT;
}

static inline enum failure_kind failure_kind_of(const char *name)
{
    for (int i = 0; i < FAILURE_KIND_COUNT; i++)
        if (strcmp(failure_kind_name((enum failure_kind)i), name) == 0)
            return (enum failure_kind)i;
    return FAILURE_KIND_COUNT;
}

static inline enum run_mode run_mode_of(const char *name)
{
    for (int i = 0; i < RUN_MODE_COUNT; i++)
        if (strcmp(run_mode_name((enum run_mode)i), name) == 0)
            return (enum run_mode)i;
    return RUN_MODE_COUNT;
}

/* Nothing more will happen to a delivery in this state unless someone asks for it. */
static inline bool delivery_state_is_final(enum delivery_state state)
{
    return state == DELIVERY_POSTED || state == DELIVERY_FAILED || state == DELIVERY_SKIPPED ||
           state == DELIVERY_RETRACTED || state == DELIVERY_WOULD_POST;
}

/* What went wrong with a delivery: kind, the network's own code, a sentence, the next step. */
struct failure {
    enum failure_kind kind;
    char code[48];     /* the network's code ("190", "190/463", "HTTP 502"), or empty */
    char message[320]; /* for people; never a credential or a URL with one */
    char next[256];    /* what a person does now */
};

#endif
