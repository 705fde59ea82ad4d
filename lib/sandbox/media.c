#include "sandbox/media.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"

#include "sandbox/network.h"

const char *sandbox_media_type(const char *bytes, size_t size)
{
    static const char png[] = "\x89PNG\r\n\x1a\n", jpeg[] = "\xff\xd8\xff", mp4[] = "ftyp";

    if (size > sizeof(png) && memcmp(bytes, png, sizeof(png) - 1) == 0)
        return "image/png";
    if (size > sizeof(jpeg) && memcmp(bytes, jpeg, sizeof(jpeg) - 1) == 0)
        return "image/jpeg";
    if (size > 4 + sizeof(mp4) && memcmp(bytes + 4, mp4, sizeof(mp4) - 1) == 0)
        return "video/mp4";
    return NULL;
}

/* The same bytes again are the same file. */
static struct media_file *keep_file(struct world *world, const char *bytes, size_t size)
{
    unsigned char digest[SHA256_SIZE];
    struct media_file *file;
    struct text hex;

    sha256(bytes, size, digest);
    text_init(&hex, 2 * SHA256_SIZE);
    hex_add(&hex, digest, sizeof(digest));
    file = sandbox_table_get(&world->media_files, hex.bytes);
    if (file == NULL && size <= SANDBOX_MEDIA_MAX_BYTES - world->media_bytes) {
        file = memory_alloc(sizeof(*file));
        snprintf(file->sha256, sizeof(file->sha256), "%s", hex.bytes);
        file->type = sandbox_media_type(bytes, size);
        file->bytes = memory_alloc(size);
        memcpy(file->bytes, bytes, size);
        file->size = size;
        file->previous = world->newest_file;
        world->newest_file = file;
        world->media_bytes += size;
        sandbox_table_put(&world->media_files, file->sha256, file);
    }
    text_release(&hex);
    return file;
}

static void upload_key(char out[SANDBOX_KEY_MAX_BYTES], enum channel channel, const char *id)
{
    snprintf(out, SANDBOX_KEY_MAX_BYTES, "%u:%.400s", (unsigned)channel, id);
}

struct upload *sandbox_upload_new(struct world *world, struct account *account, const char *id,
                                  const char *bytes, size_t size, const char *alt)
{
    struct media_file *file =
        world->upload_count < SANDBOX_UPLOADS_MAX ? keep_file(world, bytes, size) : NULL;
    char key[SANDBOX_KEY_MAX_BYTES];
    struct upload *upload;

    if (file == NULL)
        return NULL;
    upload = memory_alloc(sizeof(*upload));
    upload->account = account;
    upload->channel = account->channel;
    upload->id = memory_strdup(id);
    upload->file = file;
    upload->alt = alt != NULL ? memory_strdup(alt) : NULL;
    upload->previous = world->newest_upload;
    world->newest_upload = upload;
    world->upload_count++;
    upload_key(key, account->channel, id);
    sandbox_table_put(&world->uploads, key, upload);
    return upload;
}

struct upload *sandbox_upload_by_id(const struct world *world, enum channel channel, const char *id)
{
    char key[SANDBOX_KEY_MAX_BYTES];

    upload_key(key, channel, id);
    return sandbox_table_get(&world->uploads, key);
}

void sandbox_upload_describe(struct upload *upload, const char *alt)
{
    memory_free(upload->alt);
    upload->alt = memory_strdup(alt);
}

bool sandbox_post_attach(struct post *post, struct upload *upload)
{
    if (post->media_count == SANDBOX_POST_MEDIA_MAX)
        return false;
    post->media[post->media_count++] = upload;
    upload->is_attached = true;
    return true;
}

void sandbox_media_forget(struct world *world)
{
    while (world->newest_upload != NULL) {
        struct upload *upload = world->newest_upload;
        world->newest_upload = upload->previous;
        memory_free(upload->id);
        memory_free(upload->alt);
        memory_free(upload);
    }
    while (world->newest_file != NULL) {
        struct media_file *file = world->newest_file;
        world->newest_file = file->previous;
        memory_free(file->bytes);
        memory_free(file);
    }
    sandbox_table_release(&world->uploads);
    sandbox_table_release(&world->media_files);
    world->upload_count = world->media_bytes = 0;
}

bool sandbox_media_answer(const struct world *world, struct exchange *exchange, const char *sha256)
{
    const struct media_file *file = sandbox_table_get(&world->media_files, sha256);
    struct answer *answer = &exchange->answer;

    if (file == NULL)
        return false;
    answer->status = 200;
    sandbox_answer_header(answer, "content-type", "%s", file->type);
    sandbox_answer_header(answer, "cache-control", "no-store");
    sandbox_answer_header(answer, "content-security-policy", "default-src 'none'");
    sandbox_answer_header(answer, "x-content-type-options", "nosniff");
    text_add_bytes(&answer->body, file->bytes, file->size);
    return true;
}

void sandbox_media_list(struct text *out, const struct post *post)
{
    text_add_char(out, '[');
    for (size_t i = 0; i < post->media_count; i++) {
        const struct upload *upload = post->media[i];
        text_addf(out, "%s{\"type\":\"%s\",\"size\":%zu,\"sha256\":\"%s\",\"alt\":", i ? "," : "",
                  upload->file->type, upload->file->size, upload->file->sha256);
        if (upload->alt != NULL)
            sandbox_json_add(out, upload->alt, JSON_UTF8);
        else
            text_add(out, "null");
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

/* Where nothing says what a picture shows, alt is empty, as a network shows it. */
void sandbox_media_page(struct text *out, const struct post *post)
{
    for (size_t i = 0; i < post->media_count; i++) {
        const struct upload *upload = post->media[i];
        bool is_film = strncmp(upload->file->type, "video/", 6) == 0;
        text_addf(out, "<%s src=\"/_sandbox/media/%s\"", is_film ? "video controls" : "img",
                  upload->file->sha256);
        text_add(out, is_film ? " aria-label=\"" : " alt=\"");
        sandbox_html_add(out, upload->alt != NULL ? upload->alt : "");
        text_add(out, is_film ? "\"></video>\n" : "\">\n");
    }
}
