/* For the tests of the sandbox: asks a world directly, without sockets. */
#ifndef CRISIS_TESTS_SANDBOX_ASK_H
#define CRISIS_TESTS_SANDBOX_ASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#include "sandbox/network.h"

#define ASK_NOW_MS INT64_C(1795500000000)
#define FORM "content-type: application/x-www-form-urlencoded\n"
#define JSON "content-type: application/json\n"

struct asker {
    struct world world;
    struct exchange exchange;
    int64_t now_ms;
};

static inline void asker_init(struct asker *asker, const struct sandbox_options *options)
{
    struct error error = {0};

    if (sandbox_world_init(&asker->world, options, &error) < 0)
        fail_msg("%s", error.message);
    sandbox_exchange_init(&asker->exchange);
    asker->now_ms = ASK_NOW_MS;
}

static inline void asker_release(struct asker *asker)
{
    sandbox_exchange_release(&asker->exchange);
    sandbox_world_release(&asker->world);
}

/* headers: "name: value\n" each. Returns the status; the body is in asker->exchange. */
static inline unsigned ask(struct asker *asker, const char *method, const char *target,
                           const char *headers, const char *body)
{
    struct request *request = &asker->exchange.request;

    sandbox_exchange_reset(&asker->exchange);
    sandbox_request_method(request, method, strlen(method));
    sandbox_request_target(request, target, strlen(target));
    sandbox_request_authority(request, "api.x.com", 9);
    while (*headers != '\0') {
        const char *colon = strstr(headers, ": ");
        const char *end = strchr(headers, '\n');
        sandbox_request_header(request, headers, (size_t)(colon - headers), colon + 2,
                               (size_t)(end - colon - 2));
        headers = end + 1;
    }
    sandbox_request_body(request, body, strlen(body));
    sandbox_request_finish(request);
    sandbox_world_handle(&asker->world, &asker->exchange, asker->now_ms);
    return asker->exchange.answer.status;
}

static inline const char *answer_body(const struct asker *asker)
{
    return asker->exchange.answer.body.bytes;
}

static inline const char *answer_header(const struct asker *asker, const char *name)
{
    const struct answer *answer = &asker->exchange.answer;

    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcmp(answer->names[i], name) == 0)
            return sandbox_answer_value(answer, i);
    }
    return NULL;
}

struct refused_request {
    const char *method, *target, *headers, *body;
    unsigned status;
};

/* Each is answered with its status by a world without options, and none leaves a post. */
static inline void assert_all_refused(const struct refused_request *all, size_t count)
{
    const struct sandbox_options options = {0};
    struct asker asker;

    asker_init(&asker, &options);
    for (size_t i = 0; i < count; i++) {
        unsigned status = ask(&asker, all[i].method, all[i].target, all[i].headers, all[i].body);
        if (status != all[i].status)
            fail_msg("case %zu: status %u: %s", i, status, answer_body(&asker));
    }
    assert_int_equal(asker.world.post_count, 0);
    asker_release(&asker);
}

#define assert_body_has(asker, needle)                                                             \
    do {                                                                                           \
        if (strstr(answer_body(asker), needle) == NULL)                                            \
            fail_msg("'%s' is not in: %s", needle, answer_body(asker));                            \
    } while (0)

#endif
