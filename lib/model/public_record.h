/*
 * A message of the public site as a file: what channels/feed.c hands over, and what lib/site makes
 * pages, CAP and feeds from. It is a JSON object, `<path>/<slug>.json` below public/, written once:
 *
 *     {"format": PUBLIC_RECORD_FORMAT, "key": the delivery's key, "site":
 * "https://krise.example.no", "path": "0301", "slug": "20261123-030412-alert-7f3a90bc", "sender":
 * "0301@krise.example.no", "sent": "2026-11-23T04:04:12+01:00", "expires": the same form,
 *      "follows": the slug of the message under which it goes; left out when there is none,
 *      "document": what lib/plan/document.h writes}
 *
 * `retracted`, a time, is the only member that is ever added. The page is at
 * `<site>/<path>/<slug>.html`.
 */
#ifndef CRISIS_MODEL_PUBLIC_RECORD_H
#define CRISIS_MODEL_PUBLIC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define PUBLIC_RECORD_FORMAT "crisis-message/1"
#define PUBLIC_RECORD_END ".json"

enum {
    PUBLIC_PATH_MAX = 128, /* characters of a path, and of a slug */
    PUBLIC_FOLDERS_MAX = 8,
    PUBLIC_RECORD_MAX_BYTES = 1024 * 1024 + 16 * 1024, /* a document, and what stands around it */
};

/* What a retraction (TASK_RETRACT) adds to the name of a message. */
static const char public_retracted_end[] = "-retracted";

static inline bool public_name_has_length(const char *name, size_t length)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char more[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    return length > 0 && strchr(first, name[0]) && strspn(name, more) >= length;
}

/* Small letters, digits, '-' and '_': no dot, so that no name leads upward, is hidden, or is that
 * of a file. */
static inline bool public_slug_is_valid(const char *slug)
{
    size_t length = strlen(slug);

    return length <= PUBLIC_PATH_MAX && public_name_has_length(slug, length);
}

/* Folders below public/ with '/' between them: "0301", "kommuner/0301". */
static inline bool public_path_is_valid(const char *path)
{
    size_t folders = 0;

    if (strlen(path) > PUBLIC_PATH_MAX)
        return false;
    for (const char *at = path;; folders++) {
        size_t length = strcspn(at, "/");
        if (!public_name_has_length(at, length) || folders == PUBLIC_FOLDERS_MAX)
            return false;
        if (!at[length])
            break;
        at += length + 1;
    }
    /* The folder of the media that plans bring is not a municipality's. */
    return strncmp(path, "media", 5) != 0 || (path[5] != '\0' && path[5] != '/');
}

#endif
