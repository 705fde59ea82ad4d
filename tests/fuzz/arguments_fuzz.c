/* What stands on a command line: options, selectors, values of variables, durations, invitations.
 * The bytes are words with FUZZ_SEPARATOR between them. */
#include "base/civil_time.h"
#include "base/utf8.h"
#include "cmd/options.h"
#include "plan/select.h"
#include "plan/values.h"
#include "trust/invite.h"

#include "fuzz.h"

enum { WORDS_MAX = 16, DURATION_MAX_DAYS = 3653 };

/* --- a small program ------------------------------------------------------------------------- */

static const struct option send_options[] = {
    {"exercise", 'e', NULL, false, "post, marked as an exercise"},
    {"set", 's', "NAME=VALUE", true, "fills in a variable"},
    {"only", 0, "SELECT", true, "only these"},
    {"deadline", 0, "TIME", false, "nothing new is begun after it"},
    {NULL, 0, NULL, false, NULL},
};
static const struct command send_command = {.name = "send",
                                            .arguments = "PLAN [MESSAGE]",
                                            .summary = "sends",
                                            .arguments_least = 1,
                                            .arguments_most = 2,
                                            .options = send_options};
static const struct command runs_command = {.name = "runs", .arguments = "", .summary = "lists"};
const struct command *const commands[] = {&send_command, &runs_command, NULL};

/* --- what the words are for ------------------------------------------------------------------ */

static bool known_channel(const char *kind)
{
    return strcmp(kind, "x") == 0 || strcmp(kind, "facebook") == 0;
}

static struct plan *make_plan(struct arena *arena)
{
    static const char yaml[] = "plan: flom\nlanguages: [nb]\nvariables:\n"
                               "  river: {required: true, max: 20}\n"
                               "  phone: {type: phone, default: \"02180\"}\n"
                               "  link: {type: url}\n"
                               "  count: {type: number}\n"
                               "  when: {type: time}\n"
                               "  level: {one-of: [gult, oransje], default: gult}\n"
                               "municipalities:\n  - {id: \"0301\", name: Oslo}\n"
                               "messages:\n  alert:\n    kind: information\n"
                               "    text: {nb: {short: \"{{river}}\"}}\n";
    struct problems problems;
    struct plan *plan;

    problems_init(&problems, arena);
    require(plan_parse(arena, "plan.yaml", yaml, strlen(yaml), known_channel, &problems, &plan) ==
                0,
            "the plan is one");
    return plan;
}

static void collect_values(struct arena *arena, const char *const *words, size_t count)
{
    static struct arena *kept;
    static struct plan *plan;
    const struct run_values *values;
    struct problems problems;

    if (!plan) {
        kept = arena_new();
        plan = make_plan(kept);
    }
    problems_init(&problems, arena);
    const int result =
        values_collect(arena, plan, words, count, VALUES_TO_SEND, &problems, &values);
    require((result == 0) == (problems.error_count == 0) && (result == 0) == (values != NULL),
            "values, or problems");
    for (size_t i = 0; values && i < values->count; i++) {
        const char *value = values->by_variable[i];
        require(!plan_variable_refusal(arena, &plan->variables[i], value),
                "a value is within its bounds");
        require(utf8_valid_prefix(value, strlen(value)) == strlen(value), "a value is text");
        require(i == 0 || strcmp(values->sorted[i - 1].name, values->sorted[i].name) < 0,
                "values are sorted");
    }
    for (size_t i = 0; i < problems.count; i++) {
        const char *message = problems.items[i].message;
        require(utf8_valid_prefix(message, strlen(message)) == strlen(message) &&
                    utf8_find_forbidden(message) == 0 && !strchr(message, '\n'),
                "a problem can be printed");
    }
}

static void select_by(struct arena *arena, const char *word)
{
    static const struct municipality_name name = {NULL, "Oslo"};
    static const struct municipality oslo = {
        .id = "0301", .names = &name, .name_count = 1, .county_id = "03", .population = -1};
    struct selector selector;
    struct error error = {0};

    if (selector_parse(arena, word, &selector, &error) < 0) {
        require(error.kind == ERROR_USAGE, "a refusal has a reason");
        return;
    }
    require(strcmp(selector.expression, word) == 0, "a selector knows how it was written");
    const bool matches = selector_matches_municipality(&selector, &oslo, "nb");
    require(!matches || selector.kind != SELECT_CHANNEL, "a channel is no municipality");
    require(!matches || selector.kind != SELECT_ID || strcmp(word, "0301") == 0,
            "an id names one municipality");
    (void)selector_matches_account(&selector, &oslo, "nb", "x");
}

static void read_word(struct arena *arena, const char *word)
{
    unsigned char hash[SHA256_SIZE];
    int64_t ms;

    select_by(arena, word);
    if (duration_parse(word, &ms))
        require(ms >= 0 && ms <= (int64_t)DURATION_MAX_DAYS * 86400000,
                "a duration is at most ten years");
    require(!invite_hash(word, hash) || strlen(word) == strlen("crisis-invite-") + 32,
            "a code has its length");
}

static void parse_options(struct arena *arena, char **words, int count)
{
    struct invocation invocation;
    struct error error = {0};
    size_t given;
    int64_t ms;

    if (options_parse(arena, count, words, &invocation, &error) < 0) {
        require(error.kind == ERROR_USAGE && error.message[0], "a refusal has a reason");
        return;
    }
    require(invocation.command || invocation.argument_count == 0, "words belong to a command");
    require(invocation.argument_count + invocation.given_count < (size_t)count,
            "nothing is taken twice");
    if (invocation.command && !option_is_given(&invocation, "help"))
        require(invocation.argument_count >= invocation.command->arguments_least &&
                    invocation.argument_count <= invocation.command->arguments_most,
                "there are as many arguments as it takes");
    (void)option_duration(&invocation, "deadline", 0, &ms, &error);
    const char *const *values = option_values(&invocation, "set", &given);
    collect_values(arena, values, given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "crisis";
    struct arena *arena = arena_new();
    char *words[WORDS_MAX + 2] = {program};
    int count = 1;

    while (size > 0 && count <= WORDS_MAX)
        words[count++] = fuzz_take_string(&data, &size);
    for (int i = 1; i < count; i++)
        read_word(arena, words[i]);
    collect_values(arena, (const char *const *)words + 1, (size_t)count - 1);
    parse_options(arena, words, count);
    for (int i = 1; i < count; i++)
        free(words[i]);
    arena_free(arena);
    return 0;
}
