#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "wire/multipart.h"

static void writes_fields_and_a_file(void **state)
{
    (void)state;
    struct http_request request;
    http_request_init(&request);
    http_request_reset(&request, HTTP_POST, EFFECT_ONCE);
    text_add(&request.url, "https://example.no/");
    multipart_begin(&request, "b0");
    multipart_field(&request, "b0", "description", "Kart \"A\"\nover elva");
    multipart_file(&request, "b0", "file", "kart.png", "image/png", "\x89PNG", 4);
    assert_string_equal(request.headers.bytes, "Content-Type: multipart/form-data; boundary=b0\n");
    assert_string_equal(request.body.bytes,
                        "--b0\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n"
                        "Kart \"A\"\nover elva\r\n"
                        "--b0\r\nContent-Disposition: form-data; name=\"file\"; "
                        "filename=\"kart.png\"\r\nContent-Type: image/png\r\n\r\n");
    assert_int_equal(request.file_size_bytes, 4);
    assert_string_equal(request.tail.bytes, "\r\n--b0--\r\n");
    assert_true(http_request_is_whole(&request));
    http_request_release(&request);
}

/* A name that ends its own quotes would be a field that nobody meant. */
static void refuses_names_that_break_out(void **state)
{
    (void)state;
    static const char *const names[] = {"a\"; name=\"access_token", "a\\", "a\r\nX: y"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct http_request request;
        http_request_init(&request);
        text_add(&request.url, "https://example.no/");
        multipart_begin(&request, "b0");
        multipart_file(&request, "b0", "file", names[i], "image/png", "x", 1);
        assert_false(http_request_is_whole(&request));
        http_request_release(&request);
    }
}

static void a_file_has_a_ceiling(void **state)
{
    (void)state;
    struct http_request request;
    http_request_init(&request);
    text_add(&request.url, "https://example.no/");
    request.file = "";
    request.file_size_bytes = REQUEST_FILE_MAX_BYTES;
    assert_true(http_request_is_whole(&request));
    request.file_size_bytes++;
    assert_false(http_request_is_whole(&request));
    http_request_reset(&request, HTTP_GET, EFFECT_NONE);
    assert_int_equal(http_request_size_bytes(&request), 0);
    http_request_release(&request);
}

static void boundaries_come_from_random_bytes(void **state)
{
    (void)state;
    char boundary[MULTIPART_BOUNDARY_SIZE];
    const unsigned char nonce[16] = {0x00, 0x01, 0xfe, 0xff};
    multipart_boundary(nonce, boundary);
    assert_string_equal(boundary, "crisis-0001feff000000000000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_fields_and_a_file),
        cmocka_unit_test(refuses_names_that_break_out),
        cmocka_unit_test(a_file_has_a_ceiling),
        cmocka_unit_test(boundaries_come_from_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
