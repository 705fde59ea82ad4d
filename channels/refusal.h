/*
 * What a network's own words make of an answer that is no success. Most have a table of their
 * errors: the row that fits takes the place of what the status alone says.
 */
#ifndef CRISIS_CHANNELS_REFUSAL_H
#define CRISIS_CHANNELS_REFUSAL_H

#include <stddef.h>

#include "channels/channel.h"
#include "channels/shared.h"

/* One row of the table of a network whose errors have a status, and words that are not fixed. */
struct refusal {
    int status;
    const char *marker; /* part of the words, whatever their case; NULL: whatever they are */
    enum outcome_result result;
    enum failure_kind kind;
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

/* The first row that fits; NULL: none. words may be NULL. */
const struct refusal *refusal_find(const struct refusal *rows, size_t count, int status,
                                   const char *words);

/* Puts what a row says into the verdict. */
void refusal_explain(struct verdict *verdict, enum outcome_result result, enum failure_kind kind,
                     const char *sentence, const char *next);

/* The network's words, or the whole body where it has none; NULL: there is nothing. */
const char *refusal_detail(const struct http_reply *reply, const char *words);

/* Ends a POST that a site has twice, by the answer to removing the second one, which is no success:
 * where it is refused for good, people see both. */
enum channel_next refusal_end_twice(const struct channel_job *job, const struct http_reply *reply,
                                    struct verdict verdict, struct channel_action *action);

/* A code of small letters, digits, '_' and '-', to be shown to people; NULL: it is none. */
const char *refusal_code(const char *code);

#endif
