#include "cmd/publishing.h"

#include "base/language.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "store/published_log.h"

#include "cmd/output.h"
#include "cmd/witnessing.h"

enum {
    PUBLISH_EVERY_MS = 1000,
    ASK_EVERY_MS = 10 * 1000, /* what public witnesses allow: 8,640 a day */
    ASK_TIMEOUT_MS = 3 * 1000,
    FINISH_TIMEOUT_MS = 5 * 1000, /* at the end of a command, for all witnesses together */
};

struct publishing {
    const struct workspace *workspace;
    struct published_log *log;
    struct arena *arena;
    struct address_policy policy; /* the witnesses, wherever crisis.yaml says they are */
    uint64_t size_at_start;
    bool was_published;
    bool has_sent; /* publishing_start() was called */
    bool is_told;  /* one complaint is enough */

    /* While a loop runs. */
    struct loop *loop;
    struct loop_timer *timer;
    struct http_client *http;
    struct witnessing *witnesses; /* NULL: none are named */
    struct store *reader;         /* the pool's; NULL: only witnesses are asked */
    int64_t next_update_ms, next_ask_ms;
    bool is_working, is_finishing;
    bool updates; /* this piece of work publishes */
    struct error work_error;
};

/* --- telling --------------------------------------------------------------------------------- */

static void warn(struct publishing *publishing, const struct error *error)
{
    if (!publishing->is_told)
        output_warning(_("the audit log could not be published: %s%s%s"), error->message,
                       error->next[0] ? "; " : "", error->next);
    publishing->is_told = true;
}

/* --- open and close -------------------------------------------------------------------------- */

/* Publishes what is left over, which also shows whether the store fits what was signed. */
static int heal(struct publishing *publishing, struct store *store, struct error *error)
{
    struct error fault = {0};

    publishing->was_published = workspace_log_is_published(publishing->workspace);
    if (!publishing->was_published) {
        /* Now, since a send may make no new folders later. If it fails, publishing tells. */
        (void)published_log_make_folder(publishing->log, &fault);
        return store_log_size(store, &publishing->size_at_start, error);
    }
    if (published_log_update(publishing->log, store, &fault) == 0)
        return 0;
    if (fault.kind == ERROR_VERIFICATION) {
        *error = fault;
        return -1;
    }
    warn(publishing, &fault);
    return 0;
}

static void trust_witnesses(struct publishing *publishing)
{
    const struct config *config = publishing->workspace->config;

    publishing->arena = arena_new();
    for (size_t i = 0; i < config->witness_count; i++)
        address_policy_trust(&publishing->policy, publishing->arena, config->witnesses[i].url);
}

static void on_news(void *context);

int publishing_open(const struct workspace *workspace, struct store *store, struct publishing **out,
                    struct error *error)
{
    struct error fault = {0};

    *out = NULL;
    if (workspace_log_check_stopped(workspace, error) < 0)
        return -1;
    struct publishing *publishing = memory_alloc(sizeof(*publishing));
    publishing->workspace = workspace;
    int result = workspace_published_log(workspace, &publishing->log, &fault);
    if (result == 0 && publishing->log) {
        publishing->witnesses = witnessing_new(workspace, on_news, publishing);
        trust_witnesses(publishing);
        result = heal(publishing, store, error);
    } else if (result < 0 && fault.kind == ERROR_SYSTEM) {
        warn(publishing, &fault); /* a key that is not there keeps no alert from going out */
        result = 0;
    } else if (result < 0) {
        *error = fault;
    }
    if (result == 0 && publishing->log)
        *out = publishing;
    else
        publishing_close(publishing);
    return result;
}

void publishing_close(struct publishing *publishing)
{
    if (!publishing)
        return;
    witnessing_free(publishing->witnesses);
    published_log_close(publishing->log);
    arena_free(publishing->arena);
    memory_free(publishing);
}

/* --- one piece of work ----------------------------------------------------------------------- */

/* On the pool: the only place that touches the log's files while a loop runs. */
static void work(void *context)
{
    struct publishing *publishing = context;

    /* Cosignatures first: they are for the checkpoint that is there. */
    if (publishing->witnesses)
        witnessing_work(publishing->witnesses, publishing->log);
    if (publishing->updates) /* refused from then on when a witness has shown a fork */
        (void)published_log_update(publishing->log, publishing->reader, &publishing->work_error);
}

static void step(void *context);

static void worked(void *context)
{
    struct publishing *publishing = context;

    publishing->is_working = false;
    if (publishing->witnesses && witnessing_fork(publishing->witnesses))
        warn(publishing, witnessing_fork(publishing->witnesses));
    if (publishing->work_error.kind != ERROR_NONE)
        warn(publishing, &publishing->work_error);
    error_clear(&publishing->work_error);
    if (publishing->witnesses)
        witnessing_ask(publishing->witnesses, publishing->http);
    if (publishing->timer)
        step(publishing);
}

/* Nothing is to be done now: at the end of a command, that is the end. */
static void rest(struct publishing *publishing)
{
    if (!publishing->is_finishing)
        loop_timer_set(publishing->timer,
                       publishing->next_update_ms - loop_now_ms(publishing->loop));
    else if (!witnessing_is_busy(publishing->witnesses))
        loop_stop(publishing->loop);
}

static void step(void *context)
{
    struct publishing *publishing = context;
    int64_t now = loop_now_ms(publishing->loop);

    if (publishing->is_working)
        return;
    publishing->updates = publishing->reader && now >= publishing->next_update_ms;
    if (publishing->updates)
        publishing->next_update_ms = now + PUBLISH_EVERY_MS;
    if (publishing->witnesses && publishing->http && now >= publishing->next_ask_ms) {
        publishing->next_ask_ms = now + ASK_EVERY_MS;
        witnessing_want(publishing->witnesses, clock_unix_ms());
    }
    bool has_questions = publishing->witnesses && witnessing_begin_work(publishing->witnesses);
    if (!has_questions && !publishing->updates) {
        rest(publishing);
        return;
    }
    publishing->is_working = true;
    loop_work(publishing->loop, work, worked, publishing);
}

static void on_news(void *context)
{
    struct publishing *publishing = context;

    if (publishing->timer && !publishing->is_working)
        loop_timer_set(publishing->timer, 0);
}

/* --- beside a loop --------------------------------------------------------------------------- */

static void attach(struct publishing *publishing, struct loop *loop, bool is_finishing)
{
    const struct http_client_options options = {
        .ca_file = publishing->workspace->config->ca_file,
        .connect_timeout_ms = ASK_TIMEOUT_MS,
        .request_timeout_ms = ASK_TIMEOUT_MS,
        .connections_max = WITNESSES_MAX,
        .policy = &publishing->policy,
    };
    struct error fault = {0};

    publishing->loop = loop;
    publishing->is_finishing = is_finishing;
    if (publishing->witnesses && http_client_new(loop, &options, &publishing->http, &fault) < 0)
        warn(publishing, &fault);
    publishing->timer = loop_timer_new(loop, step, publishing);
}

static void detach(struct publishing *publishing)
{
    loop_timer_free(publishing->timer);
    publishing->timer = NULL;
    while (publishing->is_working)
        loop_turn(publishing->loop);
    http_client_free(publishing->http);
    publishing->http = NULL;
    if (publishing->witnesses)
        witnessing_drop(publishing->witnesses);
    publishing->loop = NULL;
}

void publishing_start(struct publishing *publishing, struct loop *loop)
{
    struct error fault = {0};

    publishing->has_sent = true;
    if (workspace_store(publishing->workspace, STORE_READ, &publishing->reader, &fault) < 0) {
        warn(publishing, &fault);
        return;
    }
    attach(publishing, loop, false);
    publishing->next_update_ms = loop_now_ms(loop) + PUBLISH_EVERY_MS;
    publishing->next_ask_ms = loop_now_ms(loop) + PUBLISH_EVERY_MS;
    rest(publishing);
}

void publishing_stop(struct publishing *publishing)
{
    if (!publishing->loop)
        return;
    detach(publishing);
    store_close(publishing->reader);
    publishing->reader = NULL;
}

/* --- the end of a command -------------------------------------------------------------------- */

static void on_limit(void *context)
{
    struct publishing *publishing = context;

    loop_stop(publishing->loop);
}

static void ask_witnesses(struct publishing *publishing)
{
    struct loop *loop = loop_new();

    attach(publishing, loop, true);
    publishing->next_ask_ms = 0;
    struct loop_timer *limit = loop_timer_new(loop, on_limit, publishing);
    loop_timer_set(limit, FINISH_TIMEOUT_MS);
    loop_timer_set(publishing->timer, 0);
    if (publishing->http)
        loop_run(loop);
    loop_timer_free(limit);
    detach(publishing);
    loop_free(loop);
    witnessing_save(publishing->witnesses);
}

void publishing_finish(struct publishing *publishing, struct store *store, bool may_connect)
{
    struct error fault = {0};
    uint64_t size = 0;

    if (!publishing->was_published && store_log_size(store, &size, &fault) < 0) {
        warn(publishing, &fault);
        return;
    }
    /* The first publication settles the log's name for ever: not for a command that did nothing. */
    if (!publishing->was_published && size == publishing->size_at_start)
        return;
    if (published_log_update(publishing->log, store, &fault) < 0) {
        warn(publishing, &fault);
        return;
    }
    if (may_connect && publishing->witnesses &&
        (publishing->has_sent ||
         clock_unix_ms() - witnessing_asked_unix_ms(publishing->witnesses) >= ASK_EVERY_MS))
        ask_witnesses(publishing);
}
