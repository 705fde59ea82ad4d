/*
 * A client for the tests of HTTP, with what it needs: a loop, a folder with a list of authorities
 * that has none in it, and servers.
 */
#ifndef CRISIS_TESTS_UNIT_NET_FIXTURE_H
#define CRISIS_TESTS_UNIT_NET_FIXTURE_H

#include "net/http_client.h"
#include "net/loop.h"

#include "small_server.h"
#include "test_folder.h"

enum { NET_SERVERS_MAX = 8 };

/* As a rehearsal has it: this machine may be talked to. */
static const struct address_policy loopback_policy = {.loopback = true};

struct net_fixture {
    struct test_folder folder;
    char ca_file[TEST_PATH_SIZE + 64];
    struct loop *loop;
    struct http_client *client;
    struct small_server *servers[NET_SERVERS_MAX];
    size_t server_count;
};

/* Ends the client, if there is one, and makes another. The list of authorities is the fixture's. */
static inline void net_fixture_renew(struct net_fixture *fixture,
                                     struct http_client_options options)
{
    struct error error = {0};

    options.ca_file = fixture->ca_file;
    http_client_free(fixture->client);
    if (http_client_new(fixture->loop, &options, &fixture->client, &error) < 0)
        fail_msg("%s", error.message);
}

/* Released by net_fixture_release(). */
static inline void net_fixture_init(struct net_fixture *fixture, struct http_client_options options)
{
    *fixture = (struct net_fixture){.loop = loop_new()};
    assert_true(test_folder_make(&fixture->folder));
    test_folder_file(&fixture->folder, "ca.pem", fixture->ca_file);
    assert_true(test_folder_write(fixture->ca_file, ""));
    net_fixture_renew(fixture, options);
}

/* One more server; the fixture stops it. */
static inline struct small_server *net_fixture_serve(struct net_fixture *fixture,
                                                     small_answer *answer)
{
    assert_true(fixture->server_count < NET_SERVERS_MAX);
    return fixture->servers[fixture->server_count++] = small_server_start(answer);
}

/* A test may have freed the client, and set it to NULL. */
static inline void net_fixture_release(struct net_fixture *fixture)
{
    http_client_free(fixture->client);
    loop_free(fixture->loop);
    for (size_t i = 0; i < fixture->server_count; i++)
        small_server_stop(fixture->servers[i]);
    test_folder_remove(&fixture->folder);
}

#endif
