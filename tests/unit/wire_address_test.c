#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/address.h"
#include "wire/http_message.h"

static struct address address_of(const char *text)
{
    struct address address;
    if (!address_parse(text, &address))
        fail_msg("'%s' is not taken for an address", text);
    return address;
}

static struct address_block block_of(const char *text)
{
    struct address_block block;
    const char *fault = address_block_fault(text, &block);
    if (fault)
        fail_msg("'%s' %s", text, fault);
    return block;
}

static const char *const internal_addresses[] = {"0.0.0.0",
                                                 "0.255.255.255",
                                                 "10.0.0.0",
                                                 "10.255.255.255",
                                                 "100.64.0.0",
                                                 "100.127.255.255",
                                                 "127.0.0.0",
                                                 "127.0.0.1",
                                                 "127.255.255.255",
                                                 "169.254.0.0",
                                                 "169.254.169.254",
                                                 "169.254.255.255",
                                                 "172.16.0.0",
                                                 "172.31.255.255",
                                                 "192.0.0.0",
                                                 "192.0.0.255",
                                                 "192.168.0.0",
                                                 "192.168.255.255",
                                                 "198.18.0.0",
                                                 "198.19.255.255",
                                                 "224.0.0.1",
                                                 "239.255.255.255",
                                                 "240.0.0.1",
                                                 "255.255.255.255",
                                                 "::",
                                                 "::1",
                                                 "::127.0.0.1",
                                                 "::10.1.2.3",
                                                 "::ffff:127.0.0.1",
                                                 "::ffff:10.1.2.3",
                                                 "::ffff:169.254.169.254",
                                                 "::ffff:0:10.1.2.3",
                                                 "64:ff9b::10.1.2.3",
                                                 "64:ff9b::127.0.0.1",
                                                 "64:ff9b::169.254.169.254",
                                                 "64:ff9b:1::1",
                                                 "100::1",
                                                 "2001::1",
                                                 "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                                                 "2001:1ff:ffff::1",
                                                 "2002:7f00:1::1",
                                                 "2002:a01:203::1",
                                                 "2002:a9fe:a9fe::1",
                                                 "2002:c0a8:1::",
                                                 "fc00::",
                                                 "fd00:ec2::254",
                                                 "fdff:ffff::1",
                                                 "fe80::1",
                                                 "febf::1",
                                                 "fec0::1",
                                                 "ff02::1",
                                                 "4000::1",
                                                 "1fff:ffff::1",
                                                 "8000::1"};

static const char *const public_addresses[] = {
    "1.0.0.0",        "1.1.1.1",         "9.255.255.255",    "11.0.0.0",        "100.63.255.255",
    "100.128.0.0",    "126.255.255.255", "128.0.0.0",        "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0",      "192.0.1.0",        "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0",      "223.255.255.255",  "192.0.2.1",       "2000::1",
    "2001:200::1",    "2001:db8::1",     "2003::1",          "2606:4700::1111", "2a00:1450::1",
    "3fff:ffff::1",   "::ffff:1.1.1.1",  "64:ff9b::1.1.1.1", "2002:101:101::1"};

/* The first and last address of each block, and their neighbours outside. */
static void internal_addresses_are_known(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(internal_addresses) / sizeof(internal_addresses[0]); i++) {
        struct address address = address_of(internal_addresses[i]);
        if (!address_internal_kind(&address))
            fail_msg("%s is taken for public_addresses", internal_addresses[i]);
    }
    for (size_t i = 0; i < sizeof(public_addresses) / sizeof(public_addresses[0]); i++) {
        struct address address = address_of(public_addresses[i]);
        if (address_internal_kind(&address))
            fail_msg("%s is taken for %s", public_addresses[i], address_internal_kind(&address));
    }
}

/* What stands for an IPv4 address is judged, and shown, as that. */
static void an_address_has_one_form(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"10.1.2.3", "10.1.2.3"},          {"::ffff:10.1.2.3", "10.1.2.3"},
        {"64:ff9b::10.1.2.3", "10.1.2.3"}, {"2002:a01:203::7", "10.1.2.3"},
        {"fd00:0:0::1", "fd00::1"},        {"2001:DB8::1", "2001:db8::1"},
    };
    char shown[ADDRESS_TEXT_SIZE];
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address address = address_of(cases[i].text);
        address_format(&address, shown);
        assert_string_equal(shown, cases[i].shown);
    }
    static const char *const none[] = {"",           "10.1",       "10.1.2.3.4", "010.1.2.3",
                                       "0x7f.0.0.1", "2130706433", " 10.1.2.3",  "10.1.2.3 ",
                                       "fe80::1%lo", "[::1]",      "1.2.3.256",  "kommune.no"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct address address;
        if (address_parse(none[i], &address))
            fail_msg("'%s' is taken for an address", none[i]);
    }
}

static void blocks_hold_their_addresses(void **state)
{
    static const struct {
        const char *block, *address;
        bool holds;
    } cases[] = {
        {"10.1.0.0/16", "10.1.0.0", true},
        {"10.1.0.0/16", "10.1.255.255", true},
        {"10.1.0.0/16", "10.2.0.0", false},
        {"10.1.0.0/16", "10.0.255.255", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3/32", "10.1.2.4", false},
        {"10.0.0.0/9", "10.127.255.255", true},
        {"10.0.0.0/9", "10.128.0.0", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fc00::1", false},
        {"fd00::/8", "10.1.2.3", false},
        {"fd00:1::/32", "fd00:1:ffff::", true},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
        {"169.254.169.254", "169.254.169.254", true},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"100.64.0.0/10", "100.127.0.1", true},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address_block block = block_of(cases[i].block);
        struct address address = address_of(cases[i].address);
        if (address_block_holds(&block, &address) != cases[i].holds)
            fail_msg("%s and %s", cases[i].block, cases[i].address);
    }
}

static void what_is_no_block_is_refused(void **state)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"", "no address"},
        {"internal", "no address"},
        {"localhost", "no address"},
        {"10.1/16", "no address"},
        {"::ffff:10.0.0.0/104", "no address"},
        {"64:ff9b::10.0.0.0/104", "no address"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789", "no address"},
        {"10.0.0.0/", "number of bits"},
        {"10.0.0.0/33", "number of bits"},
        {"10.0.0.0/08", "number of bits"},
        {"10.0.0.0/+8", "number of bits"},
        {"10.0.0.0/8/8", "number of bits"},
        {"10.0.0.0/4294967304", "number of bits"},
        {"fd00::/129", "number of bits"},
        {"10.1.2.3/16", "bits set after its prefix"},
        {"fd00::1/8", "bits set after its prefix"},
        {"0.0.0.0/0", "not a block of internal"},
        {"::/0", "not a block of internal"},
        {"8.8.8.8", "not a block of internal"},
        {"10.0.0.0/7", "not a block of internal"},
        {"2001:db8::/32", "not a block of internal"},
        {"fc00::/6", "not a block of internal"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address_block block;
        const char *fault = address_block_fault(cases[i].text, &block);
        if (!fault || !strstr(fault, cases[i].fault))
            fail_msg("'%s': %s", cases[i].text, fault ? fault : "taken");
    }
}

static void words_stand_for_blocks(void **state)
{
    const struct address_block *blocks;
    (void)state;

    assert_int_equal(address_word_blocks("loopback", &blocks), 2);
    assert_int_equal(address_word_blocks("private", &blocks), 4);
    assert_int_equal(address_word_blocks("Private", &blocks), 0);
    assert_int_equal(address_word_blocks("all", &blocks), 0);
    assert_int_equal(address_word_blocks("", &blocks), 0);
}

static bool allows(const struct address_policy *policy, const char *text)
{
    struct address address = address_of(text);
    return address_policy_allows(policy, &address);
}

static void a_policy_allows_what_it_says(void **state)
{
    struct address_block blocks[] = {block_of("10.1.0.0/16"), block_of("fd00:1::/32")};
    const struct address_policy none = {0}, rehearsal = {.loopback = true};
    const struct address_policy some = {.blocks = blocks, .block_count = 2};
    (void)state;

    assert_true(allows(&none, "1.1.1.1"));
    assert_false(allows(&none, "127.0.0.1"));
    assert_false(allows(&none, "10.1.2.3"));
    assert_true(allows(&rehearsal, "127.0.0.1"));
    assert_true(allows(&rehearsal, "::1"));
    assert_true(allows(&rehearsal, "::ffff:127.0.0.1"));
    assert_false(allows(&rehearsal, "0.0.0.0"));
    assert_false(allows(&rehearsal, "10.1.2.3"));
    assert_true(allows(&some, "10.1.2.3"));
    assert_true(allows(&some, "::ffff:10.1.2.3"));
    assert_true(allows(&some, "fd00:1::5"));
    assert_false(allows(&some, "10.2.2.3"));
    assert_false(allows(&some, "127.0.0.1"));
    assert_false(allows(&some, "169.254.169.254"));
}

/* The port counts, and so does the scheme. */
static void a_policy_trusts_origins(void **state)
{
    struct arena *arena = arena_new();
    struct address_policy policy = {0};
    (void)state;

    address_policy_trust(&policy, arena, "https://127.0.0.1:8443/facebook/v25.0");
    address_policy_trust(&policy, arena, "https://127.0.0.1:8443/x");
    address_policy_trust(&policy, arena, "https://Intern.Example.no/");
    address_policy_trust(&policy, arena, "no URL");
    address_policy_trust(&policy, arena, NULL);
    assert_int_equal(policy.origin_count, 2);
    assert_true(address_policy_trusts(&policy, "https://intern.example.no:443"));
    assert_null(address_policy_refusal(&policy, "https://127.0.0.1:8443/webhook"));
    assert_non_null(address_policy_refusal(&policy, "https://127.0.0.1:8444/webhook"));
    assert_non_null(address_policy_refusal(&policy, "http://127.0.0.1:8443/webhook"));
    assert_non_null(address_policy_refusal(&policy, "https://localhost:8443/webhook"));
    assert_non_null(address_policy_refusal(&policy, "https://a.localhost/"));
    assert_string_equal(address_policy_refusal(&policy, "https://10.0.0.1/"), "a private network");
    assert_non_null(address_policy_refusal(&policy, "https://[fd00::1]/"));
    assert_null(address_policy_refusal(&policy, "https://kommune.no/")); /* only when resolved */
    assert_null(address_policy_refusal(&policy, "https://1.1.1.1/"));
    assert_null(address_policy_refusal(&policy, "no URL"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(internal_addresses_are_known),
        cmocka_unit_test(an_address_has_one_form),
        cmocka_unit_test(blocks_hold_their_addresses),
        cmocka_unit_test(what_is_no_block_is_refused),
        cmocka_unit_test(words_stand_for_blocks),
        cmocka_unit_test(a_policy_allows_what_it_says),
        cmocka_unit_test(a_policy_trusts_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
