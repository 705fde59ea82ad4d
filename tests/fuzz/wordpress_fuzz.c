/* Any answers of a WordPress site, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] =
    "user\0varsler\0application-password\0abcd EFGH 1234 ijkl MNOP 5678";
static const char second_pairs[] = "user\0oslo\0application-password\0ABCDefgh1234IJKLmnop5678";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* In one word, and as Basic authentication carries it. */
    static const char *const spellings[] = {"abcdEFGH1234ijklMNOP5678",
                                            "dmFyc2xlcjphYmNkRUZHSDEyMzRpamtsTU5PUDU2Nzg=", NULL};
    static const struct setting settings[] = {
        {"site", "https://oslo.example/nyheter/"}, {"sticky", "yes"}, {"category", "7"}};
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
         .size_bytes = 5},
    };
    const struct conversation_setting setting = {
        .driver = &channel_wordpress,
        .account = {"0301", "wordpress", "default", settings,
                    sizeof(settings) / sizeof(settings[0])},
        .network = {.channel = "wordpress"},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .public_name = "user",
        .spellings = spellings,
        .media = media,
        .media_count = sizeof(media) / sizeof(media[0]),
        .reply_to = "55",
        .id_characters = "0123456789",
        .endpoint = "https://oslo.example/",
    };

    conversation_play(&setting, data, size);
    return 0;
}
