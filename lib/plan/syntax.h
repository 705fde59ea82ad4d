/* What libyaml says about a syntax error, in words for the person who writes the file. */
#ifndef CRISIS_PLAN_SYNTAX_H
#define CRISIS_PLAN_SYNTAX_H

enum syntax_place {
    SYNTAX_AT_PROBLEM, /* show where reading ended */
    SYNTAX_AT_START,   /* show where the construct began */
    SYNTAX_BOTH,       /* show where reading ended, and name the line of the beginning */
};

struct syntax_explanation {
    const char *words;
    enum syntax_place place;
};

/* `problem` is libyaml's sentence, `context` what it was reading then (both may be NULL); `next`
 * is the byte at the place of the problem, 0 at the end. */
struct syntax_explanation syntax_explain(const char *problem, const char *context, char next);

#endif
