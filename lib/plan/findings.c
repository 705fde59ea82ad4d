#include "plan/findings.h"

#include <string.h>

#include "base/language.h"
#include "base/limits.h"

struct noted {
    struct finding finding;
    size_t municipalities;
    const struct municipality *last;
};

void findings_init(struct findings *findings, struct arena *arena)
{
    *findings = (struct findings){.arena = arena};
}

static bool is_error(enum finding_kind kind)
{
    return kind < FINDING_OTHER_LANGUAGE;
}

static bool is_about_room(enum finding_kind kind)
{
    return kind == FINDING_TOO_LONG || kind == FINDING_WORD_TOO_LONG ||
           kind == FINDING_TOO_MANY_PARTS || kind == FINDING_THREAD ||
           kind == FINDING_DOCUMENT_TOO_LARGE;
}

static bool same_string(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->kind == b->kind && a->place.line == b->place.line &&
           a->place.column == b->place.column && same_string(a->place.file, b->place.file) &&
           same_string(a->channel, b->channel) && same_string(a->language, b->language);
}

static struct noted *find(struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count; i++)
        if (same_finding(&findings->items[i].finding, finding))
            return &findings->items[i];
    return NULL;
}

static void join(struct noted *noted, const struct finding *finding)
{
    if (noted->finding.in_exercise != finding->in_exercise)
        return;
    if (finding->municipality && noted->last != finding->municipality)
        noted->municipalities++;
    noted->last = finding->municipality;
    if (finding->amount <= noted->finding.amount)
        return;
    noted->finding.amount = finding->amount;
    noted->finding.limit = finding->limit;
    noted->finding.in_bytes = finding->in_bytes;
    noted->finding.municipality = finding->municipality;
}

void findings_add(struct findings *findings, const struct finding *finding)
{
    struct noted *noted = find(findings, finding);

    if (is_error(finding->kind))
        findings->error_count++;
    if (is_about_room(finding->kind))
        findings->room_count++;
    if (noted) {
        join(noted, finding);
        return;
    }
    findings->items = arena_grow(findings->arena, findings->items, findings->count,
                                 &findings->capacity, sizeof(*findings->items));
    noted = &findings->items[findings->count++];
    *noted = (struct noted){*finding, finding->municipality ? 1 : 0, finding->municipality};
    if (finding->words)
        noted->finding.words = arena_strdup(findings->arena, finding->words);
}

/* --- in words -------------------------------------------------------------------------------- */

/* " (municipality 0301 Oslo and 12 more)". */
static const char *whose(struct arena *arena, const struct noted *noted)
{
    const struct municipality *municipality = noted->finding.municipality;

    if (!municipality)
        return "";
    const char *name = municipality_name(municipality, noted->finding.language);
    if (noted->municipalities <= 1)
        return arena_printf(arena, _(" (municipality %s %s)"), municipality->id, name);
    return arena_printf(arena, _(" (municipality %s %s and %zu more)"), municipality->id, name,
                        noted->municipalities - 1);
}

/* In an exercise the marks may be why room is short. */
static const char *marks_of(const struct finding *finding)
{
    return finding->in_exercise ? _("with the marks of an exercise, ") : "";
}

/* What follows an earlier message has less room where that one's address stands behind the text. */
static const char *room_of(struct arena *arena, const struct finding *finding)
{
    if (finding->link_back == 0)
        return "";
    return arena_printf(arena, _(", which leaves %zu for the link to the message that it follows"),
                        finding->link_back);
}

static const char *error_words(struct arena *arena, const struct noted *noted)
{
    const struct finding *f = &noted->finding;
    const char *who = whose(arena, noted);
    const char *marks = marks_of(f);

    switch (f->kind) {
    case FINDING_NO_TEXT:
        return arena_printf(arena, _("the message has no text for %s in %s%s"), f->channel,
                            f->language, who);
    case FINDING_EMPTY:
        return arena_printf(arena, _("the text in %s is empty once it is filled in%s"), f->language,
                            who);
    case FINDING_TOO_LARGE:
        return arena_printf(arena, _("the text in %s is larger than %d KiB%s"), f->language,
                            TEXT_MAX_BYTES / 1024, who);
    case FINDING_TOO_LONG:
        return arena_printf(
            arena,
            f->in_bytes ? _("%sthe text for %s in %s is %zu bytes over the limit of %zu%s%s")
                        : _("%sthe text for %s in %s is %zu over the limit of %zu%s%s"),
            marks, f->channel, f->language, f->amount, f->limit, room_of(arena, f), who);
    case FINDING_WORD_TOO_LONG:
        return arena_printf(arena,
                            _("%sthe text for %s in %s has a word or link that does not fit into a "
                              "post of %zu%s"),
                            marks, f->channel, f->language, f->limit, who);
    case FINDING_TOO_MANY_PARTS:
        return arena_printf(arena,
                            _("%sthe text for %s in %s would take %zu posts, and a thread may have "
                              "%d%s"),
                            marks, f->channel, f->language, f->amount, THREAD_PARTS_MAX, who);
    case FINDING_DENIES_EXERCISE:
        return arena_printf(arena,
                            _("the text in %s says '%s', so it cannot be sent as an exercise: take "
                              "these words out%s"),
                            f->language, f->words, who);
    case FINDING_DOCUMENT_TOO_LARGE:
        return arena_printf(arena, _("the document for %s is larger than %d KiB%s"), f->channel,
                            DOCUMENT_MAX_BYTES / 1024, who);
    case FINDING_UNKNOWN_CHANNEL:
        return arena_printf(arena, _("there is no channel '%s' to use an account on%s"), f->channel,
                            who);
    case FINDING_ALT_TOO_LONG:
        return arena_printf(arena,
                            _("'alt' in %s has %zu characters, and %s takes %zu: say it in fewer"),
                            f->language, f->amount, f->channel, f->limit);
    default:
        return "";
    }
}

static const char *warning_words(struct arena *arena, const struct noted *noted)
{
    const struct finding *f = &noted->finding;

    switch (f->kind) {
    case FINDING_OTHER_LANGUAGE:
        return arena_printf(
            arena,
            ngettext("the message has no text in %s: %s is used instead for %zu municipality",
                     "the message has no text in %s: %s is used instead for %zu municipalities",
                     noted->municipalities),
            f->language, f->words, noted->municipalities);
    case FINDING_THREAD:
        return arena_printf(arena,
                            _("%sthe text for %s in %s takes %zu posts, and a later one may be "
                              "refused or unseen: what people must do has to stand in the first%s"),
                            marks_of(f), f->channel, f->language, f->amount, whose(arena, noted));
    case FINDING_SAME_TEXT:
        return arena_printf(arena,
                            _("the same text in %s goes out on %s for %zu municipalities, and "
                              "identical posts may be refused: put {{municipality.name}} into it"),
                            f->language, f->channel, f->amount);
    case FINDING_LOOKS_LIKE_EXERCISE:
        return arena_printf(arena,
                            _("the text in %s begins with the mark of an exercise, and a live "
                              "message must not look like one: `--exercise` adds the marks"),
                            f->language);
    case FINDING_NO_MARK:
        return arena_printf(arena,
                            _("no word for an exercise is known in %s: its texts are marked %s"),
                            f->language, f->words);
    case FINDING_CARD_SHORT:
        return arena_printf(
            arena,
            _("the text in %s has %zu characters, and the text card for %s has room for "
              "%zu: it shows the headline and where to read more"),
            f->language, f->amount, f->channel, f->limit);
    case FINDING_UNREACHED:
        return arena_printf(arena, _("nobody is reached on %s with this message: it %s%s"),
                            f->channel, f->words, whose(arena, noted));
    default:
        return "";
    }
}

/* A file that several channels leave out for the same reason is told of once: the later ones are
 * crossed out. "'film.mp4' is left out on facebook and x: they take no films". */
static const char *left_out_words(struct findings *findings, size_t first)
{
    const struct finding *f = &findings->items[first].finding;
    const char *list = f->channel, *last = NULL;
    bool is_one = true;

    for (size_t i = first + 1; i < findings->count; i++) {
        struct finding *other = &findings->items[i].finding;
        if (other->kind != FINDING_MEDIA_LEFT_OUT || other->place.line != f->place.line ||
            other->place.column != f->place.column || strcmp(other->words, f->words) != 0)
            continue;
        if (last)
            list = arena_printf(findings->arena, "%s, %s", list, last);
        last = other->channel;
        is_one = false;
        other->kind = FINDING_TOLD;
    }
    if (last)
        list = arena_printf(findings->arena, _("%s and %s"), list, last);
    return arena_printf(findings->arena,
                        is_one ? _("'%s' is left out on %s: posts there %s")
                               : _("'%s' is left out on %s: they %s"),
                        f->file, list, f->words);
}

static const char *words_of(struct findings *findings, size_t index)
{
    const struct noted *noted = &findings->items[index];

    if (noted->finding.kind == FINDING_MEDIA_LEFT_OUT)
        return left_out_words(findings, index);
    return is_error(noted->finding.kind) ? error_words(findings->arena, noted)
                                         : warning_words(findings->arena, noted);
}

void findings_report(struct findings *findings, struct problems *problems)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct noted *noted = &findings->items[i];
        if (noted->finding.kind == FINDING_TOLD)
            continue;
        const char *words = words_of(findings, i);
        problems_add(problems, is_error(noted->finding.kind) ? SEVERITY_ERROR : SEVERITY_WARNING,
                     noted->finding.place, "%s", words);
    }
    findings->count = 0;
}
