#include "cmd/report_log.h"

#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/language.h"

enum value_name {
    VALUE_TIME,
    VALUE_TYPE,
    VALUE_RUN,
    VALUE_DELIVERY,
    VALUE_REASON,
    VALUE_KEYS,
    VALUE_STATEMENTS,
    VALUE_EMERGENCY,
    VALUE_COUNT,
};

static const char *const value_keys[VALUE_COUNT] = {
    [VALUE_TIME] = "time",
    [VALUE_TYPE] = "type",
    [VALUE_RUN] = "run",
    [VALUE_DELIVERY] = "delivery",
    [VALUE_REASON] = "reason",
    [VALUE_KEYS] = "approved-by",
    [VALUE_STATEMENTS] = "statements",
    [VALUE_EMERGENCY] = "emergency",
};

/* Entries that are not told by their type's name. */
static const struct {
    enum entry_type type;
    const char *words;
} event_words[] = {
    {ENTRY_DRY_RUN, N_("dry run")},
    {ENTRY_RUN_STARTED, N_("begun")},
    {ENTRY_CANARY, N_("after the canaries")},
    {ENTRY_RUN_RESUMED, N_("resumed")},
    {ENTRY_STOP_ASKED, N_("asked to stop")},
    {ENTRY_RUN_STOPPED, N_("left unfinished")},
    {ENTRY_RUN_FINISHED, N_("finished")},
    {ENTRY_RETRACT_STARTED, N_("retraction begun")},
    {ENTRY_RETRACT_ENDED, N_("retraction ended")},
};

struct value {
    const char *bytes; /* NULL: the entry has none */
    size_t length;
};

struct log_reading {
    struct arena *arena;
    const char *run;
    struct value values[VALUE_COUNT]; /* of the entry that is read */
    struct report *report;
    struct report_event *events;
    size_t event_count, event_capacity;
};

static bool is(const struct value *value, const char *word)
{
    return value->bytes && value->length == strlen(word) &&
           memcmp(value->bytes, word, value->length) == 0;
}

static void on_field(void *context, const char *key, size_t key_length, const char *value,
                     size_t value_length)
{
    struct log_reading *reading = context;
    const struct value name = {key, key_length};

    for (size_t i = 0; i < VALUE_COUNT; i++)
        if (is(&name, value_keys[i])) {
            reading->values[i] = (struct value){value, value_length};
            return;
        }
}

static const char *copy(struct log_reading *reading, enum value_name name)
{
    const struct value *value = &reading->values[name];

    return value->bytes ? arena_strndup(reading->arena, value->bytes, value->length) : "";
}

static const char *words_of(struct log_reading *reading)
{
    const char *words = NULL;

    for (size_t i = 0; i < sizeof(event_words) / sizeof(event_words[0]); i++)
        if (is(&reading->values[VALUE_TYPE], entry_type_name(event_words[i].type)))
            words = translated(event_words[i].words);
    if (!words)
        words = copy(reading, VALUE_TYPE);
    if (!reading->values[VALUE_REASON].bytes)
        return words;
    return arena_printf(reading->arena, "%s: %s", words, translated(copy(reading, VALUE_REASON)));
}

static void add_event(struct log_reading *reading)
{
    int64_t unix_ms = 0;

    (void)rfc3339_parse(copy(reading, VALUE_TIME), &unix_ms); /* 0 is shown as none */
    reading->events = arena_grow(reading->arena, reading->events, reading->event_count,
                                 &reading->event_capacity, sizeof(*reading->events));
    reading->events[reading->event_count++] = (struct report_event){unix_ms, words_of(reading)};
}

/* The next word of a line of words, in the arena; "" at its end. */
static const char *next_word(struct arena *arena, const char **at)
{
    size_t length = strcspn(*at, " ");
    const char *word = arena_strndup(arena, *at, length);

    *at += length;
    *at += strspn(*at, " ");
    return word;
}

/* Both lists are in the same order. */
static void take_approvals(struct log_reading *reading)
{
    struct report *report = reading->report;
    const char *keys = copy(reading, VALUE_KEYS), *statements = copy(reading, VALUE_STATEMENTS);
    struct report_approval *approvals = NULL;
    size_t capacity = 0;

    report->approval_count = 0;
    while (*keys) {
        approvals = arena_grow(reading->arena, approvals, report->approval_count, &capacity,
                               sizeof(*approvals));
        approvals[report->approval_count++] = (struct report_approval){
            next_word(reading->arena, &keys), next_word(reading->arena, &statements)};
    }
    report->approvals = approvals;
    if (reading->values[VALUE_EMERGENCY].bytes)
        report->emergency = copy(reading, VALUE_EMERGENCY);
}

static bool look_at(void *context, const struct stored_entry *entry)
{
    struct log_reading *reading = context;
    const char *body;
    size_t body_size;

    memset(reading->values, 0, sizeof(reading->values));
    if (!entry_read(entry->bytes, entry->size_bytes, on_field, reading, &body, &body_size) ||
        reading->values[VALUE_DELIVERY].bytes || !is(&reading->values[VALUE_RUN], reading->run))
        return true;
    add_event(reading);
    if (is(&reading->values[VALUE_TYPE], entry_type_name(ENTRY_RUN_STARTED)))
        take_approvals(reading);
    return true;
}

int report_log_read(struct arena *arena, struct store *store, const char *run, struct report *out,
                    struct error *error)
{
    struct log_reading reading = {.arena = arena, .run = run, .report = out};

    if (store_entries(store, 0, look_at, &reading, error) < 0)
        return -1;
    out->events = reading.events;
    out->event_count = reading.event_count;
    return 0;
}
