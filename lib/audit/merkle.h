/*
 * The Merkle tree of RFC 6962 section 2.1 over SHA-256: leaf = H(0x00 ‖ entry), node = H(0x01 ‖
 * left ‖ right). Only the right edge is kept (one hash for each complete subtree), which is all
 * that appending and the root need.
 */
#ifndef CRISIS_AUDIT_MERKLE_H
#define CRISIS_AUDIT_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

enum { MERKLE_LEVELS_MAX = 63 };

struct merkle_tree {
    uint64_t size;
    struct sha256 *state;                               /* reused for every hash */
    unsigned char edge[MERKLE_LEVELS_MAX][SHA256_SIZE]; /* edge[i]: subtree of 2^i leaves, where bit
                                                           i of size is set */
};

void merkle_init(struct merkle_tree *tree);
void merkle_release(struct merkle_tree *tree);
void merkle_leaf_hash(struct merkle_tree *tree, const void *entry, size_t size,
                      unsigned char out[SHA256_SIZE]);
/* The hash of a node; `out` may be left or right. */
void merkle_node_hash(struct sha256 *state, const unsigned char left[SHA256_SIZE],
                      const unsigned char right[SHA256_SIZE], unsigned char out[SHA256_SIZE]);
void merkle_append(struct merkle_tree *tree, const unsigned char leaf_hash[SHA256_SIZE]);
void merkle_root(struct merkle_tree *tree, unsigned char out[SHA256_SIZE]);

/* The edge as bytes (its set levels, highest first) to be stored beside a tree head, and back. */
size_t merkle_edge_write(const struct merkle_tree *tree,
                         unsigned char out[MERKLE_LEVELS_MAX * SHA256_SIZE]);
bool merkle_edge_read(struct merkle_tree *tree, uint64_t tree_size, const void *bytes, size_t size);

#endif
