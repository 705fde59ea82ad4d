#include "count/url.h"

#include <string.h>

#include "count/domain.h"
#include "count/url_chars.h"

enum {
    URL_MAX = 4096,
    TCO_SLUG_MAX = 40,
    DEFAULT_PROTOCOL_LENGTH = 8, /* "https://", which X puts before a link without one */
};

void url_scan_init(struct url_scan *scan, const uint16_t *units, size_t count)
{
    memset(scan, 0, sizeof(*scan));
    scan->units = units;
    scan->count = count;
}

/* Whether a word of ASCII in lower case stands at a place, in any case. Returns its end or 0. */
static size_t match_word(const struct url_scan *scan, size_t at, const char *word)
{
    for (; *word != '\0'; word++, at++) {
        uint16_t unit;

        if (at >= scan->count)
            return 0;
        unit = scan->units[at];
        if (unit >= 'A' && unit <= 'Z')
            unit = (uint16_t)(unit - 'A' + 'a');
        if (unit != (uint16_t)*word)
            return 0;
    }
    return at;
}

static size_t match_protocol(const struct url_scan *scan, size_t at)
{
    size_t end;

    if (at >= scan->count || (scan->units[at] | 0x20) != 'h')
        return 0;
    end = match_word(scan, at, "https://");
    return end != 0 ? end : match_word(scan, at, "http://");
}

static bool is_label(uint16_t unit)
{
    return unit == '-' || unit == '_' || url_is_domain(unit);
}

/* Makes scan->run the run of label characters that begins at `at`, or keeps the one around it. */
static void find_run(struct url_scan *scan, size_t at)
{
    size_t end = at;

    if (at >= scan->run_start && at < scan->run_end)
        return;
    scan->run_start = at;
    scan->run_underscore = 0;
    for (; end < scan->count && is_label(scan->units[end]); end++) {
        if (scan->units[end] == '_')
            scan->run_underscore = end;
    }
    scan->run_end = end;
}

/* Where a domain ends that goes on after a first label and its dot; 0 when none does. Every label
 * but the last may hold '_'; the last top-level domain that fits ends it. */
static size_t match_chain(struct url_scan *scan, size_t dot)
{
    const uint16_t *units = scan->units;
    bool known = scan->chain_last != 0 && dot >= scan->chain_first && dot <= scan->chain_last;

    if (!known) {
        scan->chain_first = scan->chain_last = dot;
        scan->chain_label = scan->chain_end = 0;
    }
    while (!known) {
        size_t label = scan->chain_last + 1, end = label, tld;
        bool underscore = false;

        for (; end < scan->count && is_label(units[end]); end++)
            underscore = underscore || units[end] == '_';
        if (end == label || end == scan->count || units[end] != '.' ||
            !url_is_domain(units[label]) || !url_is_domain(units[end - 1]))
            break;
        tld = underscore ? 0 : domain_match_tld(units, end + 1, scan->count);
        if (tld != 0) {
            scan->chain_label = label;
            scan->chain_end = tld;
        }
        scan->chain_last = end;
    }
    return scan->chain_label > dot ? scan->chain_end : 0;
}

/* Where the domain that begins at `at` ends, 0 when none does. */
static size_t match_domain(struct url_scan *scan, size_t at)
{
    const uint16_t *units = scan->units;
    size_t dot, end;

    if (at >= scan->count || !url_is_domain(units[at]))
        return 0;
    find_run(scan, at);
    dot = scan->run_end;
    if (dot == scan->count || units[dot] != '.' || !url_is_domain(units[dot - 1]))
        return 0;
    end = match_chain(scan, dot);
    if (end != 0)
        return end;
    /* Only one label: here too '_' must not be in it. at > 0 or there is no '_' at 0. */
    if (scan->run_underscore > at)
        return 0;
    return domain_match_tld(units, dot + 1, scan->count);
}

static size_t skip_path(const struct url_scan *scan, size_t at)
{
    while (at < scan->count && url_is_path(scan->units[at]))
        at++;
    return at;
}

static bool is_at(const struct url_scan *scan, size_t at, char wanted)
{
    return at < scan->count && scan->units[at] == (uint16_t)wanted;
}

/* The end of a balanced pair of parentheses with something in it, one more pair inside at most. */
static size_t match_parentheses(const struct url_scan *scan, size_t at)
{
    size_t end = skip_path(scan, at + 1), inner;

    if (is_at(scan, end, ')'))
        return end > at + 1 ? end + 1 : 0;
    if (!is_at(scan, end, '('))
        return 0;
    inner = skip_path(scan, end + 1);
    if (inner == end + 1 || !is_at(scan, inner, ')'))
        return 0;
    end = skip_path(scan, inner + 1);
    return is_at(scan, end, ')') ? end + 1 : 0;
}

/* The end of a path: after the last character that may end one, and the pairs of parentheses that
 * follow it at once. */
static size_t match_path(const struct url_scan *scan, size_t at)
{
    size_t end = at, closed;

    if (!is_at(scan, at, '/'))
        return at;
    for (; at < scan->count; at = closed) {
        bool ends;

        if (url_is_path(scan->units[at])) {
            closed = at + 1;
            ends = url_is_path_end(scan->units[at]);
        } else {
            closed = is_at(scan, at, '(') ? match_parentheses(scan, at) : 0;
            ends = at == end;
        }
        if (closed == 0)
            break;
        if (ends)
            end = closed;
    }
    return end;
}

static size_t match_query(const struct url_scan *scan, size_t at)
{
    size_t end = at;

    if (!is_at(scan, at, '?'))
        return at;
    for (at++; at < scan->count && url_is_query(scan->units[at]); at++) {
        if (url_is_query_end(scan->units[at]))
            end = at + 1;
    }
    return end;
}

static size_t match_port(const struct url_scan *scan, size_t at)
{
    size_t end = at + 1;

    if (!is_at(scan, at, ':'))
        return at;
    while (end < scan->count && scan->units[end] >= '0' && scan->units[end] <= '9')
        end++;
    return end > at + 1 ? end : at;
}

/* Matches an address that begins at `start`. */
static bool match_at(struct url_scan *scan, size_t before, size_t start, struct url_match *out)
{
    size_t protocol_end = match_protocol(scan, start);

    out->before = before;
    out->start = start;
    out->domain = protocol_end != 0 ? protocol_end : start;
    out->domain_end = match_domain(scan, out->domain);
    if (out->domain_end == 0)
        return false;
    out->port_end = match_port(scan, out->domain_end);
    out->path_end = match_path(scan, out->port_end);
    out->end = match_query(scan, out->path_end);
    return true;
}

/* The next address from scan->position on, whether it counts as a link or not. */
static bool find_match(struct url_scan *scan, struct url_match *out)
{
    while (scan->position < scan->count) {
        size_t at = scan->position;
        bool found = url_may_precede(scan->units[at]) && match_at(scan, at, at + 1, out);

        if (!found && at == 0)
            found = match_at(scan, 0, 0, out);
        if (found) {
            scan->position = out->end;
            return true;
        }
        scan->position++;
    }
    return false;
}

static bool is_valid(const struct url_scan *scan, const struct url_match *match)
{
    size_t protocol = match->domain - match->start;
    size_t length = match->end - match->start;

    if (length + (protocol != 0 ? protocol : DEFAULT_PROTOCOL_LENGTH) > URL_MAX)
        return false;
    return domain_is_valid(scan->units, match->domain, match->domain_end);
}

/* What may not stand before a domain without protocol: it is the rest of another word then. */
static bool is_cut_off(const struct url_scan *scan, const struct url_match *match)
{
    uint16_t unit = scan->units[match->before];

    return match->before < match->start &&
           (unit == '-' || unit == '_' || unit == '.' || unit == '/');
}

/* X's own short links end with their slug and query. False when the slug is too long for one. */
static bool shorten_tco(const struct url_scan *scan, struct url_match *match)
{
    size_t slug, end;

    if (match->domain_end - match->domain != strlen("t.co") ||
        match_word(scan, match->domain, "t.co/") == 0)
        return true;
    slug = match->domain_end + 1;
    for (end = slug; end < match->end && url_is_ascii_letter_or_digit(scan->units[end]);)
        end++;
    if (end == slug)
        return true;
    if (end - slug > TCO_SLUG_MAX)
        return false;
    if (is_at(scan, end, '?') && end < match->end) {
        size_t query = match_query(scan, end);

        end = query < match->end ? query : match->end;
    }
    match->end = end;
    return true;
}

/* The first place at or after `from` where the units of [start, end) stand too. */
static size_t find_same(const uint16_t *units, size_t from, size_t start, size_t end)
{
    size_t size = (end - start) * sizeof(*units);

    while (from < start && memcmp(units + from, units + start, size) != 0)
        from++;
    return from;
}

/* Gives out one Latin domain of a match without protocol. What is left of the address goes with
 * the last of them. */
static bool next_latin(struct url_scan *scan, struct url *out)
{
    const struct url_match *match = &scan->match;
    size_t start, end, after_start, after_end;

    if (!domain_next_latin(scan->units, scan->latin_at, match->domain_end, &start, &end)) {
        scan->match_open = false;
        return false;
    }
    out->has_protocol = false;
    /* twitter-text looks the domain up again by its text and takes the first place. */
    out->start = find_same(scan->units, scan->latin_shown, start, end);
    out->length = end - start;
    scan->latin_at = end;
    scan->latin_shown = out->start + out->length;
    if (match->path_end > match->port_end &&
        !domain_next_latin(scan->units, end, match->domain_end, &after_start, &after_end))
        out->length += match->end - match->domain_end;
    return true;
}

bool url_scan_next(struct url_scan *scan, struct url *out)
{
    if (scan->match_open && next_latin(scan, out))
        return true;
    while (find_match(scan, &scan->match)) {
        struct url_match *match = &scan->match;

        if (!is_valid(scan, match))
            continue;
        if (match->domain == match->start) {
            if (is_cut_off(scan, match))
                continue;
            scan->match_open = true;
            scan->latin_at = scan->latin_shown = match->domain;
            if (next_latin(scan, out))
                return true;
        } else if (shorten_tco(scan, match)) {
            *out = (struct url){match->start, match->end - match->start, true};
            return true;
        }
    }
    return false;
}
