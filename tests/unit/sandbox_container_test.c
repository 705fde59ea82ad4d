#include "sandbox_ask.h"

#define THREADS "/threads/v1.0"
#define INSTAGRAM "/instagram/v25.0"

static const char accounts[] =
    "[{\"municipality\":\"0301\",\"channel\":\"threads\",\"settings\":{\"account\":\"178414\"},"
    "\"credential\":{\"access-token\":\"THAA1\"}},"
    "{\"municipality\":\"1103\",\"channel\":\"threads\",\"settings\":{\"account\":\"178415\"},"
    "\"credential\":{\"access-token\":\"THAA2\"}},"
    "{\"municipality\":\"0301\",\"channel\":\"instagram\",\"settings\":{\"account\":\"17841\"},"
    "\"credential\":{\"access-token\":\"EAAC1\"}}]";

static void init(struct asker *asker, const char *fault)
{
    struct sandbox_options options = {
        .accounts_file_text = accounts,
        .accounts_length = sizeof(accounts) - 1,
        .faults = &fault,
        .fault_count = fault != NULL ? 1 : 0,
    };

    asker_init(asker, &options);
}

/* The id of the last answer. */
static const char *answer_id(const struct asker *asker)
{
    static char id[32];

    assert_int_equal(sscanf(answer_body(asker), "{\"id\":\"%31[0-9]\"", id), 1);
    return id;
}

static unsigned publish(struct asker *asker, const char *edge, const char *container,
                        const char *token)
{
    char body[128];

    snprintf(body, sizeof(body), "creation_id=%s&access_token=%s", container, token);
    return ask(asker, "POST", edge, FORM, body);
}

static unsigned look(struct asker *asker, const char *base, const char *id, const char *query)
{
    char target[256];

    snprintf(target, sizeof(target), "%s/%s?%s", base, id, query);
    return ask(asker, "GET", target, "", "");
}

static void a_container_is_published_once(void **state)
{
    struct asker asker;
    char container[32], target[128];

    (void)state;
    init(&asker, NULL);
    assert_int_equal(ask(&asker, "POST", THREADS "/me/threads", FORM,
                         "media_type=TEXT&text=Bl%C3%A5&access_token=THAA1"),
                     200);
    snprintf(container, sizeof(container), "%s", answer_id(&asker));
    assert_int_equal(asker.world.post_count, 0);
    look(&asker, THREADS, container, "fields=id,status,error_message&access_token=THAA1");
    assert_body_has(&asker, "\"status\":\"FINISHED\"");
    assert_int_equal(publish(&asker, THREADS "/178415/threads_publish", container, "THAA2"), 400);
    assert_int_equal(publish(&asker, THREADS "/178414/threads_publish", container, "THAA1"), 200);
    assert_int_equal(asker.world.post_count, 1);
    assert_int_equal(publish(&asker, THREADS "/178414/threads_publish", container, "THAA1"), 400);
    assert_int_equal(asker.world.post_count, 1);
    look(&asker, THREADS, container, "fields=status&access_token=THAA1");
    assert_body_has(&asker, "PUBLISHED");
    const char *id = asker.world.posts[0]->id;
    look(&asker, THREADS, id, "fields=status&access_token=THAA1");
    assert_body_has(&asker, "nonexisting field (status)");
    look(&asker, THREADS, id, "fields=id,permalink,text&access_token=THAA1");
    assert_body_has(&asker, "\"text\":\"Bl\\u00e5\"");
    assert_body_has(&asker, "threads.net");
    ask(&asker, "GET", THREADS "/me/threads?fields=id,text,timestamp&access_token=THAA1", "", "");
    assert_body_has(&asker, id);
    snprintf(target, sizeof(target), THREADS "/%s?access_token=THAA1", id);
    assert_int_equal(ask(&asker, "DELETE", target, "", ""), 200);
    assert_int_equal(ask(&asker, "DELETE", target, "", ""), 400);
    asker_release(&asker);
}

static void a_reply_is_among_the_replies(void **state)
{
    struct asker asker;
    char body[160];

    (void)state;
    init(&asker, NULL);
    ask(&asker, "POST", THREADS "/me/threads", FORM, "media_type=TEXT&text=a&access_token=THAA1");
    publish(&asker, THREADS "/me/threads_publish", answer_id(&asker), "THAA1");
    snprintf(body, sizeof(body), "media_type=TEXT&text=b&access_token=THAA1&reply_to_id=%s",
             answer_id(&asker));
    assert_int_equal(ask(&asker, "POST", THREADS "/me/threads", FORM, body), 200);
    publish(&asker, THREADS "/me/threads_publish", answer_id(&asker), "THAA1");
    assert_ptr_equal(asker.world.posts[1]->reply_to, asker.world.posts[0]);
    ask(&asker, "GET", THREADS "/me/replies?fields=id&access_token=THAA1", "", "");
    assert_body_has(&asker, asker.world.posts[1]->id);
    assert_null(strstr(answer_body(&asker), asker.world.posts[0]->id));
    asker_release(&asker);
}

static void refuses_as_the_networks_do(void **state)
{
    static const struct {
        const char *method, *target, *headers, *body;
        unsigned status;
        const char *marker;
    } cases[] = {
        {"POST", THREADS "/me/threads", FORM, "media_type=TEXT&text=a", 400, "\"code\":104"},
        {"POST", THREADS "/me/threads", FORM, "media_type=TEXT&text=a&access_token=x", 400,
         "\"code\":190"},
        {"POST", THREADS "/178415/threads", FORM, "media_type=TEXT&text=a&access_token=THAA1", 403,
         "\"code\":200"},
        {"POST", THREADS "/me/threads", FORM, "text=a&access_token=THAA1", 400, "media_type"},
        {"POST", THREADS "/me/threads", FORM, "media_type=TEXT&access_token=THAA1", 400,
         "text is required"},
        {"POST", THREADS "/me/threads", FORM, "media_type=TEXT&text=a&caption=b&access_token=THAA1",
         400, "caption is unknown"},
        {"POST", THREADS "/me/threads", FORM,
         "media_type=TEXT&text=a&reply_to_id=1&access_token=THAA1", 400, "4279009"},
        {"POST", THREADS "/me/threads", FORM, "media_type=IMAGE&text=a&access_token=THAA1", 400,
         "image_url"},
        {"POST", THREADS "/me/threads", FORM,
         "media_type=CAROUSEL&children=1,2&text=a&access_token=THAA1", 400, "4279009"},
        {"POST", THREADS "/me/threads", FORM,
         "media_type=TEXT&text=https%3A//a.no%20https%3A//a.no%20https%3A//a.no%20https%3A//a.no"
         "%20https%3A//a.no%20https%3A//a.no&access_token=THAA1",
         400, "LINK_LIMIT_EXCEEDED"},
        {"POST", THREADS "/me/threads_publish", FORM, "creation_id=1&access_token=THAA1", 400,
         "4279009"},
        {"GET", THREADS "/1?fields=id&access_token=THAA1", "", "", 400, "\"error_subcode\":33"},
        {"GET", "/threads/refresh_access_token?grant_type=x&access_token=THAA1", "", "", 400,
         "\"code\":100"},
        {"GET", "/threads/v2.0/me?access_token=THAA1", "", "", 404, "\"code\":2500"},
        {"POST", INSTAGRAM "/17841/media", FORM, "caption=a&access_token=EAAC1", 400, "image_url"},
        {"POST", INSTAGRAM "/17841/media", FORM,
         "image_url=https%3A//a.no/a.png&access_token=EAAC1", 400, "2207005"},
        {"POST", INSTAGRAM "/17841/media", FORM, "image_url=http%3A//a.no/a.jpg&access_token=EAAC1",
         400, "2207052"},
        {"POST", INSTAGRAM "/17841/media", FORM,
         "media_type=CAROUSEL&children=1&access_token=EAAC1", 400, "2207006"},
        {"POST", INSTAGRAM "/17841/media", FORM, "media_type=FILM&access_token=EAAC1", 400,
         "2207023"},
        {"POST", INSTAGRAM "/17841/media_publish", FORM, "creation_id=1&access_token=EAAC1", 400,
         "2207006"},
    };
    struct asker asker;

    (void)state;
    init(&asker, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned status =
            ask(&asker, cases[i].method, cases[i].target, cases[i].headers, cases[i].body);
        if (status != cases[i].status)
            fail_msg("case %zu: status %u: %s", i, status, answer_body(&asker));
        assert_body_has(&asker, cases[i].marker);
    }
    assert_int_equal(asker.world.post_count, 0);
    asker_release(&asker);
}

static void counts_as_threads_does(void **state)
{
    char body[4096] = "media_type=TEXT&access_token=THAA1&text=";
    size_t start = strlen(body);
    struct asker asker;

    (void)state;
    init(&asker, NULL);
    for (int i = 0; i < 500; i++)
        memcpy(body + start + (size_t)i * 6, "%C3%A5", 7);
    assert_int_equal(ask(&asker, "POST", THREADS "/me/threads", FORM, body), 200);
    memcpy(body + start + 497 * 6, "%F0%9F%9A%A8", 13); /* an emoji: 4 */
    assert_int_equal(ask(&asker, "POST", THREADS "/me/threads", FORM, body), 400);
    assert_body_has(&asker, "at most 500");
    asker_release(&asker);
}

static void a_carousel_shows_its_pictures(void **state)
{
    struct asker asker;
    char first[32], body[256];

    (void)state;
    init(&asker, NULL);
    ask(&asker, "POST", INSTAGRAM "/17841/media", FORM,
        "image_url=https%3A//a.no/a.jpg&alt_text=A&is_carousel_item=true&access_token=EAAC1");
    snprintf(first, sizeof(first), "%s", answer_id(&asker));
    assert_int_equal(publish(&asker, INSTAGRAM "/17841/media_publish", first, "EAAC1"), 400);
    ask(&asker, "POST", INSTAGRAM "/17841/media", FORM,
        "image_url=https%3A//a.no/b.jpg&alt_text=B&is_carousel_item=true&access_token=EAAC1");
    snprintf(body, sizeof(body),
             "media_type=CAROUSEL&children=%s%%2C%s&caption=Hei&access_token=EAAC1", first,
             answer_id(&asker));
    assert_int_equal(ask(&asker, "POST", INSTAGRAM "/17841/media", FORM, body), 200);
    assert_int_equal(publish(&asker, INSTAGRAM "/17841/media_publish", answer_id(&asker), "EAAC1"),
                     200);
    assert_string_equal(asker.world.posts[0]->raw,
                        "{\"pictures\":[{\"url\":\"https://a.no/a.jpg\",\"alt\":\"A\"},"
                        "{\"url\":\"https://a.no/b.jpg\",\"alt\":\"B\"}]}");
    ask(&asker, "GET",
        INSTAGRAM "/17841/content_publishing_limit?fields=quota_usage,config&access_token=EAAC1",
        "", "");
    assert_body_has(&asker, "\"quota_usage\":1");
    asker_release(&asker);
}

static void a_container_takes_its_time_or_ends_badly(void **state)
{
    struct asker asker;
    char container[32];

    (void)state;
    init(&asker, "unready:times=1:ms=4000,spoilt:times=1:path=me/threads");
    ask(&asker, "POST", THREADS "/me/threads", FORM, "media_type=TEXT&text=a&access_token=THAA1");
    snprintf(container, sizeof(container), "%s", answer_id(&asker));
    look(&asker, THREADS, container, "fields=status&access_token=THAA1");
    assert_body_has(&asker, "IN_PROGRESS");
    assert_int_equal(publish(&asker, THREADS "/me/threads_publish", container, "THAA1"), 400);
    asker.now_ms += 4000;
    look(&asker, THREADS, container, "fields=status&access_token=THAA1");
    assert_body_has(&asker, "FINISHED");
    asker.now_ms += INT64_C(24) * 60 * 60 * 1000;
    look(&asker, THREADS, container, "fields=status&access_token=THAA1");
    assert_body_has(&asker, "EXPIRED");
    ask(&asker, "POST", THREADS "/me/threads", FORM, "media_type=TEXT&text=a&access_token=THAA1");
    assert_int_equal(
        look(&asker, THREADS, answer_id(&asker), "fields=status,error_message&access_token=THAA1"),
        200);
    assert_body_has(&asker, "\"error_message\":\"UNKNOWN\"");
    asker_release(&asker);
}

static void a_token_is_renewed(void **state)
{
    struct asker asker;
    char token[64], query[128];

    (void)state;
    init(&asker, NULL);
    assert_int_equal(ask(&asker, "GET",
                         "/threads/refresh_access_token?grant_type=th_refresh_token&"
                         "access_token=THAA1",
                         "", ""),
                     200);
    assert_int_equal(sscanf(answer_body(&asker), "{\"access_token\":\"%63[^\"]\"", token), 1);
    snprintf(query, sizeof(query), "fields=id&access_token=%s", token);
    assert_int_equal(look(&asker, THREADS, "me", query), 200);
    assert_body_has(&asker, "178414");
    assert_int_equal(look(&asker, THREADS, "me", "fields=id&access_token=THAA1"), 200);
    asker_release(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_container_is_published_once),
        cmocka_unit_test(a_reply_is_among_the_replies),
        cmocka_unit_test(refuses_as_the_networks_do),
        cmocka_unit_test(counts_as_threads_does),
        cmocka_unit_test(a_carousel_shows_its_pictures),
        cmocka_unit_test(a_container_takes_its_time_or_ends_badly),
        cmocka_unit_test(a_token_is_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
