#include "dispatch/retraction.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "model/failure_forms.h"

#include "dispatch/dispatcher.h"
#include "dispatch/progress.h"
#include "dispatch/verdict.h"

/* Only the last failure is on record: of a single attempt it tells whether the network refused it,
 * of several nothing. */
bool dispatch_may_be_posted(const struct channel_driver *driver,
                            const struct delivery_record *record)
{
    bool is_unfinished = record->state == DELIVERY_WAITING || record->state == DELIVERY_STOPPED;

    if (!(driver->features & FEATURE_REPEATABLE))
        return false;
    bool was_refused =
        record->attempts == 1 && is_unfinished && !verdict_leaves_open(record->failure.kind, true);
    return record->attempts > 0 && !was_refused;
}

/* --- what there is to take back -------------------------------------------------------------- */

size_t retraction_post_count(const struct delivery_record *record)
{
    struct post posts[THREAD_PARTS_MAX];
    size_t count;

    return posts_read(record->posts, posts, &count) ? count : 0;
}

bool retraction_is_doubtful(const struct delivery_record *record)
{
    const struct channel_driver *driver = channel_find(record->channel);

    switch (record->state) {
    case DELIVERY_SENDING:
    case DELIVERY_IN_DOUBT:
        return true;
    case DELIVERY_QUEUED:
    case DELIVERY_WAITING:
    case DELIVERY_STOPPED:
        return driver && dispatch_may_be_posted(driver, record);
    default:
        return false;
    }
}

bool retraction_is_due(const struct delivery_record *record)
{
    if (record->state == DELIVERY_RETRACTED)
        return false;
    return record->state == DELIVERY_POSTED || retraction_is_doubtful(record) ||
           retraction_post_count(record) > 0;
}

bool retraction_is_meant(const struct dispatch_options *options,
                         const struct delivery_record *record)
{
    return retraction_is_due(record) &&
           (!options->is_meant || options->is_meant(options->meant_context, record));
}

/* A post that is known is told by the list of posts; the progress is of the request before it. */
char *retraction_progress(const struct delivery_record *record)
{
    struct channel_progress progress;
    struct text text;
    size_t count;

    if (!progress_read(record->progress, record->progress_size_bytes, &progress))
        progress = (struct channel_progress){0};
    if (posts_read(record->posts, progress.posts, &count))
        progress.post_count = (unsigned)count;
    text_init(&text, PROGRESS_MAX_BYTES);
    progress_write(&progress, &text);
    char *written = memory_strdup(text.bytes);
    text_release(&text);
    return written;
}

/* --- where it begins ------------------------------------------------------------------------- */

static enum work work_on(const struct dispatch_options *options,
                         const struct delivery_record *record)
{
    const struct channel_driver *driver = channel_find(record->channel);

    if (!retraction_is_meant(options, record))
        return WORK_NONE;
    return retraction_is_doubtful(record) || !driver || !(driver->features & FEATURE_RETRACT)
               ? WORK_PLACED
               : WORK_QUEUED;
}

struct looking {
    struct dispatcher *dispatcher;
    size_t index;
};

static bool look_at(void *context, const struct delivery_record *record)
{
    struct looking *looking = context;
    struct dispatcher *dispatcher = looking->dispatcher;

    if (looking->index == dispatcher->options->run->delivery_count)
        return false; /* the run record and its rows disagree: seen by the caller */
    enum work work = work_on(dispatcher->options, record);
    dispatcher->due[looking->index++] = (uint8_t)work;
    dispatcher->result.pending += work != WORK_NONE;
    return true;
}

int retraction_load(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_options *options = dispatcher->options;

    if (options->task != TASK_RETRACT)
        return 0;
    dispatcher->due = memory_alloc(options->run->delivery_count + 1);
    return store_deliveries(options->reader, options->run->row, look_at,
                            &(struct looking){dispatcher, 0}, error);
}

static void give_up(struct dispatcher *dispatcher, struct delivery *delivery)
{
    const struct account *account = &delivery->addressee->stored->account;
    struct failure failure = {.kind = FAILURE_PERMISSION};

    snprintf(failure.message, sizeof(failure.message),
             N_("posts on this channel cannot be deleted"));
    snprintf(failure.next, sizeof(failure.next), FORM_DELETE_BY_HAND, account->municipality,
             account->channel);
    attempt_give_up(dispatcher, delivery, &failure);
}

void retraction_place(struct dispatcher *dispatcher, struct delivery *delivery)
{
    unsigned features = delivery->addressee->network->driver->features;
    bool is_doubtful = delivery->may_be_posted;

    if (!(features & FEATURE_RETRACT)) {
        give_up(dispatcher, delivery);
        return;
    }
    delivery->to_look_up = is_doubtful && features & FEATURE_FIND;
    delivery->may_be_posted = is_doubtful && !delivery->to_look_up;
    if (!delivery->to_look_up) {
        schedule_ready(&dispatcher->schedule, delivery);
        return;
    }
    /* As after a crash, and also where posting again would be as good as a look. */
    int64_t since_sent_ms = dispatcher_unix_ms(dispatcher) - delivery->first_sent_unix_ms;
    struct verdict verdict = verdict_after_crash(FEATURE_FIND, since_sent_ms);
    schedule_wait(&dispatcher->schedule, delivery,
                  loop_now_ms(dispatcher->options->loop) + verdict.wait_ms);
}
