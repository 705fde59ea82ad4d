#include "base/language.h"

#include <locale.h>
#include <stdlib.h>

#include "base/beside.h"

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

void language_begin(void)
{
    char folder[BESIDE_PATH_SIZE];

    choose_locale();
    (void)bindtextdomain(domain, beside_program("po", folder) ? folder : CRISIS_LOCALE_FOLDER);
    (void)bind_textdomain_codeset(domain, "UTF-8");
    (void)textdomain(domain);
    (void)gettext(""); /* what is confined later opens no file then */
}

void language_english_begin(void)
{
    /* The locale "C" is always there, and no catalogue is asked in it, whatever LANGUAGE says. */
    (void)uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

void language_english_end(void)
{
    (void)uselocale(LC_GLOBAL_LOCALE);
}

const char *translated(const char *text)
{
    return text && text[0] ? gettext(text) : text;
}
