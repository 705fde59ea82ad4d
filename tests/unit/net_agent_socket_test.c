#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/agent_socket.h"

/* An agent that reads a request of `request_size` bytes and answers with these bytes, in pieces. */
struct agent {
    char folder[64], path[108];
    int listener;
    pthread_t thread;
    size_t request_size, answer_size, piece;
    const char *answer;
    char request[64];
};

static void *serve(void *context)
{
    struct agent *agent = context;
    int client = accept(agent->listener, NULL, NULL);
    size_t got = 0;

    while (got < agent->request_size) {
        ssize_t count = read(client, agent->request + got, agent->request_size - got);
        if (count <= 0)
            break;
        got += (size_t)count;
    }
    for (size_t sent = 0; sent < agent->answer_size;) {
        size_t left = agent->answer_size - sent;
        ssize_t count = send(client, agent->answer + sent,
                             left < agent->piece ? left : agent->piece, MSG_NOSIGNAL);
        if (count <= 0)
            break;
        sent += (size_t)count;
    }
    close(client);
    return NULL;
}

static void start(struct agent *agent, size_t request_size, const char *answer, size_t answer_size,
                  size_t piece)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *agent = (struct agent){
        .request_size = request_size, .answer = answer, .answer_size = answer_size, .piece = piece};
    snprintf(agent->folder, sizeof(agent->folder), "/tmp/agent-test-XXXXXX");
    assert_non_null(mkdtemp(agent->folder));
    snprintf(agent->path, sizeof(agent->path), "%s/socket", agent->folder);
    memcpy(address.sun_path, agent->path, strlen(agent->path) + 1);
    agent->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(agent->listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(agent->listener, 1), 0);
    assert_int_equal(pthread_create(&agent->thread, NULL, serve, agent), 0);
}

static void end(struct agent *agent)
{
    pthread_join(agent->thread, NULL);
    close(agent->listener);
    unlink(agent->path);
    rmdir(agent->folder);
}

static int ask(const char *path, struct text *reply, struct error *error)
{
    struct text request;

    text_init(&request, 16);
    text_add_bytes(&request, "\0\0\0\1\x0b", 5);
    text_init(reply, AGENT_REPLY_MAX_BYTES);
    int result = agent_exchange(path, &request, reply, error);
    text_release(&request);
    return result;
}

static void an_answer_is_read_in_any_pieces(void **state)
{
    static const char answer[] = "\0\0\0\5\x0c\0\0\0\0and what nobody asked for";
    static const size_t pieces[] = {1, 3, 9, 100};
    (void)state;

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct agent agent;
        struct text reply;
        struct error error = {0};
        start(&agent, 5, answer, sizeof(answer), pieces[i]);
        assert_int_equal(ask(agent.path, &reply, &error), 0);
        end(&agent);
        assert_memory_equal(agent.request, "\0\0\0\1\x0b", 5);
        assert_int_equal(reply.length, 9);
        assert_memory_equal(reply.bytes, answer, 9);
        text_release(&reply);
    }
}

static void a_large_answer_is_read_whole(void **state)
{
    enum { SIZE = 200 * 1024 };
    char *answer = test_malloc(SIZE);
    struct agent agent;
    struct text reply;
    struct error error = {0};
    (void)state;

    memset(answer, 'x', SIZE);
    answer[0] = 0;
    answer[1] = (SIZE - 4) >> 16;
    answer[2] = (char)(((SIZE - 4) >> 8) & 0xff);
    answer[3] = (char)((SIZE - 4) & 0xff);
    start(&agent, 5, answer, SIZE, SIZE);
    assert_int_equal(ask(agent.path, &reply, &error), 0);
    end(&agent);
    assert_int_equal(reply.length, SIZE);
    text_release(&reply);
    test_free(answer);
}

static void answers_that_are_none(void **state)
{
    static const struct {
        const char *answer;
        size_t size;
        const char *reason;
    } cases[] = {
        {"", 0, "ended the connection"},
        {"\0\0\0", 3, "ended the connection"},
        {"\0\0\0\5abcd", 8, "ended the connection"},
        {"\0\4\0\0", 4, "too large"},
        {"\xff\xff\xff\xff", 4, "too large"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct agent agent;
        struct text reply;
        struct error error = {0};
        start(&agent, 5, cases[i].answer, cases[i].size, 100);
        assert_int_equal(ask(agent.path, &reply, &error), -1);
        end(&agent);
        assert_int_equal(error.kind, ERROR_SYSTEM);
        if (!strstr(error.message, cases[i].reason))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].reason);
        text_release(&reply);
    }
}

static void no_agent_is_said(void **state)
{
    char long_path[200];
    const char *const paths[] = {NULL, "", "/nonexistent/socket", long_path};
    (void)state;

    memset(long_path, 'x', sizeof(long_path));
    long_path[sizeof(long_path) - 1] = '\0';
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct text reply;
        struct error error = {0};
        assert_int_equal(ask(paths[i], &reply, &error), -1);
        assert_int_equal(error.kind, ERROR_SYSTEM);
        assert_true(strstr(error.message, "SSH_AUTH_SOCK") ||
                    strstr(error.message, "cannot reach"));
        text_release(&reply);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_in_any_pieces),
        cmocka_unit_test(a_large_answer_is_read_whole),
        cmocka_unit_test(answers_that_are_none),
        cmocka_unit_test(no_agent_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
