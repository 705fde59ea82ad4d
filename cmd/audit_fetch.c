#include "cmd/audit_fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/checkpoint.h"
#include "audit/tile.h"
#include "base/language.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "report/stored_words.h"
#include "store/workspace.h"

enum { FETCH_ENTRIES_MAX = 4 * 1024 * 1024, HTTP_OK = 200, HTTP_NOT_FOUND = 404 };

static const uint64_t fetch_max_bytes = UINT64_C(4) * 1024 * 1024 * 1024;

struct fetching {
    const char *url, *folder;
    struct loop *loop;
    struct http_client *http;
    struct text body;
    int status;
    uint64_t total_bytes;
    struct error *error;
};

/* --- one file -------------------------------------------------------------------------------- */

static void on_reply(void *context, const struct http_reply *reply,
                     const struct http_failure *failure)
{
    struct fetching *fetching = context;

    if (failure) {
        error_set(fetching->error, ERROR_SYSTEM, _("the log at '%s' could not be read: %s"),
                  fetching->url, stored_in_words(failure->message).words);
    } else {
        fetching->status = reply->status;
        text_add_bytes(&fetching->body, reply->body, reply->body_size);
    }
    loop_stop(fetching->loop);
}

/* status and body are set when this returns 0. */
static int get(struct fetching *fetching, const char *name)
{
    struct http_request request;

    fetching->status = 0;
    text_reset(&fetching->body);
    http_request_init(&request);
    http_request_reset(&request, HTTP_GET, EFFECT_NONE);
    text_addf(&request.url, "%s/%s", fetching->url, name);
    if (http_request_is_whole(&request)) {
        http_client_send(fetching->http, &request, on_reply, fetching);
        loop_run(fetching->loop);
    } else {
        error_set(fetching->error, ERROR_USAGE, _("the address is too long"));
    }
    http_request_release(&request);
    fetching->total_bytes += fetching->body.length;
    if (fetching->error->kind == ERROR_NONE && fetching->total_bytes > fetch_max_bytes)
        error_set(fetching->error, ERROR_SYSTEM,
                  _("the log at '%s' is too large to be read over the "
                    "network: copy its folder"),
                  fetching->url);
    return fetching->error->kind == ERROR_NONE ? 0 : -1;
}

static int demand(struct fetching *fetching, const char *name, size_t max_bytes)
{
    if (get(fetching, name) < 0)
        return -1;
    if (fetching->status != HTTP_OK)
        return error_set(
            fetching->error, fetching->status == HTTP_NOT_FOUND ? ERROR_VERIFICATION : ERROR_SYSTEM,
            _("'%s/%s' is answered with status %d"), fetching->url, name, fetching->status);
    if (fetching->body.length > max_bytes)
        return error_set(fetching->error, ERROR_VERIFICATION, _("'%s/%s' is larger than it may be"),
                         fetching->url, name);
    return 0;
}

static int make_folders(const char *path, size_t start, struct error *error)
{
    char folder[PATH_MAX];

    for (size_t i = start; path[i] && i + 1 < sizeof(folder); i++) {
        if (path[i] != '/')
            continue;
        memcpy(folder, path, i);
        folder[i] = '\0';
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), folder,
                             error_errno(errno));
    }
    return 0;
}

static int keep(struct fetching *fetching, const char *name)
{
    struct text path;

    text_init(&path, PATH_MAX - 1);
    text_addf(&path, "%s/%s", fetching->folder, name);
    int result = make_folders(path.bytes, strlen(fetching->folder) + 1, fetching->error);
    if (result == 0)
        result = file_replace(path.bytes, fetching->body.bytes, fetching->body.length, 0600,
                              fetching->error);
    text_release(&path);
    return result;
}

/* --- the log --------------------------------------------------------------------------------- */

/* A partial tile may be gone when its full tile is there. */
static int fetch_tile(void *context, const struct tile *tile)
{
    struct fetching *fetching = context;
    struct tile full = *tile;
    char name[TILE_PATH_SIZE];
    size_t max_bytes = tile->level == TILE_ENTRIES ? BUNDLE_MAX_BYTES : TILE_HASHES_MAX_BYTES;

    tile_path(tile, name);
    if (tile->width < TILE_WIDTH) {
        if (get(fetching, name) < 0)
            return -1;
        if (fetching->status == HTTP_OK && fetching->body.length <= max_bytes)
            return keep(fetching, name);
        full.width = TILE_WIDTH;
        tile_path(&full, name);
    }
    return demand(fetching, name, max_bytes) < 0 ? -1 : keep(fetching, name);
}

static int read_size(struct fetching *fetching, const struct note_vkey *key, uint64_t *out)
{
    struct checkpoint checkpoint;
    struct note note;

    if (demand(fetching, "checkpoint", NOTE_MAX_BYTES) < 0 ||
        checkpoint_open(fetching->body.bytes, fetching->body.length, key, &note, &checkpoint,
                        fetching->error) < 0)
        return -1;
    *out = checkpoint.size;
    if (checkpoint.size > FETCH_ENTRIES_MAX)
        return error_set(fetching->error, ERROR_SYSTEM,
                         _("the log at '%s' has %" PRIu64
                           " entries, too many to be read over the network: copy its folder"),
                         fetching->url, checkpoint.size);
    return keep(fetching, "checkpoint");
}

static int fetch_all(struct fetching *fetching)
{
    struct note_vkey key;
    uint64_t size;

    if (demand(fetching, "log.vkey", NOTE_VKEY_MAX_BYTES + 1) < 0)
        return -1;
    size_t length = strcspn(fetching->body.bytes, "\n");
    if (note_vkey_parse(fetching->body.bytes, length, &key, fetching->error) < 0) {
        fetching->error->kind = ERROR_VERIFICATION;
        return -1;
    }
    if (keep(fetching, "log.vkey") < 0 || read_size(fetching, &key, &size) < 0)
        return -1;
    return tile_growth(0, size, fetch_tile, fetching) == 0 ? 0 : -1;
}

int audit_fetch(const char *url, const char *ca_file, const char *folder, struct error *error)
{
    struct arena *arena = arena_new();
    struct address_policy policy = {0}; /* whoever runs the command named the log's address */
    const struct http_client_options options = {
        .ca_file = ca_file,
        .policy = &policy,
        .reply_body_max_bytes = BUNDLE_MAX_BYTES,
    };
    struct fetching fetching = {.url = url, .folder = folder, .error = error};
    int result = -1;

    address_policy_trust(&policy, arena, url);
    text_init(&fetching.body, BUNDLE_MAX_BYTES);
    fetching.loop = loop_new();
    if (http_client_new(fetching.loop, &options, &fetching.http, error) == 0)
        result = fetch_all(&fetching);
    http_client_free(fetching.http);
    loop_free(fetching.loop);
    text_release(&fetching.body);
    arena_free(arena);
    return result;
}
