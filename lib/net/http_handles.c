/* libcurl's handles between two requests: to make one anew costs more than to use it again. */
#include "base/memory.h"

#include "net/http_internal.h"

CURL *http_handles_take(struct http_handles *handles)
{
    CURL *easy = handles->count ? handles->idle[--handles->count] : curl_easy_init();
    if (!easy)
        memory_exhausted();
    return easy;
}

/* Not where a secret may stay: libcurl keeps the parts of the last URL and the last piece of an
 * answer, which nothing but the end of the handle takes away. */
void http_handles_give_back(struct http_handles *handles, CURL *easy, bool is_clean)
{
    if (handles->count == HTTP_HANDLES_IDLE_MAX || !is_clean) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy); /* nothing of one account reaches the next */
    /* libcurl 7.88 keeps the buffer that a body was in as long as other requests use its
     * connection. Told its size again, it lets go of it. */
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
    handles->idle[handles->count++] = easy;
}

void http_handles_free(struct http_handles *handles)
{
    http_memory_holds_no_secret(true); /* or they would not be here */
    while (handles->count > 0)
        curl_easy_cleanup(handles->idle[--handles->count]);
    http_memory_holds_no_secret(false);
}
