/* Records of messages, for the tests of lib/site and of what it is used by. */
#ifndef CRISIS_TESTS_SITE_RECORD_H
#define CRISIS_TESTS_SITE_RECORD_H

#include <stdio.h>

enum { RECORD_SIZE = 4096 };

struct record {
    const char *slug, *key, *sent, *expires, *kind;
    const char *follows; /* NULL: nothing */
    bool is_exercise;
    const char *more;      /* members of the document, with a comma before them; NULL: none */
    const char *retracted; /* NULL: it is not */
};

/* The message that most tests begin with. */
static const struct record alert = {
    .slug = "20261123-030412-alert-00010203",
    .key = "AAECAwQFBgcICQoLDA0ODw",
    .sent = "2026-11-23T04:04:12+01:00",
    .expires = "2026-11-24T04:04:12+01:00",
    .kind = "alert",
};

static inline const char *record_write(const struct record *record, char out[RECORD_SIZE])
{
    const char *word = record->is_exercise ? "ØVELSE" : "Oslo";
    char follows[160] = "", retracted[64] = "";

    if (record->follows)
        snprintf(follows, sizeof(follows), ",\"follows\":\"%s\"", record->follows);
    if (record->retracted)
        snprintf(retracted, sizeof(retracted), ",\"retracted\":\"%s\"", record->retracted);
    snprintf(
        out, RECORD_SIZE,
        "{\"format\":\"crisis-message/1\",\"key\":\"%s\",\"site\":\"https://krise.example.no\","
        "\"path\":\"0301\",\"slug\":\"%s\",\"sender\":\"0301@krise.example.no\","
        "\"sent\":\"%s\",\"expires\":\"%s\"%s,\"document\":{\"plan\":\"vann\","
        "\"title\":\"Vann\",\"message\":\"m\",\"kind\":\"%s\",\"exercise\":%s,"
        "\"run\":\"vann.m.1\",\"municipality\":{\"id\":\"0301\",\"name\":\"Oslo\"},"
        "\"issuer\":\"Oslo kommune\",\"cap\":{\"category\":\"Health\"},\"languages\":[\"nb\","
        "\"en\"],\"texts\":{\"nb\":{\"headline\":\"%s: Kok vannet\",\"short\":\"%s\\nKok.\"},"
        "\"en\":{\"short\":\"%s\\nBoil it.\"}}%s}%s}",
        record->key, record->slug, record->sent, record->expires, follows, record->kind,
        record->is_exercise ? "true" : "false", word, word, word, record->more ? record->more : "",
        retracted);
    return out;
}

#endif
