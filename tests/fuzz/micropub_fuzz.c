/* Any answers of a Micropub site, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] = "access-token\0user-token_1";
static const char second_pairs[] = "access-token\0VGhlIGJlYXJlcg+token/==";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"site", "https://oslo.example/"},
                                              {"endpoint", "https://oslo.example/micropub"}};
    static const struct media media[] = {
        {.kind = MEDIA_IMAGE,
         .type = "image/png",
         .file_name = "kart.png",
         .alt = "Kart over Oslo",
         .bytes = "12345678",
         .size_bytes = 8},
        {.kind = MEDIA_IMAGE,
         .type = "image/jpeg",
         .file_name = "vann.jpg",
         .alt = "En kran",
         .bytes = "12345",
         .size_bytes = 5,
         .url = "https://krise.example.no/media/vann.jpg"},
    };
    const struct conversation_setting setting = {
        .driver = &channel_micropub,
        .account = {"0301", "micropub", "default", settings,
                    sizeof(settings) / sizeof(settings[0])},
        .network = {.channel = "micropub"},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .media = media,
        .media_count = sizeof(media) / sizeof(media[0]),
        .reply_to = "https://oslo.example/55",
        .id_characters =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~%:/?@!$&'"
            "()*+,;=[]",
        .endpoint = "https://oslo.example/",
    };

    conversation_play(&setting, data, size);
    return 0;
}
