/*
 * The local outlet: what a channel of FEATURE_LOCAL speaks to instead of a network. It takes the
 * same requests and gives the same replies, but they never leave this machine: a URL is a name
 * below public/, and what happens is told by statuses of HTTP.
 *
 * PUT <path>/<slug>.json, a record: 201; 409 another message has the name; 422 it is no record.
 *
 * DELETE <path>/<slug>.json, a time: 200 retracted; 404 there is no such message.
 *
 * PUT <path>/: 204 files can be written there.
 *
 * Any of them: 403 not allowed to write; 507 no room; 500 else.
 *
 * A reply's body says in words what is wrong. Requests gather while the disk is busy with those
 * before, and are then done together: lists and feeds are made once for all of them.
 */
#ifndef CRISIS_DISPATCH_OUTLET_H
#define CRISIS_DISPATCH_OUTLET_H

#include "net/http_client.h"

struct loop;
struct outlet;
struct xml_signer;

enum { OUTLET_AT_ONCE = 256 };

/* folder: public/ of the workspace. */
struct outlet *outlet_new(struct loop *loop, const char *folder);
/* Signs the CAP files that are written from now on; the signer must live as long. */
void outlet_sign_with(struct outlet *outlet, const struct xml_signer *signer);
/* Nothing may be under way (outlet_drop_all). NULL is fine. */
void outlet_free(struct outlet *outlet);

/* As http_client_send(), but that the request's texts are copied. */
void outlet_send(struct outlet *outlet, const struct http_request *request, http_done *done,
                 void *context);
/* Calls back all that has not been begun as HTTP_NOT_SENT. */
void outlet_cancel_unsent(struct outlet *outlet);
/* Waits for what is under way, and calls nobody back any more. */
void outlet_drop_all(struct outlet *outlet);

#endif
