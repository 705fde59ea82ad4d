/*
 * Everything the stood-in networks know: accounts, posts, faults, counts. No sockets, no clock: the
 * caller brings each request and the time. sandbox_world_handle() is the one way in.
 */
#ifndef CRISIS_SANDBOX_WORLD_H
#define CRISIS_SANDBOX_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/exchange.h"
#include "sandbox/faults.h"
#include "sandbox/latency.h"
#include "sandbox/sandbox.h"
#include "sandbox/table.h"

enum {
    SANDBOX_POSTS_MAX = 1000000,
    SANDBOX_LOG_MAX = 2000000, /* requests noted; later ones are counted only */
    SANDBOX_ACCOUNTS_MAX = 1000000,
    SANDBOX_ACCOUNTS_FILE_MAX_BYTES = 512 * 1024 * 1024,
    SANDBOX_TOKEN_MAX_BYTES = 1024,
    SANDBOX_KEY_MAX_BYTES = 512,           /* a page, user or receiver */
    SANDBOX_NONCES_MAX = 1000000,          /* in each of two generations */
    SANDBOX_CLOCK_SKEW_MS = 5 * 60 * 1000, /* OAuth and webhook timestamps */
    SANDBOX_SESSIONS_MAX = 1000000,
    SANDBOX_WINDOWS_MAX = 5, /* of one account */
    SANDBOX_POST_MEDIA_MAX = 10,
};
#define SANDBOX_POSTS_MAX_BYTES ((size_t)2 * 1024 * 1024 * 1024)

/* X counts requests per user and endpoint in windows of 15 minutes. */
enum x_endpoint { X_CREATE, X_DELETE, X_ME, X_TIMELINE, X_MEDIA, X_ENDPOINT_COUNT };

/* How many requests there were since the window's start. Each network counts its own kinds. */
struct window {
    int64_t start_ms;
    unsigned used;
};

struct post;
struct upload;     /* media.h */
struct media_file; /* media.h */
struct container;
struct film; /* youtube.h */

struct account {
    enum channel channel;
    size_t number;
    char *municipality, *name, *label;
    char *key;                                  /* page, user or receiver; NULL until it is bound */
    char *token;                                /* access token; NULL until it is bound */
    char *app_secret;                           /* Facebook, optional */
    char *refresh_token, *client_id;            /* X, OAuth 2, optional; YouTube */
    char *api_key, *api_secret, *access_secret; /* X, OAuth 1.0a */
    char *password, *did;                       /* Bluesky; the key is the handle */
    char *user; /* WordPress, with the application password in `password` */
    uint64_t session_count, session_expired; /* Bluesky: numbers up to this one have run out */
    size_t text_limit;                       /* Mastodon: of its server; 0: the usual one */
    unsigned char *secret;                   /* webhook */
    size_t secret_size;
    unsigned char *public_key; /* webhook, of Ed25519, optional */
    bool given;                /* from the accounts file */
    int64_t limited_until_ms;  /* a 429 fault with seconds= */
    struct window windows[SANDBOX_WINDOWS_MAX];
    struct post *newest; /* of this account; older ones by `previous` */
    size_t post_count, deleted_count;
};

struct post {
    uint64_t number; /* from 1, in order */
    struct account *account;
    char *id, *url, *text, *language, *raw; /* language and raw may be NULL */
    char *slug;                             /* WordPress, Micropub */
    struct post *reply_to, *previous;
    int64_t created_ms, deleted_ms; /* deleted_ms 0: it stands */
    int64_t listed_ms;              /* in its account's list only from then on */
    const struct upload *media[SANDBOX_POST_MEDIA_MAX];
    size_t media_count;
};

/* Bluesky: what one sign-in or renewal gave. */
struct session {
    struct account *account;
    uint64_t number; /* of its account, from 1 */
    int64_t created_ms;
    char access[512], refresh[512];
    struct session *next;     /* what it was renewed into, or NULL */
    int64_t next_ms;          /* when */
    struct session *previous; /* made before it, whosever */
};

struct log_entry {
    int64_t time_ms;
    enum channel channel;
    bool acted, repeated;
    unsigned status;   /* 0: no answer was given */
    const char *fault; /* static, or NULL */
    uint64_t connection;
    char *method, *path;      /* without the query */
    const char *municipality; /* the account's, or NULL */
    char *id;                 /* of the post it made, deleted or repeated; or NULL */
};

struct world {
    struct account **accounts;
    size_t account_count, account_capacity, given_count;
    bool strict_accounts; /* accounts were given: only these exist */
    struct table by_key, by_token;

    struct post **posts;
    size_t post_count, post_capacity, post_bytes;
    struct table by_id;       /* channel and id → post */
    struct table by_text;     /* X: account and text → post */
    struct table by_post_key; /* Mastodon: account and Idempotency-Key → post */
    struct table sessions;    /* Bluesky: either token → session */
    struct session *newest_session;
    size_t bluesky_session_count;
    struct table uploads;     /* channel and id → upload */
    struct table media_files; /* SHA-256 → file */
    struct upload *newest_upload;
    struct media_file *newest_file;
    size_t upload_count, media_bytes;
    struct table films; /* YouTube: id of a session → film */
    struct film *newest_film;
    size_t film_count;
    struct window youtube_quota; /* of the coordinator's project */
    struct table retractions; /* webhooks: receiver and id of the event → the post taken back */
    struct table containers;  /* Threads, Instagram: channel and id → what will be a post */
    struct container *newest_container;
    size_t container_count;
    uint64_t last_x_id, last_mastodon_id;
    int64_t last_wordpress_id;

    struct log_entry *log;
    size_t log_count, log_capacity;

    struct table nonces, old_nonces;
    int64_t nonces_since_ms;

    struct fault_rules faults;
    struct sandbox_counts counts;
    uint64_t seed, serial; /* serial: for trace ids */
    struct latencies latencies;
    bool rate_limits_off, duplicates_allowed;

    /* Of the request being handled. */
    int64_t now_ms;
    bool key_ignored;           /* Mastodon: by a fault */
    int64_t container_delay_ms; /* Threads, Instagram: by a fault */
    bool container_spoilt;      /* the same */
};

/* What a network's handler found out about a request; for faults and the log. */
struct outcome {
    enum channel channel;
    struct account *account; /* NULL: unknown */
    struct post *post;       /* made, deleted or repeated */
    bool acted, repeated;
};

int sandbox_world_init(struct world *world, const struct sandbox_options *options,
                       struct error *error);
void sandbox_world_release(struct world *world);
/* Back to the accounts given and fault rules as at the start. */
void sandbox_world_reset(struct world *world);

/* Fills exchange->answer. now_ms: Unix time. */
void sandbox_world_handle(struct world *world, struct exchange *exchange, int64_t now_ms);

/* accounts.c */
int sandbox_accounts_read(struct world *world, const char *json, size_t length,
                          struct error *error);
struct account *sandbox_account_new(struct world *world, enum channel channel);
struct account *sandbox_account_by_key(const struct world *world, enum channel channel,
                                       const char *key);
struct account *sandbox_account_by_token(const struct world *world, enum channel channel,
                                         const char *token);
void sandbox_account_set_key(struct world *world, struct account *account, const char *key);
void sandbox_account_set_token(struct world *world, struct account *account, const char *token);
/* One more token that works; until the world is reset. */
void sandbox_account_add_token(struct world *world, struct account *account, const char *token);
/* The municipality, else the key, else "". */
const char *sandbox_account_place(const struct account *account);
void sandbox_accounts_forget_bindings(struct world *world);

/* bluesky.c: an identifier made of the handle; bluesky_session.c: the sessions are gone. */
void sandbox_bluesky_choose_did(struct world *world, struct account *account);
void sandbox_bluesky_forget_sessions(struct world *world);

/* container.c */
void sandbox_containers_forget(struct world *world);

/* youtube_upload.c */
void sandbox_youtube_forget(struct world *world);

/* posts.c. NULL when the sandbox is full; the answer is then 507. */
struct post *sandbox_post_new(struct world *world, struct account *account, const char *id,
                              const char *text, size_t raw_size);
void sandbox_post_delete(struct world *world, struct post *post);
/* `account` is needed for webhooks and Telegram only, whose ids are unique at their receiver and in
 * their chat. */
struct post *sandbox_post_by_id(const struct world *world, enum channel channel,
                                const struct account *account, const char *id);
/* Whether its account's list has it: it stands, and is not held back by a fault. */
bool sandbox_post_is_listed(const struct world *world, const struct post *post);
void sandbox_posts_forget(struct world *world);
/* Adds the request that was handled; the answer's status and style are final. */
void sandbox_log_add(struct world *world, const struct exchange *exchange,
                     const struct outcome *outcome, const char *fault);

/* pages.c: everything that is no network's. */
void sandbox_pages_handle(struct world *world, struct exchange *exchange);
void sandbox_listing_posts(const struct world *world, struct exchange *exchange);
void sandbox_listing_log(const struct world *world, struct exchange *exchange);
void sandbox_listing_stats(const struct world *world, struct exchange *exchange);

#endif
