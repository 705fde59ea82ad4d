#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the pictures and films of the run");
static const char creating[] = N_("cannot store a picture or film of the run");
static const char damaged[] = N_("a picture or film of the run");

/* --- storing --------------------------------------------------------------------------------- */

static int add_file(struct store *store, const struct media *media, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_MEDIA_ADD, error);

    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, media->sha256);
    sqlite_bind_text(statement, 2, media->type);
    sqlite_bind_number(statement, 3, media->width);
    sqlite_bind_number(statement, 4, media->height);
    sqlite_bind_bytes(statement, 5, media->bytes, media->size_bytes);
    return sqlite_run(store, statement, creating, error);
}

static int add_use(struct store *store, int64_t draft_row, size_t position,
                   const struct media *media, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DRAFT_MEDIA_ADD, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, draft_row);
    sqlite_bind_number(statement, 2, (int64_t)position);
    sqlite_bind_text(statement, 3, media->sha256);
    sqlite_bind_text(statement, 4, media->file_name);
    sqlite_bind_text(statement, 5, media->alt);
    sqlite_bind_text(statement, 6, media->url);
    return sqlite_run(store, statement, creating, error);
}

int media_add(struct store *store, int64_t draft_row, const struct draft *draft,
              struct error *error)
{
    for (size_t i = 0; i < draft->media_count; i++)
        if (add_file(store, &draft->media[i], error) < 0 ||
            add_use(store, draft_row, i, &draft->media[i], error) < 0)
            return -1;
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static enum media_kind kind_of(const char *type)
{
    return strncmp(type, "video/", strlen("video/")) == 0 ? MEDIA_VIDEO : MEDIA_IMAGE;
}

static struct media read_use(sqlite3_stmt *statement, struct arena *arena)
{
    struct media media = {
        .sha256 = sqlite_text_copy(statement, 0, arena),
        .file_name = sqlite_text_copy(statement, 1, arena),
        .alt = sqlite_text_copy(statement, 2, arena),
        .url = sqlite3_column_type(statement, 3) == SQLITE_NULL
                   ? NULL
                   : sqlite_text_copy(statement, 3, arena),
        .type = sqlite_text_copy(statement, 4, arena),
        .width = (unsigned)sqlite3_column_int(statement, 5),
        .height = (unsigned)sqlite3_column_int(statement, 6),
        .size_bytes = (size_t)sqlite3_column_int64(statement, 7),
    };
    media.kind = kind_of(media.type);
    return media;
}

int media_of_draft(struct store *store, struct arena *arena, int64_t draft_row, struct draft *out,
                   struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DRAFT_MEDIA, error);
    struct media *list = NULL;
    size_t capacity = 0;
    int row;

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, draft_row);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        if (sqlite3_column_type(statement, 4) == SQLITE_NULL ||
            out->media_count == MEDIA_PER_MESSAGE_MAX) {
            row = sqlite_damaged(store, damaged, error);
            break;
        }
        list = arena_grow(arena, list, out->media_count, &capacity, sizeof(*list));
        list[out->media_count++] = read_use(statement, arena);
    }
    sqlite_done(statement);
    out->media = list;
    return row < 0 ? -1 : 0;
}

static bool has_hash(const struct media *media)
{
    unsigned char hash[SHA256_SIZE];
    struct text hex;

    sha256(media->bytes, media->size_bytes, hash);
    text_init(&hex, sizeof(hash) * 2);
    hex_add(&hex, hash, sizeof(hash));
    bool same = strcmp(hex.bytes, media->sha256) == 0;
    text_release(&hex);
    return same;
}

static struct media read_file(sqlite3_stmt *statement, struct arena *arena)
{
    struct media media = {
        .sha256 = sqlite_text_copy(statement, 0, arena),
        .type = sqlite_text_copy(statement, 1, arena),
        .width = (unsigned)sqlite3_column_int(statement, 2),
        .height = (unsigned)sqlite3_column_int(statement, 3),
        .size_bytes = (size_t)sqlite3_column_bytes(statement, 4),
        .url = sqlite3_column_type(statement, 5) == SQLITE_NULL
                   ? NULL
                   : sqlite_text_copy(statement, 5, arena),
    };
    media.bytes = arena_memdup(arena, sqlite3_column_blob(statement, 4), media.size_bytes);
    media.kind = kind_of(media.type);
    return media;
}

int store_run_media(struct store *store, struct arena *arena, int64_t run_row, struct media **out,
                    size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUN_MEDIA, error);
    size_t capacity = 0;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        struct media media = read_file(statement, arena);
        if (!has_hash(&media)) {
            row = sqlite_damaged(store, damaged, error);
            break;
        }
        *out = arena_grow(arena, *out, *out_count, &capacity, sizeof(**out));
        (*out)[(*out_count)++] = media;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}
