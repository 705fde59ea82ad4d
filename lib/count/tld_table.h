/* The list of tables/tlds.txt as data: folded to upper case, sorted by code units. */
#ifndef CRISIS_COUNT_TLD_TABLE_H
#define CRISIS_COUNT_TLD_TABLE_H

#include <stddef.h>
#include <uchar.h>

extern const char16_t *const tld_table[];
extern const size_t tld_table_count;

#endif
