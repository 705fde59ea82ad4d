#include "cmd/audit_posts.h"

#include <string.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "dispatch/progress.h"

/* --- plain posts ----------------------------------------------------------------------------- */

/* Nearly all ids and addresses are of bytes that JSON and entries keep as they are. Their posts are
 * read off the words; all others are parsed, written, and compared. */
static bool take_plain(const char **at, const char *before, size_t size, const char *key,
                       struct text *lines)
{
    const size_t before_length = strlen(before);
    const char *value = *at + before_length, *end = value;

    if (strncmp(*at, before, before_length) != 0)
        return false;
    while (*end >= ' ' && *end <= '~' && *end != '"' && *end != '\\')
        end++;
    if (end == value || *end != '"' || (size_t)(end - value) >= size)
        return false;
    if (lines) {
        text_add(lines, key);
        text_add_bytes(lines, value, (size_t)(end - value));
        text_add_char(lines, '\n');
    }
    *at = end + 1;
    return true;
}

static bool read_plain(const char *words, size_t most, struct text *lines, size_t *count)
{
    const char *at = words;

    text_reset(lines);
    for (*count = 0; *count < THREAD_PARTS_MAX; at++) {
        struct text *out = *count < most ? lines : NULL;
        if (!take_plain(&at, *count == 0 ? "[{\"id\":\"" : "{\"id\":\"", POST_ID_SIZE, "post ",
                        out))
            return false;
        if (*at == ',' && !take_plain(&at, ",\"url\":\"", POST_URL_SIZE, "url ", out))
            return false;
        ++*count;
        if (*at++ != '}')
            return false;
        if (*at != ',')
            return strcmp(at, "]") == 0;
    }
    return false;
}

/* --- any posts ------------------------------------------------------------------------------- */

static bool read_any(const char *words, size_t most, struct text *json, struct text *lines,
                     size_t *count)
{
    struct post posts[THREAD_PARTS_MAX];

    if (!posts_read(words, posts, count))
        return false;
    text_reset(json);
    posts_write(posts, *count, json);
    text_reset(lines);
    for (size_t i = 0; i < *count && i < most; i++) {
        entry_add(lines, "post", posts[i].id);
        entry_add(lines, "url", posts[i].url);
    }
    return strcmp(json->bytes, words) == 0;
}

bool audit_posts_lines(const char *words, size_t most, struct text *json, struct text *lines,
                       size_t *count)
{
    return read_plain(words, most, lines, count) || read_any(words, most, json, lines, count);
}
