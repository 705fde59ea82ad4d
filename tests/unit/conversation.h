/* A conversation with a network as tests/drivers/README tells it: what stands before its first
 * request. Included once, by the test that plays them. */
#ifndef CRISIS_TESTS_UNIT_CONVERSATION_H
#define CRISIS_TESTS_UNIT_CONVERSATION_H

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

enum { LINE_MAX_BYTES = 8192, SETTINGS_MAX = 8, HEADERS_MAX_BYTES = 2048, MEDIA_MAX = 12 };

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
    struct media media[MEDIA_MAX];
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
    c->draft =
        (struct draft){.language = "nb", .headline = "", .parts = c->parts, .media = c->media};
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
    if (c->title[0] && c->next != NEXT_DONE && c->next != NEXT_RENEW)
        fault(c, "the conversation stops before its end");
    channel_action_release(&c->action);
    text_release(&c->secrets.bytes);
    text_release(&c->app.bytes);
    for (size_t i = 0; i < c->string_count; i++)
        memory_free(c->strings[i]);
}

/* "image/png kart.png 20 What it shows": so many bytes, which anyone can fetch. */
static void add_media(struct conversation *c, const char *argument)
{
    struct media *media = &c->media[c->draft.media_count++];
    char type[32] = "", name[64] = "", url[128];
    int size = 0, used = 0;

    assert_true(c->draft.media_count <= MEDIA_MAX);
    if (sscanf(argument, "%31s %63s %d %n", type, name, &size, &used) != 3 || size < 1)
        return fault(c, "'media TYPE NAME BYTES WORDS' is needed");
    assert_true(c->string_count < sizeof(c->strings) / sizeof(c->strings[0]));
    char *bytes = c->strings[c->string_count++] = memory_alloc((size_t)size + 1);
    for (int i = 0; i < size; i++)
        bytes[i] = (char)('a' + i % 26);
    bytes[size] = '\0';
    snprintf(url, sizeof(url), "https://krise.example.no/media/%s", name);
    *media = (struct media){.kind = type[0] == 'v' ? MEDIA_VIDEO : MEDIA_IMAGE,
                            .type = keep(c, type),
                            .file_name = keep(c, name),
                            .alt = keep(c, argument + used),
                            .sha256 = "e3b0c44298fc1c149afbf4c8996fb924"
                                      "27ae41e4649b934ca495991b7852b855",
                            .bytes = bytes,
                            .size_bytes = (size_t)size,
                            .width = 1080,
                            .height = 1080,
                            .url = keep(c, url)};
}

/* What stands before the first request. False: another kind of line. */
static bool set_up(struct conversation *c, const char *word, char *argument)
{
    static const char *const task_names[] = {"post", "find", "retract", "check", "renew"};

    if (strcmp(word, "channel") == 0) {
        c->driver = channel_find(argument);
        c->account.channel = keep(c, argument);
        c->network.channel = c->account.channel;
        c->draft.channel = c->account.channel;
    } else if (strcmp(word, "do") == 0) {
        c->job.task = (enum channel_task)index_of(argument, task_names, 5);
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
    } else if (strcmp(word, "headline") == 0) {
        c->draft.headline = keep(c, argument);
    } else if (strcmp(word, "media") == 0) {
        add_media(c, argument);
    } else if (strcmp(word, "document") == 0) {
        c->draft.document = keep(c, argument);
    } else if (strcmp(word, "reply-to") == 0) {
        size_t length = strcspn(argument, " ");
        snprintf(c->reply_to.id, sizeof(c->reply_to.id), "%.*s", (int)length, argument);
        snprintf(c->reply_to.url, sizeof(c->reply_to.url), "%s",
                 argument + length + (argument[length] == ' '));
        c->job.reply_to = &c->reply_to;
    } else if (strcmp(word, "now") == 0) {
        assert_true(rfc3339_parse(argument, &c->job.now_unix_ms));
    } else if (strcmp(word, "sent") == 0) {
        assert_true(rfc3339_parse(argument, &c->job.first_sent_unix_ms));
    } else if (strcmp(word, "post") == 0) {
        struct post *post = &c->progress.posts[c->progress.post_count++];
        snprintf(post->id, sizeof(post->id), "%s", argument);
        c->progress.part = c->progress.post_count;
    } else if (strcmp(word, "post-url") == 0) { /* of the post before */
        assert_true(c->progress.post_count > 0);
        struct post *post = &c->progress.posts[c->progress.post_count - 1];
        snprintf(post->url, sizeof(post->url), "%s", argument);
    } else if (strcmp(word, "registered-since") == 0) {
        c->job.is_registered_since = true;
    } else if (strcmp(word, "handle") == 0) {
        snprintf(c->progress.handle, sizeof(c->progress.handle), "%s", argument);
    } else {
        return false;
    }
    return true;
}

#endif
