/* Any answers of a Mastodon server, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] = "access-token\0user-token_1";
static const char second_pairs[] = "access-token\0VGhlIGJlYXJlcg+token/==";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"server", "https://mastodon.example"}};
    const struct conversation_setting setting = {
        .driver = &channel_mastodon,
        .account = {"0301", "mastodon", "default", settings,
                    sizeof(settings) / sizeof(settings[0])},
        .network = {.channel = "mastodon"},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .media = fuzz_pictures,
        .media_count = FUZZ_PICTURES,
        .reply_to = "55",
        .id_characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:",
        .endpoint = "https://mastodon.example/api/v",
    };

    conversation_play(&setting, data, size);
    return 0;
}
