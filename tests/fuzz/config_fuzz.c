/* crisis.yaml of any bytes: a configuration or problems, never both and never neither. */
#include "store/config.h"
#include "wire/http_message.h"

#include "fuzz.h"

static bool known_channel(const char *name)
{
    return strcmp(name, "facebook") == 0 || strcmp(name, "x") == 0;
}

static void check_networks(const struct config *config)
{
    for (size_t i = 0; i < config->network_count; i++) {
        const struct network *network = &config->networks[i];
        require(known_channel(network->channel), "a network is one of a known channel");
        require(!setting_find(network->settings, network->setting_count, "app-secret"),
                "a secret is a reference");
        if (network->endpoint)
            require(url_is_acceptable(network->endpoint) &&
                        network->endpoint[strlen(network->endpoint) - 1] != '/',
                    "an endpoint is an address for requests, without a slash at its end");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct config *config;

    problems_init(&problems, arena);
    int result = config_parse(arena, "crisis.yaml", (const char *)data, size, known_channel,
                              &problems, &config);
    require((result == 0) == (config != NULL), "a result is a configuration");
    require((result == 0) == !problems_any_error(&problems), "no configuration, then a problem");
    if (config) {
        require(config->coordinator_name && config->coordinator_name[0], "somebody speaks");
        require(strcmp(config->store, "sqlite") == 0, "the store is a known one");
        check_networks(config);
    }
    arena_free(arena);
    return 0;
}
