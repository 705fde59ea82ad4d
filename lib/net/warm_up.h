/*
 * Connections that are opened before they are needed: while a person reads what is about to be
 * sent, names are resolved and each host is greeted. Nothing but TLS: no request, no credential.
 *
 *     warm_up = warm_up_new(loop, client, origins, count, 0);
 *     warm_up_begin(warm_up);     somebody is asked
 *     warm_up_end(warm_up);       requests go out: they find the connections in the client
 *
 * What cannot be reached is left alone: whoever sends to it later learns why. Connections are
 * looked at again from time to time, and opened anew when the host has closed them or they have
 * stood for long; after some minutes nobody cares for them any more, and a request that finds one
 * gone opens its own.
 */
#ifndef CRISIS_NET_WARM_UP_H
#define CRISIS_NET_WARM_UP_H

#include <stddef.h>
#include <stdint.h>

struct http_client;
struct loop;
struct warm_up;

/* The origins, each once, live as long as it does. Of very many only the first are greeted: as many
 * as fit among the client's connections and leave room. They are looked at again so often; 0: as
 * often as it takes. */
struct warm_up *warm_up_new(struct loop *loop, struct http_client *client,
                            const char *const *origins, size_t count, int64_t look_again_ms);
/* Before the client. NULL is fine. */
void warm_up_free(struct warm_up *warm_up);

/* It goes on whenever the loop runs. Again after an end, when nothing is under way in the client.
 */
void warm_up_begin(struct warm_up *warm_up);
/* Begins nothing more. A request to a host that is being greeted waits for that. */
void warm_up_end(struct warm_up *warm_up);

#endif
