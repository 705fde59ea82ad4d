/* What a request of an attempt leaves behind in the client that carries it. */
#include <string.h>

#include "base/limits.h"
#include "wire/form.h"

#include "dispatch/attempt.h"

static bool is_in_url(const char *secret, const struct text *url)
{
    struct text escaped;

    if (!*secret || strlen(secret) > url->length) /* as most are */
        return false;
    text_init_secret(&escaped, URL_MAX_BYTES);
    percent_add(&escaped, secret);
    bool is_in = strstr(url->bytes, secret) || strstr(url->bytes, escaped.bytes);
    text_release(&escaped);
    return is_in;
}

static bool any_is_in_url(const struct credential *credential, const struct text *url)
{
    const char *end = credential->pairs ? credential->pairs + credential->size_bytes : NULL;

    for (const char *at = credential->pairs; at < end;) {
        const char *value = at + strlen(at) + 1;
        if (value >= end)
            break;
        if (is_in_url(value, url))
            return true;
        at = value + strlen(value) + 1;
    }
    return false;
}

bool attempt_leaves_no_secret(const struct attempt *attempt, const struct credential *app)
{
    const struct text *url = &attempt->action.request.url;

    return !any_is_in_url(&attempt->credential, url) && !any_is_in_url(app, url);
}
