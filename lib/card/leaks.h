/* What LeakSanitizer must know of a program that draws; included once in each. Pango sorts fonts on
 * a thread of its own, which ends a moment after the fonts have been given back. */
#ifndef CRISIS_CARD_LEAKS_H
#define CRISIS_CARD_LEAKS_H

#ifdef __SANITIZE_ADDRESS__
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Called by LeakSanitizer: what fontconfig holds for that thread looks lost while it works. */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n";
}

static inline bool card_has_pango_thread(void)
{
    DIR *threads = opendir("/proc/self/task");
    const struct dirent *entry;
    bool found = false;

    while (threads && !found && (entry = readdir(threads))) {
        char path[300], name[16] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        found = file && fgets(name, sizeof(name), file) && strncmp(name, "[pango]", 7) == 0;
        if (file)
            fclose(file);
    }
    if (threads)
        closedir(threads);
    return found;
}

/* LeakSanitizer stops all threads when the process ends, and does not bear one that ends as well. */
static inline void card_await_pango_thread(void)
{
    enum { MOMENTS_MAX = 5000 };
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; i < MOMENTS_MAX && card_has_pango_thread(); i++)
        nanosleep(&moment, NULL);
}
#else
static inline void card_await_pango_thread(void)
{
}
#endif

#endif
