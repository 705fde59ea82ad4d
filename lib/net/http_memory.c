/*
 * The memory of libcurl and of nghttp2, which libcurl uses for HTTP/2. Both hold a request, with
 * its credential, until it has left, and both can be told where to take memory from: what they give
 * back is wiped here.
 *
 * libcurl 7.88 does not tell nghttp2, so that its call is answered here: a symbol of the program
 * comes before that of a library. A libcurl that makes another call goes past this, and no harm is
 * done but that these copies are not wiped; tests/e2e/test_memory.py looks for them.
 */
#include <nghttp2/nghttp2.h>

#include "base/memory.h"

#include "net/http_internal.h"

static void *take(size_t size, void *context)
{
    (void)context;
    return memory_take(size);
}

/* Of this thread. */
static _Thread_local bool holds_no_secret;

void http_memory_holds_no_secret(bool now)
{
    holds_no_secret = now;
}

static void free_block(void *block)
{
    if (holds_no_secret)
        memory_free(block);
    else
        memory_free_wiped(block);
}

static void give_back(void *block, void *context)
{
    (void)context;
    memory_free_wiped(block);
}

static void *take_zeroed(size_t count, size_t size, void *context)
{
    (void)context;
    return memory_alloc_array(count, size);
}

static void *resize(void *block, size_t size, void *context)
{
    (void)context;
    return memory_resize_wiped(block, size);
}

__attribute__((visibility("default"))) int
nghttp2_session_client_new2(nghttp2_session **session, const nghttp2_session_callbacks *callbacks,
                            void *user_data, const nghttp2_option *option)
{
    static nghttp2_mem memory = {NULL, take, give_back, take_zeroed, resize};

    return nghttp2_session_client_new3(session, callbacks, user_data, option, &memory);
}

void http_memory_init(void)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_take, free_block, memory_resize_wiped,
                             memory_strdup, memory_alloc_array) != CURLE_OK)
        memory_exhausted();
}
