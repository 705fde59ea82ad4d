#include "channels/refusal.h"

#include <string.h>

#include "base/language.h"

const struct refusal *refusal_find(const struct refusal *rows, size_t count, int status,
                                   const char *words)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].status == status &&
            (!rows[i].marker || (words && strcasestr(words, rows[i].marker))))
            return &rows[i];
    return NULL;
}

void refusal_explain(struct verdict *verdict, enum outcome_result result, enum failure_kind kind,
                     const char *sentence, const char *next)
{
    verdict->result = result;
    verdict->kind = kind;
    verdict->sentence = sentence;
    verdict->next = next;
}

const char *refusal_detail(const struct http_reply *reply, const char *words)
{
    if (words)
        return words;
    return reply->body_size ? reply->body : NULL;
}

enum channel_next refusal_end_twice(const struct channel_job *job, const struct http_reply *reply,
                                    struct verdict verdict, struct channel_action *action)
{
    if (verdict.result == OUTCOME_FAILED)
        refusal_explain(&verdict, OUTCOME_DUPLICATE, FAILURE_DUPLICATE,
                        N_("the post is there twice, and the site keeps the second one"), NULL);
    return shared_end(job, reply, &verdict, action);
}

const char *refusal_code(const char *code)
{
    return code && shared_consists_of(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") ? code : NULL;
}
