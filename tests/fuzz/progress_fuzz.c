/* A driver's progress and the posts of a delivery, as the store keeps them: what is read is written
 * again and read the same. */
#include "dispatch/progress.h"

#include "fuzz.h"

static bool same_posts(const struct post *a, const struct post *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i].id, b[i].id) != 0 || strcmp(a[i].url, b[i].url) != 0)
            return false;
    return true;
}

static void read_progress(const char *bytes, size_t size, struct text *text)
{
    struct channel_progress progress, again;

    if (!progress_read(bytes, size, &progress)) {
        require(progress_is_blank(&progress), "what is none leaves nothing");
        return;
    }
    require(progress.post_count <= THREAD_PARTS_MAX && progress.part <= THREAD_PARTS_MAX,
            "there is room for every post");
    progress_write(&progress, text);
    require(!text->overflowed, "there is room for every progress");
    require(progress_read(text->bytes, text->length, &again) && again.stage == progress.stage &&
                again.part == progress.part && again.polls == progress.polls &&
                again.post_count == progress.post_count &&
                strcmp(again.handle, progress.handle) == 0 &&
                strcmp(again.media, progress.media) == 0 &&
                same_posts(again.posts, progress.posts, progress.post_count),
            "a progress is written as it was read");
}

static void read_posts(const char *string, struct text *text)
{
    struct post posts[THREAD_PARTS_MAX], again[THREAD_PARTS_MAX];
    size_t count, again_count;

    if (!posts_read(string, posts, &count)) {
        require(count == 0, "what is none has no posts");
        return;
    }
    posts_write(posts, count, text);
    require(!text->overflowed, "there is room for every post");
    require(posts_read(text->bytes, again, &again_count) && again_count == count &&
                same_posts(posts, again, count),
            "posts are written as they were read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text;
    char *string = fuzz_string(data, size);

    text_init(&text, PROGRESS_MAX_BYTES);
    read_progress(string, size, &text);
    text_reset(&text);
    read_posts(string, &text);
    text_release(&text);
    free(string);
    return 0;
}
