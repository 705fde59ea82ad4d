#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/binding.h"
#include "plan/render.h"

#include "plan_fixture.h"

/* A channel that shows pictures only, and a list of accounts on it. */
static const struct channel_shape shapes[] = {
    {.name = "mastodon",
     .limits = {TEXT_UNIT_CODE_POINTS, 2000, false, 0, 0},
     .media = {.images_max = 1,
               .image_max_bytes = 1000000,
               .image_types = "image/jpeg",
               .alt_max = 1000,
               .needs_image = true}},
};
static const struct account accounts[] = {
    {"0301", "mastodon", "default", NULL, 0},
    {"0301", "mastodon", "second", NULL, 0},
    {"3403", "mastodon", "default", NULL, 0},
};

#define PLAN(text)                                                                                 \
    "plan: flom\ntitle: Flom i landet\nissuer: Direktoratet\nlanguages: [nb]\n"                    \
    "municipalities:\n  - {id: \"0301\", name: Oslo}\n  - {id: \"3403\", name: Hamar}\n"           \
    "messages:\n  alert:\n    kind: information\n    text: {nb: {headline: Flom, " text "}}\n"

static struct render_request request_for(struct plan_fixture *fixture, enum run_mode mode)
{
    struct render_request request = fixture_request(fixture, mode);

    request.site_url = "https://krise.example.no";
    request.channels = shapes;
    request.channel_count = 1;
    request.accounts = accounts;
    request.account_count = sizeof(accounts) / sizeof(accounts[0]);
    return request;
}

static void a_card_says_what_the_message_says(void **state)
{
    struct plan_fixture fixture;
    struct rendering *rendering;
    (void)state;

    fixture_load(&fixture,
                 PLAN("short: \"Elva stiger: https://a.example/x. Kl. {{time}}\", long: Langt"));
    struct render_request request = request_for(&fixture, MODE_LIVE);
    assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &rendering), 0);
    /* The text is the same in both municipalities; the card is not. Two accounts share theirs. */
    assert_int_equal(rendering->delivery_count, 3);
    assert_int_equal(rendering->draft_count, 2);
    const struct card *card = rendering->measures[0].card;
    assert_string_equal(card->language, "nb");
    assert_string_equal(card->issuer, "Direktoratet");
    assert_string_equal(card->municipality, "Oslo");
    assert_string_equal(card->title, "Flom i landet");
    assert_string_equal(card->headline, "Flom");
    assert_string_equal(card->text, "Elva stiger: https://a.example/x. Kl. 07.25");
    assert_string_equal(card->time, "24. november 2026, 07.25");
    assert_string_equal(card->link, "https://a.example/x");
    assert_null(card->mark);
    assert_string_equal(rendering->measures[1].card->municipality, "Hamar");
    assert_int_equal(rendering->drafts[0].media_count, 0); /* until it is drawn */
    fixture_release(&fixture);
}

static void an_exercise_is_one_on_its_card(void **state)
{
    struct plan_fixture fixture;
    struct rendering *rendering;
    (void)state;

    fixture_load(&fixture, PLAN("short: Elva stiger"));
    struct render_request request = request_for(&fixture, MODE_EXERCISE);
    assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &rendering), 0);
    const struct card *card = rendering->measures[0].card;
    assert_string_equal(card->mark, "ØVELSE");
    assert_string_equal(card->headline, "ØVELSE: Flom");
    assert_string_equal(card->text, "Elva stiger"); /* the marks are drawn */
    assert_string_equal(card->link, "https://krise.example.no");
    fixture_release(&fixture);
}

static void a_text_that_is_too_long_is_told(void **state)
{
    struct plan_fixture fixture;
    struct rendering *rendering;
    char yaml[2048], words[512 + 1];
    (void)state;

    memset(words, 'a', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    for (int over = 0; over < 2; over++) {
        snprintf(yaml, sizeof(yaml), PLAN("short: %.*s"), 500 + over, words);
        fixture_load(&fixture, yaml);
        struct render_request request = request_for(&fixture, MODE_LIVE);
        assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &rendering), 0);
        assert_string_equal(fixture_problems(&fixture),
                            over ? "11: warning: the text in nb has 501 characters, and the text "
                                   "card for mastodon has room for 500: it shows the headline and "
                                   "where to read more\n"
                                 : "");
        fixture_release(&fixture);
    }
}

static struct plan_binding bind(const char *yaml, const char *site_url, const char *issuer)
{
    struct plan_fixture fixture;
    struct plan_binding binding;

    fixture_load(&fixture, yaml);
    struct render_request request = request_for(&fixture, MODE_LIVE);
    request.site_url = site_url;
    fixture.plan->issuer.text = issuer;
    request.account_count = 1;
    assert_int_equal(binding_make(fixture.arena, &request, &fixture.problems, &binding), 0);
    fixture_release(&fixture);
    return binding;
}

static void what_stands_on_a_card_is_bound(void **state)
{
    static const char yaml[] = PLAN("short: Elva stiger");
    static const char texts[] = "0301 mastodon default nb\n4\nFlom\n11\nElva stiger\ncard\n"
                                "12\nDirektoratet\n4\nOslo\n13\nFlom i landet\n4\nFlom\n"
                                "11\nElva stiger\n18\n{{date}}, {{time}}\n"
                                "24\nhttps://krise.example.no\n0\n\n";
    unsigned char hash[SHA256_SIZE];
    (void)state;

    struct plan_binding first = bind(yaml, "https://krise.example.no", "Direktoratet");
    sha256(texts, sizeof(texts) - 1, hash);
    assert_memory_equal(first.texts_sha256, hash, SHA256_SIZE);
    struct plan_binding other = bind(yaml, "https://krise.example.org", "Direktoratet");
    assert_memory_not_equal(first.texts_sha256, other.texts_sha256, SHA256_SIZE);
    other = bind(yaml, "https://krise.example.no", "Noen andre");
    assert_memory_not_equal(first.texts_sha256, other.texts_sha256, SHA256_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_says_what_the_message_says),
        cmocka_unit_test(an_exercise_is_one_on_its_card),
        cmocka_unit_test(a_text_that_is_too_long_is_told),
        cmocka_unit_test(what_stands_on_a_card_is_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
