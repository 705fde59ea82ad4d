#include "dispatch/progress.h"

#include <stdio.h>
#include <string.h>

#include "wire/json.h"

bool progress_is_blank(const struct channel_progress *progress)
{
    return progress->stage == 0 && progress->part == 0 && progress->polls == 0 &&
           progress->post_count == 0 && progress->handle[0] == '\0' && progress->media[0] == '\0';
}

void posts_write(const struct post *posts, size_t count, struct text *out)
{
    text_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? ",{" : "{");
        json_add_member(out, "id", posts[i].id);
        if (posts[i].url[0])
            json_add_member(out, "url", posts[i].url);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

void progress_write(const struct channel_progress *progress, struct text *out)
{
    text_addf(out, "{\"stage\":%u,\"part\":%u,\"polls\":%u", progress->stage, progress->part,
              progress->polls);
    if (progress->handle[0])
        json_add_member(out, "handle", progress->handle);
    if (progress->media[0])
        json_add_member(out, "media", progress->media);
    if (progress->post_count > 0) {
        json_add_name(out, "posts");
        posts_write(progress->posts, progress->post_count, out);
    }
    text_add_char(out, '}');
}

/* Cut would be worse than lost: an id or address that is not the network's. */
static bool keep(const char *from, char *out, size_t size)
{
    int length = snprintf(out, size, "%s", from);
    return length >= 0 && (size_t)length < size;
}

static bool read_list(const struct json *list, struct post *out, size_t *out_count)
{
    size_t count = json_count(list);
    if (count > THREAD_PARTS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct json *item = json_item(list, i);
        const char *url = json_text(item, "url", NULL);
        out[i] = (struct post){0};
        if (!json_id(item, out[i].id, sizeof(out[i].id), "id", NULL))
            return false;
        if (url && !keep(url, out[i].url, sizeof(out[i].url)))
            return false;
    }
    *out_count = count;
    return true;
}

bool posts_read(const char *json, struct post *out, size_t *out_count)
{
    *out_count = 0;
    struct json *root = json_parse(json, strlen(json));
    bool is_read = root && !json_is_object(root) && read_list(root, out, out_count);
    json_free(root);
    return is_read;
}

static bool read_number(const struct json *root, const char *name, unsigned *out)
{
    int64_t value;
    if (!json_whole(root, &value, name, NULL) || value < 0 || value > 1000000)
        return false;
    *out = (unsigned)value;
    return true;
}

bool progress_read(const char *bytes, size_t size, struct channel_progress *out)
{
    *out = (struct channel_progress){0};
    struct json *root = json_parse(bytes, size);
    struct channel_progress read = {0};
    size_t post_count = 0;
    const char *handle = json_text(root, "handle", NULL);
    const char *media = json_text(root, "media", NULL);
    bool is_read = root && read_number(root, "stage", &read.stage) &&
                   read_number(root, "part", &read.part) &&
                   read_number(root, "polls", &read.polls) &&
                   read_list(json_get(root, "posts", NULL), read.posts, &post_count) &&
                   read.part <= THREAD_PARTS_MAX &&
                   (!handle || keep(handle, read.handle, sizeof(read.handle))) &&
                   (!media || keep(media, read.media, sizeof(read.media)));
    if (is_read) {
        read.post_count = (unsigned)post_count;
        *out = read;
    }
    json_free(root);
    return is_read;
}
