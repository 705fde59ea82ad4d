#include "channels/link_back.h"

#include <string.h>

#include "base/limits.h"

#include "channels/match.h"

const char *link_back_address(const struct channel_job *job)
{
    return job->reply_to && job->reply_to->url[0] ? job->reply_to->url : NULL;
}

/* Where the text ends for the address. An exercise is marked by the first line of a text and by the
 * last, which are the same and stay where they are. */
static size_t end_of(const char *text)
{
    const char *last = strrchr(text, '\n');
    size_t first_length = strcspn(text, "\n");

    if (last && strlen(last + 1) == first_length && strncmp(text, last + 1, first_length) == 0)
        return (size_t)(last - text);
    return strlen(text);
}

void link_back_add_text(const struct channel_job *job, struct text *out)
{
    const char *text = job->draft->parts[0], *address = link_back_address(job);
    size_t end = address ? end_of(text) : strlen(text);

    text_add_bytes(out, text, end);
    if (address) {
        text_add(out, LINK_BACK_GAP);
        text_add(out, address);
    }
    text_add(out, text + end);
}

bool link_back_match(const struct channel_job *job, const char *theirs, unsigned options)
{
    struct text ours;

    if (match_text(job->draft->parts[0], theirs, options))
        return true;
    if (!link_back_address(job))
        return false;
    text_init(&ours, TEXT_MAX_BYTES + LINK_BACK_ROOM(POST_URL_SIZE));
    link_back_add_text(job, &ours);
    bool is_same = !ours.overflowed && match_text(ours.bytes, theirs, options);
    text_release(&ours);
    return is_same;
}
