#include "media/load.h"

#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"

#include "media/recognise.h"

struct loading {
    struct arena *arena;
    struct plan *plan;
    struct problems *problems;
    struct sha256 *all_bytes;
    const struct message_media **files; /* each file once */
    size_t count, capacity;
    size_t size_bytes;
};

static const char *folder_of(struct loading *loading)
{
    const char *file = loading->plan->file, *slash = strrchr(file, '/');

    if (!slash)
        return ".";
    return slash == file ? "/" : arena_strndup(loading->arena, file, (size_t)(slash - file));
}

static const char *hash_words(struct arena *arena, const struct text *bytes)
{
    unsigned char hash[SHA256_SIZE];
    struct text hex;

    sha256(bytes->bytes, bytes->length, hash);
    text_init(&hex, sizeof(hash) * 2);
    hex_add(&hex, hash, sizeof(hash));
    const char *words = arena_strdup(arena, hex.bytes);
    text_release(&hex);
    return words;
}

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

/* What is wrong with what was read, or NULL: then *out is filled in. */
static const char *take(struct loading *loading, const struct text *bytes, const char *file,
                        struct media_shape *shape, struct media *out)
{
    const char *fault = media_recognise(bytes->bytes, bytes->length, shape);

    if (fault)
        return fault;
    if (shape->kind == MEDIA_IMAGE && bytes->length > MEDIA_IMAGE_MAX_BYTES)
        return N_("is a picture of more than 16 MiB: make it smaller");
    if (bytes->length > MEDIA_PLAN_MAX_BYTES - loading->size_bytes)
        return N_("is too much: the media of a plan are at most 256 MiB together");
    loading->size_bytes += bytes->length;
    sha256_add(loading->all_bytes, bytes->bytes, bytes->length);
    *out = (struct media){
        .kind = shape->kind,
        .type = shape->type,
        .file_name = base_name(file),
        .sha256 = hash_words(loading->arena, bytes),
        .bytes = arena_memdup(loading->arena, bytes->bytes, bytes->length),
        .size_bytes = bytes->length,
        .width = shape->width,
        .height = shape->height,
    };
    return NULL;
}

static void load(struct loading *loading, struct message_media *media)
{
    struct error error = {0};
    struct media_shape shape;
    struct text bytes;

    if (file_read_below(folder_of(loading), media->file.text, MEDIA_VIDEO_MAX_BYTES, &bytes,
                        &error) < 0) {
        problems_add(loading->problems, SEVERITY_ERROR, media->file.place, "%s", error.message);
    } else {
        const char *fault = take(loading, &bytes, media->file.text, &shape, &media->content);
        if (fault)
            problems_add(loading->problems, SEVERITY_ERROR, media->file.place, _("'%s' %s"),
                         media->file.text, translated(fault));
        else if (shape.has_position)
            problems_add(
                loading->problems, SEVERITY_WARNING, media->file.place,
                _("'%s' says where it was taken (GPS), and everybody can read that: save it "
                  "without, unless it may be known"),
                media->file.text);
    }
    text_release(&bytes);
}

/* A file is read once however often it is named: all messages show the same. */
static void find_or_load(struct loading *loading, struct message_media *media)
{
    for (size_t i = 0; i < loading->count; i++)
        if (strcmp(loading->files[i]->file.text, media->file.text) == 0) {
            media->content = loading->files[i]->content;
            return;
        }
    loading->files = arena_grow(loading->arena, loading->files, loading->count, &loading->capacity,
                                sizeof(*loading->files));
    loading->files[loading->count++] = media;
    load(loading, media);
}

int media_load(struct arena *arena, struct plan *plan, struct problems *problems)
{
    struct loading loading = {
        .arena = arena, .plan = plan, .problems = problems, .all_bytes = sha256_new()};
    size_t errors_before = problems->error_count;

    for (size_t i = 0; i < plan->message_count; i++)
        for (size_t j = 0; j < plan->messages[i].media_count; j++)
            find_or_load(&loading, &plan->messages[i].media[j]);
    plan->media_file_count = loading.count;
    sha256_finish(loading.all_bytes, plan->media_sha256);
    sha256_free(loading.all_bytes);
    return problems->error_count > errors_before ? -1 : 0;
}
