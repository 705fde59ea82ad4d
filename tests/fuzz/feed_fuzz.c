/* Any answers of the local outlet, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"path", "0301"}};
    static const char none[] = "";
    const struct conversation_setting setting = {
        .driver = &channel_feed,
        .account = {"0301", "feed", "default", settings, 1},
        .network = {.channel = "feed", .endpoint = "https://krise.example.no"},
        .credentials = {{none, 0}, {none, 0}},
        .app = {none, 0},
        .document = "{\"kind\":\"alert\",\"message\":\"alert\",\"sent\":\"2026-11-20T10:11:12Z\","
                    "\"expires\":\"2026-11-21T10:11:12Z\"}",
        .reply_to = "20261119-101112-alert-0a0b0c0d",
        .id_characters = "abcdefghijklmnopqrstuvwxyz0123456789-_",
        .endpoint = "0301/",
    };

    conversation_play(&setting, data, size);
    return 0;
}
