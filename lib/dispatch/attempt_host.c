/* What an attempt has to do with the host that it talks to: the queue there, and its clock. */
#include "net/loop.h"

#include "dispatch/attempt.h"

enum { CLOCKS_DIFFER_MS = 30 * 1000 };

void attempt_enter_host(struct attempt *attempt)
{
    struct host *host = attempt->delivery->addressee->host;
    host->pace.in_flight++;
    attempt->host_waits = true;
    attempt->previous = host->newest;
    if (host->newest)
        host->newest->next = attempt;
    else
        host->oldest = attempt;
    host->newest = attempt;
}

void attempt_leave_host(struct attempt *attempt, bool failed, const char *reason, const char *next)
{
    struct host *host = attempt->delivery->addressee->host;
    if (!attempt->host_waits)
        return;
    attempt->host_waits = false;
    if (attempt->previous)
        attempt->previous->next = attempt->next;
    else
        host->oldest = attempt->next;
    if (attempt->next)
        attempt->next->previous = attempt->previous;
    else
        host->newest = attempt->previous;
    attempt->previous = attempt->next = NULL;
    dispatcher_host_ended(attempt->dispatcher, host, attempt->started_ms, failed, reason, next);
}

int64_t attempt_oldest_ms(const struct host *host, int64_t now_ms)
{
    return host->oldest ? now_ms - host->oldest->started_ms : -1;
}

int64_t attempt_host_unix_ms(const struct attempt *attempt, int64_t unix_ms)
{
    return unix_ms > 0 ? unix_ms - attempt->delivery->addressee->host->clock_ahead_ms : unix_ms;
}

/* A few seconds say nothing: Date has whole ones, and the answer was under way. */
void attempt_note_clock(struct attempt *attempt, const struct http_reply *reply)
{
    int64_t server_ms = http_reply_server_unix_ms(reply);
    int64_t ahead_ms = dispatcher_unix_ms(attempt->dispatcher) - server_ms;
    bool is_small = ahead_ms > -CLOCKS_DIFFER_MS && ahead_ms < CLOCKS_DIFFER_MS;

    if (server_ms != reply->received_unix_ms) /* it has said */
        attempt->delivery->addressee->host->clock_ahead_ms = is_small ? 0 : ahead_ms;
}
