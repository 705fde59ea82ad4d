/* Inside the stand-in for Telegram. Checks answer with the error themselves and return false. */
#ifndef CRISIS_SANDBOX_TELEGRAM_H
#define CRISIS_SANDBOX_TELEGRAM_H

#include <jansson.h>

#include "sandbox/multipart.h"
#include "sandbox/network.h"

/* telegram.c */
bool sandbox_telegram_say(struct exchange *exchange, int code, const char *description);
bool sandbox_telegram_slow_down(struct exchange *exchange, int64_t seconds);
bool sandbox_telegram_refuse(struct world *world, struct exchange *exchange, int code);
bool sandbox_telegram_check_names(struct exchange *exchange, json_t *root,
                                  const char *const *known);
struct post *sandbox_telegram_find_message(const struct world *world, const struct account *account,
                                           const json_t *number);
/* The beginning of a good answer; the caller closes its brace. */
void sandbox_telegram_answer_ok(struct exchange *exchange);
void sandbox_telegram_add_chat(struct text *body, const struct account *account);

/* telegram_send.c: outcome->account is the chat's. */
void sandbox_telegram_send(struct world *world, struct exchange *exchange, json_t *root,
                           struct outcome *outcome);
void sandbox_telegram_send_photo(struct world *world, struct exchange *exchange, json_t *root,
                                 const struct form *form, struct outcome *outcome);

#endif
