/* Why a delivery failed, and what to do next, in the reader's language. Both are stored in English,
 * as JSON and the audit log have them; only who shows them to people asks here. */
#ifndef CRISIS_REPORT_STORED_WORDS_H
#define CRISIS_REPORT_STORED_WORDS_H

enum { STORED_WORDS_SIZE = 1024 };

struct stored_words {
    char words[STORED_WORDS_SIZE];
};

/* The message or next step of a failure (struct failure, struct http_failure). A sentence of ours
 * is translated: by itself, in a form of model/failure_forms.h, behind an address ("https://x: "),
 * or in front of the network's own words (": …"), which stay as they came. What is not known to the
 * catalogue stays as it is. */
struct stored_words stored_in_words(const char *stored);

#endif
