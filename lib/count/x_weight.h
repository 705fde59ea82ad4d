/* The weighted length of a text on X. */
#ifndef CRISIS_COUNT_X_WEIGHT_H
#define CRISIS_COUNT_X_WEIGHT_H

#include <stddef.h>

/* The text is brought to normalization form C first. */
size_t x_weighted_length(const char *text, size_t length);

#endif
