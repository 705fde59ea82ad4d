/* What goes with a text, as people see it: name, kind, size, and what it shows. */
#ifndef CRISIS_CMD_MEDIA_VIEW_H
#define CRISIS_CMD_MEDIA_VIEW_H

#include "model/card.h"
#include "model/draft.h"
#include "plan/plan.h"

#include "cmd/output.h"

enum { MEDIA_WORDS_SIZE = 512 };

/* "kart.png · image/png · 1080×1350 · 83.2 KiB". */
void media_view_describe(const struct media *media, char out[MEDIA_WORDS_SIZE]);

/* "[kart.png · image/png · 1080×1350 · 83.2 KiB] Kart over flom", a line for each medium of the
 * draft, in the result or, as a remark, on standard error. A text card that was not drawn (NULL:
 * there is none) is "[text card]" and what will stand on it. */
void media_view_print(const struct draft *draft, const struct card *card);
void media_view_note(const struct draft *draft);

/* The files of a message, with the beginnings of their hashes: what is signed. */
void media_view_print_files(const struct message *message);

/* "media":[{"file":…,"type":…,"bytes":…,"width":…,"height":…,"sha256":…,"alt":…,"url":…}]; nothing
 * where the draft has none. */
void media_view_add_json(struct json_line *line, const struct draft *draft);
/* "card":"…": what stands on a text card; nothing where there is none. */
void media_view_add_card(struct json_line *line, const struct card *card);

#endif
