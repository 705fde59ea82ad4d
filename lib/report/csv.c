#include "report/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/utf8.h"

enum { KEY_TEXT_BYTES = 32, POSTS_MAX_BYTES = 64 * 1024 };

static const char columns[] =
    "log,run,mode,plan,message,delivery,municipality,name,channel,account,language,state,attempts,"
    "sent,done,seconds,post_ids,post_urls,error_kind,error_code,error_message,error_next";

/* --- one cell -------------------------------------------------------------------------------- */

/* Spreadsheets take these for the beginning of a formula, the wide forms too. */
static bool begins_formula(const char *value)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};

    if (value[0] && strchr("=+-@\t\r\n", value[0]))
        return true;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (strncmp(value, wide[i], strlen(wide[i])) == 0)
            return true;
    return false;
}

static void add_quoted(struct text *out, const char *value)
{
    size_t left = strlen(value);

    text_add_char(out, '"');
    while (left > 0) {
        uint32_t code_point = 0;
        size_t used = utf8_decode(value, left, &code_point);
        if (used == 0 || (utf8_is_forbidden(code_point) && code_point != '\r'))
            text_add(out, "\xef\xbf\xbd");
        else if (code_point == '"')
            text_add(out, "\"\"");
        else
            text_add_bytes(out, value, used);
        used = used ? used : 1;
        value += used;
        left -= used;
    }
    text_add_char(out, '"');
}

static bool is_plain(const char *value)
{
    for (const char *at = value; *at; at++)
        if (*at <= ' ' || *at >= 0x7f || *at == '"' || *at == ',')
            return false;
    return true;
}

void csv_add_cell(struct text *out, const char *value)
{
    struct text guarded;

    if (!begins_formula(value) && is_plain(value)) {
        text_add(out, value);
        return;
    }
    text_init(&guarded, strlen(value) + 1);
    text_addf(&guarded, "%s%s", begins_formula(value) ? "'" : "", value);
    add_quoted(out, guarded.bytes);
    text_release(&guarded);
}

/* --- rows ------------------------------------------------------------------------------------ */

static void add_next_cell(struct text *out, const char *value)
{
    text_add_char(out, ',');
    csv_add_cell(out, value);
}

static void add_number(struct text *out, int64_t value)
{
    text_addf(out, ",%" PRId64, value);
}

static void add_time(struct text *out, int64_t unix_ms)
{
    char time[RFC3339_SIZE] = "";

    if (unix_ms > 0)
        rfc3339_format(unix_ms, time);
    add_next_cell(out, time);
}

static void add_seconds(struct text *out, const struct report *report,
                        const struct delivery_record *record)
{
    int64_t ms = record->done_unix_ms - report->run->started_unix_ms;

    if (record->done_unix_ms > 0 && ms >= 0)
        text_addf(out, ",%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
    else
        text_add_char(out, ',');
}

/* A space between: no id or address has one. */
static void add_posts(struct text *out, const struct report_delivery *delivery)
{
    struct text ids, urls;

    text_init(&ids, POSTS_MAX_BYTES);
    text_init(&urls, POSTS_MAX_BYTES);
    for (size_t i = 0; i < delivery->post_count; i++) {
        text_addf(&ids, "%s%s", i ? " " : "", delivery->posts[i].id);
        text_addf(&urls, "%s%s", i ? " " : "", delivery->posts[i].url);
    }
    add_next_cell(out, ids.bytes);
    add_next_cell(out, urls.bytes);
    text_release(&urls);
    text_release(&ids);
}

void csv_add_header(struct text *out)
{
    text_add(out, columns);
    text_add(out, "\r\n");
}

void csv_add_delivery(struct text *out, const struct report *report,
                      const struct report_delivery *delivery)
{
    const struct delivery_record *record = delivery->record;
    const struct run_record *run = report->run;
    struct text key;

    text_init(&key, KEY_TEXT_BYTES);
    base64url_add(&key, record->key, sizeof(record->key));
    csv_add_cell(out, report->difference ? "DIFFERS FROM THE AUDIT LOG" : "fits");
    add_next_cell(out, run->id);
    add_next_cell(out, run_mode_name(run->mode));
    add_next_cell(out, run->plan);
    add_next_cell(out, run->message);
    add_next_cell(out, key.bytes);
    add_next_cell(out, record->municipality);
    add_next_cell(out, record->municipality_name);
    add_next_cell(out, record->channel);
    add_next_cell(out, record->account);
    add_next_cell(out, record->language);
    add_next_cell(out, delivery_state_name(record->state));
    add_number(out, record->attempts);
    add_time(out, record->first_sent_unix_ms);
    add_time(out, record->done_unix_ms);
    add_seconds(out, report, record);
    add_posts(out, delivery);
    add_next_cell(out, failure_kind_name(record->failure.kind));
    add_next_cell(out, record->failure.code);
    add_next_cell(out, record->failure.message);
    add_next_cell(out, record->failure.next);
    text_add(out, "\r\n");
    text_release(&key);
}
