#include "net/warm_up.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

#include "net/http_client.h"
#include "net/loop.h"

enum {
    AT_ONCE = 64,
    HOSTS_MAX = 1000,
    LOOK_AGAIN_EVERY_MS = 10 * 1000, /* more often than servers close what says nothing */
    CARE_FOR_MS = 5 * 60 * 1000,
};

struct warm_up {
    struct loop *loop;
    struct http_client *client;
    const char *const *origins;
    size_t count;
    size_t next, under_way; /* of this round */
    struct loop_timer *timer;
    int64_t look_again_ms;
    int64_t until_ms; /* monotonic */
    bool is_on;
};

static void go_on(struct warm_up *warm_up);

/* How it went makes no difference: the next round tries what failed again. */
static void on_connected(void *context, const struct http_reply *reply,
                         const struct http_failure *failure)
{
    struct warm_up *warm_up = context;

    (void)reply;
    (void)failure;
    warm_up->under_way--;
    go_on(warm_up);
}

static void go_on(struct warm_up *warm_up)
{
    if (!warm_up->is_on)
        return;
    while (warm_up->next < warm_up->count && warm_up->under_way < AT_ONCE) {
        warm_up->under_way++;
        http_client_connect(warm_up->client, warm_up->origins[warm_up->next++], on_connected,
                            warm_up);
    }
    if (warm_up->under_way == 0)
        loop_timer_set(warm_up->timer, warm_up->look_again_ms);
}

static void look_again(void *context)
{
    struct warm_up *warm_up = context;

    if (loop_now_ms(warm_up->loop) >= warm_up->until_ms)
        return;
    warm_up->next = 0;
    go_on(warm_up);
}

struct warm_up *warm_up_new(struct loop *loop, struct http_client *client,
                            const char *const *origins, size_t count, int64_t look_again_ms)
{
    struct warm_up *warm_up = memory_alloc(sizeof(*warm_up));
    size_t room = http_client_connections_max(client) / 2;

    warm_up->loop = loop;
    warm_up->client = client;
    warm_up->origins = origins;
    warm_up->look_again_ms = look_again_ms ? look_again_ms : LOOK_AGAIN_EVERY_MS;
    warm_up->count = count < HOSTS_MAX ? count : HOSTS_MAX;
    if (warm_up->count > room)
        warm_up->count = room;
    warm_up->timer = loop_timer_new(loop, look_again, warm_up);
    return warm_up;
}

void warm_up_free(struct warm_up *warm_up)
{
    if (!warm_up)
        return;
    warm_up_end(warm_up);
    loop_timer_free(warm_up->timer);
    memory_free(warm_up);
}

void warm_up_begin(struct warm_up *warm_up)
{
    warm_up->is_on = true;
    warm_up->next = 0;
    warm_up->under_way = 0; /* what was may have been dropped with the client's requests */
    warm_up->until_ms = loop_now_ms(warm_up->loop) + CARE_FOR_MS;
    go_on(warm_up);
}

void warm_up_end(struct warm_up *warm_up)
{
    warm_up->is_on = false;
    loop_timer_stop(warm_up->timer);
}
