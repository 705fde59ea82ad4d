/*
 * Plays the conversations of tests/drivers against the drivers: what a driver must ask, what the
 * network answers, where it must end. The form of those files is told in tests/drivers/README.
 * Whatever the end, none of the job's secrets may stand in what people read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <glob.h>

#include <cmocka.h>

#include "base/civil_time.h"
#include "base/memory.h"
#include "base/text.h"
#include "channels/channel.h"

#include "conversation.h"

enum { DEFAULTS_MAX = 32 };

static const char *const effect_names[] = {"none", "repeatable", "once"};
static const char *const result_names[] = {"posted",    "absent",    "unknown", "retry",
                                           "unclear",   "duplicate", "failed",  "checked",
                                           "retracted", "renewed"};

/* Takes the driver one step on, if there is something to take it on with. */
static void step(struct conversation *c)
{
    if (c->is_started && !c->has_reply)
        return;
    if (c->is_started && c->next != NEXT_SEND)
        return fault(c, "an answer, but nothing was asked");
    c->next = c->driver->step(&c->job, &c->progress, c->has_reply ? &c->reply : NULL, &c->action);
    c->is_started = true;
    c->has_reply = false;
}

static void take_answer(struct conversation *c, char *argument)
{
    int used = 0, status = 0;
    step(c);
    if (sscanf(argument, "%d%n", &status, &used) != 1)
        return fault(c, "no status");
    const char *body = argument[used] == ' ' ? argument + used + 1 : argument + used;
    snprintf(c->reply_body, sizeof(c->reply_body), "%s", body);
    c->reply_headers[0] = '\0';
    c->reply = (struct http_reply){.status = status,
                                   .headers = c->reply_headers,
                                   .body = c->reply_body,
                                   .body_size = strlen(c->reply_body),
                                   .received_unix_ms = c->job.now_unix_ms};
    c->has_reply = true;
}

static void expect_request(struct conversation *c, char *argument)
{
    char *url = strchr(argument, ' ');
    char *effect = url ? strrchr(url, ' ') : NULL;
    const struct http_request *request = &c->action.request;

    step(c);
    if (!effect || effect == url)
        return fault(c, "'> METHOD URL effect' is needed");
    *url++ = '\0';
    *effect++ = '\0';
    if (c->next != NEXT_SEND)
        return fault(c, "no request: %s", c->action.outcome.failure.message);
    if (strcmp(http_method_name(request->method), argument) != 0)
        fault(c, "method %s", http_method_name(request->method));
    if (strcmp(request->url.bytes, url) != 0)
        fault(c, "URL is\n  %s, not\n  %s", request->url.bytes, url);
    if (index_of(effect, effect_names, 3) != (int)request->effect)
        fault(c, "effect %s", effect_names[request->effect]);
}

static void expect_header(struct conversation *c, const char *argument)
{
    size_t length = strlen(argument);
    step(c);
    const char *headers = c->action.request.headers.bytes;
    for (const char *line = headers; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, argument, length) == 0 && line[length] == '\n')
            return;
    fault(c, "no such header in\n%s", headers);
}

static void check_hidden(struct conversation *c, const struct pairs *pairs, const char *where)
{
    const char *end = pairs->bytes.bytes + pairs->bytes.length;
    for (const char *at = pairs->bytes.bytes; at < end;) {
        const char *value = at + strlen(at) + 1;
        /* A user's name is no secret: it may well stand in an address. */
        if (strcmp(at, "user") != 0 && strstr(where, value))
            fault(c, "a secret stands in '%s'", where);
        at = value + strlen(value) + 1;
    }
}

static void expect_end(struct conversation *c, char *argument)
{
    const struct channel_outcome *outcome = &c->action.outcome;
    char result[32] = "", kind[32] = "", code[48] = "";

    step(c);
    sscanf(argument, "%31s %31s %47[^\n]", result, kind, code);
    if (c->next != NEXT_DONE)
        return fault(c, "not done: %s", c->action.request.url.bytes);
    if (strcmp(result_names[outcome->result], result) != 0)
        fault(c, "result %s (%s)", result_names[outcome->result], outcome->failure.message);
    if (strcmp(failure_kind_name(outcome->failure.kind), kind) != 0)
        fault(c, "kind '%s'", failure_kind_name(outcome->failure.kind));
    if (strcmp(outcome->failure.code, code) != 0)
        fault(c, "code '%s'", outcome->failure.code);
    if ((kind[0] != '\0') != (outcome->failure.message[0] != '\0'))
        fault(c, "message '%s'", outcome->failure.message);
    const char *const places[] = {outcome->failure.code, outcome->failure.message,
                                  outcome->failure.next, outcome->identity};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        check_hidden(c, &c->secrets, places[i]);
        check_hidden(c, &c->app, places[i]);
    }
}

/* The secret that a renewal gave. */
static void expect_renewed(struct conversation *c, char *argument)
{
    struct credential renewed = {c->action.renewed.bytes, c->action.renewed.length};
    char *equals = strchr(argument, '=');
    if (!equals)
        return fault(c, "no '=' in the secret");
    *equals = '\0';
    const char *value = credential_find(&renewed, argument);
    if (!value || strcmp(value, equals + 1) != 0)
        fault(c, "%s is '%s'", argument, value ? value : "not there");
}

static void expect_posts(struct conversation *c, const char *argument)
{
    char id[POST_ID_SIZE] = "", url[POST_URL_SIZE] = "";
    unsigned number = 0;
    sscanf(argument, "%u %255s %511s", &number, id, url);
    if (number == 0 || number > c->progress.post_count)
        return fault(c, "there are %u posts", c->progress.post_count);
    const struct post *post = &c->progress.posts[number - 1];
    if (strcmp(post->id, id) != 0 || strcmp(post->url, url) != 0)
        fault(c, "post '%s' '%s'", post->id, post->url);
}

static void expect_text(struct conversation *c, const char *is, const char *wanted)
{
    if (!strstr(is, wanted))
        fault(c, "it says '%s'", is);
}

static void expect_more(struct conversation *c, const char *word, const char *argument)
{
    const struct channel_outcome *outcome = &c->action.outcome;
    char number[64];

    if (strcmp(word, "says") == 0) {
        expect_text(c, outcome->failure.message, argument);
    } else if (strcmp(word, "next") == 0) {
        expect_text(c, outcome->failure.next, argument);
    } else if (strcmp(word, "identity") == 0) {
        if (strcmp(outcome->identity, argument) != 0)
            fault(c, "identity '%s'", outcome->identity);
    } else if (strcmp(word, "learnt") == 0) {
        snprintf(number, sizeof(number), "%s=%.30s", outcome->learnt_setting,
                 outcome->learnt_value);
        expect_text(c, number, argument);
    } else if (strcmp(word, "wait") == 0 || strcmp(word, "expires") == 0) {
        snprintf(number, sizeof(number), "%lld",
                 (long long)(word[0] == 'w' ? outcome->retry_after_ms : outcome->expires_unix_ms));
        if (strcmp(number, argument) != 0)
            fault(c, "%s %s", word, number);
    } else if (strcmp(word, "posts") == 0) {
        snprintf(number, sizeof(number), "%u", c->progress.post_count);
        if (strcmp(number, argument) != 0)
            fault(c, "%s posts", number);
    } else if (strcmp(word, "is") == 0) {
        expect_posts(c, argument);
    } else {
        fault(c, "unknown line '%s'", word);
    }
}

/* A whole file of the draft, "1", or bytes of it, "1 FROM COUNT". */
static void expect_file(struct conversation *c, const char *argument)
{
    const struct http_request *request = &c->action.request;
    size_t number = 0, from = 0, count = 0;

    step(c);
    int given = sscanf(argument, "%zu %zu %zu", &number, &from, &count);
    if (given < 1 || number < 1 || number > c->draft.media_count)
        return fault(c, "there are %zu media", c->draft.media_count);
    const struct media *media = &c->media[number - 1];
    if (given < 3)
        count = media->size_bytes;
    if (request->file_size_bytes != count || from + count > media->size_bytes ||
        memcmp(request->file, (const char *)media->bytes + from, count) != 0)
        fault(c, "the file has %zu bytes", request->file_size_bytes);
}

/* The driver waits; then it is asked again, as after a restart. */
static void expect_pause(struct conversation *c, const char *argument)
{
    char is[32];
    step(c);
    snprintf(is, sizeof(is), "%lld", (long long)c->action.pause_ms);
    if (c->next != NEXT_PAUSE || strcmp(is, argument) != 0)
        fault(c, "pause %s", c->next == NEXT_PAUSE ? is : "none");
    c->is_started = false;
}

static void take_pace(struct conversation *c, const char *argument)
{
    struct pace_hint hint = {0};
    char is[64];
    c->driver->pace(&c->reply, &hint);
    snprintf(is, sizeof(is), "%lld %lld", (long long)hint.account_wait_ms,
             (long long)hint.app_wait_ms);
    if (strcmp(is, argument) != 0)
        fault(c, "pace %s", is);
}

static void take_line(struct conversation *c, char *line)
{
    char *argument = strchr(line, ' ');
    if (argument)
        *argument++ = '\0';
    else
        argument = line + strlen(line);

    if (set_up(c, line, argument))
        return;
    if (strcmp(line, "<") == 0) {
        take_answer(c, argument);
    } else if (strcmp(line, "<:") == 0) {
        size_t used = strlen(c->reply_headers);
        snprintf(c->reply_headers + used, sizeof(c->reply_headers) - used, "%s\n", argument);
    } else if (strcmp(line, "pace") == 0) {
        take_pace(c, argument);
    } else if (strcmp(line, ">") == 0) {
        expect_request(c, argument);
    } else if (strcmp(line, ">:") == 0) {
        expect_header(c, argument);
    } else if (strcmp(line, ">=") == 0) {
        step(c);
        if (strcmp(c->action.request.body.bytes, argument) != 0)
            fault(c, "body is\n  %s, not\n  %s", c->action.request.body.bytes, argument);
    } else if (strcmp(line, ">~") == 0) {
        step(c);
        unescape(argument);
        expect_text(c, c->action.request.body.bytes, argument);
    } else if (strcmp(line, ">@") == 0) {
        expect_file(c, argument);
    } else if (strcmp(line, "pause") == 0) {
        expect_pause(c, argument);
    } else if (strcmp(line, "restart") == 0) {
        step(c);
        c->is_started = false;
    } else if (strcmp(line, "done") == 0) {
        expect_end(c, argument);
    } else if (strcmp(line, "renew") == 0) {
        step(c);
        if (c->next != NEXT_RENEW)
            fault(c, "no renewal asked for");
    } else if (strcmp(line, "renewed") == 0) {
        expect_renewed(c, argument);
    } else {
        expect_more(c, line, argument);
    }
}

static void play_file(const char *name)
{
    char path[512], line[LINE_MAX_BYTES];
    char defaults[DEFAULTS_MAX][512];
    size_t default_count = 0, conversations = 0;
    struct conversation *c = memory_alloc(sizeof(*c));

    snprintf(path, sizeof(path), "%s/../../drivers/%s", TEST_DATA, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    *c = (struct conversation){.file = name};
    while (fgets(line, sizeof(line), file)) {
        unsigned number = c->line + 1;
        c->line = number;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (strncmp(line, "== ", 3) == 0) {
            if (conversations++)
                finish(c);
            start(c, line + 3);
            for (size_t i = 0; i < default_count; i++) {
                char copy[512];
                snprintf(copy, sizeof(copy), "%s", defaults[i]);
                take_line(c, copy);
            }
        } else if (conversations == 0) {
            assert_true(default_count < DEFAULTS_MAX);
            snprintf(defaults[default_count++], sizeof(defaults[0]), "%.511s", line);
        } else {
            take_line(c, line);
        }
    }
    finish(c);
    fclose(file);
    unsigned faults = c->faults;
    memory_free(c);
    assert_true(conversations > 0);
    assert_int_equal(faults, 0);
}

static void plays(void **state)
{
    play_file(*state);
}

/* Every file of conversations is a test. */
int main(void)
{
    glob_t found;

    if (glob(TEST_DATA "/../../drivers/*.txt", 0, NULL, &found) != 0)
        return 1;
    struct CMUnitTest *tests = memory_alloc_array(found.gl_pathc, sizeof(*tests));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *name = strrchr(found.gl_pathv[i], '/') + 1;
        tests[i] = (struct CMUnitTest){name, plays, NULL, NULL, name};
    }
    int result = _cmocka_run_group_tests("conversations", tests, found.gl_pathc, NULL, NULL);
    memory_free(tests);
    globfree(&found);
    return result;
}
