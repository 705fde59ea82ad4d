/* One request from its last byte to its answer. */
#include <stdio.h>
#include <time.h>

#include "base/civil_time.h"
#include "base/memory.h"

#include "sandbox/server.h"

static int64_t unix_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
const char *sandbox_date(struct sandbox *sandbox)
{
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t second = unix_now_ms() / 1000;
    char rfc3339[RFC3339_SIZE];
    int month;

    if (second == sandbox->date_second)
        return sandbox->date;
    sandbox->date_second = second;
    rfc3339_format_seconds(second * 1000, rfc3339);
    month = (rfc3339[5] - '0') * 10 + rfc3339[6] - '0';
    snprintf(sandbox->date, sizeof(sandbox->date), "%s, %.2s %s %.4s %.8s GMT",
             days[second / 86400 % 7], rfc3339 + 8, months[month - 1], rfc3339, rfc3339 + 11);
    return sandbox->date;
}

static void transfer_answer(struct transfer *transfer)
{
    if (transfer->connection->h2 != NULL)
        sandbox_http2_answer(transfer);
    else
        sandbox_http1_answer(transfer);
}

static void on_delay_over(uv_timer_t *timer)
{
    struct transfer *transfer = timer->data;
    struct connection *connection = transfer->connection;

    transfer_answer(transfer);
    if (connection->h2 == NULL)
        sandbox_http1_resume(connection);
}

struct transfer *sandbox_transfer_new(struct connection *connection)
{
    struct sandbox *sandbox = connection->sandbox;
    struct transfer *transfer = sandbox->unused;

    if (transfer != NULL) {
        sandbox->unused = transfer->next;
        sandbox->unused_count--;
    } else {
        transfer = memory_alloc(sizeof(*transfer));
        sandbox_exchange_init(&transfer->exchange);
        uv_timer_init(&sandbox->loop, &transfer->timer);
        transfer->timer.data = transfer;
    }
    sandbox_exchange_reset(&transfer->exchange);
    transfer->connection = connection;
    transfer->stream_id = 0;
    transfer->sent = 0;
    transfer->discarded = 0;
    transfer->body_counted = 0;
    transfer->handled = false;
    transfer->previous = NULL;
    transfer->next = connection->transfers;
    if (transfer->next != NULL)
        transfer->next->previous = transfer;
    connection->transfers = transfer;
    connection->transfer_count++;
    return transfer;
}

void sandbox_transfer_closed(uv_handle_t *handle)
{
    struct transfer *transfer = handle->data;

    sandbox_exchange_release(&transfer->exchange);
    memory_free(transfer);
}

void sandbox_transfer_free(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    struct sandbox *sandbox = connection->sandbox;

    uv_timer_stop(&transfer->timer);
    sandbox->body_bytes -= transfer->body_counted;
    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        connection->transfers = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    connection->transfer_count--;
    transfer->connection = NULL;
    if (sandbox->unused_count >= SANDBOX_TRANSFERS_KEPT) {
        uv_close((uv_handle_t *)&transfer->timer, sandbox_transfer_closed);
        return;
    }
    /* Large buffers go back at once, small ones wait for the next request. */
    sandbox_exchange_reset(&transfer->exchange);
    transfer->next = sandbox->unused;
    sandbox->unused = transfer;
    sandbox->unused_count++;
}

void sandbox_transfer_body(struct transfer *transfer, const void *bytes, size_t length)
{
    struct sandbox *sandbox = transfer->connection->sandbox;
    struct request *request = &transfer->exchange.request;

    if (sandbox->body_bytes + length > SANDBOX_BODIES_MAX_BYTES) {
        request->body_too_large = true;
        return;
    }
    sandbox->body_bytes += length;
    transfer->body_counted += length;
    sandbox_request_body(request, bytes, length);
}

void sandbox_transfer_ready(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    struct exchange *exchange = &transfer->exchange;
    int64_t delay_ms;

    transfer->handled = true;
    if (connection->h2 != NULL && !sandbox_http2_admits(transfer)) {
        exchange->answer.style = ANSWER_REFUSE_STREAM;
        transfer_answer(transfer);
        return;
    }
    sandbox_request_finish(&exchange->request);
    exchange->request.connection = connection->number;
    exchange->request.connection_reused = connection->requests++ > 0;
    sandbox_world_handle(&connection->sandbox->world, exchange, unix_now_ms());
    if (connection->h2 != NULL && transfer->stream_id > connection->h2_last_handled &&
        exchange->answer.style != ANSWER_REFUSE_STREAM && exchange->answer.style != ANSWER_GOAWAY)
        connection->h2_last_handled = transfer->stream_id;
    delay_ms = exchange->answer.delay_ms;
    if (delay_ms <= 0) {
        transfer_answer(transfer);
        return;
    }
    /* The loop's time is that of the start of its step; the delay counts from now. */
    uv_update_time(&connection->sandbox->loop);
    if (uv_timer_start(&transfer->timer, on_delay_over, (uint64_t)delay_ms, 0) < 0)
        transfer_answer(transfer);
}
