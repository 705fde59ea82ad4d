#include "cmd/asking.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"

#include "cmd/output.h"
#include "cmd/wrap.h"

enum { ANSWER_SIZE = 256, QUESTION_SIZE = 512 };

int asking_begin(const struct context *context, const char *refusal, bool *out_ask,
                 struct error *error)
{
    *out_ask = !option_is_given(context->invocation, "yes");
    if (!*out_ask || output_is_interactive())
        return 0;
    error_set(error, ERROR_USAGE, "%s", translated(refusal));
    return error_next(error, _("add --yes if it is meant"));
}

int asking_end(const char *question, const char *word, const char *refusal, struct error *error)
{
    char answer[ANSWER_SIZE];

    if (output_ask(question, answer, sizeof(answer)) && strcmp(answer, word) == 0)
        return 0;
    return error_set(error, ERROR_USAGE, "%s", translated(refusal));
}

int asking_lightly(const struct context *context, const char *word, struct error *error,
                   const char *format, ...)
{
    char question[QUESTION_SIZE];
    struct text words;
    va_list arguments;

    if (option_is_given(context->invocation, "yes") || !output_is_interactive())
        return 0;
    text_init(&words, QUESTION_SIZE * 4);
    va_start(arguments, format);
    text_addv(&words, format, arguments);
    va_end(arguments);
    wrap_note("", 0, "%s", words.bytes);
    text_release(&words);
    snprintf(question, sizeof(question), _("Type %s to go on: "), word);
    return asking_end(question, word, N_("not confirmed: nothing was changed"), error);
}
