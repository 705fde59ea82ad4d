/* The state of the cipher Blowfish (Schneier, 1993), and the one that it begins with. */
#ifndef CRISIS_TRUST_BLOWFISH_TABLE_H
#define CRISIS_TRUST_BLOWFISH_TABLE_H

#include <stdint.h>

enum { BLOWFISH_ROUND_KEYS = 18, BLOWFISH_BOXES = 4, BLOWFISH_BOX_WORDS = 256 };

struct blowfish_state {
    uint32_t p[BLOWFISH_ROUND_KEYS];
    uint32_t s[BLOWFISH_BOXES * BLOWFISH_BOX_WORDS]; /* the four boxes, one after the other */
};

extern const struct blowfish_state blowfish_table;

#endif
