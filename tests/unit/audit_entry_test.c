#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "base/limits.h"

static void begin(struct text *draft, struct text *entry)
{
    entry_begin(draft, ENTRY_ATTEMPT, "dispatcher", INT64_C(1795403052123));
    text_init(entry, AUDIT_ENTRY_MAX_BYTES);
}

static void an_entry_is_text_that_anyone_can_read(void **state)
{
    struct text draft, entry;
    (void)state;

    begin(&draft, &entry);
    entry_add(&draft, "run", "flom.alert.20261123T030412Z.7f3a");
    entry_add(&draft, "permalink", NULL);
    entry_add(&draft, "account", "");
    entry_add_number(&draft, "status", 200);
    entry_add_body(&draft, "Varsel.\n\nSøk høyere grunn.");
    assert_true(entry_finish(&draft, 12, &entry));
    assert_string_equal(entry.bytes, "crisis-log/v1\n"
                                     "sequence 12\n"
                                     "time 2026-11-23T03:04:12.123Z\n"
                                     "type attempt\n"
                                     "actor dispatcher\n"
                                     "run flom.alert.20261123T030412Z.7f3a\n"
                                     "status 200\n"
                                     "\n"
                                     "Varsel.\n\nSøk høyere grunn.");
    text_release(&draft);
    text_release(&entry);
}

static void a_value_stays_on_its_line(void **state)
{
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"a\nsequence 99", "a\xef\xbf\xbdsequence 99"},
        {"a\r\tb\x1b", "a\xef\xbf\xbd\xef\xbf\xbd"
                       "b\xef\xbf\xbd"},
        {"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd"}, /* no UTF-8 */
        {"\xe2\x80\xae"
         "oslO",
         "\xef\xbf\xbd"
         "oslO"},                     /* right-to-left override */
        {"\xc2\x85", "\xef\xbf\xbd"}, /* C1: next line */
        {"Tromsø – Romsa", "Tromsø – Romsa"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text draft;
        text_init(&draft, 1000);
        entry_add(&draft, "key", cases[i].value);
        assert_int_equal(draft.length, strlen(cases[i].written) + 5);
        assert_memory_equal(draft.bytes + 4, cases[i].written, strlen(cases[i].written));
        text_release(&draft);
    }
}

static void too_much_is_refused_and_never_cut(void **state)
{
    char body[AUDIT_ENTRY_MAX_BYTES + 1];
    struct text draft, entry;
    (void)state;

    memset(body, 'x', sizeof(body));
    body[sizeof(body) - 1] = '\0';
    begin(&draft, &entry);
    entry_add_body(&draft, body); /* over the ceiling of the draft */
    assert_false(entry_finish(&draft, 0, &entry));
    text_release(&draft);

    /* Fits as a draft, and no more with the lines that the store adds. */
    entry_begin(&draft, ENTRY_ATTEMPT, "dispatcher", 0);
    body[AUDIT_ENTRY_MAX_BYTES - draft.length - 1] = '\0';
    entry_add_body(&draft, body);
    assert_false(draft.overflowed);
    assert_false(entry_finish(&draft, 0, &entry));
    text_release(&draft);
    text_release(&entry);
}

/* --- reading -------------------------------------------------------------------------------- */

static void collect(void *context, const char *key, size_t key_length, const char *value,
                    size_t value_length)
{
    struct text *lines = context;

    text_add_bytes(lines, key, key_length);
    text_add_char(lines, '=');
    text_add_bytes(lines, value, value_length);
    text_add_char(lines, ';');
}

static void what_was_written_is_read_back(void **state)
{
    struct text draft, entry, lines;
    const char *body;
    size_t body_size;
    (void)state;

    begin(&draft, &entry);
    text_init(&lines, 1000);
    assert_true(entry_finish(&draft, 0, &entry));
    assert_true(entry_read(entry.bytes, entry.length, collect, &lines, &body, &body_size));
    assert_string_equal(lines.bytes,
                        "sequence=0;time=2026-11-23T03:04:12.123Z;type=attempt;actor=dispatcher;");
    assert_null(body);

    text_reset(&lines);
    entry_add_body(&draft, "one\n\ntwo");
    assert_true(entry_finish(&draft, 0, &entry));
    assert_true(entry_read(entry.bytes, entry.length, collect, &lines, &body, &body_size));
    assert_int_equal(body_size, 8);
    assert_memory_equal(body, "one\n\ntwo", 8);
    text_release(&draft);
    text_release(&entry);
    text_release(&lines);
}

static void what_is_no_entry_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "crisis-log/v1\n",
        "crisis-log/v2\nsequence 0\n",
        "crisis-log/v1\nsequence 0",
        "crisis-log/v1\nsequence 00\n",
        "crisis-log/v1\nsequence x\n",
        "crisis-log/v1\nsequence \n",
        "crisis-log/v1\ntime 2026\n",
        "crisis-log/v1\nsequence 0\nKEY value\n",
        "crisis-log/v1\nsequence 0\nkey\n",
        "crisis-log/v1\nsequence 0\nkey \n",
        "crisis-log/v1\nsequence 0\n value\n",
        "crisis-log/v1\nsequence 0\nkey value",
    };
    struct text lines;
    const char *body;
    size_t body_size;
    (void)state;

    text_init(&lines, 1000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_false(entry_read(cases[i], strlen(cases[i]), collect, &lines, &body, &body_size));
        assert_int_equal(lines.length, 0); /* nothing told of half an entry */
    }
    text_release(&lines);
}

static void every_type_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < ENTRY_TYPE_COUNT; i++)
        assert_true(entry_type_name((enum entry_type)i)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_text_that_anyone_can_read),
        cmocka_unit_test(a_value_stays_on_its_line),
        cmocka_unit_test(too_much_is_refused_and_never_cut),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(what_is_no_entry_is_refused),
        cmocka_unit_test(every_type_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
