/* What a body takes of memory goes when the body has left, and not only when its answer is there:
 * two thousand requests may wait for a slow network, and each would hold 20 KiB for nothing. */
#include "net/http_internal.h"

void http_upload_was_read(struct http_exchange *exchange)
{
    struct http_uploads *uploads = http_lane_uploads(exchange->lane);

    if (exchange->upload_place)
        return;
    exchange->next_upload = uploads->first;
    if (uploads->first)
        uploads->first->upload_place = &exchange->next_upload;
    uploads->first = exchange;
    exchange->upload_place = &uploads->first;
}

void http_upload_forget(struct http_exchange *exchange)
{
    if (!exchange->upload_place)
        return;
    *exchange->upload_place = exchange->next_upload;
    if (exchange->next_upload)
        exchange->next_upload->upload_place = exchange->upload_place;
    exchange->upload_place = NULL;
    exchange->next_upload = NULL;
}

void http_uploads_let_go(struct http_uploads *uploads)
{
    struct http_exchange *next;

    for (struct http_exchange *exchange = uploads->first; exchange; exchange = next) {
        curl_off_t sent_bytes = 0;
        next = exchange->next_upload;
        curl_easy_getinfo(exchange->easy, CURLINFO_SIZE_UPLOAD_T, &sent_bytes);
        if ((size_t)sent_bytes < exchange->size_bytes)
            continue; /* libcurl has read it, and not yet written it */
        http_upload_forget(exchange);
        /* Told its size again, libcurl 7.88 lets go of the buffer; it takes one with each body. */
        curl_easy_setopt(exchange->easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
        text_release(&exchange->body);
        text_release(&exchange->tail);
    }
}
