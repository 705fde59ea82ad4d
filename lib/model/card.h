/*
 * A text card: what a message says, as a picture, for networks that show nothing without one. This
 * is what stands on it; it is what approvers sign. lib/card draws it.
 */
#ifndef CRISIS_MODEL_CARD_H
#define CRISIS_MODEL_CARD_H

struct card {
    const char *language;     /* BCP 47 */
    const char *issuer;       /* who says it */
    const char *municipality; /* to whom */
    const char *title;        /* of the plan: the headline where there is none and one is needed */
    const char *headline;     /* may be empty */
    const char *text;
    const char *time; /* as people write it in the language */
    const char *link; /* where there is more; NULL: nowhere */
    const char *mark; /* of an exercise: "ØVELSE"; NULL: it is none */
};

#endif
