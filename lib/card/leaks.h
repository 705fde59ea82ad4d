/* What LeakSanitizer is told by a program that draws; included once in each. */
#ifndef CRISIS_CARD_LEAKS_H
#define CRISIS_CARD_LEAKS_H

#ifdef __SANITIZE_ADDRESS__
/* Called by LeakSanitizer. Pango sorts fonts on a thread of its own, which may still be at it when
 * the program ends: what fontconfig holds for it then looks lost. */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n";
}
#endif

#endif
