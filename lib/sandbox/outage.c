/*
 * A time in which nothing answers: connections are reset and new ones refused. The port is kept, by
 * a socket that is bound and does not listen yet.
 */
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

#include "sandbox/server.h"

enum { AGAIN_MS = 10 };

/* Binds the port again; false: not now. */
static bool keep_port(struct sandbox *sandbox, struct error *error)
{
    if (sandbox_bind(sandbox, sandbox->url + sizeof("https://") - 1, error) == 0)
        return true;
    if (sandbox->listener >= 0)
        (void)close(sandbox->listener);
    sandbox->listener = -1;
    return false;
}

static void on_outage_over(uv_timer_t *timer)
{
    struct sandbox *sandbox = timer->data;
    struct error error = {0};
    bool is_bound = sandbox->listener >= 0 || keep_port(sandbox, &error);

    if (is_bound && sandbox_listen(sandbox, &error) == 0 && sandbox_watch_listener(sandbox) == 0)
        return;
    /* Somebody else has the port at the moment, or the system is short of something. */
    log_debug(LOG_SANDBOX, "the outage goes on: %s", error.message);
    (void)uv_timer_start(&sandbox->outage, on_outage_over, AGAIN_MS, 0);
}

int sandbox_outage_setup(struct sandbox *sandbox)
{
    sandbox->outage.data = sandbox;
    return uv_timer_init(&sandbox->loop, &sandbox->outage);
}

void sandbox_outage(struct sandbox *sandbox, int64_t ms)
{
    struct error error = {0};

    for (struct connection *at = sandbox->connections; at != NULL; at = at->next) {
        at->fate = FATE_RESET;
        sandbox_connection_touch(at);
    }
    if (uv_is_active((const uv_handle_t *)&sandbox->outage))
        return;
    uv_close((uv_handle_t *)&sandbox->listener_poll, NULL);
    (void)close(sandbox->listener);
    sandbox->listener = -1;
    (void)keep_port(sandbox, &error); /* else it is tried again when the outage is over */
    /* At least one step of the loop, in which the closed handle goes. */
    (void)uv_timer_start(&sandbox->outage, on_outage_over, ms > 0 ? (uint64_t)ms : 1, 0);
}
