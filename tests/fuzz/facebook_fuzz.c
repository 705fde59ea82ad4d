/* Any answers of the Graph API, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char page_token[] = "access-token\0EAAC-page+token/77";
static const char other_token[] = "access-token\0EAAB.other_token";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"page", "111"}};
    static const struct setting app_settings[] = {{"app-id", "138"}};
    const struct conversation_setting setting = {
        .driver = &channel_facebook,
        .account = {"0301", "facebook", "default", settings, 1},
        .network = {.channel = "facebook", .settings = app_settings, .setting_count = 1},
        .credentials = {{page_token, sizeof(page_token)}, {other_token, sizeof(other_token)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .media = fuzz_pictures,
        .media_count = FUZZ_PICTURES,
        .reply_to = "55",
        .id_characters = "0123456789_",
        .endpoint = "https://graph.facebook.com/v25.0/",
    };

    conversation_play(&setting, data, size);
    return 0;
}
