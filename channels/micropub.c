/*
 * Sites that take posts by Micropub (www.w3.org/TR/micropub), as JSON.
 *
 * The protocol has no key that makes a second post the same as the first. Ours has a slug made of
 * the delivery's key, which most sites take for the address; one that finds it taken puts a number
 * behind it. A site may also choose its own address. So a post in doubt is looked for in what the
 * site lists, by address and text.
 */
#include "channels/micropub.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/link_header.h"

#include "channels/access_token.h"
#include "channels/drivers.h"
#include "channels/refusal.h"
#include "channels/tasks.h"
#include "channels/upload.h"
#include "channels/web_text.h"

static const char *const stages[] = {
    "start",     "discovering", "configuring",      "uploading",       "posting",
    "comparing", "removing",    "finding-endpoint", "finding",         "deleting-endpoint",
    "deleting",  "confirming",  "checking-site",    "checking-config", NULL};

enum { MIB = 1024 * 1024 };

/* --- posting --------------------------------------------------------------------------------- */

/* Every property is a list. */
static void add_property(struct text *body, const char *name, const char *value)
{
    json_add_name(body, name);
    text_add_char(body, '[');
    json_add_string(body, value);
    text_add_char(body, ']');
}

static void add_content(const struct channel_job *job, struct text *body)
{
    struct text html;

    text_init(&html, WEB_HTML_MAX_BYTES);
    web_html_add(&html, job->draft, job->reply_to);
    json_add_name(body, "content");
    text_add(body, "[{");
    json_add_member(body, "html", html.bytes);
    text_add(body, "}]");
    body->overflowed |= html.overflowed;
    text_release(&html);
}

static enum channel_next send_post(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    const char *headline = job->draft->headline;
    struct text *body = &action->request.body;
    char endpoint[MICROPUB_ENDPOINT_SIZE], slug[WEB_SLUG_SIZE];

    progress->stage = MICROPUB_POSTING;
    if (!web_slug_write(job->key, slug))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT, N_("the delivery has no key"), action);
    if (!micropub_endpoint(job, progress, endpoint))
        return micropub_send_discovery(job, progress, MICROPUB_DISCOVERING, action);
    access_token_start_request(job, action, HTTP_POST, EFFECT_ONCE, endpoint, "");
    http_request_header(&action->request, "Content-Type", "application/json");
    text_add(body, "{\"type\":[\"h-entry\"],\"properties\":{");
    if (headline && headline[0])
        add_property(body, "name", headline);
    add_content(job, body);
    add_property(body, "mp-slug", slug);
    add_property(body, "post-status", "published");
    micropub_media_add(job, progress, body);
    text_add(body, "}}");
    return shared_send(job, action);
}

static enum channel_next send_delete(const struct channel_job *job,
                                     const struct channel_progress *progress, const char *page,
                                     struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE];

    if (!micropub_endpoint(job, progress, endpoint))
        return shared_end_incomplete(job, N_("the site's Micropub endpoint is not known"), action);
    access_token_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, endpoint, "");
    http_request_header(&action->request, "Content-Type", "application/json");
    text_add_char(&action->request.body, '{');
    json_add_member(&action->request.body, "action", "delete");
    json_add_member(&action->request.body, "url", page);
    text_add_char(&action->request.body, '}');
    return shared_send(job, action);
}

static void record(const struct channel_job *job, struct channel_progress *progress,
                   const char *page)
{
    struct post *post = &progress->posts[0];

    snprintf(post->id, sizeof(post->id), "%s", page);
    shared_copy_url(job, page, post->url, sizeof(post->url));
    progress->part = 1;
    progress->post_count = 1;
}

/* The page with exactly our slug, where this one has a number behind it. */
static bool first_page(const struct channel_job *job, const char *page, char out[POST_ID_SIZE])
{
    char slug[WEB_SLUG_SIZE];
    size_t length;
    const char *made = micropub_slug(page, &length);

    if (!web_slug_write(job->key, slug) ||
        web_slug_compare(slug, made, length) != WEB_SLUG_NUMBERED)
        return false;
    int needed =
        snprintf(out, POST_ID_SIZE, "%.*s%s%s", (int)(made - page), page, slug, made + length);
    return needed > 0 && needed < POST_ID_SIZE;
}

static enum channel_next send_comparison(const struct channel_job *job,
                                         struct channel_progress *progress,
                                         const struct http_reply *reply,
                                         struct channel_action *action)
{
    char first[POST_ID_SIZE];

    if (!first_page(job, progress->posts[0].id, first))
        return shared_end_well(reply, OUTCOME_POSTED, action);
    progress->stage = MICROPUB_COMPARING;
    return micropub_send_query(job, progress, "source", first, action);
}

static enum channel_next take_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE] = "", page[POST_ID_SIZE];
    struct verdict verdict = micropub_verdict(reply, root, EFFECT_ONCE);

    micropub_endpoint(job, progress, endpoint);
    if (micropub_location(reply, endpoint, page, sizeof(page))) {
        record(job, progress, page);
        return send_comparison(job, progress, reply, action);
    }
    if (upload_may_be_reason(progress, &verdict)) {
        upload_leave_out_all(progress);
        return send_post(job, progress, action);
    }
    return shared_end(job, reply, &verdict, action);
}

/* After "-2": is there another one of this delivery? Then the second one goes. A site that cannot
 * tell keeps it. */
static enum channel_next take_comparison(const struct channel_job *job,
                                         struct channel_progress *progress,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    if (!micropub_is_source(reply, root))
        return shared_end_well(reply, OUTCOME_POSTED, action);
    progress->stage = MICROPUB_REMOVING;
    return send_delete(job, progress, progress->posts[0].id, action);
}

static enum channel_next take_removal(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    char first[POST_ID_SIZE];

    if (shared_is_success(reply) && first_page(job, progress->posts[0].id, first)) {
        record(job, progress, first);
        return shared_end_well(reply, OUTCOME_POSTED, action);
    }
    return refusal_end_twice(job, reply, micropub_verdict(reply, root, EFFECT_REPEATABLE), action);
}

/* From the start, after a restart or a pause. A second post that must go goes first. */
static enum channel_next begin_post(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE];
    enum channel_next next;

    if (!micropub_endpoint(job, progress, endpoint))
        return micropub_send_discovery(job, progress, MICROPUB_DISCOVERING, action);
    if (progress->post_count > 0 && progress->stage == MICROPUB_REMOVING)
        return send_delete(job, progress, progress->posts[0].id, action);
    if (progress->post_count > 0 && progress->stage == MICROPUB_COMPARING)
        return send_comparison(job, progress, NULL, action);
    if (progress->post_count > 0)
        return shared_end_well(NULL, OUTCOME_POSTED, action);
    if (progress->stage != MICROPUB_POSTING &&
        micropub_media_step(job, progress, NULL, NULL, action, &next))
        return next;
    return send_post(job, progress, action);
}

static enum channel_next take_answer(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    enum channel_next next;

    switch (progress->stage) {
    case MICROPUB_DISCOVERING:
        if (!micropub_take_discovery(job, progress, reply, action, &next))
            return next;
        return begin_post(job, progress, action);
    case MICROPUB_CONFIGURING:
    case MICROPUB_UPLOADING:
        if (micropub_media_step(job, progress, reply, root, action, &next))
            return next;
        return send_post(job, progress, action);
    case MICROPUB_POSTING:
        return take_post(job, progress, reply, root, action);
    case MICROPUB_COMPARING:
        return take_comparison(job, progress, reply, root, action);
    case MICROPUB_REMOVING:
        return take_removal(job, progress, reply, root, action);
    default:
        return begin_post(job, progress, action);
    }
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    if (!reply)
        return begin_post(job, progress, action);
    return tasks_take(take_answer, job, progress, reply, action);
}

/* --- retracting ------------------------------------------------------------------------------ */

static enum channel_next delete_next(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE];

    if (progress->part >= progress->post_count)
        return shared_end_well(reply, OUTCOME_RETRACTED, action);
    if (!micropub_endpoint(job, progress, endpoint))
        return micropub_send_discovery(job, progress, MICROPUB_DELETING_ENDPOINT, action);
    progress->stage = MICROPUB_DELETING;
    return send_delete(job, progress, progress->posts[progress->part].id, action);
}

/* A site may refuse because it does not know the action, or because the page is gone. */
static enum channel_next take_deletion(const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply, const struct json *root,
                                       struct channel_action *action)
{
    bool is_page = reply->body_size > 0 && !root; /* of a login, or of a guard: no answer */

    if ((shared_is_success(reply) && !is_page) || reply->status == 410) {
        progress->part++;
        return delete_next(job, progress, reply, action);
    }
    if (!shared_is_success(reply) && reply->status != 400 && reply->status != 404 &&
        reply->status != 501)
        return micropub_end_refused(job, reply, root, EFFECT_REPEATABLE, action);
    progress->stage = MICROPUB_CONFIRMING;
    return micropub_send_query(job, progress, "source", progress->posts[progress->part].id, action);
}

static enum channel_next take_confirmation(const struct channel_job *job,
                                           struct channel_progress *progress,
                                           const struct http_reply *reply, const struct json *root,
                                           struct channel_action *action)
{
    struct verdict verdict = micropub_verdict(reply, root, EFFECT_REPEATABLE);

    if (micropub_says_gone(reply, root)) {
        progress->part++;
        return delete_next(job, progress, reply, action);
    }
    if (reply->status == 400 || reply->status == 501 || micropub_is_source(reply, root)) {
        verdict.result = OUTCOME_FAILED;
        verdict.kind = FAILURE_PERMISSION;
        verdict.sentence = N_("the site does not delete posts by Micropub");
        verdict.detail = NULL;
        verdict.next = N_("ask the municipality to delete the post on its site by hand");
    }
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next take_retract(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    enum channel_next next;

    if (progress->stage == MICROPUB_DELETING_ENDPOINT) {
        if (!micropub_take_discovery(job, progress, reply, action, &next))
            return next;
        return delete_next(job, progress, NULL, action);
    }
    return progress->stage == MICROPUB_DELETING
               ? take_deletion(job, progress, reply, root, action)
               : take_confirmation(job, progress, reply, root, action);
}

static enum channel_next step_retract(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, struct channel_action *action)
{
    bool is_under_way = progress->stage == MICROPUB_DELETING ||
                        progress->stage == MICROPUB_DELETING_ENDPOINT ||
                        progress->stage == MICROPUB_CONFIRMING;

    if (!is_under_way) {
        progress->part = 0;
        reply = NULL;
    }
    if (!reply || progress->part >= progress->post_count)
        return delete_next(job, progress, NULL, action);
    return tasks_take(take_retract, job, progress, reply, action);
}

/* --- checking -------------------------------------------------------------------------------- */

static enum channel_next send_config(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     struct channel_action *action)
{
    progress->stage = MICROPUB_CHECKING_CONFIG;
    return micropub_send_query(job, progress, "config", NULL, action);
}

/* The protocol has no way to ask what a token may do; a site answers q=config to who has one. */
static enum channel_next take_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, const struct json *root,
                                    struct channel_action *action)
{
    struct channel_outcome *outcome = &action->outcome;
    const char *set = account_setting(job->account, "endpoint");
    char endpoint[MICROPUB_ENDPOINT_SIZE] = "";

    micropub_endpoint(job, progress, endpoint);
    if (!shared_is_success(reply) || !json_is_object(root))
        return micropub_end_refused(job, reply, root, EFFECT_NONE, action);
    if (strlen(endpoint) >= sizeof(outcome->learnt_value))
        return shared_end_unfit(job, reply, FAILURE_PROTOCOL,
                                N_("the address of the site's Micropub endpoint is too long"),
                                action);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    shared_copy_words(job, endpoint, outcome->identity, sizeof(outcome->identity));
    if (!set || !set[0])
        shared_learn(job, "endpoint", endpoint, outcome);
    return NEXT_DONE;
}

static enum channel_next step_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE];
    enum channel_next next;

    if (reply && progress->stage == MICROPUB_CHECKING_SITE) {
        if (!micropub_take_discovery(job, progress, reply, action, &next))
            return next;
        return send_config(job, progress, action);
    }
    if (reply && progress->stage == MICROPUB_CHECKING_CONFIG)
        return tasks_take(take_check, job, progress, reply, action);
    if (!micropub_endpoint(job, progress, endpoint))
        return micropub_send_discovery(job, progress, MICROPUB_CHECKING_SITE, action);
    return send_config(job, progress, action);
}

/* --- the driver ------------------------------------------------------------------------------ */

static const char *missing_part(const struct channel_job *job)
{
    const char *fault = access_token_fault(job);
    const char *site = account_setting(job->account, "site");
    const char *endpoint = account_setting(job->account, "endpoint");

    if (fault)
        return fault;
    if (!site || !url_is_acceptable(site))
        return N_("the account's setting 'site' is not an https address");
    if (endpoint && endpoint[0] &&
        (!url_is_acceptable(endpoint) || strlen(endpoint) >= MICROPUB_ENDPOINT_SIZE))
        return N_("the account's setting 'endpoint' is not an https address, or too long");
    return NULL;
}

static const struct driver_tasks tasks = {
    .parts_max = 1,
    .missing = missing_part,
    .post = step_post,
    .find = micropub_step_find,
    .retract = step_retract,
    .check = step_check,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"site", false, true, true, N_("the site's address, as in https://www.kommune.no")},
    {"endpoint", false, false, true,
     N_("the site's Micropub endpoint; the check finds it out where the site names it in a "
        "header")},
    {"access-token", true, true, false,
     N_("a token of the site that may create, upload media and delete")},
    {NULL, false, false, false, NULL},
};

const struct channel_driver channel_micropub = {
    .name = "micropub",
    .title = N_("Micropub site"),
    .features = FEATURE_FIND | FEATURE_RETRACT | FEATURE_CHECK | FEATURE_WEB | FEATURE_OWN_URL,
    .following = FOLLOWS_LINK,
    .address = "site",
    .limits = {.unit = TEXT_UNIT_BYTES, .limit = WEB_TEXT_MAX_BYTES, .threads = false},
    .media = {.images_max = 4,
              .image_max_bytes = (size_t)8 * MIB,
              .image_types = "image/jpeg image/png",
              .alt_max = 1000},
    .fields = fields,
    .stages = stages,
    .step = step,
    .answers = {{600, 3000}, 1},
};
