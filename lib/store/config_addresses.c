#include "store/config_addresses.h"

#include <string.h>

#include "base/language.h"

enum { ENTRIES_MAX = 64, WORD_BLOCKS_MAX = 4 };

static const char key[] = "internal-addresses";

/* A word stands for several blocks. Returns how many were added; 0 when it is none of them. */
static size_t read_entry(const struct fields *file, const struct placed_text *entry,
                         struct address_block *out)
{
    const struct address_block *blocks;
    size_t count = address_word_blocks(entry->text, &blocks);

    if (count > 0) {
        memcpy(out, blocks, count * sizeof(*out));
        return count;
    }
    const char *fault = address_block_fault(entry->text, out);
    if (!fault)
        return 1;
    problems_add(file->problems, SEVERITY_ERROR, entry->place,
                 _("'%.80s' %s; write loopback, private, an internal address, or a block such as "
                   "10.1.0.0/16"),
                 entry->text, translated(fault));
    return 0;
}

void config_read_addresses(const struct fields *file, struct config *config)
{
    struct placed_text *entries;
    size_t count;

    if (!field_texts(file, key, &entries, &count))
        return;
    if (count > ENTRIES_MAX) {
        problems_add(file->problems, SEVERITY_ERROR, node_place(field_find(file, key)),
                     _("more than %d internal addresses"), ENTRIES_MAX);
        return;
    }
    struct address_block *blocks =
        arena_alloc_array(file->arena, count * WORD_BLOCKS_MAX, sizeof(*blocks));
    for (size_t i = 0; i < count; i++)
        config->internal_address_count +=
            read_entry(file, &entries[i], &blocks[config->internal_address_count]);
    config->internal_addresses = blocks;
}
