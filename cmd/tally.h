/* Prints where a run stands: `send`, `resume` and `status` end with it. */
#ifndef CRISIS_CMD_TALLY_H
#define CRISIS_CMD_TALLY_H

#include <stdint.h>

#include "report/tally.h"

#include "cmd/output.h"

/* The summary: as text, or as {"event":"summary",…}. ms: how long it took; < 0: not told. */
void tally_print(const struct tally *tally, const struct run_record *run, int64_t ms);

/* Of the text: channel by channel, what was not posted and why, and who was reached on none. */
void tally_print_details(const struct tally *tally);

/* The members of the summary, into an object that has begun. */
void tally_add_json(struct json_line *line, const struct tally *tally, const struct run_record *run,
                    int64_t ms);

/* {"event":"delivery",…} for one delivery of the store. */
void tally_print_delivery(const struct run_record *run, const struct delivery_record *delivery);

#endif
