/* The sockets of libcurl, watched by the loop. */
#include "base/memory.h"

#include "net/http_internal.h"
#include "net/loop.h"

/* One socket of libcurl's, watched by the loop. */
struct watched {
    uv_poll_t poll;
    struct http_watches *watches;
    curl_socket_t socket;
    int wanted, events;            /* what libcurl waits for, and what is watched for */
    struct watched *next, **place; /* among those where the two may differ; NULL: it is none */
};

static void free_watched(uv_handle_t *handle)
{
    memory_free(handle->data);
}

static void note_change(struct watched *watched)
{
    struct http_watches *watches = watched->watches;

    if (watched->place)
        return;
    watched->next = watches->changed;
    if (watches->changed)
        watches->changed->place = &watched->next;
    watches->changed = watched;
    watched->place = &watches->changed;
}

static void forget_change(struct watched *watched)
{
    if (!watched->place)
        return;
    *watched->place = watched->next;
    if (watched->next)
        watched->next->place = watched->place;
    watched->place = NULL;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = poll->data;
    int flags = 0;
    if (status < 0) {
        flags = CURL_CSELECT_ERR;
        watched->events = 0; /* libuv has stopped */
        note_change(watched);
    }
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    watched->watches->act(watched->watches->lane, watched->socket, flags);
}

/* With each request of a burst libcurl waits for room to write, and then no longer: what it comes
 * to in the end is all that the loop is told. */
void http_watches_apply(struct http_watches *watches)
{
    while (watches->changed) {
        struct watched *watched = watches->changed;
        forget_change(watched);
        if (watched->events == watched->wanted)
            continue;
        watched->events = watched->wanted;
        loop_must(uv_poll_start(&watched->poll, watched->events, on_poll),
                  "cannot watch a connection");
    }
}

int http_watches_socket(CURL *easy, curl_socket_t socket, int what, void *context,
                        void *socket_context)
{
    (void)easy;
    struct http_watches *watches = context;
    struct watched *watched = socket_context;

    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            curl_multi_assign(watches->multi, socket, NULL);
            forget_change(watched);
            uv_poll_stop(&watched->poll);
            uv_close((uv_handle_t *)&watched->poll, free_watched);
        }
        return 0;
    }
    if (!watched) {
        watched = memory_alloc(sizeof(*watched));
        watched->watches = watches;
        watched->socket = socket;
        watched->poll.data = watched;
        /* Told that it is not watched, libcurl would give up all requests, and say so of none. */
        loop_must(uv_poll_init_socket(watches->loop, &watched->poll, socket),
                  "cannot watch a connection");
        curl_multi_assign(watches->multi, socket, watched);
    }
    watched->wanted =
        (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    note_change(watched);
    return 0;
}
