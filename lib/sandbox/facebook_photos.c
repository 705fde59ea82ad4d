/* Photos of a page that are uploaded before the post that shows them:
 * https://developers.facebook.com/docs/graph-api/reference/page/photos */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "sandbox/facebook.h"
#include "sandbox/media.h"

enum { PHOTO_MAX_BYTES = 4 * 1024 * 1024, ALT_MAX = 1000, SUBCODE_PHOTO = 1366046 };
#define FIRST_PHOTO_NUMBER UINT64_C(122200000000000000)

static bool say(const struct graph_call *call, int subcode, const char *message)
{
    return sandbox_graph_say(call->world, call->exchange, 400, subcode ? 324 : 100, subcode, "%s",
                             message);
}

static bool check_photo(const struct graph_call *call)
{
    const struct form_part *source = sandbox_form_file(&call->form, "source");
    const char *type = source != NULL ? sandbox_media_type(source->bytes, source->size) : NULL;
    const char *published = sandbox_graph_get(call, "published");
    const char *alt = sandbox_graph_get(call, "alt_text_custom");

    if (published == NULL || strcmp(published, "false") != 0)
        return say(call, 0, "(#100) The sandbox takes photos for a post only: published=false");
    if (source == NULL)
        return say(call, 0, "(#100) The parameter source is required");
    if (type == NULL || source->type == NULL || strcmp(type, source->type) != 0 ||
        strncmp(type, "image/", 6) != 0)
        return say(call, SUBCODE_PHOTO, "(#324) The file is not an image of its type");
    if (source->size > PHOTO_MAX_BYTES)
        return say(call, SUBCODE_PHOTO, "(#324) Photos should be less than 4 MB");
    if (alt == NULL || *alt == '\0' || sandbox_graphemes(alt, strlen(alt)) > ALT_MAX)
        return say(call, 0, "(#100) The sandbox wants alt_text_custom of 1 to 1000 characters");
    return true;
}

void sandbox_graph_photo(struct graph_call *call, const char *page)
{
    static const char *const known[] = {"source",       "caption",         "alt_text_custom",
                                        "published",    "temporary",       "no_story",
                                        "access_token", "appsecret_proof", NULL};
    const struct form_part *source;
    struct upload *upload;
    char id[24];

    if (!sandbox_graph_read_file(call, known) || !sandbox_graph_check_token(call) ||
        !sandbox_graph_check_proof(call) || !sandbox_graph_check_page(call, page) ||
        !check_photo(call))
        return;
    source = sandbox_form_file(&call->form, "source");
    snprintf(id, sizeof(id), "%" PRIu64, FIRST_PHOTO_NUMBER + call->world->upload_count * 7);
    upload = sandbox_upload_new(call->world, call->account, id, source->bytes, source->size,
                                sandbox_graph_get(call, "alt_text_custom"));
    if (upload == NULL) {
        sandbox_graph_trouble(call->world, call->exchange, TROUBLE_FULL, call->account, 0);
        return;
    }
    call->outcome->acted = true;
    call->exchange->answer.status = 200;
    sandbox_graph_headers(call->world, call->exchange, call->account, 0);
    text_addf(&call->exchange->answer.body, "{\"id\":\"%s\"}", upload->id);
}

/* [{"media_fbid":"555"},…] */
static bool read_list(const struct graph_call *call, const json_t *list,
                      struct upload *out[SANDBOX_POST_MEDIA_MAX], size_t *count)
{
    size_t index;
    json_t *item;

    if (!json_is_array(list) || json_array_size(list) > SANDBOX_POST_MEDIA_MAX)
        return say(call, 0, "(#100) Param attached_media must be an array of up to 10 photos");
    json_array_foreach(list, index, item)
    {
        const char *id = json_string_value(json_object_get(item, "media_fbid"));
        struct upload *upload =
            id != NULL ? sandbox_upload_by_id(call->world, CHANNEL_FACEBOOK, id) : NULL;
        if (json_object_size(item) != 1 || upload == NULL || upload->account != call->account)
            return say(call, 0, "(#100) Param attached_media names a photo that is not there");
        if (upload->is_attached)
            return sandbox_graph_say(call->world, call->exchange, 400, 1, 1366051,
                                     "(#1) These photos were already posted.");
        out[(*count)++] = upload;
    }
    return true;
}

bool sandbox_graph_attached(const struct graph_call *call,
                            struct upload *out[SANDBOX_POST_MEDIA_MAX], size_t *count)
{
    const char *attached = sandbox_graph_get(call, "attached_media");
    json_t *list;
    bool is_fine;

    if (attached == NULL)
        return true;
    list = json_loads(attached, JSON_REJECT_DUPLICATES, NULL);
    is_fine = read_list(call, list, out, count);
    json_decref(list);
    return is_fine;
}
