/* The commands, one file each (or two that belong together). */
#ifndef CRISIS_CMD_COMMANDS_H
#define CRISIS_CMD_COMMANDS_H

#include "cmd/options.h"

extern const struct command command_init;
extern const struct command command_check;
extern const struct command command_preview;
extern const struct command command_approve;
extern const struct command command_approvals;
extern const struct command command_approvers;
extern const struct command command_doctor;
extern const struct command command_rehearse;
extern const struct command command_send;
extern const struct command command_resume;
extern const struct command command_stop;
extern const struct command command_retract;
extern const struct command command_status;
extern const struct command command_watch;
extern const struct command command_runs;
extern const struct command command_report;
extern const struct command command_register;
extern const struct command command_unregister;
extern const struct command command_invite;
extern const struct command command_seal;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_vault;
extern const struct command command_channels;
extern const struct command command_audit;
extern const struct command command_sandbox;
extern const struct command command_measure;
extern const struct command command_render;
extern const struct command command_verify;
extern const struct command command_unseal;
extern const struct command command_complete;
extern const struct command command_help;

#endif
