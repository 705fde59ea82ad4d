/* Inside the stand-in for Bluesky. Checks answer with the error themselves and return false. */
#ifndef CRISIS_SANDBOX_BLUESKY_H
#define CRISIS_SANDBOX_BLUESKY_H

#include <jansson.h>

#include "sandbox/network.h"

enum { BLUESKY_CID_SIZE = 64, BLUESKY_IMAGES_MAX = 4, BLUESKY_POINTS_MAX = 5000 };

bool sandbox_bluesky_say(struct exchange *exchange, unsigned status, const char *error,
                         const char *message);
void sandbox_bluesky_ok(struct exchange *exchange);
bool sandbox_bluesky_refuse(struct world *world, struct exchange *exchange, int code);
void sandbox_bluesky_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds);
void sandbox_bluesky_rate_headers(struct exchange *exchange, unsigned left, int64_t reset_ms);
/* The session of the request's token, whether or not it still counts; NULL: none. */
struct session *sandbox_bluesky_session(const struct world *world, const struct request *request,
                                        bool *is_refresh);
/* An access token that counts; sets outcome->account. */
bool sandbox_bluesky_authorize(struct world *world, struct exchange *exchange,
                               struct outcome *outcome);
void sandbox_bluesky_sign_in(struct world *world, struct exchange *exchange,
                             struct outcome *outcome);
void sandbox_bluesky_refresh(struct world *world, struct exchange *exchange,
                             struct outcome *outcome);
void sandbox_bluesky_who(struct world *world, struct exchange *exchange, struct outcome *outcome);

/* "bafyrei…" of a record's bytes, "bafkrei…" of a blob's: a version, a codec and a SHA-256, in base
 * 32. */
enum bluesky_codec { CODEC_RECORD = 0x71, CODEC_BLOB = 0x55 };
void sandbox_bluesky_cid(enum bluesky_codec codec, const char *of, size_t size,
                         char out[BLUESKY_CID_SIZE]);

/* bluesky_media.c: com.atproto.repo.uploadBlob */
void sandbox_bluesky_upload(struct world *world, struct exchange *exchange,
                            struct outcome *outcome);
/* A record's `embed`, which may be NULL: images that this account has uploaded. What they show is
 * the record's: several may embed the same blob. */
struct bluesky_image {
    const struct upload *blob;
    const char *alt; /* lives as long as the JSON */
};
bool sandbox_bluesky_read_embed(const struct world *world, struct exchange *exchange,
                                const json_t *embed, const struct account *account,
                                struct bluesky_image out[BLUESKY_IMAGES_MAX], size_t *count);
void sandbox_bluesky_attach(struct world *world, struct post *post,
                            const struct bluesky_image *images, size_t count);

#endif
