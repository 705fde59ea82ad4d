/* Whether this machine's clock is right: signatures, approvals and certificates all go by it. */
#ifndef CRISIS_CMD_DOCTOR_CLOCK_H
#define CRISIS_CMD_DOCTOR_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/diagnosis.h"

/* Of the audit log's last entry; 0: there is none. An entry is told the time by this clock, so a
 * later one means that the clock was set back, or was wrong then. */
void doctor_judge_log_time(struct diagnosis *diagnosis, int64_t last_entry_unix_ms,
                           int64_t now_unix_ms);

/* Of servers: how far each one's clock is ahead of ours, in any order, which is changed here. The
 * one in the middle counts, so that a few servers with wrong clocks do not. */
void doctor_judge_server_times(struct diagnosis *diagnosis, int64_t *ahead_ms, size_t count);

#endif
