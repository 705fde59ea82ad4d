/*
 * What a send talks to the world with: the event loop, the HTTP client, and the outlet of the
 * public site. It is opened before the process is confined and before anything has been heard from
 * outside; from then on no file may be opened that store/workspace_confine.c does not list.
 *
 *     outgoing_open()        once the gate has let the run through
 *     outgoing_warm_up()     hosts are greeted while somebody is asked ...
 *     outgoing_wait()        ... and this waits for the answer
 *     outgoing_cool_down()   from now on requests go out
 *     outgoing_close()
 */
#ifndef CRISIS_CMD_OUTGOING_H
#define CRISIS_CMD_OUTGOING_H

#include <stdbool.h>

#include "base/error.h"
#include "wire/address.h"

struct http_client;
struct loop;
struct outlet;
struct sending;
struct warm_up;
struct xml_signer;

struct outgoing {
    struct loop *loop; /* NULL: nothing is open */
    struct http_client *http;
    struct outlet *outlet;
    struct xml_signer *signer; /* of CAP files; NULL: none */
    struct address_policy policy;
    struct warm_up *warm_up; /* NULL: no host is greeted ahead */
};

/* Nothing where it is open. Only after the gate: sending->verified. */
int outgoing_open(struct sending *sending, struct error *error);
bool outgoing_is_open(const struct sending *sending);
/* Closes every connection. Nothing where it is not open. */
void outgoing_close(struct sending *sending);

/* Opens, and begins to greet the hosts that the rendering's deliveries go to: names, TCP and TLS,
 * no request and no credential. Nothing where it has begun. */
int outgoing_warm_up(struct sending *sending, struct error *error);
/* The same again, later: no request is under way. Nothing where it has never begun. */
void outgoing_warm_up_again(struct sending *sending);
/* No host is greeted any more. */
void outgoing_cool_down(struct sending *sending);

/* Lets the hosts be greeted until something can be read from `input`. Nothing where it is not open.
 */
void outgoing_wait(struct sending *sending, int input);

#endif
