/* What exists on a network after a delivery. */
#ifndef CRISIS_MODEL_POST_H
#define CRISIS_MODEL_POST_H

enum { POST_ID_SIZE = 256, POST_URL_SIZE = 512 };

struct post {
    char id[POST_ID_SIZE]; /* the network's own, always text (64-bit ids do not survive a double) */
    char url[POST_URL_SIZE]; /* permalink; empty when the network gives none */
};

#endif
