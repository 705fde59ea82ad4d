#include "trust/invite.h"

#include <string.h>

#include "base/encode.h"
#include "base/secret.h"

enum { RANDOM_SIZE = 16 };

static const char start[] = "crisis-invite-";

void invite_new(struct text *code)
{
    unsigned char *random = secret_alloc(RANDOM_SIZE);

    text_init_secret(code, INVITE_CODE_MAX_BYTES);
    random_bytes(random, RANDOM_SIZE);
    text_add(code, start);
    hex_add(code, random, RANDOM_SIZE);
    secret_free(random);
}

bool invite_hash(const char *code, unsigned char out[SHA256_SIZE])
{
    const size_t length = strlen(code), start_length = strlen(start);
    struct text random;

    text_init_secret(&random, RANDOM_SIZE);
    bool is_one = length == start_length + 2 * (size_t)RANDOM_SIZE &&
                  memcmp(code, start, start_length) == 0 &&
                  hex_decode(&random, code + start_length, length - start_length);
    text_release(&random);
    if (is_one)
        sha256(code, length, out);
    return is_one;
}
