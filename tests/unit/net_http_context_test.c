/* libcurl gets the context of the lane that lets it work, and nobody else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <pthread.h>

#include "net/http_internal.h"

struct fixture {
    X509_STORE *trusted;
    SSL_CTX *context;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->trusted = X509_STORE_new();
    fixture->context = http_context_new(fixture->trusted);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    http_context_use(NULL);
    SSL_CTX_free(fixture->context);
    X509_STORE_free(fixture->trusted);
    free(fixture);
    return 0;
}

/* What a library gets that calls it; freed. */
static SSL_CTX *get(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);

    assert_non_null(context);
    SSL_CTX_free(context);
    return context;
}

static void it_holds_certificates_against_what_is_trusted(void **state)
{
    const struct fixture *fixture = *state;

    assert_ptr_equal(SSL_CTX_get_cert_store(fixture->context), fixture->trusted);
}

/* Else libcurl would go on making its own, and nothing would be wrong but the time it takes. */
static void a_library_finds_ours_before_that_of_openssl(void **state)
{
    (void)state;
    assert_ptr_equal(dlsym(RTLD_DEFAULT, "SSL_CTX_new"), (void *)(uintptr_t)SSL_CTX_new);
}

static void clients_get_it_while_it_is_used(void **state)
{
    const struct fixture *fixture = *state;

    assert_ptr_not_equal(get(TLS_client_method()), fixture->context);
    http_context_use(fixture->context);
    assert_ptr_equal(get(TLS_client_method()), fixture->context);
    assert_ptr_equal(get(TLS_client_method()), fixture->context); /* it outlives who got it */
    http_context_use(NULL);
    assert_ptr_not_equal(get(TLS_client_method()), fixture->context);
}

static void servers_do_not(void **state)
{
    const struct fixture *fixture = *state;

    http_context_use(fixture->context);
    assert_ptr_not_equal(get(TLS_server_method()), fixture->context);
}

static void *get_elsewhere(void *context)
{
    (void)context;
    return get(TLS_client_method());
}

static void other_threads_do_not(void **state)
{
    const struct fixture *fixture = *state;
    pthread_t thread;
    void *got;

    http_context_use(fixture->context);
    assert_int_equal(pthread_create(&thread, NULL, get_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, &got), 0);
    assert_ptr_not_equal(got, fixture->context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_holds_certificates_against_what_is_trusted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_library_finds_ours_before_that_of_openssl, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(clients_get_it_while_it_is_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(servers_do_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_threads_do_not, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
