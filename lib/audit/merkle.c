#include "audit/merkle.h"

#include <string.h>

static const unsigned char leaf_prefix[1] = {0x00};
enum { NODE_PREFIX = 0x01 };

void merkle_init(struct merkle_tree *tree)
{
    memset(tree, 0, sizeof(*tree));
    tree->state = sha256_new();
}

void merkle_release(struct merkle_tree *tree)
{
    sha256_free(tree->state);
    tree->state = NULL;
}

void merkle_leaf_hash(struct merkle_tree *tree, const void *entry, size_t size,
                      unsigned char out[SHA256_SIZE])
{
    sha256_add(tree->state, leaf_prefix, sizeof(leaf_prefix));
    sha256_add(tree->state, entry, size);
    sha256_finish(tree->state, out);
}

void merkle_node_hash(struct sha256 *state, const unsigned char left[SHA256_SIZE],
                      const unsigned char right[SHA256_SIZE], unsigned char out[SHA256_SIZE])
{
    unsigned char node[1 + 2 * SHA256_SIZE] = {NODE_PREFIX}; /* one call costs less than three */

    memcpy(node + 1, left, SHA256_SIZE);
    memcpy(node + 1 + SHA256_SIZE, right, SHA256_SIZE);
    sha256_add(state, node, sizeof(node));
    sha256_finish(state, out);
}

static bool has_level(uint64_t size, unsigned level)
{
    return (size >> level & 1) != 0;
}

void merkle_append(struct merkle_tree *tree, const unsigned char leaf_hash[SHA256_SIZE])
{
    unsigned char carried[SHA256_SIZE];
    unsigned level = 0;

    memcpy(carried, leaf_hash, SHA256_SIZE);
    while (level < MERKLE_LEVELS_MAX - 1 && has_level(tree->size, level)) {
        merkle_node_hash(tree->state, tree->edge[level], carried, carried);
        level++;
    }
    memcpy(tree->edge[level], carried, SHA256_SIZE);
    tree->size++;
}

void merkle_root(struct merkle_tree *tree, unsigned char out[SHA256_SIZE])
{
    bool any = false;

    for (unsigned level = 0; level < MERKLE_LEVELS_MAX; level++) {
        if (!has_level(tree->size, level))
            continue;
        if (any)
            merkle_node_hash(tree->state, tree->edge[level], out, out);
        else
            memcpy(out, tree->edge[level], SHA256_SIZE);
        any = true;
    }
    if (!any)
        sha256_finish(tree->state, out); /* the empty tree: the hash of nothing */
}

size_t merkle_edge_write(const struct merkle_tree *tree,
                         unsigned char out[MERKLE_LEVELS_MAX * SHA256_SIZE])
{
    size_t size = 0;

    for (unsigned level = MERKLE_LEVELS_MAX; level-- > 0;) {
        if (!has_level(tree->size, level))
            continue;
        memcpy(out + size, tree->edge[level], SHA256_SIZE);
        size += SHA256_SIZE;
    }
    return size;
}

bool merkle_edge_read(struct merkle_tree *tree, uint64_t tree_size, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t levels = 0;

    for (unsigned level = 0; level < MERKLE_LEVELS_MAX; level++)
        levels += has_level(tree_size, level);
    if (tree_size >> MERKLE_LEVELS_MAX != 0 || size != levels * SHA256_SIZE)
        return false;
    for (unsigned level = MERKLE_LEVELS_MAX; level-- > 0;) {
        if (!has_level(tree_size, level))
            continue;
        memcpy(tree->edge[level], at, SHA256_SIZE);
        at += SHA256_SIZE;
    }
    tree->size = tree_size;
    return true;
}
