#include "channels/match.h"

#include <string.h>
#include <strings.h>

#include "base/civil_time.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "count/nfc.h"

#include "channels/channel.h"

static const char short_link[] = "https://t.co/";

static bool is_white_space(uint32_t code_point)
{
    return code_point <= 0x20 || code_point == 0x85 || code_point == 0xa0 || code_point == 0x1680 ||
           (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 ||
           code_point == 0x2029 || code_point == 0x202f || code_point == 0x205f ||
           code_point == 0x3000;
}

/* Tags that end a line stand for white space, the others for nothing. */
static bool ends_line(const char *tag)
{
    static const char *const names[] = {"<p>", "<p ",  "</p>", "<br",
                                        "<li", "</li", "<div", "</div"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncasecmp(tag, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void add_without_tags(struct text *out, const char *html)
{
    while (*html) {
        const char *end = *html == '<' ? strchr(html, '>') : NULL;
        if (!end) {
            text_add_char(out, *html++);
            continue;
        }
        if (ends_line(html))
            text_add_char(out, ' ');
        html = end + 1;
    }
}

static void add_unescaped(struct text *out, const char *string)
{
    static const struct {
        const char *escape;
        char byte;
    } entities[] = {{"&amp;", '&'},  {"&lt;", '<'},    {"&gt;", '>'},   {"&quot;", '"'},
                    {"&#39;", '\''}, {"&apos;", '\''}, {"&nbsp;", ' '}, {"&#91;", '['}};

    while (*string) {
        size_t used = 1;
        char byte = *string;
        for (size_t i = 0; byte == '&' && i < sizeof(entities) / sizeof(entities[0]); i++) {
            size_t length = strlen(entities[i].escape);
            if (strncmp(string, entities[i].escape, length) == 0) {
                byte = entities[i].byte;
                used = length;
                break;
            }
        }
        text_add_char(out, byte);
        string += used;
    }
}

/* The code points in normal form C, for the caller to free; bytes that are no UTF-8 are U+FFFD. */
static int32_t *normal_form(const char *string, size_t *count)
{
    size_t size = strlen(string), length = 0;
    int32_t *code_points = memory_alloc_array(size + 1, sizeof(*code_points));

    for (size_t at = 0; at < size;) {
        uint32_t code_point = 0xfffd;
        size_t used = utf8_decode(string + at, size - at, &code_point);
        at += used ? used : 1;
        code_points[length++] = (int32_t)code_point;
    }
    int32_t *normal = nfc_normalize(code_points, length, count);
    memory_free(code_points);
    return normal;
}

/* Normal form C, one space between words, none around them. */
static void add_normalised(struct text *out, const char *string)
{
    size_t count = 0;
    int32_t *code_points = normal_form(string, &count);
    bool gap = false;

    for (size_t i = 0; i < count; i++) {
        uint32_t code_point = (uint32_t)code_points[i];
        char encoded[4];
        if (is_white_space(code_point)) {
            gap = out->length > 0;
            continue;
        }
        if (gap)
            text_add_char(out, ' ');
        gap = false;
        text_add_bytes(out, encoded, utf8_encode(code_point, encoded));
    }
    memory_free(code_points);
}

static size_t short_link_length(const char *at)
{
    static const char slug[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t prefix = sizeof(short_link) - 1;
    return strncmp(at, short_link, prefix) == 0 ? prefix + strspn(at + prefix, slug) : 0;
}

/* One word of theirs that holds short links: what is before the first and after the last must be
 * ours; between them ours has an address, which has a dot. */
static bool match_word(const char *ours, size_t our_length, const char *theirs, size_t length)
{
    const char *first = memmem(theirs, length, short_link, sizeof(short_link) - 1);
    if (!first)
        return our_length == length && memcmp(ours, theirs, length) == 0;
    const char *after = theirs;
    for (const char *at = first; at < theirs + length; at++) {
        size_t link = short_link_length(at);
        if (link)
            after = at + link;
    }
    size_t before_length = (size_t)(first - theirs);
    size_t after_length = (size_t)(theirs + length - after);
    if (before_length + after_length >= our_length)
        return false;
    return memcmp(ours, theirs, before_length) == 0 &&
           memcmp(ours + our_length - after_length, after, after_length) == 0 &&
           memchr(ours + before_length, '.', our_length - before_length - after_length);
}

static bool match_words(const char *ours, const char *theirs)
{
    for (;;) {
        size_t our_length = strcspn(ours, " ");
        size_t length = strcspn(theirs, " ");
        if (!match_word(ours, our_length, theirs, length))
            return false;
        ours += our_length;
        theirs += length;
        if (*ours != *theirs)
            return false;
        if (!*ours)
            return true;
        ours++;
        theirs++;
    }
}

bool match_text(const char *ours, const char *theirs, unsigned options)
{
    struct text untagged, plain, a, b;
    bool is_same = false;

    text_init(&untagged, TEXT_MAX_BYTES);
    text_init(&plain, TEXT_MAX_BYTES);
    text_init(&a, 4 * TEXT_MAX_BYTES);
    text_init(&b, 4 * TEXT_MAX_BYTES);
    if (strnlen(ours, TEXT_MAX_BYTES) == TEXT_MAX_BYTES ||
        strnlen(theirs, TEXT_MAX_BYTES) == TEXT_MAX_BYTES)
        goto out;
    if (options & MATCH_HTML) {
        add_without_tags(&untagged, theirs);
        theirs = untagged.bytes;
    }
    if (options & (MATCH_ENTITIES | MATCH_HTML))
        add_unescaped(&plain, theirs);
    else
        text_add(&plain, theirs);
    add_normalised(&a, ours);
    add_normalised(&b, plain.bytes);
    if (options & MATCH_SHORT_LINKS)
        is_same = match_words(a.bytes, b.bytes);
    else
        is_same = strcmp(a.bytes, b.bytes) == 0;
    is_same = is_same && !a.overflowed && !b.overflowed;
out:
    text_release(&b);
    text_release(&a);
    text_release(&plain);
    text_release(&untagged);
    return is_same;
}

enum match_time match_created(const char *created, int64_t first_sent_unix_ms)
{
    int64_t created_ms;
    if (!created || !rfc3339_parse(created, &created_ms))
        return MATCH_NO_TIME;
    /* Networks give whole seconds. */
    return created_ms + 999 >= first_sent_unix_ms - MATCH_SKEW_MS ? MATCH_SINCE : MATCH_BEFORE;
}

bool match_known(const struct channel_job *job, const char *id)
{
    for (size_t i = 0; i < job->known_id_count; i++)
        if (strcmp(job->known_ids[i], id) == 0)
            return true;
    return false;
}
