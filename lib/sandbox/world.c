#include "sandbox/world.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

#include "sandbox/network.h"

enum {
    LARGE_ANSWER_BYTES = 8 * 1024 * 1024,
    GARBAGE_BYTES = 700,
};

static const struct network *const networks[CHANNEL_COUNT] = {
    [CHANNEL_FACEBOOK] = &sandbox_facebook, [CHANNEL_X] = &sandbox_x,
    [CHANNEL_MASTODON] = &sandbox_mastodon, [CHANNEL_BLUESKY] = &sandbox_bluesky,
    [CHANNEL_TELEGRAM] = &sandbox_telegram, [CHANNEL_INSTAGRAM] = &sandbox_instagram,
    [CHANNEL_THREADS] = &sandbox_threads,   [CHANNEL_YOUTUBE] = &sandbox_youtube,
    [CHANNEL_WEBHOOK] = &sandbox_webhook,   [CHANNEL_WORDPRESS] = &sandbox_wordpress,
    [CHANNEL_MICROPUB] = &sandbox_micropub,
};

int sandbox_world_init(struct world *world, const struct sandbox_options *options,
                       struct error *error)
{
    *world = (struct world){
        .seed = options->seed,
        .rate_limits_off = options->rate_limits_off,
        .duplicates_allowed = options->duplicates_allowed,
    };
    world->faults.seed = world->faults.random = world->latencies.random = options->seed;
    for (size_t i = 0; i < options->latency_count; i++) {
        if (sandbox_latency_read(&world->latencies, options->latencies[i], error) < 0)
            return -1;
    }
    for (size_t i = 0; i < options->fault_count; i++) {
        if (sandbox_faults_read(&world->faults, options->faults[i], error) < 0)
            return -1;
    }
    if (options->accounts_file_text == NULL)
        return 0;
    return sandbox_accounts_read(world, options->accounts_file_text, options->accounts_length,
                                 error);
}

static void world_forget(struct world *world)
{
    sandbox_posts_forget(world);
    sandbox_accounts_forget_bindings(world);
    sandbox_bluesky_forget_sessions(world);
    sandbox_containers_forget(world);
    sandbox_youtube_forget(world);
    sandbox_table_release(&world->nonces);
    sandbox_table_release(&world->old_nonces);
    world->nonces_since_ms = 0;
}

void sandbox_world_reset(struct world *world)
{
    uint64_t connections = world->counts.connections;

    world_forget(world);
    sandbox_faults_reset(&world->faults);
    world->counts = (struct sandbox_counts){.connections = connections};
}

void sandbox_world_release(struct world *world)
{
    world->given_count = 0; /* so that all accounts go */
    world_forget(world);
    sandbox_table_release(&world->by_key);
    sandbox_table_release(&world->by_token);
    memory_free(world->accounts);
    sandbox_faults_release(&world->faults);
    *world = (struct world){0};
}

void sandbox_trace_id(struct world *world, char out[24])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    uint64_t bits[2];

    bits[0] = (world->seed ^ ++world->serial) * 6364136223846793005ULL;
    bits[1] = (bits[0] ^ (bits[0] >> 31)) * 1442695040888963407ULL;
    for (int i = 0; i < 22; i++) {
        out[i] = letters[bits[i / 11] & 63];
        bits[i / 11] >>= 6;
    }
    out[22] = '\0';
}

bool sandbox_token_is_formed(const char *token)
{
    size_t length = strlen(token);

    if (length == 0 || length > SANDBOX_TOKEN_MAX_BYTES)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (token[i] <= ' ' || token[i] > '~' || token[i] == '"' || token[i] == '\'')
            return false;
    }
    return true;
}

const char *sandbox_bearer_token(const struct request *request)
{
    const char *authorization = sandbox_request_value(request, "authorization");

    if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    return authorization + 7;
}

bool sandbox_is_number(const char *string)
{
    size_t length = strspn(string, "0123456789");

    return length >= 1 && length <= 19 && string[length] == '\0';
}

/* Which network a path belongs to; *rest is the path in its own terms. */
static enum channel channel_of(const char *path, const char **rest)
{
    for (size_t i = 1; i < CHANNEL_COUNT; i++) {
        size_t length = strlen(networks[i]->prefix);
        if (strncmp(path, networks[i]->prefix, length) == 0 &&
            (path[length] == '/' || path[length] == '\0')) {
            *rest = path + length;
            return (enum channel)i;
        }
    }
    *rest = path;
    if (strncmp(path, "/2/", 3) == 0)
        return CHANNEL_X;
    if (path[0] == '/' && path[1] == 'v' && path[2] >= '0' && path[2] <= '9')
        return CHANNEL_FACEBOOK;
    if (strncmp(path, "/api/v1/", 8) == 0 || strncmp(path, "/api/v2/", 8) == 0)
        return CHANNEL_MASTODON;
    if (strncmp(path, "/xrpc/", 6) == 0)
        return CHANNEL_BLUESKY;
    if (strncmp(path, "/bot", 4) == 0 && path[4] >= '0' && path[4] <= '9')
        return CHANNEL_TELEGRAM;
    if (strncmp(path, "/upload/youtube/", 16) == 0 || strcmp(path, "/token") == 0)
        return CHANNEL_YOUTUBE;
    return CHANNEL_NONE;
}

static void answer_forget(struct answer *answer)
{
    text_reset(&answer->body);
    text_reset(&answer->values);
    answer->header_count = 0;
}

static void answer_plain(struct answer *answer, unsigned status, const char *type, const char *body)
{
    answer_forget(answer);
    answer->status = status;
    if (type != NULL)
        sandbox_answer_header(answer, "content-type", "%s", type);
    text_add(&answer->body, body);
}

/* Faults that come instead of acting. */
static void fault_before(struct world *world, struct exchange *exchange,
                         const struct fault_rule *rule, const struct network *network,
                         struct account *account)
{
    struct answer *answer = &exchange->answer;

    switch (rule->kind) {
    case FAULT_HANG:
        answer->style = ANSWER_NEVER;
        break;
    case FAULT_RESET_BEFORE:
        answer->style = ANSWER_RESET_CONNECTION;
        break;
    case FAULT_STREAM_RESET_BEFORE:
        answer->style = ANSWER_RESET_STREAM;
        break;
    case FAULT_REFUSE_STREAM:
        answer->style = ANSWER_REFUSE_STREAM;
        break;
    case FAULT_CLOSE_IDLE:
        answer->style = ANSWER_CLOSE;
        break;
    case FAULT_GOAWAY:
        answer->style = ANSWER_GOAWAY;
        break;
    case FAULT_OUTAGE:
        answer->style = ANSWER_OUTAGE;
        answer->outage_ms = rule->ms;
        break;
    case FAULT_502_BEFORE:
        answer_plain(answer, 502, NULL, "");
        break;
    case FAULT_503_BEFORE:
        network->trouble(world, exchange, TROUBLE_UNAVAILABLE, account, rule->seconds);
        break;
    case FAULT_429:
        if (account != NULL)
            account->limited_until_ms = world->now_ms + rule->seconds * 1000;
        network->trouble(world, exchange, TROUBLE_LIMIT, account, rule->seconds);
        break;
    case FAULT_EXPIRED_TOKEN:
        if (account != NULL)
            account->session_expired = account->session_count;
        network->trouble(world, exchange, TROUBLE_EXPIRED, account, 0);
        break;
    case FAULT_DUPLICATE:
        network->trouble(world, exchange, TROUBLE_DUPLICATE, account, 0);
        break;
    case FAULT_REFUSE:
        if (!network->refuse(world, exchange, rule->code))
            network->trouble(world, exchange, TROUBLE_SERVER, account, 0);
        break;
    default:
        network->trouble(world, exchange, TROUBLE_SERVER, account, 0);
        break;
    }
}

static void answer_make_large(struct answer *answer)
{
    char blanks[1024];

    memset(blanks, ' ', sizeof(blanks));
    while (answer->body.length < LARGE_ANSWER_BYTES)
        text_add_bytes(&answer->body, blanks, sizeof(blanks));
}

static void answer_make_garbage(struct world *world, struct answer *answer)
{
    uint64_t bits = world->seed + world->serial++;

    answer_plain(answer, 200, "application/json; charset=UTF-8", "");
    for (int i = 0; i < GARBAGE_BYTES; i++) {
        bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
        text_add_char(&answer->body, (char)(bits >> 56));
    }
}

/* Faults that spoil the answer to a request that was handled. */
static void fault_after(struct world *world, struct exchange *exchange,
                        const struct fault_rule *rule, const struct network *network,
                        struct account *account)
{
    struct answer *answer = &exchange->answer;

    switch (rule->kind) {
    case FAULT_IGNORE_KEY:
    case FAULT_UNREADY:
    case FAULT_SPOILT:
        break;
    case FAULT_SLOW:
        answer->delay_ms += rule->ms;
        break;
    case FAULT_HANG_AFTER:
        answer->style = ANSWER_NEVER;
        break;
    case FAULT_RESET_AFTER:
        answer->style = ANSWER_RESET_CONNECTION;
        break;
    case FAULT_STREAM_RESET_AFTER:
    case FAULT_LATE:
        answer->style = ANSWER_RESET_STREAM;
        break;
    case FAULT_502_AFTER:
        answer_plain(answer, 502, NULL, "");
        break;
    case FAULT_HTML:
        answer_plain(answer, 502, "text/html",
                     "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
                     "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n");
        break;
    case FAULT_503_AFTER:
        answer_forget(answer);
        network->trouble(world, exchange, TROUBLE_UNAVAILABLE, account, rule->seconds);
        break;
    case FAULT_TRUNCATED:
        answer->style = ANSWER_HALF;
        break;
    case FAULT_GARBAGE:
        answer_make_garbage(world, answer);
        break;
    case FAULT_LARGE:
        answer_make_large(answer);
        break;
    default:
        answer_forget(answer);
        network->trouble(world, exchange, TROUBLE_SERVER, account, 0);
        break;
    }
}

static bool is_named_by_path(enum channel channel)
{
    return channel == CHANNEL_WEBHOOK || channel == CHANNEL_WORDPRESS ||
           channel == CHANNEL_MICROPUB;
}

static const struct fault_rule *
world_choose_fault(struct world *world, const struct request *request, enum channel channel,
                   const struct account *account, const struct path_parts *path)
{
    const char *place = path->count > 0 ? path->items[0] : NULL;
    struct fault_subject subject = {
        .channel = channel,
        .municipality = account != NULL ? account->municipality : NULL,
        /* A receiver or site that is not known yet has its name in the path. */
        .key = account != NULL             ? account->key
               : is_named_by_path(channel) ? place
                                           : NULL,
        .method = networks[channel]->does != NULL ? networks[channel]->does(path) : request->method,
        .path = request->path,
        .connection_reused = request->connection_reused,
    };

    return sandbox_faults_choose(&world->faults, &subject);
}

static const char *network_handle(struct world *world, struct exchange *exchange,
                                  enum channel channel, const char *rest, struct outcome *outcome)
{
    const struct network *network = networks[channel];
    const struct fault_rule *rule;
    struct path_parts path;

    if (exchange->request.head_too_large || exchange->request.body_too_large) {
        network->trouble(world, exchange,
                         exchange->request.head_too_large ? TROUBLE_HEAD : TROUBLE_BODY, NULL, 0);
        return NULL;
    }
    if (!sandbox_path_split(&path, *rest == '\0' ? "/" : rest)) {
        network->trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
        return NULL;
    }
    outcome->account = network->identify(world, &exchange->request, &path);
    if (outcome->account != NULL && outcome->account->limited_until_ms > world->now_ms) {
        int64_t left_ms = outcome->account->limited_until_ms - world->now_ms;
        network->trouble(world, exchange, TROUBLE_LIMIT, outcome->account, (left_ms + 999) / 1000);
        return sandbox_fault_name(FAULT_429);
    }
    rule = world_choose_fault(world, &exchange->request, channel, outcome->account, &path);
    if (rule != NULL && !sandbox_fault_acts(rule->kind)) {
        fault_before(world, exchange, rule, network, outcome->account);
        return sandbox_fault_name(rule->kind);
    }
    world->container_delay_ms = rule != NULL && rule->kind == FAULT_UNREADY ? rule->ms : 0;
    world->container_spoilt = rule != NULL && rule->kind == FAULT_SPOILT;
    world->key_ignored = rule != NULL && rule->kind == FAULT_IGNORE_KEY;
    network->handle(world, exchange, &path, outcome);
    if (rule == NULL)
        return NULL;
    if (rule->kind == FAULT_LATE && outcome->post != NULL)
        outcome->post->listed_ms = world->now_ms + rule->ms;
    fault_after(world, exchange, rule, network, outcome->account);
    return sandbox_fault_name(rule->kind);
}

void sandbox_world_handle(struct world *world, struct exchange *exchange, int64_t now_ms)
{
    const char *rest;
    struct outcome outcome = {.channel = channel_of(exchange->request.path, &rest)};
    const char *fault;

    world->now_ms = now_ms;
    if (outcome.channel == CHANNEL_NONE) {
        sandbox_pages_handle(world, exchange);
        return;
    }
    exchange->answer.delay_ms = sandbox_latency_next_ms(&world->latencies, outcome.channel);
    fault = network_handle(world, exchange, outcome.channel, rest, &outcome);
    sandbox_log_add(world, exchange, &outcome, fault);
}
