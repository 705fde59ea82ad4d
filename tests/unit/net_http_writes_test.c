/* What is written to a connection of HTTP/2 leaves together, and whole, whatever the socket takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>

#include "net/http_internal.h"
#include "net/loop.h"

enum { LARGE_BYTES = 4 << 20, PIECE_BYTES = 4100 };

struct fixture {
    struct loop *loop;
    struct http_writes writes;
    SSL_CTX *context;
    SSL *session;
    BIO *bio; /* the session's */
    int ours, theirs;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    fixture->ours = pair[0];
    fixture->theirs = pair[1];
    fixture->loop = loop_new();
    fixture->writes.loop = loop_handle(fixture->loop);
    fixture->context = SSL_CTX_new(TLS_client_method());
    fixture->session = SSL_new(fixture->context);
    http_writes_init();
    http_writes_gather(&fixture->writes, fixture->session, fixture->ours);
    fixture->bio = SSL_get_wbio(fixture->session);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    SSL_free(fixture->session);
    SSL_CTX_free(fixture->context);
    assert_null(fixture->writes.first);
    http_writes_free(&fixture->writes);
    loop_free(fixture->loop); /* ends the process if something is still watched */
    (void)close(fixture->ours);
    if (fixture->theirs >= 0)
        (void)close(fixture->theirs);
    free(fixture);
    return 0;
}

static size_t arrived(const struct fixture *fixture, char *out, size_t size)
{
    ssize_t count = read(fixture->theirs, out, size);

    return count > 0 ? (size_t)count : 0;
}

static void what_is_written_leaves_when_it_is_let_go(void **state)
{
    struct fixture *fixture = *state;
    char bytes[100];

    assert_int_equal(BIO_write(fixture->bio, "one", 3), 3);
    assert_int_equal(BIO_write(fixture->bio, " two", 4), 4);
    assert_int_equal(BIO_wpending(fixture->bio), 7);
    assert_int_equal(arrived(fixture, bytes, sizeof(bytes)), 0);
    http_writes_let_go(&fixture->writes);
    assert_int_equal(BIO_wpending(fixture->bio), 0);
    assert_int_equal(arrived(fixture, bytes, sizeof(bytes)), 7);
    assert_memory_equal(bytes, "one two", 7);
}

/* TLS asks for it after what it has to say itself, such as that the connection ends. */
static void or_when_it_is_flushed(void **state)
{
    struct fixture *fixture = *state;
    char bytes[100];

    assert_int_equal(BIO_write(fixture->bio, "end", 3), 3);
    assert_int_equal(BIO_flush(fixture->bio), 1);
    assert_int_equal(arrived(fixture, bytes, sizeof(bytes)), 3);
    assert_int_equal(BIO_flush(fixture->bio), 1);
}

static void the_next_request_finds_what_the_last_one_had(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(BIO_write(fixture->bio, "one", 3), 3);
    http_writes_gather(&fixture->writes, fixture->session, fixture->ours);
    assert_ptr_equal(SSL_get_wbio(fixture->session), fixture->bio);
    assert_int_equal(BIO_wpending(fixture->bio), 3);
}

static void it_does_not_wait_for_a_long_burst_to_end(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(BIO_write(fixture->bio, "one", 3), 3);
    fixture->writes.since_ns -= UINT64_C(3000000); /* as if that much time had passed */
    http_writes_gather(&fixture->writes, fixture->session, fixture->ours);
    assert_int_equal(BIO_wpending(fixture->bio), 0);
}

static void a_connection_whose_socket_is_not_known_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    SSL *session = SSL_new(fixture->context);

    http_writes_gather(&fixture->writes, session, -1);
    assert_null(SSL_get_wbio(session));
    http_writes_gather(&fixture->writes, NULL, -1);
    SSL_free(session);
}

/* --- a socket that takes no more -------------------------------------------------------------- */

static char byte_at(size_t offset)
{
    return (char)(offset * 31 + offset / 256);
}

/* As OpenSSL does: what was not taken is offered again. Returns how much has been taken in all. */
static size_t offer(struct fixture *fixture, size_t from)
{
    char piece[PIECE_BYTES];

    while (from < LARGE_BYTES) {
        size_t size = LARGE_BYTES - from < PIECE_BYTES ? LARGE_BYTES - from : PIECE_BYTES;
        for (size_t i = 0; i < size; i++)
            piece[i] = byte_at(from + i);
        int taken = BIO_write(fixture->bio, piece, (int)size);
        if (taken <= 0) {
            assert_true(BIO_should_retry(fixture->bio));
            return from;
        }
        from += (size_t)taken;
    }
    return from;
}

static size_t check_arrived(const struct fixture *fixture, size_t from)
{
    static char bytes[LARGE_BYTES];
    size_t size;

    while ((size = arrived(fixture, bytes, sizeof(bytes))) > 0)
        for (size_t i = 0; i < size; i++, from++)
            if (bytes[i] != byte_at(from))
                fail_msg("byte %zu is another", from);
    return from;
}

static void a_full_socket_makes_the_writer_wait_and_nothing_is_lost(void **state)
{
    struct fixture *fixture = *state;
    size_t taken = 0, read = 0, rounds = 0;

    for (; read < LARGE_BYTES; rounds++) {
        taken = offer(fixture, taken);
        http_writes_let_go(&fixture->writes);
        read = check_arrived(fixture, read);
    }
    assert_true(rounds > 2); /* it was full */
    http_writes_let_go(&fixture->writes);
    loop_run(fixture->loop); /* nothing is watched any more */
}

/* libcurl has written all that it has, and asks for nothing more. */
static void the_rest_leaves_by_itself_when_the_socket_takes_it(void **state)
{
    struct fixture *fixture = *state;
    size_t taken = offer(fixture, 0), read = 0;

    http_writes_let_go(&fixture->writes);
    assert_true(BIO_wpending(fixture->bio) > 0);
    while (read < taken) {
        read = check_arrived(fixture, read);
        if (read < taken)
            loop_turn(fixture->loop);
    }
    assert_int_equal(BIO_wpending(fixture->bio), 0);
    loop_run(fixture->loop);
}

static void a_connection_that_is_freed_takes_what_it_has_along(void **state)
{
    struct fixture *fixture = *state;

    (void)offer(fixture, 0);
    http_writes_let_go(&fixture->writes);
    assert_non_null(fixture->writes.first);
}

static void a_write_that_fails_is_told_and_is_the_end(void **state)
{
    struct fixture *fixture = *state;

    (void)close(fixture->theirs);
    fixture->theirs = -1;
    assert_int_equal(BIO_write(fixture->bio, "one", 3), 3);
    http_writes_let_go(&fixture->writes);
    assert_null(fixture->writes.first);
    assert_true(BIO_write(fixture->bio, "two", 3) < 0);
    assert_false(BIO_should_retry(fixture->bio));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_leaves_when_it_is_let_go, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(or_when_it_is_flushed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_request_finds_what_the_last_one_had, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_does_not_wait_for_a_long_burst_to_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_connection_whose_socket_is_not_known_is_left_alone,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_socket_makes_the_writer_wait_and_nothing_is_lost,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_rest_leaves_by_itself_when_the_socket_takes_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_connection_that_is_freed_takes_what_it_has_along, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_fails_is_told_and_is_the_end, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
