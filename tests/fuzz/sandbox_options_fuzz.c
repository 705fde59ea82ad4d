/* What the sandbox is told: its accounts, and what is to go wrong. The bytes: a specification of
 * faults, FUZZ_SEPARATOR, the accounts. */
#include "base/error.h"
#include "sandbox/world.h"

#include "fuzz.h"

static void check_rule(const struct fault_rule *rule)
{
    require(rule->kind < FAULT_KIND_COUNT && sandbox_fault_name(rule->kind)[0],
            "a fault has a name");
    require(rule->channel < CHANNEL_COUNT, "a channel is one");
    require(rule->rate >= 0 && rule->rate <= 1, "a rate is a share");
    require(rule->ms >= 0 && rule->seconds >= 0, "a wait is no time that was");
    require(strnlen(rule->municipality, sizeof(rule->municipality)) < sizeof(rule->municipality),
            "a municipality's id is whole");
}

static void choose(struct fault_rules *rules)
{
    static const char *const methods[] = {"GET", "POST", "DELETE"};

    for (size_t i = 0; i < 3 * sizeof(methods) / sizeof(methods[0]); i++) {
        const struct fault_subject subject = {.channel = (enum channel)(i % CHANNEL_COUNT),
                                              .municipality = "0301",
                                              .key = "111",
                                              .method = methods[i / 3],
                                              .path = "/v25.0/111/feed",
                                              .connection_reused = i % 2 == 0};
        const struct fault_rule *rule = sandbox_faults_choose(rules, &subject);
        require(!rule || (rule >= rules->items && rule < rules->items + rules->count),
                "a rule is one of them");
        require(!rule || rule->times == 0 || rule->done <= rule->times,
                "a rule is applied no more often than it says");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0}, why = {0};
    struct world world;
    char *faults = fuzz_take_string(&data, &size);
    char *accounts = fuzz_string(data, size);
    const char *const specifications[] = {faults};
    const struct sandbox_options options = {.faults = specifications,
                                            .fault_count = 1,
                                            .accounts_file_text = size > 0 ? accounts : NULL,
                                            .accounts_length = size};

    const int checked = sandbox_faults_check(faults, &why);
    require((checked == 0) == (why.kind == ERROR_NONE), "a refusal has a reason");
    const int result = sandbox_world_init(&world, &options, &error);
    require((result == 0) == (error.kind == ERROR_NONE), "a refusal has a reason");
    require(result < 0 || checked == 0, "what is checked is what is read");
    if (result == 0) {
        for (size_t i = 0; i < world.faults.count; i++)
            check_rule(&world.faults.items[i]);
        choose(&world.faults);
        sandbox_world_reset(&world);
    }
    sandbox_world_release(&world);
    free(accounts);
    free(faults);
    return 0;
}
