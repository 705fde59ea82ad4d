#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/config.h"

#include "problem_lines.h"
#include "test_folder.h"

#define WITNESS_KEY "witness.example.org+b27bb5d6+BBIxkVHpjRp+xtHU4pxjWW9N1oVCnZu6PT2rnLBJRkUG"
#define LOG_KEY "krise.example.no/audit+902438ab+AVTTpBNirYpKp/D9IPvdXHH/i8Mut0xPf6oU/WxqmlcN"

static bool known_channel(const char *name)
{
    return strcmp(name, "facebook") == 0 || strcmp(name, "x") == 0;
}

static struct config *parse(struct arena *arena, const char *text, const char **lines)
{
    struct problems *problems = arena_alloc(arena, sizeof(*problems));
    struct config *config;

    problems_init(problems, arena);
    int result =
        config_parse(arena, "/w/crisis.yaml", text, strlen(text), known_channel, problems, &config);
    assert_int_equal(result, config ? 0 : -1);
    assert_int_equal(problems_any_error(problems), config == NULL);
    *lines = problem_lines(arena, problems);
    return config;
}

static void a_whole_configuration_is_read(void **state)
{
    struct arena *arena = arena_new();
    const char *lines;
    (void)state;

    const struct config *config =
        parse(arena,
              "coordinator: {name: Nasjonal krisekoordinator, url: \"https://krise.example.no\",\n"
              "  language: nn, time-zone: Europe/Stockholm}\n"
              "approval: {threshold: 2, passkey-origins: [\"https://krise.example.no\",\n"
              "  \"https://b.example:8443\", \"http://localhost\"]}\n"
              "store: sqlite\n"
              "log: {origin: krise.example.no/audit}\n"
              "witnesses:\n"
              "  - {url: \"https://witness.example.org/a/\", key: " WITNESS_KEY "}\n"
              "ca-file: sandbox/ca.pem\n"
              "networks:\n"
              "  facebook: {endpoint: \"https://graph.facebook.com/v25.0/\", app-id: \"123\",\n"
              "    app-secret: {vault: facebook-app-secret}}\n"
              "  x: {client-id: abc}\n"
              "listen: 127.0.0.1:9090\n",
              &lines);
    assert_string_equal(lines, "");
    assert_string_equal(config->coordinator_name, "Nasjonal krisekoordinator");
    assert_string_equal(config->coordinator_url, "https://krise.example.no");
    assert_string_equal(config->coordinator_language, "nn");
    assert_string_equal(config->time_zone, "Europe/Stockholm");
    assert_int_equal(config->approval_threshold, 2);
    assert_int_equal(config->passkey_origin_count, 3);
    assert_string_equal(config->passkey_origins[0], "https://krise.example.no");
    assert_string_equal(config->passkey_origins[1], "https://b.example:8443");
    assert_string_equal(config->passkey_origins[2], "http://localhost");
    assert_string_equal(config->log_origin, "krise.example.no/audit");
    assert_int_equal(config->witness_count, 1);
    assert_string_equal(config->witnesses[0].url, "https://witness.example.org/a");
    assert_string_equal(config->witnesses[0].key.name, "witness.example.org");
    assert_int_equal(config->witnesses[0].key.type, NOTE_COSIGNATURE);
    assert_string_equal(config->ca_file, "/w/sandbox/ca.pem");
    assert_string_equal(config->listen, "127.0.0.1:9090");
    assert_int_equal(config->network_count, 2);
    assert_string_equal(config->networks[0].channel, "facebook");
    assert_string_equal(config->networks[0].endpoint, "https://graph.facebook.com/v25.0");
    assert_string_equal(network_setting(&config->networks[0], "app-id"), "123");
    assert_int_equal(config->networks[0].secret_count, 1);
    assert_string_equal(config->networks[0].secrets[0].name, "app-secret");
    assert_string_equal(config->networks[0].secrets[0].value, "facebook-app-secret");
    assert_null(network_setting(&config->networks[0], "app-secret"));
    assert_null(config->networks[1].endpoint);
    assert_string_equal(network_setting(&config->networks[1], "client-id"), "abc");
    arena_free(arena);
}

static void what_is_left_out_has_a_default(void **state)
{
    struct arena *arena = arena_new();
    const char *lines;
    (void)state;

    const struct config *config = parse(arena, "coordinator: {name: N}\n", &lines);
    assert_string_equal(lines, "");
    assert_null(config->coordinator_url);
    assert_string_equal(config->coordinator_language, "nb");
    assert_string_equal(config->time_zone, "Europe/Oslo");
    assert_int_equal(config->approval_threshold, 0);
    assert_int_equal(config->passkey_origin_count, 0);
    assert_string_equal(config->store, "sqlite");
    assert_null(config->log_origin);
    assert_null(config->ca_file);
    assert_string_equal(config->listen, "127.0.0.1:8080");
    assert_int_equal(config->network_count, 0);
    arena_free(arena);
}

/* Each case is one faulty line after a good beginning; `words` is in what the reader is told. */
static const struct {
    const char *text, *words;
} faults[] = {
    {"aproval: {threshold: 2}", "unknown key 'aproval', did you mean 'approval'?"},
    {"approval: {threshold: -1}", "'-1' is no whole number from 0 to 64"},
    {"approval: {}", "lacks 'threshold'"},
    {"approval: {threshold: 2, passkey-origins: a}", "'passkey-origins' must be a list"},
    {"approval: {threshold: 2, passkey-origins: []}", "'passkey-origins'"},
    {"approval: {threshold: 2, passkey-origin: [\"https://a.example\"]}",
     "did you mean 'passkey-origins'?"},
    {"approval: {threshold: 2, passkey-origins: [\"https://a.example/\"]}",
     "'https://a.example/' is not as browsers write it: 'https://a.example'"},
    {"approval: {threshold: 2, passkey-origins: [\"https://a.example:443\"]}",
     "browsers write it: 'https://a.example'"},
    {"approval: {threshold: 2, passkey-origins: [\"https://A.example\"]}",
     "browsers write it: 'https://a.example'"},
    {"approval: {threshold: 2, passkey-origins: [\"http://a.example\"]}", "is no address such as"},
    {"approval: {threshold: 2, passkey-origins: [a.example]}", "is no address such as"},
    {"approval: {threshold: 2, passkey-origins: [\"https://u@a.example\"]}",
     "is no address such as"},
    {"approval: {threshold: 2, passkey-origins: [\"https://a.example\", \"https://a.example\"]}",
     "https://a.example"},
    {"approval: 2", "'approval' must be a map, not a text"},
    {"store: postgresql://u:very-secret@h/db", "PostgreSQL store is not built into this release"},
    {"store: oracle", "'store' must be 'sqlite'"},
    {"log: {origin: a b}", "'origin' holds a space or '+'"},
    {"log: {origin: a+b}", "'origin' holds a space or '+'"},
    {"witnesses: a", "'witnesses' must be a list"},
    {"witnesses: [{url: \"https://w.example\"}]", "'key'"},
    {"witnesses: [{key: " WITNESS_KEY "}]", "'url'"},
    {"witnesses: [{url: \"http://w.example\", key: " WITNESS_KEY "}]", "http://w.example"},
    {"witnesses: [{url: \"https://w.example\", key: a}]", "'key': "},
    {"witnesses: [{url: \"https://w.example\", key: " LOG_KEY "}]",
     "it is the key of a log, not of a witness"},
    {"witnesses: [{url: \"https://w.example\", key: " WITNESS_KEY "},"
     " {url: \"https://v.example\", key: " WITNESS_KEY "}]",
     "this name or key stands here twice"},
    {"listen: localhost", "'listen' must be an address and a port"},
    {"listen: 127.0.0.1:70000", "'listen' must be an address and a port"},
    {"ca-file: \"\"", "'ca-file' is empty"},
    {"internal-addresses: loopback", "must be a list, not a text"},
    {"internal-addresses: []", "is empty"},
    {"internal-addresses: [loopback, loopback]", "twice"},
    {"internal-addresses: [Loopback]", "'Loopback' is no address; write loopback, private"},
    {"internal-addresses: [localhost]", "'localhost' is no address"},
    {"internal-addresses: [10.1.2.3/16]", "'10.1.2.3/16' has bits set after its prefix"},
    {"internal-addresses: [0.0.0.0/0]", "is not a block of internal addresses"},
    {"internal-addresses: [\"::/0\"]", "is not a block of internal addresses"},
    {"internal-addresses: [203.0.113.7]", "is not a block of internal addresses"},
    {"internal-address: [loopback]", "did you mean 'internal-addresses'?"},
    {"networks: {facebok: {}}", "there is no channel 'facebok'"},
    {"networks: {x: {endpoint: \"http://api.x.com\"}}", "is not encrypted"},
    {"networks: {x: {endpoint: \"https://api.x.com?a=1\"}}", "without '?' and '#'"},
    {"networks: {x: {endpoint: \"https://u@api.x.com\"}}", "user name"},
    {"networks: {x: {endpont: \"https://api.x.com\"}}", "did you mean 'endpoint'?"},
    {"networks: {x: {app-secret: very-secret}}", "a secret is never written here"},
    {"networks: {x: {app-secret: {vault: \"\"}}}", "'vault' is empty"},
    {"networks: {x: {app-secret: {vault: A B}}}", "the name after 'vault' holds something"},
    {"networks: {x: {app-secret: {valt: a}}}", "did you mean 'vault'?"},
};

static void faults_are_named_with_their_place(void **state)
{
    struct arena *arena = arena_new();
    const char *lines;
    (void)state;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const char *text = arena_printf(arena, "coordinator: {name: N}\n%s\n", faults[i].text);
        assert_null(parse(arena, text, &lines));
        if (!strstr(lines, faults[i].words) || strncmp(lines, "/w/crisis.yaml:2:", 17) != 0)
            fail_msg("%s: %s", faults[i].text, lines);
        assert_null(strstr(lines, "very-secret"));
    }
    arena_free(arena);
}

static void all_faults_are_named_at_once(void **state)
{
    struct arena *arena = arena_new();
    const char *lines;
    (void)state;

    assert_null(parse(arena, "coordinator: {language: 1, time-zone: \"../x\", url: x}\nlist: [1]\n",
                      &lines));
    assert_non_null(strstr(lines, "lacks 'name'"));
    assert_non_null(strstr(lines, "'language' is no language tag"));
    assert_non_null(strstr(lines, "'time-zone' is no name of a time zone"));
    assert_non_null(strstr(lines, "is no web address"));
    assert_non_null(strstr(lines, "unknown key 'list'"));
    assert_null(parse(arena, "- a\n", &lines));
    assert_null(parse(arena, "approval: {threshold: 1}\n", &lines));
    assert_non_null(strstr(lines, "lacks 'coordinator'"));
    arena_free(arena);
}

static void an_endpoint_on_this_machine_need_not_be_encrypted(void **state)
{
    struct arena *arena = arena_new();
    const char *lines;
    (void)state;

    const struct config *config = parse(
        arena, "coordinator: {name: N}\nnetworks: {x: {endpoint: \"http://127.0.0.1:9001\"}}\n",
        &lines);
    assert_non_null(config);
    assert_string_equal(config->networks[0].endpoint, "http://127.0.0.1:9001");
    assert_non_null(strstr(lines, "warning: 'http://127.0.0.1:9001' is not encrypted"));
    arena_free(arena);
}

static void internal_addresses_are_words_and_blocks(void **state)
{
    struct arena *arena = arena_new();
    const char *lines;
    char first[ADDRESS_TEXT_SIZE];
    (void)state;

    const struct config *config =
        parse(arena,
              "coordinator: {name: N}\n"
              "internal-addresses: [private, 127.0.0.0/8, \"fd00:1::/32\", 169.254.1.2]\n",
              &lines);
    assert_non_null(config);
    assert_string_equal(lines, "");
    assert_int_equal(config->internal_address_count, 7);
    address_format(&config->internal_addresses[0].first, first);
    assert_string_equal(first, "10.0.0.0");
    address_format(&config->internal_addresses[6].first, first);
    assert_string_equal(first, "169.254.1.2");
    assert_int_equal(config->internal_addresses[4].bits, 96 + 8);
    assert_int_equal(config->internal_addresses[5].bits, 32);
    assert_int_equal(config->internal_addresses[6].bits, 128);
    config = parse(arena, "coordinator: {name: N}\n", &lines);
    assert_int_equal(config->internal_address_count, 0);
    arena_free(arena);
}

static void a_file_is_loaded_or_named(void **state)
{
    struct arena *arena = arena_new();
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64];
    struct problems problems;
    struct config *config;
    struct error error = {0};
    (void)state;

    assert_true(test_folder_make(&folder));
    test_folder_file(&folder, "crisis.yaml", path);
    problems_init(&problems, arena);
    assert_int_equal(config_load(arena, path, known_channel, &problems, &config, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, path));

    error_clear(&error);
    assert_true(test_folder_write(path, "coordinator: {}\n"));
    assert_int_equal(config_load(arena, path, known_channel, &problems, &config, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(problems.error_count, 1);

    error_clear(&error);
    problems_init(&problems, arena);
    assert_true(test_folder_write(path, "coordinator: {name: N}\n"));
    assert_int_equal(config_load(arena, path, known_channel, &problems, &config, &error), 0);
    assert_string_equal(config->coordinator_name, "N");
    assert_int_not_equal(config->sha256[0] | config->sha256[1] | config->sha256[2], 0);
    test_folder_remove(&folder);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration_is_read),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(faults_are_named_with_their_place),
        cmocka_unit_test(all_faults_are_named_at_once),
        cmocka_unit_test(an_endpoint_on_this_machine_need_not_be_encrypted),
        cmocka_unit_test(internal_addresses_are_words_and_blocks),
        cmocka_unit_test(a_file_is_loaded_or_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
