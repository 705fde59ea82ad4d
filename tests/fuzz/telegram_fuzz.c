/* Any answers of Telegram, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char first_pairs[] = "bot-token\000123456:ABC-DEF_ghi";
static const char second_pairs[] = "bot-token\00098765:zyx";
static const char app_pairs[] = "app-secret\0app-secret-123";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"chat", "@kommunevarsel"}};
    const struct conversation_setting setting = {
        .driver = &channel_telegram,
        .account = {"0301", "telegram", "default", settings,
                    sizeof(settings) / sizeof(settings[0])},
        .network = {.channel = "telegram"},
        .credentials = {{first_pairs, sizeof(first_pairs)}, {second_pairs, sizeof(second_pairs)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .media = fuzz_pictures,
        .media_count = FUZZ_PICTURES,
        .reply_to = "55",
        .id_characters = "0123456789-",
        .endpoint = "https://api.telegram.org/bot",
    };

    conversation_play(&setting, data, size);
    return 0;
}
