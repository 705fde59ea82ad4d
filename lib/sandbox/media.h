/* Pictures and films that were uploaded: the same bytes are kept once, and an upload says whose
 * they are and what they show. They are shown at /_sandbox/media/SHA256. */
#ifndef CRISIS_SANDBOX_MEDIA_H
#define CRISIS_SANDBOX_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/world.h"

#define SANDBOX_MEDIA_MAX_BYTES ((size_t)1024 * 1024 * 1024) /* of all that are kept */
enum { SANDBOX_UPLOADS_MAX = 1000000 };

struct media_file {
    char sha256[65];
    const char *type; /* static */
    char *bytes;
    size_t size;
    struct media_file *previous; /* kept before it */
};

struct upload {
    struct account *account;
    enum channel channel;
    char *id;
    const struct media_file *file;
    char *alt;       /* NULL: none yet */
    unsigned polls;  /* how often it was asked about */
    bool is_pending; /* not ready yet */
    bool is_attached;
    struct upload *previous;
};

/* "image/png", "image/jpeg" or "video/mp4", by the bytes; NULL: none of them. */
const char *sandbox_media_type(const char *bytes, size_t size);

/* Keeps an upload; NULL: the sandbox is full. The bytes are of a known type. */
struct upload *sandbox_upload_new(struct world *world, struct account *account, const char *id,
                                  const char *bytes, size_t size, const char *alt);
struct upload *sandbox_upload_by_id(const struct world *world, enum channel channel,
                                    const char *id);
void sandbox_upload_describe(struct upload *upload, const char *alt);
/* The post shows it. False: it has SANDBOX_POST_MEDIA_MAX already. */
bool sandbox_post_attach(struct post *post, struct upload *upload);

void sandbox_media_forget(struct world *world);

/* GET /_sandbox/media/SHA256. False: there is none. */
bool sandbox_media_answer(const struct world *world, struct exchange *exchange, const char *sha256);
/* The media of a post: a JSON array for programs, HTML for people. */
void sandbox_media_list(struct text *out, const struct post *post);
void sandbox_media_page(struct text *out, const struct post *post);

#endif
