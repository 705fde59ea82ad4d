/* Counting, atoms and splitting of any bytes. The first byte chooses unit and limit. */
#include "base/arena.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "count/count.h"
#include "count/split.h"

#include "fuzz.h"

static void check_atoms(const char *text, size_t length)
{
    struct count_atoms atoms;
    struct count_span span;
    size_t at = 0;

    count_atoms_init(&atoms, text, length);
    while (count_atoms_next(&atoms, &span)) {
        require(span.start == at && span.end > at && span.end <= length, "atoms leave no gap");
        at = span.end;
    }
    require(at == length, "atoms are all of the text");
    count_atoms_release(&atoms);
}

/* Between two parts there is nothing but white space. */
static bool is_blank(const char *text, size_t from, size_t to)
{
    for (size_t at = from; at < to;) {
        uint32_t code_point;
        size_t used = utf8_decode(text + at, to - at, &code_point);
        if (used == 0 || (code_point > ' ' && code_point != 0x85 && code_point != 0xa0 &&
                          code_point != 0x1680 && !(code_point >= 0x2000 && code_point <= 0x200a) &&
                          code_point != 0x2028 && code_point != 0x2029 && code_point != 0x202f &&
                          code_point != 0x205f && code_point != 0x3000))
            return false;
        at += used;
    }
    return true;
}

static void check_split(struct arena *arena, const char *text, const struct text_limits *limits)
{
    struct split_result result;
    const int status = split_thread(arena, limits, text, "<", ">", &result);
    const size_t length = strlen(text);
    size_t end = 0;

    require((status == SPLIT_WORD_TOO_LONG) == (result.word != NULL), "a long word is named");
    require(status != SPLIT_DONE || result.count <= THREAD_PARTS_MAX, "a thread is not endless");
    for (size_t i = 0; i < result.count; i++) {
        const struct split_part *part = &result.parts[i];
        require(status == SPLIT_NOT_ALLOWED || part->length <= limits->limit, "a part fits");
        require(part->length == count_text(limits->unit, part->text, strlen(part->text)),
                "a part is as long as it is said to be");
        require(part->content_start >= end && is_blank(text, end, part->content_start),
                "no word is lost");
        end = part->content_end;
        require(end <= length, "a part is of the text");
    }
    require(status != SPLIT_DONE || is_blank(text, end, length), "the end is not lost");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text_limits limits = {.threads = true};

    if (size == 0)
        return 0;
    const char *bytes = (const char *)data + 1;
    limits.unit = (enum text_unit)(data[0] % (TEXT_UNIT_GRAPHEMES_LINKS + 1));
    limits.limit = 10 + data[0] / (TEXT_UNIT_GRAPHEMES_LINKS + 1);
    require(count_text(limits.unit, bytes, size - 1) <= 23 * size, "a byte counts 23 at most");
    check_atoms(bytes, size - 1);
    struct arena *arena = arena_new();
    char *text = arena_strndup(arena, bytes, size - 1);
    if (utf8_valid_prefix(text, strlen(text)) == strlen(text))
        check_split(arena, text, &limits);
    arena_free(arena);
    return 0;
}
