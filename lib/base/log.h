/*
 * What the program notes about itself, on standard error, off unless asked for with CRISIS_LOG
 * ("debug", "http,journal", …). Never a secret: callers log names, states and counts, no header, no
 * body, no URL with a query.
 */
#ifndef CRISIS_BASE_LOG_H
#define CRISIS_BASE_LOG_H

#include <stdbool.h>

enum log_area {
    LOG_PLAN,
    LOG_STORE,
    LOG_HTTP,
    LOG_DISPATCH,
    LOG_JOURNAL,
    LOG_PACE,
    LOG_SANDBOX,
    LOG_CONFINE
};

void log_init(const char *specification); /* the value of CRISIS_LOG; NULL: silent */
bool log_enabled(enum log_area area);
void log_write(enum log_area area, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(area, ...)                                                                       \
    do {                                                                                           \
        if (log_enabled(area))                                                                     \
            log_write(area, __VA_ARGS__);                                                          \
    } while (0)

#endif
