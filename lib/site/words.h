/* The fixed words of the pages, by language. Where a language is not here, Bokmål serves: the
 * words around a text are then in Bokmål, and marked as such. */
#ifndef CRISIS_SITE_WORDS_H
#define CRISIS_SITE_WORDS_H

#include "site/message.h"

enum site_word {
    WORD_LANGUAGE, /* the tag itself */
    WORD_ALL_MUNICIPALITIES,
    WORD_EXERCISE_BANNER,
    WORD_EXERCISE,
    WORD_KIND,
    WORD_STATUS,
    WORD_ISSUER,
    WORD_AREA,
    WORD_SENT,
    WORD_EXPIRES,
    WORD_HISTORY,
    WORD_THIS,
    WORD_VERIFY,
    WORD_VERIFY_SHORT,
    WORD_MESSAGE_ID,
    WORD_MACHINES,
    WORD_CURRENT,
    WORD_NONE,
    WORD_EARLIER,
    WORD_EXERCISES,
    WORD_SUBSCRIBE,
    WORD_MUNICIPALITIES,
    WORD_MESSAGES_OF, /* before a name */
    WORD_RETRACTED_NOTE,
    WORD_NEWEST,
    WORD_COUNT
};

/* For a BCP 47 tag, by its first subtag. Never NULL. */
const char *site_word(const char *language, enum site_word word);
const char *site_kind_word(const char *language, enum site_kind kind);
const char *site_status_word(const char *language, enum site_status status);

/* The language's own name, for a heading over a text in it; the tag where it is not known. */
const char *site_language_name(const char *language);

#endif
