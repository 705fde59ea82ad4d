#include "report/preview.h"

#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "wire/html.h"

#include "report/page_parts.h"
#include "report/preview_parts.h"

enum { TITLE_MAX_BYTES = 4096, FOOTER_MAX_BYTES = 1024 };

/* --- on top ---------------------------------------------------------------------------------- */

static void begin_page(struct text *out, const struct preview *preview)
{
    struct text title;

    text_init(&title, TITLE_MAX_BYTES);
    text_addf(&title,
              preview->mode == MODE_EXERCISE ? _("EXERCISE – Preview of %s of %s")
                                             : _("Preview of %s of %s"),
              preview->message->name, preview->plan->id);
    report_page_begin_document(out, title.bytes, preview_page_style, "img-src data:; ");
    report_page_add_mark(out, preview->mode, _("The texts are shown as an exercise posts them."));
    text_add(out, "<h1>");
    html_add(out, title.bytes);
    text_add(out, "</h1>\n</header>\n<main>\n");
    text_release(&title);
}

/* --- what to look at ------------------------------------------------------------------------- */

static void add_problem(struct text *out, const struct problem *problem)
{
    const bool is_error = problem->severity == SEVERITY_ERROR;

    text_addf(out, "<li%s><strong>%s</strong>: ", is_error ? " class=\"error\"" : "",
              is_error ? _("Error") : _("Warning"));
    html_add(out, problem->message);
    if (problem->place.file && problem->place.line > 0) {
        text_add(out, " <span class=\"where\">(");
        html_add(out, problem->place.file);
        text_addf(out, ":%u:%u)</span>", problem->place.line, problem->place.column);
    }
    text_add(out, "</li>\n");
}

static void add_problems(struct text *out, const struct preview *preview)
{
    const struct problems *problems = preview->problems;
    const size_t count = problems->error_count + problems->warning_count;

    report_page_begin_section(out, "problems", _("What to look at"));
    if (count == 0)
        text_addf(out, "<p>%s</p>\n",
                  _("Nothing is wrong with the texts, as far as a program can tell."));
    else
        text_add(out, "<ul class=\"problems\">\n");
    for (size_t i = 0; i < problems->count; i++)
        add_problem(out, &problems->items[i]);
    if (count > problems->count) {
        text_add(out, "<li>");
        text_addf(out, _("and %zu more"), count - problems->count);
        text_add(out, "</li>\n");
    }
    text_add(out, count > 0 ? "</ul>\n</section>\n" : "</section>\n");
}

/* --- the message ----------------------------------------------------------------------------- */

static void add_values(struct text *out, const struct preview *preview)
{
    const struct run_values *values = preview->values;

    if (values->count == 0)
        return;
    text_addf(out, "<dt>%s</dt><dd><ul>\n", _("Variables"));
    for (size_t i = 0; i < values->count; i++) {
        text_add(out, "<li>");
        html_add(out, values->sorted[i].name);
        text_add(out, " = ");
        if (values->sorted[i].value[0])
            html_add(out, values->sorted[i].value);
        else
            text_add(out, _("nothing"));
        text_add(out, "</li>\n");
    }
    text_add(out, "</ul></dd>\n");
}

static void add_message(struct text *out, const struct preview *preview)
{
    report_page_begin_section(out, "message", _("The message"));
    text_add(out, "<dl>\n");
    report_page_add_term(out, _("Plan"), preview->plan->title);
    report_page_add_term(out, _("Message"), preview->message->name);
    report_page_add_term(out, _("Kind"), translated(message_kind_name(preview->message->kind)));
    report_page_add_term(out, _("Mode"), report_mode_words(preview->mode));
    add_values(out, preview);
    text_add(out, "</dl>\n</section>\n");
}

/* --- the variants ---------------------------------------------------------------------------- */

static void add_row(struct text *out, const struct preview_variant *variant, size_t number)
{
    const size_t limit = variant->measure->channel->limits.limit;
    size_t longest = 0;

    for (size_t i = 0; i < variant->draft->part_count; i++)
        if (variant->measure->lengths[i] > longest)
            longest = variant->measure->lengths[i];
    text_addf(out, "<tr><th scope=\"row\"><a href=\"#variant-%zu\">%zu. ", number, number);
    html_add(out, variant->title);
    text_add(out, ", ");
    html_add(out, variant->draft->language);
    for (size_t i = 0; i < variant->other_count; i++) {
        text_add(out, ", ");
        html_add(out, variant->others[i].language);
    }
    text_addf(out,
              "</a></th><td class=\"number\">%zu</td><td class=\"number\">%zu</td>"
              "<td class=\"number\">%zu</td><td class=\"number\">",
              variant->member_count, variant->delivery_count, variant->draft->part_count);
    text_addf(out, _("%zu of %zu"), longest, limit);
    text_add(out, "</td></tr>\n");
}

static void add_overview(struct text *out, const struct preview *preview)
{
    static const struct report_page_head heads[] = {{N_("Variant"), false},
                                                    {N_("Municipalities"), true},
                                                    {N_("Deliveries"), true},
                                                    {N_("Posts"), true},
                                                    {N_("Longest post"), true}};

    report_page_begin_section(out, "variants", _("Variants"));
    text_addf(out, "<p>%s</p>\n",
              _("Texts that differ only in the municipality's own name, number, telephone or web "
                "address are one variant."));
    report_page_begin_table(out, _("Each variant with its municipalities and its length"), heads,
                            sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < preview->variant_count; i++)
        add_row(out, &preview->variants[i], i + 1);
    report_page_end_table(out);
    text_add(out, "</section>\n");
}

static bool begins_channel(const struct preview *preview, size_t index)
{
    const struct preview_variant *variants = preview->variants;

    return index == 0 ||
           strcmp(variants[index].draft->channel, variants[index - 1].draft->channel) != 0;
}

static void add_channels(struct sink *sink, const struct preview *preview,
                         struct preview_pictures *pictures, struct error *error)
{
    struct text *out = &sink->piece;

    for (size_t i = 0; i < preview->variant_count; i++) {
        const struct preview_variant *variant = &preview->variants[i];
        if (begins_channel(preview, i)) {
            text_add(out, i > 0 ? "</div>\n</section>\n" : "");
            report_page_begin_section(out, variant->draft->channel, variant->title);
            text_add(out, "<div class=\"variants\">\n");
        }
        preview_add_variant(out, preview, variant, i + 1, pictures);
        sink_settle(sink, error);
    }
    text_add(out, preview->variant_count > 0 ? "</div>\n</section>\n" : "");
}

static void end_page(struct text *out, const struct preview *preview)
{
    struct text time, program;

    text_init(&time, FOOTER_MAX_BYTES);
    text_init(&program, FOOTER_MAX_BYTES);
    report_page_add_time(&time, preview->made_unix_ms);
    html_add(&program, preview->program);
    text_add(out, "</main>\n<footer>\n<p>");
    text_addf(out, _("A preview: nothing was sent. Made %s by %s."), time.bytes, program.bytes);
    text_add(out, "</p>\n</footer>\n</body>\n</html>\n");
    text_release(&program);
    text_release(&time);
}

int preview_write(struct sink *sink, const struct preview *preview, struct error *error)
{
    struct preview_pictures pictures = {0};
    size_t media_count = 0;

    for (size_t i = 0; i < preview->variant_count; i++)
        media_count += preview->variants[i].draft->media_count;
    pictures.sha256 = memory_alloc_array(media_count, sizeof(*pictures.sha256));
    begin_page(&sink->piece, preview);
    add_message(&sink->piece, preview);
    add_problems(&sink->piece, preview);
    add_overview(&sink->piece, preview);
    add_channels(sink, preview, &pictures, error);
    end_page(&sink->piece, preview);
    memory_free(pictures.sha256);
    return sink_finish(sink, error);
}
