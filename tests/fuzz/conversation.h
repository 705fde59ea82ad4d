/* Any answers to a driver, in any task, with what must hold after each step and at the end. */
#ifndef CRISIS_TESTS_FUZZ_CONVERSATION_H
#define CRISIS_TESTS_FUZZ_CONVERSATION_H

#include "channels/channel.h"

/* What a network's targets differ in. */
struct conversation_setting {
    const struct channel_driver *driver;
    struct account account; /* its last setting may be left out */
    struct network network;
    struct credential credentials[2];
    struct credential app;
    const char *public_name;      /* what stands in a credential and is no secret; NULL: nothing */
    const char *const *spellings; /* others of the first credential's secrets; ends with NULL */
    const char *document;
    const struct media *media; /* of the draft; no more than the driver takes */
    size_t media_count;
    const char *handle;        /* progress.handle at a look-up; NULL: empty */
    const char *reply_to;      /* an id of this network's, of an earlier message's post */
    const char *id_characters; /* of the ids that it gives */
    const char *endpoint;      /* every request begins with this */
};

/* Two pictures for those settings. */
enum { FUZZ_PICTURES = 2 };
extern const struct media fuzz_pictures[FUZZ_PICTURES];

/*
 * The bytes: task and options (32: without media), stage and options, posts that exist already and
 * options, each in the low bits of a byte; then answers, each a byte for the status, headers,
 * FUZZ_SEPARATOR, body, FUZZ_SEPARATOR. A status of CONVERSATION_RESTART alone stands for a process
 * that died and began again.
 */
enum { CONVERSATION_RESTART = '!' };
void conversation_play(const struct conversation_setting *setting, const uint8_t *data,
                       size_t size);

#endif
