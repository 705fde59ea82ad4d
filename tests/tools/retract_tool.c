/*
 * Lets a driver take a post back from a real server, which no command does yet:
 *
 *   retract_tool CHANNEL CA-FILE
 *
 * Standard input has a line for each thing that the job is made of: "setting NAME=VALUE",
 * "secret NAME=VALUE", "post ID". It prints how the task ended, and why: "RESULT MESSAGE". Loopback
 * addresses only.
 */
#include <stdio.h>
#include <string.h>

#include "channels/channel.h"
#include "net/http_client.h"
#include "net/loop.h"

enum { LINES_MAX = 16, LINE_SIZE = 1024, STEPS_MAX = 20 };

static const char *const results[] = {"posted",    "absent", "unknown", "retry",     "unclear",
                                      "duplicate", "failed", "checked", "retracted", "renewed"};

struct run {
    struct loop *loop;
    struct http_client *http;
    const struct channel_driver *driver;
    struct channel_job job;
    struct channel_progress progress;
    struct channel_action action;
    unsigned steps;
    struct setting settings[LINES_MAX];
    char lines[LINES_MAX][LINE_SIZE];
    struct text pairs;
    struct account account;
    struct credential credential;
};

static void on_reply(void *context, const struct http_reply *reply,
                     const struct http_failure *failure);

static void step(struct run *run, const struct http_reply *reply)
{
    const struct channel_outcome *outcome = &run->action.outcome;
    enum channel_next next = run->driver->step(&run->job, &run->progress, reply, &run->action);

    if (next == NEXT_SEND && run->steps++ < STEPS_MAX) {
        http_client_send(run->http, &run->action.request, on_reply, run);
        return;
    }
    printf("%s %s\n", next == NEXT_DONE ? results[outcome->result] : "endless",
           outcome->failure.message);
    loop_stop(run->loop);
}

static void on_reply(void *context, const struct http_reply *reply,
                     const struct http_failure *failure)
{
    struct run *run = context;
    if (failure) {
        printf("lost %s\n", failure->message);
        loop_stop(run->loop);
        return;
    }
    step(run, reply);
}

static void begin(void *context)
{
    step(context, NULL);
}

/* What follows the word in the line; NULL: it is another word. */
static char *after(char *line, const char *word)
{
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 ? line + length : NULL;
}

static bool take_line(struct run *run, char *line)
{
    char *setting = after(line, "setting "), *secret = after(line, "secret ");
    char *post = after(line, "post ");
    char *value = setting || secret ? strchr(line, '=') : NULL;

    if (value)
        *value++ = '\0';
    if (setting && value) {
        run->settings[run->account.setting_count++] = (struct setting){setting, value};
    } else if (secret && value) {
        text_add_bytes(&run->pairs, secret, strlen(secret) + 1);
        text_add_bytes(&run->pairs, value, strlen(value) + 1);
    } else if (post && run->progress.post_count < THREAD_PARTS_MAX) {
        snprintf(run->progress.posts[run->progress.post_count++].id, POST_ID_SIZE, "%s", post);
    } else {
        return false;
    }
    return true;
}

static bool read_job(struct run *run)
{
    bool is_fine = true;

    text_init_secret(&run->pairs, CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; is_fine && i < LINES_MAX && fgets(run->lines[i], LINE_SIZE, stdin); i++) {
        run->lines[i][strcspn(run->lines[i], "\n")] = '\0';
        is_fine = take_line(run, run->lines[i]);
    }
    run->credential = (struct credential){run->pairs.bytes, run->pairs.length};
    run->account.settings = run->settings;
    run->job.account = &run->account;
    run->job.credential = &run->credential;
    run->job.now_unix_ms = clock_unix_ms();
    run->job.task = TASK_RETRACT;
    run->job.key = "";
    return is_fine;
}

int main(int argc, char **argv)
{
    static const struct address_policy policy = {.loopback = true};
    static struct run run;
    struct http_client_options options = {.policy = &policy};
    struct error error = {0};
    int result = 2;

    run.driver = argc == 3 ? channel_find(argv[1]) : NULL;
    channel_action_init(&run.action);
    run.loop = loop_new();
    options.ca_file = argc == 3 ? argv[2] : NULL;
    run.account.channel = argc == 3 ? argv[1] : "";
    run.account.municipality = "0301";
    if (run.driver && read_job(&run) &&
        http_client_new(run.loop, &options, &run.http, &error) == 0) {
        struct loop_timer *timer = loop_timer_new(run.loop, begin, &run);
        loop_timer_set(timer, 0);
        loop_run(run.loop);
        loop_timer_free(timer);
        result = 0;
    } else {
        fprintf(stderr, "retract_tool: %s\n", error.message);
    }
    http_client_free(run.http);
    loop_free(run.loop);
    text_release(&run.pairs);
    channel_action_release(&run.action);
    return result;
}
