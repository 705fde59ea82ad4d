#include "conversation.h"

#include "base/utf8.h"
#include "wire/link_header.h"

#include "fuzz.h"

enum { STEPS_MAX = 64, SECRET_BEGINNING_BYTES = 8, TEXT_SIZE = 1024 };

static const char digest[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const struct media fuzz_pictures[FUZZ_PICTURES] = {
    {MEDIA_IMAGE, "image/png", "kart.png", "Kart over \"flom\"", digest, "PNG", 3, 1080, 1080,
     "https://krise.example.no/media/kart.png"},
    {MEDIA_IMAGE, "image/jpeg", "bilde.jpg", "Elva", digest, "JPEG", 4, 0, 0, NULL},
};

static const int64_t now_unix_ms = INT64_C(1795169472000);

/* One conversation under way, and what the last answer and request were. */
struct conversation {
    const struct conversation_setting *setting;
    struct channel_job job;
    struct channel_progress progress;
    struct channel_action action;
    const uint8_t *data;
    size_t size;
    int status;                 /* of the last answer; 0: none yet */
    enum request_effect effect; /* of the request that it answers */
    unsigned posts_before, successes;
};

/* --- secrets --------------------------------------------------------------------------------- */

static int hex_digit(char digit)
{
    const char digits[] = "0123456789abcdef";
    const char *at =
        digit ? strchr(digits, digit | ((digit >= 'A' && digit <= 'F') ? 0x20 : 0)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* The character that an escape stands for: %XX, \\u00XX or \\X. */
static size_t read_escape(const char *at, char *out)
{
    const bool is_json = strncmp(at, "\\u00", 4) == 0;
    const char *digits = is_json ? at + 4 : at + 1;

    if ((is_json || at[0] == '%') && hex_digit(digits[0]) >= 0 && hex_digit(digits[1]) >= 0 &&
        strncmp(digits, "00", 2) != 0) {
        *out = (char)(hex_digit(digits[0]) * 16 + hex_digit(digits[1]));
        return (size_t)(digits - at) + 2;
    }
    const size_t length = at[0] == '\\' && at[1] ? 2 : 1;
    *out = at[length - 1];
    return length;
}

/* An escape that was cut off is none: the text ends before it. */
static bool is_cut_escape(const char *at)
{
    static const char json[] = "\\u00";
    const size_t length = strlen(at);

    return (at[0] == '%' && length < 3) ||
           (at[0] == '\\' && (length < 5 ? strncmp(at, json, length) == 0
                                         : length == 5 && strncmp(at, json, 4) == 0));
}

/* As a reader would who undoes escapes once. */
static void unescape(const char *text, char out[TEXT_SIZE])
{
    size_t length = 0;

    for (const char *at = text; *at && length + 1 < TEXT_SIZE && !is_cut_escape(at);)
        at += read_escape(at, &out[length++]);
    out[length] = '\0';
}

/* Not the secret, and not its beginning that was cut off. */
static void require_not(const char *text, const char *secret)
{
    const size_t length = strlen(text);

    require(!strstr(text, secret), "no secret stands in what people read");
    for (size_t part = SECRET_BEGINNING_BYTES; part < strlen(secret) && part <= length; part++)
        require(memcmp(text + length - part, secret, part) != 0,
                "no beginning of a secret stands at the end");
}

static void require_none_of(const struct conversation *c, const struct credential *credential,
                            const char *text)
{
    const char *end = credential->pairs + credential->size_bytes;
    const char *public_name = c->setting->public_name;

    for (const char *at = credential->pairs; at < end;) {
        const char *name = at, *value = at + strlen(at) + 1;
        at = value + strlen(value) + 1;
        if (!public_name || strcmp(name, public_name) != 0)
            require_not(text, value);
    }
}

static void require_hidden(const struct conversation *c, const char *text)
{
    require_none_of(c, c->job.credential, text);
    require_none_of(c, c->job.app, text);
    const bool is_first = c->job.credential == &c->setting->credentials[0];
    for (size_t i = 0; is_first && c->setting->spellings && c->setting->spellings[i]; i++)
        require_not(text, c->setting->spellings[i]);
}

static void require_fit_to_read(const struct conversation *c, const char *text)
{
    char unescaped[TEXT_SIZE];
    const size_t length = strlen(text);

    require(utf8_valid_prefix(text, length) == length, "a message is whole characters");
    require(utf8_find_forbidden(text) == 0 && !strpbrk(text, "\n\r\t"), "a message is one line");
    unescape(text, unescaped);
    require_hidden(c, text);
    require_hidden(c, unescaped);
}

/* --- what must hold -------------------------------------------------------------------------- */

static bool is_lawful(enum channel_task task, enum outcome_result result)
{
    switch (task) {
    case TASK_POST:
        return result == OUTCOME_POSTED || result == OUTCOME_RETRY || result == OUTCOME_UNCLEAR ||
               result == OUTCOME_DUPLICATE || result == OUTCOME_FAILED;
    case TASK_FIND:
        return result == OUTCOME_POSTED || result == OUTCOME_ABSENT || result == OUTCOME_UNKNOWN;
    case TASK_RETRACT:
        return result == OUTCOME_RETRACTED || result == OUTCOME_RETRY || result == OUTCOME_FAILED;
    case TASK_CHECK:
        return result == OUTCOME_CHECKED || result == OUTCOME_RETRY || result == OUTCOME_FAILED;
    case TASK_RENEW:
        return result == OUTCOME_RENEWED || result == OUTCOME_RETRY || result == OUTCOME_FAILED;
    }
    return false;
}

static bool is_reading(const struct http_request *request)
{
    return request->effect == EFFECT_NONE &&
           (request->method == HTTP_GET || request->method == HTTP_HEAD);
}

/* A whole host, with nothing behind it but a slash. */
static bool is_origin(const char *endpoint)
{
    return strcmp(endpoint + strlen("https://") + strcspn(endpoint + strlen("https://"), "/"),
                  "/") == 0;
}

static void check_request(struct conversation *c)
{
    const struct http_request *request = &c->action.request;
    const char *endpoint = c->setting->endpoint;

    require(http_request_is_whole(request), "only a whole request is sent");
    if (c->setting->driver->features & FEATURE_LOCAL)
        require(!strchr(request->url.bytes, ':') && !strstr(request->url.bytes, ".."),
                "it has a name, and no address");
    else
        require(url_is_acceptable(request->url.bytes), "it has an address");
    require(strncmp(request->url.bytes, endpoint, strlen(endpoint)) == 0 ||
                (is_origin(endpoint) && url_is_same_origin(request->url.bytes, endpoint)),
            "a credential goes to its own network only");
    if (c->job.task == TASK_FIND && !c->job.draft->document)
        require(request->effect != EFFECT_ONCE, "looking posts nothing");
    if (c->job.task == TASK_CHECK)
        require(request->effect == EFFECT_NONE, "a check changes nothing");
    if (c->job.task == TASK_RETRACT)
        require(request->effect == EFFECT_REPEATABLE || is_reading(request),
                "deleting twice does no harm");
    c->effect = request->effect;
}

static void check_posts(const struct conversation *c)
{
    require(c->progress.post_count <= c->job.draft->part_count ||
                c->progress.post_count <= c->posts_before,
            "there are not more posts than parts");
    for (unsigned i = 0; i < c->progress.post_count; i++) {
        const struct post *post = &c->progress.posts[i];
        require(post->id[0] && !post->id[strspn(post->id, c->setting->id_characters)],
                "a post has the network's id");
        require(!post->url[0] || url_is_acceptable(post->url), "a permalink is an address");
        require_hidden(c, post->url);
    }
}

static void check_posting(const struct conversation *c)
{
    const struct channel_outcome *outcome = &c->action.outcome;
    const bool is_success = c->status >= 200 && c->status <= 299;

    require(c->progress.post_count <= c->posts_before + c->successes,
            "each post was answered with success");
    if (outcome->result == OUTCOME_POSTED)
        require(is_success || c->posts_before + c->successes >= c->job.draft->part_count,
                "posted: a success says so of each part");
    if (outcome->result == OUTCOME_UNCLEAR)
        require(c->effect == EFFECT_ONCE && c->status != 0, "only what happens once is in doubt");
    if (outcome->result == OUTCOME_DUPLICATE)
        require(!is_success || c->effect == EFFECT_NONE, "a success is no refusal, but of a look");
}

static void check_end(const struct conversation *c)
{
    const struct channel_outcome *outcome = &c->action.outcome;
    const struct failure *failure = &outcome->failure;

    require(is_lawful(c->job.task, outcome->result), "the task can end so");
    require(outcome->http_status == 0 || outcome->http_status == c->status ||
                (outcome->http_status >= 400 && outcome->http_status <= 599),
            "the status is the last answer's, or the one that its body tells");
    require_fit_to_read(c, failure->code);
    require_fit_to_read(c, failure->message);
    require_fit_to_read(c, failure->next);
    require_fit_to_read(c, outcome->identity);
    require_fit_to_read(c, outcome->learnt_value);
    require(outcome->retry_after_ms >= -1 && outcome->retry_after_ms <= 24 * 60 * 60 * 1000,
            "a wait is at most a day");
    require(outcome->result != OUTCOME_FAILED || failure->kind != FAILURE_NONE,
            "a failure has a kind");
    require((failure->kind == FAILURE_NONE) == (failure->message[0] == '\0'),
            "what has a kind is said in words");
    check_posts(c);
    if (outcome->result == OUTCOME_POSTED)
        require(c->progress.post_count == c->job.draft->part_count, "posted: every part");
    if (outcome->result == OUTCOME_ABSENT || outcome->result == OUTCOME_RETRACTED)
        require(c->status == 0 || c->status < 500, "an error of the network's own proves nothing");
    if (outcome->result == OUTCOME_RENEWED)
        require(c->action.renewed.secret && c->action.renewed.length > 0 &&
                    !c->action.renewed.overflowed,
                "what is renewed is whole, and secret");
    if (c->job.task == TASK_POST)
        check_posting(c);
}

/* --- playing --------------------------------------------------------------------------------- */

static void take_answer(struct conversation *c, struct http_reply *reply)
{
    static const int usual[] = {200, 201, 204, 301, 400, 401, 402, 403,
                                404, 408, 410, 413, 429, 500, 503};

    static const struct {
        uint8_t byte;
        int status;
    } unusual[] = {{2, 202}, {6, 206}, {8, 308}};

    c->status = usual[c->data[0] % (sizeof(usual) / sizeof(usual[0]))];
    for (size_t i = 0; i < sizeof(unusual) / sizeof(unusual[0]); i++)
        if (c->data[0] == unusual[i].byte)
            c->status = unusual[i].status;
    c->successes += c->status <= 299;
    c->data++;
    c->size--;
    char *headers = fuzz_take_string(&c->data, &c->size);
    const size_t before = c->size;
    const uint8_t *body = c->data;
    char *copy = fuzz_take_string(&c->data, &c->size);
    const bool is_separated = before > c->size && body[before - c->size - 1] == FUZZ_SEPARATOR;
    *reply = (struct http_reply){.status = c->status,
                                 .headers = headers,
                                 .body = copy,
                                 .body_size = before - c->size - (is_separated ? 1 : 0),
                                 .received_unix_ms = now_unix_ms};
}

/* The same request again: nothing of it may depend on what was not kept in progress. What only
 * reads may begin anew, also with a request that does no harm twice; a picture that has been tried
 * too often is given up, which is kept; and an upload may be asked first what it has. */
static enum channel_next restart(struct conversation *c)
{
    const unsigned polls = c->progress.polls;
    char *url = strdup(c->action.request.url.bytes);
    char *body = strdup(c->action.request.body.bytes);
    const enum channel_next next =
        c->setting->driver->step(&c->job, &c->progress, NULL, &c->action);
    const struct http_request *request = &c->action.request;

    const bool is_given_up = c->progress.polls < polls;
    const bool asks_first = request->effect == EFFECT_NONE;
    const bool begins_anew = c->effect == EFFECT_NONE && request->effect == EFFECT_REPEATABLE;
    require(next == NEXT_SEND &&
                (is_given_up || asks_first || begins_anew || request->effect == c->effect),
            "a restart goes on");
    const bool may_begin_anew =
        is_given_up || asks_first || c->effect == EFFECT_NONE || c->job.task == TASK_RENEW;
    require(may_begin_anew || (url && body && strcmp(url, request->url.bytes) == 0 &&
                               strcmp(body, request->body.bytes) == 0),
            "a restart goes on with the same request");
    c->effect = request->effect;
    free(body);
    free(url);
    return next;
}

static enum channel_next answer(struct conversation *c)
{
    const struct channel_driver *driver = c->setting->driver;
    struct pace_hint hint = {0};
    struct http_reply reply;

    take_answer(c, &reply);
    if (driver->pace)
        driver->pace(&reply, &hint);
    require(hint.account_wait_ms >= 0 && hint.app_wait_ms >= 0, "a pace is no time that was");
    const unsigned posts = c->progress.post_count;
    const enum channel_next next = driver->step(&c->job, &c->progress, &reply, &c->action);
    require(c->job.task != TASK_POST || c->progress.post_count <= posts || c->status <= 299,
            "a post is there when a success says so");
    free((char *)(uintptr_t)reply.headers);
    free((char *)(uintptr_t)reply.body);
    return next;
}

static enum channel_next go_on(struct conversation *c, enum channel_next next)
{
    if (next == NEXT_PAUSE) {
        require(c->action.pause_ms >= 0, "a pause is no time that was");
        return c->setting->driver->step(&c->job, &c->progress, NULL, &c->action);
    }
    check_request(c);
    if (c->data[0] != CONVERSATION_RESTART)
        return answer(c);
    c->data++;
    c->size--;
    return restart(c);
}

static void play(struct conversation *c)
{
    enum channel_next next = c->setting->driver->step(&c->job, &c->progress, NULL, &c->action);

    for (int step = 0; step < STEPS_MAX && c->size > 0; step++) {
        if (next != NEXT_SEND && next != NEXT_PAUSE)
            break;
        next = go_on(c, next);
        require(c->progress.post_count <= THREAD_PARTS_MAX, "there is room for every post");
    }
    if (next == NEXT_RENEW)
        require((c->setting->driver->features & FEATURE_RENEW) && c->job.task != TASK_RENEW,
                "only what can be renewed is");
    if (next == NEXT_DONE)
        check_end(c);
}

static const char *const parts[] = {"Kok vannet & ta det med ro: https://oslo.kommune.no/vann",
                                    "2/3 Butikker har vann.", "3/3 Vi sier fra."};

static void make_draft(const struct conversation_setting *setting, bool is_thread, bool has_media,
                       struct draft *draft)
{
    const bool may_be_thread = (setting->driver->features & FEATURE_THREADS) != 0;

    *draft = (struct draft){.channel = setting->driver->name,
                            .language = "nb",
                            .headline = "",
                            .parts = parts,
                            .part_count = 1,
                            .media = setting->media,
                            .media_count = has_media ? setting->media_count : 0,
                            .document = setting->document};
    if (is_thread && may_be_thread)
        draft->part_count = sizeof(parts) / sizeof(parts[0]);
}

static void make_posts(struct conversation *c, unsigned count)
{
    c->posts_before = count;
    c->progress.post_count = count;
    c->progress.part = count;
    for (unsigned i = 0; i < count; i++)
        snprintf(c->progress.posts[i].id, sizeof(c->progress.posts[i].id), "10%u", i);
}

void conversation_play(const struct conversation_setting *setting, const uint8_t *data, size_t size)
{
    static const char *const known_ids[] = {"101"};
    struct post reply_to = {.url = "https://example.org/55"};
    struct account account = setting->account;
    struct conversation c = {.setting = setting};
    struct draft draft;

    if (size < 3)
        return;
    make_draft(setting, (data[0] & 16) != 0, (data[0] & 32) == 0, &draft);
    snprintf(reply_to.id, sizeof(reply_to.id), "%s", setting->reply_to);
    account.setting_count -= data[2] & 8 ? 1 : 0;
    c.job = (struct channel_job){.task = (enum channel_task)((data[0] & 7) % (TASK_RENEW + 1)),
                                 .account = &account,
                                 .network = &setting->network,
                                 .credential = &setting->credentials[data[0] & 8 ? 1 : 0],
                                 .app = &setting->app,
                                 .draft = &draft,
                                 .key = "AAECAwQFBgcICQoLDA0ODw",
                                 .known_ids = known_ids,
                                 .known_id_count = data[1] & 16 ? 1 : 0,
                                 .reply_to = data[2] & 4 ? &reply_to : NULL,
                                 .now_unix_ms = now_unix_ms,
                                 .first_sent_unix_ms = now_unix_ms};
    c.progress.stage = (data[1] & 15) % 9;
    make_posts(&c, (data[2] & 3) % ((unsigned)draft.part_count + 1));
    if (setting->handle && c.job.task == TASK_FIND)
        snprintf(c.progress.handle, sizeof(c.progress.handle), "%s", setting->handle);
    c.data = data + 3;
    c.size = size - 3;
    channel_action_init(&c.action);
    play(&c);
    channel_action_release(&c.action);
}
