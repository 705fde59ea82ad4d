#include "dispatch/attempt.h"

#include "dispatch/progress.h"

/* How far back a post could be taken for ours. */
enum { KNOWN_POSTS_MS = 48 * 60 * 60 * 1000 };

int attempt_gather_known(struct attempt *attempt, struct error *error)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    const struct delivery *delivery = attempt->delivery;
    struct post posts[THREAD_PARTS_MAX];
    const char **lists;
    size_t list_count, post_count, capacity = 0;

    if (store_account_posts(dispatcher->options->reader, attempt->arena, attempt_account(delivery),
                            delivery->row, delivery->first_sent_unix_ms - KNOWN_POSTS_MS, &lists,
                            &list_count, error) < 0)
        return -1;
    for (size_t i = 0; i < list_count; i++) {
        posts_read(lists[i], posts, &post_count);
        for (size_t j = 0; j < post_count; j++) {
            attempt->known_ids = arena_grow(attempt->arena, attempt->known_ids,
                                            attempt->known_id_count, &capacity, sizeof(char *));
            attempt->known_ids[attempt->known_id_count++] =
                arena_strdup(attempt->arena, posts[j].id);
        }
    }
    return 0;
}
