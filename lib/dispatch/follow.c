#include "dispatch/follow.h"

#include <string.h>

#include "dispatch/progress.h"

static bool take_posts(void *context, const struct delivery_record *record)
{
    struct dispatcher *dispatcher = context;
    const struct stored_account *stored = dispatch_find_account(dispatcher->options, record);
    struct post posts[THREAD_PARTS_MAX];
    size_t count;

    if (!stored || record->state != DELIVERY_POSTED || !record->posts ||
        !posts_read(record->posts, posts, &count) || count == 0)
        return true;
    struct addressee *addressee = &dispatcher->addressees[stored - dispatcher->options->accounts];
    struct followed_post *followed = arena_alloc(dispatcher->arena, sizeof(*followed));
    followed->language = arena_strdup(dispatcher->arena, record->language);
    followed->post = posts[0]; /* of a thread, the one that people see */
    struct followed_post **end = &addressee->followed;
    while (*end)
        end = &(*end)->next;
    *end = followed;
    return true;
}

int follow_load(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_options *options = dispatcher->options;
    struct run_record followed;
    bool found;

    if (!options->run->follows || !options->run->follows[0])
        return 0;
    if (store_run_latest_of(options->reader, dispatcher->arena, options->run->plan,
                            options->run->follows, options->run->mode, 0, &followed, &found,
                            error) < 0)
        return -1;
    return found ? store_deliveries(options->reader, followed.row, take_posts, dispatcher, error)
                 : 0;
}

const struct post *follow_find(const struct delivery *delivery)
{
    const struct followed_post *first = delivery->addressee->followed;
    for (const struct followed_post *followed = first; followed; followed = followed->next)
        if (strcmp(followed->language, delivery->language) == 0)
            return &followed->post;
    return first ? &first->post : NULL;
}
