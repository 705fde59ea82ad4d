/*
 * The public site on disk: public/ of the workspace, static files for any web server. A message is
 * a record (model/public_record.h), and all else is made from the records that are there: its page
 * and CAP file, the folder's list and feeds, and those of the whole site.
 *
 *     public/index.html, feed.*, exercise.*, verify.html
 *     public/<path>/index.html, feed.*, exercise.*
 *     public/<path>/<slug>.html, .xml (CAP: written once, never changed), .json (the record)
 *
 * Many messages are published at once; processes take turns. Every file is written to a temporary
 * name, synced and renamed, and its folder synced before a request is answered, so that a crash
 * leaves no half file; the same request again finishes what one has left.
 */
#ifndef CRISIS_STORE_PUBLIC_SITE_H
#define CRISIS_STORE_PUBLIC_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct xml_signer;

enum public_verb {
    PUBLIC_PUT,     /* publish the record */
    PUBLIC_RETRACT, /* of a record that is there */
    PUBLIC_PROBE,   /* can files be written there? The folder is made if it is not there */
};

enum public_result {
    PUBLIC_DONE,
    PUBLIC_ABSENT,   /* RETRACT: there is no such record */
    PUBLIC_CONFLICT, /* another message has that name */
    PUBLIC_UNFIT,    /* no name, or no record */
    PUBLIC_DENIED,   /* not allowed to write there */
    PUBLIC_FULL,     /* the disk is */
    PUBLIC_BROKEN,   /* whatever else the system says */
};

struct public_request {
    enum public_verb verb;
    const char *name; /* "<path>/<slug>.json"; PROBE: "<path>/" */
    const char *bytes;
    size_t size;               /* PUT: the record; RETRACT: the time, as records have it */
    enum public_result result; /* set by public_site_apply() */
    char words[320];           /* why, for people; empty when done */
};

/* Does what is asked, in order. folder: public/, which must be there. signer: signs the CAP files;
 * NULL: they are not signed. It blocks: for the pool. */
void public_site_apply(const char *folder, const struct xml_signer *signer,
                       struct public_request *requests, size_t count, int64_t now_unix_ms);

#endif
