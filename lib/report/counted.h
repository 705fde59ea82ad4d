/* How many of something, in the reader's language: "1 delivery", "12 deliveries". For sentences
 * that hold several numbers, of which ngettext() can follow one only. */
#ifndef CRISIS_REPORT_COUNTED_H
#define CRISIS_REPORT_COUNTED_H

#include <stddef.h>

struct counted {
    char words[80];
};

struct counted counted_accounts(size_t count);
struct counted counted_deliveries(size_t count);
struct counted counted_entries(size_t count);
struct counted counted_errors(size_t count);
struct counted counted_messages(size_t count);
struct counted counted_municipalities(size_t count);
struct counted counted_posts(size_t count);
struct counted counted_problems(size_t count);
struct counted counted_runs(size_t count);
struct counted counted_texts(size_t count);
struct counted counted_tree_heads(size_t count);
struct counted counted_warnings(size_t count);

#endif
