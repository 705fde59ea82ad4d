#include "count/nfc.h"

#include <utf8proc.h>

#include "base/memory.h"

enum {
    DECOMPOSED_MAX = 4, /* the longest canonical decomposition of one code point */
    SORT_BY_INSERTION_MAX = 32,
    COMBINING_CLASS_MAX = 254,
};

/* Combining class 0, and neither changed nor joined to what is before by form C. */
static const struct inert_range {
    uint32_t first, last;
} inert_ranges[] = {
    {0x0000, 0x02FF}, {0x0400, 0x0482}, {0x048A, 0x0590},   {0x05D0, 0x05EA}, {0x0620, 0x064A},
    {0x2010, 0x2027}, {0x2030, 0x205E}, {0x20A0, 0x20BF},   {0x2190, 0x2199}, {0x2300, 0x2328},
    {0x2460, 0x27BF}, {0x3001, 0x3029}, {0x3041, 0x3096},   {0x30A0, 0x30FF}, {0x4E00, 0x9FFF},
    {0xAC00, 0xD7A3}, {0xFE00, 0xFE0F}, {0x1F000, 0x1FAFF},
};

bool nfc_is_inert(uint32_t code_point)
{
    if (code_point <= inert_ranges[0].last)
        return true;
    for (size_t i = 1; i < sizeof(inert_ranges) / sizeof(inert_ranges[0]); i++) {
        if (code_point < inert_ranges[i].first)
            return false;
        if (code_point <= inert_ranges[i].last)
            return true;
    }
    return false;
}

static utf8proc_propval_t combining_class(int32_t code_point)
{
    return utf8proc_get_property(code_point)->combining_class;
}

/* A long run of marks is sorted class by class: insertion would be quadratic. */
static void sort_by_class(int32_t *marks, size_t count)
{
    int32_t *sorted = memory_alloc_array(count, sizeof(*sorted));
    size_t filled = 0;

    for (int rank = 1; rank <= COMBINING_CLASS_MAX; rank++) {
        for (size_t i = 0; i < count; i++) {
            if (combining_class(marks[i]) == rank)
                sorted[filled++] = marks[i];
        }
    }
    for (size_t i = 0; i < filled; i++)
        marks[i] = sorted[i];
    memory_free(sorted);
}

static void sort_by_insertion(int32_t *marks, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int32_t mark = marks[i];
        size_t at = i;

        for (; at > 0 && combining_class(marks[at - 1]) > combining_class(mark); at--)
            marks[at] = marks[at - 1];
        marks[at] = mark;
    }
}

/* The canonical ordering algorithm: marks between two starters are sorted by class, stably. */
static void order_marks(int32_t *points, size_t count)
{
    for (size_t start = 0; start < count; start++) {
        size_t end = start;

        while (end < count && combining_class(points[end]) != 0)
            end++;
        if (end - start > SORT_BY_INSERTION_MAX)
            sort_by_class(points + start, end - start);
        else if (end - start > 1)
            sort_by_insertion(points + start, end - start);
        start = end;
    }
}

int32_t *nfc_normalize(const int32_t *code_points, size_t count, size_t *out_count)
{
    int32_t *points = memory_alloc_array(count + 1, DECOMPOSED_MAX * sizeof(*points));
    size_t filled = 0;
    utf8proc_ssize_t composed;

    for (size_t i = 0; i < count; i++) {
        int boundary = 0;
        utf8proc_ssize_t used = utf8proc_decompose_char(
            code_points[i], points + filled, DECOMPOSED_MAX, UTF8PROC_DECOMPOSE, &boundary);

        if (used >= 1 && used <= DECOMPOSED_MAX)
            filled += (size_t)used;
        else
            points[filled++] = code_points[i];
    }
    order_marks(points, filled);
    composed = utf8proc_normalize_utf32(points, (utf8proc_ssize_t)filled,
                                        UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    *out_count = composed < 0 ? filled : (size_t)composed;
    return points;
}
