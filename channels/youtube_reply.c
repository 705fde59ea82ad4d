#include "channels/youtube_reply.h"

#include <string.h>

#include "base/language.h"

#include "channels/refusal.h"

enum {
    HOUR_MS = 60 * 60 * 1000,
    DAY_MS = 24 * HOUR_MS,
    QUOTA_HOUR = 8, /* UTC: midnight Pacific Standard Time, an hour after the summer's */
};

enum wait { WAIT_NONE, WAIT_QUOTA /* until the project's quota begins anew */, WAIT_DAY };

/* One row of the error table. A token that is not accepted is renewed instead. */
struct row {
    const char *reason;
    enum outcome_result result;
    enum failure_kind kind;
    enum wait wait;
    const char *sentence;
    const char *next; /* NULL: what the kind suggests */
};

static const char change_words[] =
    N_("change the headline or the text for youtube, approve it and send it again");
static const char change_film[] =
    N_("export the film anew as MP4 (H.264, AAC), approve it and send "
       "it again");
static const char report_fault[] = N_("report this as a fault of crisis; upload the film by hand");
static const char look_there[] =
    N_("look at the channel at studio.youtube.com: the film may have been deleted there");
static const char log_in[] =
    N_("someone must log in to the channel at studio.youtube.com and do what is asked there");
static const char change_app[] =
    N_("the coordinator must check the project and its consent screen at console.cloud.google.com");
static const char connect_again[] =
    N_("the municipality must connect YouTube again with all rights "
       "that are asked for, then: crisis register");
static const char raise_quota[] =
    N_("the coordinator must ask Google for more quota for the project, or wait until 9 in the "
       "morning");

static const struct row rows[] = {
    {"invalidTitle", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take the title"), change_words},
    {"invalidDescription", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take the text"), change_words},
    {"invalidTags", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take the tags"), report_fault},
    {"invalidCategoryId", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not know the category"), report_fault},
    {"invalidPublishAt", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take the time of publication"), report_fault},
    {"invalidFilename", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take the film's name"), change_film},
    {"invalidVideoMetadata", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take what is said of the film"), change_words},
    {"invalidRecordingDetails", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take what is said of the recording"), report_fault},
    {"invalidVideoGameRating", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube does not take the rating"), report_fault},
    {"defaultLanguageNotSet", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("YouTube wants a language"), report_fault},
    {"mediaBodyRequired", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE, N_("YouTube got no film"),
     change_film},
    {"uploadLimitExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, WAIT_DAY,
     N_("the channel has uploaded as many films as it may in a day"), NULL},
    {"youtubeSignupRequired", OUTCOME_FAILED, FAILURE_CREDENTIAL, WAIT_NONE,
     N_("the account has no YouTube channel, or is a service account"), connect_again},
    {"insufficientPermissions", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the token may not do this"), connect_again},
    {"forbiddenPrivacySetting", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the channel may not make a film public"), log_in},
    {"forbiddenLicenseSetting", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the channel may not use this licence"), log_in},
    {"authenticatedUserAccountClosed", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the account is closed"), log_in},
    {"authenticatedUserAccountSuspended", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("YouTube has suspended the account"), log_in},
    {"authenticatedUserNotChannel", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the account is not that of the channel"), connect_again},
    {"accountDelegationForbidden", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the account may not act for the channel"), connect_again},
    {"accessNotConfigured", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE,
     N_("the YouTube Data API is not switched on in the coordinator's project"), change_app},
    {"quotaExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, WAIT_QUOTA,
     N_("the project has used its quota of today"), raise_quota},
    {"dailyLimitExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, WAIT_QUOTA,
     N_("the project has used its quota of today"), raise_quota},
    {"rateLimitExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, WAIT_NONE,
     N_("YouTube asks to slow down"), NULL},
    {"userRateLimitExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, WAIT_NONE,
     N_("YouTube asks to slow down"), NULL},
    {"uploadRateLimitExceeded", OUTCOME_RETRY, FAILURE_RATE_LIMIT, WAIT_NONE,
     N_("YouTube asks to slow down"), NULL},
    {"forbidden", OUTCOME_FAILED, FAILURE_PERMISSION, WAIT_NONE, N_("YouTube does not allow this"),
     log_in},
    {"videoNotFound", OUTCOME_FAILED, FAILURE_CONTENT, WAIT_NONE,
     N_("the film is not there any more"), look_there},
};

const char *youtube_reason(const struct json *root)
{
    return json_text(json_item(json_get(root, "error", "errors", NULL), 0), "reason", NULL);
}

/* Codes of a network are shown to people: none but these characters. */
static bool is_word(const char *text)
{
    return text && shared_consists_of(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static const struct row *find_row(const char *reason)
{
    for (size_t i = 0; reason && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].reason, reason) == 0)
            return &rows[i];
    return NULL;
}

/* Until the project's quota begins anew. */
static int64_t quota_wait_ms(const struct http_reply *reply)
{
    int64_t now_ms = http_reply_server_unix_ms(reply);
    int64_t since_ms = (now_ms - (int64_t)QUOTA_HOUR * HOUR_MS) % DAY_MS;
    return since_ms < 0 ? -since_ms : DAY_MS - since_ms;
}

static int64_t wait_ms(const struct http_reply *reply, enum wait wait)
{
    switch (wait) {
    case WAIT_QUOTA:
        return quota_wait_ms(reply);
    case WAIT_DAY:
        return DAY_MS;
    case WAIT_NONE:
        break;
    }
    return http_reply_retry_after_ms(reply);
}

struct verdict youtube_verdict(const struct http_reply *reply, const struct json *root,
                               enum request_effect effect)
{
    struct verdict verdict = shared_verdict_of_status(reply, effect);
    const char *reason = youtube_reason(root);
    const struct row *row = find_row(reason);

    verdict.detail = refusal_detail(reply, json_text(root, "error", "message", NULL));
    if (shared_is_success(reply) || reply->status >= 500)
        return verdict;
    if (is_word(reason))
        verdict.code = reason;
    if (!row)
        return verdict;
    refusal_explain(&verdict, row->result, row->kind, row->sentence, row->next);
    verdict.retry_after_ms = wait_ms(reply, row->wait);
    return verdict;
}

bool youtube_is_unseen(const struct json *film, struct verdict *out)
{
    static const struct verdict hidden = {
        OUTCOME_FAILED,
        FAILURE_PERMISSION,
        "private",
        N_("YouTube has the film, but keeps it hidden"),
        NULL,
        N_("the coordinator's project must pass YouTube's audit of "
           "API clients; films that were hidden "
           "before stay so and must be uploaded anew"),
        -1};
    static const struct verdict rejected = {
        OUTCOME_FAILED,
        FAILURE_CONTENT,
        "rejected",
        N_("YouTube has rejected the film"),
        NULL,
        N_("look at studio.youtube.com why; change the film, approve it and send it again"),
        -1};
    static const struct verdict failed = {
        OUTCOME_FAILED, FAILURE_CONTENT, "failed", N_("YouTube cannot read the film"),
        NULL,           change_film,     -1};
    const char *state = json_text(film, "status", "uploadStatus", NULL);
    const char *privacy = json_text(film, "status", "privacyStatus", NULL);
    bool is_rejected = state && strcmp(state, "rejected") == 0;
    bool is_failed = state && strcmp(state, "failed") == 0;
    const char *reason =
        json_text(film, "status", is_rejected ? "rejectionReason" : "failureReason", NULL);

    *out = is_rejected ? rejected : is_failed ? failed : hidden;
    if ((is_rejected || is_failed) && is_word(reason))
        out->code = reason;
    return is_rejected || is_failed || (privacy && strcmp(privacy, "public") != 0);
}

/* The quota is the project's: when it is used up, no other account need ask. */
void youtube_pace(const struct http_reply *reply, struct pace_hint *out)
{
    if (reply->status != 403 && reply->status != 429)
        return;
    struct json *root = json_parse(reply->body, reply->body_size);
    const struct row *row = find_row(youtube_reason(root));
    if (row && row->wait == WAIT_QUOTA)
        out->app_wait_ms = quota_wait_ms(reply);
    json_free(root);
}
