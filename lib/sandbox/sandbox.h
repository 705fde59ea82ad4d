/*
 * A stand-in for Facebook, Instagram and Threads (Graph API), X (API v2), Mastodon, Bluesky (AT
 * Protocol), Telegram (Bot API), YouTube (Data API v3), webhook receivers (Standard
 * Webhooks 1.0.0), WordPress and Micropub sites on this machine, for rehearsals and tests: HTTPS
 * with its own certificate authority, HTTP/2 and HTTP/1.1, strict about every request, with the
 * networks' own answers, ids, rate-limit headers and errors. It keeps what was posted in memory and
 * shows it. It listens on loopback only. Its certificate is good for 127.0.0.1, ::1, localhost and
 * any NAME.sandbox.localhost.
 *
 *     struct sandbox *sandbox;
 *     if (sandbox_new(&options, &sandbox, &error) < 0) …
 *     printf("https://127.0.0.1:%u, CA in %s", sandbox_port(sandbox), sandbox_ca_path(sandbox));
 *     sandbox_run(sandbox, &error);
 *     sandbox_free(sandbox);
 *
 * Where the networks are (each also without its prefix):
 *     Facebook  /facebook/v25.0/…   any version that the Graph API still serves, or none
 *     X         /x/2/…
 *     Mastodon  /mastodon/api/v1/…
 *     Bluesky   /bluesky/xrpc/…
 *     Telegram  /telegram/botTOKEN/…
 *     Instagram /instagram/v25.0/…
 *     Threads   /threads/v1.0/…
 *     YouTube   /youtube/youtube/v3/…, /youtube/upload/youtube/v3/…, /youtube/token
 *     webhooks  /webhook/NAME       one receiver per NAME (a municipality's id, or anything)
 *     WordPress /wordpress/NAME     one site per NAME, its API under /wordpress/NAME/wp-json
 *     Micropub  /micropub/NAME      one site per NAME, its endpoint /micropub/NAME/endpoint
 * What was posted:
 *     GET  /                          a page with all municipalities
 *     GET  /_sandbox/municipality/ID  a municipality's posts as a person would see them
 *     GET  /_sandbox/media/SHA256     a picture that was uploaded
 *     GET  /_sandbox/posts            JSON array, in order; ?after=N&limit=N for a part
 *     GET  /_sandbox/log              JSON array, one object per request to a network; likewise
 *     GET  /_sandbox/stats            JSON object of counts
 *     POST /_sandbox/reset            forgets posts, log, counts, blocks and bindings; fault rules
 *                                     begin anew
 */
#ifndef CRISIS_SANDBOX_SANDBOX_H
#define CRISIS_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct sandbox;

enum { SANDBOX_STREAMS_MAX = 1000 };

/* Everything is copied by sandbox_new. Zero and NULL are the defaults. */
struct sandbox_options {
    /* "127.0.0.1:8443", "[::1]:0", "localhost:8443"; port 0: any free one. NULL: "127.0.0.1:8443".
     * An address that is not loopback is refused (ERROR_USAGE). */
    const char *listen;

    /* The folder for ca.pem and ca.key (0600). It is made (0700) when it is missing. A CA that is
     * there, valid for a month more and whole is kept, so that `ca-file:` stays true; the server's
     * own certificate is made at each start and never stored. */
    const char *state_dir;

    /* How long answers take, after acting: "150ms", "x=150ms", "x=300ms/1200ms" (half within the
     * first time, 95 of 100 within the second). None: no time. */
    const char *const *latencies;
    size_t latency_count;

    /* Fault specifications, see sandbox_fault_help(). Each string may hold several, with commas. */
    const char *const *faults;
    size_t fault_count;

    /*
     * The accounts that exist, as a JSON array (not NUL-terminated: accounts_length counts), or
     * NULL:
     *     {"municipality":"0301","name":"Oslo","channel":"facebook","label":"default",
     *      "settings":{"page":"1012…"},"credential":{"access-token":"…"}}
     * `name` and `label` are optional; other settings are ignored. By channel:
     *     facebook  settings page; credential access-token, optional app-secret
     *     x         settings user (else one is made up); credential access-token, optional
     *               refresh-token, client-id; or api-key, api-secret, access-token, access-secret
     *     mastodon  credential access-token
     *     bluesky   settings handle; credential app-password
     *     telegram  settings chat; credential bot-token, which accounts may share
     *     instagram settings account; credential access-token, optional app-secret
     *     threads   settings account; credential access-token
     *     youtube   settings channel-id (else one is made up); credential refresh-token, optional
     *               access-token
     *     webhook   settings url (its path names the receiver); credential secret ("whsec_…"),
     *               optional signing-key ("whsk_…")
     *     wordpress settings site (its path names it); credential user, application-password
     *     micropub  settings site (its path names it); credential access-token
     * Accounts of other channels are ignored. With accounts, only these exist and every token,
     * signature and proof is verified. Without, any well-formed credential is taken and bound at
     * first use to its page, user or receiver: another one for the same place is refused later.
     */
    const char *accounts_file_text;
    size_t accounts_length;

    uint64_t seed; /* for rate= in faults, and latencies; the same seed and requests, the same */

    uint64_t streams_max; /* requests at once on a connection of HTTP/2; 0: SANDBOX_STREAMS_MAX */

    bool http1_only;         /* HTTP/2 is not offered */
    bool rate_limits_off;    /* X: no 429 after 100 posts in 15 minutes */
    bool duplicates_allowed; /* no refusal of a repeated text (for measurements) */
    bool ignore_signals;     /* SIGINT and SIGTERM are left to the caller */
};

/* Reads the options, makes the certificates, binds, and watches SIGINT and SIGTERM unless they are
 * ignored: what arrives before sandbox_run() ends that at once. Errors: ERROR_USAGE for the address
 * and the faults, ERROR_INPUT for the accounts (all problems in one message), ERROR_SYSTEM for the
 * rest. */
int sandbox_new(const struct sandbox_options *options, struct sandbox **out, struct error *error);

unsigned sandbox_port(const struct sandbox *sandbox);
/* "https://127.0.0.1:8443": where it listens, without a final slash. */
const char *sandbox_url(const struct sandbox *sandbox);
const char *sandbox_ca_path(const struct sandbox *sandbox);

/* Answers until sandbox_stop() or (unless ignored) SIGINT or SIGTERM. May be called in a thread of
 * its own, and only once. */
int sandbox_run(struct sandbox *sandbox, struct error *error);

/* From any thread, or a signal handler. Connections are closed at once. */
void sandbox_stop(struct sandbox *sandbox);

void sandbox_free(struct sandbox *sandbox); /* NULL is fine; not while sandbox_run() is running */

/* Where a channel's network is, below sandbox_url() and without a final slash: "/facebook/v25.0".
 * Sites and receivers have their NAME after it. NULL: it stands in for no such channel. */
const char *sandbox_path(const char *channel);

/* What it has counted. Call it before or after sandbox_run(), not during. */
struct sandbox_counts {
    uint64_t requests; /* to the networks, not to the pages */
    uint64_t posts;    /* made, deleted ones included */
    uint64_t deletions;
    uint64_t repeats; /* webhooks that came again with the same id */
    uint64_t faults;
    uint64_t connections;
};
void sandbox_counts(const struct sandbox *sandbox, struct sandbox_counts *out);

/*
 * The table of faults that drives the reading of specifications:
 *     KIND[:KEY=VALUE]…[,KIND…]       reset-after:channel=facebook:rate=0.05,hang:times=2
 * Keys: channel (facebook, x, mastodon, bluesky, telegram, instagram, threads,
 * youtube, webhook, wordpress, micropub), municipality (its id as the
 * accounts name it, else the page, user or receiver; 46* for all that begin so), path (what the
 * path ends with), on (post, delete, read, any; by default any, but for the kinds that act, and
 * duplicate, what posts or deletes), rate (0-1), times (at most N faults), after (not the first N
 * requests that match), ms (slow, late, outage), seconds (429), code (refuse). The first rule that
 * applies to a request decides. Faults of the TLS handshake come before any request: they take
 * rate, times and after.
 */
struct sandbox_fault_help {
    const char *kind;
    bool acts;           /* the post is made although the answer is bad */
    const char *meaning; /* one line */
};
/* All kinds; *count is set to their number. */
const struct sandbox_fault_help *sandbox_fault_help(size_t *count);

/* Whether a specification is well formed, without starting anything. */
int sandbox_faults_check(const char *specification, struct error *error);

#endif
