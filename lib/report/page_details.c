#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/html.h"

#include "report/page_parts.h"
#include "report/stored_words.h"

enum { DURATION_SIZE = 32 };

/* --- texts ----------------------------------------------------------------------------------- */

static void add_media(struct text *out, const struct media *media)
{
    text_add(out, "<p>");
    report_page_add_words(out, _("With %s (%zu bytes): %s"), media->file_name, media->size_bytes,
                          media->alt);
    text_add(out, "</p>\n");
}

void report_page_add_text(struct text *out, const struct said_text *said, const struct draft *draft)
{
    text_add(out, "<h3>");
    html_add(out, draft->channel);
    text_add(out, ", ");
    html_add(out, draft->language);
    text_add(out, "</h3>\n<p>");
    text_addf(out,
              ngettext("For %zu delivery, %zu posted", "For %zu deliveries, %zu posted",
                       said->delivery_count),
              said->delivery_count, said->posted_count);
    if (said->variant_count > 1)
        text_addf(out, _(", with the names and addresses of %zu"), said->variant_count);
    report_page_add_words(out, _("; as %s %s has it:"), said->municipality, said->name);
    text_add(out, "</p>\n");
    if (draft->headline[0]) {
        text_add(out, "<p lang=\"");
        html_add(out, draft->language);
        text_add(out, "\" dir=\"auto\"><strong>");
        html_add(out, draft->headline);
        text_add(out, "</strong></p>\n");
    }
    for (size_t i = 0; i < draft->part_count; i++) {
        text_add(out, "<blockquote lang=\"");
        html_add(out, draft->language);
        text_add(out, "\"><p dir=\"auto\">");
        html_add(out, draft->parts[i]);
        text_add(out, "</p></blockquote>\n");
    }
    for (size_t i = 0; i < draft->media_count; i++)
        add_media(out, &draft->media[i]);
}

/* --- deliveries ------------------------------------------------------------------------------ */

void report_page_begin_deliveries(struct text *out)
{
    static const struct report_page_head heads[] = {{N_("Municipality"), false},
                                                    {N_("Channel"), false},
                                                    {N_("State"), false},
                                                    {N_("When"), false},
                                                    {N_("Where"), false}};

    text_add(out, "</section>\n");
    report_page_begin_section(out, "deliveries", _("Deliveries"));
    report_page_begin_table(out, _("What became of each, when, and where it stands"), heads,
                            sizeof(heads) / sizeof(heads[0]));
}

static void add_post(struct text *out, const struct post *post)
{
    text_add(out, "<div>");
    if (html_is_link(post->url)) {
        text_add(out, "<a rel=\"noreferrer\" href=\"");
        html_add(out, post->url);
        text_add(out, "\">");
        html_add(out, post->url);
        text_add(out, "</a>");
    } else {
        html_add(out, post->id);
    }
    text_add(out, "</div>");
}

static void add_failure(struct text *out, const struct failure *failure)
{
    text_addf(out, "<div>%s", translated(failure_kind_name(failure->kind)));
    if (failure->code[0]) {
        text_add(out, ", ");
        html_add(out, failure->code);
    }
    text_add(out, ": ");
    html_add(out, stored_in_words(failure->message).words);
    if (failure->next[0]) {
        text_add(out, "<br>");
        report_page_add_words(out, _("Next: %s"), stored_in_words(failure->next).words);
    }
    text_add(out, "</div>");
}

static void add_when(struct text *out, const struct report *report,
                     const struct delivery_record *record)
{
    int64_t since_ms = record->done_unix_ms - report->run->started_unix_ms;
    char since[DURATION_SIZE] = "";

    if (record->done_unix_ms == 0) {
        text_add(out, "–");
        return;
    }
    report_page_add_clock(out, record->done_unix_ms, report->run->started_unix_ms);
    if (since_ms < 0)
        return;
    duration_format(since_ms, since);
    text_addf(out, " (+%s)", since);
}

void report_page_add_delivery(struct text *out, const struct report *report,
                              const struct report_delivery *delivery)
{
    const struct delivery_record *record = delivery->record;

    text_add(out, "<tr><th scope=\"row\">");
    html_add(out, record->municipality);
    text_add_char(out, ' ');
    html_add(out, record->municipality_name);
    text_add(out, "</th><td class=\"short\">");
    html_add(out, record->channel);
    text_add_char(out, ' ');
    html_add(out, record->language);
    if (strcmp(record->account, "default") != 0) {
        text_add(out, ", ");
        html_add(out, record->account);
    }
    text_addf(out, "</td><td class=\"short %s\">%s</td><td class=\"short\">",
              delivery_state_name(record->state), translated(delivery_state_name(record->state)));
    add_when(out, report, record);
    text_add(out, "</td><td class=\"where\">");
    for (size_t i = 0; i < delivery->post_count; i++)
        add_post(out, &delivery->posts[i]);
    if (record->failure.kind != FAILURE_NONE)
        add_failure(out, &record->failure);
    text_add(out, "</td></tr>\n");
}
