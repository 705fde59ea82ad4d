/* What the networks have in common, as seen by world.c. */
#ifndef CRISIS_SANDBOX_NETWORK_H
#define CRISIS_SANDBOX_NETWORK_H

#include "sandbox/world.h"

/*
 * For every request first `identify` (whose request is it? no check, no effect), then, when no
 * fault comes before, `handle`. `refuse` writes one of the network's own errors by its code; false:
 * the network has no such code.
 */
enum network_trouble {
    TROUBLE_SERVER,      /* 500 */
    TROUBLE_UNAVAILABLE, /* 503 */
    TROUBLE_LIMIT,       /* too many requests */
    TROUBLE_EXPIRED,     /* the token has expired */
    TROUBLE_DUPLICATE,
    TROUBLE_FULL,      /* the sandbox keeps no more: 507 */
    TROUBLE_NOT_FOUND, /* no such path */
    TROUBLE_BODY,      /* 413 */
    TROUBLE_HEAD,      /* 431 */
};

struct network {
    const char *prefix; /* "/facebook" */
    struct account *(*identify)(const struct world *world, const struct request *request,
                                const struct path_parts *path);
    void (*handle)(struct world *world, struct exchange *exchange, const struct path_parts *path,
                   struct outcome *outcome);
    void (*trouble)(struct world *world, struct exchange *exchange, enum network_trouble trouble,
                    const struct account *account, int64_t seconds);
    bool (*refuse)(struct world *world, struct exchange *exchange, int code);
    /* For faults: POST, DELETE or GET, by what the request does. NULL: as its method says. */
    const char *(*does)(const struct path_parts *path);
};

extern const struct network sandbox_facebook, sandbox_x, sandbox_mastodon, sandbox_bluesky,
    sandbox_telegram, sandbox_instagram, sandbox_threads, sandbox_youtube, sandbox_webhook,
    sandbox_wordpress, sandbox_micropub;

/* world.c: an id for traces, unlike any other, of 22 letters. */
void sandbox_trace_id(struct world *world, char out[24]);
/* Whether a credential looks like one: printable ASCII without blanks and quotes. */
bool sandbox_token_is_formed(const char *token);
/* Whether a string has 1 to 19 digits and nothing else. */
bool sandbox_is_number(const char *string);

/* "Bearer TOKEN" → the token; NULL when there is none. */
const char *sandbox_bearer_token(const struct request *request);

/* window.c: counts a request; false when the window is used up already. Windows are as long as
 * length_ms; aligned: they begin at multiples of it. *used may be more than the limit. */
bool sandbox_window_count(struct window *window, int64_t now_ms, int64_t length_ms, bool aligned,
                          unsigned limit, unsigned weight);

/* graphemes.c: what a reader takes for one character, counted simply: right for letters with marks,
 * emoji sequences, flags and CR LF, not for Hangul in parts or Indic conjuncts. */
size_t sandbox_graphemes(const char *text, size_t length);
/* UTF-16 code units of valid UTF-8. */
size_t sandbox_utf16_length(const char *text);

/* json_text.c: a JSON string with its quotes. */
enum json_style { JSON_UTF8, JSON_ASCII /* as the Graph API: \uXXXX and \/ */ };
void sandbox_json_add(struct text *out, const char *string, enum json_style style);

/* pages.c: text between tags or in quotes. */
void sandbox_html_add(struct text *out, const char *string);

/* weight.c: the least that X would count for this text; exactly what it counts unless the text has
 * emoji sequences, bare domains, unusual top-level domains or characters that are not composed. */
unsigned sandbox_x_weight(const char *text);
/* The text as X gives it back: addresses as https://t.co/…, and &, <, > escaped. */
void sandbox_x_wrap(struct text *out, const char *text);

/* oauth.c */
struct oauth_header {
    char consumer_key[256], nonce[256], signature[64], token[256];
    char timestamp[24];
    bool has_version;
};
/* Reads "OAuth …"; false when it is not complete and well formed. */
bool sandbox_oauth_read(struct oauth_header *out, const char *header);
/* The text that is signed (RFC 5849, section 3.4.1). false when the request cannot be normalised.
 */
bool sandbox_oauth_base(struct text *out, const struct request *request,
                        const struct oauth_header *header);
/* Whether the signature is right for these secrets. */
bool sandbox_oauth_verify(const struct request *request, const struct oauth_header *header,
                          const char *api_secret, const char *access_secret);
/* Whether the nonce is new and the timestamp within five minutes; notes the nonce. */
bool sandbox_oauth_is_fresh(struct world *world, const struct oauth_header *header);

#endif
