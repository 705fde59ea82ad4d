#include "sandbox_ask.h"

static void reads_every_kind_of_its_table(void **state)
{
    size_t count;
    const struct sandbox_fault_help *help = sandbox_fault_help(&count);
    struct error error = {0};
    char specification[64];

    (void)state;
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        snprintf(specification, sizeof(specification), "%s:code=400", help[i].kind);
        assert_int_equal(sandbox_faults_check(specification, &error), 0);
        assert_true(help[i].meaning[0] != '\0');
    }
}

static void refuses_what_it_does_not_know(void **state)
{
    static const struct {
        const char *specification, *message;
    } cases[] = {
        {"", "unknown fault ''"},
        {"slwo", "unknown fault 'slwo'"},
        {"hang,", "unknown fault ''"},
        {"hang:rate", "fault 'hang': 'rate' is not KEY=VALUE"},
        {"hang:rate=1.5", "fault 'hang': '1.5' is no value for 'rate'"},
        {"hang:rate=0.", "fault 'hang': '0.' is no value for 'rate'"},
        {"hang:rate=-1", "fault 'hang': '-1' is no value for 'rate'"},
        {"hang:times=0", "fault 'hang': '0' is no value for 'times'"},
        {"hang:channel=myspace", "fault 'hang': 'myspace' is no value for 'channel'"},
        {"hang:on=put", "fault 'hang': 'put' is no value for 'on'"},
        {"hang:ms=99999999999", "fault 'hang': '99999999999' is no value for 'ms'"},
        {"refuse", "fault 'refuse' needs code="},
        {"tls-reset:channel=x",
         "fault 'tls-reset' comes before any request: it takes rate, times and after"},
        {"wrong-certificate:on=post",
         "fault 'wrong-certificate' comes before any request: it takes rate, times and after"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        assert_int_equal(sandbox_faults_check(cases[i].specification, &error), -1);
        assert_int_equal(error.kind, ERROR_USAGE);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void chooses_by_place_method_and_count(void **state)
{
    struct fault_rules rules = {0};
    struct error error = {0};
    struct fault_subject post = {CHANNEL_X, "0301", "77", "POST", "/2/tweets", false};
    struct fault_subject read = {CHANNEL_X, "0301", "77", "GET", "/2/tweets", false};
    struct fault_subject other = {CHANNEL_X, "1103", "78", "POST", "/2/tweets", false};
    const struct fault_rule *rule;

    (void)state;
    assert_int_equal(sandbox_faults_read(&rules,
                                         "reset-after:municipality=0301:after=1:times=2,"
                                         "slow:channel=facebook,hang:municipality=78",
                                         &error),
                     0);
    assert_null(sandbox_faults_choose(&rules, &read)); /* it acts: reading is left alone */
    assert_null(sandbox_faults_choose(&rules, &post)); /* after=1 */
    for (int i = 0; i < 2; i++) {
        rule = sandbox_faults_choose(&rules, &post);
        assert_non_null(rule);
        assert_int_equal(rule->kind, FAULT_RESET_AFTER);
    }
    assert_null(sandbox_faults_choose(&rules, &post)); /* times=2 */
    rule = sandbox_faults_choose(&rules, &other);
    assert_non_null(rule);
    assert_int_equal(rule->kind, FAULT_HANG);
    sandbox_faults_reset(&rules);
    assert_null(sandbox_faults_choose(&rules, &post));
    assert_non_null(sandbox_faults_choose(&rules, &post));
    sandbox_faults_release(&rules);
}

static void a_handshake_has_faults_of_its_own(void **state)
{
    struct fault_rules rules = {0};
    struct error error = {0};
    struct fault_subject subject = {CHANNEL_X, "0301", "77", "POST", "/2/tweets", false};
    const struct fault_rule *rule;

    (void)state;
    assert_int_equal(
        sandbox_faults_read(&rules, "tls-reset:times=1,hang,wrong-certificate:after=1", &error), 0);
    rule = sandbox_faults_choose(&rules, &subject);
    assert_non_null(rule);
    assert_int_equal(rule->kind, FAULT_HANG);
    rule = sandbox_faults_choose_connection(&rules);
    assert_non_null(rule);
    assert_int_equal(rule->kind, FAULT_TLS_RESET);
    assert_null(sandbox_faults_choose_connection(&rules)); /* after=1 */
    rule = sandbox_faults_choose_connection(&rules);
    assert_non_null(rule);
    assert_int_equal(rule->kind, FAULT_WRONG_CERTIFICATE);
    sandbox_faults_release(&rules);
}

static void a_place_may_be_named_by_its_beginning(void **state)
{
    struct fault_rules rules = {0};
    struct error error = {0};
    struct fault_subject here = {CHANNEL_X, "4601", "77", "POST", "/2/tweets", false};
    struct fault_subject elsewhere = {CHANNEL_X, "0346", "46012", "POST", "/2/tweets", false};

    (void)state;
    assert_int_equal(sandbox_faults_read(&rules, "hang:municipality=460*", &error), 0);
    assert_non_null(sandbox_faults_choose(&rules, &here));
    assert_null(sandbox_faults_choose(&rules, &elsewhere));
    sandbox_faults_release(&rules);
}

static void the_same_seed_makes_the_same_faults(void **state)
{
    struct fault_subject subject = {CHANNEL_FACEBOOK, "0301", "1", "POST", "/2/tweets", false};
    uint64_t bits[2] = {0, 0};
    unsigned count = 0;

    (void)state;
    for (int round = 0; round < 2; round++) {
        struct fault_rules rules = {.seed = 42, .random = 42};
        struct error error = {0};
        assert_int_equal(sandbox_faults_read(&rules, "500-after:rate=0.25", &error), 0);
        for (int i = 0; i < 64; i++)
            bits[round] |= (uint64_t)(sandbox_faults_choose(&rules, &subject) != NULL) << i;
        sandbox_faults_release(&rules);
    }
    assert_true(bits[0] == bits[1]);
    for (int i = 0; i < 64; i++)
        count += (unsigned)(bits[0] >> i) & 1;
    assert_in_range(count, 6, 28);
}

static void closes_only_connections_that_were_used(void **state)
{
    struct fault_rules rules = {0};
    struct error error = {0};
    struct fault_subject subject = {CHANNEL_X, NULL, NULL, "POST", "/2/tweets", false};

    (void)state;
    assert_int_equal(sandbox_faults_read(&rules, "close-idle:times=1", &error), 0);
    assert_null(sandbox_faults_choose(&rules, &subject));
    subject.connection_reused = true;
    assert_non_null(sandbox_faults_choose(&rules, &subject));
    sandbox_faults_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_its_table),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(chooses_by_place_method_and_count),
        cmocka_unit_test(a_handshake_has_faults_of_its_own),
        cmocka_unit_test(a_place_may_be_named_by_its_beginning),
        cmocka_unit_test(the_same_seed_makes_the_same_faults),
        cmocka_unit_test(closes_only_connections_that_were_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
