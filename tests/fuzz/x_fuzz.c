/* Any answers of X, to every task of the driver, with both kinds of credential. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char oauth1_pairs[] =
    "access-token\00077-access-token\0access-secret\0access-secret-77";
static const char bearer_pairs[] = "access-token\0VGhlIGJlYXJlcg+token/==\0"
                                   "refresh-token\0cmVmcmVzaA+token/==";
static const char app_pairs[] = "api-key\0the-api-key\0api-secret\0the-api-secret\0"
                                "client-secret\0the-client-secret";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"username", "oslo"}, {"user", "77"}};
    static const struct setting app_settings[] = {{"client-id", "the-client"}};
    const struct conversation_setting setting = {
        .driver = &channel_x,
        .account = {"0301", "x", "default", settings, 2},
        .network = {.channel = "x", .settings = app_settings, .setting_count = 1},
        .credentials = {{oauth1_pairs, sizeof(oauth1_pairs)}, {bearer_pairs, sizeof(bearer_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .media = fuzz_pictures,
        .media_count = FUZZ_PICTURES,
        .reply_to = "55",
        .id_characters = "0123456789",
        .endpoint = "https://api.x.com/2/",
    };

    conversation_play(&setting, data, size);
    return 0;
}
