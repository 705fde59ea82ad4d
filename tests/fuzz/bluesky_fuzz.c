/* Any answers of an AT Protocol server, to every task of the driver, with a session and without. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] = "app-password\0abcd-efgh-ijkl-mnop\0access-token\0access-jwt-1\0"
                                  "refresh-token\0refresh-jwt-1\0did\0did:plc:oslo";
static const char second_pairs[] = "app-password\0abcd-efgh-ijkl-mnop";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"handle", "oslo.kommune.no"},
                                              {"server", "https://pds.example"}};
    const struct conversation_setting setting = {
        .driver = &channel_bluesky,
        .account = {"0301", "bluesky", "default", settings, sizeof(settings) / sizeof(settings[0])},
        .network = {.channel = "bluesky"},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .public_name = "did",
        .media = fuzz_pictures,
        .media_count = FUZZ_PICTURES,
        .reply_to = "at://did:plc:oslo/app.bsky.feed.post/3ke6kg3wk222b",
        .id_characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/",
        .endpoint = "https://",
    };

    conversation_play(&setting, data, size);
    return 0;
}
