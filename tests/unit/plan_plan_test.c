#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "plan/plan.h"

#include "problem_lines.h"

/* The parts that a case is not about; two lines, one line, one line. */
#define HEAD "plan: p\nlanguages: [nb, nn]\n"
#define PLACES "municipalities: [{id: '1', name: A}]\n"
#define MESSAGES "messages: {a: {kind: alert, text: {nb: {short: x}}}}\n"

static bool known_channel(const char *kind)
{
    static const char *const kinds[] = {"facebook", "x", "webhook", "feed"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

static const struct plan *parse_fine(struct arena *arena, const char *yaml)
{
    struct problems problems;
    struct plan *plan;

    problems_init(&problems, arena);
    int result = plan_parse(arena, "p.yaml", yaml, strlen(yaml), known_channel, &problems, &plan);
    assert_string_equal(problem_lines(arena, &problems), "");
    assert_int_equal(result, 0);
    return plan;
}

/* --- what is read ----------------------------------------------------------------------------- */

static const char whole_plan[] =
    "plan: flom-ostlandet\n"
    "title: Flom på Østlandet\n"
    "issuer: Direktoratet\n"
    "languages: [nb, nn, se, en]\n"
    "approval:\n"
    "  threshold: 2\n"
    "  approvers: [kari@dsb.example, ola@dsb.example, per@dsb.example]\n"
    "  scope: specific\n"
    "  emergency: {approvers: [kari@dsb.example], severities: [Extreme]}\n"
    "variables:\n"
    "  river: {required: true, max: 40}\n"
    "  level: {one-of: [oransje, rødt], default: rødt}\n"
    "  link: {type: url, default: 'https://www.kriseinfo.no'}\n"
    "  phone: {type: phone, default: '02000'}\n"
    "  note: {default: ''}\n"
    "municipalities:\n"
    "  - id: '9901'\n"
    "    name: Øvelsesby\n"
    "channels: [facebook, x, web]\n"
    "messages:\n"
    "  alert:\n"
    "    kind: alert\n"
    "    phase: during\n"
    "    cap: {category: Met, event: Flom, urgency: Immediate, severity: Severe,\n"
    "          certainty: Observed, response: Evacuate}\n"
    "    expires: 6h\n"
    "    text:\n"
    "      nb: {headline: 'Flom i {{river}}', short: kort, long: lang}\n"
    "      nn: {long: stutt}\n"
    "    media:\n"
    "      - {file: kart.png, alt: {nb: Kart, nn: Kartet, en: Map}}\n"
    "    channels:\n"
    "      x: {nb: bare x, link: omit}\n"
    "      web: {en: web only}\n"
    "  all-clear:\n"
    "    kind: all-clear\n"
    "    expires: 2026-11-23T18:00:00+01:00\n"
    "    follows: alert\n"
    "    text: {nb: {short: over}}\n";

static void test_head(void **state)
{
    struct arena *arena = arena_new();
    unsigned char hash[SHA256_SIZE];
    (void)state;

    const struct plan *plan = parse_fine(arena, whole_plan);
    sha256(whole_plan, strlen(whole_plan), hash);
    assert_string_equal(plan->file, "p.yaml");
    assert_memory_equal(plan->sha256, hash, SHA256_SIZE);
    assert_string_equal(plan->id, "flom-ostlandet");
    assert_string_equal(plan->title, "Flom på Østlandet");
    assert_string_equal(plan->issuer.text, "Direktoratet");
    assert_int_equal(plan->language_count, 4);
    assert_string_equal(plan->languages[2].text, "se");
    assert_int_equal(plan_language_index(plan, "EN"), 3);
    assert_int_equal(plan_language_index(plan, "sv"), -1);
    assert_int_equal(plan->approval.threshold, 2);
    assert_int_equal(plan->approval.approver_count, 3);
    assert_string_equal(plan->approval.approvers[1].text, "ola@dsb.example");
    assert_int_equal(plan->approval.scope, APPROVAL_SPECIFIC);
    assert_int_equal(plan->approval.emergency_approver_count, 1);
    assert_string_equal(plan->approval.emergency_severities[0].text, "Extreme");
    assert_int_equal(plan->channel_count, 3);
    assert_true(plan_uses_channel(plan, "x"));
    assert_true(plan_uses_channel(plan, "webhook"));
    assert_false(plan_uses_channel(plan, "telegram"));
    arena_free(arena);
}

static void test_defaults(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct plan *plan = parse_fine(arena, HEAD PLACES MESSAGES);
    assert_string_equal(plan->title, "p");
    assert_null(plan->issuer.text);
    assert_int_equal(plan->approval.threshold, 1);
    assert_int_equal(plan->approval.scope, APPROVAL_ANY);
    assert_int_equal(plan->approval.place.line, 1);
    assert_true(plan_uses_channel(plan, "telegram"));
    const struct message *message = &plan->messages[0];
    assert_int_equal(message->phase, PHASE_NOT_GIVEN);
    assert_string_equal(message_phase_name(message->phase), "");
    assert_null(message->expires.text);
    assert_null(message->follows);
    assert_null(message->cap.event.text);
    assert_int_equal(
        parse_fine(arena, HEAD PLACES MESSAGES "approval: {threshold: 0}\n")->approval.threshold,
        0);
    arena_free(arena);
}

static void test_variables(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct plan *plan = parse_fine(arena, whole_plan);
    assert_int_equal(plan->variable_count, 5);
    const struct variable *river = plan_find_variable(plan, "river");
    assert_true(river->required);
    assert_int_equal(river->max_characters, 40);
    assert_int_equal(river->type, VARIABLE_TEXT);
    assert_null(river->default_value.text);
    assert_int_equal(river->place.line, 11);
    assert_int_equal(river->place.column, 3);
    const struct variable *level = &plan->variables[1];
    assert_int_equal(level->one_of_count, 2);
    assert_string_equal(level->default_value.text, "rødt");
    assert_int_equal(plan_find_variable(plan, "phone")->type, VARIABLE_PHONE);
    assert_string_equal(variable_type_name(plan->variables[2].type), "url");
    assert_string_equal(plan_find_variable(plan, "note")->default_value.text, "");
    assert_null(plan_find_variable(plan, "none"));
    assert_true(plan_is_builtin("municipality.name"));
    assert_true(plan_is_builtin("run"));
    assert_false(plan_is_builtin("river"));
    arena_free(arena);
}

static void test_messages(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct plan *plan = parse_fine(arena, whole_plan);
    assert_int_equal(plan->message_count, 2);
    const struct message *alert = plan_find_message(plan, "alert");
    assert_ptr_equal(alert, &plan->messages[0]);
    assert_int_equal(alert->kind, MESSAGE_ALERT);
    assert_int_equal(alert->phase, PHASE_DURING);
    assert_string_equal(alert->cap.category.text, "Met");
    assert_string_equal(alert->cap.event.text, "Flom");
    assert_string_equal(alert->cap.response.text, "Evacuate");
    assert_int_equal(alert->expires_after_ms, 6 * 3600 * 1000);
    assert_int_equal(alert->expires_at_unix_ms, 0);
    assert_string_equal(alert->texts[0].headline.text, "Flom i {{river}}");
    assert_string_equal(alert->texts[0].short_text.text, "kort");
    assert_int_equal(alert->texts[0].short_text.place.line, 28);
    assert_int_equal(alert->texts[0].short_text.place.column, 49);
    assert_null(alert->texts[1].short_text.text);
    assert_string_equal(alert->texts[1].long_text.text, "stutt");
    assert_int_equal(alert->texts[2].place.line, 0);
    assert_int_equal(alert->media_count, 1);
    assert_string_equal(alert->media[0].file.text, "kart.png");
    assert_string_equal(alert->media[0].alts[1].text, "Kartet");
    assert_null(alert->media[0].alts[2].text);
    const struct message *over = plan_find_message(plan, "all-clear");
    assert_ptr_equal(over->follows, alert);
    assert_int_equal(over->expires_after_ms, 0);
    assert_int_equal(over->expires_at_unix_ms, 1795453200000);
    assert_string_equal(message_kind_name(over->kind), "all-clear");
    assert_null(plan_find_message(plan, "update"));
    arena_free(arena);
}

static void test_channel_texts(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct plan *plan = parse_fine(arena, whole_plan);
    const struct message *alert = &plan->messages[0];
    const struct channel_text *x = plan_channel_text(alert, "x");
    assert_true(x->omit_link);
    assert_string_equal(x->texts[0].text, "bare x");
    assert_null(x->texts[3].text);
    const struct channel_text *feed = plan_channel_text(alert, "feed");
    assert_false(feed->omit_link);
    assert_string_equal(feed->texts[3].text, "web only");
    assert_null(plan_channel_text(alert, "facebook"));
    assert_null(plan_channel_text(&plan->messages[1], "x"));
    arena_free(arena);
}

static void test_channel_texts_alone(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct plan *plan =
        parse_fine(arena, HEAD PLACES "messages: {a: {kind: alert, channels: {x: {nb: z}}}}\n");
    assert_string_equal(plan_channel_text(&plan->messages[0], "x")->texts[0].text, "z");
    plan = parse_fine(arena, HEAD PLACES "messages: {a: {kind: alert, text: {nb: {headline: h}}, "
                                         "channels: {x: {nb: z}}}}\n");
    assert_string_equal(plan->messages[0].texts[0].headline.text, "h");
    arena_free(arena);
}

/* --- what is refused -------------------------------------------------------------------------- */

struct refusal {
    const char *yaml;
    const char *expected;
};

static const struct refusal refusals[] = {
    {"[]\n", "p.yaml:1:1: the plan must be a map, not a list\n"},
    {"plan: p\n", "p.yaml:1:1: the plan lacks 'languages'\n"
                  "p.yaml:1:1: the plan lacks 'messages'\n"
                  "p.yaml:1:1: the plan lacks 'municipalities'\n"},
    {PLACES MESSAGES "plan:\nlanguages:\n",
     "p.yaml:3:6: 'plan' has no value\n"
     "p.yaml:4:11: 'languages' has no value: write a list\n"},
    {PLACES MESSAGES "plan: Flom \xC3\x98st\nlanguages: [nb]\n",
     "p.yaml:3:7: the plan id 'Flom Øst' holds something other than a-z, 0-9 and '-'\n"},
    {PLACES MESSAGES "plan: -a\nlanguages: [nb]\n",
     "p.yaml:3:7: the plan id '-a' begins with '-'\n"},
    {PLACES MESSAGES
     "plan: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nlanguages: [nb]\n",
     "p.yaml:3:7: the plan id 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' "
     "is not 1 to 63 characters long\n"},
    {PLACES MESSAGES "plan: [p]\nlanguages: nb\n",
     "p.yaml:3:7: 'plan' must be a text, not a list\n"
     "p.yaml:4:12: 'languages' must be a list, not a text\n"},
    {PLACES MESSAGES "plan: p\nlanguages: []\n", "p.yaml:4:12: 'languages' is empty\n"},
    {PLACES MESSAGES "plan: p\nlanguages: [nb, en, NB]\n",
     "p.yaml:4:21: 'NB' is given twice in 'languages'\n"},
    {PLACES MESSAGES "plan: p\nlanguages: [nb, norsk bokm\xC3\xA5l]\n",
     "p.yaml:4:17: 'norsk bokmål' is no language tag: write a BCP 47 tag such as 'nb', 'se' or "
     "'en'\n"},
    {HEAD PLACES "mesages: {}\n", "p.yaml:1:1: the plan lacks 'messages'\n"
                                  "p.yaml:4:1: unknown key 'mesages', did you mean 'messages'?\n"},
    {HEAD PLACES MESSAGES "title:\nissuer: []\n",
     "p.yaml:5:7: 'title' has no value\n"
     "p.yaml:6:9: 'issuer' must be a text, not a list\n"},
    {HEAD PLACES MESSAGES "colour: red\n",
     "p.yaml:5:1: unknown key 'colour': known are plan, title, issuer, languages, approval, "
     "variables, channels, municipalities, messages\n"},
    {HEAD PLACES MESSAGES "titel: x\ntitle: y\ntitle: z\n",
     "p.yaml:7:1: duplicate key 'title', first given on line 6\n"},
    {HEAD PLACES MESSAGES "approval: 2\n", "p.yaml:5:11: 'approval' must be a map, not a text\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: two, approvers: [a]}\n",
     "p.yaml:5:23: 'two' is no whole number from 0 to 100\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: -1}\n",
     "p.yaml:5:23: '-1' is no whole number from 0 to 100\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 101}\n",
     "p.yaml:5:23: '101' is no whole number from 0 to 100\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 3, approvers: [a, b]}\n",
     "p.yaml:5:23: the threshold 3 can never be reached: 'approvers' names 2\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 2, approvers: [a, a]}\n",
     "p.yaml:5:41: 'a' is given twice in 'approvers'\n"},
    {HEAD PLACES MESSAGES "approval: {approvers: []}\n", "p.yaml:5:23: 'approvers' is empty\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 0, scope: all}\n",
     "p.yaml:5:33: unknown scope 'all': known are any, specific\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 0, treshold: 1}\n",
     "p.yaml:5:26: unknown key 'treshold', did you mean 'threshold'?\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 0, emergency: {approvers: [a]}}\n",
     "p.yaml:5:37: 'emergency' lacks 'severities'\n"},
    {HEAD PLACES MESSAGES "approval: {threshold: 0, emergency: {severities: [Extreme]}}\n",
     "p.yaml:5:37: 'emergency' lacks 'approvers'\n"},
    {HEAD PLACES MESSAGES
     "approval: {threshold: 0, emergency: {approvers: [a], severities: [Extreme, severe, Bad]}}\n",
     "p.yaml:5:76: unknown severity 'severe', did you mean 'Severe'?\n"
     "p.yaml:5:84: unknown severity 'Bad': known are Extreme, Severe, Moderate, Minor, Unknown\n"},
    {HEAD PLACES MESSAGES "channels: facebook\n",
     "p.yaml:5:11: 'channels' must be a list, not a text\n"},
    {HEAD PLACES MESSAGES "channels: []\n", "p.yaml:5:11: 'channels' is empty\n"},
    {HEAD PLACES MESSAGES "channels: [facebok]\n",
     "p.yaml:5:12: unknown channel 'facebok', did you mean 'facebook'?\n"},
    {HEAD PLACES MESSAGES "channels: [x, x]\n", "p.yaml:5:15: 'x' is given twice in 'channels'\n"},
    {HEAD PLACES MESSAGES "channels: [x, google-plus]\n",
     "p.yaml:5:15: 'google-plus' is closed: Google+ ended on 2 April 2019 and its successor, "
     "Currents, on 5 July 2023; use facebook, x or web instead\n"},
    {HEAD PLACES MESSAGES "channels: [Google+]\n",
     "p.yaml:5:12: 'Google+' is closed: Google+ ended on 2 April 2019 and its successor, Currents, "
     "on 5 July 2023; use facebook, x or web instead\n"},
    {HEAD PLACES MESSAGES "channels: [pigeon-post]\n",
     "p.yaml:5:12: unknown channel 'pigeon-post': known are facebook, x, webhook, feed, web\n"},
    {HEAD PLACES MESSAGES "channels: [facebook, mastodon]\n",
     "p.yaml:5:22: unknown channel 'mastodon': known are facebook, x, webhook, feed, web\n"},
    {HEAD PLACES MESSAGES "variables: [a]\n",
     "p.yaml:5:12: 'variables' must be a map, not a list\n"},
    {HEAD PLACES MESSAGES "variables: {v: }\n",
     "p.yaml:5:16: the variable 'v' has no value: write a map\n"},
    {HEAD PLACES MESSAGES "variables: {v: {requierd: true}}\n",
     "p.yaml:5:17: unknown key 'requierd', did you mean 'required'?\n"},
    {HEAD PLACES MESSAGES "variables: {v: {required: yes}}\n",
     "p.yaml:5:27: 'yes' is not how it is written: write 'true'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {required: No}}\n",
     "p.yaml:5:27: 'No' is not how it is written: write 'false'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {required: maybe}}\n",
     "p.yaml:5:27: 'maybe' is neither 'true' nor 'false'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {max: 0}}\n",
     "p.yaml:5:22: '0' is no whole number from 1 to 10000\n"},
    {HEAD PLACES MESSAGES "variables: {v: {max: 40.5}}\n",
     "p.yaml:5:22: '40.5' is no whole number from 1 to 10000\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: txt}}\n",
     "p.yaml:5:23: unknown type 'txt', did you mean 'text'?\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: mail-address}}\n",
     "p.yaml:5:23: unknown type 'mail-address': known are text, url, phone, number, time\n"},
    {HEAD PLACES MESSAGES "variables: {v: {one-of: a}}\n",
     "p.yaml:5:25: 'one-of' must be a list, not a text\n"},
    {HEAD PLACES MESSAGES "variables: {v: {one-of: []}}\n", "p.yaml:5:25: 'one-of' is empty\n"},
    {HEAD PLACES MESSAGES "variables: {v: {one-of: [a, a]}}\n",
     "p.yaml:5:29: 'a' is given twice in 'one-of'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {default: }}\n", "p.yaml:5:26: 'default' has no value\n"},
    {HEAD PLACES MESSAGES "variables: {v: {default: [x]}}\n",
     "p.yaml:5:26: 'default' must be a text, not a list\n"},
    {HEAD PLACES MESSAGES "variables: {date: {}, run: {}, municipality.name: {}, Time: {}}\n",
     "p.yaml:5:13: the variable 'date' has the name of a built-in: choose another\n"
     "p.yaml:5:23: the variable 'run' has the name of a built-in: choose another\n"
     "p.yaml:5:32: the variable 'municipality.name' has the name of a built-in: choose another\n"},
    {HEAD PLACES MESSAGES "variables: {1a: {}, 'a b': {}, niv\xC3\xA5: {}, "
                          "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv: {}}\n",
     "p.yaml:5:13: the variable name '1a' does not begin with a letter (a-z, A-Z)\n"
     "p.yaml:5:21: the variable name 'a b' holds something other than letters (a-z, A-Z), digits, "
     "'_' and '-'\n"
     "p.yaml:5:32: the variable name 'nivå' holds something other than letters (a-z, A-Z), digits, "
     "'_' and '-'\n"
     "p.yaml:5:42: the variable name "
     "'vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv' is longer than 63 "
     "characters\n"},
    {HEAD PLACES MESSAGES "variables: {v: {max: 3, default: \xC3\xA6\xC3\xB8\xC3\xA5x}}\n",
     "p.yaml:5:34: the default 'æøåx' is 4 characters long: at most 3 are allowed\n"},
    {HEAD PLACES MESSAGES "variables: {v: {one-of: [a, b], default: c}}\n",
     "p.yaml:5:42: the default 'c' is not one of 'a', 'b'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: url, default: kriseinfo.no}}\n",
     "p.yaml:5:37: the default 'kriseinfo.no' is no web address: write 'https://…'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: phone, default: ring}}\n",
     "p.yaml:5:39: the default 'ring' is no telephone number: write 3 to 15 digits, with spaces, "
     "'-' or a '+' before them\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: number, default: mange}}\n",
     "p.yaml:5:40: the default 'mange' is no number: write digits, such as '12' or '2,5'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: number, default: '1.'}}\n",
     "p.yaml:5:40: the default '1.' is no number: write digits, such as '12' or '2,5'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: time, default: '24:00'}}\n",
     "p.yaml:5:38: the default '24:00' is no time: write '14:30' or '2026-11-23T14:30:00+01:00'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: time, default: soon}}\n",
     "p.yaml:5:38: the default 'soon' is no time: write '14:30' or '2026-11-23T14:30:00+01:00'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {type: number, one-of: ['1', b]}}\n",
     "p.yaml:5:45: 'b' is no number: write digits, such as '12' or '2,5'\n"},
    {HEAD PLACES MESSAGES "variables: {v: {max: 2, one-of: [ab, abc]}}\n",
     "p.yaml:5:38: 'abc' is 3 characters long: at most 2 are allowed\n"},
    {HEAD PLACES MESSAGES "variables: {v: {default: \"a\\nb\"}}\n",
     "p.yaml:5:26: the default 'a…' holds a line break or a tab: write it on one line, with "
     "spaces\n"},
    {HEAD PLACES MESSAGES "variables: {v: {default: \"a\\tb\"}}\n",
     "p.yaml:5:26: the default 'a…' holds a line break or a tab: write it on one line, with "
     "spaces\n"},
    {HEAD MESSAGES "municipalities:\n  []\n", "p.yaml:5:3: 'municipalities' is empty\n"},
    {HEAD MESSAGES "municipalities:\n  all\n",
     "p.yaml:5:3: 'municipalities' must be a list, not a text\n"},
    {HEAD MESSAGES "municipalities:\n  - {from: d.yaml}\n",
     "p.yaml:5:5: the entry of 'municipalities' lacks 'select': write 'select: [all]' for all of "
     "them\n"},
    {HEAD MESSAGES "municipalities:\n  - {select: [all]}\n",
     "p.yaml:5:5: the entry of 'municipalities' lacks 'from'\n"},
    {HEAD MESSAGES "municipalities:\n  - {from: d.yaml, select: all}\n",
     "p.yaml:5:28: 'select' must be a list, not a text\n"},
    {HEAD MESSAGES "municipalities:\n  - {from: d.yaml, select: []}\n",
     "p.yaml:5:28: 'select' is empty\n"},
    {HEAD MESSAGES "municipalities:\n  - {from: d.yaml, select: [all], exept: ['1']}\n",
     "p.yaml:5:35: unknown key 'exept', did you mean 'except'?\n"},
    {HEAD MESSAGES "municipalities:\n  - {id: '1', name: A, populaton: 3}\n",
     "p.yaml:5:24: unknown key 'populaton', did you mean 'population'?\n"},
    {HEAD MESSAGES "municipalities:\n  - {id: '1', from: d.yaml, select: [all]}\n",
     "p.yaml:5:6: unknown key 'id': known are from, select, except\n"},
    {HEAD MESSAGES "municipalities:\n  - text\n",
     "p.yaml:5:5: the municipality must be a map, not a text\n"},
    {HEAD PLACES "messages:\n  {}\n", "p.yaml:5:3: 'messages' is empty\n"},
    {HEAD PLACES "messages:\n  - a\n", "p.yaml:5:3: 'messages' must be a map, not a list\n"},
    {HEAD PLACES "messages:\n  a:\n", "p.yaml:5:5: the message 'a' has no value: write a map\n"},
    {HEAD PLACES "messages:\n  Alert 1: {kind: alert, text: {nb: {short: x}}}\n",
     "p.yaml:5:3: the message name 'Alert 1' holds something other than a-z, 0-9 and '-'\n"},
    {HEAD PLACES "messages:\n  a: {}\n", "p.yaml:5:6: the message 'a' lacks 'kind'\n"
                                         "p.yaml:5:6: the message 'a' lacks 'text'\n"},
    {HEAD PLACES "messages:\n  a: {kind: Alert, text: {nb: {short: x}}}\n",
     "p.yaml:5:13: unknown kind 'Alert', did you mean 'alert'?\n"},
    {HEAD PLACES "messages:\n  a: {kind: warning, text: {nb: {short: x}}}\n",
     "p.yaml:5:13: unknown kind 'warning': known are alert, update, correction, cancel, all-clear, "
     "information\n"},
    {HEAD PLACES "messages:\n  a: {kind: all_clear, text: {nb: {short: x}}}\n",
     "p.yaml:5:13: unknown kind 'all_clear', did you mean 'all-clear'?\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, phase: now}\n",
     "p.yaml:5:51: unknown phase 'now': known are before, during, after\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, fase: during}\n",
     "p.yaml:5:44: unknown key 'fase', did you mean 'phase'?\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, expires: 6 hours}\n",
     "p.yaml:5:53: '6 hours' is neither a duration nor a time: write '6h' or "
     "'2026-11-23T18:00:00+01:00'\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, expires: 0s}\n",
     "p.yaml:5:53: '0s' is over at once: write a longer duration\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, expires: 2026-11-23 18:00}\n",
     "p.yaml:5:53: '2026-11-23 18:00' is neither a duration nor a time: write '6h' or "
     "'2026-11-23T18:00:00+01:00'\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, expires: -1h}\n",
     "p.yaml:5:53: '-1h' is neither a duration nor a time: write '6h' or "
     "'2026-11-23T18:00:00+01:00'\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, follows: a}\n",
     "p.yaml:5:53: the message 'a' follows itself\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, follows: alert}\n",
     "p.yaml:5:53: unknown message 'alert': known are a\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, follows: []}\n",
     "p.yaml:5:53: 'follows' must be a text, not a list\n"},
    {HEAD PLACES "messages:\n  alert: {kind: alert, text: {nb: {short: x}}}\n  over: {kind: "
                 "all-clear, follows: alrt, text: {nb: {short: x}}}\n",
     "p.yaml:6:36: unknown message 'alrt', did you mean 'alert'?\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, follows: c, text: {nb: {short: x}}}\n  b: {kind: "
                 "update, follows: a, text: {nb: {short: x}}}\n  c: {kind: update, follows: b, "
                 "text: {nb: {short: x}}}\n",
     "p.yaml:6:30: the message 'b' follows 'a', which follows it in turn\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, cap: Met}\n",
     "p.yaml:5:49: 'cap' must be a map, not a text\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, cap: {category: met, event: Flom}}\n",
     "p.yaml:5:60: unknown category 'met', did you mean 'Met'?\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, cap: {urgency: Now, "
                 "severity: severe, certainty: Sure, response: Flee}}\n",
     "p.yaml:5:59: unknown urgency 'Now': known are Immediate, Expected, Future, Past, Unknown\n"
     "p.yaml:5:74: unknown severity 'severe', did you mean 'Severe'?\n"
     "p.yaml:5:93: unknown certainty 'Sure': known are Observed, Likely, Possible, Unlikely, "
     "Unknown\n"
     "p.yaml:5:109: unknown response 'Flee': known are Shelter, Evacuate, Prepare, Execute, Avoid, "
     "Monitor, Assess, AllClear, None\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, cap: {catgory: Met}}\n",
     "p.yaml:5:50: unknown key 'catgory', did you mean 'category'?\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, cap: {event: }}\n",
     "p.yaml:5:57: 'event' has no value\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: hello}\n",
     "p.yaml:5:26: 'text' must be a map, not a text\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {}}\n",
     "p.yaml:5:26: the message 'a' has no text in 'nb', the plan's first language\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nn: {short: x}}}\n",
     "p.yaml:5:26: the message 'a' has no text in 'nb', the plan's first language\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}, sv: {short: y}}}\n",
     "p.yaml:5:43: the language 'sv' is not among the plan's 'languages': known are nb, nn\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}, NB: {short: y}}}\n",
     "p.yaml:5:43: the language 'NB' is given twice\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {headline: x}}}\n",
     "p.yaml:5:27: the text in 'nb' has neither 'short' nor 'long'\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: , long: ''}}}\n",
     "p.yaml:5:39: 'short' has no value\n"
     "p.yaml:5:47: 'long' is empty\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {medium: x, short: y}}}\n",
     "p.yaml:5:32: unknown key 'medium': known are headline, short, long\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: x}}\n",
     "p.yaml:5:31: the text in 'nb' must be a map, not a text\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}, nn: {headline: y}}, "
                 "channels: {x: {nb: z}}}\n",
     "p.yaml:5:43: the text in 'nn' has neither 'short' nor 'long'\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: kart.png}\n",
     "p.yaml:5:51: 'media' must be a list, not a text\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: [kart.png]}\n",
     "p.yaml:5:52: an item of 'media' must be a map, not a text\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: [{file: kart.png}]}\n",
     "p.yaml:5:52: an item of 'media' lacks 'alt'\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: [{alt: {nb: Kart}}]}\n",
     "p.yaml:5:52: an item of 'media' lacks 'file'\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: [{file: kart.png, "
                 "alt: Kart}]}\n",
     "p.yaml:5:74: 'alt' must be a map, not a text\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: [{file: kart.png, "
                 "alt: {nn: Kart, sv: Karta, nb: }}]}\n",
     "p.yaml:5:74: 'alt' lacks 'nb', the plan's first language\n"
     "p.yaml:5:85: the language 'sv' is not among the plan's 'languages': known are nb, nn\n"
     "p.yaml:5:100: 'alt' in 'nb' has no value\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, media: [{file: k.png, alt: "
                 "{nb: K}, size: 3}]}\n",
     "p.yaml:5:80: unknown key 'size': known are file, alt\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: [x]}\n",
     "p.yaml:5:54: 'channels' must be a map, not a list\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {y: {nb: z}}}\n",
     "p.yaml:5:55: unknown channel 'y': known are facebook, x, webhook, feed, web\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: z}}\n",
     "p.yaml:5:58: the text for 'x' must be a map, not a text\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {}}}\n",
     "p.yaml:5:58: the text for 'x' is empty\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {sv: z}}}\n",
     "p.yaml:5:59: the language 'sv' is not among the plan's 'languages': known are nb, nn\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {nb: z, NB: y}}}\n",
     "p.yaml:5:66: the language 'NB' is given twice\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {link: drop}}}\n",
     "p.yaml:5:65: unknown link 'drop': the only word is 'omit', which leaves the link out\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {link: }}}\n",
     "p.yaml:5:65: 'link' has no value\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {nb: {short: z}}}}\n",
     "p.yaml:5:63: the text for 'x' in 'nb' must be a text, not a map\n"},
    {HEAD PLACES
     "messages:\n  a: {kind: alert, text: {nb: {short: x}}, channels: {google-plus: {nb: z}}}\n",
     "p.yaml:5:55: 'google-plus' is closed: Google+ ended on 2 April 2019 and its successor, "
     "Currents, on 5 July 2023; use facebook, x or web instead\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, channels: {x: {nn: z}}}\n",
     "p.yaml:5:3: the message 'a' has no text in 'nb', the plan's first language\n"},
    {HEAD PLACES "messages:\n  a: {kind: alert, channels: {x: {link: omit}}}\n",
     "p.yaml:5:3: the message 'a' has no text in 'nb', the plan's first language\n"},
    {"plan: p\nlanguages: nb\n" PLACES
     "messages:\n  a: {kind: alert, text: {nb: {headline: x}, sv: {short: y}}, media: [{file: f, "
     "alt: {nb: z}}], channels: {x: {nb: q}}}\n",
     "p.yaml:2:12: 'languages' must be a list, not a text\n"},
};

static void test_refusals(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct plan *plan;
        problems_init(&problems, arena);
        int result = plan_parse(arena, "p.yaml", refusals[i].yaml, strlen(refusals[i].yaml),
                                known_channel, &problems, &plan);
        assert_string_equal(problem_lines(arena, &problems), refusals[i].expected);
        assert_int_equal(result, -1);
        assert_null(plan);
        arena_free(arena);
    }
}

static void test_warnings(void **state)
{
    static const struct refusal warnings[] = {
        {HEAD PLACES MESSAGES "approval: {threshold: 2}\n",
         "p.yaml:5:23: warning: 'approval' names no 'approvers': nobody can approve this plan\n"},
        {HEAD PLACES "channels: [facebook, web]\n"
                     "messages:\n"
                     "  a: {kind: alert, text: {nb: {short: x}}, channels: {x: {nb: z}, feed: {nb: "
                     "y}}}\n",
         "p.yaml:6:55: warning: the plan does not use 'x': it is not among its 'channels'\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct plan *plan;
        problems_init(&problems, arena);
        assert_int_equal(plan_parse(arena, "p.yaml", warnings[i].yaml, strlen(warnings[i].yaml),
                                    known_channel, &problems, &plan),
                         0);
        assert_string_equal(problem_lines(arena, &problems), warnings[i].expected);
        arena_free(arena);
    }
}

/* More problems than are kept are counted. */
static void test_many_problems(void **state)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct plan *plan;
    const char *yaml = HEAD PLACES MESSAGES;
    (void)state;

    for (int i = 0; i < 60; i++)
        yaml = arena_printf(arena, "%swrong-key-%d: x\n", yaml, i);
    problems_init(&problems, arena);
    assert_int_equal(
        plan_parse(arena, "p.yaml", yaml, strlen(yaml), known_channel, &problems, &plan), -1);
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_int_equal(problems.error_count, 60);
    arena_free(arena);
}

/* --- values of variables ---------------------------------------------------------------------- */

struct value_case {
    struct variable variable;
    const char *value;
    const char *expected; /* NULL: fine */
};

static void test_variable_values(void **state)
{
    static struct placed_text levels[] = {{.text = "oransje"}, {.text = "rødt"}};
    static const struct value_case cases[] = {
        {{.required = true}, "", "is empty, and a value is required"},
        {{.required = true}, "x", NULL},
        {{.max_characters = 4}, "rødt", NULL},
        {{.max_characters = 4}, "rødts", "is 5 characters long: at most 4 are allowed"},
        {{.one_of = levels, .one_of_count = 2}, "rødt", NULL},
        {{.one_of = levels, .one_of_count = 2}, "", NULL},
        {{.one_of = levels, .one_of_count = 2}, "gul", "is not one of 'oransje', 'rødt'"},
        {{0}, "a\nb", "holds a line break or a tab: write it on one line, with spaces"},
        {{0}, "a\tb", "holds a line break or a tab: write it on one line, with spaces"},
        {{0}, "a\x1B", "holds the character U+001B, which is not allowed"},
        {{0}, "a\xE2\x80\xAE", "holds the character U+202E, which is not allowed"},
        {{0}, "a\xE2\x80\xA8", "holds the character U+2028, which is not allowed"},
        {{0}, "\xE6", "is not UTF-8"},
        {{0}, "{{river}} <b>", NULL},
        {{.type = VARIABLE_URL}, "https://www.kriseinfo.no/flom?x=1#y", NULL},
        {{.type = VARIABLE_URL}, "http://[2001:db8::1]:8080/", NULL},
        {{.type = VARIABLE_URL}, "https://øvelsesby.example", NULL},
        {{.type = VARIABLE_URL}, "javascript:alert(1)", "is no web address: write 'https://…'"},
        {{.type = VARIABLE_URL}, "https://", "has no valid host name: write 'https://host/…'"},
        {{.type = VARIABLE_URL}, "https://a..b", "has no valid host name: write 'https://host/…'"},
        {{.type = VARIABLE_URL},
         "https://bank.no@evil.example/",
         "holds a user name: write the address without it"},
        {{.type = VARIABLE_PHONE}, "112", NULL},
        {{.type = VARIABLE_PHONE}, "+47 32 00 00 00", NULL},
        {{.type = VARIABLE_PHONE}, "(02) 32-00", NULL},
        {{.type = VARIABLE_PHONE},
         "4+7 32",
         "is no telephone number: write 3 to 15 digits, with spaces, '-' or a '+' before them"},
        {{.type = VARIABLE_NUMBER}, "-12,5", NULL},
        {{.type = VARIABLE_NUMBER}, "3.25", NULL},
        {{.type = VARIABLE_NUMBER}, "12 m", "is no number: write digits, such as '12' or '2,5'"},
        {{.type = VARIABLE_TIME}, "14:30", NULL},
        {{.type = VARIABLE_TIME}, "06.05", NULL},
        {{.type = VARIABLE_TIME}, "2026-11-23T14:30:00+01:00", NULL},
        {{.type = VARIABLE_TIME},
         "14:60",
         "is no time: write '14:30' or '2026-11-23T14:30:00+01:00'"},
        {{.type = VARIABLE_TIME},
         "3:00",
         "is no time: write '14:30' or '2026-11-23T14:30:00+01:00'"},
    };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *refusal = plan_variable_refusal(arena, &cases[i].variable, cases[i].value);
        if (cases[i].expected) {
            assert_non_null(refusal);
            assert_string_equal(refusal, cases[i].expected);
        } else if (refusal) {
            fail_msg("'%s' %s", cases[i].value, refusal);
        }
    }
    arena_free(arena);
}

/* An endpoint is encrypted, unless it is on this machine. */
static void test_endpoints(void **state)
{
    static const char *const fine[] = {"https://graph.facebook.com/v23.0",
                                       "http://127.0.0.1:8080",
                                       "http://127.1.2.3/",
                                       "http://localhost/x",
                                       "HTTP://LOCALHOST:1",
                                       "http://[::1]:8443/"};
    static const char *const refused[] = {"http://graph.facebook.com",
                                          "http://127.0.0.1.evil.example/",
                                          "http://localhost.evil.example/",
                                          "http://127.0.0.256/",
                                          "http://127.0.1/",
                                          "http://[::2]/",
                                          "http://10.0.0.1/",
                                          "https://x:0/",
                                          "https://x:/",
                                          "ftp://localhost/"};
    (void)state;

    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        assert_null(url_fault(fine[i], URL_ENDPOINT));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_non_null(url_fault(refused[i], URL_ENDPOINT));
}

/* --- reversal --------------------------------------------------------------------------------- */

static void test_missing_reversal(void **state)
{
    static const char *const cases[][2] = {
        {"", "a correction or cancel, and an all-clear"},
        {"  b: {kind: cancel, follows: a, text: {nb: {short: x}}}\n", "an all-clear"},
        {"  b: {kind: correction, follows: a, text: {nb: {short: x}}}\n", "an all-clear"},
        {"  b: {kind: all-clear, follows: a, text: {nb: {short: x}}}\n", "a correction or cancel"},
        {"  b: {kind: all-clear, follows: a, text: {nb: {short: x}}}\n"
         "  c: {kind: cancel, follows: a, text: {nb: {short: x}}}\n",
         NULL},
        {"  b: {kind: update, follows: a, text: {nb: {short: x}}}\n"
         "  c: {kind: cancel, follows: b, text: {nb: {short: x}}}\n"
         "  d: {kind: all-clear, text: {nb: {short: x}}}\n",
         "a correction or cancel, and an all-clear"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        const struct plan *plan = parse_fine(
            arena,
            arena_printf(arena, "%smessages:\n  a: {kind: alert, text: {nb: {short: x}}}\n%s",
                         HEAD PLACES, cases[i][0]));
        const char *missing = plan_missing_reversal(plan, &plan->messages[0]);
        if (cases[i][1])
            assert_string_equal(missing, cases[i][1]);
        else
            assert_null(missing);
        if (plan->message_count > 1)
            assert_null(plan_missing_reversal(plan, &plan->messages[1]));
        arena_free(arena);
    }
}

/* --- files ------------------------------------------------------------------------------------ */

struct folder {
    struct arena *arena;
    struct problems problems;
    struct plan *plan;
    struct error error;
    char path[32];
};

static const char *in_folder(const struct folder *folder, const char *name)
{
    return arena_printf(folder->arena, "%s/%s", folder->path, name);
}

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));

    folder->arena = arena_new();
    problems_init(&folder->problems, folder->arena);
    memcpy(folder->path, "/tmp/plan-test-XXXXXX", sizeof("/tmp/plan-test-XXXXXX"));
    *state = folder;
    return mkdtemp(folder->path) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"p.yaml", "d.yaml", "e.yaml", "pipe"};
    struct folder *folder = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (unlink(in_folder(folder, names[i])) < 0 && errno != ENOENT)
            return -1;
    int result = rmdir(folder->path);
    arena_free(folder->arena);
    free(folder);
    return result;
}

static void write_file(const struct folder *folder, const char *name, const char *contents)
{
    FILE *file = fopen(in_folder(folder, name), "w");

    assert_non_null(file);
    assert_int_equal(fputs(contents, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static int load(struct folder *folder, const char *yaml)
{
    write_file(folder, "p.yaml", yaml);
    return plan_load(folder->arena, in_folder(folder, "p.yaml"), known_channel, &folder->problems,
                     &folder->plan, &folder->error);
}

/* "D" stands for the folder in what is expected. */
static void expect_problems(struct folder *folder, const char *expected)
{
    const char *lines = problem_lines(folder->arena, &folder->problems);
    size_t length = strlen(folder->path);
    const char *found;

    while ((found = strstr(lines, folder->path)) != NULL)
        lines = arena_printf(folder->arena, "%.*sD%s", (int)(found - lines), lines, found + length);
    assert_string_equal(lines, expected);
}

static const char directory_file[] =
    "municipalities:\n"
    "  - {id: '3401', name: Kongsvinger, county: {id: '34'}, languages: [nb]}\n"
    "  - {id: '3403', name: Hamar, county: {id: '34'}, languages: [sv, en, nb]}\n"
    "  - {id: '0301', name: Oslo, county: {id: '03'}, languages: [fi]}\n"
    "  - {id: '1103', name: Stavanger, county: {id: '11'}}\n";

static void test_audience(void **state)
{
    struct folder *folder = *state;
    unsigned char hash[SHA256_SIZE];

    write_file(folder, "d.yaml", directory_file);
    assert_int_equal(load(folder, "plan: p\n"
                                  "languages: [nb, nn, en]\n"
                                  "municipalities:\n"
                                  "  - {id: '9901', name: Øvelsesby, languages: [nn]}\n"
                                  "  - {from: d.yaml, select: [county=34, '0301'], except: "
                                  "['3401']}\n"
                                  "  - {from: d.yaml, select: [county=03, '1103']}\n" MESSAGES),
                     0);
    const struct plan *plan = folder->plan;
    assert_int_equal(plan->audience_count, 4);
    static const char *const ids[] = {"0301", "1103", "3403", "9901"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(plan->audience[i].municipality->id, ids[i]);
    assert_int_equal(plan->audience[0].language_count, 1); /* none of its own: the first */
    assert_int_equal(plan->audience[0].languages[0], 0);
    assert_int_equal(plan->audience[1].languages[0], 0);
    assert_int_equal(plan->audience[2].language_count, 2); /* in its own order */
    assert_int_equal(plan->audience[2].languages[0], 2);
    assert_int_equal(plan->audience[2].languages[1], 0);
    assert_int_equal(plan->audience[3].languages[0], 1);
    assert_string_equal(plan_find_municipality(plan, "3403")->municipality->names[0].name, "Hamar");
    assert_null(plan_find_municipality(plan, "3401"));
    assert_int_equal(plan->directory_count, 1);
    assert_string_equal(plan->directories[0].file, "d.yaml");
    sha256(directory_file, strlen(directory_file), hash);
    assert_memory_equal(plan->directories[0].sha256, hash, SHA256_SIZE);
}

static void test_language_selector_uses_first_language(void **state)
{
    struct folder *folder = *state;

    write_file(folder, "d.yaml", directory_file);
    assert_int_equal(
        load(folder, HEAD "municipalities: [{from: d.yaml, select: [language=nb]}]\n" MESSAGES), 0);
    assert_int_equal(folder->plan->audience_count, 3);
    assert_non_null(plan_find_municipality(folder->plan, "1103"));
}

static void test_same_municipality_in_two_files(void **state)
{
    struct folder *folder = *state;

    write_file(folder, "d.yaml", directory_file);
    write_file(folder, "e.yaml", "municipalities:\n  - {id: '0301', name: Oslo}\n");
    assert_int_equal(load(folder, HEAD "municipalities:\n"
                                       "  - {from: d.yaml, select: ['0301', '1103']}\n"
                                       "  - {from: e.yaml, select: [all]}\n"
                                       "  - {id: '1103', name: Stavanger}\n" MESSAGES),
                     -1);
    expect_problems(folder,
                    "D/e.yaml:2:5: the municipality '0301' is given twice, first at D/d.yaml:4:5\n"
                    "D/p.yaml:6:5: the municipality '1103' is given twice, first at "
                    "D/d.yaml:5:5\n");
    assert_null(folder->plan);
}

static void test_errors_in_all_files(void **state)
{
    struct folder *folder = *state;

    write_file(folder, "d.yaml", directory_file);
    write_file(folder, "e.yaml", "municipalities:\n  - {id: '0302', nam: A}\n");
    assert_int_equal(load(folder, HEAD "titel: x\n"
                                       "municipalities:\n"
                                       "  - {from: d.yaml, select: [county=99]}\n"
                                       "  - {from: e.yaml, select: [all]}\n"
                                       "  - {from: f.yaml, select: [all]}\n"
                                       "  - {from: d.yaml, select: [all], except: [all]}\n"
                                       "  - {from: /tmp, select: [all]}\n" MESSAGES),
                     -1);
    expect_problems(
        folder,
        "D/e.yaml:2:5: the municipality '0302' lacks 'name'\n"
        "D/e.yaml:2:18: unknown key 'nam', did you mean 'name'?\n"
        "D/p.yaml:3:1: unknown key 'titel', did you mean 'title'?\n"
        "D/p.yaml:5:29: 'county=99' matches no municipality of the directory file\n"
        "D/p.yaml:7:12: cannot read 'D/f.yaml': no such file or directory\n"
        "D/p.yaml:8:5: this chooses no municipality: 'except' takes away all that 'select' gives\n"
        "D/p.yaml:9:12: cannot read '/tmp': it is a folder\n");
    assert_int_equal(folder->error.kind, ERROR_INPUT);
    assert_non_null(strstr(folder->error.message, "p.yaml' is not valid: 7 errors"));
}

static void test_plan_that_cannot_be_read(void **state)
{
    struct folder *folder = *state;

    assert_int_equal(plan_load(folder->arena, "/nowhere/p.yaml", known_channel, &folder->problems,
                               &folder->plan, &folder->error),
                     -1);
    assert_int_equal(folder->error.kind, ERROR_INPUT);
    assert_string_equal(folder->error.message,
                        "cannot read '/nowhere/p.yaml': no such file or directory");
    assert_int_equal(folder->problems.count, 0);
    assert_null(folder->plan);
}

static void test_pipe_is_no_plan(void **state)
{
    struct folder *folder = *state;
    const char *path = in_folder(folder, "pipe");

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(plan_load(folder->arena, path, known_channel, &folder->problems, &folder->plan,
                               &folder->error),
                     -1);
    assert_non_null(strstr(folder->error.message, "it is no regular file"));
}

static void test_file_size_limit(void **state)
{
    struct folder *folder = *state;
    struct text text;

    write_file(folder, "p.yaml", "12345");
    const char *path = in_folder(folder, "p.yaml");
    assert_int_equal(file_read(path, 5, &text, &folder->error), 0);
    assert_string_equal(text.bytes, "12345");
    text_release(&text);
    assert_int_equal(file_read(path, 4, &text, &folder->error), -1);
    assert_non_null(strstr(folder->error.message, "is larger than 4 bytes"));
    assert_int_equal(folder->error.kind, ERROR_INPUT);
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_channel_texts),
        cmocka_unit_test(test_channel_texts_alone),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_many_problems),
        cmocka_unit_test(test_variable_values),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_missing_reversal),
        cmocka_unit_test_setup_teardown(test_audience, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_language_selector_uses_first_language, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_same_municipality_in_two_files, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_errors_in_all_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_plan_that_cannot_be_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_pipe_is_no_plan, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_size_limit, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
