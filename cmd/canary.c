#include "cmd/canary.h"

#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"
#include "report/stored_words.h"
#include "wire/json.h"

#include "cmd/output.h"

enum {
    LOOK_EVERY_MS = 50,
    LINES_MAX = 20, /* of canaries that are shown one by one */
    QUESTION_SIZE = 200,
    ANSWER_SIZE = 16,
};

static const char yes[] = "yes";

/* What became of the canaries. */
struct canaries {
    const struct sending *sending;
    size_t counts[DELIVERY_STATE_COUNT];
    size_t count, rest;
};

static size_t unposted(const struct canaries *canaries)
{
    return canaries->count - canaries->counts[DELIVERY_POSTED];
}

/* --- showing --------------------------------------------------------------------------------- */

static bool count_one(void *context, const struct delivery_record *delivery)
{
    struct canaries *canaries = context;

    if (!delivery->is_canary) {
        canaries->rest += !delivery_state_is_final(delivery->state);
        return true;
    }
    canaries->count++;
    canaries->counts[delivery->state]++;
    return true;
}

struct shown {
    bool are_posted; /* which of them: what went wrong is shown first */
    size_t count, left_out;
};

static bool show_one(void *context, const struct delivery_record *delivery)
{
    struct shown *shown = context;
    bool is_posted = delivery->state == DELIVERY_POSTED;

    if (!delivery->is_canary || is_posted != shown->are_posted)
        return true;
    if (shown->count == LINES_MAX) {
        shown->left_out++;
        return true;
    }
    shown->count++;
    struct json *posts = json_parse(delivery->posts, strlen(delivery->posts));
    const char *url = json_text(json_item(posts, 0), "url", NULL);
    output_note("  %s %.40s %s (%s): %s", delivery->municipality, delivery->municipality_name,
                delivery->channel, delivery->language,
                is_posted && url ? url : delivery_state_name(delivery->state));
    json_free(posts);
    if (delivery->failure.kind != FAILURE_NONE && !is_posted) {
        output_note("    %s", stored_in_words(delivery->failure.message).words);
        if (delivery->failure.next[0])
            output_note("    → %s", stored_in_words(delivery->failure.next).words);
    }
    return true;
}

static void print_json(const struct canaries *canaries)
{
    const size_t *counts = canaries->counts;
    struct json_line line;

    json_line_begin(&line, "canary");
    json_line_text(&line, "run", canaries->sending->run->id);
    json_line_number(&line, "deliveries", (int64_t)canaries->count);
    json_line_number(&line, "posted", (int64_t)counts[DELIVERY_POSTED]);
    json_line_number(&line, "failed", (int64_t)counts[DELIVERY_FAILED]);
    json_line_number(&line, "in_doubt",
                     (int64_t)(counts[DELIVERY_IN_DOUBT] + counts[DELIVERY_SENDING]));
    json_line_number(&line, "rest", (int64_t)canaries->rest);
    json_line_end(&line);
    output_flush();
}

static int show(struct canaries *canaries, struct error *error)
{
    const struct sending *sending = canaries->sending;
    struct store *store = sending->context.second_store;
    const int64_t row = sending->run->row;
    struct shown failed = {.are_posted = false}, posted = {.are_posted = true};

    if (store_deliveries(store, row, count_one, canaries, error) < 0)
        return -1;
    output_progress(NULL, 0);
    if (output_is_json())
        print_json(canaries);
    if (output_is_json() && !output_is_interactive())
        return 0;
    output_note(ngettext("%zu of the %zu delivery that goes first is posted:",
                         "%zu of the %zu deliveries that go first are posted:", canaries->count),
                canaries->counts[DELIVERY_POSTED], canaries->count);
    if (store_deliveries(store, row, show_one, &failed, error) < 0 ||
        store_deliveries(store, row, show_one, &posted, error) < 0)
        return -1;
    if (failed.left_out + posted.left_out > 0)
        output_note(_("  and %zu more: crisis status %s"), failed.left_out + posted.left_out,
                    sending->run->id);
    if (unposted(canaries) > 0)
        output_warning(ngettext("%zu of them is not posted.", "%zu of them are not posted.",
                                unposted(canaries)),
                       unposted(canaries));
    return 0;
}

/* --- waiting for what happens to the rest ---------------------------------------------------- */

enum answer { ANSWER_NONE, ANSWER_AGREED, ANSWER_TIME, ANSWER_NO, ANSWER_STOP, ANSWER_INTERRUPT };

struct waiting {
    const struct sending *sending;
    struct loop *loop;
    struct loop_timer *timer;
    bool is_asked;
    int64_t until_ms; /* < 0: for as long as it takes */
    enum answer answer;
};

static void end_wait(struct waiting *waiting, enum answer answer)
{
    waiting->answer = answer;
    loop_stop(waiting->loop);
}

/* A stop from another terminal is heard here as it is in a send, and told to who asked. */
static void look(void *context)
{
    struct waiting *waiting = context;
    const struct sending *sending = waiting->sending;
    char answer[ANSWER_SIZE];

    if (store_run_stop_is_asked(sending->context.store, sending->run->row)) {
        store_run_tell_halted(sending->context.store, sending->run->row);
        end_wait(waiting, ANSWER_STOP);
    } else if (waiting->is_asked && output_answer_is_there()) {
        bool is_yes = output_answer(answer, sizeof(answer)) && strcmp(answer, yes) == 0;
        end_wait(waiting, is_yes ? ANSWER_AGREED : ANSWER_NO);
    } else if (waiting->until_ms >= 0 && loop_now_ms(waiting->loop) >= waiting->until_ms) {
        end_wait(waiting, ANSWER_TIME);
    } else {
        loop_timer_set(waiting->timer, LOOK_EVERY_MS);
    }
}

static void on_interrupt(void *context)
{
    end_wait(context, ANSWER_INTERRUPT);
}

static void ask(const struct canaries *canaries, int64_t wait_ms)
{
    char question[QUESTION_SIZE], duration[32];

    if (wait_ms >= 0) {
        duration_format(wait_ms, duration);
        snprintf(question, sizeof(question),
                 ngettext("The other %zu follows in %s. Type %s to send it now, no to stop: ",
                          "The other %zu follow in %s. Type %s to send them now, no to stop: ",
                          canaries->rest),
                 canaries->rest, duration, yes);
    } else {
        snprintf(question, sizeof(question),
                 unposted(canaries) > 0 ? _("Type %s to send the other %zu all the same: ")
                                        : _("Type %s to send the other %zu: "),
                 yes, canaries->rest);
    }
    output_question(question);
}

static enum answer wait_for_answer(const struct canaries *canaries, struct loop *loop)
{
    const struct sending *sending = canaries->sending;
    /* Time alone agrees to nothing that went wrong. */
    int64_t wait_ms = unposted(canaries) > 0 ? -1 : sending->canary_wait_ms;
    struct waiting waiting = {
        .sending = sending,
        .loop = loop,
        .is_asked = output_is_interactive(),
        .until_ms = wait_ms >= 0 ? loop_now_ms(loop) + wait_ms : -1,
    };
    if (!waiting.is_asked && wait_ms < 0)
        return ANSWER_NO;
    waiting.timer = loop_timer_new(loop, look, &waiting);
    loop_on_interrupt(loop, on_interrupt, &waiting); /* before the question can be answered so */
    if (waiting.is_asked)
        ask(canaries, wait_ms);
    loop_timer_set(waiting.timer, 0);
    loop_run(loop);
    loop_on_interrupt(loop, NULL, NULL);
    loop_timer_free(waiting.timer);
    if (waiting.is_asked && waiting.answer != ANSWER_AGREED && waiting.answer != ANSWER_NO)
        output_note("%s", ""); /* the question's line has no end */
    return waiting.answer;
}

/* --- what follows ---------------------------------------------------------------------------- */

static void write_entry(const struct canaries *canaries, const char *reason, struct text *out)
{
    const struct run_record *run = canaries->sending->run;
    const size_t *counts = canaries->counts;

    entry_begin(out, ENTRY_CANARY, "coordinator", clock_unix_ms());
    entry_add(out, "run", run->id);
    entry_add(out, "mode", run_mode_name(run->mode));
    entry_add(out, "reason", reason);
    entry_add_number(out, "posted", (int64_t)counts[DELIVERY_POSTED]);
    entry_add_number(out, "failed", (int64_t)counts[DELIVERY_FAILED]);
    entry_add_number(out, "in-doubt",
                     (int64_t)(counts[DELIVERY_IN_DOUBT] + counts[DELIVERY_SENDING]));
    entry_add_number(out, "rest", (int64_t)canaries->rest);
}

/* The rest is not sent: the run is stopped, as `stop` would do it. */
static int call_off(const struct canaries *canaries, struct sending *sending, struct error *error)
{
    struct text entry;

    write_entry(canaries, output_is_interactive() ? "called off" : "not all were posted", &entry);
    int result = store_append(sending->context.store, &entry, 1, error);
    text_release(&entry);
    sending->result.stopped = true;
    output_note(_("To take back what went out: crisis retract %s"), sending->run->id);
    return result;
}

/* Time has gone by: what was approved then need not be now. */
static int let_follow(const struct canaries *canaries, struct sending *sending, const char *reason,
                      struct error *error)
{
    struct text entry;

    sending->gate.now_unix_ms = clock_unix_ms();
    if (sending_pass_gate(sending, sending->run->id, error) < 0)
        return -1;
    write_entry(canaries, reason, &entry);
    int result = store_run_pass_canary(sending->context.store, sending->run->row, &entry, error);
    text_release(&entry);
    if (result == 0)
        sending->run->canary = CANARY_PASSED;
    return result;
}

static int send_rest(struct sending *sending, struct dispatch_options *options, int64_t left_ms,
                     struct error *error)
{
    size_t posted_without = sending->result.posted_without;

    options->canaries_only = false;
    options->deadline_ms = left_ms;
    options->verified = sending->verified;
    if (dispatch_run(options, &sending->result, error) < 0)
        return -1;
    sending->result.posted_without += posted_without;
    return 0;
}

int canary_dispatch(struct sending *sending, struct dispatch_options *options, struct error *error)
{
    struct dispatch_result *result = &sending->result;
    struct canaries canaries = {.sending = sending};

    options->canaries_only = true;
    if (options->deadline_ms > CANARY_WITHIN_MS)
        options->deadline_ms = CANARY_WITHIN_MS;
    if (dispatch_run(options, result, error) < 0)
        return -1;
    /* What the coordinator takes to look and to answer is not counted. */
    int64_t left_ms = sending->deadline_ms - result->duration_ms;
    if (result->interrupted || result->stopped || result->network_down || left_ms <= 0)
        return 0;
    result->past_deadline = false;
    if (show(&canaries, error) < 0)
        return -1;
    enum answer answer = ANSWER_AGREED;
    if (canaries.rest > 0) {
        outgoing_warm_up_again(sending);
        answer = wait_for_answer(&canaries, options->loop);
        outgoing_cool_down(sending);
    }
    switch (answer) {
    case ANSWER_AGREED:
    case ANSWER_TIME:
        if (let_follow(&canaries, sending,
                       answer == ANSWER_TIME ? "the set time is over" : "agreed", error) < 0)
            return -1;
        return send_rest(sending, options, left_ms, error);
    case ANSWER_NO:
        return call_off(&canaries, sending, error);
    case ANSWER_INTERRUPT:
        result->interrupted = true;
        return 0;
    case ANSWER_STOP:
    case ANSWER_NONE:
        break;
    }
    result->stopped = true;
    return 0;
}
