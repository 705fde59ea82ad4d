#include "base/language.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_SIZE = 4096 };

static const char domain[] = "crisis";

/* What the environment asks for, in the order that POSIX gives the names. */
static const char *wanted_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return value;
    }
    return NULL;
}

/* A catalogue needs no locale: where the system lacks the wanted one, one that is always there
 * stands for it, and LANGUAGE says which language it is. */
static void choose_locale(void)
{
    const char *wanted = wanted_locale();
    const char *languages = getenv("LANGUAGE");

    if (setlocale(LC_MESSAGES, "") || !wanted || !setlocale(LC_MESSAGES, "C.UTF-8"))
        return;
    if (!languages || !languages[0])
        (void)setenv("LANGUAGE", wanted, 1);
}

/* The folder `po` beside the program, where it runs from the folder that it was built in. */
static bool find_built(char folder[FOLDER_SIZE])
{
    char path[FOLDER_SIZE];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

    if (length <= 0 || (size_t)length >= sizeof(path))
        return false;
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    int wanted = snprintf(folder, FOLDER_SIZE, "%s/po", path);
    return wanted > 0 && wanted < FOLDER_SIZE && access(folder, R_OK | X_OK) == 0;
}

void language_begin(void)
{
    char folder[FOLDER_SIZE];

    choose_locale();
    (void)bindtextdomain(domain, find_built(folder) ? folder : CRISIS_LOCALE_FOLDER);
    (void)bind_textdomain_codeset(domain, "UTF-8");
    (void)textdomain(domain);
    (void)gettext(""); /* what is confined later opens no file then */
}

const char *translated(const char *text)
{
    return text && text[0] ? gettext(text) : text;
}
