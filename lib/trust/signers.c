#include "trust/signers.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/utf8.h"

#include "trust/signer_options.h"

static const char version_start[] = "# crisis-approvers";
static const char version_format[] = N_(
    "'# crisis-approvers v1 version=N threshold=N previous=sha256:HEX' (previous=none for version "
    "1)");

struct reading {
    struct arena *arena;
    struct problems *problems;
    struct signers *signers;
    struct signer *items;
    size_t capacity;
    struct place place;
};

static void complain(const struct reading *reading, const char *what)
{
    problems_add(reading->problems, SEVERITY_ERROR, reading->place, "%s", what);
}

/* --- the version line ------------------------------------------------------------------------ */

static bool take(const char **at, const char *expected)
{
    size_t length = strlen(expected);

    if (strncmp(*at, expected, length) != 0)
        return false;
    *at += length;
    return true;
}

/* 1 to `max`, without leading zeros. */
static bool take_count(const char **at, unsigned max, unsigned *out)
{
    unsigned value = 0;

    if (**at < '1' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        value = value * 10 + (unsigned)(**at - '0');
        if (value > max)
            return false;
    }
    *out = value;
    return true;
}

static bool take_previous(const char **at, struct signers *signers)
{
    enum { HEX_DIGITS = 2 * SHA256_SIZE };
    struct text hash;

    if (take(at, "none"))
        return true;
    if (!take(at, "sha256:") || strlen(*at) < HEX_DIGITS)
        return false;
    text_init(&hash, SHA256_SIZE);
    signers->has_previous = hex_decode(&hash, *at, HEX_DIGITS);
    if (signers->has_previous)
        memcpy(signers->previous_sha256, hash.bytes, SHA256_SIZE);
    text_release(&hash);
    *at += HEX_DIGITS;
    return signers->has_previous;
}

static void read_version(struct reading *reading, const char *line)
{
    struct signers *signers = reading->signers;
    const char *at = line;
    bool good = take(&at, version_start) && take(&at, " v1 version=") &&
                take_count(&at, SIGNERS_VERSION_MAX, &signers->version) &&
                take(&at, " threshold=") && take_count(&at, SIGNERS_MAX, &signers->threshold) &&
                take(&at, " previous=") && take_previous(&at, signers) && *at == '\0';

    if (!good)
        problems_add(reading->problems, SEVERITY_ERROR, reading->place,
                     _("the first line is not of the form %s"), translated(version_format));
    else if (signers->has_previous != (signers->version > 1))
        complain(reading,
                 _("version 1 has previous=none, and every later version the SHA-256 of the "
                   "one before it"));
}

/* --- a line ---------------------------------------------------------------------------------- */

static bool is_principal_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("@._+-", c));
}

const char *signers_principal_fault(const char *name, size_t length)
{
    if (length == 0)
        return _("begins with a space: a name comes first");
    if (length > SIGNER_PRINCIPAL_MAX)
        return _("has a name longer than 128 characters");
    if (name[0] == '-' || name[0] == '.')
        return _("has a name that begins with '-' or '.'");
    for (size_t i = 0; i < length; i++)
        if (!is_principal_character(name[i]))
            return _("has a name with a pattern, a list or a character that is not allowed: one "
                     "exact name of letters, digits, '@', '.', '_', '+' and '-'");
    return NULL;
}

/* Control characters, and what makes text look like other text, have no place here. */
static const char *characters_fault(const char *line, size_t length)
{
    if (strlen(line) != length)
        return _("holds a zero byte");
    if (memchr(line, '\r', length))
        return _("ends with CRLF: save the file with LF line ends");
    if (utf8_valid_prefix(line, length) < length)
        return _("is not UTF-8");
    if (memchr(line, '\t', length))
        return _("holds a tab: use one space between its parts");
    if (utf8_find_forbidden(line))
        return _("holds a control character or one that changes the direction of text");
    return NULL;
}

static void read_signer(struct reading *reading, const char *line)
{
    struct signer *signer = &reading->items[reading->signers->count];
    size_t name = strcspn(line, " ");
    const char *fault = signers_principal_fault(line, name);
    struct error error = {0};

    *signer = (struct signer){.line = reading->place.line};
    if (!fault) {
        signer->principal = arena_strndup(reading->arena, line, name);
        line += name + (line[name] == ' ');
        size_t options = strcspn(line, " ");
        if (!memchr(line, '=', options) && strncmp(line, "cert-authority", 14) != 0)
            fault = _("has no options: namespaces=\"…\" must stand between the name and the key");
        else
            fault = signer_options_read(reading->arena, line, options, signer);
        line += options + (line[options] == ' ');
    }
    if (fault) {
        problems_add(reading->problems, SEVERITY_ERROR, reading->place, _("the line %s"), fault);
        return;
    }
    if (ssh_key_from_line(line, strlen(line), &signer->key, &error) < 0)
        problems_add(reading->problems, SEVERITY_ERROR, reading->place, "%s%s%s", error.message,
                     error.next[0] ? ": " : "", error.next);
    else
        reading->signers->count++;
}

static void read_line(struct reading *reading, const char *line, size_t length)
{
    const char *fault = characters_fault(line, length);

    if (fault)
        problems_add(reading->problems, SEVERITY_ERROR, reading->place, _("the line %s"), fault);
    else if (reading->place.line == 1 && line[0] == '#' && strstr(line, "crisis-approvers"))
        read_version(reading, line);
    else if (strncmp(line, version_start, strlen(version_start)) == 0)
        complain(reading, _("the version line is not the first line"));
    else if (length == 0 || line[0] == '#')
        return;
    else if (reading->signers->count == SIGNERS_MAX)
        complain(reading, _("there are more than 1000 approvers"));
    else {
        reading->items = arena_grow(reading->arena, reading->items, reading->signers->count,
                                    &reading->capacity, sizeof(*reading->items));
        read_signer(reading, line);
    }
}

/* --- the file -------------------------------------------------------------------------------- */

static void warn_of_shared_keys(struct reading *reading)
{
    const struct signer *items = reading->items;

    for (size_t i = 1; items && i < reading->signers->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (!ssh_key_same_pair(&items[i].key, &items[j].key) ||
                strcmp(items[i].principal, items[j].principal) == 0)
                continue;
            reading->place.line = items[i].line;
            problems_add(reading->problems, SEVERITY_WARNING, reading->place,
                         _("'%s' has the key of '%s' (line %u): together they count once"),
                         items[i].principal, items[j].principal, items[j].line);
            break;
        }
    }
}

static void read_lines(struct reading *reading, const char *bytes, size_t size)
{
    const char *at = bytes, *end = bytes + size;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((line_end ? line_end : end) - at);
        reading->place.line++;
        if (!line_end)
            complain(reading, _("the last line does not end with a line feed: the file may have "
                                "been cut off"));
        if (length > SSH_KEY_LINE_MAX_BYTES)
            complain(reading, _("the line is longer than 4096 bytes"));
        else
            read_line(reading, arena_strndup(reading->arena, at, length), length);
        at += length + 1;
    }
}

int signers_read(struct arena *arena, const char *file, const char *bytes, size_t size,
                 struct problems *problems, const struct signers **out)
{
    struct signers *signers = arena_alloc(arena, sizeof(*signers));
    struct reading reading = {
        .arena = arena, .problems = problems, .signers = signers, .place = {.file = file}};
    size_t errors = problems->error_count;

    *out = NULL;
    signers->version = signers->threshold = 1; /* unless the version line says otherwise */
    if (size == 0)
        complain(&reading, _("the file is empty"));
    else if (size > SIGNERS_FILE_MAX_BYTES)
        complain(&reading, _("the file is larger than 1 MiB"));
    else
        read_lines(&reading, bytes, size);
    if (problems->error_count > errors)
        return -1;
    warn_of_shared_keys(&reading);
    sha256(bytes, size, signers->sha256);
    signers->items = reading.items;
    *out = signers;
    return 0;
}

/* --- looking up ------------------------------------------------------------------------------ */

static bool allows_namespace(const struct signer *signer, const char *name)
{
    for (size_t i = 0; i < signer->namespace_count; i++)
        if (strcmp(signer->namespaces[i], name) == 0)
            return true;
    return false;
}

static bool is_too_early(const struct signer *signer, int64_t unix_ms)
{
    return signer->has_valid_after && unix_ms < signer->valid_after_unix_ms;
}

static bool is_too_late(const struct signer *signer, int64_t unix_ms)
{
    return signer->has_valid_before && unix_ms > signer->valid_before_unix_ms;
}

static bool allows(const struct signer *signer, const char *namespace_name, int64_t unix_ms)
{
    return allows_namespace(signer, namespace_name) && !is_too_early(signer, unix_ms) &&
           !is_too_late(signer, unix_ms);
}

static int refuse_time(const struct signer *signer, int64_t unix_ms, struct error *error)
{
    char limit[RFC3339_SIZE];

    if (is_too_early(signer, unix_ms)) {
        rfc3339_format_seconds(signer->valid_after_unix_ms, limit);
        return error_set(error, ERROR_NOT_APPROVED,
                         _("the key of '%s' (approvers, line %u) is valid only from %s on"),
                         signer->principal, signer->line, limit);
    }
    rfc3339_format_seconds(signer->valid_before_unix_ms, limit);
    return error_set(error, ERROR_NOT_APPROVED,
                     _("the key of '%s' (approvers, line %u) was valid until %s"),
                     signer->principal, signer->line, limit);
}

/* Says why nobody was found: `near` is a line with this name and key, if there is one. */
static int refuse(const char *principal, bool known, const struct signer *near,
                  const struct ssh_key *key, const char *namespace_name, int64_t unix_ms,
                  struct error *error)
{
    char fingerprint[SSH_FINGERPRINT_SIZE];

    if (!known)
        return error_set(error, ERROR_NOT_APPROVED, _("'%s' is not among the approvers"),
                         principal);
    if (!near) {
        ssh_key_fingerprint(key, fingerprint);
        return error_set(error, ERROR_NOT_APPROVED, _("the key %s is not one of '%s'"), fingerprint,
                         principal);
    }
    if (!allows_namespace(near, namespace_name))
        return error_set(
            error, ERROR_NOT_APPROVED,
            _("the key of '%s' (approvers, line %u) may not sign for the namespace '%s'"),
            principal, near->line, namespace_name);
    return refuse_time(near, unix_ms, error);
}

int signers_check(const struct signers *signers, const char *principal, const struct ssh_key *key,
                  const char *namespace_name, int64_t unix_ms, const struct signer **out,
                  struct error *error)
{
    const struct signer *near = NULL;
    bool known = false;

    *out = NULL;
    for (size_t i = 0; i < signers->count; i++) {
        const struct signer *signer = &signers->items[i];
        if (strcmp(signer->principal, principal) != 0)
            continue;
        known = true;
        if (!ssh_key_equal(&signer->key, key))
            continue;
        if (allows(signer, namespace_name, unix_ms)) {
            *out = signer;
            return 0;
        }
        if (!near || !allows_namespace(near, namespace_name))
            near = signer;
    }
    return refuse(principal, known, near, key, namespace_name, unix_ms, error);
}

size_t signers_find(struct arena *arena, const struct signers *signers, const char *principal,
                    const char *namespace_name, int64_t unix_ms, const struct signer *const **out)
{
    const struct signer **found = arena_alloc_array(arena, signers->count + 1, sizeof(*found));
    size_t count = 0;

    for (size_t i = 0; i < signers->count; i++)
        if (strcmp(signers->items[i].principal, principal) == 0 &&
            allows(&signers->items[i], namespace_name, unix_ms))
            found[count++] = &signers->items[i];
    *out = found;
    return count;
}

/* --- writing --------------------------------------------------------------------------------- */

void signers_add_version(struct text *out, unsigned version, unsigned threshold,
                         const unsigned char *previous_sha256)
{
    text_addf(out, "%s v1 version=%u threshold=%u previous=", version_start, version, threshold);
    if (previous_sha256) {
        text_add(out, "sha256:");
        hex_add(out, previous_sha256, SHA256_SIZE);
    } else {
        text_add(out, "none");
    }
    text_add_char(out, '\n');
}

void signers_add_signer(struct text *out, const struct signer *signer)
{
    text_addf(out, "%s ", signer->principal);
    signer_options_add(out, signer);
    text_add_char(out, ' ');
    ssh_key_add_line(out, &signer->key);
    text_add_char(out, '\n');
}
