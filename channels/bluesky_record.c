#include "channels/bluesky_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "wire/json.h"

#include "channels/bluesky_media.h"
#include "channels/bluesky_session.h"
#include "channels/shared.h"

enum {
    CID_SIZE = 80,
    TIME_SIZE = RFC3339_SIZE,
    CLOCK_BITS = 10,
    BACK_BITS = 24,      /* microseconds: 16 s */
    MICROSECONDS = 1000, /* in a millisecond */
    LINKS_MAX = 64,
};

/* Base 32 whose digits sort as their values (atproto.com/specs/tid). */
static const char digits[] = "234567abcdefghijklmnopqrstuvwxyz";

/* --- keys ------------------------------------------------------------------------------------ */

static void key_format(uint64_t value, char out[BLUESKY_KEY_SIZE])
{
    for (int i = BLUESKY_KEY_SIZE - 2; i >= 0; i--, value >>= 5)
        out[i] = digits[value & 31];
    out[BLUESKY_KEY_SIZE - 1] = '\0';
}

static bool key_read(const char *key, uint64_t *out)
{
    uint64_t value = 0;
    if (strlen(key) != BLUESKY_KEY_SIZE - 1)
        return false;
    for (const char *at = key; *at; at++) {
        const char *digit = strchr(digits, *at);
        if (!digit)
            return false;
        value = value << 5 | (uint64_t)(digit - digits);
    }
    *out = value;
    return true;
}

bool bluesky_uri_read(const char *uri, struct bluesky_uri *out)
{
    static const char scheme[] = "at://", middle[] = "/" BLUESKY_COLLECTION "/";
    size_t scheme_length = sizeof(scheme) - 1;
    const char *at = strncmp(uri, scheme, scheme_length) == 0 ? strstr(uri, middle) : NULL;
    uint64_t ignored;

    if (!at)
        return false;
    const char *repository = uri + scheme_length, *key = at + sizeof(middle) - 1;
    size_t length = (size_t)(at - repository);
    if (length == 0 || length >= sizeof(out->repository) || !key_read(key, &ignored))
        return false;
    memcpy(out->repository, repository, length);
    out->repository[length] = '\0';
    memcpy(out->key, key, sizeof(out->key));
    return shared_consists_of(out->repository,
                              "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:._-");
}

/* --- what progress.handle has ---------------------------------------------------------------- */

struct keys {
    char first[BLUESKY_KEY_SIZE], time[TIME_SIZE];
    char root[BLUESKY_KEY_SIZE], root_cid[CID_SIZE]; /* empty: it replies to nothing */
    char parent[BLUESKY_KEY_SIZE], parent_cid[CID_SIZE];
};

static bool is_cid(const char *cid)
{
    return strlen(cid) < CID_SIZE &&
           shared_consists_of(cid,
                              "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=");
}

static bool read_keys(const struct channel_progress *progress, struct keys *out)
{
    uint64_t ignored;
    int64_t time_ms;

    *out = (struct keys){0};
    int count = sscanf(progress->handle, "%13s %31s %13s %79s %13s %79s", out->first, out->time,
                       out->root, out->root_cid, out->parent, out->parent_cid);
    if ((count != 2 && count != 6) || !key_read(out->first, &ignored) ||
        !rfc3339_parse(out->time, &time_ms))
        return false;
    return count == 2 || (key_read(out->root, &ignored) && key_read(out->parent, &ignored) &&
                          is_cid(out->root_cid) && is_cid(out->parent_cid));
}

static bool write_keys(struct channel_progress *progress, const struct keys *keys)
{
    int length = keys->root[0] ? snprintf(progress->handle, sizeof(progress->handle),
                                          "%s %s %s %s %s %s", keys->first, keys->time, keys->root,
                                          keys->root_cid, keys->parent, keys->parent_cid)
                               : snprintf(progress->handle, sizeof(progress->handle), "%s %s",
                                          keys->first, keys->time);
    return length > 0 && (size_t)length < sizeof(progress->handle);
}

/* A key is a time and ten bits of chance, and a record under a key that exists takes the place of
 * the other. Deliveries to one account often begin in the same millisecond: so the time is one of
 * the last seconds, by chance as well. */
void bluesky_keys_choose(const struct channel_job *job, struct channel_progress *progress)
{
    struct keys keys = {0};
    uint64_t clock = ((uint64_t)job->nonce[0] << 8 | job->nonce[1]) & ((1u << CLOCK_BITS) - 1);
    uint64_t back = ((uint64_t)job->nonce[2] << 16 | (uint64_t)job->nonce[3] << 8 | job->nonce[4]) &
                    ((1u << BACK_BITS) - 1);
    uint64_t time = (uint64_t)job->now_unix_ms * MICROSECONDS - back;

    key_format((time << CLOCK_BITS | clock) & INT64_MAX, keys.first);
    rfc3339_format(job->now_unix_ms, keys.time);
    (void)write_keys(progress, &keys); /* these two always fit */
}

static void key_of_part(const struct keys *keys, unsigned part, char out[BLUESKY_KEY_SIZE])
{
    uint64_t first = 0;
    (void)key_read(keys->first, &first); /* read_keys() has looked */
    key_format((first + ((uint64_t)part << CLOCK_BITS)) & INT64_MAX, out);
}

bool bluesky_keys_read(const struct channel_progress *progress, char out[BLUESKY_KEY_SIZE])
{
    struct keys keys;
    if (!read_keys(progress, &keys))
        return false;
    key_of_part(&keys, progress->part, out);
    return true;
}

static void copy(char *out, size_t size, const char *string)
{
    snprintf(out, size, "%s", string);
}

void bluesky_keys_reply(const struct channel_job *job, struct channel_progress *progress,
                        const char *uri, const char *cid, const char *root_uri,
                        const char *root_cid)
{
    const char *own = bluesky_repository(job);
    struct bluesky_uri parent, root;
    struct keys keys;

    if (!root_uri || !root_cid) {
        root_uri = uri;
        root_cid = cid;
    }
    if (!own || !read_keys(progress, &keys) || !bluesky_uri_read(uri, &parent) ||
        !bluesky_uri_read(root_uri, &root) || strcmp(parent.repository, own) != 0 ||
        strcmp(root.repository, own) != 0 || !is_cid(cid) || !is_cid(root_cid))
        return;
    copy(keys.root, sizeof(keys.root), root.key);
    copy(keys.root_cid, sizeof(keys.root_cid), root_cid);
    copy(keys.parent, sizeof(keys.parent), parent.key);
    copy(keys.parent_cid, sizeof(keys.parent_cid), cid);
    (void)write_keys(progress, &keys); /* the sizes above leave room */
}

bool bluesky_keys_next(struct channel_progress *progress, const char *uri, const char *cid)
{
    struct bluesky_uri post;
    struct keys keys;

    if (!read_keys(progress, &keys) || !bluesky_uri_read(uri, &post) || !is_cid(cid))
        return false;
    if (!keys.root[0]) {
        copy(keys.root, sizeof(keys.root), post.key);
        copy(keys.root_cid, sizeof(keys.root_cid), cid);
    }
    copy(keys.parent, sizeof(keys.parent), post.key);
    copy(keys.parent_cid, sizeof(keys.parent_cid), cid);
    return write_keys(progress, &keys);
}

/* --- links ----------------------------------------------------------------------------------- */

struct link {
    size_t start, end; /* bytes of the text */
};

/* A link ends at white space. A mark behind it belongs to the sentence, and so does a closing
 * bracket that the link has not opened (as Bluesky's own detection has it). */
static size_t link_end(const char *text, size_t start)
{
    size_t end = start + strcspn(text + start, " \t\r\n\"<>");
    int open = 0;

    for (size_t i = start; i < end; i++)
        open += (text[i] == '(') - (text[i] == ')');
    for (; end > start; end--) {
        if (text[end - 1] == ')' && open < 0)
            open++;
        else if (!strchr(".,;:!?", text[end - 1]))
            break;
    }
    return end;
}

/* Only addresses with a protocol; they are shown as they stand. */
static bool next_link(const char *text, size_t from, struct link *out)
{
    for (const char *at = text + from; (at = strstr(at, "http")); at++) {
        size_t start = (size_t)(at - text);
        size_t protocol = strncmp(at, "https://", 8) == 0  ? 8
                          : strncmp(at, "http://", 7) == 0 ? 7
                                                           : 0;
        bool is_inside_word = start > 0 && !strchr(" \t\r\n(\"", text[start - 1]);
        if (protocol == 0 || is_inside_word)
            continue;
        out->start = start;
        out->end = link_end(text, start);
        if (out->end > start + protocol)
            return true;
    }
    return false;
}

static void add_links(const char *text, struct text *body)
{
    struct link link = {0};
    struct text address;

    if (!next_link(text, 0, &link))
        return;
    text_init(&address, strlen(text));
    json_add_name(body, "facets");
    text_add_char(body, '[');
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        text_reset(&address);
        text_add_bytes(&address, text + link.start, link.end - link.start);
        text_addf(body, "%s{\"index\":{\"byteStart\":%zu,\"byteEnd\":%zu},\"features\":[{",
                  i ? "," : "", link.start, link.end);
        json_add_member(body, "$type", "app.bsky.richtext.facet#link");
        json_add_member(body, "uri", address.bytes);
        text_add(body, "}]}");
        if (!next_link(text, link.end, &link))
            break;
    }
    text_add_char(body, ']');
    text_release(&address);
}

/* --- the record ------------------------------------------------------------------------------ */

static void add_reference(struct text *body, const char *name, const char *repository,
                          const char *key, const char *cid)
{
    char uri[sizeof(((struct bluesky_uri *)0)->repository) + 64];

    snprintf(uri, sizeof(uri), "at://%s/%s/%s", repository, BLUESKY_COLLECTION, key);
    json_add_name(body, name);
    text_add_char(body, '{');
    json_add_member(body, "uri", uri);
    json_add_member(body, "cid", cid);
    text_add_char(body, '}');
}

bool bluesky_record_add(const struct channel_job *job, const struct channel_progress *progress,
                        struct text *body)
{
    const char *repository = bluesky_repository(job);
    const char *text = job->draft->parts[progress->part];
    char key[BLUESKY_KEY_SIZE];
    struct keys keys;

    if (!repository || !read_keys(progress, &keys))
        return false;
    key_of_part(&keys, progress->part, key);
    text_add_char(body, '{');
    json_add_member(body, "repo", repository);
    json_add_member(body, "collection", BLUESKY_COLLECTION);
    json_add_member(body, "rkey", key);
    json_add_name(body, "record");
    text_add_char(body, '{');
    json_add_member(body, "$type", BLUESKY_COLLECTION);
    json_add_member(body, "text", text);
    json_add_member(body, "createdAt", keys.time);
    if (job->draft->language && job->draft->language[0]) {
        json_add_name(body, "langs");
        text_add_char(body, '[');
        json_add_string(body, job->draft->language);
        text_add_char(body, ']');
    }
    add_links(text, body);
    if (keys.root[0]) {
        json_add_name(body, "reply");
        text_add_char(body, '{');
        add_reference(body, "root", repository, keys.root, keys.root_cid);
        add_reference(body, "parent", repository, keys.parent, keys.parent_cid);
        text_add_char(body, '}');
    }
    if (progress->part == 0)
        bluesky_media_add(job, progress, body);
    text_add(body, "}}");
    return true;
}
