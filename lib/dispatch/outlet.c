#include "dispatch/outlet.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "net/loop.h"
#include "store/public_site.h"

struct order {
    struct order *next;
    struct public_request request;
    char *name, *bytes;
    bool is_unknown; /* no request that the outlet knows */
    http_done *done;
    void *context;
};

struct queue {
    struct order *first, *last;
    size_t count;
};

struct outlet {
    struct loop *loop;
    struct loop_timer *start; /* next turn of the loop: lets a burst gather first */
    char *folder;
    const struct xml_signer *signer; /* NULL: none */
    struct queue waiting, in_work;
    struct public_request requests[OUTLET_AT_ONCE]; /* of in_work, in its order */
    bool is_busy, is_dropped;
};

static void push(struct queue *queue, struct order *order)
{
    order->next = NULL;
    if (queue->last)
        queue->last->next = order;
    else
        queue->first = order;
    queue->last = order;
    queue->count++;
}

static struct order *pop(struct queue *queue)
{
    struct order *order = queue->first;

    if (!order)
        return NULL;
    queue->first = order->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    return order;
}

static void order_free(struct order *order)
{
    memory_free(order->name);
    memory_free(order->bytes);
    memory_free(order);
}

/* --- answers --------------------------------------------------------------------------------- */

static int status_of(const struct order *order)
{
    if (order->is_unknown)
        return 405;
    switch (order->request.result) {
    case PUBLIC_DONE:
        if (order->request.verb == PUBLIC_PUT)
            return 201;
        return order->request.verb == PUBLIC_RETRACT ? 200 : 204;
    case PUBLIC_ABSENT:
        return 404;
    case PUBLIC_CONFLICT:
        return 409;
    case PUBLIC_UNFIT:
        return 422;
    case PUBLIC_DENIED:
        return 403;
    case PUBLIC_FULL:
        return 507;
    case PUBLIC_BROKEN:
        break;
    }
    return 500;
}

static void answer(struct order *order)
{
    struct http_reply reply = {
        .status = status_of(order),
        .headers = "",
        .body = order->request.words,
        .body_size = strlen(order->request.words),
        .received_unix_ms = clock_unix_ms(),
    };

    order->done(order->context, &reply, NULL);
    order_free(order);
}

/* --- a batch --------------------------------------------------------------------------------- */

/* On the pool: nobody else touches in_work and requests meanwhile. */
static void work(void *context)
{
    struct outlet *outlet = context;
    size_t count = 0;

    for (struct order *order = outlet->in_work.first; order; order = order->next)
        if (!order->is_unknown)
            outlet->requests[count++] = order->request;
    public_site_apply(outlet->folder, outlet->signer, outlet->requests, count, clock_unix_ms());
    count = 0;
    for (struct order *order = outlet->in_work.first; order; order = order->next)
        if (!order->is_unknown)
            order->request = outlet->requests[count++];
}

static void start_work(struct outlet *outlet);

static void worked(void *context)
{
    struct outlet *outlet = context;
    struct queue done = outlet->in_work;
    struct order *order;

    outlet->in_work = (struct queue){0};
    outlet->is_busy = false;
    start_work(outlet);
    while ((order = pop(&done)))
        if (outlet->is_dropped)
            order_free(order);
        else
            answer(order);
}

static void start_work(struct outlet *outlet)
{
    if (outlet->is_busy || outlet->is_dropped || outlet->waiting.count == 0)
        return;
    while (outlet->waiting.count > 0 && outlet->in_work.count < OUTLET_AT_ONCE)
        push(&outlet->in_work, pop(&outlet->waiting));
    outlet->is_busy = true;
    loop_work(outlet->loop, work, worked, outlet);
}

static void on_start(void *context)
{
    start_work(context);
}

/* --- for callers ----------------------------------------------------------------------------- */

struct outlet *outlet_new(struct loop *loop, const char *folder)
{
    struct outlet *outlet = memory_alloc(sizeof(*outlet));

    outlet->loop = loop;
    outlet->folder = memory_strdup(folder);
    outlet->start = loop_timer_new(loop, on_start, outlet);
    return outlet;
}

void outlet_sign_with(struct outlet *outlet, const struct xml_signer *signer)
{
    outlet->signer = signer;
}

void outlet_free(struct outlet *outlet)
{
    if (!outlet)
        return;
    loop_timer_free(outlet->start);
    memory_free(outlet->folder);
    memory_free(outlet);
}

void outlet_send(struct outlet *outlet, const struct http_request *request, http_done *done,
                 void *context)
{
    struct order *order = memory_alloc(sizeof(*order));
    size_t length = request->url.length;
    bool is_folder = length > 0 && request->url.bytes[length - 1] == '/';

    order->name = memory_strdup(request->url.bytes);
    order->bytes = memory_alloc(request->body.length + 1);
    memcpy(order->bytes, request->body.bytes, request->body.length);
    order->is_unknown = request->method != HTTP_PUT && request->method != HTTP_DELETE;
    order->request = (struct public_request){
        .verb = request->method == HTTP_DELETE ? PUBLIC_RETRACT
                : is_folder                    ? PUBLIC_PROBE
                                               : PUBLIC_PUT,
        .name = order->name,
        .bytes = order->bytes,
        .size = request->body.length,
    };
    order->done = done;
    order->context = context;
    push(&outlet->waiting, order);
    loop_timer_set(outlet->start, 0);
}

void outlet_cancel_unsent(struct outlet *outlet)
{
    const struct http_failure failure = {.kind = HTTP_NOT_SENT, .message = "it was stopped"};
    struct queue unsent = outlet->waiting;
    struct order *order;

    outlet->waiting = (struct queue){0};
    while ((order = pop(&unsent))) {
        order->done(order->context, NULL, &failure);
        order_free(order);
    }
}

void outlet_drop_all(struct outlet *outlet)
{
    struct order *order;

    outlet->is_dropped = true;
    loop_timer_stop(outlet->start);
    while ((order = pop(&outlet->waiting)))
        order_free(order);
    while (outlet->is_busy)
        loop_turn(outlet->loop);
    outlet->is_dropped = false;
}
