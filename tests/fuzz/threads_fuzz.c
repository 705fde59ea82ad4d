/* Any answers of Threads, to every task of the driver, with pictures. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] = "access-token\0THAA-user-token_1";
static const char second_pairs[] = "access-token\0VGhlIGJlYXJlcg+token/==\0"
                                   "expires-at\0002026-11-25T10:11:12Z";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"expires-at", "2027-01-19T10:11:12Z"},
                                              {"account", "178414"}};
    static const struct media media[] = {
        {.kind = MEDIA_IMAGE,
         .type = "image/jpeg",
         .file_name = "kart.jpg",
         .alt = "Kart",
         .bytes = "x",
         .size_bytes = 1,
         .url = "https://krise.example.no/media/kart.jpg"},
        {.kind = MEDIA_IMAGE,
         .type = "image/png",
         .file_name = "brann.png",
         .alt = "Brann & røyk",
         .bytes = "x",
         .size_bytes = 1,
         .url = "https://krise.example.no/media/brann.png"},
    };
    struct conversation_setting setting = {
        .driver = &channel_threads,
        .account = {"0301", "threads", "default", settings, 2},
        .network = {.channel = "threads"},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .public_name = "expires-at",
        .media = media,
        .handle = "0 0 1 0 18000000000000001",
        .reply_to = "55",
        .id_characters = "0123456789_",
        .endpoint = "https://graph.threads.net/",
    };

    if (size > 0) /* none, one or two pictures */
        setting.media_count = (data[0] >> 5) % 3;
    conversation_play(&setting, data, size);
    return 0;
}
