/* Words in lines of 80 columns, for terminals and for paper. */
#ifndef CRISIS_CMD_WRAP_H
#define CRISIS_CMD_WRAP_H

enum { WRAP_COLUMNS = 80 };

/* Gives the words to print() in lines, the first after `lead`, the others after `hanging` spaces. A
 * word that is longer than a line has one for itself. What could steer a terminal is shown as a
 * question mark. */
void wrap_words(const char *lead, int hanging, const char *words,
                void (*print)(void *context, const char *line), void *context);

/* A remark and a warning (output.h) in such lines. */
void wrap_note(const char *lead, int hanging, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void wrap_warning(const char *words);

#endif
