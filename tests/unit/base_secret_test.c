#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"

#include "property.h"
#include "run_apart.h"

/* The address sanitizer makes mlock() do nothing. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MLOCK_IS_REAL false
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define MLOCK_IS_REAL false
#endif
#ifndef MLOCK_IS_REAL
#define MLOCK_IS_REAL true
#endif

/* The VmFlags line (proc(5)) of the mapping that holds an address; false when none does. */
static bool mapping_flags(const void *address, char flags[256])
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    assert_non_null(smaps);
    char line[4096];
    bool inside = false, found = false;

    while (!found && fgets(line, sizeof(line), smaps)) {
        uintptr_t start, end;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2)
            inside = start <= (uintptr_t)address && (uintptr_t)address < end;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(flags, 256, "%.250s ", line + 8);
            found = true;
        }
    }
    fclose(smaps);
    return found;
}

static void assert_protected(const void *secret, size_t size)
{
    const char *bytes = secret;
    const char *ends[] = {bytes, bytes + (size ? size - 1 : 0)};

    for (size_t i = 0; i < 2; i++) {
        char flags[256];
        assert_true(mapping_flags(ends[i], flags));
        assert_non_null(strstr(flags, " dd ")); /* left out of core dumps */
        if (MLOCK_IS_REAL && secret_is_locked())
            assert_non_null(strstr(flags, " lo "));
    }
}

static void assert_zeroed(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            fail_msg("byte %zu of %zu is not zero", i, size);
}

/* Both sides of each size class, and blocks that need a region of their own. */
static const size_t sizes[] = {0,      1,      15,     48,     49,      64,      4080,   4081,
                               100000, 131000, 262128, 262129, 1000000, 1 << 20, 3000000};

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void ordinary_memory_is_not_protected(void **state)
{
    (void)state;
    char flags[256], on_the_stack = 0;

    assert_true(mapping_flags(&on_the_stack, flags)); /* or else the tests below prove nothing */
    assert_null(strstr(flags, " dd "));
    assert_null(strstr(flags, " lo "));
}

static void memory_is_zeroed_aligned_and_protected(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < SIZES; i++) {
            unsigned char *block = secret_alloc(sizes[i]);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
            assert_zeroed(block, sizes[i]);
            assert_protected(block, sizes[i]);
            if (sizes[i])
                memset(block, 0xA5, sizes[i]);
            secret_free(block);
        }
    secret_free(NULL);
}

/* A freed block is zeroed where it lies, or its memory is gone altogether. */
static void freed_memory_is_wiped(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        unsigned char *block = secret_alloc(sizes[i]);
        uintptr_t address = (uintptr_t)block;
        char flags[256];
        if (sizes[i])
            memset(block, 0x5A, sizes[i]);
        secret_free(block);
        if (mapping_flags((const void *)address, flags))
            assert_zeroed((const unsigned char *)address, sizes[i]);
        else
            assert_true(sizes[i] > 100000);
    }
}

static void wipe_leaves_nothing_and_no_more(void **state)
{
    (void)state;
    unsigned char bytes[64];

    memset(bytes, 7, sizeof(bytes));
    secret_wipe(bytes + 8, 40);
    assert_zeroed(bytes + 8, 40);
    assert_int_equal(bytes[7], 7);
    assert_int_equal(bytes[48], 7);
    secret_wipe(bytes, 0);
    assert_int_equal(bytes[0], 7);
}

static void a_secret_keeps_its_bytes(void **state)
{
    (void)state;
    static const char token[] = "EAAB\0with a NUL";
    struct secret *secret = secret_new(token, sizeof(token) - 1);

    assert_int_equal(secret_size(secret), sizeof(token) - 1);
    assert_memory_equal(secret_bytes(secret), token, sizeof(token)); /* and a NUL behind */
    assert_protected(secret_bytes(secret), secret_size(secret));
    const char *bytes = secret_bytes(secret);
    secret_release(secret);
    assert_zeroed((const unsigned char *)bytes, sizeof(token));

    secret = secret_new(NULL, 0);
    assert_int_equal(secret_size(secret), 0);
    assert_string_equal(secret_bytes(secret), "");
    secret_release(secret);
    secret_release(NULL);
}

static void a_secret_text_is_wiped_when_it_moves(void **state)
{
    (void)state;
    struct text text;

    text_init_secret(&text, 100000);
    text_add(&text, "bearer token");
    assert_protected(text.bytes, text.length);
    for (int i = 0; i < 200; i++) {
        const char *old = text.bytes;
        size_t old_length = text.length;
        text_add(&text, " and 13 bytes");
        if (text.bytes != old)
            assert_zeroed((const unsigned char *)old, old_length);
    }
    assert_memory_equal(text.bytes, "bearer token and 13", 19);
    assert_protected(text.bytes, text.length);

    const char *old = text.bytes;
    size_t old_length = text.length;
    text_release(&text);
    assert_zeroed((const unsigned char *)old, old_length);
}

enum { OWNERS = 64 };

struct owner {
    unsigned char *block;
    size_t size;
    unsigned char mark;
};

static bool is_untouched(const struct owner *owner)
{
    for (size_t i = 0; i < owner->size; i++)
        if (owner->block[i] != owner->mark)
            return false;
    return true;
}

/* What one owner writes no other owner sees, and new memory is zeroed. Returns a complaint. */
static const char *allocate_at_random(uint64_t random, int steps)
{
    struct owner owners[OWNERS] = {0};
    const char *complaint = NULL;

    for (int step = 0; step < steps && !complaint; step++) {
        struct owner *owner = &owners[property_below(&random, OWNERS)];
        if (owner->block && !is_untouched(owner))
            complaint = "a block was written to by another owner";
        secret_free(owner->block);
        *owner = (struct owner){.size = property_below(&random, step % 40 == 0 ? 400000 : 600)};
        owner->block = secret_alloc(owner->size);
        if (!is_untouched(owner)) /* its mark is 0 still */
            complaint = "new memory is not zeroed";
        owner->mark = (unsigned char)property_next(&random);
        if (owner->size)
            memset(owner->block, owner->mark, owner->size);
    }
    for (size_t i = 0; i < OWNERS; i++)
        secret_free(owners[i].block);
    return complaint;
}

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    const char *complaint = allocate_at_random(17, 5000);
    if (complaint)
        fail_msg("%s", complaint);
}

static void *run_thread(void *seed)
{
    union {
        const char *constant;
        void *plain;
    } complaint = {.constant = allocate_at_random((uint64_t)(uintptr_t)seed, 1500)};
    return complaint.plain;
}

static void threads_do_not_meet(void **state)
{
    (void)state;
    pthread_t threads[4];

    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_thread, (void *)(i + 1)), 0);
    for (size_t i = 0; i < 4; i++) {
        void *complaint;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        if (complaint)
            fail_msg("%s", (const char *)complaint);
    }
}

static int check_process_is_protected(void)
{
    struct error error = {0};
    struct rlimit limit;

    if (secret_protect_process(&error) < 0)
        return 1;
    if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
        return 2;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 3;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != limit.rlim_max)
        return 4;
    if (error.kind != ERROR_NONE)
        return 5;
    return secret_protect_process(NULL) < 0 ? 6 : 0; /* twice does no harm */
}

static void the_process_leaves_no_core_dump(void **state)
{
    (void)state;
    assert_int_equal(run_apart(check_process_is_protected), 0);
}

/* Where nothing may be locked, secrets work all the same and stay out of dumps. */
static int check_without_lockable_memory(void)
{
    struct rlimit none = {0, 0};
    char flags[256];

    if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
        return 1;
    size_t size = 3000000; /* a new region */
    char *block = secret_alloc(size);
    block[size - 1] = 's';
    if (!mapping_flags(block, flags) || !strstr(flags, " dd "))
        return 2;
    if (MLOCK_IS_REAL && secret_is_locked() != (strstr(flags, " lo ") != NULL))
        return 3;
    secret_free(block);
    return 0;
}

static void secrets_work_where_nothing_can_be_locked(void **state)
{
    (void)state;
    assert_int_equal(run_apart(check_without_lockable_memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_memory_is_not_protected),
        cmocka_unit_test(memory_is_zeroed_aligned_and_protected),
        cmocka_unit_test(freed_memory_is_wiped),
        cmocka_unit_test(wipe_leaves_nothing_and_no_more),
        cmocka_unit_test(a_secret_keeps_its_bytes),
        cmocka_unit_test(a_secret_text_is_wiped_when_it_moves),
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(threads_do_not_meet),
        cmocka_unit_test(the_process_leaves_no_core_dump),
        cmocka_unit_test(secrets_work_where_nothing_can_be_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
