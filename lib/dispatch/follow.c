#include "dispatch/follow.h"

#include <string.h>

#include "dispatch/progress.h"

enum { BUCKETS = 4096 };

/* What stands at an account already, of the messages that this one follows. */
struct followed_account {
    const char *municipality, *channel, *label;
    struct followed_post *posts;
    bool is_called_off; /* what was posted there before the runs that were read is over */
    struct followed_account *next;
};

struct followed {
    struct followed_account *buckets[BUCKETS];
};

static struct followed_account **find_account(struct followed *followed,
                                              const struct delivery_record *record)
{
    const char *const names[] = {record->municipality, record->channel, record->account};
    size_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < 3; i++)
        for (const char *at = names[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    struct followed_account **at = &followed->buckets[hash % BUCKETS];
    while (*at && (strcmp((*at)->municipality, record->municipality) != 0 ||
                   strcmp((*at)->channel, record->channel) != 0 ||
                   strcmp((*at)->label, record->account) != 0))
        at = &(*at)->next;
    return at;
}

static struct followed_account *make_account(struct dispatcher *dispatcher,
                                             const struct delivery_record *record)
{
    struct followed_account **place = find_account(dispatcher->followed, record);

    if (!*place) {
        struct arena *arena = dispatcher->arena;
        *place = arena_alloc(arena, sizeof(**place));
        (*place)->municipality = arena_strdup(arena, record->municipality);
        (*place)->channel = arena_strdup(arena, record->channel);
        (*place)->label = arena_strdup(arena, record->account);
    }
    return *place;
}

const struct followed_post *follow_posts(const struct dispatcher *dispatcher,
                                         const struct delivery_record *record)
{
    const struct followed_account *account =
        dispatcher->followed ? *find_account(dispatcher->followed, record) : NULL;

    return account ? account->posts : NULL;
}

/* One run after the other, the latest first. */
struct taking {
    struct dispatcher *dispatcher;
    const struct followed_run *followed;
};

static bool take_posts(void *context, const struct delivery_record *record)
{
    const struct taking *taking = context;
    struct dispatcher *dispatcher = taking->dispatcher;
    struct followed_account *account = make_account(dispatcher, record);
    struct post posts[THREAD_PARTS_MAX];
    size_t count;

    if (taking->followed->is_end)
        account->is_called_off |= follow_is_reached(&taking->followed->run, record);
    if (account->is_called_off || record->state != DELIVERY_POSTED || !record->posts ||
        !posts_read(record->posts, posts, &count) || count == 0)
        return true;
    struct followed_post *followed = arena_alloc(dispatcher->arena, sizeof(*followed));
    followed->language = arena_strdup(dispatcher->arena, record->language);
    followed->post = posts[0]; /* of a thread, the one that people see */
    struct followed_post **end = &account->posts;
    while (*end)
        end = &(*end)->next;
    *end = followed;
    return true;
}

const char *follow_names(struct arena *arena, const struct plan *plan,
                         const struct message *message)
{
    const char *names = "";
    size_t left = plan->message_count;

    for (const struct message *at = message->follows; at && left > 0; at = at->follows, left--)
        names = arena_printf(arena, "%s%s%s", names, names[0] ? " " : "", at->name);
    return names;
}

static bool is_named(const char *names, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = names; *at; at += strspn(at, " ")) {
        const size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, name, length) == 0)
            return true;
        at += word;
    }
    return false;
}

static bool is_end(const struct run_record *run)
{
    return strcmp(run->kind, "cancel") == 0 || strcmp(run->kind, "all-clear") == 0;
}

int follow_runs(struct store *store, struct arena *arena, const char *plan, const char *follows,
                enum run_mode mode, struct followed_run **out, size_t *out_count,
                struct error *error)
{
    struct run_record *runs;
    size_t count, kept = 0;

    *out = NULL;
    *out_count = 0;
    if (mode == MODE_DRY_RUN)
        mode = MODE_LIVE;
    if (store_runs(store, arena, &runs, &count, error) < 0)
        return -1;
    struct followed_run *followed = arena_alloc_array(arena, count + 1, sizeof(*followed));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(runs[i].plan, plan) != 0 || runs[i].mode != mode)
            continue;
        bool named = is_named(follows, runs[i].message);
        if (named || (kept > 0 && is_end(&runs[i])))
            followed[kept++] = (struct followed_run){runs[i], !named};
    }
    *out = followed;
    *out_count = kept;
    return 0;
}

bool follow_is_reached(const struct run_record *run, const struct delivery_record *delivery)
{
    struct post posts[THREAD_PARTS_MAX];
    size_t post_count = 0;

    switch (delivery->state) {
    case DELIVERY_POSTED:
    case DELIVERY_IN_DOUBT:
    case DELIVERY_SENDING:
    case DELIVERY_RETRACTED:
        return true;
    case DELIVERY_QUEUED:
    case DELIVERY_WAITING:
        if (run->state == RUN_UNFINISHED)
            return true;
        break;
    default:
        break;
    }
    /* Of a thread, some parts may be there. */
    return delivery->posts && posts_read(delivery->posts, posts, &post_count) && post_count > 0;
}

int follow_load(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_options *options = dispatcher->options;
    const struct run_record *run = options->run;
    struct followed_run *followed;
    size_t count;

    if (!run->follows || !run->follows[0])
        return 0;
    if (follow_runs(options->reader, dispatcher->arena, run->plan, run->follows, run->mode,
                    &followed, &count, error) < 0)
        return -1;
    if (count > 0)
        dispatcher->followed = arena_alloc(dispatcher->arena, sizeof(*dispatcher->followed));
    for (size_t i = 0; i < count; i++)
        if (store_deliveries(options->reader, followed[i].run.row, take_posts,
                             &(struct taking){dispatcher, &followed[i]}, error) < 0)
            return -1;
    return 0;
}

const struct post *follow_find(const struct delivery *delivery)
{
    const struct followed_post *first = delivery->addressee->followed;
    for (const struct followed_post *followed = first; followed; followed = followed->next)
        if (strcmp(followed->language, delivery->language) == 0)
            return &followed->post;
    return first ? &first->post : NULL;
}
