/*
 * The plan: who, what, when, in which languages (spec: the plan file). plan_load() reads the file
 * and the directory files that it names, checks all of it, and resolves the audience; what it hands
 * out is valid, so that later stages need not ask again. It does not look into templates ({{…}}),
 * and not at media files: the stages that use them do (media/load.h).
 *
 *     struct problems problems;
 *     problems_init(&problems, arena);
 *     if (plan_load(arena, "flood.yaml", known_channel, &problems, &plan, &error) < 0)
 *         … print all problems, then the error …
 *
 * Everything belongs to the arena and is read only. Lists are in the order of the file, but the
 * audience, which is sorted by municipality id.
 */
#ifndef CRISIS_PLAN_PLAN_H
#define CRISIS_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/media.h"
#include "model/municipality.h"

#include "plan/fields.h"

enum message_kind {
    MESSAGE_ALERT,
    MESSAGE_UPDATE,
    MESSAGE_CORRECTION,
    MESSAGE_CANCEL,
    MESSAGE_ALL_CLEAR,
    MESSAGE_INFORMATION,
};

enum message_phase { PHASE_NOT_GIVEN, PHASE_BEFORE, PHASE_DURING, PHASE_AFTER };

/* The variants of one language. All NULL where the message has no text in it. At least one of
 * short_text and long_text is there when any is, unless a channel has its own text. */
struct message_text {
    struct place place; /* line 0: the message has no text in it */
    struct placed_text headline, short_text, long_text;
};

/* What one channel gets instead. */
struct channel_text {
    struct placed_text channel; /* a channel kind, or "web" for all web kinds */
    bool omit_link;             /* "link: omit" */
    struct placed_text *texts;  /* one per language of the plan */
};

struct message_media {
    struct placed_text file;  /* relative to the plan */
    struct placed_text *alts; /* one per language of the plan; given in each that has a text */
    struct media content; /* what the file is, without alt and url; media_load() fills it in, before
                             that bytes is NULL */
};

/* Values of CAP 1.2, checked against its enumerations; each may be missing. */
struct message_cap {
    struct placed_text category, event, urgency, severity, certainty, response;
};

struct message {
    const char *name; /* [a-z0-9-], 1-63 characters */
    struct place place;
    enum message_kind kind;
    enum message_phase phase;
    struct message_cap cap;
    struct placed_text expires;    /* as written, NULL: the default */
    int64_t expires_after_ms;      /* counted from the start of the run; 0: not given so */
    int64_t expires_at_unix_ms;    /* a fixed time; 0: not given so */
    const struct message *follows; /* NULL: none */
    struct place follows_place;
    struct message_text *texts; /* one per language of the plan */
    struct place texts_place;   /* of `text`, or of the message when it has none */
    struct message_media *media;
    size_t media_count;
    struct channel_text *channel_texts;
    size_t channel_text_count;
};

enum variable_type {
    VARIABLE_TEXT,
    VARIABLE_URL,
    VARIABLE_PHONE,
    VARIABLE_NUMBER,
    VARIABLE_TIME,
};

struct variable {
    const char *name; /* [A-Za-z][A-Za-z0-9_-]*, 1-63 characters */
    struct place place;
    bool required;         /* its value must not be empty when a message is sent */
    size_t max_characters; /* code points; 0: no bound of its own */
    enum variable_type type;
    struct placed_text *one_of;
    size_t one_of_count;
    struct placed_text default_value; /* NULL: empty */
};

enum approval_scope { APPROVAL_ANY, APPROVAL_SPECIFIC };

struct plan_approval {
    struct place place; /* of the plan, when it says nothing */
    unsigned threshold; /* 1 when the plan says nothing; 0: loopback endpoints only */
    struct placed_text *approvers;
    size_t approver_count;
    enum approval_scope scope;
    struct placed_text *emergency_approvers; /* none: no emergency path */
    size_t emergency_approver_count;
    struct placed_text *emergency_severities; /* of CAP 1.2 */
    size_t emergency_severity_count;
};

/* A directory file that the plan names; each file once, in the order of first mention. */
struct plan_directory {
    const char *file; /* as the plan names it */
    const char *path; /* the same, from where the program stands */
    unsigned char sha256[SHA256_SIZE];
};

/* A municipality of the audience, and in which of the plan's languages it speaks: the ones of its
 * own languages that the plan has; the plan's first when that leaves none. */
struct audience_member {
    const struct municipality *municipality;
    const unsigned *languages; /* indices into plan->languages, in the municipality's order */
    size_t language_count;     /* at least 1 */
};

struct plan_source; /* an entry of `municipalities` before it is resolved */

struct plan {
    const char *file;                  /* as the user named it */
    unsigned char sha256[SHA256_SIZE]; /* of the file's bytes */
    const char *id;
    struct place id_place;
    const char *title;             /* the id when not given */
    struct placed_text issuer;     /* NULL: the workspace's coordinator */
    struct placed_text *languages; /* BCP 47; the first one is the fallback */
    size_t language_count;         /* at least 1 */
    struct plan_approval approval;
    struct variable *variables;
    size_t variable_count;
    struct placed_text *channels; /* kinds, or "web"; none: every registered account */
    size_t channel_count;
    struct message *messages; /* at least one */
    size_t message_count;
    const struct plan_source *sources;
    size_t source_count;
    const struct plan_directory *directories;
    size_t directory_count;
    unsigned char directories_sha256[SHA256_SIZE]; /* of their bytes, one file after the other: what
                                                      `cat FILE… | sha256sum` says */
    size_t media_file_count; /* media_load(): files that its messages name, each once … */
    unsigned char media_sha256[SHA256_SIZE]; /* … and the hash of their bytes, as above */
    const struct audience_member *audience;  /* sorted by municipality id; at least one */
    size_t audience_count;
};

/* Whether a driver of that name exists; whoever calls knows the channels. */
typedef bool plan_known_channel(const char *kind);

/* Reads and checks all. Returns 0 and a plan, or -1 and NULL: then `error` is set (ERROR_INPUT:
 * the file cannot be read, or is not valid) and `problems` holds what is wrong with the contents.
 * Warnings may be added in either case. */
int plan_load(struct arena *arena, const char *path, plan_known_channel *known_channel,
              struct problems *problems, struct plan **out, struct error *error);

/* The part that needs no other file: bytes to a plan without directories and audience. Returns -1
 * and NULL when an error was added to `problems`. */
int plan_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
               plan_known_channel *known_channel, struct problems *problems, struct plan **out);

/* NULL when there is none of that name. */
const struct message *plan_find_message(const struct plan *plan, const char *name);
const struct variable *plan_find_variable(const struct plan *plan, const char *name);
const struct audience_member *plan_find_municipality(const struct plan *plan, const char *id);

/* The index of a language tag (case does not count), or -1. */
int plan_language_index(const struct plan *plan, const char *tag);

/* Whether the plan uses accounts on a channel: named, in a named group, or no channels named. */
bool plan_uses_channel(const struct plan *plan, const char *kind);

/* What a message says for one channel alone: the entry for the kind, else the one for its group,
 * else NULL. */
const struct channel_text *plan_channel_text(const struct message *message, const char *kind);

/* Names that templates get without a variable: "municipality.name", … "run". NULL-terminated. */
extern const char *const plan_builtin_names[];
bool plan_is_builtin(const char *name);

/* Why a value is not within a variable's bounds, in a sentence that begins with the value's fault
 * ("is not one of …"), or NULL when it is fine. The empty value is fine unless it is required. */
const char *plan_variable_refusal(struct arena *arena, const struct variable *variable,
                                  const char *value);

/* Does it take back or end what it follows? (correction, cancel, all-clear) */
bool message_is_reversal(const struct message *message);

/* An alert may go live only with its reversal at hand: a correction or a cancel, and an all-clear,
 * that follow it. Which of them a message lacks: "a correction or cancel", "an all-clear", or
 * "a correction or cancel, and an all-clear"; NULL: none (always, for other kinds than alert). */
const char *plan_missing_reversal(const struct plan *plan, const struct message *message);

const char *message_kind_name(enum message_kind kind);    /* "all-clear" */
const char *message_phase_name(enum message_phase phase); /* "during"; "" when not given */
const char *variable_type_name(enum variable_type type);  /* "text" */

#endif
