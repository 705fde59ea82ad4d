/* Keys and signatures of tests/unit/data/sshsig (its README says what they are). */
#ifndef CRISIS_TESTS_UNIT_TRUST_FIXTURE_H
#define CRISIS_TESTS_UNIT_TRUST_FIXTURE_H

#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/ssh_key.h"

#define FIXTURE_NAMESPACE "test@crisis"
#define FIXTURE_ORIGIN "https://approve.kommune.example"

static inline struct text fixture(const char *name)
{
    char path[512];
    struct text bytes;
    struct error error = {0};

    snprintf(path, sizeof(path), TEST_DATA "/sshsig/%s", name);
    if (file_read(path, 64 * 1024, &bytes, &error) < 0)
        fail_msg("%s", error.message);
    return bytes;
}

static inline struct ssh_key fixture_key(const char *name)
{
    struct text line = fixture(name);
    struct ssh_key key;
    struct error error = {0};

    if (ssh_key_from_line(line.bytes, line.length, &key, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    text_release(&line);
    return key;
}

/* The bytes inside the armour of a signature. */
static inline struct text fixture_blob(const char *name)
{
    struct text armour = fixture(name), base64, blob;

    text_init(&base64, armour.length);
    text_init(&blob, armour.length);
    for (const char *at = strchr(armour.bytes, '\n') + 1; *at != '-'; at++)
        if (*at != '\n')
            text_add_char(&base64, *at);
    assert_true(base64_decode(&blob, base64.bytes, base64.length));
    text_release(&base64);
    text_release(&armour);
    return blob;
}

#endif
