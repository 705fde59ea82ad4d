/* Deliveries of a run, made from few words, for the tests of lib/report. */
#ifndef CRISIS_TESTS_UNIT_REPORT_FIXTURE_H
#define CRISIS_TESTS_UNIT_REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

static const int64_t run_began_ms = INT64_C(1795403052123); /* 2026-11-23T03:04:12.123Z */

static inline struct run_record run_in_mode(enum run_mode mode)
{
    return (struct run_record){
        .id = "flom.alert.20261123T030412Z.7f3a",
        .plan = "flom",
        .plan_file = "flom.yaml",
        .message = "alert",
        .kind = "alert",
        .follows = "",
        .mode = mode,
        .state = RUN_FINISHED,
        .threshold = 2,
        .started_unix_ms = run_began_ms,
        .finished_unix_ms = run_began_ms + 4000,
        .expires_unix_ms = run_began_ms + 3600000,
    };
}

static inline struct delivery_record delivery_of(const char *municipality, const char *name,
                                                 const char *channel, enum delivery_state state,
                                                 int64_t done_ms)
{
    return (struct delivery_record){
        .key = {0xfb, 1, 2},
        .municipality = municipality,
        .municipality_name = name,
        .channel = channel,
        .account = "default",
        .language = "nb",
        .draft_row = 1,
        .state = state,
        .attempts = 1,
        .posts = "[]",
        .first_sent_unix_ms = run_began_ms,
        .done_unix_ms = done_ms < 0 ? 0 : run_began_ms + done_ms,
    };
}

static inline void fail_with(struct delivery_record *delivery, enum failure_kind kind,
                             const char *message, const char *next)
{
    delivery->failure.kind = kind;
    (void)snprintf(delivery->failure.message, sizeof(delivery->failure.message), "%s", message);
    (void)snprintf(delivery->failure.next, sizeof(delivery->failure.next), "%s", next);
}

#endif
