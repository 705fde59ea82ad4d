#include "count/breaks.h"

#include <stdint.h>
#include <wchar.h>

#include <utf8proc.h>

#include "count/count.h"
#include "count/units.h"

enum { ZERO_WIDTH_SPACE = 0x200B };

/* How the text so far would end a sentence. */
enum ending { ENDING_NONE, ENDING_STOP, ENDING_MARK };

struct finder {
    struct arena *arena;
    struct text_breaks *out;
    size_t capacity;
    enum ending ending;
    size_t word_atoms;  /* of the present word */
    size_t content_end; /* after the last atom that is no space */
    uint32_t previous;  /* first code point of the last atom that is no space; 0 at the start */
    bool after_space, after_line;
};

static bool is_listed(const wchar_t *list, uint32_t code_point)
{
    return code_point != 0 && wcschr(list, (wchar_t)code_point) != NULL;
}

static bool is_line_end(uint32_t code_point)
{
    return (code_point >= '\n' && code_point <= '\r') || code_point == 0x85 ||
           code_point == 0x2028 || code_point == 0x2029;
}

/* Spaces that a line may end at: those that keep words together are not among them. */
static bool is_space(uint32_t code_point)
{
    return code_point == ' ' || code_point == '\t' || is_line_end(code_point) ||
           code_point == 0x1680 || (code_point >= 0x2000 && code_point <= 0x2006) ||
           (code_point >= 0x2008 && code_point <= 0x200A) || code_point == 0x205F ||
           code_point == 0x3000;
}

/* Chinese and Japanese have no spaces: a line may end after any character that does not cling to
 * the next one, and before any that does not cling to the last one. */
static bool is_ideographic(uint32_t code_point)
{
    return (code_point >= 0x3041 && code_point <= 0x30FF) ||
           (code_point >= 0x3400 && code_point <= 0x4DBF) ||
           (code_point >= 0x4E00 && code_point <= 0x9FFF) ||
           (code_point >= 0xF900 && code_point <= 0xFAFF) ||
           (code_point >= 0x20000 && code_point <= 0x3FFFD);
}

static bool is_ideographic_stop(uint32_t code_point)
{
    return is_listed(L"、。，．：；！？）」』】〕〉》", code_point);
}

static bool is_ideographic_opening(uint32_t code_point)
{
    return is_listed(L"（「『【〔〈《", code_point);
}

static bool clings_to_last(uint32_t code_point)
{
    return is_ideographic_stop(code_point) ||
           is_listed(L"ー々〻ゝゞヽヾ・゛゜ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ",
                     code_point);
}

static bool may_break_between(uint32_t last, uint32_t next)
{
    if (last == ZERO_WIDTH_SPACE)
        return true;
    if (clings_to_last(next))
        return false;
    if (is_ideographic_stop(last))
        return true;
    return is_ideographic(last) && (is_ideographic(next) || is_ideographic_opening(next));
}

static enum ending ending_after(enum ending before, uint32_t code_point)
{
    if (code_point == '.')
        return ENDING_STOP;
    if (is_listed(L"!?…‼⁇⁈⁉։؟۔।။።។。！？｡", code_point))
        return ENDING_MARK;
    /* Quotation marks and brackets belong to the sentence that they close. */
    if (is_listed(L"\"')]}»«”“’›」』）】", code_point))
        return before;
    return ENDING_NONE;
}

/* A full stop also follows numbers, abbreviations and initials: "17. mai", "kl. 14", "J. Berg". And
 * a sentence goes on in small letters after what it quotes: "«Nei!» sa hun". */
static bool is_sentence(const struct finder *finder, uint32_t next)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)next);

    if (finder->ending == ENDING_NONE || category == UTF8PROC_CATEGORY_LL)
        return false;
    return finder->ending == ENDING_MARK ||
           (finder->word_atoms > 2 && category != UTF8PROC_CATEGORY_ND);
}

static void add_break(struct finder *finder, size_t next, bool sentence)
{
    struct text_breaks *out = finder->out;

    out->items =
        arena_grow(finder->arena, out->items, out->count, &finder->capacity, sizeof(*out->items));
    out->items[out->count++] = (struct text_break){finder->content_end, next, sentence};
}

/* Takes the next atom, which begins with code_point. */
static void take_atom(struct finder *finder, const struct count_span *span, uint32_t code_point)
{
    if (is_space(code_point)) {
        finder->after_space = true;
        finder->after_line = finder->after_line || is_line_end(code_point);
        return;
    }
    if (finder->previous == 0) {
        finder->out->start = span->start;
    } else if (finder->after_space) {
        add_break(finder, span->start, finder->after_line || is_sentence(finder, code_point));
        finder->word_atoms = 0;
    } else if (may_break_between(finder->previous, code_point)) {
        add_break(finder, span->start, finder->ending == ENDING_MARK);
    }
    finder->after_space = finder->after_line = false;
    finder->word_atoms++;
    finder->ending = ending_after(finder->ending, code_point);
    finder->previous = code_point;
    finder->content_end = span->end;
}

void breaks_find(struct arena *arena, const char *text, size_t length, struct text_breaks *out)
{
    struct finder finder = {.arena = arena, .out = out};
    struct count_atoms atoms;
    struct count_span span;
    uint32_t code_point;

    *out = (struct text_breaks){0};
    count_atoms_init(&atoms, text, length);
    while (count_atoms_next(&atoms, &span)) {
        size_t used = units_decode(text + span.start, span.end - span.start, &code_point);

        /* A space with marks on it is a character, not a space. CR LF is one line end. */
        if (is_space(code_point) && code_point != '\r' && used < span.end - span.start)
            code_point = 'x';
        take_atom(&finder, &span, code_point);
    }
    count_atoms_release(&atoms);
    if (finder.previous != 0)
        add_break(&finder, length, true);
}
