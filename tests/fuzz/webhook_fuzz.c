/* Any answers of a webhook's receiver, to every task of the driver. */
#include "channels/drivers.h"

#include "conversation.h"
#include "fuzz.h"

static const char secret[] = "secret\0whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char other_secret[] =
    "secret\0whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    "\0signing-key\0whsk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
static const char app_pairs[] = "signing-key\0whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct setting settings[] = {{"url", "https://kommune.example.no/hook?a=b"}};
    const struct conversation_setting setting = {
        .driver = &channel_webhook,
        .account = {"0301", "webhook", "default", settings, 1},
        .network = {.channel = "webhook"},
        .credentials = {{secret, sizeof(secret)}, {other_secret, sizeof(other_secret)}},
        .app = {app_pairs, sizeof(app_pairs)},
        .document =
            "{\"kind\":\"alert\",\"sent\":\"2026-11-20T10:11:12Z\",\"text\":\"Kok vannet.\"}",
        .reply_to = "55",
        .id_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        .endpoint = "https://kommune.example.no/hook?a=b",
    };

    conversation_play(&setting, data, size);
    return 0;
}
