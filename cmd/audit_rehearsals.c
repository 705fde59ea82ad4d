#include "cmd/audit_rehearsals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "base/limits.h"
#include "store/rehearsals.h"

struct comparing {
    const struct told_rehearsal *told;
    size_t count, at;
    struct text lines;
    struct error *error;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* How many times there are in "[1,20,300]"; -1 when it is not written so. */
static int64_t count_times(const char *json)
{
    const char *at = json;
    int64_t count = 0;

    if (strcmp(json, "[]") == 0)
        return 0;
    if (*at != '[')
        return -1;
    do {
        at++;
        if (!is_digit(*at))
            return -1;
        while (is_digit(*at))
            at++;
        count++;
    } while (*at == ',');
    return strcmp(at, "]") == 0 ? count : -1;
}

/* As `rehearse` has told it. */
static bool has_lines(struct comparing *comparing, const struct rehearsal_words *words,
                      const unsigned char told[SHA256_SIZE])
{
    struct text *lines = &comparing->lines;
    unsigned char own[SHA256_SIZE];

    text_reset(lines);
    entry_add(lines, "rehearsal", words->id);
    entry_add(lines, "plan", words->plan);
    entry_add(lines, "message", words->message);
    entry_add(lines, "municipalities", words->municipality_count);
    entry_add(lines, "deliveries", words->delivery_count);
    entry_add_number(lines, "posted", count_times(words->posts_ms));
    entry_add(lines, "failed", words->failed_count);
    entry_add(lines, "in-doubt", words->in_doubt_count);
    sha256(lines->bytes, lines->length, own);
    return memcmp(own, told, sizeof(own)) == 0;
}

static bool is_time(const char *ms, int64_t told_unix_ms)
{
    char *end;

    return strtoll(ms, &end, 10) == told_unix_ms && *end == '\0';
}

static bool compare(void *context, const struct rehearsal_words *words)
{
    struct comparing *comparing = context;

    if (comparing->at == comparing->count) {
        error_set(comparing->error, ERROR_VERIFICATION,
                  _("no entry of the audit log tells of the rehearsal '%s'"), words->id);
        return false;
    }
    const struct told_rehearsal *told = &comparing->told[comparing->at];
    if (!has_lines(comparing, words, told->start) || !is_time(words->finished_ms, told->unix_ms)) {
        error_set(comparing->error, ERROR_VERIFICATION,
                  _("the store does not fit the audit log: entry %" PRIu64
                    " tells otherwise of a rehearsal than the store, which has '%s'"),
                  told->sequence, words->id);
        return false;
    }
    comparing->at++;
    return true;
}

int audit_rehearsals_compare(struct store *store, const struct told *told, struct error *error)
{
    struct comparing comparing = {.error = error};

    comparing.told = told_rehearsals(told, &comparing.count);
    text_init(&comparing.lines, AUDIT_ENTRY_MAX_BYTES);
    int result = store_rehearsal_words(store, compare, &comparing, error);
    if (result == 0 && error->kind == ERROR_NONE && comparing.at < comparing.count)
        error_set(error, ERROR_VERIFICATION,
                  _("the store does not fit the audit log: entry %" PRIu64
                    " tells of a rehearsal that the store does not have"),
                  comparing.told[comparing.at].sequence);
    if (error->kind == ERROR_VERIFICATION)
        result = error_next(error, _("keep this workspace as it is, and find out who changed it"));
    text_release(&comparing.lines);
    return result;
}
