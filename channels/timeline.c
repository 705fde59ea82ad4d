#include "channels/timeline.h"

#include <string.h>

#include "channels/match.h"
#include "channels/shared.h"

static bool is_recorded(const struct channel_progress *progress, const char *id)
{
    for (unsigned i = 0; i < progress->post_count; i++)
        if (strcmp(progress->posts[i].id, id) == 0)
            return true;
    return false;
}

/* A part after the first replies to the one before; where the network does not say, it may. */
static bool fits_thread(const struct channel_progress *progress, const struct timeline_post *post)
{
    return progress->part == 0 || !post->reply_to ||
           strcmp(post->reply_to, progress->posts[progress->part - 1].id) == 0;
}

bool timeline_take(const struct channel_job *job, struct channel_progress *progress,
                   const struct timeline_post *post, unsigned match_options, bool *is_timeless)
{
    enum match_time time = match_created(post->created, job->first_sent_unix_ms);

    if (progress->part >= job->draft->part_count || !post->id || !post->text ||
        strlen(post->id) >= POST_ID_SIZE || time == MATCH_BEFORE ||
        is_recorded(progress, post->id) || match_known(job, post->id) ||
        !fits_thread(progress, post) ||
        !match_text(job->draft->parts[progress->part], post->text, match_options))
        return false;
    if (time == MATCH_NO_TIME) {
        *is_timeless = true;
        return false;
    }
    struct post *found = &progress->posts[progress->part];
    memcpy(found->id, post->id, strlen(post->id) + 1);
    shared_copy_url(job, post->url, found->url, sizeof(found->url));
    progress->part++;
    progress->post_count = progress->part;
    return true;
}
