/* Is a post that a network shows ours? The bytes: options, our text, FUZZ_SEPARATOR, theirs. */
#include "base/civil_time.h"
#include "base/text.h"
#include "channels/match.h"

#include "fuzz.h"

static const int64_t sent_unix_ms = INT64_C(1795169472000);

/* As a network does that answers with entities, and with one more space at each end. */
static char *disguise(const char *string)
{
    struct text text;

    text_init(&text, 5 * strlen(string) + 64);
    text_add_char(&text, ' ');
    for (const char *at = string; *at; at++) {
        if (*at == '&')
            text_add(&text, "&amp;");
        else if (*at == '<')
            text_add(&text, "&lt;");
        else if (*at == '>')
            text_add(&text, "&gt;");
        else
            text_add_char(&text, *at);
    }
    text_add(&text, " \n");
    char *result = fuzz_string(text.bytes, text.length);
    text_release(&text);
    return result;
}

static void check_texts(const char *ours, const char *theirs, unsigned options)
{
    char *disguised = disguise(ours);

    (void)match_text(ours, theirs, options);
    require(match_text(ours, ours, 0), "a text is itself");
    require(match_text(ours, disguised, MATCH_ENTITIES), "entities and spaces make no difference");
    require(match_text(ours, theirs, 0) == match_text(theirs, ours, 0), "same is same both ways");
    if (match_text(ours, theirs, 0) && !strstr(theirs, "https://t.co/"))
        require(match_text(ours, theirs, MATCH_SHORT_LINKS), "the same with links is the same");
    free(disguised);
}

static void check_time(const char *created)
{
    int64_t created_ms;
    const enum match_time time = match_created(created, sent_unix_ms);

    if (!rfc3339_parse(created, &created_ms))
        require(time == MATCH_NO_TIME, "what is no time is none");
    else if (created_ms >= sent_unix_ms)
        require(time == MATCH_SINCE, "later is since");
    else if (created_ms < sent_unix_ms - 2 * MATCH_SKEW_MS)
        require(time == MATCH_BEFORE, "long ago is before");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const unsigned options = data[0] & (MATCH_ENTITIES | MATCH_SHORT_LINKS);
    data++;
    size--;
    char *ours = fuzz_take_string(&data, &size);
    char *theirs = fuzz_string(data, size);
    check_texts(ours, theirs, options);
    check_time(theirs);
    free(theirs);
    free(ours);
    return 0;
}
