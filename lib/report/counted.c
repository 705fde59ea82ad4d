#include "report/counted.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/language.h"

__attribute__((format(printf, 1, 2))) static struct counted say(const char *format, ...)
{
    struct counted out;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(out.words, sizeof(out.words), format, arguments);
    va_end(arguments);
    return out;
}

struct counted counted_accounts(size_t count)
{
    return say(ngettext("%zu account", "%zu accounts", count), count);
}

struct counted counted_deliveries(size_t count)
{
    return say(ngettext("%zu delivery", "%zu deliveries", count), count);
}

struct counted counted_entries(size_t count)
{
    return say(ngettext("%zu entry", "%zu entries", count), count);
}

struct counted counted_errors(size_t count)
{
    return say(ngettext("%zu error", "%zu errors", count), count);
}

struct counted counted_messages(size_t count)
{
    return say(ngettext("%zu message", "%zu messages", count), count);
}

struct counted counted_municipalities(size_t count)
{
    return say(ngettext("%zu municipality", "%zu municipalities", count), count);
}

struct counted counted_posts(size_t count)
{
    return say(ngettext("%zu post", "%zu posts", count), count);
}

struct counted counted_problems(size_t count)
{
    return say(ngettext("%zu problem", "%zu problems", count), count);
}

struct counted counted_runs(size_t count)
{
    return say(ngettext("%zu run", "%zu runs", count), count);
}

struct counted counted_texts(size_t count)
{
    return say(ngettext("%zu text", "%zu texts", count), count);
}

struct counted counted_tree_heads(size_t count)
{
    return say(ngettext("%zu tree head", "%zu tree heads", count), count);
}

struct counted counted_warnings(size_t count)
{
    return say(ngettext("%zu warning", "%zu warnings", count), count);
}
