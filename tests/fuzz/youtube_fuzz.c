/* Any answers of YouTube, and of Google's token endpoint, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] = "refresh-token\0"
                                  "1//refresh-token_1\0"
                                  "access-token\0"
                                  "ya29.access-token_1";
static const char second_pairs[] = "refresh-token\0"
                                   "1//0gVGhlIGJlYXJlcg==";
static const char app_pairs[] = "client-secret\0GOCSPX-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char film[5000000];
    static const struct setting settings[] = {{"channel-id", "UCoslo"}};
    static const struct setting app_settings[] = {{"client-id", "the-client"}};
    const struct media media = {.kind = MEDIA_VIDEO,
                                .type = "video/mp4",
                                .file_name = "film.mp4",
                                .alt = "Elva",
                                .sha256 = "",
                                .bytes = film,
                                .size_bytes = sizeof(film)};
    const struct conversation_setting setting = {
        .driver = &channel_youtube,
        .account = {"0301", "youtube", "default", settings, sizeof(settings) / sizeof(settings[0])},
        .network = {.channel = "youtube",
                    .endpoint = "https://youtube.example",
                    .settings = app_settings,
                    .setting_count = 1},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .media = &media,
        .media_count = 1,
        .reply_to = "dQw4w9WgXcQ",
        .handle = "2097152 /upload/youtube/v3/videos?upload_id=1",
        .id_characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_",
        .endpoint = "https://youtube.example/",
    };

    conversation_play(&setting, data, size);
    return 0;
}
