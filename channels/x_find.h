/* TASK_FIND on X: which parts of the draft stand in the account's own timeline. */
#ifndef CRISIS_CHANNELS_X_FIND_H
#define CRISIS_CHANNELS_X_FIND_H

#include "channels/channel.h"

enum channel_next x_step_find(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action);

#endif
