/* Random numbers for property tests: SplitMix64 with a seed that the test writes down, so that a
 * failure comes again. Not for anything secret. */
#ifndef CRISIS_TESTS_UNIT_PROPERTY_H
#define CRISIS_TESTS_UNIT_PROPERTY_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t property_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 to bound - 1. */
static inline uint64_t property_below(uint64_t *state, uint64_t bound)
{
    return property_next(state) % bound;
}

static inline void property_fill(uint64_t *state, void *out, size_t size)
{
    unsigned char *bytes = out;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)property_next(state);
}

#endif
