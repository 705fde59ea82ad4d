/*
 * What commands share: the arena, the workspace with its store and vault, the channels as the
 * workspace sets them up, and loading a plan with all its problems told.
 */
#ifndef CRISIS_CMD_CONTEXT_H
#define CRISIS_CMD_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/problems.h"
#include "channels/channel.h"
#include "model/account.h"
#include "plan/plan.h"
#include "plan/render.h"
#include "store/store.h"
#include "store/workspace.h"
#include "wire/address.h"

#include "cmd/options.h"

struct publishing;
struct age_identities;
struct vault;

struct context {
    const struct invocation *invocation;
    struct arena *arena;
    struct workspace *workspace; /* NULL: none was opened */
    struct store *store, *second_store;
    struct publishing *publishing;     /* of the audit log, when the store may be written to */
    bool stays_offline;                /* a dry run: no connection is opened at all */
    struct age_identities *identities; /* the workspace's; NULL: not opened */
    int vault_lock;                    /* a descriptor; -1: none */
    struct vault *vault;
    struct network *networks; /* one per driver, as channel_all() */
    size_t channel_count;
    struct channel_shape *shapes; /* the same, for rendering */
};

/* Begins a context; context_release() ends it in every case, and publishes what was appended to the
 * audit log. */
void context_init(struct context *context, const struct invocation *invocation);
void context_release(struct context *context);

/* Finds and opens the workspace; problems of its configuration are printed. */
int context_open_workspace(struct context *context, struct error *error);
/* The same where a workspace is of use but not needed: 0 and context->workspace NULL when none was
 * named and none is near. */
int context_find_workspace(struct context *context, struct error *error);

/* To write, the store must fit the published log (ERROR_VERIFICATION). */
int context_open_store(struct context *context, enum store_access access, struct error *error);
/* The workspace's age identities; a passphrase is asked for where one is needed. */
int context_open_identities(struct context *context, struct error *error);
/* Holds the vault's lock until the end: alone, to change its data key; or with others. */
int context_lock_vault(struct context *context, bool alone, struct error *error);
/* Both, with others, and the vault itself. */
int context_open_vault(struct context *context, struct error *error);

/* The configured network of a channel (an argument for dispatch_options.network). */
const struct network *context_network(void *pointer, const char *channel);

/* Which internal addresses may be talked to: the networks' own, where crisis.yaml says where they
 * are, and its `internal-addresses`; in a rehearsal, which needs no approval and so reaches nothing
 * else, also this machine. Without a workspace: none. Lives as long as the context. */
struct address_policy context_addresses(const struct context *context, bool is_rehearsal);

/* Loads and checks a plan, its media too. When it is not valid, all problems are printed (as the
 * command's result if as_result) and the error says how many. Warnings are added to `problems`. */
int context_load_plan(struct context *context, const char *path, bool as_result,
                      struct problems *problems, struct plan **out, struct error *error);

/* A plan that is looked at for what it says of places: without its media, and without a word where
 * it is not valid or not there any more, which is NULL. */
const struct plan *context_find_plan(const struct context *context, const char *path);

/* The coordinator's name, or the plan's issuer or title where there is no workspace. */
const char *context_coordinator(const struct context *context, const struct plan *plan);

/* Where the public site is: `url` of `coordinator` in crisis.yaml; NULL: none was given. */
const char *context_site_url(const struct context *context);

/* The message of that name, or the plan's first when name is NULL. */
int context_message(const struct plan *plan, const char *name, const struct message **out,
                    struct error *error);

/* An error for problems that were printed: "plan.yaml: 3 errors". */
int context_problems_error(const struct problems *problems, const char *what, struct error *error);

/* Ends the caller with 0 for all done, or an error of the kind without a message of its own. */
int context_end(enum error_kind kind, struct error *error);

/* A request to render `message` now, with the context's channels; the caller adds accounts. */
struct render_request context_render_request(const struct context *context, const struct plan *plan,
                                             const struct message *message,
                                             const struct run_values *values, enum run_mode mode,
                                             int64_t unix_ms);

#endif
