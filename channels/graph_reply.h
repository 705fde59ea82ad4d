/* What the replies of Meta's Graph API mean: error codes, and headers about how much more it will
 * take. Guides "Handle Errors" and "Rate Limits". */
#ifndef CRISIS_CHANNELS_GRAPH_REPLY_H
#define CRISIS_CHANNELS_GRAPH_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/language.h"
#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

enum { GRAPH_ANY = -1, GRAPH_CODE_SIZE = 48 };
#define GRAPH_CODE(code) (code), (code)

/* What a driver that publishes through containers can do about an error itself. */
enum graph_remedy {
    GRAPH_NO_REMEDY,
    GRAPH_SAME_CONTAINER, /* publish the same one again, a little later: nothing was posted */
    GRAPH_NEW_CONTAINER,  /* make another one: nothing was posted, and this one never will be */
};

/* One row of a table of errors. The first row that fits decides, so narrow ones stand before wide
 * ones. */
struct graph_row {
    int first, last;    /* codes; GRAPH_ANY: every code */
    int subcode;        /* or GRAPH_ANY */
    const char *marker; /* words in the message that tell it from others of that code, or NULL */
    enum outcome_result result;
    enum failure_kind kind;
    int wait_s; /* RETRY: when the network does not say how long; 0: back off as usual */
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
    enum graph_remedy remedy;
};

/* A network's own rows, which come before those that all have, and the type that
 * X-Business-Use-Case-Usage has for it. */
struct graph_errors {
    const struct graph_row *rows;
    size_t count;
    const char *usage_type;
};

/* Next steps of several networks. */
#define GRAPH_LOG_IN N_("someone with a role on the account must log in there and do what is asked")
#define GRAPH_CALM_DOWN N_("do not send more to this account; log in there and look what it says")
#define GRAPH_REPORT_FAULT N_("report this as a fault of crisis; post it by hand")

/* The row of the error that root, a reply's body, tells of; NULL: there is none, or no row. */
const struct graph_row *graph_find_row(const struct graph_errors *errors, const struct json *root);

/* The row of a subcode that a text begins with; NULL: there is none. */
const struct graph_row *graph_row_of_subcode(const struct graph_errors *errors, const char *digits);

/* The object does not exist, or not for this token: after a DELETE it is gone. */
bool graph_is_gone(const struct json *root);

/* The meaning of a reply that is no success; root is its body, or NULL when that is not JSON.
 * effect: of the request. code and the strings of root must live as long as the verdict. */
struct verdict graph_verdict(const struct graph_errors *errors, const struct http_reply *reply,
                             const struct json *root, enum request_effect effect,
                             char code[GRAPH_CODE_SIZE]);

void graph_pace(const struct graph_errors *errors, const struct http_reply *reply,
                struct pace_hint *out);

#endif
