#include "dispatch/run.h"

#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/memory.h"
#include "trust/approval.h"

#include "dispatch/follow.h"
#include "dispatch/texts.h"

enum { KEY_SOURCE_MAX_BYTES = 4096 };

const char *run_make_id(struct arena *arena, const char *plan, const char *message,
                        int64_t started_unix_ms)
{
    char time[RFC3339_SIZE];
    unsigned char random[2];

    basic_time_format(started_unix_ms, time);
    random_bytes(random, sizeof(random));
    return arena_printf(arena, "%s.%s.%s.%02x%02x", plan, message, time, random[0], random[1]);
}

void run_delivery_key(const char *run, const char *municipality, const char *channel,
                      const char *account, const char *language, unsigned char out[16])
{
    unsigned char hash[SHA256_SIZE];
    struct text source;

    text_init(&source, KEY_SOURCE_MAX_BYTES);
    text_addf(&source, "%s\n%s\n%s\n%s\n%s", run, municipality, channel, account, language);
    sha256(source.bytes, source.length, hash);
    memcpy(out, hash, 16);
    text_release(&source);
}

int64_t run_expires_unix_ms(const struct message *message, int64_t started_unix_ms)
{
    if (message->expires_at_unix_ms)
        return message->expires_at_unix_ms;
    return started_unix_ms +
           (message->expires_after_ms ? message->expires_after_ms : EXPIRY_DEFAULT_MS);
}

static const char *kind_name(enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_ALERT:
        return "alert";
    case MESSAGE_UPDATE:
        return "update";
    case MESSAGE_CORRECTION:
        return "correction";
    case MESSAGE_CANCEL:
        return "cancel";
    case MESSAGE_ALL_CLEAR:
        return "all-clear";
    case MESSAGE_INFORMATION:
        return "information";
    }
    return "";
}

static size_t count_municipalities(const struct rendering *rendering)
{
    size_t count = 0;
    const struct audience_member *last = NULL; /* deliveries stand in the audience's order */
    for (size_t i = 0; i < rendering->delivery_count; i++) {
        count += rendering->deliveries[i].member != last;
        last = rendering->deliveries[i].member;
    }
    return count;
}

/* What the deliveries of a run are made of. */
struct making {
    const char *run;
    const struct rendering *rendering;
    const bool *canaries; /* NULL: none */
    unsigned char (*keys)[16];
};

static void make_delivery(const void *context, size_t index, struct new_delivery *out)
{
    const struct making *making = context;
    const struct rendered_delivery *from = &making->rendering->deliveries[index];

    *out = (struct new_delivery){
        .municipality = from->account->municipality,
        .municipality_name = municipality_name(from->member->municipality, from->language),
        .channel = from->account->channel,
        .account = from->account->label,
        .language = from->language,
        .draft = from->draft,
        .is_canary = making->canaries && making->canaries[index],
    };
    memcpy(out->key, making->keys[index], sizeof(out->key));
}

static void make_keys(struct making *making)
{
    const size_t count = making->rendering->delivery_count;

    making->keys = memory_alloc_array(count + 1, sizeof(*making->keys));
    for (size_t i = 0; i < count; i++) {
        const struct rendered_delivery *from = &making->rendering->deliveries[i];
        run_delivery_key(making->run, from->account->municipality, from->account->channel,
                         from->account->label, from->language, making->keys[i]);
    }
}

/* Who let it through: keys, not names; and the statements that they signed, in the same order. Each
 * list is one line, so that a key stands once in an entry. */
static void add_approvals(const struct verified_run *verified, struct text *entry)
{
    char short_hash[STATEMENT_SHORT_HASH_SIZE];
    struct text keys, statements;
    size_t count;
    const struct approval_finding *approvals = verified_run_approvals(verified, &count);

    text_init(&keys, AUDIT_ENTRY_MAX_BYTES);
    text_init(&statements, AUDIT_ENTRY_MAX_BYTES);
    if (verified_run_is_emergency(verified))
        entry_add(entry, "emergency", "BREAK GLASS: ONE APPROVER ACTED ALONE; TO BE REVIEWED");
    for (size_t i = 0; i < count; i++) {
        const char *separator = keys.length > 0 ? " " : "";
        if (!approvals[i].counts &&
            !(approvals[i].counts_alone && verified_run_is_emergency(verified)))
            continue;
        statement_short_hash(approvals[i].file->statement, approvals[i].file->statement_size,
                             short_hash);
        text_addf(&keys, "%s%s", separator, approvals[i].fingerprint);
        text_addf(&statements, "%s%s", separator, short_hash);
    }
    entry_add(entry, "approved-by", keys.bytes);
    entry_add(entry, "statements", statements.bytes);
    text_release(&statements);
    text_release(&keys);
}

static void start_entry(const struct run_record *run, const struct verified_run *verified,
                        const unsigned char texts[SHA256_SIZE], const char *canary_words,
                        struct text *entry)
{
    struct text hex;
    char expires[RFC3339_SIZE];

    text_init(&hex, SHA256_SIZE * 2);
    hex_add(&hex, run->plan_sha256, sizeof(run->plan_sha256));
    rfc3339_format_seconds(run->expires_unix_ms, expires);
    entry_begin(entry, run->mode == MODE_DRY_RUN ? ENTRY_DRY_RUN : ENTRY_RUN_STARTED, "coordinator",
                run->started_unix_ms);
    entry_add(entry, "run", run->id);
    entry_add(entry, "plan", run->plan);
    entry_add(entry, "plan-sha256", hex.bytes);
    entry_add(entry, "message", run->message);
    entry_add(entry, "kind", run->kind);
    entry_add(entry, "mode", run_mode_name(run->mode));
    entry_add(entry, "expires", expires);
    entry_add_number(entry, "threshold", run->threshold);
    entry_add_number(entry, "municipalities", (int64_t)run->municipality_count);
    entry_add_number(entry, "deliveries", (int64_t)run->delivery_count);
    entry_add(entry, "canary", canary_words);
    text_reset(&hex);
    hex_add(&hex, texts, SHA256_SIZE);
    entry_add(entry, "deliveries-sha256", hex.bytes);
    add_approvals(verified, entry);
    text_release(&hex);
}

int run_create(struct store *store, struct arena *arena, const struct render_request *request,
               const struct rendering *rendering, const struct verified_run *verified,
               const struct run_source *source, struct run_record **out, struct error *error)
{
    struct run_record *run = arena_alloc(arena, sizeof(*run));
    unsigned char texts[SHA256_SIZE];
    struct text entry;

    run->id = request->run;
    run->plan = request->plan->id;
    run->plan_file = source->plan_file;
    run->approval = source->approval;
    run->message = request->message->name;
    run->kind = kind_name(request->message->kind);
    run->follows = follow_names(arena, request->plan, request->message);
    run->mode = verified_run_mode(verified);
    run->state = RUN_UNFINISHED;
    run->canary = source->canaries ? CANARY_FIRST : CANARY_NONE;
    run->threshold = verified_run_threshold(verified);
    run->started_unix_ms = request->sent_unix_ms;
    run->expires_unix_ms = run_expires_unix_ms(request->message, request->sent_unix_ms);
    run->municipality_count = count_municipalities(rendering);
    run->delivery_count = rendering->delivery_count;
    memcpy(run->plan_sha256, request->plan->sha256, sizeof(run->plan_sha256));

    struct making making = {.run = run->id, .rendering = rendering, .canaries = source->canaries};
    make_keys(&making);
    const struct new_deliveries deliveries = {
        .count = rendering->delivery_count, .get = make_delivery, .context = &making};
    texts_of_new(rendering->drafts, rendering->draft_count, &deliveries, texts);
    start_entry(run, verified, texts, source->canary_words, &entry);
    int result = store_run_create(store, run, rendering->drafts, rendering->draft_count,
                                  &deliveries, &entry, error);
    text_release(&entry);
    memory_free(making.keys);
    if (result == 0)
        *out = run;
    return result;
}
