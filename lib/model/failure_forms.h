/*
 * Sentences of a failure with gaps in them: for a municipality, a channel, a number, the sentence
 * of somebody else. A failure is stored in English, its gaps filled; who shows it to people finds
 * the form again by what stands between the gaps (report/stored_words.h), and the same form in the
 * reader's language. So a form stands here, and in FAILURE_FORMS, not where it is filled. No two
 * gaps are side by side, and none has flags.
 */
#ifndef CRISIS_MODEL_FAILURE_FORMS_H
#define CRISIS_MODEL_FAILURE_FORMS_H

#include "base/language.h"

/* --- what is wrong --------------------------------------------------------------------------- */

#define FORM_PART (N_("part %u of %zu: %s"))
#define FORM_NOT_RETRACTED (N_("not retracted: %.290s"))
#define FORM_INTERNAL_ADDRESS                                                                      \
    (N_("it has the internal address %s (%s), which this workspace does not talk to"))
#define FORM_NEEDS_PICTURE (N_("%s takes no post without a picture"))
#define FORM_NEEDS_SITE                                                                            \
    (N_("%s fetches pictures from the public site, and crisis.yaml has no `url` of the "           \
        "coordinator"))
#define FORM_NEEDS_JPEG (N_("%s needs JPEG pictures at a public https address"))
#define FORM_SEALED_CREDENTIAL (N_("the stored credential of %s %s '%s' cannot be opened: %s"))
#define FORM_SEALED_SECRET (N_("the secret '%s' in the vault cannot be opened: %s"))
#define FORM_NO_SECRET (N_("the secret '%s' is not in the vault: %s of %s in crisis.yaml"))

/* --- what to do about it --------------------------------------------------------------------- */

#define FORM_CONNECT_AGAIN                                                                         \
    (N_("ask municipality %s to connect %s again, then: crisis register %s %s"))
#define FORM_CONNECT_IF_IT_GOES_ON                                                                 \
    (N_("if it goes on, ask municipality %s to connect %s again, then: crisis register %s %s"))
#define FORM_GIVE_RIGHT (N_("ask municipality %s to give the right to post on %s"))
#define FORM_DELETE_BY_HAND (N_("ask municipality %s to delete the post on %s by hand"))
#define FORM_CHANGE_TEXT (N_("change the text for %s, approve it and send it again"))
#define FORM_LOOK_AT_PAGE (N_("look at the page of municipality %s on %s: it may be there already"))
#define FORM_LOOK_AT_SETTING                                                                       \
    (N_("look at the page of municipality %s on %s; see whether the account's setting '%s' is "    \
        "right, then: crisis register %s %s"))
#define FORM_LOOK_AT_ENDPOINT                                                                      \
    (N_("look at the page of municipality %s on %s; check the endpoint in crisis.yaml"))
#define FORM_SEE_SETTINGS                                                                          \
    (N_("see whether the account's settings are right, then: crisis register %s %s"))
#define FORM_SET_CHAT (N_("set 'chat' to %s: crisis register %s %s"))
#define FORM_REGISTER_AGAIN (N_("register it again: crisis register %s %s"))
#define FORM_PUT_SECRET (N_("crisis vault put %s, or restore the vault.age it was sealed with"))
#define FORM_HAVE_DELETED                                                                          \
    (N_("look at the %s account '%s' of %s, and have it deleted there if it was posted"))
#define FORM_LOOK_AGAIN (N_("look at the %s account '%s' of %s; crisis resume looks again"))
#define FORM_SEND_IF_ABSENT                                                                        \
    (N_("look at the %s account '%s' of %s; if it is not there: crisis send with "                 \
        "--only %s --only channel=%s"))
#define FORM_LOOK_AT_ACCOUNT (N_("look at the %s account '%s' of %s"))

/* All of them. One that begins as others do stands behind them. */
#define FAILURE_FORMS                                                                              \
    FORM_PART, FORM_NOT_RETRACTED, FORM_INTERNAL_ADDRESS, FORM_NEEDS_PICTURE, FORM_NEEDS_SITE,     \
        FORM_NEEDS_JPEG, FORM_SEALED_CREDENTIAL, FORM_SEALED_SECRET, FORM_NO_SECRET,               \
        FORM_CONNECT_AGAIN, FORM_CONNECT_IF_IT_GOES_ON, FORM_GIVE_RIGHT, FORM_DELETE_BY_HAND,      \
        FORM_CHANGE_TEXT, FORM_LOOK_AT_PAGE, FORM_LOOK_AT_SETTING, FORM_LOOK_AT_ENDPOINT,          \
        FORM_SEE_SETTINGS, FORM_SET_CHAT, FORM_REGISTER_AGAIN, FORM_PUT_SECRET, FORM_HAVE_DELETED, \
        FORM_LOOK_AGAIN, FORM_SEND_IF_ABSENT, FORM_LOOK_AT_ACCOUNT

#endif
