#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const area_names[] = {
    [LOG_PLAN] = "plan",         [LOG_STORE] = "store",     [LOG_HTTP] = "http",
    [LOG_DISPATCH] = "dispatch", [LOG_JOURNAL] = "journal", [LOG_PACE] = "pace",
    [LOG_SANDBOX] = "sandbox",   [LOG_CONFINE] = "confine",
};

enum { AREA_COUNT = sizeof(area_names) / sizeof(area_names[0]) };

static bool enabled[AREA_COUNT]; /* written once, before any thread starts */

void log_init(const char *specification)
{
    for (size_t i = 0; i < AREA_COUNT; i++)
        enabled[i] = false;
    while (specification && *specification) {
        size_t length = strcspn(specification, ",");
        bool all = length == 5 && strncmp(specification, "debug", 5) == 0;
        for (size_t i = 0; i < AREA_COUNT; i++)
            if (all || (strlen(area_names[i]) == length &&
                        strncmp(specification, area_names[i], length) == 0))
                enabled[i] = true;
        specification += length;
        specification += *specification == ',';
    }
}

bool log_enabled(enum log_area area)
{
    return enabled[area];
}

void log_write(enum log_area area, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(stderr, "%lld.%03ld %s: %s\n", (long long)now.tv_sec, now.tv_nsec / 1000000,
            area_names[area], line);
}
