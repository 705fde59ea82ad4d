/* What the three networks have in common, as seen by world.c. */
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
};

extern const struct network sandbox_facebook, sandbox_x, sandbox_webhook;

/* world.c: an id for traces, unlike any other, of 22 letters. */
void sandbox_trace_id(struct world *world, char out[24]);
/* Whether a credential looks like one: printable ASCII without blanks and quotes. */
bool sandbox_token_is_formed(const char *token);
/* Whether a string has 1 to 19 digits and nothing else. */
bool sandbox_is_number(const char *string);

/* json_text.c: a JSON string with its quotes. */
enum json_style { JSON_UTF8, JSON_ASCII /* as the Graph API: \uXXXX and \/ */ };
void sandbox_json_add(struct text *out, const char *string, enum json_style style);

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
