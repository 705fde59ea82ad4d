#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "net/loop.h"

#include "dispatch/attempt.h"

static const char actor[] = "dispatcher";

void attempt_key(const struct delivery *delivery, char out[KEY_TEXT_SIZE])
{
    struct text text;
    text_init(&text, KEY_TEXT_SIZE - 1);
    base64url_add(&text, delivery->key, sizeof(delivery->key));
    snprintf(out, KEY_TEXT_SIZE, "%s", text.bytes);
    text_release(&text);
}

static void begin_entry(const struct attempt *attempt, enum entry_type type, struct text *entry)
{
    const struct run_record *run = attempt->dispatcher->options->run;
    const struct delivery *delivery = attempt->delivery;
    const struct account *account = attempt_account(delivery);

    entry_begin(entry, type, actor, clock_unix_ms());
    entry_add(entry, "run", run->id);
    entry_add(entry, "mode", run_mode_name(run->mode));
    entry_add(entry, "delivery", attempt->key);
    entry_add(entry, "municipality", account->municipality);
    entry_add(entry, "channel", account->channel);
    entry_add(entry, "account", account->label);
    entry_add(entry, "language", delivery->language);
    entry_add_number(entry, "attempt", delivery->attempts);
}

/* The hashes of what goes with the first part, in order, in one line. */
static void add_media(const struct draft *draft, struct text *entry)
{
    struct text hashes;

    text_init(&hashes, MEDIA_PER_MESSAGE_MAX * (SHA256_SIZE * 2 + 1));
    for (size_t i = 0; i < draft->media_count; i++)
        text_addf(&hashes, "%s%s", i > 0 ? " " : "", draft->media[i].sha256);
    if (hashes.length > 0)
        entry_add(entry, "media-sha256", hashes.bytes);
    text_release(&hashes);
}

static void add_posts(const struct attempt *attempt, struct text *entry)
{
    for (size_t i = 0; i < attempt->progress.post_count; i++) {
        entry_add(entry, "post", attempt->progress.posts[i].id);
        entry_add(entry, "url", attempt->progress.posts[i].url);
    }
}

/* The text that this request would publish: one part of a thread, or the whole. Of what is taken
 * back: all its posts. */
void attempt_intent_entry(const struct attempt *attempt, struct text *entry)
{
    size_t part = attempt->progress.part;
    if (attempt->task == TASK_RETRACT) {
        begin_entry(attempt, ENTRY_RETRACT_ATTEMPT, entry);
        add_posts(attempt, entry);
        return;
    }
    begin_entry(attempt, ENTRY_ATTEMPT, entry);
    if (attempt->draft->part_count > 1) {
        entry_add_number(entry, "part", (int64_t)part + 1);
        entry_add_number(entry, "parts", (int64_t)attempt->draft->part_count);
    }
    if (part >= attempt->draft->part_count)
        return;
    if (part == 0)
        add_media(attempt->draft, entry);
    const char *text = attempt->draft->parts[part];
    if (strlen(text) < AUDIT_ENTRY_MAX_BYTES / 2) {
        entry_add_body(entry, text);
        return;
    }
    unsigned char hash[SHA256_SIZE];
    struct text hex;
    sha256(text, strlen(text), hash);
    text_init(&hex, SHA256_SIZE * 2);
    hex_add(&hex, hash, sizeof(hash));
    entry_add(entry, "text-sha256", hex.bytes);
    text_release(&hex);
}

static enum entry_type type_of_outcome(enum channel_task task)
{
    return task == TASK_FIND      ? ENTRY_LOOK_UP
           : task == TASK_RETRACT ? ENTRY_RETRACTED
                                  : ENTRY_OUTCOME;
}

/* Of a post, now or a moment ago. */
static size_t count_left_out(const struct attempt *attempt)
{
    return attempt->end == DELIVERY_POSTED && attempt->task != TASK_RETRACT
               ? channel_left_out_count(&attempt->progress)
               : 0;
}

void attempt_outcome_entry(const struct attempt *attempt, struct text *entry)
{
    begin_entry(attempt, type_of_outcome(attempt->task), entry);
    entry_add(entry, "state", delivery_state_name(attempt->end));
    if (attempt->http_status)
        entry_add_number(entry, "http-status", attempt->http_status);
    if (count_left_out(attempt) > 0)
        entry_add_number(entry, "media-left-out", (int64_t)count_left_out(attempt));
    if (attempt->has_failure) {
        entry_add(entry, "failure", failure_kind_name(attempt->failure.kind));
        entry_add(entry, "code", attempt->failure.code);
    }
    add_posts(attempt, entry);
}

void attempt_report(const struct attempt *attempt)
{
    const struct dispatch_observer *observer = &attempt->dispatcher->options->observer;
    const struct delivery *delivery = attempt->delivery;
    const struct account *account = attempt_account(delivery);
    struct delivery_report told = {
        .key = attempt->key,
        .municipality = account->municipality,
        .municipality_name = delivery->addressee->municipality_name,
        .channel = account->channel,
        .account = account->label,
        .language = delivery->language,
        .state = attempt->end,
        .posts = attempt->progress.posts,
        .post_count = attempt->progress.post_count,
        .attempts = delivery->attempts,
        .duration_ms = loop_now_ms(attempt->dispatcher->options->loop) - delivery->first_started_ms,
        .failure = attempt->has_failure ? &attempt->failure : NULL,
        .retry_in_ms = attempt->retry_in_ms,
        .left_out_count = count_left_out(attempt),
    };
    if (observer->delivery)
        observer->delivery(observer->context, &told);
}
