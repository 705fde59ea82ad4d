/* `preview`: each text as each channel will get it. */
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "net/loop.h"
#include "plan/differences.h"
#include "plan/render.h"
#include "plan/values.h"
#include "report/counted.h"
#include "wire/json.h"

#include "cmd/accounts.h"
#include "cmd/cards.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/media_view.h"
#include "cmd/output.h"
#include "cmd/output_file.h"
#include "cmd/preview_page.h"

/* Does the address of the earlier post go with the text? It is known when that one is. */
static bool has_link_back(const struct message *message, const struct draft *draft)
{
    return message->follows && channel_find(draft->channel)->following == FOLLOWS_LINK;
}

static void preview_as_json(const struct message *message, const struct preview_text *text)
{
    const struct draft *draft = text->draft;
    struct json_line line;

    json_line_begin(&line, "text");
    json_line_text(&line, "municipality", text->member->municipality->id);
    json_line_text(&line, "channel", draft->channel);
    json_line_text(&line, "language", draft->language);
    json_add_name(&line.text, "parts");
    text_add_char(&line.text, '[');
    for (size_t i = 0; i < draft->part_count; i++) {
        text_add(&line.text, i ? ",{" : "{");
        json_line_text(&line, "text", draft->parts[i]);
        json_line_number(&line, "length", (int64_t)text->measure->lengths[i]);
        json_line_number(&line, "limit", (int64_t)text->measure->channel->limits.limit);
        text_add_char(&line.text, '}');
    }
    text_add_char(&line.text, ']');
    if (has_link_back(message, draft))
        json_line_text(&line, "link_to", message->follows->name);
    media_view_add_json(&line, draft);
    media_view_add_card(&line, text->measure->card);
    json_line_number(&line, "deliveries", (int64_t)text->delivery_count);
    json_line_end(&line);
}

static void preview_as_text(const struct message *message, const struct preview_text *text)
{
    const struct draft *draft = text->draft;
    const struct municipality *municipality = text->member->municipality;

    for (size_t i = 0; i < draft->part_count; i++) {
        char number[64] = "";
        if (draft->part_count > 1)
            snprintf(number, sizeof(number), _(", part %zu of %zu"), i + 1, draft->part_count);
        output_styled(STYLE_BOLD, _("%s %s · %s · %s%s · %zu of %zu"), municipality->id,
                      municipality_name(municipality, draft->language), draft->channel,
                      draft->language, number, text->measure->lengths[i],
                      text->measure->channel->limits.limit);
        output_line("%s\n", draft->parts[i]);
        if (i == 0 && has_link_back(message, draft))
            output_line(_("[a link to the post of '%s']\n"), message->follows->name);
        if (i == 0)
            media_view_print(draft, text->measure->card);
    }
}

/* The accounts that there are; without a workspace, as if everybody had one of each kind. */
static int preview_accounts(struct context *context, const struct plan *plan,
                            struct render_request *request, struct error *error)
{
    struct chosen_accounts chosen;

    if (context->workspace) {
        if (context_open_store(context, STORE_READ, error) < 0 ||
            accounts_choose(context, plan, &chosen, error) < 0)
            return -1;
        if (chosen.count > 0) {
            request->accounts = chosen.accounts;
            request->account_count = chosen.count;
            return 0;
        }
        output_note(
            _("No account of this plan is registered: shown as if there were one of each."));
    }
    request->accounts = render_accounts(context->arena, plan, context->shapes,
                                        context->channel_count, &request->account_count);
    return accounts_narrow(context, plan, &request->accounts, &request->account_count, error);
}

static void warn_of_differences(const struct render_request *request, struct problems *problems)
{
    size_t count;
    const struct difference *differences =
        differences_find(problems->arena, request->plan, request->message, &count);

    differences_report(differences, count, problems);
    problems_sort(problems);
}

static void print_texts(const struct context *context, const struct message *message,
                        const struct rendering *rendering)
{
    const struct preview_text *texts = render_preview(context->arena, rendering);

    for (size_t i = 0; i < rendering->draft_count; i++) {
        if (output_is_json())
            preview_as_json(message, &texts[i]);
        else
            preview_as_text(message, &texts[i]);
    }
    if (!output_is_json())
        output_note(_("%s for %s"), counted_texts(rendering->draft_count).words,
                    counted_deliveries(rendering->delivery_count).words);
}

/* What was rendered goes to a page, a folder of cards, or the screen. */
static int show(struct context *context, const struct render_request *request,
                struct rendering *rendering, const struct problems *problems, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *cards = option_value(invocation, "cards");
    const char *html = option_value(invocation, "html");

    if (cards && (cards_draw(context, rendering, error) < 0 ||
                  cards_write(context, rendering, cards, error) < 0))
        return -1;
    if (html)
        return preview_page_write(context, request, rendering, problems, html,
                                  option_is_given(invocation, "force"), error);
    print_texts(context, request->message, rendering);
    return 0;
}

static int check_page(const struct invocation *invocation, struct error *error)
{
    const char *html = option_value(invocation, "html");

    if (html && strcmp(html, "-") == 0 && output_is_json())
        return error_set(error, ERROR_USAGE, _("only one form can go to standard output"));
    return html ? output_file_check(html, option_is_given(invocation, "force"), error) : 0;
}

static int run_preview(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct problems problems;
    struct plan *plan;
    const struct message *message;
    const struct run_values *values;
    struct rendering *rendering = NULL;
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);
    enum run_mode mode = option_is_given(invocation, "exercise") ? MODE_EXERCISE : MODE_LIVE;
    int result = -1;

    context_init(&context, invocation);
    problems_init(&problems, context.arena);
    if (check_page(invocation, error) < 0 || context_find_workspace(&context, error) < 0 ||
        context_load_plan(&context, argument_at(invocation, 0), false, &problems, &plan, error) <
            0 ||
        context_message(plan, argument_at(invocation, 1), &message, error) < 0)
        goto out;
    if (values_collect(context.arena, plan, sets, set_count, VALUES_TO_SHOW, &problems, &values) ==
        0) {
        struct render_request request =
            context_render_request(&context, plan, message, values, mode, clock_unix_ms());
        if (preview_accounts(&context, plan, &request, error) < 0)
            goto out;
        render_message(context.arena, &request, &problems, &rendering);
        warn_of_differences(&request, &problems);
        if (rendering && show(&context, &request, rendering, &problems, error) < 0)
            goto out;
    }
    output_problems(&problems, false);
    result =
        problems_any_error(&problems) ? context_problems_error(&problems, plan->file, error) : 0;
out:
    context_release(&context);
    return result;
}

static const struct option preview_options[] = {
    {"set", 0, "NAME=VALUE", true, N_("a variable's value")},
    {"only", 0, "SELECTOR", true,
     N_("only these: an id, county=ID, group=NAME, language=TAG, "
        "channel=KIND, all")},
    {"except", 0, "SELECTOR", true, N_("not these")},
    {"exercise", 0, NULL, false, N_("as in an exercise")},
    {"html", 0, "FILE", false, N_("writes one page to look through; - is standard output")},
    {"force", 0, NULL, false, N_("replaces FILE")},
    {"cards", 0, "FOLDER", false, N_("draw the text cards, and write them there")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_preview = {
    .name = "preview",
    .arguments = "PLAN [MESSAGE]",
    .summary = N_("Shows each text as each channel will get it, with its length and its limit"),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = preview_options,
    .run = run_preview,
};
