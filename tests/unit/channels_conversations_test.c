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

#include <cmocka.h>

#include "base/civil_time.h"
#include "base/memory.h"
#include "base/text.h"
#include "channels/channel.h"

enum { LINE_MAX_BYTES = 8192, SETTINGS_MAX = 8, HEADERS_MAX_BYTES = 2048, DEFAULTS_MAX = 32 };

static const char *const task_names[] = {"post", "find", "retract", "check"};
static const char *const effect_names[] = {"none", "repeatable", "once"};
static const char *const result_names[] = {"posted",    "absent", "unknown", "retry",    "unclear",
                                           "duplicate", "failed", "checked", "retracted"};

struct pairs {
    struct text bytes;
    struct credential credential;
};

struct conversation {
    const char *file;
    unsigned line, faults;
    char title[128];
    const struct channel_driver *driver;
    struct channel_job job;
    struct channel_progress progress;
    struct channel_action action;
    struct account account;
    struct network network;
    struct draft draft;
    struct post reply_to;
    struct setting account_settings[SETTINGS_MAX], network_settings[SETTINGS_MAX];
    struct pairs secrets, app;
    char *strings[64]; /* what settings and texts point to */
    size_t string_count;
    const char *parts[THREAD_PARTS_MAX];
    bool is_started, has_reply;
    enum channel_next next;
    struct http_reply reply;
    char reply_headers[HEADERS_MAX_BYTES], reply_body[LINE_MAX_BYTES];
};

static void fault(struct conversation *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct conversation *c, const char *format, ...)
{
    char message[2 * LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    print_error("%s:%u: [%s] %s\n", c->file, c->line, c->title, message);
    c->faults++;
}

static char *keep(struct conversation *c, const char *string)
{
    assert_true(c->string_count < sizeof(c->strings) / sizeof(c->strings[0]));
    return c->strings[c->string_count++] = memory_strdup(string);
}

/* "\n" becomes a line feed. */
static void unescape(char *string)
{
    char *out = string;
    for (const char *at = string; *at; at++) {
        bool is_line_feed = at[0] == '\\' && at[1] == 'n';
        *out++ = *at;
        if (is_line_feed) {
            out[-1] = '\n';
            at++;
        }
    }
    *out = '\0';
}

static int index_of(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], word) == 0)
            return (int)i;
    return -1;
}

static void add_setting(struct conversation *c, struct setting *settings, size_t *count,
                        const char *argument)
{
    char *name = keep(c, argument);
    char *equals = strchr(name, '=');
    if (!equals)
        return fault(c, "no '=' in the setting");
    *equals = '\0';
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            settings[i].value = equals + 1;
            return;
        }
    }
    assert_true(*count < SETTINGS_MAX);
    settings[(*count)++] = (struct setting){name, equals + 1};
}

static void add_pair(struct pairs *pairs, const char *argument)
{
    const char *equals = strchr(argument, '=');
    text_add_bytes(&pairs->bytes, argument, (size_t)(equals - argument));
    text_add_char(&pairs->bytes, '\0');
    text_add_bytes(&pairs->bytes, equals + 1, strlen(equals + 1) + 1);
    pairs->credential =
        (struct credential){.pairs = pairs->bytes.bytes, .size_bytes = pairs->bytes.length};
}

static void start(struct conversation *c, const char *title)
{
    unsigned line = c->line, faults = c->faults;
    const char *file = c->file;
    *c = (struct conversation){.file = file, .line = line, .faults = faults};
    snprintf(c->title, sizeof(c->title), "%.127s", title);
    channel_action_init(&c->action);
    text_init(&c->secrets.bytes, LINE_MAX_BYTES);
    text_init(&c->app.bytes, LINE_MAX_BYTES);
    c->account = (struct account){
        .municipality = "0301", .label = "default", .settings = c->account_settings};
    c->network = (struct network){.settings = c->network_settings};
    c->draft = (struct draft){.language = "nb", .headline = "", .parts = c->parts};
    c->job = (struct channel_job){.account = &c->account,
                                  .network = &c->network,
                                  .credential = &c->secrets.credential,
                                  .app = &c->app.credential,
                                  .draft = &c->draft,
                                  .key = "AAECAwQFBgcICQoLDA0ODw",
                                  .nonce = "0123456789abcde"};
}

static void finish(struct conversation *c)
{
    if (c->title[0] && c->next != NEXT_DONE)
        fault(c, "the conversation stops before its end");
    channel_action_release(&c->action);
    text_release(&c->secrets.bytes);
    text_release(&c->app.bytes);
    for (size_t i = 0; i < c->string_count; i++)
        memory_free(c->strings[i]);
}

/* What stands before the first request. False: another kind of line. */
static bool set_up(struct conversation *c, const char *word, char *argument)
{
    if (strcmp(word, "channel") == 0) {
        c->driver = channel_find(argument);
        c->account.channel = keep(c, argument);
        c->network.channel = c->account.channel;
        c->draft.channel = c->account.channel;
    } else if (strcmp(word, "do") == 0) {
        c->job.task = (enum channel_task)index_of(argument, task_names, 4);
    } else if (strcmp(word, "account") == 0) {
        add_setting(c, c->account_settings, &c->account.setting_count, argument);
    } else if (strcmp(word, "network") == 0) {
        add_setting(c, c->network_settings, &c->network.setting_count, argument);
    } else if (strcmp(word, "endpoint") == 0) {
        c->network.endpoint = keep(c, argument);
    } else if (strcmp(word, "secret") == 0) {
        add_pair(&c->secrets, argument);
    } else if (strcmp(word, "no-secrets") == 0) {
        text_reset(&c->secrets.bytes);
        c->secrets.credential = (struct credential){0};
    } else if (strcmp(word, "app") == 0) {
        add_pair(&c->app, argument);
    } else if (strcmp(word, "text") == 0) {
        unescape(argument);
        c->parts[c->draft.part_count++] = keep(c, argument);
    } else if (strcmp(word, "document") == 0) {
        c->draft.document = keep(c, argument);
    } else if (strcmp(word, "reply-to") == 0) {
        snprintf(c->reply_to.id, sizeof(c->reply_to.id), "%s", argument);
        c->job.reply_to = &c->reply_to;
    } else if (strcmp(word, "now") == 0) {
        assert_true(rfc3339_parse(argument, &c->job.now_unix_ms));
    } else if (strcmp(word, "sent") == 0) {
        assert_true(rfc3339_parse(argument, &c->job.first_sent_unix_ms));
    } else if (strcmp(word, "post") == 0) {
        struct post *post = &c->progress.posts[c->progress.post_count++];
        snprintf(post->id, sizeof(post->id), "%s", argument);
        c->progress.part = c->progress.post_count;
    } else {
        return false;
    }
    return true;
}

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
        if (strstr(where, value))
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
    } else if (strcmp(line, "restart") == 0) {
        step(c);
        c->is_started = false;
    } else if (strcmp(line, "done") == 0) {
        expect_end(c, argument);
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

static void plays_facebook(void **state)
{
    (void)state;
    play_file("facebook.txt");
}

static void plays_facebook_errors(void **state)
{
    (void)state;
    play_file("facebook-errors.txt");
}

static void plays_x(void **state)
{
    (void)state;
    play_file("x.txt");
}

static void plays_x_errors(void **state)
{
    (void)state;
    play_file("x-errors.txt");
}

static void plays_webhook(void **state)
{
    (void)state;
    play_file("webhook.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_facebook), cmocka_unit_test(plays_facebook_errors),
        cmocka_unit_test(plays_x),        cmocka_unit_test(plays_x_errors),
        cmocka_unit_test(plays_webhook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
