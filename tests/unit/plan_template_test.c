#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "plan/template.h"

#include "property.h"

static const char *const names[] = {"river", "phone", "empty", "municipality.name", "link"};
static const char *const values[] = {"Glomma", "02000", "", "Oslo", "{{river}}"};
enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

static const struct template *parse_at(struct arena *arena, const char *source, unsigned line,
                                       struct problems *problems)
{
    struct placed_text placed = {source, {"p.yaml", line, 9}};

    problems_init(problems, arena);
    return template_parse(arena, &placed, template_names_new(arena, names, NAME_COUNT), problems);
}

static void texts_are_filled(void **state)
{
    static const struct {
        const char *source, *filled;
    } cases[] = {
        {"", ""},
        {"no names", "no names"},
        {"{{river}}", "Glomma"},
        {"{{ river }}{{\triver\t}}", "GlommaGlomma"},
        {"a {{river}} b {{phone}} c", "a Glomma b 02000 c"},
        {"{{municipality.name}} kommune", "Oslo kommune"},
        {"{{empty}}", ""},
        {"[{{#river}}ved {{river}}{{/river}}]", "[ved Glomma]"},
        {"[{{#empty}}ved {{empty}}{{/empty}}]", "[]"},
        {"[{{^empty}}none{{/empty}}]", "[none]"},
        {"[{{^river}}none{{/river}}]", "[]"},
        {"{{# river }}x{{/ river }}", "x"},
        {"{{#river}}a{{#empty}}b{{/empty}}{{^empty}}c{{/empty}}d{{/river}}", "acd"},
        {"{{#empty}}a{{#river}}b{{/river}}c{{/empty}}d", "d"},
        {"{{#river}}{{#river}}x{{/river}}{{/river}}", "x"},
        /* a value is inserted once */
        {"{{link}}", "{{river}}"},
        /* single braces and closing ones are text */
        {"{river} }} { { }", "{river} }} { { }"},
        {"{{river}}}", "Glomma}"},
        /* a tag alone on its line takes the line */
        {"a\n{{#phone}}\nRing {{phone}}.\n{{/phone}}\nb\n", "a\nRing 02000.\nb\n"},
        {"a\n{{#empty}}\nRing {{phone}}.\n{{/empty}}\nb\n", "a\nb\n"},
        {"a\n  {{#phone}}\t\nb\n  {{/phone}}", "a\nb\n"},
        {"{{#phone}}\na\n{{/phone}}\n", "a\n"},
        {"{{#phone}}\n{{^empty}}\na\n{{/empty}}\n{{/phone}}\nb", "a\nb"},
        /* … and one that is not alone does not */
        {"a\n{{#phone}}Ring.\n{{/phone}}b\n", "a\nRing.\nb\n"},
        {"a\n{{#phone}}{{phone}}{{/phone}}\nb", "a\n02000\nb"},
        {"a\n{{#empty}}{{phone}}{{/empty}}\nb", "a\n\nb"},
        {"{{river}}\n{{phone}}\n", "Glomma\n02000\n"},
        {"æ{{river}}ø", "æGlommaø"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct text out;
        const struct template *template = parse_at(arena, cases[i].source, 4, &problems);
        assert_int_equal(problems.count, 0);
        assert_non_null(template);
        text_init(&out, 1000);
        template_fill(template, values, &out);
        assert_string_equal(out.bytes, cases[i].filled);
        text_release(&out);
        arena_free(arena);
    }
}

static void errors_name_their_place(void **state)
{
    static const struct {
        const char *source;
        unsigned line, column;
        const char *message;
    } cases[] = {
        {"{{rivr}}", 4, 9, "unknown name 'rivr' in '{{rivr}}', did you mean 'river'?"},
        {"{{#municipality.nam}}x{{/municipality.nam}}", 4, 9,
         "unknown name 'municipality.nam' in '{{#municipality.nam}}', did you mean "
         "'municipality.name'?"},
        {"a\nb\n{{rivr}}\n", 7, 1, "unknown name 'rivr' in '{{rivr}}', did you mean 'river'?"},
        {"{{xyzzy}}", 4, 9,
         "unknown name 'xyzzy' in '{{xyzzy}}': known are river, phone, empty, municipality.name, "
         "link"},
        {"{{#river}}x", 4, 9, "'{{#river}}' is not closed: '{{/river}}' is missing"},
        {"a\n{{^river}}x\n", 6, 1, "'{{^river}}' is not closed: '{{/river}}' is missing"},
        {"x{{/river}}", 4, 9, "'{{/river}}' closes nothing that is open"},
        {"{{#river}}{{#phone}}{{/river}}{{/river}}", 4, 9,
         "'{{/river}}' stands where '{{/phone}}' is expected"},
        {"a {{river", 4, 9, "'{{river' is not closed: '}}' is missing"},
        {"a {{river {{phone}}", 4, 9, "'{{river ' is not closed: '}}' is missing"},
        {"a {{river\n}}", 5, 1, "'{{river' is not closed: '}}' is missing"},
        {"{{}}", 4, 9,
         "'{{}}' is none of {{name}}, {{#name}}, {{^name}} and {{/name}}, and '{{' can stand for "
         "nothing else"},
        {"{{>part}}", 4, 9,
         "'{{>part}}' is none of {{name}}, {{#name}}, {{^name}} and {{/name}}, and '{{' can stand "
         "for nothing else"},
        {"{{{river}}}", 4, 9,
         "'{{{river}}' is none of {{name}}, {{#name}}, {{^name}} and {{/name}}, and '{{' can stand "
         "for nothing else"},
        {"{{two words}}", 4, 9,
         "'{{two words}}' is none of {{name}}, {{#name}}, {{^name}} and {{/name}}, and '{{' can "
         "stand for nothing else"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        assert_null(parse_at(arena, cases[i].source, 4, &problems));
        assert_int_equal(problems.count, 1);
        assert_string_equal(problems.items[0].message, cases[i].message);
        assert_int_equal(problems.items[0].place.line, cases[i].line);
        assert_int_equal(problems.items[0].place.column, cases[i].column);
        arena_free(arena);
    }
}

static void all_errors_are_named(void **state)
{
    struct arena *arena = arena_new();
    struct problems problems;

    (void)state;
    assert_null(parse_at(arena, "{{a1}} {{#b2}} {{!c}} {{/d4}} {{#river}}", 1, &problems));
    assert_int_equal(problems.count, 5);
    arena_free(arena);
}

static void depth_is_limited(void **state)
{
    (void)state;
    for (int depth = TEMPLATE_DEPTH_MAX; depth <= TEMPLATE_DEPTH_MAX + 3; depth++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct text source;
        text_init(&source, 10000);
        for (int i = 0; i < depth; i++)
            text_add(&source, "{{#river}}");
        for (int i = 0; i < depth; i++)
            text_add(&source, "{{/river}}");
        const struct template *template = parse_at(arena, source.bytes, 1, &problems);
        assert_int_equal(template != NULL, depth <= TEMPLATE_DEPTH_MAX);
        assert_int_equal(problems.count, depth <= TEMPLATE_DEPTH_MAX ? 0 : 1);
        text_release(&source);
        arena_free(arena);
    }
}

static void a_ceiling_is_kept(void **state)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct text out;

    (void)state;
    text_init(&out, 10);
    template_fill(parse_at(arena, "{{river}}{{river}}", 1, &problems), values, &out);
    assert_true(out.overflowed);
    text_release(&out);
    arena_free(arena);
}

static void use_of_a_name_is_known(void **state)
{
    struct arena *arena = arena_new();
    struct problems problems;
    const struct template *template =
        parse_at(arena, "a {{river}} {{#phone}}b{{/phone}}", 1, &problems);

    (void)state;
    assert_true(template_uses(template, 0));
    assert_true(template_uses(template, 1));
    assert_false(template_uses(template, 2));
    arena_free(arena);
}

/* Any mixture of pieces is either refused with a reason, or filled. */
static void mixtures_do_no_harm(void **state)
{
    static const char *const pieces[] = {"{{river}}",  "{{#river}}", "{{/river}}", "{{^empty}}",
                                         "{{/empty}}", "{{",         "}}",         "\n",
                                         " ",          "å",          "{",          "}"};
    uint64_t random = 20261124;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct text source, out;
        text_init(&source, 10000);
        text_init(&out, 10000);
        for (uint64_t n = property_below(&random, 12); n > 0; n--)
            text_add(&source, pieces[property_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
        const struct template *template = parse_at(arena, source.bytes, 1, &problems);
        assert_int_equal(template == NULL, problems.count > 0);
        if (template)
            template_fill(template, values, &out);
        assert_null(strstr(out.bytes, "{{/"));
        text_release(&source);
        text_release(&out);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_filled),     cmocka_unit_test(errors_name_their_place),
        cmocka_unit_test(all_errors_are_named), cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(a_ceiling_is_kept),    cmocka_unit_test(use_of_a_name_is_known),
        cmocka_unit_test(mixtures_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
