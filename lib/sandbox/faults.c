#include "sandbox/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"

#include "sandbox/sandbox.h"

enum {
    FAULT_RULES_MAX = 256,
    FAULT_WORD_MAX_BYTES = 256,
    SLOW_DEFAULT_MS = 5000,
    LIMIT_DEFAULT_SECONDS = 1,
    DURATION_MAX = 24 * 60 * 60 * 1000,
};

static const char *const channel_names[CHANNEL_COUNT] = {
    [CHANNEL_NONE] = "",
    [CHANNEL_FACEBOOK] = "facebook",
    [CHANNEL_X] = "x",
    [CHANNEL_MASTODON] = "mastodon",
    [CHANNEL_BLUESKY] = "bluesky",
    [CHANNEL_TELEGRAM] = "telegram",
    [CHANNEL_INSTAGRAM] = "instagram",
    [CHANNEL_THREADS] = "threads",
    [CHANNEL_YOUTUBE] = "youtube",
    [CHANNEL_WEBHOOK] = "webhook",
    [CHANNEL_WORDPRESS] = "wordpress",
    [CHANNEL_MICROPUB] = "micropub",
};

/* In the order of enum fault_kind. */
static const struct sandbox_fault_help fault_table[FAULT_KIND_COUNT] = {
    [FAULT_SLOW] = {"slow", true, N_("answers rightly, but only after ms=5000 more")},
    [FAULT_HANG] = {"hang", false, N_("never answers")},
    [FAULT_HANG_AFTER] = {"hang-after", true, N_("acts, then never answers")},
    [FAULT_RESET_BEFORE] = {"reset-before", false, N_("resets the whole connection (TCP RST)")},
    [FAULT_RESET_AFTER] = {"reset-after", true, N_("acts, then resets the whole connection")},
    [FAULT_STREAM_RESET_BEFORE] =
        {"stream-reset-before", false,
         N_("resets this request's HTTP/2 stream (HTTP/1.1: reset-before)")},
    [FAULT_STREAM_RESET_AFTER] = {"stream-reset-after", true,
                                  N_("acts, then resets this request's stream (HTTP/1.1: "
                                     "reset-after)")},
    [FAULT_REFUSE_STREAM] = {"refuse-stream", false,
                             N_("HTTP/2 REFUSED_STREAM (HTTP/1.1: closes without an answer)")},
    [FAULT_500_BEFORE] = {"500-before", false, N_("500, the network's own body")},
    [FAULT_500_AFTER] = {"500-after", true, N_("acts, then 500")},
    [FAULT_502_BEFORE] = {"502-before", false, N_("502 with an empty body")},
    [FAULT_502_AFTER] = {"502-after", true, N_("acts, then 502 with an empty body")},
    [FAULT_503_BEFORE] = {"503-before", false, N_("503, the network's own body")},
    [FAULT_503_AFTER] = {"503-after", true, N_("acts, then 503")},
    [FAULT_429] = {"429", false,
                   N_("too many requests, for this account during the next seconds=1")},
    [FAULT_EXPIRED_TOKEN] = {"expired-token", false, N_("says that the token has expired")},
    [FAULT_DUPLICATE] = {"duplicate", false, N_("refuses the text as one already posted")},
    [FAULT_REFUSE] = {"refuse", false,
                      N_("the network's own error with this code=, such as 368 on "
                         "facebook or 402 on x; webhook, wordpress, micropub: that "
                         "status")},
    [FAULT_TRUNCATED] = {"truncated", true,
                         N_("acts, sends half an answer, then closes (HTTP/2: "
                            "resets the stream)")},
    [FAULT_GARBAGE] = {"garbage", true, N_("acts, then 200 with bytes that mean nothing")},
    [FAULT_HTML] = {"html", true, N_("acts, then 502 with an HTML page")},
    [FAULT_LARGE] = {"large", true, N_("acts, then an answer of 8 MiB")},
    [FAULT_CLOSE_IDLE] = {"close-idle", false,
                          N_("closes a connection that was used before instead "
                             "of answering")},
    [FAULT_GOAWAY] = {"goaway", false,
                      N_("HTTP/2 GOAWAY that leaves this request out (HTTP/1.1: "
                         "closes without an answer)")},
    [FAULT_LATE] = {"late", true,
                    N_("acts, then resets this request's stream; lists the post only "
                       "after ms=5000")},
    [FAULT_IGNORE_KEY] = {"ignore-key", true,
                          N_("acts and answers rightly, but as a server that knows no "
                             "Idempotency-Key; mastodon")},
    [FAULT_UNREADY] = {"unready", true,
                       N_("makes the container, which is ready only after ms=5000; "
                          "instagram, threads")},
    [FAULT_SPOILT] = {"spoilt", true,
                      N_("makes the container, which then ends in an error; instagram, threads")},
    [FAULT_OUTAGE] = {"outage", false,
                      N_("resets all connections and refuses new ones during ms=5000")},
    [FAULT_TLS_RESET] = {"tls-reset", false, N_("resets a new connection in its TLS handshake")},
    [FAULT_WRONG_CERTIFICATE] = {"wrong-certificate", false,
                                 N_("shows a new connection a certificate of another authority")},
};

static bool is_of_handshake(enum fault_kind kind)
{
    return kind == FAULT_TLS_RESET || kind == FAULT_WRONG_CERTIFICATE;
}

const struct sandbox_fault_help *sandbox_fault_help(size_t *count)
{
    *count = FAULT_KIND_COUNT;
    return fault_table;
}

const char *sandbox_fault_name(enum fault_kind kind)
{
    return fault_table[kind].kind;
}

bool sandbox_fault_acts(enum fault_kind kind)
{
    return fault_table[kind].acts;
}

enum channel sandbox_channel_find(const char *name)
{
    for (size_t i = 1; i < CHANNEL_COUNT; i++) {
        if (strcmp(channel_names[i], name) == 0)
            return (enum channel)i;
    }
    return CHANNEL_NONE;
}

const char *sandbox_channel_name(enum channel channel)
{
    return channel_names[channel];
}

static bool read_count(const char *value, uint64_t max, uint64_t *out)
{
    char *end;

    if (*value < '0' || *value > '9')
        return false;
    errno = 0;
    *out = strtoull(value, &end, 10);
    return errno == 0 && *end == '\0' && *out <= max;
}

/* The point is a full stop whatever the locale: 0, 1, 0.3, 1.0. */
static bool read_rate(const char *value, double *out)
{
    double unit = 1;

    if (*value != '0' && *value != '1')
        return false;
    *out = *value++ - '0';
    if (*value == '.') {
        if (*++value == '\0')
            return false;
        for (; *value >= '0' && *value <= '9'; value++) {
            unit /= 10;
            *out += unit * (*value - '0');
        }
    }
    return *value == '\0' && *out <= 1;
}

static bool read_on(const char *value, enum fault_on *out)
{
    static const struct {
        const char *name;
        enum fault_on on;
    } names[] = {{"any", ON_ANY}, {"post", ON_POST}, {"delete", ON_DELETE}, {"read", ON_READ}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, value) == 0) {
            *out = names[i].on;
            return true;
        }
    }
    return false;
}

/* false: the value is none for this key; *known tells whether the key is one. */
static bool rule_set(struct fault_rule *rule, const char *key, const char *value, bool *known)
{
    uint64_t number = 0;
    bool fine = false;

    *known = true;
    if (strcmp(key, "channel") == 0) {
        rule->channel = sandbox_channel_find(value);
        fine = rule->channel != CHANNEL_NONE;
    } else if (strcmp(key, "municipality") == 0) {
        fine = *value != '\0' && strlen(value) < sizeof(rule->municipality);
        if (fine)
            memcpy(rule->municipality, value, strlen(value) + 1);
    } else if (strcmp(key, "path") == 0) {
        fine = *value != '\0' && strlen(value) < sizeof(rule->path);
        if (fine)
            memcpy(rule->path, value, strlen(value) + 1);
    } else if (strcmp(key, "rate") == 0) {
        fine = read_rate(value, &rule->rate);
    } else if (strcmp(key, "on") == 0) {
        fine = read_on(value, &rule->on);
    } else if (strcmp(key, "times") == 0) {
        fine = read_count(value, UINT64_MAX, &rule->times) && rule->times > 0;
    } else if (strcmp(key, "after") == 0) {
        fine = read_count(value, UINT64_MAX, &rule->after);
    } else if (strcmp(key, "ms") == 0) {
        fine = read_count(value, DURATION_MAX, &number);
        rule->ms = (int64_t)number;
    } else if (strcmp(key, "seconds") == 0) {
        fine = read_count(value, DURATION_MAX / 1000, &number);
        rule->seconds = (int64_t)number;
    } else if (strcmp(key, "code") == 0) {
        fine = read_count(value, 1000000000, &number);
        rule->code = (int)number;
    } else {
        *known = false;
    }
    return fine;
}

static int rule_start(struct fault_rule *rule, const char *kind, struct error *error)
{
    size_t i = 0;

    while (i < FAULT_KIND_COUNT && strcmp(fault_table[i].kind, kind) != 0)
        i++;
    if (i == FAULT_KIND_COUNT) {
        error_set(error, ERROR_USAGE, _("unknown fault '%s'"), kind);
        return error_next(error, _("see the list of faults in: crisis help sandbox"));
    }
    *rule = (struct fault_rule){
        .kind = (enum fault_kind)i,
        .rate = 1,
        .ms = SLOW_DEFAULT_MS,
        .seconds = LIMIT_DEFAULT_SECONDS,
        .on = ON_ANY,
    };
    if ((fault_table[i].acts && i != FAULT_SLOW) || i == FAULT_DUPLICATE)
        rule->on = ON_CHANGE;
    return 0;
}

static int rule_read(struct fault_rule *rule, char *word, struct error *error)
{
    char *rest = word;
    char *part = strsep(&rest, ":");

    if (rule_start(rule, part, error) < 0)
        return -1;
    while (rest != NULL) {
        /* A colon inside a value cannot be told from the next key: none of the values has one. */
        char *value = strsep(&rest, ":");
        char *key = strsep(&value, "=");
        bool known;
        if (value == NULL)
            return error_set(error, ERROR_USAGE, _("fault '%s': '%s' is not KEY=VALUE"), part, key);
        if (!rule_set(rule, key, value, &known)) {
            if (!known)
                return error_set(
                    error, ERROR_USAGE,
                    _("fault '%s': unknown key '%s' (channel, municipality, path, rate, "
                      "times, after, on, ms, seconds, code)"),
                    part, key);
            return error_set(error, ERROR_USAGE, _("fault '%s': '%s' is no value for '%s'"), part,
                             value, key);
        }
    }
    if (rule->kind == FAULT_REFUSE && rule->code == 0)
        return error_set(error, ERROR_USAGE, _("fault 'refuse' needs code="));
    if (is_of_handshake(rule->kind) &&
        (rule->channel != CHANNEL_NONE || rule->municipality[0] != '\0' || rule->path[0] != '\0' ||
         rule->on != ON_ANY))
        return error_set(error, ERROR_USAGE,
                         _("fault '%s' comes before any request: it takes rate, times and after"),
                         part);
    return 0;
}

int sandbox_faults_read(struct fault_rules *rules, const char *specification, struct error *error)
{
    char *copy = memory_strdup(specification);
    char *rest = copy;
    int result = 0;

    while (result == 0 && rest != NULL) {
        char *word = strsep(&rest, ",");
        if (rules->count == FAULT_RULES_MAX || strlen(word) > FAULT_WORD_MAX_BYTES) {
            result = error_set(error, ERROR_USAGE, _("too many faults, or one that is too long"));
            break;
        }
        rules->items = memory_resize(rules->items, (rules->count + 1) * sizeof(*rules->items));
        result = rule_read(&rules->items[rules->count], word, error);
        if (result == 0)
            rules->count++;
    }
    memory_free(copy);
    return result;
}

int sandbox_faults_check(const char *specification, struct error *error)
{
    struct fault_rules rules = {0};
    int result = sandbox_faults_read(&rules, specification, error);

    sandbox_faults_release(&rules);
    return result;
}

void sandbox_faults_reset(struct fault_rules *rules)
{
    rules->random = rules->seed;
    for (size_t i = 0; i < rules->count; i++)
        rules->items[i].seen = rules->items[i].done = 0;
}

void sandbox_faults_release(struct fault_rules *rules)
{
    memory_free(rules->items);
    *rules = (struct fault_rules){0};
}

/* SplitMix64. */
double sandbox_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return (double)(z >> 11) / 9007199254740992.0;
}

static bool rule_is_for_method(const struct fault_rule *rule, const char *method)
{
    bool is_post = strcmp(method, "POST") == 0;
    bool is_delete = strcmp(method, "DELETE") == 0;

    switch (rule->on) {
    case ON_POST:
        return is_post;
    case ON_DELETE:
        return is_delete;
    case ON_READ:
        return !is_post && !is_delete;
    case ON_CHANGE:
        return is_post || is_delete;
    case ON_ANY:
        break;
    }
    return true;
}

/* The rule's municipality is that of the request, or with a star the beginning of it; or, whole,
 * the account's key: some key of another place begins like every place. */
static bool rule_names(const struct fault_rule *rule, const struct fault_subject *subject)
{
    const char *place = subject->municipality;
    size_t length = strlen(rule->municipality);

    if (subject->key != NULL && strcmp(rule->municipality, subject->key) == 0)
        return true;
    if (place == NULL)
        return false;
    if (rule->municipality[length - 1] == '*')
        return strncmp(rule->municipality, place, length - 1) == 0;
    return strcmp(rule->municipality, place) == 0;
}

static bool ends_with(const char *string, const char *end)
{
    size_t length = strlen(string), end_length = strlen(end);

    return length >= end_length && strcmp(string + length - end_length, end) == 0;
}

static bool rule_matches(const struct fault_rule *rule, const struct fault_subject *subject)
{
    if (is_of_handshake(rule->kind))
        return false;
    if (rule->channel != CHANNEL_NONE && rule->channel != subject->channel)
        return false;
    if (rule->municipality[0] != '\0' && !rule_names(rule, subject))
        return false;
    if (rule->path[0] != '\0' && !ends_with(subject->path, rule->path))
        return false;
    if (rule->kind == FAULT_CLOSE_IDLE && !subject->connection_reused)
        return false;
    return rule_is_for_method(rule, subject->method);
}

/* Counts one that matches; whether it applies this time. */
static bool rule_applies(struct fault_rules *rules, struct fault_rule *rule)
{
    rule->seen++;
    if (rule->seen <= rule->after || (rule->times > 0 && rule->done >= rule->times))
        return false;
    if (rule->rate < 1 && sandbox_random(&rules->random) >= rule->rate)
        return false;
    rule->done++;
    return true;
}

const struct fault_rule *sandbox_faults_choose(struct fault_rules *rules,
                                               const struct fault_subject *subject)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rule_matches(&rules->items[i], subject) && rule_applies(rules, &rules->items[i]))
            return &rules->items[i];
    return NULL;
}

const struct fault_rule *sandbox_faults_choose_connection(struct fault_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (is_of_handshake(rules->items[i].kind) && rule_applies(rules, &rules->items[i]))
            return &rules->items[i];
    return NULL;
}
