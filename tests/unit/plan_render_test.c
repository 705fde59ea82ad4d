#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "count/count.h"
#include "plan/check.h"
#include "plan/render.h"
#include "wire/json.h"

#include "plan_fixture.h"

/* As drivers give them, with limits that tests can reach. */
static const struct channel_shape shapes[] = {
    {"facebook", {TEXT_UNIT_CODE_POINTS, 200, false, 0, 30}, false, false, {0}, NULL},
    {"x", {TEXT_UNIT_X_WEIGHTED, 90, true, 0, 0}, false, false, {0}, NULL},
    {"webhook", {TEXT_UNIT_BYTES, 100000, false, 0, 0}, true, true, {0}, NULL},
};
enum { SHAPE_COUNT = sizeof(shapes) / sizeof(shapes[0]), FACEBOOK = 0, X = 1, WEBHOOK = 2 };

#define HEAD                                                                                       \
    "plan: flom\n"                                                                                 \
    "title: Flom på Østlandet\n"                                                                 \
    "issuer: DSB\n"                                                                                \
    "languages: [nb, nn, se]\n"                                                                    \
    "variables:\n"                                                                                 \
    "  river: {default: Glomma, max: 30}\n"                                                        \
    "  phone: {type: phone, default: \"\"}\n"                                                      \
    "municipalities:\n"                                                                            \
    "  - {id: \"0301\", name: Oslo, county: {id: \"03\", name: Oslo}, website: "                   \
    "\"https://oslo.example\"}\n"                                                                  \
    "  - {id: \"3403\", name: Hamar, languages: [nn, nb]}\n"                                       \
    "  - {id: \"5610\", name: {nb: Karasjok, se: Kárášjohka}, languages: [se, nb]}\n"           \
    "messages:\n"

#define ALERT                                                                                      \
    "  alert:\n"                                                                                   \
    "    kind: information\n"                                                                      \
    "    phase: during\n"                                                                          \
    "    cap: {category: Met, event: Flom, urgency: Immediate}\n"                                  \
    "    expires: 6h\n"                                                                            \
    "    text:\n"                                                                                  \
    "      nb:\n"                                                                                  \
    "        headline: \"Flom i {{river}}\"\n"                                                     \
    "        short: \"{{municipality.name}}: {{river}} stiger. https://a.example\"\n"              \
    "        long: |\n"                                                                            \
    "          {{municipality.name}} kommune ber alle holde seg unna {{river}}.\n"                 \
    "          {{#phone}}\n"                                                                       \
    "          Ring {{phone}}.\n"                                                                  \
    "          {{/phone}}\n"                                                                       \
    "          Kl. {{time}} {{date}}: https://a.example/lang\n"                                    \
    "      nn: {headline: Flaum, short: \"{{municipality.name}}: {{river}} stig.\"}\n"

static const struct account accounts[] = {
    {"0301", "x", "second", NULL, 0},  {"0301", "x", "default", NULL, 0},
    {"0301", "facebook", "", NULL, 0}, {"0301", "webhook", "", NULL, 0},
    {"3403", "facebook", "", NULL, 0}, {"3403", "webhook", "", NULL, 0},
    {"5610", "facebook", "", NULL, 0}, {"9999", "facebook", "", NULL, 0},
};
enum { ACCOUNT_COUNT = sizeof(accounts) / sizeof(accounts[0]) };

static struct render_request request_for(struct plan_fixture *fixture, enum run_mode mode)
{
    struct render_request request = fixture_request(fixture, mode);

    request.channels = shapes;
    request.channel_count = SHAPE_COUNT;
    request.accounts = accounts;
    request.account_count = ACCOUNT_COUNT;
    return request;
}

/* "0301 x default nb 2" for each delivery: municipality, channel, label, language, draft. */
static const char *delivery_lines(struct arena *arena, const struct rendering *rendering)
{
    const char *lines = "";

    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct rendered_delivery *delivery = &rendering->deliveries[i];
        lines = arena_printf(arena, "%s%s %s %s %s %zu\n", lines,
                             delivery->member->municipality->id, delivery->account->channel,
                             delivery->account->label, delivery->language, delivery->draft);
    }
    return lines;
}

static void deliveries_are_in_order(void **state)
{
    struct plan_fixture fixture;
    struct rendering *rendering;

    (void)state;
    fixture_load(&fixture, HEAD ALERT);
    struct render_request request = request_for(&fixture, MODE_LIVE);
    int result = render_message(fixture.arena, &request, &fixture.problems, &rendering);
    assert_string_equal(
        fixture_problems(&fixture),
        "13: warning: the message has no text in se: nb is used instead for 1 municipality\n");
    assert_int_equal(result, 0);
    /* Web first, labels in order, languages in the municipality's order; one text for two accounts;
     * the same language not twice for one account. */
    assert_string_equal(delivery_lines(fixture.arena, rendering), "0301 webhook  nb 0\n"
                                                                  "0301 facebook  nb 1\n"
                                                                  "0301 x default nb 2\n"
                                                                  "0301 x second nb 2\n"
                                                                  "3403 webhook  nn 3\n"
                                                                  "3403 facebook  nn 4\n"
                                                                  "3403 facebook  nb 5\n"
                                                                  "5610 facebook  nb 6\n");
    assert_int_equal(rendering->draft_count, 7);
    assert_int_equal(rendering->unrendered_count, 0);

    const struct draft *facebook = &rendering->drafts[1];
    assert_string_equal(facebook->channel, "facebook");
    assert_string_equal(facebook->headline, "Flom i Glomma");
    assert_int_equal(facebook->part_count, 1);
    assert_string_equal(facebook->parts[0], "Oslo kommune ber alle holde seg unna Glomma.\n"
                                            "Kl. 07.25 24. november 2026: https://a.example/lang");
    assert_string_equal(facebook->link, "https://a.example/lang");
    assert_null(facebook->document);
    assert_int_equal(
        rendering->measures[1].lengths[0],
        count_text(TEXT_UNIT_CODE_POINTS, facebook->parts[0], strlen(facebook->parts[0])));
    assert_string_equal(rendering->drafts[2].parts[0], "Oslo: Glomma stiger. https://a.example");
    assert_string_equal(rendering->drafts[4].parts[0], "Hamar: Glomma stig.");
    assert_null(rendering->drafts[4].link);
    assert_memory_equal(rendering->drafts[6].parts[0], "Karasjok kommune", 16);
    fixture_release(&fixture);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    struct plan_fixture fixture;
    struct rendering *first, *second;

    (void)state;
    fixture_load(&fixture, HEAD ALERT);
    struct render_request request = request_for(&fixture, MODE_EXERCISE);
    assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &first), 0);
    assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &second), 0);
    assert_int_equal(first->draft_count, second->draft_count);
    assert_string_equal(delivery_lines(fixture.arena, first),
                        delivery_lines(fixture.arena, second));
    for (size_t i = 0; i < first->draft_count; i++) {
        assert_string_equal(first->drafts[i].parts[0], second->drafts[i].parts[0]);
        if (first->drafts[i].document)
            assert_string_equal(first->drafts[i].document, second->drafts[i].document);
    }
    fixture_release(&fixture);
}

/* Of a plan from text, released with the fixture. */
static struct rendering *render(struct plan_fixture *fixture, const char *yaml, enum run_mode mode)
{
    struct rendering *rendering;

    fixture_load(fixture, yaml);
    struct render_request request = request_for(fixture, mode);
    assert_int_equal(render_message(fixture->arena, &request, &fixture->problems, &rendering), 0);
    return rendering;
}

static void assert_marked(const char *text, const char *mark)
{
    size_t length = strlen(text), mark_length = strlen(mark);

    assert_true(length > 2 * mark_length + 2);
    assert_memory_equal(text, mark, mark_length);
    assert_int_equal(text[mark_length], '\n');
    assert_int_equal(text[length - mark_length - 1], '\n');
    assert_string_equal(text + length - mark_length, mark);
}

static void every_text_of_an_exercise_is_marked(void **state)
{
    struct plan_fixture fixture;
    (void)state;

    struct rendering *rendering = render(&fixture, HEAD ALERT, MODE_EXERCISE);
    assert_int_equal(rendering->draft_count, 7);
    for (size_t i = 0; i < rendering->draft_count; i++) {
        const struct draft *draft = &rendering->drafts[i];
        bool is_nynorsk = strcmp(draft->language, "nn") == 0;
        const char *word = is_nynorsk ? "ØVING" : "ØVELSE";
        const char *line = is_nynorsk ? "ØVING – ØVING – ØVING" : "ØVELSE – ØVELSE – ØVELSE";
        for (size_t j = 0; j < draft->part_count; j++)
            assert_marked(draft->parts[j], strcmp(draft->channel, "x") == 0 ? word : line);
        assert_memory_equal(draft->headline, word, strlen(word));
        assert_memory_equal(draft->headline + strlen(word), ": ", 2);
    }
    fixture_release(&fixture);
}

static void every_part_of_a_thread_is_marked(void **state)
{
    struct plan_fixture fixture;
    (void)state;

    struct rendering *rendering =
        render(&fixture,
               HEAD "  alert:\n"
                    "    kind: information\n"
                    "    text:\n"
                    "      nb: {short: \"{{municipality.name}}: Vannet stiger raskt i elva. Hold "
                    "deg unna. Flytt bilen nå. Hør på radio. Hjelp naboen din. Lad telefonen.\"}\n",
               MODE_EXERCISE);
    bool has_thread = false;
    for (size_t i = 0; i < rendering->draft_count; i++) {
        const struct draft *draft = &rendering->drafts[i];
        if (strcmp(draft->channel, "x") != 0)
            continue;
        has_thread = true;
        assert_true(draft->part_count > 1);
        for (size_t j = 0; j < draft->part_count; j++) {
            assert_marked(draft->parts[j], "ØVELSE");
            assert_true(rendering->measures[i].lengths[j] <= 90);
        }
    }
    assert_true(has_thread);
    assert_non_null(strstr(fixture_problems(&fixture),
                           "16: warning: with the marks of an exercise, the text for x in nb takes "
                           "2 posts, and a later one may be "
                           "refused or unseen: what people must do has to stand in the first "
                           "(municipality 0301 Oslo)\n"));
    fixture_release(&fixture);
}

static void a_document_says_everything(void **state)
{
    struct plan_fixture fixture;
    (void)state;

    struct rendering *rendering = render(&fixture, HEAD ALERT, MODE_EXERCISE);
    const struct draft *draft = &rendering->drafts[0];
    struct json *root = json_parse(draft->document, strlen(draft->document));
    assert_non_null(root);
    assert_string_equal(json_text(root, "plan", NULL), "flom");
    assert_string_equal(json_text(root, "title", NULL), "Flom på Østlandet");
    assert_string_equal(json_text(root, "message", NULL), "alert");
    assert_string_equal(json_text(root, "kind", NULL), "information");
    assert_string_equal(json_text(root, "phase", NULL), "during");
    assert_string_equal(json_text(root, "mode", NULL), "exercise");
    assert_true(json_is_true(root, "exercise", NULL));
    assert_string_equal(json_text(root, "run", NULL), "flom.alert.20261124T062500Z.7f3a");
    assert_string_equal(json_text(root, "municipality", "id", NULL), "0301");
    assert_string_equal(json_text(root, "municipality", "county", "id", NULL), "03");
    assert_string_equal(json_text(root, "issuer", NULL), "DSB");
    assert_string_equal(json_text(root, "coordinator", NULL), "Nasjonal krisekoordinator");
    assert_string_equal(json_text(root, "sent", NULL), "2026-11-24T06:25:00.000Z");
    assert_string_equal(json_text(root, "expires", NULL), "2026-11-24T12:25:00.000Z");
    assert_non_null(json_get(root, "follows", NULL));
    assert_null(json_text(root, "follows", NULL));
    assert_string_equal(json_text(root, "cap", "event", NULL), "Flom");
    assert_null(json_text(root, "cap", "severity", NULL));
    assert_int_equal(json_count(json_get(root, "languages", NULL)), 1);
    assert_string_equal(json_text(root, "texts", "nb", "headline", NULL), "ØVELSE: Flom i Glomma");
    assert_marked(json_text(root, "texts", "nb", "short", NULL), "ØVELSE – ØVELSE – ØVELSE");
    assert_marked(json_text(root, "texts", "nb", "long", NULL), "ØVELSE – ØVELSE – ØVELSE");
    assert_string_equal(json_text(root, "text", NULL), draft->parts[0]);
    json_free(root);

    root = json_parse(rendering->drafts[3].document, strlen(rendering->drafts[3].document));
    assert_int_equal(json_count(json_get(root, "languages", NULL)), 2);
    assert_marked(json_text(root, "texts", "nn", "short", NULL), "ØVING – ØVING – ØVING");
    assert_null(json_text(root, "texts", "nn", "long", NULL));
    assert_string_equal(json_text(root, "texts", "nb", "headline", NULL), "ØVELSE: Flom i Glomma");
    assert_null(json_get(root, "municipality", "county", NULL));
    json_free(root);
    fixture_release(&fixture);
}

static void a_channel_may_have_its_own_text(void **state)
{
    struct plan_fixture fixture;
    (void)state;

    struct rendering *rendering =
        render(&fixture,
               HEAD ALERT "    channels:\n"
                          "      x: {nb: \"{{municipality.name}} på X.\"}\n"
                          "      facebook: {link: omit}\n",
               MODE_LIVE);
    assert_string_equal(rendering->drafts[2].parts[0], "Oslo på X.");
    assert_string_equal(rendering->drafts[1].parts[0],
                        "Oslo kommune ber alle holde seg unna Glomma.\n"
                        "Kl. 07.25 24. november 2026:");
    assert_null(rendering->drafts[1].link);
    fixture_release(&fixture);
}

/* Problems of rendering in a mode, with a message's text in place. */
static const char *problems_of(struct plan_fixture *fixture, const char *message,
                               enum run_mode mode, int expected)
{
    struct rendering *rendering;

    fixture_load(fixture, arena_printf(fixture->arena, HEAD "%s", message));
    struct render_request request = request_for(fixture, mode);
    assert_int_equal(render_message(fixture->arena, &request, &fixture->problems, &rendering),
                     expected);
    return fixture_problems(fixture);
}

static void problems_are_told_once(void **state)
{
    static const char too_long[] = "long: \"{{municipality.name}} "
                                   "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee "
                                   "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee "
                                   "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee "
                                   "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee.\"";
    static const char same[] =
        "13: warning: the message has no text in nn: nb is used instead for 1 municipality\n"
        "13: warning: the message has no text in se: nb is used instead for 1 municipality\n";
    static const struct {
        const char *text;
        enum run_mode mode;
        int result;
        const char *problems;
    } cases[] = {
        {"short: Hei", MODE_LIVE, 0, ""},
        {"short: \"{{phone}}\"", MODE_LIVE, -1,
         "15: the text in nb is empty once it is filled in (municipality 0301 Oslo and 2 more)\n"},
        {"short: \"Dette er ikke en øvelse\"", MODE_LIVE, 0, ""},
        {"short: \"Dette er IKKE en  øvelse\"", MODE_EXERCISE, -1,
         "15: the text in nb says 'ikke en øvelse', so it cannot be sent as an exercise: take "
         "these "
         "words out (municipality 0301 Oslo and 2 more)\n"},
        {"short: \"ØVELSE: Flom\"", MODE_LIVE, 0,
         "15: warning: the text in nb begins with the mark of an exercise, and a live message must "
         "not look like one: `--exercise` adds the marks\n"},
        {"short: \"ØVELSE: Flom\"", MODE_EXERCISE, 0, ""},
        {too_long, MODE_LIVE, -1,
         "15: the text for facebook in nb is 9 over the limit of 200 (municipality 5610 Karasjok "
         "and 2 more)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct plan_fixture fixture = {.arena = arena};
        const char *message = arena_printf(arena,
                                           "  m:\n    kind: information\n    text: {nb: {%s}}\n"
                                           "    channels: {x: {nb: \"{{municipality.name}}\"}}\n",
                                           cases[i].text);
        const char *problems = problems_of(&fixture, message, cases[i].mode, cases[i].result);
        const char *expected = arena_printf(arena, "%s%s", cases[i].problems, same);
        /* in which order errors and warnings come is not what is tested */
        if (!strstr(problems, cases[i].problems) || strlen(problems) != strlen(expected))
            assert_string_equal(problems, expected);
        fixture_release(&fixture);
        arena_free(arena);
    }
}

static void template_errors_end_it(void **state)
{
    struct plan_fixture fixture;
    struct rendering *rendering;

    (void)state;
    fixture_load(&fixture, HEAD "  m:\n"
                                "    kind: information\n"
                                "    text:\n"
                                "      nb: {short: \"{{rivr}}\"}\n"
                                "      nn:\n"
                                "        long: |\n"
                                "          Ei linje.\n"
                                "          {{#river}}Open\n");
    struct render_request request = request_for(&fixture, MODE_LIVE);
    assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &rendering), -1);
    assert_null(rendering);
    assert_string_equal(fixture_problems(&fixture),
                        "16: unknown name 'rivr' in '{{rivr}}', did you mean 'river'?\n"
                        "20: '{{#river}}' is not closed: '{{/river}}' is missing\n");
    fixture_release(&fixture);
}

static void one_text(void **state)
{
    static const struct {
        const char *municipality, *channel, *language;
        const char *text; /* NULL: refused */
        const char *problems;
    } cases[] = {
        {"0301", "x", NULL, "Oslo: Glomma stiger. https://a.example", ""},
        {"3403", "x", NULL, "Hamar: Glomma stig.", ""},
        {"3403", "x", "NB", "Hamar: Glomma stiger. https://a.example", ""},
        {"5610", "x", "se", "Karasjok: Glomma stiger. https://a.example",
         "13: warning: the message has no text in se: nb is used instead for 1 municipality\n"},
        {"0301", "x", "nn", NULL,
         "0: municipality 0301 Oslo gets no text in 'nn': its languages in this plan are nb\n"},
        {"0302", "x", NULL, NULL, "0: municipality '0302' is not in the audience of the plan\n"},
        {"0301", "fax", NULL, NULL, "0: there is no channel 'fax'\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_fixture fixture;
        const struct draft *draft;
        fixture_load(&fixture, HEAD ALERT);
        struct render_request request = request_for(&fixture, MODE_LIVE);
        int result = render_text(fixture.arena, &request, cases[i].municipality, cases[i].channel,
                                 cases[i].language, &fixture.problems, &draft);
        assert_string_equal(fixture_problems(&fixture), cases[i].problems);
        assert_int_equal(result, cases[i].text ? 0 : -1);
        if (cases[i].text)
            assert_string_equal(draft->parts[0], cases[i].text);
        else
            assert_null(draft);
        fixture_release(&fixture);
    }
}

static void previews_show_each_text_once(void **state)
{
    struct plan_fixture fixture;
    struct rendering *rendering;

    (void)state;
    fixture_load(&fixture, HEAD "  m:\n    kind: information\n    text: {nb: {short: Hei}}\n");
    struct render_request request = request_for(&fixture, MODE_LIVE);
    request.accounts =
        render_accounts(fixture.arena, fixture.plan, shapes, SHAPE_COUNT, &request.account_count);
    assert_int_equal(request.account_count, 9);
    assert_int_equal(render_message(fixture.arena, &request, &fixture.problems, &rendering), 0);
    const struct preview_text *texts = render_preview(fixture.arena, rendering);
    assert_int_equal(rendering->draft_count, 5); /* facebook, x, and three documents */
    assert_string_equal(texts[1].draft->channel, "facebook");
    assert_string_equal(texts[1].member->municipality->id, "0301");
    assert_int_equal(texts[1].delivery_count, 3);
    assert_int_equal(texts[1].measure->lengths[0], 3);
    assert_int_equal(texts[1].measure->channel->limits.limit, 200);
    assert_non_null(strstr(fixture_problems(&fixture),
                           "15: warning: the same text in nb goes out on x for 3 municipalities, "
                           "and identical posts may be refused"));
    fixture_release(&fixture);
}

static void check_looks_at_both_modes(void **state)
{
    struct plan_fixture fixture;

    (void)state;
    /* 90 on X: fits live, and as an exercise only in parts; on Facebook 190 of 200. */
    fixture_load(&fixture,
                 HEAD "  a:\n"
                      "    kind: information\n"
                      "    text: {nb: {short: \"{{municipality.name}}: This is not a drill.\"}}\n"
                      "    channels: {x: {nb: \"{{municipality.name}}\"}}\n"
                      "  b:\n"
                      "    kind: information\n"
                      "    text: {nb: {long: \"aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
                      "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
                      "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\"}}\n"
                      "    channels: {x: {nb: \"{{municipality.name}}\"}}\n");
    check_texts(fixture.arena, fixture.plan, shapes, SHAPE_COUNT, "DSB", NULL, &fixture.problems);
    const char *problems = fixture_problems(&fixture);
    assert_int_equal(fixture.problems.error_count, 2);
    assert_non_null(strstr(problems, "15: the text in nb says 'not a drill'"));
    assert_non_null(strstr(problems, "19: with the marks of an exercise, the text for facebook in "
                                     "nb is 3 over the limit of 200 (municipality 0301 Oslo and 2 "
                                     "more)\n"));
    fixture_release(&fixture);
}

static void check_finds_errors_of_all_messages(void **state)
{
    struct plan_fixture fixture;

    (void)state;
    fixture_load(&fixture, HEAD "  a: {kind: information, text: {nb: {short: \"{{x}}\"}}}\n"
                                "  b: {kind: information, text: {nb: {short: \"{{y\"}}}\n");
    check_texts(fixture.arena, fixture.plan, shapes, SHAPE_COUNT, "DSB", NULL, &fixture.problems);
    assert_int_equal(fixture.problems.error_count, 2);
    fixture_release(&fixture);
}

/* Where the address of the earlier post goes behind the text, there is room for it. */
static void what_follows_leaves_room_for_a_link(void **state)
{
    static const char follow_up[] = "  update:\n"
                                    "    kind: update\n"
                                    "    follows: alert\n"
                                    "    text: {nb: {long: \"%0*d\"}, nn: {long: \"%0*d\"}}\n";
    static const struct {
        int length;
        const char *problem;
    } cases[] = {
        {170, ""},
        {171,
         "32: the text for facebook in nb is 1 over the limit of 170, which leaves 30 for the link "
         "to the message that it follows (municipality 0301 Oslo)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_fixture fixture;
        struct rendering *rendering;
        const struct draft *draft;
        char yaml[4096];
        int length = snprintf(yaml, sizeof(yaml), "%s", HEAD ALERT);
        snprintf(yaml + length, sizeof(yaml) - (size_t)length, follow_up, cases[i].length, 0, 9, 0);
        fixture_load(&fixture, yaml);
        struct render_request request = request_for(&fixture, MODE_LIVE);
        request.message = plan_find_message(fixture.plan, "update");
        request.accounts = &accounts[2];
        request.account_count = 1;
        int result = render_message(fixture.arena, &request, &fixture.problems, &rendering);
        assert_string_equal(fixture_problems(&fixture), cases[i].problem);
        assert_int_equal(result, cases[i].problem[0] ? -1 : 0);
        assert_int_equal(render_text(fixture.arena, &request, "0301", "facebook", "nb",
                                     &fixture.problems, &draft),
                         result);
        if (result == 0)
            assert_int_equal(rendering->measures[0].channel->limits.limit, 170);
        fixture_release(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_are_in_order),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(every_text_of_an_exercise_is_marked),
        cmocka_unit_test(every_part_of_a_thread_is_marked),
        cmocka_unit_test(a_document_says_everything),
        cmocka_unit_test(a_channel_may_have_its_own_text),
        cmocka_unit_test(problems_are_told_once),
        cmocka_unit_test(template_errors_end_it),
        cmocka_unit_test(what_follows_leaves_room_for_a_link),
        cmocka_unit_test(one_text),
        cmocka_unit_test(previews_show_each_text_once),
        cmocka_unit_test(check_looks_at_both_modes),
        cmocka_unit_test(check_finds_errors_of_all_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
