/*
 * Functions that are not used here, because they overflow, are not reentrant, or read the locale.
 * The build includes this file before everything else (-include), so that a use does not compile.
 */
#ifndef CRISIS_BASE_BANNED_H
#define CRISIS_BASE_BANNED_H

/* The system's own declarations must come before they are poisoned. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* With _FORTIFY_SOURCE and clang the C library has macros of these names. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atof
#pragma GCC poison gmtime localtime ctime asctime mktemp tmpnam system popen srand

#endif
