#include "channels/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"
#include "model/failure_forms.h"
#include "wire/http_message.h"

enum {
    MASKED_MIN_BYTES = 4, /* shorter "secrets" would blank out ordinary words */
    PASSWORD_GROUP = 4,
    WORDS_SIZE = 201,
    SECONDS_DIGITS_MAX = 12,
    WAIT_MAX_MS = 24 * 60 * 60 * 1000,
};

void channel_action_init(struct channel_action *action)
{
    action->is_early = false;
    http_request_init(&action->request);
    text_init_secret(&action->renewed, CREDENTIAL_MAX_BYTES);
    action->pause_ms = 0;
    action->outcome = (struct channel_outcome){.result = OUTCOME_UNKNOWN, .retry_after_ms = -1};
}

void channel_action_release(struct channel_action *action)
{
    http_request_release(&action->request);
    text_release(&action->renewed);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static const char json_escape[] = "\\u00"; /* and two digits */
enum { JSON_ESCAPE_LENGTH = 6, URL_ESCAPE_LENGTH = 3 };

/* One character of a text that may be escaped as in JSON strings or URLs; returns its length. */
static size_t read_escaped(const char *at, char *out)
{
    bool is_json = strncmp(at, json_escape, strlen(json_escape)) == 0;
    size_t length = is_json ? JSON_ESCAPE_LENGTH : URL_ESCAPE_LENGTH;
    const char *digits = is_json ? at + strlen(json_escape) : at + 1;

    if ((is_json || at[0] == '%') && hex_value(digits[0]) >= 0 && hex_value(digits[1]) >= 0) {
        *out = (char)(unsigned char)(hex_value(digits[0]) * 16 + hex_value(digits[1]));
        return length;
    }
    length = at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    *out = at[length - 1];
    return length;
}

/* The beginning of an escape that the end of the text has cut off. */
static bool is_cut_off(const char *at)
{
    size_t length = strnlen(at, JSON_ESCAPE_LENGTH);
    size_t known = length < strlen(json_escape) ? length : strlen(json_escape);

    return (at[0] == '%' && length < URL_ESCAPE_LENGTH) ||
           (at[0] == '\\' && length < JSON_ESCAPE_LENGTH && strncmp(at, json_escape, known) == 0);
}

/* Bytes of the text that are the secret, or its beginning cut off by the end of the text; else 0.
 */
static size_t match_secret(const char *text, const char *secret)
{
    size_t used = 0, matched = 0;

    while (secret[matched] && text[used]) {
        char byte;
        size_t length = read_escaped(text + used, &byte);
        if (byte != secret[matched]) {
            /* A form that was decoded without having been encoded has spaces for '+'. */
            bool is_decoded = secret[matched] == '+' && text[used] == ' ';
            if (text[used] == secret[matched] || is_decoded)
                length = 1; /* a secret that holds '%' or '\' itself */
            else if (is_cut_off(text + used))
                length = strlen(text + used);
            else
                return 0;
        }
        used += length;
        matched++;
    }
    return matched >= MASKED_MIN_BYTES ? used : 0;
}

static void mask(char *text, const char *secret)
{
    static const char stars[] = "***";

    if (strlen(secret) < MASKED_MIN_BYTES)
        return;
    for (char *at = text; *at; at++) {
        size_t length = match_secret(at, secret);
        if (length == 0)
            continue;
        memcpy(at, stars, sizeof(stars) - 1);
        memmove(at + sizeof(stars) - 1, at + length, strlen(at + length) + 1);
        at += sizeof(stars) - 2;
    }
}

/* A password that is written in groups ("abcd efgh …") is also known without the spaces; with the
 * user's name it goes out in base64 (RFC 7617). */
static void mask_password(char *text, const char *user, const char *password)
{
    struct text plain, grouped, basic;

    text_init_secret(&plain, CREDENTIAL_MAX_BYTES);
    text_init_secret(&grouped, CREDENTIAL_MAX_BYTES);
    text_init_secret(&basic, CREDENTIAL_MAX_BYTES);
    shared_add_basic(&basic, user, password);
    for (const char *at = password; *at; at++) {
        if (*at == ' ')
            continue;
        if (plain.length > 0 && plain.length % PASSWORD_GROUP == 0)
            text_add_char(&grouped, ' ');
        text_add_char(&plain, *at);
        text_add_char(&grouped, *at);
    }
    mask(text, basic.bytes);
    mask(text, grouped.bytes);
    mask(text, plain.bytes);
    text_release(&basic);
    text_release(&grouped);
    text_release(&plain);
}

/* A user's name is no secret by itself: it may well stand in an address. */
static const char user_name[] = "user";

static void mask_all(char *text, const struct credential *credential)
{
    if (!credential || !credential->pairs)
        return;
    const char *end = credential->pairs + credential->size_bytes;
    const char *user = credential_find(credential, user_name);
    for (const char *at = credential->pairs; at < end;) {
        const char *name = at, *value = at + strlen(at) + 1;
        if (value >= end)
            break;
        const char *underscore = strchr(value, '_');
        if (user && strcmp(name, "application-password") == 0)
            mask_password(text, user, value);
        if (strcmp(name, user_name) != 0)
            mask(text, value);
        if (underscore && (strncmp(value, "whsec_", 6) == 0 || strncmp(value, "whsk_", 5) == 0))
            mask(text, underscore + 1);
        at = value + strlen(value) + 1;
    }
}

void shared_mask_secrets(const struct channel_job *job, char *text)
{
    mask_all(text, job->credential);
    mask_all(text, job->app);
}

void shared_copy_words(const struct channel_job *job, const char *words, char *out, size_t size)
{
    struct http_reply reply = {.body = words, .body_size = strlen(words)};
    http_reply_excerpt(&reply, out, size);
    shared_mask_secrets(job, out);
}

void shared_learn(const struct channel_job *job, const char *setting, const char *value,
                  struct channel_outcome *outcome)
{
    const size_t length = strlen(value);

    outcome->learnt_setting[0] = outcome->learnt_value[0] = '\0';
    if (length >= sizeof(outcome->learnt_value) ||
        strlen(setting) >= sizeof(outcome->learnt_setting))
        return;
    memcpy(outcome->learnt_value, value, length + 1);
    shared_mask_secrets(job, outcome->learnt_value);
    if (strcmp(outcome->learnt_value, value) != 0)
        outcome->learnt_value[0] = '\0';
    else
        memcpy(outcome->learnt_setting, setting, strlen(setting) + 1);
}

void shared_copy_url(const struct channel_job *job, const char *url, char *out, size_t size)
{
    out[0] = '\0';
    if (!url || strlen(url) >= size || !url_is_acceptable(url))
        return;
    memcpy(out, url, strlen(url) + 1);
    shared_mask_secrets(job, out);
    if (strcmp(out, url) != 0)
        out[0] = '\0';
}

/* Text that was refused: what that means for a person depends on what was being done. */
static void advise_on_content(const struct channel_job *job, char *out, size_t size)
{
    const char *municipality = job->account->municipality;
    const char *channel = job->account->channel;

    switch (job->task) {
    case TASK_POST:
        snprintf(out, size, FORM_CHANGE_TEXT, channel);
        break;
    case TASK_FIND: /* it may be there: nothing is to be sent again */
        snprintf(out, size, FORM_LOOK_AT_PAGE, municipality, channel);
        break;
    case TASK_RETRACT:
        snprintf(out, size, FORM_DELETE_BY_HAND, municipality, channel);
        break;
    case TASK_CHECK:
    case TASK_RENEW:
        snprintf(out, size, FORM_SEE_SETTINGS, municipality, channel);
        break;
    }
}

/* An answer that nobody documented mostly comes from elsewhere than the network. */
static void advise_on_protocol(const struct channel_job *job, char *out, size_t size)
{
    const char *municipality = job->account->municipality;
    const char *channel = job->account->channel;
    const struct channel_driver *driver = channel_find(channel);

    if (driver && driver->address && driver->features & FEATURE_OWN_URL)
        snprintf(out, size, FORM_LOOK_AT_SETTING, municipality, channel, driver->address,
                 municipality, channel);
    else
        snprintf(out, size, FORM_LOOK_AT_ENDPOINT, municipality, channel);
}

static void set_next(const struct channel_job *job, const struct verdict *verdict,
                     struct failure *failure)
{
    const char *municipality = job->account->municipality;
    const char *channel = job->account->channel;
    char *out = failure->next;
    size_t size = sizeof(failure->next);

    if (verdict->next) {
        snprintf(out, size, "%s", verdict->next);
        return;
    }
    switch (verdict->kind) {
    case FAILURE_CREDENTIAL:
        snprintf(out, size, FORM_CONNECT_AGAIN, municipality, channel, municipality, channel);
        break;
    case FAILURE_PERMISSION:
        snprintf(out, size, FORM_GIVE_RIGHT, municipality, channel);
        break;
    case FAILURE_CONTENT:
        advise_on_content(job, out, size);
        break;
    case FAILURE_DUPLICATE:
        snprintf(out, size, FORM_LOOK_AT_PAGE, municipality, channel);
        break;
    case FAILURE_PROTOCOL:
        advise_on_protocol(job, out, size);
        break;
    default:
        out[0] = '\0'; /* waiting is all there is to do */
        break;
    }
}

static enum outcome_result fit_result(enum channel_task task, enum outcome_result result)
{
    switch (task) {
    case TASK_POST:
        return result;
    case TASK_FIND:
        return result == OUTCOME_POSTED || result == OUTCOME_ABSENT ? result : OUTCOME_UNKNOWN;
    case TASK_RETRACT:
    case TASK_CHECK:
    case TASK_RENEW:
        if (result == OUTCOME_UNCLEAR)
            return OUTCOME_RETRY; /* doing it again does no harm */
        return result == OUTCOME_DUPLICATE ? OUTCOME_FAILED : result;
    }
    return result;
}

enum channel_next shared_end(const struct channel_job *job, const struct http_reply *reply,
                             const struct verdict *verdict, struct channel_action *action)
{
    struct channel_outcome *outcome = &action->outcome;
    struct failure *failure = &outcome->failure;
    char detail[WORDS_SIZE] = "", elsewhere[WORDS_SIZE];

    shared_end_well(reply, fit_result(job->task, verdict->result), action);
    outcome->retry_after_ms = verdict->retry_after_ms;
    failure->kind = verdict->kind;
    if (verdict->code)
        snprintf(failure->code, sizeof(failure->code), "%s", verdict->code);
    else if (reply)
        snprintf(failure->code, sizeof(failure->code), "HTTP %d", reply->status);
    if (reply && reply->status >= 300 && reply->status <= 399 &&
        http_reply_header(reply, "location", elsewhere, sizeof(elsewhere)))
        shared_copy_words(job, elsewhere, detail, sizeof(detail));
    else if (verdict->detail)
        shared_copy_words(job, verdict->detail, detail, sizeof(detail));
    snprintf(failure->message, sizeof(failure->message), "%s%s%s", verdict->sentence,
             detail[0] ? ": " : "", detail);
    set_next(job, verdict, failure);
    shared_mask_secrets(job, failure->code);
    shared_mask_secrets(job, failure->message);
    return NEXT_DONE;
}

enum channel_next shared_end_well(const struct http_reply *reply, enum outcome_result result,
                                  struct channel_action *action)
{
    action->outcome = (struct channel_outcome){
        .result = result, .retry_after_ms = -1, .http_status = reply ? reply->status : 0};
    return NEXT_DONE;
}

enum channel_next shared_end_unfit(const struct channel_job *job, const struct http_reply *reply,
                                   enum failure_kind kind, const char *sentence,
                                   struct channel_action *action)
{
    struct verdict verdict = {OUTCOME_FAILED, kind, NULL, sentence, NULL, NULL, -1};
    return shared_end(job, reply, &verdict, action);
}

enum channel_next shared_end_incomplete(const struct channel_job *job, const char *sentence,
                                        struct channel_action *action)
{
    return shared_end_unfit(job, NULL, FAILURE_CREDENTIAL, sentence, action);
}

enum channel_next shared_end_unready(const struct channel_job *job, const char *sentence,
                                     const char *next, struct channel_action *action)
{
    struct verdict verdict = {OUTCOME_FAILED, FAILURE_CREDENTIAL, NULL, sentence, NULL, next, -1};
    return shared_end(job, NULL, &verdict, action);
}

enum channel_next shared_send(const struct channel_job *job, struct channel_action *action)
{
    if (http_request_is_whole(&action->request))
        return NEXT_SEND;
    return shared_end_unfit(job, NULL, FAILURE_CONTENT,
                            N_("the request is too large, or holds characters that cannot be sent"),
                            action);
}

struct verdict shared_verdict_of_status(const struct http_reply *reply, enum request_effect effect)
{
    int status = reply->status;
    struct verdict verdict = {.result = OUTCOME_FAILED,
                              .kind = FAILURE_PROTOCOL,
                              .retry_after_ms = http_reply_retry_after_ms(reply)};

    if (status == 429) {
        verdict.result = OUTCOME_RETRY;
        verdict.kind = FAILURE_RATE_LIMIT;
        verdict.sentence = N_("the network asks to slow down");
    } else if (status == 408 || status >= 500) {
        verdict.result = effect == EFFECT_ONCE ? OUTCOME_UNCLEAR : OUTCOME_RETRY;
        verdict.kind = FAILURE_SERVER;
        verdict.sentence = N_("the network had an error of its own");
    } else if (shared_is_success(reply)) {
        verdict.result = effect == EFFECT_ONCE ? OUTCOME_UNCLEAR : OUTCOME_RETRY;
        verdict.sentence = N_("the network said yes, but not what it did");
    } else if (status == 401) {
        verdict.kind = FAILURE_CREDENTIAL;
        verdict.sentence = N_("the network does not accept the credential");
    } else if (status == 403) {
        verdict.kind = FAILURE_PERMISSION;
        verdict.sentence = N_("the network does not allow this");
    } else if (status == 413) {
        verdict.kind = FAILURE_CONTENT;
        verdict.sentence = N_("the network says that this is too large");
    } else if (status >= 300 && status <= 399) {
        verdict.sentence =
            N_("the network sent us elsewhere, which is not followed with a credential");
    } else {
        verdict.sentence = N_("an answer that is not documented");
    }
    return verdict;
}

int64_t shared_reset_wait_ms(const struct http_reply *reply, const char *reset_header)
{
    char value[64];
    int64_t reset_ms;

    if (!http_reply_header(reply, reset_header, value, sizeof(value)))
        return -1;
    if (shared_consists_of(value, "0123456789") && strlen(value) <= SECONDS_DIGITS_MAX)
        reset_ms = (int64_t)strtoll(value, NULL, 10) * 1000;
    else if (!rfc3339_parse(value, &reset_ms))
        return -1;
    int64_t wait_ms = reset_ms - http_reply_server_unix_ms(reply);
    if (wait_ms <= 0)
        return -1;
    return wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
}

int64_t shared_used_up_wait_ms(const struct http_reply *reply, const char *remaining_header,
                               const char *reset_header)
{
    char remaining[32];
    bool is_used_up = http_reply_header(reply, remaining_header, remaining, sizeof(remaining))
                          ? strcmp(remaining, "0") == 0
                          : reply->status == 429;
    return is_used_up ? shared_reset_wait_ms(reply, reset_header) : -1;
}

bool shared_is_token(const char *string)
{
    for (const char *at = string; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return string[0] != '\0';
}

bool shared_has_parts(const struct channel_job *job, size_t most)
{
    if (job->task != TASK_POST && job->task != TASK_FIND)
        return true;
    return job->draft && job->draft->part_count > 0 && job->draft->part_count <= most;
}

const char *shared_earlier_id(const struct channel_job *job,
                              const struct channel_progress *progress)
{
    if (progress->part > 0)
        return progress->posts[progress->part - 1].id;
    return job->reply_to ? job->reply_to->id : NULL;
}

bool shared_consists_of(const char *string, const char *characters)
{
    return string[0] != '\0' && string[strspn(string, characters)] == '\0';
}

const char *shared_own_secret(const struct channel_job *job, const char *name)
{
    const char *secret = job->credential ? credential_find(job->credential, name) : NULL;
    return secret && secret[0] ? secret : NULL;
}

void shared_add_basic(struct text *out, const char *user, const char *password)
{
    struct text pair;

    text_init_secret(&pair, CREDENTIAL_MAX_BYTES);
    text_add(&pair, user);
    text_add_char(&pair, ':');
    for (const char *at = password; *at; at++)
        if (*at != ' ')
            text_add_char(&pair, *at);
    out->overflowed |= pair.overflowed;
    base64_add(out, pair.bytes, pair.length);
    text_release(&pair);
}

const char *shared_secret(const struct channel_job *job, const char *name)
{
    const char *secret = job->credential ? credential_find(job->credential, name) : NULL;
    return secret ? secret : shared_app_secret(job, name);
}

const char *shared_app_secret(const struct channel_job *job, const char *name)
{
    return job->app ? credential_find(job->app, name) : NULL;
}

const char *shared_network_setting(const struct channel_job *job, const char *name)
{
    return job->network ? network_setting(job->network, name) : NULL;
}
