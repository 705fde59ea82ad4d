#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "channels/match.h"

static void matches_texts(void **state)
{
    (void)state;
    enum { X = MATCH_ENTITIES | MATCH_SHORT_LINKS };
    static const struct {
        const char *ours, *theirs;
        unsigned options;
        bool same;
    } cases[] = {
        {"Kok vannet", "Kok vannet", 0, true},
        {"Kok vannet", "Kok vannet.", 0, false},
        {"Kok vannet\n\nNå ", " Kok\tvannet Nå", 0, true},
        {"a\xc2\xa0"
         "b",
         "a b", 0, true},
        {"bl\xc3\xa5", "bla\xcc\x8a", 0, true}, /* composed and decomposed */
        {"bl\xc3\xa5", "bla", 0, false},
        {"", "", 0, true},
        {"a", "", 0, false},
        {"a & b <c>", "a &amp; b &lt;c&gt;", MATCH_ENTITIES, true},
        {"a & b", "a & b", MATCH_ENTITIES, true},
        {"a &amp; b", "a &amp;amp; b", MATCH_ENTITIES, true},
        {"a & b", "a &amp; b", 0, false},
        {"Se https://oslo.no/vann", "Se https://t.co/AbC123xyz", X, true},
        {"Se oslo.no", "Se https://t.co/AbC123xyz", X, true},
        {"Se (oslo.no/a?b=c), eller ring", "Se (https://t.co/A1), eller ring", X, true},
        {"https://a.no https://b.no", "https://t.co/A1 https://t.co/B2", X, true},
        {"a.no/b.no", "https://t.co/A1/https://t.co/B2", X, true},
        {"Se https://oslo.no/vann nå", "Se https://t.co/AbC123xyz", X, false},
        {"Se her", "Se https://t.co/AbC123xyz", X, false}, /* "her" is no address */
        {"Se (oslo.no)", "Se https://t.co/A1", X, true},
        {"Se oslo.no.", "Se https://t.co/A1!", X, false},
        {"Se https://oslo.no/vann", "Se https://t.co/AbC123xyz", 0, false},
        {"Se https://oslo.no/vann", "Se https://oslo.no/vann", X, true},
        {"Se https://t.co/", "Se https://t.co/", X, true},
        {"EXERCISE a", "a", X, false},
        {"a\xff", "a\xff", 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool same = match_text(cases[i].ours, cases[i].theirs, cases[i].options);
        if (same != cases[i].same)
            print_error("case %zu: '%s' '%s'\n", i, cases[i].ours, cases[i].theirs);
        assert_int_equal(same, cases[i].same);
    }
}

static void refuses_texts_beyond_all_limits(void **state)
{
    (void)state;
    static char huge[512 * 1024];
    memset(huge, 'a', sizeof(huge) - 1);
    assert_false(match_text(huge, huge, 0));
}

static void matches_times(void **state)
{
    (void)state;
    static const int64_t sent_ms = INT64_C(1795169472000); /* 2026-11-20T10:11:12Z */
    assert_int_equal(match_created("2026-11-20T10:11:12+0000", sent_ms), MATCH_SINCE);
    assert_int_equal(match_created("2026-11-20T10:10:12.000Z", sent_ms), MATCH_SINCE);
    assert_int_equal(match_created("2026-11-20T10:10:11+0000", sent_ms + 500), MATCH_BEFORE);
    assert_int_equal(match_created("2026-11-20T10:10:10Z", sent_ms), MATCH_BEFORE);
    assert_int_equal(match_created("2026-11-20T11:11:12+01:00", sent_ms), MATCH_SINCE);
    assert_int_equal(match_created("now", sent_ms), MATCH_NO_TIME);
    assert_int_equal(match_created(NULL, sent_ms), MATCH_NO_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_texts),
        cmocka_unit_test(refuses_texts_beyond_all_limits),
        cmocka_unit_test(matches_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
