#include "plan/syntax.h"

#include <string.h>

#include "base/language.h"

struct entry {
    const char *context; /* NULL: any */
    const char *problem; /* how libyaml's sentence begins */
    struct syntax_explanation explanation;
};

static const struct syntax_explanation unknown = {N_("this is not valid YAML"), SYNTAX_AT_PROBLEM};
static const struct syntax_explanation tab = {N_("a tab in the indentation: indent with spaces"),
                                              SYNTAX_AT_PROBLEM};

/* The first that fits counts. Wording of libyaml 0.2.5. */
static const struct entry entries[] = {
    {"while scanning a quoted scalar",
     "found unexpected",
     {N_("the text in quotes that begins here is not closed"), SYNTAX_AT_START}},
    {NULL,
     "found unknown escape character",
     {N_("unknown escape after '\\' in double quotes: write '\\\\' for a backslash, or use single "
         "quotes"),
      SYNTAX_AT_PROBLEM}},
    {NULL,
     "did not find expected hexdecimal number",
     {N_("hexadecimal digits are missing after the escape"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "found invalid Unicode character escape code",
     {N_("the escape names no Unicode character"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "found character that cannot start any token",
     {N_("a value cannot begin with this character: put the text in quotes"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "found a tab character",
     {N_("a tab in the indentation: indent with spaces"), SYNTAX_AT_PROBLEM}},
    {NULL, "could not find expected ':'", {N_("':' is missing after this key"), SYNTAX_AT_START}},
    {NULL,
     "mapping values are not allowed in this context",
     {N_("a ':' does not belong here: put the text in quotes, or correct the indentation"),
      SYNTAX_AT_PROBLEM}},
    {NULL,
     "block sequence entries are not allowed in this context",
     {N_("a list item ('-') does not belong here: begin the list on a new line"),
      SYNTAX_AT_PROBLEM}},
    {NULL,
     "mapping keys are not allowed in this context",
     {N_("a key does not belong here: correct the indentation"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "did not find expected ',' or ']'",
     {N_("',' or ']' is missing in the list that began"), SYNTAX_BOTH}},
    {NULL,
     "did not find expected ',' or '}'",
     {N_("',' or '}' is missing in the map that began"), SYNTAX_BOTH}},
    {NULL,
     "did not find expected '-' indicator",
     {N_("'-' is expected here, or another indentation, in the list that began"), SYNTAX_BOTH}},
    {NULL,
     "did not find expected key",
     {N_("no key begins here: a quote is closed too early, or the indentation does not fit the map "
         "that began"),
      SYNTAX_BOTH}},
    {NULL,
     "did not find expected node content",
     {N_("a value is expected here: put the text in quotes"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "did not find expected <document start>",
     {N_("this does not belong to what stands above: correct the indentation"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "did not find expected alphabetic or numeric character",
     {N_("a name is missing after '&' or '*': put the text in quotes"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "did not find expected comment or line break",
     {N_("nothing may follow '|' or '>' on the same line: begin the text on the next line"),
      SYNTAX_AT_PROBLEM}},
    {NULL,
     "found an indentation indicator equal to 0",
     {N_("the number after '|' or '>' must be 1 to 9"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "found unexpected ':'",
     {N_("a ':' does not belong here: put the text in quotes"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "found undefined tag handle",
     {N_("tags ('!…') are not used: put the text in quotes"), SYNTAX_AT_PROBLEM}},
    {NULL,
     "found incompatible YAML document",
     {N_("only YAML 1.1 and 1.2 can be read"), SYNTAX_AT_PROBLEM}},
    /* xgettext:no-c-format */
    {"while scanning a directive", "", {N_("a line cannot begin with '%' here"), SYNTAX_AT_START}},
    {"while parsing a tag",
     "",
     {N_("tags ('!…') are not used: put the text in quotes"), SYNTAX_AT_PROBLEM}},
    {"while scanning a tag",
     "",
     {N_("tags ('!…') are not used: put the text in quotes"), SYNTAX_AT_PROBLEM}},
};

struct syntax_explanation syntax_explain(const char *problem, const char *context, char next)
{
    if (problem && next == '\t' && strncmp(problem, "found character", 15) == 0)
        return tab;
    for (size_t i = 0; problem && i < sizeof(entries) / sizeof(entries[0]); i++) {
        const struct entry *entry = &entries[i];
        if (strncmp(problem, entry->problem, strlen(entry->problem)) != 0)
            continue;
        if (!entry->context || (context && strcmp(context, entry->context) == 0))
            return entry->explanation;
    }
    return unknown;
}
