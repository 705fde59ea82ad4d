#include "report/stored_words.h"

#include <stdbool.h>
#include <string.h>

#include "base/language.h"
#include "model/delivery.h"
#include "model/failure_forms.h"

enum {
    SENTENCE_SIZE = sizeof(((struct failure *)0)->message),
    GAPS_MAX = 5,
};

static const char *const forms[] = {FAILURE_FORMS};

/* What stands in the gap of a form. */
struct filling {
    const char *start;
    size_t length;
};

struct writing {
    char *bytes; /* STORED_WORDS_SIZE; ended by NUL */
    size_t length;
    bool is_over; /* something had no room */
};

static void add(struct writing *out, const char *bytes, size_t length)
{
    if (length >= STORED_WORDS_SIZE - out->length) {
        out->is_over = true;
        return;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
    out->bytes[out->length] = '\0';
}

/* --- forms ----------------------------------------------------------------------------------- */

/* Behind the gap that begins at '%'. *index is what "%2$s" says, else left as it is. */
static const char *skip_gap(const char *at, size_t *index)
{
    if (at[1] >= '1' && at[1] <= '9' && at[2] == '$')
        *index = (size_t)(at[1] - '1');
    at++;
    at += strspn(at, "0123456789.$z");
    return *at ? at + 1 : at;
}

/* Is the text this form with its gaps filled? A gap ends where what follows it begins; the last one
 * reaches as far as it can. */
static bool is_of_form(const char *text, const char *form, struct filling *fillings, size_t *count)
{
    const char *end = text + strlen(text);
    size_t piece = strcspn(form, "%"), index;

    for (*count = 0; strncmp(text, form, piece) == 0; (*count)++) {
        text += piece;
        form += piece;
        if (!*form)
            return !*text;
        if (*count == GAPS_MAX)
            break;
        form = skip_gap(form, &index);
        piece = strcspn(form, "%");
        const char *stop = memmem(text, (size_t)(end - text), form, piece);
        if (!form[piece])
            stop = (size_t)(end - text) >= piece ? end - piece : NULL;
        if (!stop || stop == text)
            break;
        fillings[*count] = (struct filling){text, (size_t)(stop - text)};
        text = stop;
    }
    return false;
}

static void add_stored(struct writing *out, const char *stored);

/* One word is a name. Several may be a sentence of ours. */
static void add_filling(struct writing *out, const struct filling *filling)
{
    char sentence[SENTENCE_SIZE];

    if (!memchr(filling->start, ' ', filling->length) || filling->length >= sizeof(sentence)) {
        add(out, filling->start, filling->length);
        return;
    }
    memcpy(sentence, filling->start, filling->length);
    sentence[filling->length] = '\0';
    add_stored(out, sentence);
}

static void fill(struct writing *out, const char *form, const struct filling *fillings,
                 size_t count)
{
    for (size_t next = 0; *form; next++) {
        size_t piece = strcspn(form, "%"), index = next;
        add(out, form, piece);
        form += piece;
        if (!*form)
            break;
        form = skip_gap(form, &index);
        if (index < count)
            add_filling(out, &fillings[index]);
    }
}

static bool add_form(struct writing *out, const char *stored)
{
    struct filling fillings[GAPS_MAX];
    size_t count;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *form = translated(forms[i]);
        if (form == forms[i] || !is_of_form(stored, forms[i], fillings, &count))
            continue;
        fill(out, form, fillings, count);
        return true;
    }
    return false;
}

/* --- sentences ------------------------------------------------------------------------------- */

/* A sentence of ours, and after it the network's own words. */
static bool add_sentence_and_words(struct writing *out, const char *stored)
{
    const char *words = strstr(stored, ": ");
    char sentence[SENTENCE_SIZE];

    if (!words || words == stored || (size_t)(words - stored) >= sizeof(sentence))
        return false;
    memcpy(sentence, stored, (size_t)(words - stored));
    sentence[words - stored] = '\0';
    const char *found = translated(sentence);
    if (found == sentence)
        return false;
    add(out, found, strlen(found));
    add(out, words, strlen(words));
    return true;
}

static void add_stored(struct writing *out, const char *stored)
{
    size_t address = strcspn(stored, " ");

    if (address > 0 && stored[address - 1] == ':' && stored[address]) {
        add(out, stored, address + 1);
        stored += address + 1;
    }
    const char *found = translated(stored);
    if (found != stored)
        add(out, found, strlen(found));
    else if (!add_form(out, stored) && !add_sentence_and_words(out, stored))
        add(out, stored, strlen(stored));
}

struct stored_words stored_in_words(const char *stored)
{
    struct stored_words result = {""};
    struct writing out = {.bytes = result.words};

    add_stored(&out, stored);
    if (out.is_over) { /* rather the whole of it in English */
        out = (struct writing){.bytes = result.words};
        add(&out, stored, strlen(stored));
    }
    return result;
}
