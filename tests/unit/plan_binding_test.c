#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/binding.h"

#include "plan_fixture.h"

static const struct channel_shape shapes[] = {
    {"facebook",
     {TEXT_UNIT_CODE_POINTS, 2000, false, 0, 0},
     false,
     false,
     {.images_max = 10,
      .image_max_bytes = 1000,
      .image_types = "image/jpeg image/png",
      .alt_max = 100},
     NULL},
    {"x", {TEXT_UNIT_X_WEIGHTED, 280, true, 0, 0}, false, false, {0}, NULL},
    {"webhook", {TEXT_UNIT_BYTES, 100000, false, 0, 0}, true, true, {0}, NULL},
};
enum { SHAPE_COUNT = sizeof(shapes) / sizeof(shapes[0]), ACCOUNTS_MAX = 8 };

#define HEAD                                                                                       \
    "plan: flom\n"                                                                                 \
    "languages: [nb, nn]\n"                                                                        \
    "variables:\n"                                                                                 \
    "  river: {default: Glomma, max: 30}\n"                                                        \
    "municipalities:\n"                                                                            \
    "  - {id: \"0301\", name: Oslo}\n"                                                             \
    "  - {id: \"3403\", name: Hamar, languages: [nn, nb]}\n"                                       \
    "messages:\n"

#define ALERT(bokmal, nynorsk)                                                                     \
    "  alert:\n"                                                                                   \
    "    kind: information\n"                                                                      \
    "    text:\n"                                                                                  \
    "      nb: {headline: Flom, short: \"" bokmal "\", long: \"" bokmal "\"}\n"                    \
    "      nn: {headline: Flaum, short: \"" nynorsk "\", long: \"" nynorsk "\"}\n"

#define UPDATE                                                                                     \
    "  update:\n"                                                                                  \
    "    kind: information\n"                                                                      \
    "    text: {nb: {short: Vannet synker}, nn: {short: Vatnet sig}}\n"

#define PLAN HEAD ALERT("{{municipality.name}}: {{river}} stiger", "{{river}} stig")

static const struct account accounts[] = {
    {"3403", "webhook", "default", NULL, 0},  {"0301", "x", "second", NULL, 0},
    {"0301", "x", "default", NULL, 0},        {"0301", "facebook", "default", NULL, 0},
    {"3403", "facebook", "default", NULL, 0},
};
enum { ACCOUNT_COUNT = sizeof(accounts) / sizeof(accounts[0]) };

/* What may differ from one binding to the next. */
struct setup {
    const char *yaml;
    const char *set; /* NAME=VALUE or NULL */
    size_t message;
    enum run_mode mode;
    const char *run;
    int64_t sent_unix_ms;
    struct civil_time when;
    struct account accounts[ACCOUNTS_MAX];
    size_t account_count;
    const char *site_url;
    const struct media *media; /* what media_load() would have found; NULL: nothing */
};

static struct setup usual(void)
{
    struct setup setup = {
        .yaml = PLAN,
        .mode = MODE_LIVE,
        .run = "flom.alert.20261124T062500Z.7f3a",
        .sent_unix_ms = 1795501500000,
        .when = {2026, 11, 24, 7, 25, 0, 60},
        .account_count = ACCOUNT_COUNT,
    };
    memcpy(setup.accounts, accounts, sizeof(accounts));
    return setup;
}

static struct plan_binding bind(const struct setup *setup)
{
    struct plan_fixture fixture;
    struct plan_binding binding;
    const struct run_values *values;

    fixture_load(&fixture, setup->yaml);
    if (!fixture.plan)
        fail_msg("%s", fixture_problems(&fixture));
    for (size_t i = 0; setup->media && i < fixture.plan->messages[0].media_count; i++)
        fixture.plan->messages[0].media[i].content = setup->media[i];
    assert_int_equal(values_collect(fixture.arena, fixture.plan, &setup->set, setup->set != NULL,
                                    VALUES_TO_SEND, &fixture.problems, &values),
                     0);
    const struct render_request request = {
        .plan = fixture.plan,
        .message = &fixture.plan->messages[setup->message],
        .values = values,
        .mode = setup->mode,
        .run = setup->run,
        .sent_unix_ms = setup->sent_unix_ms,
        .when = setup->when,
        .coordinator = "Nasjonal krisekoordinator",
        .site_url = setup->site_url,
        .channels = shapes,
        .channel_count = SHAPE_COUNT,
        .accounts = setup->accounts,
        .account_count = setup->account_count,
    };
    if (binding_make(fixture.arena, &request, &fixture.problems, &binding) < 0)
        fail_msg("%s", fixture_problems(&fixture));
    fixture_release(&fixture);
    return binding;
}

static bool same_audience(const struct setup *a, const struct setup *b)
{
    struct plan_binding left = bind(a), right = bind(b);
    return memcmp(left.audience_sha256, right.audience_sha256, SHA256_SIZE) == 0;
}

static bool same_texts(const struct setup *a, const struct setup *b)
{
    struct plan_binding left = bind(a), right = bind(b);
    return memcmp(left.texts_sha256, right.texts_sha256, SHA256_SIZE) == 0;
}

static void the_formats_are_those_that_are_written_down(void **state)
{
    static const char audience[] = "0301 nb facebook\n"
                                   "0301 nb x\n"
                                   "3403 nb facebook\n"
                                   "3403 nn facebook\n";
    static const char texts[] = "0301 facebook default nb\n4\nFlom\n19\nOslo: Glomma stiger\n"
                                "0301 x default nb\n4\nFlom\n19\nOslo: Glomma stiger\n"
                                "0301 x second nb\n4\nFlom\n19\nOslo: Glomma stiger\n"
                                "3403 facebook default nb\n4\nFlom\n20\nHamar: Glomma stiger\n"
                                "3403 facebook default nn\n5\nFlaum\n11\nGlomma stig\n";
    unsigned char hash[SHA256_SIZE];
    struct setup setup = usual();
    (void)state;

    setup.account_count = ACCOUNT_COUNT - 1;
    memcpy(setup.accounts, accounts + 1, sizeof(accounts) - sizeof(accounts[0]));
    struct plan_binding binding = bind(&setup);
    assert_int_equal(binding.municipality_count, 2);
    assert_int_equal(binding.delivery_count, 5);
    sha256(audience, sizeof(audience) - 1, hash);
    assert_memory_equal(binding.audience_sha256, hash, SHA256_SIZE);
    sha256(texts, sizeof(texts) - 1, hash);
    assert_memory_equal(binding.texts_sha256, hash, SHA256_SIZE);
}

static void the_same_input_has_the_same_hashes(void **state)
{
    struct setup first = usual(), second = usual();
    (void)state;

    assert_true(same_audience(&first, &second));
    assert_true(same_texts(&first, &second));
    /* In whichever order the accounts were registered. */
    for (size_t i = 0; i < ACCOUNT_COUNT; i++)
        second.accounts[i] = first.accounts[ACCOUNT_COUNT - 1 - i];
    assert_true(same_audience(&first, &second));
    assert_true(same_texts(&first, &second));
    assert_int_equal(bind(&first).delivery_count, 6);
}

static void every_change_of_what_is_said_changes_the_texts(void **state)
{
    static const char *const plans[] = {
        HEAD ALERT("{{municipality.name}}: {{river}} stiger.", "{{river}} stig"),
        HEAD ALERT("{{municipality.name}}: {{river}} stiger", "{{river}} stig."),
        HEAD ALERT("{{municipality.name}}: {{river}} stiger ", "{{river}} stig no"),
    };
    struct setup before = usual(), after;
    (void)state;

    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        after = usual();
        after.yaml = plans[i];
        assert_false(same_texts(&before, &after));
        assert_true(same_audience(&before, &after));
    }
    after = usual();
    after.set = "river=Vorma";
    assert_false(same_texts(&before, &after));
    assert_true(same_audience(&before, &after));
    after = usual();
    after.mode = MODE_EXERCISE;
    assert_false(same_texts(&before, &after));
    assert_true(same_audience(&before, &after));
}

static void the_places_are_bound(void **state)
{
    struct setup before = usual(), after = usual();
    (void)state;

    after.account_count--; /* a channel less */
    assert_false(same_texts(&before, &after));
    assert_false(same_audience(&before, &after));
    after = usual();
    after.accounts[3].municipality = "3403";
    assert_false(same_audience(&before, &after));
    after = usual();
    after.yaml = HEAD ALERT("Likt", "Likt");
    before.yaml = "plan: flom\nlanguages: [nb, nn]\nvariables: {river: {default: Glomma}}\n"
                  "municipalities: [{id: \"0301\", name: Oslo}, {id: \"3403\", name: Hamar}]\n"
                  "messages:\n" ALERT("Likt", "Likt");
    assert_false(same_texts(&before, &after)); /* a language more */
    assert_false(same_audience(&before, &after));
    /* Another account of the same kind: the same audience, but not the same delivery. */
    before = usual();
    after = usual();
    after.accounts[1].label = "third";
    assert_true(same_audience(&before, &after));
    assert_false(same_texts(&before, &after));
}

static void the_audience_is_that_of_every_message(void **state)
{
    struct setup alert = usual(), update = usual();
    (void)state;

    alert.yaml = update.yaml = HEAD ALERT("Elva stiger", "Elva stig") UPDATE;
    update.message = 1;
    assert_true(same_audience(&alert, &update));
    assert_false(same_texts(&alert, &update));
}

static void the_moment_and_the_run_change_nothing(void **state)
{
    struct setup before = usual(), after = usual();
    (void)state;

    before.yaml = after.yaml = HEAD ALERT("Kl. {{time}} {{date}} {{run}}", "{{run}} {{time}}");
    after.run = "flom.alert.20270101T000000Z.0000";
    after.sent_unix_ms += 38 * 86400000LL;
    after.when = (struct civil_time){2027, 1, 1, 1, 0, 0, 60};
    assert_true(same_texts(&before, &after));
    after.yaml = HEAD ALERT("Kl. {{time}} {{date}}", "{{run}} {{time}}");
    assert_false(same_texts(&before, &after));
}

static void a_document_is_bound_in_all_its_languages(void **state)
{
    struct setup before = usual(), after = usual();
    (void)state;

    before.account_count = after.account_count = 1; /* the webhook of 3403, which speaks both */
    assert_int_equal(bind(&before).delivery_count, 1);
    after.yaml = HEAD ALERT("{{municipality.name}}: {{river}} stiger", "{{river}} stig no");
    assert_false(same_texts(&before, &after));
    after.yaml = HEAD ALERT("{{municipality.name}}: {{river}} stiger no", "{{river}} stig");
    assert_false(same_texts(&before, &after));
    after = usual();
    after.account_count = 1;
    after.run = "flom.alert.20270101T000000Z.0000";
    after.sent_unix_ms += 1000;
    after.when.minute++;
    assert_true(same_texts(&before, &after));
}

#define MEDIA_ALERT(alt)                                                                           \
    HEAD "  alert:\n    kind: alert\n    text: {nb: {headline: Flom, short: Elva stiger}, nn: "    \
         "{headline: Flaum, short: Elva stig}}\n    media: [{file: kart.png, alt: {nb: " alt       \
         ", nn: Kartet}}]\n"

static const struct media map = {
    .kind = MEDIA_IMAGE,
    .type = "image/png",
    .file_name = "kart.png",
    .sha256 = "0000000000000000000000000000000000000000000000000000000000000001",
    .bytes = "png",
    .size_bytes = 3,
    .width = 4,
    .height = 3,
};

static void pictures_are_bound_with_what_they_show(void **state)
{
    static const char texts[] =
        "3403 facebook default nb\n4\nFlom\n11\nElva stiger\n"
        "media 0000000000000000000000000000000000000000000000000000000000000001\n4\nKart\n"
        "3403 facebook default nn\n5\nFlaum\n9\nElva stig\n"
        "media 0000000000000000000000000000000000000000000000000000000000000001\n6\nKartet\n";
    unsigned char hash[SHA256_SIZE];
    struct setup before = usual(), after;
    struct media other = map;
    (void)state;

    before.yaml = MEDIA_ALERT("Kart");
    before.media = &map;
    before.accounts[0] = (struct account){"3403", "facebook", "default", NULL, 0};
    before.account_count = 1;
    struct plan_binding binding = bind(&before);
    sha256(texts, sizeof(texts) - 1, hash);
    assert_memory_equal(binding.texts_sha256, hash, SHA256_SIZE);
    after = before;
    after.yaml = MEDIA_ALERT("Kart over elva");
    assert_false(same_texts(&before, &after));
    other.sha256 = "0000000000000000000000000000000000000000000000000000000000000002";
    after = before;
    after.media = &other;
    assert_false(same_texts(&before, &after));
    /* A webhook has them in its document, with the address. */
    before.accounts[0].channel = "webhook";
    after = before;
    after.media = &other;
    assert_false(same_texts(&before, &after));
    after = before;
    after.site_url = "https://krise.example.no";
    assert_false(same_texts(&before, &after));
}

static void what_cannot_be_rendered_cannot_be_bound(void **state)
{
    struct plan_fixture fixture;
    struct plan_binding binding;
    (void)state;

    fixture_load(&fixture, HEAD ALERT("{{nothing.like.this}}", "x"));
    const struct render_request request = {
        .plan = fixture.plan,
        .message = &fixture.plan->messages[0],
        .values = values_sample(fixture.arena, fixture.plan),
        .mode = MODE_LIVE,
        .coordinator = "x",
        .channels = shapes,
        .channel_count = SHAPE_COUNT,
        .accounts = accounts,
        .account_count = ACCOUNT_COUNT,
    };
    assert_int_equal(binding_make(fixture.arena, &request, &fixture.problems, &binding), -1);
    assert_true(fixture.problems.error_count > 0);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formats_are_those_that_are_written_down),
        cmocka_unit_test(the_same_input_has_the_same_hashes),
        cmocka_unit_test(every_change_of_what_is_said_changes_the_texts),
        cmocka_unit_test(the_places_are_bound),
        cmocka_unit_test(the_audience_is_that_of_every_message),
        cmocka_unit_test(the_moment_and_the_run_change_nothing),
        cmocka_unit_test(a_document_is_bound_in_all_its_languages),
        cmocka_unit_test(pictures_are_bound_with_what_they_show),
        cmocka_unit_test(what_cannot_be_rendered_cannot_be_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
